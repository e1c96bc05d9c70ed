"""What it costs to keep a US number, and whether texts reach it abroad."""

import numpy as np
import pandas as pd

from prepaid.catalog import Catalog
from prepaid.channels import (
    EVIDENCE,
    LEVELS,
    NO,
    PARTLY,
    SILENT,
    STATED,
    landed_cost,
    taxes_in_price,
    with_own_fees,
)
from prepaid.usage import MONTH_DAYS

CALENDAR_YEAR_DAYS = 365


def cost_of_keeping(
    ways: pd.DataFrame, data: Catalog, *, years: int = 1, state: str | None = None
) -> pd.DataFrame:
    """Return what each way to keep a number costs, those whose codes are said to arrive first.

    Each payment is one sale on the brand's own site, taxed as in `landed_cost`. A fee that nobody
    states is not counted: `missing` names it.

    Parameters
    ----------
    ways
        Rows of `data.keep_number`.
    years
        Whole years from the first payment, at least 1.
    state
        Where taxes are due, such as "CA"; None: not known, then low, base and high are the lowest,
        the median and the highest over all states.

    Returns
    -------
    DataFrame
        The rows of `ways`, ordered by codes, then by high_year_usd, with:

        - codes: what sources say on texts abroad, one of `EVIDENCE` (`codes_abroad`);
        - low_year_usd, base_year_usd, high_year_usd: 365 / `every_days` payments;
        - payments: how many are due within the years, the first on their first day;
        - low_usd, base_usd, high_usd: these payments;
        - missing: what is not said of the cost, joined by "; ".

    Raises
    ------
    ValueError
        If `years` is no whole number of at least 1, or the state is unknown.
    """
    if not (isinstance(years, int | np.integer) and years >= 1):
        raise ValueError(f"years is {years!r} (allowed: a whole number of at least 1)")
    every_days = ways["every_days"].astype(float)
    sites = pd.DataFrame(index=ways.index, columns=data.channels.columns)
    sites = sites.astype(data.channels.dtypes).assign(kind="carrier", term_days=every_days)
    sites = with_own_fees(sites.assign(**ways[["provider", "plan_id"]]), data.seller_facts)
    no_fee = sites[["fee_usd", "fee_percent"]].isna().all(axis=1)
    own = ways["plan_id"].map(data.plans["taxes_included"])
    taxes = taxes_in_price(own, data.seller_facts, ways["provider"], ways["plan_id"])
    each = landed_cost(
        *(ways["price_usd"], sites.fillna({"fee_usd": 0}), data.state_fees, data.assumptions),
        state=state,
        taxes_included=list(taxes),
        months=(every_days / MONTH_DAYS).round().clip(lower=1),
    )
    payments = np.ceil(CALENDAR_YEAR_DAYS * years / every_days)
    table = ways.assign(codes=codes_abroad(ways))
    for level in LEVELS:
        table[f"{level}_year_usd"] = each[f"{level}_usd"] * CALENDAR_YEAR_DAYS / every_days
    table["payments"] = payments.astype(int)
    for level in LEVELS:
        table[f"{level}_usd"] = each[f"{level}_usd"] * payments
    missing = each["missing"].where(~no_fee, "service fee; " + each["missing"])
    table["missing"] = missing.str.rstrip("; ")
    return table.sort_values(["codes", "high_year_usd"], kind="stable")


def codes_abroad(ways: pd.DataFrame) -> pd.Series:
    """Return whether texts are said to arrive abroad, by roaming or Wi-Fi calling, as `EVIDENCE`.

    One way that is stated is enough; "no" only where both are denied. What a roaming text costs,
    and whether a bank sends its codes to such a line at all, is another question.
    """
    roaming, wifi = ways["roaming_texts"].astype(object), ways["wifi_calling_abroad"].astype(object)
    masks = [
        roaming.isin(["included", "paid"]) | (wifi == "yes"),
        wifi == "partial",
        (roaming == "no") & (wifi == "no"),
    ]
    found = np.select(masks, [STATED, PARTLY, NO], SILENT)
    return pd.Series(pd.Categorical.from_codes(found, EVIDENCE, ordered=True), ways.index)
