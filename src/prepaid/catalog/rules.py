"""What must hold between the cells of a row, between rows and between tables.

What one cell may hold is declared in data/datapackage.json, with keys and references.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pandas as pd

from prepaid.catalog.kinds import Table, declared, did_you_mean, shown


class Rule(NamedTuple):
    """What must hold between the cells of a row.

    `broken` takes the loaded table and returns a boolean Series, True where the rule is broken. The
    problem is reported at the first of `columns`; it is skipped where one of them has a problem of
    its own, and for tables without one of them.
    """

    columns: tuple[str, ...]
    problem: str
    broken: Callable[[pd.DataFrame], pd.Series]


class Misfit(NamedTuple):
    """A problem of rows or tables together: the table, the row if it is one of them, words."""

    table: str
    row: int | None
    problem: str


def _after(table: pd.DataFrame, *values: str) -> pd.Series:
    return table["after_allowance"].isin(values)


def _at_least(column: str, least: str) -> Rule:
    words = f"is below {least} (expected at least as much)"
    return Rule((column, least), words, lambda t: t[column] < t[least])


PACK = ("observed_on", "provider", "unlimited", "data_gb", "term_days", "voice_text", "source_id")
FEES = ["prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"]
RULES = {
    "plans": (
        Rule(
            ("autopay_price_usd", "price_usd"),
            "is above the price without AutoPay (expected at most price_usd)",
            lambda t: t["autopay_price_usd"] > t["price_usd"],
        ),
        Rule(
            ("allowance_days", "term_days"),
            "is longer than the term (expected at most term_days)",
            lambda t: t["allowance_days"] > t["term_days"],
        ),
        Rule(
            ("allowance_days", "data_gb", "term_days"),
            "is blank although the plan has an allowance and a term (expected whole days ≥ 1)",
            lambda t: t["allowance_days"].isna() & t["data_gb"].notna() & t["term_days"].notna(),
        ),
        Rule(
            ("allowance_days", "term_days"),
            "is given although the plan never expires (expected blank)",
            lambda t: t["allowance_days"].notna() & t["term_days"].isna(),
        ),
        Rule(
            ("data_gb", "unlimited"),
            "is blank although the plan is limited (expected GB ≥ 0)",
            lambda t: t["data_gb"].isna() & ~t["unlimited"],
        ),
        Rule(
            ("data_gb", "after_allowance"),
            "leaves nothing to use (expected GB > 0, or after_allowance payg)",
            lambda t: (t["data_gb"] == 0) & ~_after(t, "payg"),
        ),
        Rule(
            ("after_allowance", "unlimited"),
            "contradicts unlimited (expected throttle, deprioritize or blank)",
            lambda t: t["unlimited"] & _after(t, "stop", "payg"),
        ),
        Rule(
            ("overage_usd_per_gb", "after_allowance"),
            "is blank although after_allowance is payg (expected dollars per GB ≥ 0)",
            lambda t: t["overage_usd_per_gb"].isna() & _after(t, "payg"),
        ),
        *(
            Rule(
                (column, "after_allowance"),
                "is given although after_allowance is not payg (expected blank)",
                lambda t, column=column: t[column].notna() & ~_after(t, "payg"),
            )
            for column in ("overage_usd_per_gb", "overage_cap_usd", "full_speed_gb")
        ),
        Rule(
            ("throttle_kbps", "after_allowance"),
            "is given although nothing is throttled" + " (expected blank, or after_allowance throttle or payg)",
            lambda t: t["throttle_kbps"].notna() & ~_after(t, "throttle", "payg"),
        ),
        Rule(
            ("hotspot_gb", "hotspot_unlimited"),
            "is given although the hotspot is unlimited (expected blank)",
            lambda t: t["hotspot_gb"].notna() & t["hotspot_unlimited"],
        ),
    ),
    "price_history": (
        Rule(
            ("data_gb", "unlimited"),
            "is blank although the pack is limited (expected GB ≥ 0)",
            lambda t: t["data_gb"].isna() & ~t["unlimited"],
        ),
        Rule(
            PACK,
            "has this pack's price from this source already (expected one a day)",
            lambda t: t.duplicated(list(PACK)),
        ),
    ),
    "channels": (
        Rule(
            ("fee_low_usd", "fee_usd"),
            "is above fee_usd (expected at most as much)",
            lambda t: t["fee_low_usd"] > t["fee_usd"],
        ),
        _at_least("fee_high_usd", "fee_usd"),
        Rule(
            ("fee_low_usd", "fee_high_usd", "fee_usd"),
            "is given, or fee_high_usd is, although fee_usd is blank (expected both blank)",
            lambda t: t["fee_usd"].isna() & t[["fee_low_usd", "fee_high_usd"]].notna().any(axis=1),
        ),
        _at_least("max_usd", "min_usd"),
        _at_least("worst_minutes", "typical_minutes"),
    ),
    "state_fees": (
        Rule(
            ("fee_per", *FEES),
            "contradicts the fees (expected sale or month where a fee is given, else blank)",
            lambda t: t["fee_per"].isna() == t[FEES].notna().any(axis=1),
        ),
        Rule(
            ("other_fee_local", "other_fee_usd", "other_fee_percent"),
            "contradicts the other fee (expected true or false where it is given, else blank)",
            lambda t: t["other_fee_local"].isna() == t[FEES[2:]].notna().any(axis=1),
        ),
        Rule(
            ("fee_percent_above_usd", "prepaid_911_percent", "other_fee_percent"),
            "is given although no fee is a percentage (expected blank)",
            lambda t: t["fee_percent_above_usd"].notna() & t[FEES[1::2]].isna().all(axis=1),
        ),
        *(
            Rule(
                (column, "fee_per"),
                "is given although no fee is (expected blank)",
                lambda t, column=column: t[column].notna() & t["fee_per"].isna(),
            )
            for column in ("fee_min_sale_usd", "fee_exempt_up_to_usd", "local_911_percent")
        ),
        Rule(
            ("sales_tax_source_url", "state_sales_tax_percent"),
            "is blank although a sales tax is given (expected a link)",
            lambda t: t["sales_tax_source_url"].isna() & t["state_sales_tax_percent"].notna(),
        ),
    ),
    "activities": (_at_least("high_mb_per_hour", "low_mb_per_hour"),),
    "assumptions": (
        Rule(
            ("base", "low"),
            "is below low (expected low ≤ base ≤ high)",
            lambda t: t["base"] < t["low"],
        ),
        Rule(
            ("base", "high"),
            "is above high (expected low ≤ base ≤ high)",
            lambda t: t["base"] > t["high"],
        ),
    ),
    "usage_log": (
        Rule(
            ("date",),
            "is not the day after the line above (expected every day once, in order)",
            lambda t: t["date"].diff().notna() & (t["date"].diff() != pd.Timedelta(days=1)),
        ),
    ),
}
# What the code asks for; a missing one would turn into missing costs.
NEEDED_ASSUMPTIONS = (
    *("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps", "local_sales_tax_percent"),
    *("unstated_911_usd", "unstated_fee_carrier_usd", "unstated_fee_third_party_usd"),
    *("unstated_fee_store_usd", "unstated_wait_minutes"),
)


def unknown_references(tables: dict[str, Table], frames: dict[str, pd.DataFrame]) -> Iterator[Misfit]:
    """Yield each cell that names what the table that it cites does not have."""
    for name, table in tables.items():
        for column, cited, field, delimiter in table.references:
            known = list(dict.fromkeys(_values(frames, cited, field).dropna()))
            cells = _values(frames, name, column).dropna()
            named = (cells.str.split(delimiter) if delimiter else cells).explode()
            for row, value in named[~named.isin(known)].items() if known else ():
                hint = f"{tables[cited].file}{did_you_mean(value, known)}"
                if field == tables[cited].key:
                    yield Misfit(name, row, f"{column}: {shown(value)} is not in {hint}")
                else:
                    which = frames[name].index[row] if table.key else f"row {row + 1}"
                    words = f"{which}: {column}: {shown(value)} is no {field} of {hint}"
                    yield Misfit(name, None, words)


def misfits(tables: dict[str, Table], frames: dict[str, pd.DataFrame]) -> Iterator[Misfit]:
    """Yield what is wrong with sound tables as a whole.

    A provider has each plan name once per offer, and one spelling; a column that is the key and has
    a list of values has all of them (the states); what the code assumes is there; each source is
    cited. Tables that are not in `frames` are left out.
    """
    offer = ["provider", "plan", "offer"]
    plans = frames.get("plans", pd.DataFrame())
    for plan_id, plan in plans[plans.duplicated(offer)].iterrows() if {*offer} <= {*plans} else ():
        name, kind = f"{plan['provider']} has '{plan['plan']}'", f"{plan['offer']} offer"
        yield Misfit("plans", None, f"{plan_id}: {name} twice as {kind}")
    yield from _second_spellings(frames, "provider", ("plans", "price_history"))
    for name, frame in frames.items():
        if isinstance(frame.index.dtype, pd.CategoricalDtype):
            missing = [value for value in frame.index.categories if value not in frame.index]
            if missing:
                yield Misfit(name, None, f"no row for {', '.join(missing)}")
    if "assumptions" in frames:
        for name in NEEDED_ASSUMPTIONS:
            if name not in frames["assumptions"].index:
                words = f"parameter '{name}' is missing (expected a row)"
                yield Misfit("assumptions", None, words)
    citing = [(name, one) for name, table in tables.items() for one in table.references]
    citing = [(name, one.column) for name, one in citing if one.table == "sources"]
    if "sources" in frames and {name for name, _ in citing} <= frames.keys():
        cited = set().union(*(_values(frames, name, column) for name, column in citing))
        for row, source in enumerate(frames["sources"].index):
            if source not in cited:
                words = f"source_id: {shown(source)} is cited by no table"
                yield Misfit("sources", row, words)


def _second_spellings(frames: dict[str, pd.DataFrame], column: str, names: tuple[str, ...]) -> Iterator[Misfit]:
    """Yield names that differ from a more frequent one of these tables in case or spaces only."""
    values = {name: _values(frames, name, column).dropna() for name in names if name in frames}
    spellings = Counter(value for cells in values.values() for value in cells)
    usual = {}
    for spelling, _ in spellings.most_common():
        usual.setdefault("".join(spelling.casefold().split()), spelling)
    for name, cells in values.items():
        for row, value in cells.items():
            first = usual["".join(value.casefold().split())]
            if value != first:
                words = f"{column}: {shown(value)} is a second spelling of '{first}'"
                yield Misfit(name, row, words)


def _values(frames: dict[str, pd.DataFrame], name: str, column: str) -> pd.Series:
    """Return a column, or the key, by position of the row; empty where there is none."""
    frame = frames.get(name, pd.DataFrame()).reset_index()
    return frame.get(column, pd.Series(dtype="str"))


TABLES = declared()  # interim, and the next three
CHANNELS, STATE_FEES = TABLES["channels"], TABLES["state_fees"]
ACTIVITIES, USAGE_BENCHMARKS = TABLES["activities"], TABLES["usage_benchmarks"]
PLANS, USAGE_LOG = TABLES["plans"], TABLES["usage_log"]
