"""What a top-up costs through each channel, and whom a channel serves."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

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
MINUTES_A_DAY = 1440
# Cards that only a shop or the brand itself sells are no cards of a bank.
BANK_CARD = re.compile(
    r"(?!.*\b(gift|refill|service|Re-Boost|replenishment)\b).*\b(card|Visa|Mastercard|Amex)\b"
)
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

    A state's charges are reckoned on the face value less the discount, by the rules of
    `data/state_fees.csv`. That prepaid service is taxed at the state's general rate, and service
    fees are not, is our reading. Third-party platforms may not collect these charges at all, so
    their lowest cost is without. A fee that only some counties levy is in base and high.

    Parameters
    ----------
    face_usd
        Face value: what reaches the balance, or the price of the plan. One for all channels or one
        per row; many through one channel: `channels.loc[[channel_id] * len(prices)]`.
    channels
        Rows of `data.channels`, repeated ones too; with the column provider_kind, a travel eSIM
        seller's own shop has an assumed fee of its own.
    state_fees, assumptions
        The tables `data.state_fees` and `data.assumptions`.
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
    included = _said("taxes_included", taxes_included, rows)
    discount = -face * channels["discount_percent"].to_numpy(float) / 100
    service, service_range = _service_fee(face, channels, assumptions)
    paid = face + np.nan_to_num(discount)
    fees = state_fees if state is None else state_fees.loc[[state]]
    charges, charges_range, sales_tax, gaps = _state_charges(fees, paid, months, assumptions)
    on_top, unsaid, likely = included != "yes", included == "unknown", included == "likely"
    parts = {"face_usd": face, "discount_usd": discount, "service_fee_usd": service}
    for part, usd in charges.items():
        usd = np.where((included == "no") & (state is not None), usd, np.nan)
        parts[part] = np.where(on_top, usd, 0)  # included: nothing comes on top, a known zero
    columns = {**parts, "known_usd": np.nansum([*parts.values()], axis=0)}
    third_party = (channels["kind"] == "third_party").to_numpy()
    for level in LEVELS:
        due = on_top & ~((third_party | unsaid) & (level == "low"))
        share = assumptions.loc["travel_esim_sales_tax_share", level] if likely.any() else 0
        for name, shared in ((f"{level}_usd", level), (f"own_{level}_usd", "base")):
            taxes = np.where(likely, share * sales_tax[shared], charges_range[shared])
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
    offered = limits["evidence"].map({"stated": True, "no": False}).astype("boolean")
    columns = {**columns, "offered": offered, "reason": limits["reason"]}
    return pd.DataFrame(columns, index=channels.index)


def _one_per_row(name: str, values: float | Sequence[float], rows: int) -> np.ndarray:
    """Return a figure for each row, or say what is wrong with it."""
    array, allowed = np.asarray(values, float), f"one number, or one for each of {rows} channels"
    if array.shape not in ((), (rows,)):
        raise ValueError(f"{name} has the shape {array.shape} (allowed: {allowed})")
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} is {values} (allowed: finite numbers of at least 0)")
    return np.broadcast_to(array, rows)


def _said(name: str, values: bool | str | Sequence | None, rows: int) -> np.ndarray:
    """Return "yes", "no", "likely" or "unknown" for each row."""
    listed = list(values) if pd.api.types.is_list_like(values) else [values] * rows
    words = {True: "yes", False: "no", "likely": "likely"}
    known = [words.get(one) if pd.api.types.is_hashable(one) else None for one in listed]
    silent = [pd.api.types.is_scalar(one) and pd.isna(one) for one in listed]
    if len(listed) != rows or not all(map(any, zip(known, silent, strict=True))):
        allowed = f"True, False, None or 'likely', or one for each of {rows} channels"
        raise ValueError(f"{name} is {values!r} (allowed: {allowed})")
    return np.array([word or "unknown" for word in known], dtype=object)


def _joined(told: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
    """Return for each row the words whose mask holds, joined by "; "."""
    masks = np.array([*told.values()], bool).reshape(len(told), rows)
    # Few sets of words are told of many rows.
    sets, place = np.unique(2 ** np.arange(len(told)) @ masks, return_inverse=True)
    lines = ["; ".join(w for bit, w in enumerate(told) if n >> bit & 1) for n in sets.tolist()]
    return np.array(lines, dtype=object)[place]


def _service_fee(
    face: np.ndarray, channels: pd.DataFrame, assumed: pd.DataFrame
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the stated service fee, and its low, base and high: (channels,) each."""
    names = {"low": "fee_low_usd", "base": "fee_usd", "high": "fee_high_usd"}
    fixed = {level: channels[name].to_numpy(float) for level, name in names.items()}
    share = face * channels["fee_percent"].to_numpy(float) / 100
    silent = np.isnan(fixed["base"]) & np.isnan(share)
    kind = channels["kind"].astype(str)
    if "provider_kind" in channels:  # a shop in an app, where no seller states a fee
        travel = channels["provider_kind"].astype(str) == "travel_esim"
        kind = kind.mask((kind == "carrier") & travel, "travel_esim")
    codes, kinds = pd.factorize(kind, use_na_sentinel=False)
    unstated = assumed.reindex([f"unstated_fee_{one}_usd" for one in kinds])[[*LEVELS]]
    ranges = {}
    for level, of_kinds in unstated.items():
        usd = np.where(np.isnan(fixed[level]), fixed["base"], fixed[level])
        total = np.nan_to_num(usd) + np.nan_to_num(share)
        ranges[level] = np.where(silent, of_kinds.to_numpy(float)[codes], total)
    return np.where(silent, np.nan, ranges["base"]), ranges


def _state_charges(
    fees: pd.DataFrame, paid: np.ndarray, months: np.ndarray, assumed: pd.DataFrame
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray], dict[str, bool]]:
    """Return the first state's charges, two ranges over all states, and what the first's lack.

    The ranges, low, base and high, are of all charges and of sales tax alone. `fees` has one row
    per state; `paid` and `months` one figure per sale.
    """

    def column(name: str) -> np.ndarray:
        return fees[name].to_numpy(float)[:, None]

    due = (paid > 0) & (paid >= np.nan_to_num(column("fee_min_sale_usd")))
    due &= ~(paid <= column("fee_exempt_up_to_usd"))
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
    half = (len(fees) - 1) // 2, len(fees) // 2 + 1
    # np.median takes ten times as long as sorting.
    over_states = {"low": slice(1), "base": slice(*half), "high": slice(-1, None)}
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
    within_minutes: float | None = None,
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
    brand
        Brand to top up, one that a channel names or that is among `brands`.
    brands
        Further brands that exist, such as `data.plans["provider"]`.
    payment
        What the person pays with: "foreign_card", "us_card", "cash" or "paypal".
    seller_facts
        As `data.seller_facts`.
    likely_by_kind
        Where nobody says, a travel eSIM's own shop likely takes any card and a shop's till cash
        (`travel_esim_foreign_card` and `store_cash` in assumptions.csv say why).
    no_account
        The person does not want to sign up.
    within_minutes
        The top-up has to arrive in this time, at the worst.
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
        If the brand or the means of payment is unknown, or the minutes or the amount are no number
        of at least 0.
    """
    if brand is not None:
        known = {*channels["brands"].dropna().str.split("; ").explode(), *brands}
        if not isinstance(brand, str) or brand not in known:
            hint = did_you_mean(str(brand), known)
            allowed = "a provider of data/plans.csv"
            raise ValueError(f"brand: {brand!r} is unknown (allowed: {allowed}){hint}")
    if payment not in (None, *MEANS_OF_PAYMENT):
        raise ValueError(
            f"payment is {payment!r} (allowed: {', '.join(MEANS_OF_PAYMENT)}, or None)"
        )
    longest = 0 if within_minutes is None else within_minutes
    if not (isinstance(longest, Real) and 0 <= longest < math.inf):
        told = f"within_minutes is {within_minutes!r}"
        raise ValueError(f"{told} (allowed: a number of at least 0, or None)")
    no, unknown, paid = {}, {}, {}
    if brand is not None:
        not_said, own_esim = channels["brands"].isna(), channels["delivery"] == "esim_code"
        serves = channels["brands"].fillna("").str.split("; ").map(lambda names: brand in names)
        no["an eSIM of its own, not a top-up"] = not_said & own_esim
        unknown["brands not said"] = not_said & ~own_esim
        no[f"not for {brand}"] = ~serves.astype(bool) & ~not_said
    if payment is not None:
        level = _payment(channels, payment, seller_facts, likely_by_kind)
        means = MEANS_OF_PAYMENT[payment]
        words = {LIKELY: f"{means} likely, by kind of seller", PARTLY: f"{means} only in part"}
        words |= {SILENT: f"{means} not said", NO: f"no {means}"}
        paid = {words[one]: (level == one, one) for one in words}
    if no_account:
        no["needs an account"] = channels["account_required"].fillna(False)
        unknown["account not said"] = channels["account_required"].isna()
    if within_minutes is not None:
        too_slow = channels["worst_minutes"].fillna(channels["typical_minutes"]) > within_minutes
        no[f"can take more than {within_minutes:,g} minutes"] = too_slow
        unknown["longest wait not said"] = channels["worst_minutes"].isna() & ~too_slow
    if amount_usd is not None:
        amount = _one_per_row("amount_usd", amount_usd, len(channels))
        no["less than the smallest amount"] = amount < channels["min_usd"]
        no["more than the largest amount"] = amount > channels["max_usd"]
        no_least, no_most = channels["min_usd"].isna(), channels["max_usd"].isna()
        unknown["limits not said"] = no_least & no_most
        unknown["smallest amount not said"] = no_least & ~no_most
        unknown["largest amount not said"] = no_most & ~no_least
    told = {why: (mask, NO) for why, mask in no.items()}
    told |= paid | {why: (mask, SILENT) for why, mask in unknown.items()}
    levels = [np.where(mask, level, STATED) for mask, level in told.values()]
    worst = np.max([np.full(len(channels), STATED), *levels], axis=0)
    evidence = pd.Categorical.from_codes(worst, EVIDENCE, ordered=True)
    reason = _joined({why: mask for why, (mask, _) in told.items()}, len(channels))
    return pd.DataFrame({"evidence": evidence, "reason": reason}, index=channels.index)


def _payment(
    channels: pd.DataFrame, payment: str, seller_facts: pd.DataFrame | None, likely_by_kind: bool
) -> np.ndarray:
    """Return what sources say on a means of payment, a place in `EVIDENCE` for each channel."""
    methods, yes_no = channels["payment_methods"].fillna(""), {True: STATED, False: NO}
    # Nothing is listed, or no more than that there are means of payment.
    silent = (methods == "") | methods.str.contains("payment method")
    if payment in ("cash", "paypal"):
        listed = methods.str.contains({"cash": "cash", "paypal": "PayPal"}[payment])
    else:
        texts = {text: any(map(BANK_CARD.match, text.split("; "))) for text in methods.unique()}
        listed = methods.map(texts).astype(bool)
    if payment in ("cash", "foreign_card"):  # what a column of its own says counts first
        said = channels[payment].astype(object)
        found = said.map(FACT_EVIDENCE | yes_no).mask(said.isna() & ~listed & ~silent, NO)
    else:
        found = listed.map(yes_no).mask(silent)
    found = found.to_numpy(float, na_value=np.nan, copy=True)
    own = (channels["kind"] == "carrier").to_numpy()
    if seller_facts is not None and "provider" in channels:
        plan_ids = channels.get("plan_id", pd.Series(pd.NA, channels.index))
        said = sellers_say(seller_facts, payment, channels["provider"], plan_ids)
        for place, words in enumerate(said):
            if own[place] and words:
                told = {FACT_EVIDENCE[word] for word in words}
                told |= set() if np.isnan(found[place]) else {found[place]}
                found[place] = told.pop() if len(told) == 1 else PARTLY
    if payment == "us_card":  # who takes cards of other countries takes those of the USA
        foreign = _payment(channels, "foreign_card", seller_facts, likely_by_kind=False)
        found[np.isnan(found) & (foreign == STATED)] = STATED
    if likely_by_kind and payment == "cash":
        found[np.isnan(found) & (channels["kind"] == "store")] = LIKELY
    elif likely_by_kind and "provider_kind" in channels and payment != "paypal":
        found[np.isnan(found) & own & (channels["provider_kind"] == "travel_esim")] = LIKELY
    return np.where(np.isnan(found), SILENT, found).astype(int)


def with_own_fees(channels: pd.DataFrame, seller_facts: pd.DataFrame) -> pd.DataFrame:
    """Return the channels with the fee on each payment that is said of a brand as a whole.

    It fills the fee of the brand's own channels that state none. Of a range, the middle is the
    base. `channels` has the columns provider and plan_id, as for `usable_channels`, and perhaps
    term_days: a fee a month counts for each month that a payment covers, at least for one.
    """
    unstated = channels["fee_usd"].isna() & channels["fee_percent"].isna()
    own = (channels["kind"] == "carrier") & unstated

    def said(topic: str) -> np.ndarray:
        """Return the lowest and the highest figure that is said: (channels, 2)."""
        told = sellers_say(seller_facts, topic, channels["provider"], channels["plan_id"])
        ends = {(): (math.nan, math.nan)}
        for words in {*told} - {()}:
            figures = [*map(float, "-".join(words).split("-"))]
            ends[words] = min(figures), max(figures)
        return np.array([ends[words] for words in told]).reshape(-1, 2)

    term_days = channels.get("term_days", pd.Series(MONTH_DAYS, channels.index)).astype(float)
    months = (term_days / MONTH_DAYS).round().clip(lower=1).fillna(1).to_numpy()
    usd, monthly = said("extra_fee_usd"), said("extra_fee_usd_a_month")
    low, high = np.where(np.isnan(usd), months[:, None] * monthly, usd).T
    fees = {"fee_usd": (low + high) / 2, "fee_low_usd": low, "fee_high_usd": high}
    fees["fee_percent"] = said("extra_fee_percent")[:, 1]
    return channels.assign(**{name: channels[name].where(~own, fee) for name, fee in fees.items()})


def sellers_say(
    seller_facts: pd.DataFrame, topic: str, providers: pd.Series, plan_ids: pd.Series | pd.Index
) -> pd.Series:
    """Return for each plan all that is said on a topic, of it or else of its brand: tuples."""
    rows = (seller_facts["topic"] == topic).to_numpy()
    facts = (seller_facts[name].to_numpy(object)[rows] for name in ("provider", "plan_id", "value"))
    by_plan, by_brand = {}, {}
    for provider, plan_id, value in zip(*facts, strict=True):
        found, key = (by_brand, provider) if pd.isna(plan_id) else (by_plan, plan_id)
        found[key] = (*found.get(key, ()), value)
    said = [
        by_plan.get(plan_id) or by_brand.get(provider, ())
        for plan_id, provider in zip(
            np.asarray(plan_ids, object), np.asarray(providers, object), strict=True
        )
    ]
    return pd.Series(said, providers.index, dtype=object)


def longest_waits(
    channels: pd.DataFrame, assumptions: pd.DataFrame, *, travel_esim: bool | Sequence[bool] = False
) -> pd.DataFrame:
    """Return how long each channel may take from payment to data: low, base and high, in minutes.

    All three are its `worst_minutes` where the source states it; else what is assumed of its kind,
    but no less than its `typical_minutes`. Where not even the kind is known, the slowest counts.

    Parameters
    ----------
    channels
        Rows of `data.channels`, or of their columns kind, typical_minutes and worst_minutes.
    assumptions
        The table `data.assumptions`.
    travel_esim
        Whether the brand sells travel eSIMs, whose own site or app has a wait of its own; one for
        all or one per row.
    """
    own = (channels["kind"] == "carrier").to_numpy() & np.asarray(travel_esim, bool)
    waits = assumptions.filter(regex=r"^unstated_wait_\w+_minutes$", axis=0)[[*LEVELS]]
    slowest = waits["base"].idxmax()
    rows = "unstated_wait_" + channels["kind"].astype(object).mask(own, "travel_esim") + "_minutes"
    assumed = waits.loc[rows.fillna(slowest)].set_axis(channels.index)
    typical, worst = (channels[f"{name}_minutes"].astype(float) for name in ("typical", "worst"))
    assumed = assumed.clip(lower=typical.fillna(0), axis=0)
    return assumed.where(worst.isna(), worst, axis=0)


def all_say(said: pd.Series) -> pd.Series:
    """Return the one value of all who say something; missing where nobody does, or they differ."""
    return said.map(lambda words: words[0] if len({*words}) == 1 else None).astype(object)


def taxes_in_price(
    own: pd.Series, seller_facts: pd.DataFrame, providers: pd.Series, plan_ids: pd.Series | pd.Index
) -> pd.Series:
    """Return whether tax is in each price: as the plan's `own` row says, or else its brand."""
    said = all_say(sellers_say(seller_facts, "taxes_included", providers, plan_ids))
    own = own.astype(object)
    return own.where(own.notna(), said.map({"yes": True, "no": False}))


def paid_by_hand(channels: pd.DataFrame, *, automatically: bool = False) -> pd.Series:
    """Tell which channels take a first payment: no stored card, no renewal unless wished for."""
    stored = channels["payment_methods"].str.startswith("saved").fillna(False)
    renewal = channels["automatic"].fillna(False).astype(bool)
    return ~stored.astype(bool) & (automatically | ~renewal)


def best_first(
    evidence: pd.Series, own_high_usd: pd.Series, longest_minutes: pd.Series
) -> np.ndarray:
    """Return the places of ways to pay, the best first: (ways,).

    First counts the place in `EVIDENCE`, then the cost at the way's own worst, to the cent, then
    the longest wait that is stated; one that is not comes last.
    """
    cents = (100 * own_high_usd.to_numpy(float)).round()
    minutes = longest_minutes.fillna(math.inf).to_numpy(float)
    return np.lexsort((minutes, cents, evidence.to_numpy()))
