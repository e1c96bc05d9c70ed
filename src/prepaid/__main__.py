"""Commands for whoever keeps the catalogue: what changed between two of them, and what is wrong with the tables."""

import argparse
import datetime as dt
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from prepaid.catalog import DATA, load, load_assumptions, load_history, load_plans
from prepaid.cells import CatalogError
from prepaid.history import diff_catalogs, seen_elsewhere
from prepaid.prices import STALE_AFTER_DAYS, full_name
from prepaid.schema import PLANS, STATES, TABLES, did_you_mean

ROOT = DATA.parent
LOADERS = {
    "plans": load_plans,
    "price_history": load_history,
    "assumptions": load_assumptions,
}
# A table of prices by day: its old rows are meant to be old.
DIARY = "price_history"

DIFF_HELP = """\
Print what changed from one catalogue to another: plans added, gone, dearer or cheaper, terms changed, renamed.

OLD and NEW are each a file like plans.csv, a folder that holds one, or a git revision such as HEAD~3 or main. What
exists as a file or folder is not taken for a revision. NEW is data/ unless given."""

CHECK_HELP = f"""\
Check every CSV file of a folder and print:

  errors     whatever breaks a rule of data/README.md, by line, on stderr
  warnings   rows with prices or fees that were seen more than {STALE_AFTER_DAYS} days ago, or without a date;
             sources with the same link;
             plans without a second source: price_history.csv shows the same pack at the same price,
             within {STALE_AFTER_DAYS} days, from no other source

Exits with 1 if there is an error, with 0 if there are only warnings."""


class UsageError(Exception):
    """A command that cannot be carried out as given."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 errors in the tables, 2 not a command that can be run."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m prepaid", description=__doc__, formatter_class=raw)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = {"formatter_class": raw}
    diff = commands.add_parser("diff", help="what changed between two catalogues", description=DIFF_HELP, **add)
    diff.add_argument("old", metavar="OLD", help="the earlier catalogue")
    diff.add_argument("new", metavar="NEW", nargs="?", default=str(DATA), help="the later one (default: data/)")
    diff.set_defaults(run=lambda args: run_diff(args.old, args.new))
    check = commands.add_parser("check", help="what is wrong with the tables", description=CHECK_HELP, **add)
    check.add_argument("data", metavar="DATA", nargs="?", default=DATA, type=Path, help="a folder (default: data/)")
    check.set_defaults(run=lambda args: run_check(args.data))
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except (UsageError, CatalogError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


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
    counts += [f"{records} plans with a new source, date or note"] if records else []
    print(f"\n{', '.join(counts)}.\n")
    dated = set(changes.loc[changes["column"] == "as_of", "plan_id"])
    priced = changes.loc[changes["change"].isin(["dearer", "cheaper"]), "plan_id"]
    if undated := [plan_id for plan_id in dict.fromkeys(priced) if plan_id not in dated]:
        print(f"A price changed, but not the day on which it was seen (as_of): {', '.join(undated)}\n")
    names = pd.concat([full_name(before), full_name(after)])
    changed = set(names[names.index.isin([*changes["plan_id"], *changes["old_plan_id"]])])
    reading, naming = [], []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code, outputs = _code_and_outputs(path)
        reading += [path.stem] if re.search(r"\bload_plans\(", code) else []
        naming += [path.stem] if _named(outputs, names) & changed else []
    print(f"Load the catalogue, so their stored outputs may move: {', '.join(reading) or 'no notebook'}")
    print(f"Name a changed plan in their stored tables, so they will probably: {', '.join(naming) or 'no notebook'}")
    print("`./run refresh` executes them and shows what did move.")
    return 0


def read_catalog(place: str) -> pd.DataFrame:
    """Return the catalogue of a file, a folder or a git revision; raise UsageError where there is none."""
    path = Path(place)
    if path.is_dir():
        path = path / PLANS.file
    if path.exists():
        return load_plans(path)
    problem = f"'{place}' is not a file, a folder with {PLANS.file}, or a git revision"
    revision = _git("rev-parse", "--verify", "--quiet", f"{place}^{{commit}}", problem=problem)
    content = _git("archive", revision.decode().strip(), DATA.name, problem=f"'{place}' has no {DATA.name}/")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, filter="data")
        try:
            return load_plans(Path(folder, DATA.name, PLANS.file))
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
    return "" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value)


def _code_and_outputs(path: Path) -> tuple[str, str]:
    """Return the code of a notebook and its stored text outputs."""
    try:
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{path.name} is not a notebook (left-over marks of a merge?)") from None
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = ["".join(output.get("text") or output.get("data", {}).get("text/plain", "")) for output in outputs]
    return "\n".join("".join(cell["source"]) for cell in cells), "\n".join(texts)


def _named(text: str, names: Iterable[str]) -> set[str]:
    """Return the names that stand in a text; where one name begins another, the longer one counts."""
    longest_first = sorted(set(names), key=len, reverse=True)
    return set(re.findall(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.sub(r"\s+", " ", text)))


def run_check(folder: Path) -> int:
    """Print errors and warnings of a folder's tables; return 1 if there are errors."""
    if not folder.is_dir():
        raise UsageError(f"'{folder}' is not a folder")
    tables, errors = {}, []
    for name, table in TABLES.items():
        try:
            read = LOADERS.get(name) or (lambda path, table=table: load(table, path))
            tables[name] = read(folder / table.file)
        except CatalogError as error:
            errors += error.problems
    known = [table.file for table in TABLES.values()]
    for path in sorted(folder.glob("*.csv")):
        errors += [] if path.name in known else [f"{path.name}: no table of this name (expected {', '.join(known)})"]
    errors += misfits(tables)
    warnings = []
    if {"plans", "price_history"} <= tables.keys():
        warnings += without_second_source(tables["plans"], tables["price_history"])
    if "sources" in tables:
        warnings += repeated_links(tables["sources"])
    for name, table in tables.items():
        warnings += [] if name == DIARY else stale_rows(TABLES[name].file, table, dt.date.today())
    if warnings:
        print("\n".join(warnings))
    errors = list(dict.fromkeys(errors))  # several tables cite sources.csv, and each says what is wrong with it
    sys.stdout.flush()
    if errors:
        print("\n".join(errors), file=sys.stderr)
    print(f"{len(tables)} of {len(TABLES)} tables are sound; errors: {len(errors)}")
    return int(bool(errors))


def misfits(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return an error for each brand that is none, plan that has two rows, and state that has none."""
    errors = []
    if "plans" in tables:
        plans = tables["plans"]
        for plan_id, plan in plans[plans.duplicated(["provider", "plan", "offer"])].iterrows():
            name, offer = f"{plan['provider']} has '{plan['plan']}'", f"{plan['offer']} offer"
            errors.append(f"plans.csv: {plan_id}: {name} twice as {offer}")
        brands = sorted(set(plans["provider"]))
        for name, column in (("channels", "brands"), ("balance_codes", "brand"), ("expiry_rules", "brand")):
            named = tables[name][column].dropna().str.split("; ").explode() if name in tables else pd.Series(dtype=str)
            for key, brand in named[~named.isin(brands)].items():
                row = key if isinstance(key, str) else f"row {key + 1}"
                errors.append(
                    f"{name}.csv: {row}: {column}: '{brand}' is no provider of plans.csv{did_you_mean(brand, brands)}"
                )
    if "state_fees" in tables:
        missing = [state for state in STATES if state not in tables["state_fees"].index]
        errors += [f"state_fees.csv: no row for {', '.join(missing)}"] if missing else []
    return errors


def without_second_source(plans: pd.DataFrame, history: pd.DataFrame) -> list[str]:
    """Return a warning with the plans of each provider whose price no other source confirms."""
    alone = ~seen_elsewhere(plans, history, STALE_AFTER_DAYS)
    whole, some = [], []
    for provider, rows in alone.groupby(plans["provider"], observed=True):
        if rows.all():
            whole.append(f"{provider} ({len(rows)})")
        elif rows.any():
            some += _wrapped(f"{provider} ({rows.sum()} of {len(rows)}): {', '.join(rows.index[rows])}")
    return [
        *([f"{alone.sum()} of {len(plans)} plans have no second source:"] if alone.any() else []),
        *(_wrapped(f"all of {', '.join(whole)}") if whole else []),
        *some,
    ]


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
    """Return a warning with the rows of a table of prices that are older than the limit, or have no date.

    The age counts from `today`: that is when somebody pays. (Notebooks count from the catalogue's newest date, so that
    their outputs stay the same.)
    """
    dates = [column for column in table if column.endswith("as_of")]
    if not dates or not any("usd" in column for column in table):
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
            lines += [f"{file}: {which.sum()} of {len(table)} rows {what}:", *_wrapped(", ".join(table.index[which]))]
    return lines


def _wrapped(text: str) -> list[str]:
    indents = {"initial_indent": "  ", "subsequent_indent": "    "}
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False, **indents)


if __name__ == "__main__":
    sys.exit(main())
