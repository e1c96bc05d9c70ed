"""What a top-up costs through each channel, and whom a channel serves."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import did_you_mean
from prepaid.usage import MONTH_DAYS

LEVELS = ("low", "base", "high")
# One order everywhere: what a source states comes before what is likely by the kind of seller (an
# assumption with its reason in assumptions.csv), before what holds in part, before silence.
EVIDENCE = ("stated", "likely by kind", "in part", "not said", "no")
STATED, LIKELY, PARTLY, SILENT, NO = range(len(EVIDENCE))
MEANS_OF_PAYMENT = {
    "foreign_card": "foreign cards",
    "us_card": "US cards",
    "cash": "cash",
    "paypal": "PayPal",
}
# What a seller's fact means where it answers yes or no; "unclear" is a source that could not tell.
FACT_EVIDENCE = {"yes": STATED, "partial": PARTLY, "unclear": SILENT, "no": NO}
# Cards that only a shop or the brand itself sells are no cards of a bank.
BANK_CARD = re.compile(
    r"(?:^|; )(?!(?:(?!; ).)*\b(?:gift|refill|service|Re-Boost|replenishment)\b)"
    r"(?:(?!; ).)*\b(?:card|Visa|Mastercard|Amex)\b"
)
# How a list of means of payment, joined by "; ", names each.
LISTED_AS = {"foreign_card": BANK_CARD, "us_card": BANK_CARD, "cash": "cash", "paypal": "PayPal"}
REFUNDS = {
    "no": "nothing",
    "failed": "a top-up that failed",
    "unused": "what is unused",
    "unused_or_failed": "a code that is unused, or an order that failed",
    "unless_wrong_number": "not a wrong number",
    "until_loaded": "only until it is loaded",
    "until_processed": "only until it is processed",
}


def landed_cost(
    face_usd: float | Sequence[float],
    channels: pd.DataFrame,
    state_fees: pd.DataFrame,
    assumptions: pd.DataFrame,
    *,
    state: str | None = None,
    taxes_included: bool | str | Sequence[bool | str | None] | None = False,
    months: float | Sequence[float] = 1,
) -> pd.DataFrame:
    """Return what one top-up costs in all, through each channel.

    A state's charges are reckoned on the face value less the discount, by `data/state_fees.csv`.
    That prepaid service is taxed at the state's general rate, and service fees are not, is our
    reading. Third-party platforms may not collect these charges at all, so their lowest cost is
    without. A fee that only some counties levy is in base and high.

    Parameters
    ----------
    face_usd
        Face value: what reaches the balance, or the price of the plan. One for all channels or one
        per row; many through one channel: `channels.loc[[channel_id] * len(prices)]`.
    channels, state_fees, assumptions
        Tables of the data. With the column provider_kind in `channels`, a travel eSIM seller's own
        shop has an assumed fee of its own.
    state
        Where the buyer lives, such as "CA". None: not known; then the charges are missing from the
        parts, and low, base and high have the lowest, the median and the highest over all states.
    taxes_included
        Whether the brand's price includes taxes and fees: True, False, None or NA (not said), or
        "likely": then low and base add nothing, and high the state's sales tax, by
        `travel_esim_sales_tax_share`. As `face_usd`.
    months
        Months that the top-up pays for, where a state charges by the month. As `face_usd`.

    Returns
    -------
    DataFrame
        Indexed like `channels`; NaN is unknown or not stated, never zero.

        - face_usd, discount_usd (negative), service_fee_usd, prepaid_911_usd, other_fee_usd,
          state_tax_usd: the parts as the sources state them; known_usd: their sum;
        - low_usd, base_usd, high_usd: all in, assumed where a figure is missing or ranges;
        - own_low_usd, own_high_usd: by what is unknown of this channel and brand alone (a fee,
          whether tax is in the price), with the state's charges, which all share, as in base;
        - missing: what is missing, such as "service fee; 911 fee"; empty if nothing is;
        - offered: False where the amount is outside the stated limits, missing where a limit is
          not stated; reason: why it is not offered, or not known to be.

    Raises
    ------
    ValueError
        If the state is unknown, or a figure is negative, not finite, or not one per row.
    """
    if state is not None and state not in state_fees.index:
        hint = did_you_mean(str(state), map(str, state_fees.index))
        allowed = "a postal code such as 'CA', or None"
        raise ValueError(f"state: {state!r} is unknown (allowed: {allowed}){hint}")
    rows = len(channels)
    face, months = _one_per_row("face_usd", face_usd, rows), _one_per_row("months", months, rows)
    included = _taxes_said(taxes_included, rows)
    on_top, unsaid, likely = included != "yes", included == "unknown", included == "likely"
    third_party = (channels["kind"] == "third_party").to_numpy()
    discount = -face * channels["discount_percent"].to_numpy(float) / 100
    paid = face + np.nan_to_num(discount)
    service, service_range = _service_fee(face, channels, assumptions)
    fees = state_fees if state is None else state_fees.loc[[state]]
    parts, charges, sales_tax, gaps = _state_charges(fees, paid, months, assumptions)
    columns = {"face_usd": face, "discount_usd": discount, "service_fee_usd": service}
    stated = (included == "no") & (state is not None)
    for part, usd in parts.items():  # included: nothing comes on top, a known zero
        columns[part] = np.select([~on_top, stated], [0, usd], np.nan)
    columns["known_usd"] = np.nansum([*columns.values()], axis=0)
    for level in LEVELS:
        due = on_top & ~((third_party | unsaid) & (level == "low"))
        share = assumptions.loc["travel_esim_sales_tax_share", level] if likely.any() else 0
        for name, shared in ((f"{level}_usd", level), (f"own_{level}_usd", "base")):
            taxes = np.where(likely, share * sales_tax[shared], charges[shared])
            columns[name] = paid + service_range[level] + np.where(due, taxes, 0)
    del columns["own_base_usd"]
    missing = {
        "service fee": np.isnan(service),
        "whether tax is included": unsaid | likely,
        "taxes and fees of the state": on_top & (state is None),
        **{gap: on_top & (state is not None) & there for gap, there in gaps.items()},
        "whether state charges are collected": on_top & third_party,
    }
    columns["missing"] = _joined(missing, rows)
    limits = usable_channels(channels, amount_usd=face)
    said = limits["evidence"].cat.codes.to_numpy()
    columns["offered"] = pd.arrays.BooleanArray(said == STATED, mask=said == SILENT)
    return pd.DataFrame({**columns, "reason": limits["reason"]}, index=channels.index)


def _one_per_row(name: str, values: float | Sequence[float], rows: int) -> np.ndarray:
    """Return a figure for each row, or say what is wrong with it."""
    array, allowed = np.asarray(values, float), f"one number, or one for each of {rows} channels"
    if array.shape not in ((), (rows,)):
        raise ValueError(f"{name} has the shape {array.shape} (allowed: {allowed})")
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} is {values} (allowed: finite numbers of at least 0)")
    return np.broadcast_to(array, rows)


def _taxes_said(values: bool | str | Sequence | None, rows: int) -> np.ndarray:
    """Return for each row whether taxes are included: "yes", "no", "likely" or "unknown"."""
    listed = list(values) if pd.api.types.is_list_like(values) else [values] * rows
    said = [None if pd.api.types.is_scalar(one) and pd.isna(one) else one for one in listed]
    words = {True: "yes", False: "no", "likely": "likely", None: "unknown"}
    known = [*words]  # a list, because what cannot be hashed is to be refused too
    if len(said) != rows or not all(one in known for one in said):
        allowed = f"True, False, None or 'likely', or one for each of {rows} channels"
        raise ValueError(f"taxes_included is {values!r} (allowed: {allowed})")
    return np.array([words[one] for one in said], dtype=object)


def _joined(told: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """Return for each row the words whose mask holds, joined by "; "."""
    masks = np.array([*told.values()], bool).reshape(len(told), rows).T
    return np.array(["; ".join(compress(told, row)) for row in masks.tolist()], dtype=object)


def _service_fee(
    face: np.ndarray, channels: pd.DataFrame, assumed: pd.DataFrame
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the stated service fee, and its low, base and high: (channels,) each."""
    low, base, high = channels[["fee_low_usd", "fee_usd", "fee_high_usd"]].to_numpy(float).T
    fixed = [np.where(np.isnan(low), base, low), base, np.where(np.isnan(high), base, high)]
    share = face * channels["fee_percent"].to_numpy(float) / 100
    silent = np.isnan(base) & np.isnan(share)
    kind = channels["kind"].astype(str)
    kind = kind.mask(_own_shops(channels), "travel_esim")  # in its app no seller states a fee
    unstated = assumed.reindex("unstated_fee_" + kind + "_usd")[[*LEVELS]].to_numpy(float).T
    ranges = np.where(silent, unstated, np.nan_to_num(fixed) + np.nan_to_num(share))
    return np.where(silent, np.nan, ranges[1]), dict(zip(LEVELS, ranges, strict=True))


def _state_charges(
    fees: pd.DataFrame, paid: np.ndarray, months: np.ndarray, assumed: pd.DataFrame
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray], dict[str, bool]]:
    """Return the first state's charges, two ranges over all states, and what the first's lack.

    Ranges (low, base, high) are of all charges and of sales tax alone; `fees` has a row per state.
    """

    def column(name: str) -> np.ndarray:
        return fees[name].to_numpy(float)[:, None]

    due = paid >= np.nan_to_num(column("fee_min_sale_usd"))
    due &= paid > np.nan_to_num(column("fee_exempt_up_to_usd"))
    above = np.maximum(paid - np.nan_to_num(column("fee_percent_above_usd")), 0)
    times = np.where((fees["fee_per"] == "month").to_numpy()[:, None], months, 1)

    def fee(name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return what is due, (states, sales), and where no figure is stated, (states, 1)."""
        flat, percent = column(f"{name}_usd"), column(f"{name}_percent")
        usd = due * (np.nan_to_num(flat) * times + np.nan_to_num(percent) / 100 * above)
        return usd, np.isnan(flat) & np.isnan(percent)

    (emergency, no_figure), (other, no_other) = fee("prepaid_911"), fee("other_fee")
    in_a_city = np.fmax(emergency, due * column("local_911_percent") / 100 * above)
    rate = column("state_sales_tax_percent")
    local, more_local = fees[["other_fee_local", "local_charges"]].fillna(False).to_numpy(bool).T
    # np.median takes ten times as long as sorting.
    over_states = {"low": [0], "base": [(len(fees) - 1) // 2, len(fees) // 2], "high": [-1]}
    ranges, sales_tax = {}, {}
    for level, places in over_states.items():
        local_rate = assumed.loc["local_sales_tax_percent", level]
        percent = np.nan_to_num(rate) + np.where(rate > 0, local_rate, 0)
        charge = percent / 100 * paid + (in_a_city if level == "high" else emergency)
        charge += other * ~(local[:, None] & (level == "low"))
        charge += no_figure * (paid > 0) * assumed.loc["unstated_911_usd", level]
        ranges[level] = np.sort(charge, axis=0)[places].mean(axis=0)
        sales_tax[level] = np.sort(percent, axis=0)[places].mean() / 100 * paid
    parts = {
        "prepaid_911_usd": np.where(no_figure[0], np.nan, emergency[0]),
        # A local one is perhaps not due where the buyer lives.
        "other_fee_usd": np.where(no_other[0] | local[0], np.nan, other[0]),
        "state_tax_usd": rate[0] / 100 * paid,
    }
    gaps = {
        "911 fee": no_figure[0, 0],
        "local fee": local[0] or more_local[0],
        "sales tax": np.isnan(rate[0, 0]),
        "local sales tax": rate[0, 0] > 0,
    }
    return parts, ranges, sales_tax, gaps


def usable_channels(
    channels: pd.DataFrame,
    *,
    brand: str | None = None,
    brands: Iterable[str] = (),
    payment: str | None = None,
    seller_facts: pd.DataFrame | None = None,
    likely_by_kind: bool = True,
    no_account: bool = False,
    amount_usd: float | Sequence[float] | None = None,
) -> pd.DataFrame:
    """Return for each channel what sources say to all wishes, as one of `EVIDENCE`, and why.

    A means of payment that is not among those that the source lists counts as a no. Where a brand's
    own channel and what is said of the brand differ, it holds in part.

    Parameters
    ----------
    channels
        Rows of `data.channels`. With the columns provider, plan_id and provider_kind, each row is a
        way to buy that plan, and `seller_facts` count for the brand's own channels.
    brand, brands
        Brand to top up: named by a channel, or one of `brands`, such as `data.plans["provider"]`.
    payment, seller_facts
        "foreign_card", "us_card", "cash" or "paypal"; what `data.seller_facts` say of it.
    likely_by_kind
        Where nobody says, a travel eSIM's own shop likely takes any card and a shop's till cash
        (`travel_esim_foreign_card` and `store_cash` in assumptions.csv say why).
    no_account
        The person does not want to sign up.
    amount_usd
        Amount of the top-up, held against the limits; one for all or one per row.

    Returns
    -------
    DataFrame
        Indexed like `channels`: evidence (the worst to any wish) and reason (all that is not
        stated, joined by "; ").

    Raises
    ------
    ValueError
        If the brand or the means of payment is unknown, or the amount is no number of at least 0.
    """
    if brand is not None:
        known = {*channels["brands"].dropna().str.split("; ").explode(), *brands}
        if not isinstance(brand, str) or brand not in known:
            hint = did_you_mean(str(brand), known)
            allowed = "a provider of data/plans.csv"
            raise ValueError(f"brand: {brand!r} is unknown (allowed: {allowed}){hint}")
    if payment not in (None, *MEANS_OF_PAYMENT):
        allowed = ", ".join(MEANS_OF_PAYMENT)
        raise ValueError(f"payment is {payment!r} (allowed: {allowed}, or None)")
    no, paid, unknown = {}, {}, {}
    if brand is not None:
        not_said, own_esim = channels["brands"].isna(), channels["delivery"] == "esim_code"
        serves = channels["brands"].fillna("").str.split("; ").map(lambda names: brand in names)
        no["an eSIM of its own, not a top-up"] = not_said & own_esim
        no[f"not for {brand}"] = ~serves.astype(bool) & ~not_said
        unknown["brands not said"] = not_said & ~own_esim
    if payment is not None:
        said = _payment(channels, payment, seller_facts, likely_by_kind)
        means = MEANS_OF_PAYMENT[payment]
        words = {LIKELY: f"{means} likely, by kind of seller", PARTLY: f"{means} only in part"}
        words |= {SILENT: f"{means} not said", NO: f"no {means}"}
        paid = {why: np.where(said == level, level, STATED) for level, why in words.items()}
    if no_account:
        no["needs an account"] = channels["account_required"].fillna(False)
        unknown["account not said"] = channels["account_required"].isna()
    if amount_usd is not None:
        amount = _one_per_row("amount_usd", amount_usd, len(channels))
        least, most = channels["min_usd"], channels["max_usd"]
        no["less than the smallest amount"] = amount < least
        no["more than the largest amount"] = amount > most
        unknown["limits not said"] = least.isna() & most.isna()
        unknown["smallest amount not said"] = least.isna() & most.notna()
        unknown["largest amount not said"] = most.isna() & least.notna()
    told = {why: np.where(mask, NO, STATED) for why, mask in no.items()} | paid
    told |= {why: np.where(mask, SILENT, STATED) for why, mask in unknown.items()}
    worst = np.max([np.full(len(channels), STATED), *told.values()], axis=0)
    evidence = pd.Categorical.from_codes(worst, EVIDENCE, ordered=True)
    reason = _joined(told, len(channels))
    return pd.DataFrame({"evidence": evidence, "reason": reason}, index=channels.index)


def _payment(
    channels: pd.DataFrame, payment: str, seller_facts: pd.DataFrame | None, likely_by_kind: bool
) -> np.ndarray:
    """Return what sources say on a means of payment, a place in `EVIDENCE` for each channel."""
    methods = channels["payment_methods"].fillna("")
    # Nothing is listed, or no more than that there are means of payment.
    silent = ((methods == "") | methods.str.contains("payment method")).to_numpy()
    listed = methods.str.contains(LISTED_AS[payment]).to_numpy() & ~silent
    if payment in ("cash", "foreign_card"):  # what a column of its own says counts first
        said = channels[payment].astype(object).map(FACT_EVIDENCE | {True: STATED, False: NO})
        found = said.to_numpy(float, na_value=np.nan)
    else:
        found = np.where(listed, STATED, np.nan)
    found = np.where(np.isnan(found) & ~listed & ~silent, NO, found)
    if seller_facts is not None and "provider" in channels:
        plan_ids = channels.get("plan_id", pd.Series(pd.NA, channels.index))
        said = sellers_say(seller_facts, payment, channels["provider"], plan_ids)
        levels = [[FACT_EVIDENCE[word] for word in words] or [np.nan] for words in said]
        own = channels["kind"] == "carrier"
        best = np.fmin(found, np.where(own, [*map(min, levels)], np.nan))
        worst = np.fmax(found, np.where(own, [*map(max, levels)], np.nan))
        found = np.where(best < worst, PARTLY, best)
    if payment == "us_card":  # who takes cards of other countries takes those of the USA
        foreign = _payment(channels, "foreign_card", seller_facts, likely_by_kind=False)
        found = np.where(np.isnan(found) & (foreign == STATED), STATED, found)
    if likely_by_kind and payment != "paypal":
        likely = channels["kind"] == "store" if payment == "cash" else _own_shops(channels)
        found = np.where(np.isnan(found) & likely, LIKELY, found)
    return np.where(np.isnan(found), SILENT, found).astype(int)


def _own_shops(channels: pd.DataFrame) -> pd.Series:
    """Tell which are a travel eSIM seller's own shop: none without the column provider_kind."""
    return (channels["kind"] == "carrier") & (channels.get("provider_kind") == "travel_esim")


def with_own_fees(channels: pd.DataFrame, seller_facts: pd.DataFrame) -> pd.DataFrame:
    """Return the channels, a brand's own that state no fee with the one that is said of the brand.

    Of a range, the middle is the base. `channels` has the columns provider and plan_id, and perhaps
    term_days: a fee a month counts for each month that a payment covers, at least for one.
    """
    unstated = channels["fee_usd"].isna() & channels["fee_percent"].isna()
    own = (channels["kind"] == "carrier") & unstated

    def said(topic: str) -> np.ndarray:
        """Return the lowest and the highest figure that is said: (2, channels)."""
        told = sellers_say(seller_facts, topic, channels["provider"], channels["plan_id"])
        usd = {(): [math.nan]}
        for words in {*told} - {()}:  # few different ones of many channels; a range is "1-3"
            usd[words] = [float(end) for word in words for end in word.split("-")]
        return np.array([[end(usd[words]) for words in told] for end in (min, max)])

    term_days = channels.get("term_days", pd.Series(MONTH_DAYS, channels.index)).astype(float)
    months = (term_days / MONTH_DAYS).round().clip(lower=1).fillna(1).to_numpy()
    usd, monthly = said("extra_fee_usd"), said("extra_fee_usd_a_month")
    low, high = np.where(np.isnan(usd), months * monthly, usd)
    fees = {"fee_usd": (low + high) / 2, "fee_low_usd": low, "fee_high_usd": high}
    fees["fee_percent"] = said("extra_fee_percent")[1]
    return channels.assign(**{name: channels[name].mask(own, fee) for name, fee in fees.items()})


def sellers_say(
    seller_facts: pd.DataFrame, topic: str, providers: pd.Series, plan_ids: pd.Series | pd.Index
) -> pd.Series:
    """Return for each plan all that is said on a topic, of it or else of its brand: tuples."""
    rows = (seller_facts["topic"] == topic).to_numpy()
    columns = (seller_facts[name].to_numpy()[rows] for name in ("provider", "plan_id", "value"))
    told = {}
    for brand, plan_id, value in zip(*columns, strict=True):
        of = (brand, None) if pd.isna(plan_id) else plan_id
        told[of] = (*told.get(of, ()), value)
    plans = zip(np.asarray(plan_ids, object), np.asarray(providers, object), strict=True)
    said = [told.get(plan_id) or told.get((brand, None), ()) for plan_id, brand in plans]
    return pd.Series(said, providers.index, dtype=object)


def longest_waits(
    channels: pd.DataFrame, assumptions: pd.DataFrame, *, travel_esim: bool | Sequence[bool] = False
) -> pd.DataFrame:
    """Return how long each channel may take from payment to data: low, base and high, in minutes.

    All three are its `worst_minutes` where the source states it; else what is assumed of its kind,
    but no less than its `typical_minutes`. Where not even the kind is known, the slowest counts.
    `travel_esim`: whether a brand sells travel eSIMs, whose own site or app has a wait of its own.
    """
    own = (channels["kind"] == "carrier").to_numpy() & np.asarray(travel_esim, bool)
    waits = assumptions.loc[assumptions.index.str.startswith("unstated_wait_"), [*LEVELS]]
    slowest = waits["base"].idxmax()
    rows = "unstated_wait_" + channels["kind"].astype(object).mask(own, "travel_esim") + "_minutes"
    typical, worst = (channels[f"{name}_minutes"].astype(float) for name in ("typical", "worst"))
    assumed = waits.loc[rows.fillna(slowest)].set_axis(channels.index).clip(lower=typical, axis=0)
    return assumed.where(worst.isna(), worst, axis=0)


def all_say(said: pd.Series) -> pd.Series:
    """Return the one value of all who say something; missing where nobody does, or they differ."""
    return said.map(lambda words: words[0] if len({*words}) == 1 else None).astype(object)


def taxes_in_price(
    own: pd.Series, seller_facts: pd.DataFrame, providers: pd.Series, plan_ids: pd.Series | pd.Index
) -> pd.Series:
    """Return whether tax is in each price: as the plan's `own` row says, or else its brand."""
    said = all_say(sellers_say(seller_facts, "taxes_included", providers, plan_ids))
    return own.astype(object).fillna(said.map({"yes": True, "no": False}))


def paid_by_hand(channels: pd.DataFrame, *, automatically: bool = False) -> pd.Series:
    """Tell which channels take a first payment: no stored card, no renewal unless wished for."""
    stored = channels["payment_methods"].str.startswith("saved", na=False)
    return ~stored & (automatically | ~channels["automatic"].fillna(False).astype(bool))


def best_first(
    evidence: pd.Series, own_high_usd: pd.Series, longest_minutes: pd.Series
) -> np.ndarray:
    """Return the places of ways to pay, the best first: (ways,).

    First counts the place in `EVIDENCE`, then the cost at the way's own worst, to the cent, then
    the longest wait that is stated; one that is not comes last.
    """
    return np.lexsort((longest_minutes, (100 * own_high_usd).round(), evidence))
