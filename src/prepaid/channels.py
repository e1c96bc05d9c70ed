"""What a top-up costs through each channel, which channels a person can use, and how long a number survives."""

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from prepaid.catalog import load_assumptions, load_plans, load_state_fees
from prepaid.catalog.kinds import did_you_mean

# The parts of a landed cost: they add up to known_usd.
PARTS = ("face_usd", "discount_usd", "service_fee_usd", "prepaid_911_usd", "other_fee_usd", "state_tax_usd")
LEVELS = ("low", "base", "high")
# Cards that only a shop or the brand itself sells are no cards of a bank.
BANK_CARD = re.compile(r"(?!.*\b(?:gift|refill|service|Re-Boost|replenishment)\b).*\b(?:card|Visa|Mastercard|Amex)\b")
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
    *,
    state: str | None = None,
    taxes_included: bool | Sequence[bool | None] | None = False,
    months: float | Sequence[float] = 1,
    state_fees: pd.DataFrame | None = None,
    assumptions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what one top-up costs in all, through each channel.

    A state's charges are reckoned on the face value less the discount, by the rules of `data/state_fees.csv`. That
    prepaid service is taxed at the state's general rate, and service fees are not, is our reading. Third-party
    platforms may not collect these charges at all, so their lowest cost is without. A fee that only some counties levy
    is in base and high.

    Parameters
    ----------
    face_usd
        Face value: what reaches the balance, or the price of the plan. One for all channels or one per row; many face
        values through one channel are `landed_cost(prices, channels.loc[[channel_id] * len(prices)])`.
    channels
        Rows of `load_channels()`, repeated ones too.
    state
        Where the buyer lives, such as "CA". None: not known; then the charges are missing from the parts, and low, base
        and high have the lowest, the median and the highest over all states.
    taxes_included
        Whether the brand's price includes taxes and fees; None or NA: not said. One for all or one per row.
    months
        Months that the top-up pays for, where a state charges by the month. One for all or one per row.
    state_fees, assumptions
        By default `load_state_fees()` and `load_assumptions()`.

    Returns
    -------
    DataFrame
        Indexed like `channels`; NaN is unknown or not stated, never zero.

        - face_usd, discount_usd (negative), service_fee_usd, prepaid_911_usd, other_fee_usd, state_tax_usd: the parts
          as the sources state them;
        - known_usd: their sum;
        - low_usd, base_usd, high_usd: all in, with assumptions where a figure is missing or ranges;
        - missing: what is missing, such as "service fee; 911 fee"; empty if nothing is;
        - offered: False where the amount is outside the stated limits, missing where a limit is not stated;
        - reason: why it is not offered, or not known to be.

    Raises
    ------
    ValueError
        If the state is unknown, or a figure is negative, not finite, or not one per row.
    """
    fees = load_state_fees() if state_fees is None else state_fees
    assumed = load_assumptions() if assumptions is None else assumptions
    if state is not None and state not in fees.index:
        hint = did_you_mean(str(state), map(str, fees.index))
        raise ValueError(f"state: {state!r} is unknown (allowed: a postal code such as 'CA', or None){hint}")
    face = _one_per_row("face_usd", face_usd, len(channels))
    months = _one_per_row("months", months, len(channels))
    included = _answers("taxes_included", taxes_included, len(channels))

    def column(name: str) -> np.ndarray:
        return channels[name].to_numpy(float)

    discount = -face * column("discount_percent") / 100
    service, service_range = _service_fee(face, channels, assumed)
    paid = face + np.nan_to_num(discount)
    charges, charges_range, gaps = _state_charges(fees if state is None else fees.loc[[state]], paid, months, assumed)
    on_top = included != "yes"
    stated = (included == "no") & (state is not None)
    # Where tax is included, nothing comes on top: that is a known zero.
    charges = {part: np.where(on_top, np.where(stated, values, np.nan), 0) for part, values in charges.items()}
    third_party = (channels["kind"] == "third_party").to_numpy()
    perhaps_none = third_party | (included == "unknown")
    parts = {"face_usd": face, "discount_usd": discount, "service_fee_usd": service, **charges}
    ranges = {
        f"{level}_usd": paid + service_range[level] + np.where(on_top & ~(perhaps_none & (level == "low")), charge, 0)
        for level, charge in charges_range.items()
    }
    missing = {
        "service fee": np.isnan(service),
        "whether tax is included": included == "unknown",
        "taxes and fees of the state": on_top & (state is None),
        **{gap: on_top & (state is not None) & there for gap, there in gaps.items()},
        "whether state charges are collected": on_top & third_party,
    }
    limits = usable_channels(channels, amount_usd=face)
    return pd.DataFrame(
        {
            **parts,
            "known_usd": np.nansum(list(parts.values()), axis=0),
            **ranges,
            "missing": _joined(missing, len(channels)),
            "offered": limits["usable"].map({"yes": True, "no": False}).astype("boolean"),
            "reason": limits["reason"],
        },
        index=channels.index,
    )


def _one_per_row(name: str, values: float | Sequence[float], rows: int) -> np.ndarray:
    """Return a figure for each row, or say what is wrong with it."""
    array = np.asarray(values, float)
    if array.shape not in ((), (rows,)):
        raise ValueError(
            f"{name} has the shape {array.shape} (allowed: one number, or one for each of {rows} channels)"
        )
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ValueError(f"{name} is {values} (allowed: finite numbers of at least 0)")
    return np.broadcast_to(array, rows)


def _answers(name: str, values: bool | Sequence[bool | None] | None, rows: int) -> np.ndarray:
    """Return "yes", "no" or "unknown" for each row."""
    listed = list(values) if pd.api.types.is_list_like(values) else [values] * rows
    words = {True: "yes", False: "no"}
    if len(listed) != rows or not all(pd.isna(value) or value in words for value in listed):
        raise ValueError(f"{name} is {values!r} (allowed: True, False or None, or one for each of {rows} channels)")
    return np.array(["unknown" if pd.isna(value) else words[bool(value)] for value in listed], dtype=object)


def _joined(told: Mapping[str, np.ndarray], rows: int) -> list[str]:
    """Return for each row the words whose mask holds, joined by "; "."""
    masks = np.array(list(told.values())).reshape(len(told), rows).T
    return ["; ".join(word for word, holds in zip(told, row, strict=True) if holds) for row in masks]


def _service_fee(
    face: np.ndarray, channels: pd.DataFrame, assumed: pd.DataFrame
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the stated service fee, and its low, base and high: (channels,) each."""
    fixed = channels["fee_usd"]
    share = (face * channels["fee_percent"] / 100).to_numpy(float)
    silent = fixed.isna().to_numpy() & np.isnan(share)
    stated = {
        "low": channels["fee_low_usd"].fillna(fixed),
        "base": fixed,
        "high": channels["fee_high_usd"].fillna(fixed),
    }
    totals = {level: np.nan_to_num(fee.to_numpy(float)) + np.nan_to_num(share) for level, fee in stated.items()}
    rows = "unstated_fee_" + channels["kind"].astype(str) + "_usd"
    ranges = {level: np.where(silent, rows.map(assumed[level]), totals[level]) for level in LEVELS}
    return np.where(silent, np.nan, totals["base"]), ranges


def _state_charges(
    fees: pd.DataFrame, paid: np.ndarray, months: np.ndarray, assumed: pd.DataFrame
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, bool]]:
    """Return what states charge on sales: the first state's parts, low, base and high over all, and what is missing.

    `fees` has one row per state; `paid` and `months` one figure per sale.
    """

    def column(name: str) -> np.ndarray:
        return fees[name].to_numpy(float)[:, None]

    due = (paid > 0) & (paid >= np.nan_to_num(column("fee_min_sale_usd"))) & ~(paid <= column("fee_exempt_up_to_usd"))
    above = np.maximum(paid - np.nan_to_num(column("fee_percent_above_usd")), 0)
    times = np.where((fees["fee_per"] == "month").to_numpy()[:, None], months, 1)

    def fee(name: str) -> np.ndarray:
        flat, percent = column(f"{name}_usd"), column(f"{name}_percent")
        charge = due * (np.nan_to_num(flat) * times + np.nan_to_num(percent) / 100 * above)
        return np.where(np.isnan(flat) & np.isnan(percent), np.nan, charge)

    emergency, other, rate = fee("prepaid_911"), fee("other_fee"), column("state_sales_tax_percent")
    no_figure = np.isnan(emergency)
    local, more_local = (
        fees[name].fillna(False).to_numpy(bool)[:, None] for name in ("other_fee_local", "local_charges")
    )
    in_a_city = np.fmax(emergency, due * column("local_911_percent") / 100 * above)
    ranges = {}
    for level, over_states in zip(LEVELS, (np.min, np.median, np.max), strict=True):
        percent = np.nan_to_num(rate) + np.where(rate > 0, assumed.loc["local_sales_tax_percent", level], 0)
        charge = percent / 100 * paid + np.nan_to_num(in_a_city if level == "high" else emergency)
        charge += np.where(local & (level == "low"), 0, np.nan_to_num(other))
        charge += np.where(no_figure & (paid > 0), assumed.loc["unstated_911_usd", level], 0)
        ranges[level] = over_states(charge, axis=0)
    parts = {
        "prepaid_911_usd": emergency[0],
        "other_fee_usd": np.where(local, np.nan, other)[0],  # not known to be levied where the buyer lives
        "state_tax_usd": (rate / 100 * paid)[0],
    }
    gaps = {
        "911 fee": no_figure[0].any(),
        "local fee": local[0, 0] or more_local[0, 0],
        "sales tax": np.isnan(rate[0, 0]),
        "local sales tax": rate[0, 0] > 0,
    }
    return parts, ranges, gaps


def usable_channels(
    channels: pd.DataFrame,
    *,
    brand: str | None = None,
    foreign_card: bool = False,
    us_card: bool = False,
    cash_only: bool = False,
    paypal: bool = False,
    no_account: bool = False,
    within_minutes: float | None = None,
    amount_usd: float | Sequence[float] | None = None,
) -> pd.DataFrame:
    """Return for each channel whether it fits all wishes: "yes", "no" or "unknown", and why.

    A means of payment that is not among those that the source lists counts as a no; where it lists none, and where
    foreign cards are taken in part, the answer is unknown.

    Parameters
    ----------
    channels
        Rows of `load_channels()`.
    brand
        Brand to top up, as `provider` in `load_plans()`.
    foreign_card, us_card, cash_only, paypal
        What the person pays with.
    no_account
        The person does not want to sign up.
    within_minutes
        The top-up has to arrive in this time, at the worst.
    amount_usd
        Amount of the top-up, to be held against the limits; one for all or one per row.

    Returns
    -------
    DataFrame
        Indexed like `channels`: usable (the worst answer to any wish; no is worse than unknown) and reason (all that
        speaks against it or is not known, joined by "; "; empty for a yes).

    Raises
    ------
    ValueError
        If the brand is none of the catalogue's or the channels', or the minutes or the amount are no number of at least
        0.
    """
    if brand is not None:
        brands = set(channels["brands"].dropna().str.split("; ").explode()) | set(load_plans()["provider"])
        if not isinstance(brand, str) or brand not in brands:
            hint = did_you_mean(str(brand), brands)
            raise ValueError(f"brand: {brand!r} is unknown (allowed: a provider of data/plans.csv){hint}")
    if within_minutes is not None and not (isinstance(within_minutes, Real) and 0 <= within_minutes < math.inf):
        raise ValueError(f"within_minutes is {within_minutes!r} (allowed: a number of at least 0, or None)")
    never = np.zeros(len(channels), bool)
    methods = channels["payment_methods"]
    no, unknown = {}, {}
    if brand is not None:
        brands = channels["brands"].fillna("").str.split("; ")
        own_esim = channels["brands"].isna() & (channels["delivery"] == "esim_code")
        no["an eSIM of its own, not a top-up"] = own_esim
        unknown["brands not said"] = channels["brands"].isna() & ~own_esim
        no[f"not for {brand}"] = ~brands.map(lambda names: brand in names).astype(bool) & channels["brands"].notna()
    silent = methods.isna() | methods.str.contains("payment method", na=False)
    cards = methods.fillna("").map(lambda text: any(BANK_CARD.match(method) for method in text.split("; ")))
    no_card = ~cards.astype(bool) & ~silent
    if foreign_card:
        not_said = channels["foreign_card"].isna()
        no["no foreign cards"] = (channels["foreign_card"] == "no") | (not_said & no_card)
        unknown["foreign cards only in part"] = channels["foreign_card"] == "partial"
        unknown["foreign cards not said"] = not_said & ~no_card
    if us_card or paypal:
        unknown["means of payment not said"] = silent
    if us_card:
        no["no bank card listed"] = no_card
    if cash_only:
        not_said, unlisted = channels["cash"].isna(), ~methods.str.contains("cash", na=False) & ~silent
        no["no cash"] = ~channels["cash"].fillna(True) | (not_said & unlisted)
        unknown["cash not said"] = not_said & ~unlisted
    if paypal:
        no["no PayPal listed"] = ~methods.str.contains("PayPal", na=False) & ~silent
    if no_account:
        no["needs an account"] = channels["account_required"].fillna(False)
        unknown["account not said"] = channels["account_required"].isna()
    if within_minutes is not None:
        slowest = channels["worst_minutes"].fillna(channels["typical_minutes"])
        no[f"can take more than {within_minutes:,g} minutes"] = slowest > within_minutes
        unknown["longest wait not said"] = channels["worst_minutes"].isna() & ~(slowest > within_minutes)
    if amount_usd is not None:
        amount = _one_per_row("amount_usd", amount_usd, len(channels))
        no["less than the smallest amount"] = amount < channels["min_usd"]
        no["more than the largest amount"] = amount > channels["max_usd"]
        no_least, no_most = channels["min_usd"].isna(), channels["max_usd"].isna()
        unknown["limits not said"] = no_least & no_most
        unknown["smallest amount not said"] = no_least & ~no_most
        unknown["largest amount not said"] = no_most & ~no_least
    against, open_ = np.array([never, *no.values()], bool).any(axis=0), np.array([never, *unknown.values()], bool)
    return pd.DataFrame(
        {
            "usable": np.select([against, open_.any(axis=0)], ["no", "unknown"], "yes"),
            "reason": _joined({**no, **unknown}, len(channels)),
        },
        index=channels.index,
    )


def number_survival(rules: pd.DataFrame) -> pd.DataFrame:
    """Return the shortest and the longest time that sources give a number to live without payment.

    Parameters
    ----------
    rules
        As `load_expiry_rules()` returns them.

    Returns
    -------
    DataFrame
        Indexed by `brand`, the longest first: shortest_days and longest_days (missing where no rule gives a figure) and
        figures, how many rules do.
    """
    days = rules.groupby("brand")["grace_days"].agg(["min", "max", "count"])
    days = days.rename(columns={"min": "shortest_days", "max": "longest_days", "count": "figures"})
    return days.sort_values(["longest_days", "shortest_days"], ascending=False, kind="stable")
