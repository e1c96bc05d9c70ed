"""What changed between two catalogues, what is wrong with one, and its dictionary."""

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import DATA, CatalogError, Table, declared
from prepaid.catalog.read import read_folder, read_table
from prepaid.channels import FACT_EVIDENCE
from prepaid.prices import STALE_AFTER_DAYS, full_name, pack_names

# What a plan is, whatever it is called.
WHAT = ["provider", "unlimited", "data_gb", "term_days", "voice_text"]
# Columns that name a plan, and that say where and when it was seen; all others are terms.
NAMES, RECORD = ("plan_id", "provider", "plan"), ("source_id", "as_of", "note")
PRICED = ["pack", "price_usd"]
# What a diff tells of a change, and its types.
COLUMNS = dict.fromkeys(("change", "plan_id", "old_plan_id", "column"), "str")
COLUMNS |= {"old": object, "new": object, "percent": float}
ROOT = DATA.parent


def diff_catalogs(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return what changed from one catalogue to another: plans, indexed by `plan_id`.

    Plans are the same if their `plan_id` is. Those left over are the same if provider, GB, days,
    unlimited and voice are, blank being equal to blank. Where several would do, the pair with an
    equal name goes first, then an equal offer, then the nearest price, then the order of the files.
    No plan is matched twice.

    Returns
    -------
    DataFrame
        One row per changed cell, in the order of `new`, then what is gone in the order of `old`:

        change
            added or gone (the row shows its price); dearer or cheaper, for a column in dollars that
            is known on both sides; renamed, for plan_id, provider or plan; record, for source_id,
            as_of or note; terms, for the rest.
        plan_id, old_plan_id
            The plan's identifier in the two catalogues; missing where it has none.
        column, old, new
            What changed, from what to what; missing is None.
        percent
            Change of a price in per cent; missing where it was 0 or unknown.

    Raises
    ------
    ValueError
        If the columns differ or a `plan_id` stands twice.
    """
    problems = []
    if odd := sorted(set(old) ^ set(new)):
        problems.append(f"columns differ in {odd} (expected the same in both)")
    for name, plans in (("old", old), ("new", new)):
        if twice := sorted(set(plans.index[plans.index.duplicated()])):
            problems.append(f"{name}: plan_id {twice} more than once (expected once)")
    if problems:
        raise ValueError("; ".join(problems))
    before, after = (
        plans.astype(object).where(plans.notna(), None).to_dict("index") for plans in (old, new)
    )
    old_ids, rows = _same_plans(before, after), []
    for plan_id, plan in after.items():
        if plan_id in old_ids:
            old_id = old_ids[plan_id]
            was, now = {"plan_id": old_id} | before[old_id], {"plan_id": plan_id} | plan
            changed = [column for column in was if was[column] != now[column]]
            rows += [(plan_id, old_id, column, was[column], now[column]) for column in changed]
        else:
            rows.append((plan_id, None, "price_usd", None, plan["price_usd"]))
    kept = set(old_ids.values())
    gone = [(old_id, was["price_usd"]) for old_id, was in before.items() if old_id not in kept]
    rows += [(None, old_id, "price_usd", usd, None) for old_id, usd in gone]
    rows = [(kind, *row, percent) for row in rows for kind, percent in [_kind_and_percent(*row)]]
    return pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)


def _same_plans(before: dict[str, dict], after: dict[str, dict]) -> dict[str, str]:
    """Return the old identifier of each new plan that is an old one."""
    same = {plan_id: plan_id for plan_id in after if plan_id in before}
    gone, came = (
        [(key, plan) for key, plan in plans.items() if key not in same] for plans in (before, after)
    )
    pairs = [
        (_unlike(was, now), plan_id, old_id)
        for plan_id, now in came
        for old_id, was in gone
        if all(was[column] == now[column] for column in WHAT)
    ]
    for _, plan_id, old_id in sorted(pairs, key=itemgetter(0)):  # equal ones stay in order
        if plan_id not in same and old_id not in same.values():
            same[plan_id] = old_id
    return same


def _unlike(was: dict, now: dict) -> tuple[bool, bool, float]:
    price = abs(now["price_usd"] - was["price_usd"])
    return now["plan"] != was["plan"], now["offer"] != was["offer"], price


def _kind_and_percent(plan_id, old_id, column, was, now) -> tuple[str, float]:
    """Return the kind of one change and, for a price, the change in per cent."""
    if old_id is None:
        return "added", np.nan
    if plan_id is None:
        return "gone", np.nan
    if column in NAMES or column in RECORD:
        return ("renamed" if column in NAMES else "record"), np.nan
    if "usd" not in column or was is None or now is None:
        return "terms", np.nan
    return ("dearer" if now > was else "cheaper"), 100 * (now / was - 1) if was else np.nan


def seen_elsewhere(
    plans: pd.DataFrame, history: pd.DataFrame, second_sources: pd.DataFrame, within_days: int
) -> pd.Series:
    """Return for each plan whether another source showed the same price in these days.

    Of the plan itself (`second_sources`), or of the same pack in the history, which holds packs for
    the USA only, so that plans for North America (`-na-` in their identifier) are never in it.
    """
    rows = plans[~plans.index.str.contains("-na-")].reset_index()
    rows = rows.assign(pack=pack_names(rows))[["plan_id", "as_of", "source_id", *PRICED]]
    seen = history.assign(pack=pack_names(history))[["observed_on", "source_id", *PRICED]]
    both = rows.merge(seen, on=PRICED, suffixes=("", "_seen"))
    near = (both["as_of"] - both["observed_on"]).abs() <= pd.Timedelta(days=within_days)
    confirmed = both.loc[near & (both["source_id"] != both["source_id_seen"]), "plan_id"]
    readings = second_readings(plans, second_sources, within_days).query("field == 'price_usd'")
    other = readings["source_id"] != readings["source_id_plan"]
    confirmed = [*confirmed, *readings.loc[readings["agrees"] & other, "plan_id"]]
    return pd.Series(plans.index.isin(confirmed), index=plans.index, name="seen_elsewhere")


def second_readings(
    plans: pd.DataFrame, second_sources: pd.DataFrame, within_days: int
) -> pd.DataFrame:
    """Return the second readings of cells that are at most so many days apart, and which agree.

    Rows of `second_sources` with ours (the cell of plans.csv as text), source_id_plan and agrees.
    """
    own = plans[["source_id", "as_of"]].rename_axis("plan_id")
    found = second_sources.merge(own, on="plan_id", suffixes=("", "_plan"))
    near = (found["as_of"] - found["as_of_plan"]).abs() <= pd.Timedelta(days=within_days)
    found = found[near.fillna(False)]
    ours = [plans.at[row.plan_id, row.field] for row in found.itertuples()]  # noqa: PD008
    texts = ["" if pd.isna(cell) else f"{cell}".lower() for cell in ours]
    agrees = [_equal(*pair) for pair in zip(texts, found["value"], strict=True)]
    return found.assign(ours=texts, agrees=np.array(agrees, bool))


def _equal(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:  # not numbers
        return one == other


class UsageError(Exception):
    """A command that cannot be carried out as given."""


def run_diff(old: str, new: str) -> int:
    """Print what changed and which notebooks it concerns; return 0."""
    before, after = read_catalog(old), read_catalog(new)
    changes = diff_catalogs(before, after)
    if changes.empty:
        print("Nothing changed in plans.csv (other tables are not compared).")
        return 0
    shown = changes[changes["change"] != "record"]
    if len(shown):
        print(_as_text(shown))
    records = changes.loc[changes["change"] == "record", "plan_id"].nunique()
    counts = [f"{count} {kind}" for kind, count in shown["change"].value_counts().items()]
    plans = "plan" if records == 1 else "plans"
    counts += [f"{records} {plans} with a new source, date or note"] if records else []
    print(f"\n{', '.join(counts)}.\n")
    print("".join(f"{line}\n" for line in swapped_sources(changes)), end="")
    dated = set(changes.loc[changes["column"] == "as_of", "plan_id"])
    priced = changes.loc[changes["change"].isin(["dearer", "cheaper"]), "plan_id"]
    if undated := ", ".join(one for one in dict.fromkeys(priced) if one not in dated):
        print(f"A price changed, but not the day on which it was seen (as_of): {undated}\n")
    names = pd.concat([full_name(before), full_name(after)])
    changed = set(names[names.index.isin([*changes["plan_id"], *changes["old_plan_id"]])])
    reading, naming = [], []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code, outputs = _code_and_outputs(path)
        reading += [path.stem] if re.search(r"\bload(_plans)?\(", code) else []
        naming += [path.stem] if _names_in(outputs, names) & changed else []
    reading, naming = (", ".join(stems) or "no notebook" for stems in (reading, naming))
    print(f"Load the catalogue, so their stored outputs may move: {reading}")
    print(f"Name a changed plan in their stored tables, so they will probably: {naming}")
    print("`./run refresh` executes them and shows what did move.")
    return 0


def swapped_sources(changes: pd.DataFrame) -> list[str]:
    """Return what a person should look at: where plans have another source, or an earlier day.

    Nothing else can tell a swapped source or date from a right one: the figures stay the same.
    """
    told = defaultdict(list)
    for row in changes.itertuples():
        look = row.column.endswith("source_id")
        if row.column.endswith("as_of") and None not in (row.old, row.new):
            look = row.new < row.old
        if look:
            old, new = (_cell(cell) or "blank" for cell in (row.old, row.new))
            told[f"Look at {row.column}: {old} became {new} in "].append(row.plan_id)
    return [said + ", ".join(plan_ids) for said, plan_ids in told.items()]


def read_catalog(place: str) -> pd.DataFrame:
    """Return the plans of a file, a folder or a git revision; what they cite is not asked.

    Raises UsageError where there are none.
    """
    path, plans = Path(place), declared()["plans"]
    if path.is_dir():
        path = path / plans.file
    if path.exists():
        return read_table(path, plans)
    problem = f"'{place}' is not a file, a folder with {plans.file}, or a git revision"
    revision = _git("rev-parse", "--verify", "--quiet", f"{place}^{{commit}}", problem=problem)
    file = f"{DATA.name}/{plans.file}"
    stored = f"{revision.decode().strip()}:./{file}"
    content = _git("show", stored, problem=f"'{place}' has no {file}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, plans.file)
        path.write_bytes(content)
        try:
            return read_table(path, plans)
        except CatalogError as error:
            raise UsageError(f"'{place}' does not load with the rules of today:\n{error}") from None


def _git(*args: str, problem: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *args], capture_output=True)
    except FileNotFoundError:
        raise UsageError(f"{problem} (git is not installed)") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise UsageError(problem + (f" ({reason})" if reason else ""))
    return done.stdout


def _as_text(changes: pd.DataFrame) -> str:
    """Return the changes as a table; a change of identifier shows both."""
    table = changes.assign(
        plan_id=changes["plan_id"].fillna(changes["old_plan_id"]),
        old=changes["old"].map(_cell),
        new=changes["new"].map(_cell),
        percent=["" if pd.isna(percent) else f"{percent:+.1f}" for percent in changes["percent"]],
    )
    return table.drop(columns="old_plan_id").to_string(index=False)


def _cell(value: object) -> str:
    if isinstance(value, float) and not pd.isna(value):
        return f"{value:g}"
    return "" if pd.isna(value) else str(value).removesuffix(" 00:00:00")


def _code_and_outputs(path: Path) -> tuple[str, str]:
    """Return the code of a notebook and its stored text outputs."""
    try:
        cells = code_cells(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{path.name} is not a notebook (left-over marks of a merge?)") from None
    code = ["".join(cell["source"]) for cell in cells]
    return "\n".join(code), "\n".join(map(shown_text, cells))


def code_cells(notebook: dict) -> list[dict]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown_text(cell: dict) -> str:
    """Return the text that a reader sees of a code cell's outputs."""
    shown = [(one.get("text"), one.get("data", {})) for one in cell["outputs"]]
    return "\n".join("".join(text or data.get("text/plain", "")) for text, data in shown)


def _names_in(text: str, names: Iterable[str]) -> set[str]:
    """Return the names in a text; where one name begins another, the longer one counts."""
    any_name = "|".join(map(re.escape, sorted(set(names), key=len, reverse=True)))
    return set(re.findall(rf"(?<!\w)(?:{any_name})(?!\w)", re.sub(r"\s+", " ", text)))


def run_check(folder: Path) -> int:
    """Print errors and warnings of a folder's tables; return 1 if there are errors."""
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
    if warnings:
        print("\n".join(warnings))
    sys.stdout.flush()
    if errors:
        print("\n".join(errors), file=sys.stderr)
    print(f"{len(tables)} of {len(reads)} tables are sound; errors: {len(errors)}")
    return int(bool(errors))


def without_second_source(
    plans: pd.DataFrame, history: pd.DataFrame, second_sources: pd.DataFrame
) -> list[str]:
    """Return a warning with the plans of each provider whose price no other source confirms."""
    alone = ~seen_elsewhere(plans, history, second_sources, STALE_AFTER_DAYS)
    whole, some = [], []
    for provider, rows in alone.groupby(plans["provider"], observed=True):
        if rows.all():
            whole.append(f"{provider} ({len(rows)})")
        elif rows.any():
            count = f"{provider} ({rows.sum()} of {len(rows)})"
            some += _wrapped(f"{count}: {', '.join(rows.index[rows])}")
    lines = [*(_wrapped(f"all of {', '.join(whole)}") if whole else []), *some]
    return _listed(f"{alone.sum()} of {len(plans)} plans have no second source:", lines)


def contradicted(plans: pd.DataFrame, second_sources: pd.DataFrame) -> list[str]:
    """Return a warning with each cell of a plan that another source shows otherwise."""
    readings = second_readings(plans, second_sources, STALE_AFTER_DAYS)
    readings = readings[~readings["agrees"]]
    told = [
        f"  {row.plan_id}: {row.field}: {row.ours or 'blank'}, {row.value} in {row.source_id}"
        for row in readings.itertuples()
    ]
    return _listed(f"plans.csv: {len(told)} cells are contradicted by a second source:", told)


def open_offers(plans: pd.DataFrame) -> list[str]:
    """Return a warning with the offers of which nobody says what they cost later."""
    names = plans.index[plans["renews_at_usd"].isna() & (plans["offer"] != "standard")]
    heading = f"plans.csv: {len(names)} offers do not say what they cost later:"
    return _listed(heading, _wrapped(", ".join(names)))


def two_answers(seller_facts: pd.DataFrame) -> list[str]:
    """Return a warning with each brand or plan of which sources answer yes and no, or in part."""
    facts = seller_facts[seller_facts["value"].isin([*FACT_EVIDENCE])]
    keys = [facts["provider"].astype(str), facts["plan_id"].fillna(""), facts["topic"].astype(str)]
    told = []
    for (provider, plan_id, topic), values in facts.groupby(keys)["value"]:
        if len(answers := dict.fromkeys(values)) > 1:
            told.append(f"{plan_id or provider}: {topic} ({', '.join(answers)})")
    heading = f"seller_facts.csv: {len(told)} facts have several answers:"
    return _listed(heading, _wrapped("; ".join(told)))


def repeated_links(sources: pd.DataFrame) -> list[str]:
    """Return a warning for each page that several sources name."""
    parts = sources["url"].map(urlsplit)
    pages = parts.map(lambda url: (url.hostname, url.port, url.path.rstrip("/"), url.query))
    return [
        f"sources.csv: {', '.join(rows.index)} have the same link, {rows['url'].iloc[0]}"
        for _, rows in sources.groupby(pages, sort=False)
        if len(rows) > 1
    ]


def stale_rows(file: str, table: pd.DataFrame, today: dt.date) -> list[str]:
    """Return a warning with the rows of prices or facts that are too old, or have no date.

    The age counts from `today`: that is when somebody pays. (Notebooks are stored as of the day in
    their settings, so that their outputs stay the same.)
    """
    dates = [column for column in table if column.endswith("as_of")]
    if not dates or not (any("usd" in column for column in table) or table.index.name is None):
        return []
    limit = pd.Timestamp(today) - pd.Timedelta(days=STALE_AFTER_DAYS)
    lines = []
    for which, what in (
        ((table[dates] < limit).any(axis=1), f"are older than {STALE_AFTER_DAYS} days"),
        (table[dates].isna().all(axis=1), "have no date"),
    ):
        if which.all():
            lines.append(f"{file}: all {len(table)} rows {what}")
        elif which.any():
            names = [] if table.index.name is None else table.index[which]
            colon = ":" if len(names) else ""
            lines.append(f"{file}: {which.sum()} of {len(table)} rows {what}{colon}")
            lines += _wrapped(", ".join(names))
    return lines


def _listed(heading: str, lines: list[str]) -> list[str]:
    """Return a warning that lists something; none if that is nothing."""
    return [heading, *lines] if lines else []


def _wrapped(text: str) -> list[str]:
    indents = {"initial_indent": "  ", "subsequent_indent": "    "}
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False, **indents)


def columns(table: Table) -> str:
    """Return the columns of a table as Markdown: name, kind, what is allowed, meaning."""
    head = "| column | kind | expected | meaning |\n| --- | --- | --- | --- |"
    cells = [(f"`{one.name}`", one.kind.name, one.expected, one.meaning) for one in table.columns]
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in cells)])


def with_columns(text: str, tables: dict[str, Table]) -> str:
    """Return the dictionary's text with the columns of every table between its two marks.

    Raises ValueError if a table has none.
    """
    for name, table in tables.items():
        start, end = f"<!-- columns: {name} -->\n", "\n<!-- end -->"
        before, found, rest = text.partition(start)
        if not found:
            raise ValueError(f"README.md has no place for {table.file} (expected {start.strip()})")
        text = before + start + columns(table) + end + rest.partition(end)[2]
    return text


def write_dictionary(folder: Path = DATA) -> None:
    """Write the columns of every table that a folder declares into its README.md."""
    path = folder / "README.md"
    text = with_columns(path.read_text(encoding="utf-8"), declared(folder))
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_dictionary()
