"""What is wrong with the tables, and which rows are old, alone or contradicted."""

import datetime as dt
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas as pd

from prepaid.catalog.read import read_folder
from prepaid.channels import FACT_EVIDENCE
from prepaid.prices import STALE_AFTER_DAYS
from upkeep.diff import WHAT
from upkeep.repository import UsageError, changed_lines


class Warned(NamedTuple):
    """A warning: its first line, what is listed below, and how its rows begin in which files."""

    heading: str
    listed: list[str]
    rows: Sequence[str]
    files: tuple[str, ...]


def run_check(folder: Path) -> int:
    """Print errors and warnings of a folder's tables; return 1 if there are errors.

    What stands of rows that are new or changed since the last commit is repeated at the end.
    """
    if not folder.is_dir():
        raise UsageError(f"'{folder}' is not a folder")
    reads = read_folder(folder)
    errors = [message for read in reads.values() for message in read.messages]
    known = [read.path.name for read in reads.values()]
    strange = sorted({path.name for path in folder.glob("*.csv")} - set(known))
    errors += [f"{name}: no table of this name (expected {', '.join(known)})" for name in strange]
    tables = {name: read.frame for name, read in reads.items() if not read.problems}
    warnings = []
    for warn, *names in (
        (without_second_source, "plans", "price_history", "second_sources"),
        (contradicted, "plans", "second_sources"),
        (open_offers, "plans"),
        (two_answers, "seller_facts"),
        (repeated_links, "sources"),
    ):
        if {*names} <= tables.keys():
            warnings += warn(*(tables[name] for name in names))
    for name, table in tables.items():
        warnings += stale_rows(reads[name].path.name, table, dt.date.today())
    for line in _told(warnings):
        print(line)
    if changed := changed_lines(folder):
        own = _of_changed_rows(warnings, changed) or ["  no warning"]
        print("\nRows you changed, each with the warning in which it stands:", *own, "", sep="\n")
    sys.stdout.flush()
    if errors:
        print("\n".join(errors), file=sys.stderr)
    print(f"{len(tables)} of {len(reads)} tables are sound; errors: {len(errors)}")
    return int(bool(errors))


def _of_changed_rows(warnings: list[Warned], changed: dict[str, list[str]]) -> list[str]:
    """Return a line for each warning that has rows which begin a changed line of its files."""
    own = []
    for heading, _, rows, files in warnings:
        lines = [line for file in files for line in changed.get(file, ())]
        if rows := [row for row in rows if any(line.startswith(f"{row},") for line in lines)]:
            own.append(f"  {', '.join(rows)}: {heading.removesuffix(':')}")
    return own


def _told(warnings: list[Warned]) -> Iterator[str]:
    """Yield the lines of warnings, what they list wrapped."""
    indents = {"initial_indent": "  ", "subsequent_indent": "    "}
    wrapper = textwrap.TextWrapper(120, break_long_words=False, break_on_hyphens=False, **indents)
    for heading, listed, *_ in warnings:
        yield heading
        for line in listed:
            yield from wrapper.wrap(line)


def without_second_source(
    plans: pd.DataFrame, history: pd.DataFrame, second_sources: pd.DataFrame
) -> Iterator[Warned]:
    """Warn of the plans of each provider whose price no other source confirms."""
    alone = ~seen_elsewhere(plans, history, second_sources, STALE_AFTER_DAYS)
    whole, some = [], []
    for provider, rows in alone.groupby(plans["provider"]):
        if rows.all():
            whole.append(f"{provider} ({len(rows)})")
        elif rows.any():
            names = ", ".join(rows.index[rows])
            some.append(f"{provider} ({rows.sum()} of {len(rows)}): {names}")
    if alone.any():
        listed = [f"all of {', '.join(whole)}", *some] if whole else some
        heading = f"{alone.sum()} of {len(plans)} plans have no second source:"
        yield Warned(heading, listed, alone.index[alone], ("plans.csv",))


def contradicted(plans: pd.DataFrame, second_sources: pd.DataFrame) -> Iterator[Warned]:
    """Warn of each cell of a plan that another source shows otherwise."""
    readings = second_readings(plans, second_sources, STALE_AFTER_DAYS).query("not agrees")
    told = [
        f"{row.plan_id}: {row.field}: {row.ours or 'blank'}, {row.value} in {row.source_id}"
        for row in readings.itertuples()
    ]
    if told:
        heading = f"plans.csv: {len(told)} cells are contradicted by a second source:"
        files = "plans.csv", "second_sources.csv"
        yield Warned(heading, told, readings["plan_id"].unique(), files)


def open_offers(plans: pd.DataFrame) -> Iterator[Warned]:
    """Warn of offers of which nobody says what they cost later."""
    names = plans.index[plans["renews_at_usd"].isna() & (plans["offer"] != "standard")]
    if len(names):
        heading = f"plans.csv: {len(names)} offers do not say what they cost later:"
        yield Warned(heading, [", ".join(names)], names, ("plans.csv",))


def two_answers(seller_facts: pd.DataFrame) -> Iterator[Warned]:
    """Warn of each brand or plan of which sources answer yes and no, or in part."""
    facts = seller_facts[seller_facts["value"].isin([*FACT_EVIDENCE])].fillna({"plan_id": ""})
    answers_of = facts.groupby(["provider", "plan_id", "topic"], observed=True)["value"].unique()
    told, rows = [], []
    for (provider, plan_id, topic), answers in answers_of.items():
        if len(answers) > 1:
            told.append(f"{plan_id or provider}: {topic} ({', '.join(answers)})")
            rows.append(f"{provider},{plan_id},{topic}")
    if told:
        heading = f"seller_facts.csv: {len(told)} facts have several answers:"
        yield Warned(heading, ["; ".join(told)], rows, ("seller_facts.csv",))


def repeated_links(sources: pd.DataFrame) -> Iterator[Warned]:
    """Warn of each page that several sources name."""
    parts = sources["url"].map(urlsplit)
    pages = parts.map(lambda url: (url.hostname, url.port, url.path.rstrip("/"), url.query))
    for _, rows in sources.groupby(pages, sort=False):
        if len(rows) > 1:
            same = f"have the same link, {rows['url'].iloc[0]}"
            heading = f"sources.csv: {', '.join(rows.index)} {same}"
            yield Warned(heading, [], rows.index, ("sources.csv",))


def stale_rows(file: str, table: pd.DataFrame, today: dt.date) -> Iterator[Warned]:
    """Warn of rows of prices or facts that are too old, or have no date.

    The age counts from `today`: that is when somebody pays. (Notebooks have a day of their own.)
    """
    dates = [column for column in table if column.endswith("as_of")]
    if not dates or not (any("usd" in column for column in table) or table.index.name is None):
        return
    limit = pd.Timestamp(today) - pd.Timedelta(days=STALE_AFTER_DAYS)
    for which, what in (
        ((table[dates] < limit).any(axis=1), f"are older than {STALE_AFTER_DAYS} days"),
        (table[dates].isna().all(axis=1), "have no date"),
    ):
        names = [] if table.index.name is None else table.index[which]
        some = f"all {len(table)}" if which.all() else f"{which.sum()} of {len(table)}"
        listed = [] if which.all() or not len(names) else [", ".join(names)]
        if which.any():
            heading = f"{file}: {some} rows {what}{':' if listed else ''}"
            yield Warned(heading, listed, names, (file,))


def seen_elsewhere(
    plans: pd.DataFrame, history: pd.DataFrame, second_sources: pd.DataFrame, within_days: int
) -> pd.Series:
    """Return for each plan whether another source showed the same price in these days.

    Of the plan itself (`second_sources`), or of the same pack in the history, which holds packs for
    the USA only, so that plans for North America (`-na-` in their identifier) are never in it.
    """
    of_usa = plans[~plans.index.str.contains("-na-")].reset_index()
    rows = _packs(of_usa, "plan_id", "as_of", "source_id")
    seen = _packs(history, "observed_on", "source_id")
    both = rows.merge(seen, on=[*WHAT, "price_usd"], suffixes=("", "_seen"))
    near = (both["as_of"] - both["observed_on"]).abs() <= pd.Timedelta(days=within_days)
    packs = both[near].query("source_id != source_id_seen")
    readings = second_readings(plans, second_sources, within_days)
    prices = readings.query("agrees and source_id != source_id_plan and field == 'price_usd'")
    return plans.index.to_series().isin([*packs["plan_id"], *prices["plan_id"]])


def _packs(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return what was sold at which price: no calls if blank, unlimited without its GB."""
    data_gb = rows["data_gb"].mask(rows["unlimited"])  # the history does not tell them
    rows = rows.assign(data_gb=data_gb, voice_text=rows["voice_text"].fillna(False))
    return rows[[*WHAT, "price_usd", *columns]]


def second_readings(
    plans: pd.DataFrame, second_sources: pd.DataFrame, within_days: int
) -> pd.DataFrame:
    """Return the second readings of cells that are at most so many days apart, and which agree.

    Rows of `second_sources` with ours (the cell of plans.csv as text), source_id_plan and agrees.
    """
    own = plans[["source_id", "as_of"]].rename_axis("plan_id")
    found = second_sources.merge(own, on="plan_id", suffixes=("", "_plan"))
    near = (found["as_of"] - found["as_of_plan"]).abs() <= pd.Timedelta(days=within_days)
    found = found[near]
    ours = [plans.at[row.plan_id, row.field] for row in found.itertuples()]  # noqa: PD008
    texts = ["" if pd.isna(cell) else f"{cell}".lower() for cell in ours]
    agrees = [_equal(*pair) for pair in zip(texts, found["value"], strict=True)]
    return found.assign(ours=texts, agrees=pd.array(agrees, bool))


def _equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:  # not numbers
        return one == other
