"""What must hold between the cells of a row, between rows and between tables.

What one cell may hold is declared in data/datapackage.json, with keys and references. The rules
between the cells of a row stand in rules.csv, beside this module and not in data/: they are Python,
and what anybody edits is never evaluated. `broken` is there what is true of a row that breaks the
rule, in columns of the table, functions and lists below, and `column` has the cell to complain of.
"""

import ast
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pandas as pd

from prepaid.catalog.kinds import Table, did_you_mean, shown


def given(*cells: pd.Series) -> pd.Series:
    """Return whether one of the cells is filled."""
    return pd.concat(cells, axis=1).notna().any(axis=1)


def repeated(*cells: pd.Series) -> pd.Series:
    """Return whether a row above has the same cells."""
    return pd.concat(cells, axis=1).duplicated()


def renewed(renews_as: pd.Series, plan_id: pd.Series, *cells: pd.Series) -> pd.DataFrame:
    """Return for each row these cells of the plan that it turns into; missing if there is none."""
    plans = pd.concat(cells, axis=1).set_axis(plan_id)
    return plans[~plans.index.duplicated()].reindex(renews_as).set_axis(renews_as.index)


def other_tariff(renews_as: pd.Series, plan_id: pd.Series, *tariff: pd.Series) -> pd.Series:
    """Return whether a row turns into a plan of the table that gives something else."""
    both = pd.concat(tariff, axis=1), renewed(renews_as, plan_id, *tariff)
    now, then = (cells.astype(object).fillna("") for cells in both)
    return renews_as.isin(plan_id) & (now != then).any(axis=1)


def in_braces(phrase: pd.Series) -> pd.Series:
    """Return the names of a phrase's figures, sorted; a brace without its other one by itself."""
    return phrase.str.findall(r"{\w*}?|}", re.ASCII).map(sorted, na_action="ignore")


FUNCTIONS = {one.__name__: one for one in (given, repeated, renewed, other_tariff, in_braces)}
LISTS = {
    # What a purchase gives and what follows: an offer and the plan it turns into share it.
    "TARIFF": "provider, term_days, data_gb, allowance_days, unlimited, after_allowance, "
    "throttle_kbps, overage_usd_per_gb, overage_cap_usd, full_speed_gb",
    "TERMS": "minimum_terms, offer_terms, renews_at_usd, renews_as",
    "FEES": "prepaid_911_usd, prepaid_911_percent, other_fee_usd, other_fee_percent",
}


class Rule(NamedTuple):
    """A rule of rules.csv: the columns that it needs, and the problem of the first one's cell."""

    columns: list[str]
    problem: str
    broken: CodeType  # gives a boolean Series, True where the rule is broken


def _read_rules(path: Path) -> dict[str, list[Rule]]:
    """Return the rules of a file like rules.csv by table, in its order."""
    rules = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            broken, problem = (row[name].format(**LISTS) for name in ("broken", "problem"))
            tree = ast.parse(broken, mode="eval")
            names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
            needed = {row["column"]: None} | dict.fromkeys(names)
            columns = [name for name in needed if name not in FUNCTIONS]
            rules[row["table"]].append(Rule(columns, problem, compile(tree, broken, "eval")))
    return dict(rules)


RULES = _read_rules(Path(__file__).with_name("rules.csv"))


def broken_rules(table: Table, frame: pd.DataFrame) -> Iterator[tuple[int, list[str], str]]:
    """Yield a row's label, columns that do not go together, and what is wrong with the first one.

    Nothing is asked of columns that the frame does not have.
    """
    for rule in RULES.get(table.name, ()):
        if {*rule.columns} <= {*frame}:
            broken = eval(rule.broken, FUNCTIONS.copy(), frame)
            for label in frame.index[broken.fillna(False)]:
                yield label, rule.columns, rule.problem
    for column in table.columns:
        pair = [column.name, column.by]
        if {*pair} <= {*frame}:
            for label, text, case in frame[pair].dropna().itertuples(name=None):
                kind = column.cases.get(case, column.kind)
                try:
                    kind.parse(text)
                except ValueError:
                    yield label, pair, f"does not fit {case} (expected {kind.expected})"


# What the code asks for; a missing one would turn into missing costs.
NEEDED_ASSUMPTIONS = (
    *("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps", "local_sales_tax_percent"),
    *("unstated_911_usd", "unstated_fee_carrier_usd", "unstated_fee_third_party_usd"),
    *("unstated_fee_store_usd", "unstated_fee_travel_esim_usd"),
    *("unstated_wait_carrier_minutes", "unstated_wait_store_minutes"),
    *("unstated_wait_third_party_minutes", "unstated_wait_travel_esim_minutes"),
    *("travel_esim_foreign_card", "travel_esim_sales_tax_share", "store_cash"),
)


class Misfit(NamedTuple):
    """A problem of rows or tables together: the table, the row if it is one of them, words."""

    table: str
    row: int | None
    problem: str


def unknown_references(
    tables: dict[str, Table], frames: dict[str, pd.DataFrame]
) -> Iterator[Misfit]:
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
    if {*offer} <= {*frames.get("plans", ())}:
        plans = frames["plans"]
        for plan in plans[plans.duplicated(offer)].itertuples():
            words = f"{plan.provider} has '{plan.plan}' twice as {plan.offer} offer"
            yield Misfit("plans", None, f"{plan.Index}: {words}")
    yield from _second_spellings(frames)
    for name, frame in frames.items():
        if isinstance(frame.index.dtype, pd.CategoricalDtype):
            missing = [value for value in frame.index.categories if value not in frame.index]
            if missing:
                yield Misfit(name, None, f"no row for {', '.join(missing)}")
    for name in NEEDED_ASSUMPTIONS if "assumptions" in frames else ():
        if name not in frames["assumptions"].index:
            yield Misfit("assumptions", None, f"parameter '{name}' is missing (expected a row)")
    citing = [(name, one) for name, table in tables.items() for one in table.references]
    citing = [(name, one.column) for name, one in citing if one.table == "sources"]
    if "sources" in frames and {name for name, _ in citing} <= frames.keys():
        cited = set().union(*(_values(frames, *one) for one in citing))
        for row, source in enumerate(frames["sources"].index):
            if source not in cited:
                yield Misfit("sources", row, f"source_id: {shown(source)} is cited by no table")


def _second_spellings(frames: dict[str, pd.DataFrame]) -> Iterator[Misfit]:
    """Yield providers whose name differs from a more frequent one in case or spaces only."""
    tables = ("plans", "price_history")
    names = pd.concat({table: _values(frames, table, "provider") for table in tables}).dropna()
    first, usual = {}, {}
    for name, _ in Counter(names).most_common():
        usual[name] = first.setdefault("".join(name.casefold().split()), name)
    for (table, row), name in names[names != names.map(usual)].items():
        words = f"{shown(name)} is a second spelling of '{usual[name]}'"
        yield Misfit(table, row, f"provider: {words}")


def _values(frames: dict[str, pd.DataFrame], name: str, column: str) -> pd.Series:
    """Return a column, or the key, by position of the row; empty where there is none."""
    frame = frames.get(name, pd.DataFrame()).reset_index()
    return frame.get(column, pd.Series(dtype="str"))
