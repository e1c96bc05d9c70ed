"""What changed between two catalogues, and which notebooks that concerns."""

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import DATA, CatalogError, declared
from prepaid.catalog.read import read_table
from prepaid.prices import full_name
from upkeep.repository import ROOT, UsageError, code_cells, git, shown_text

# What a plan is, whatever it is called.
WHAT = ["provider", "unlimited", "data_gb", "term_days", "voice_text"]
# Columns that name a plan, and that say where and when it was seen; all others are terms.
NAMES, RECORD = ("plan_id", "provider", "plan"), ("source_id", "as_of", "note")
# What a diff tells of a change, and its types.
COLUMNS = dict.fromkeys(("change", "plan_id", "old_plan_id", "column"), "str")
COLUMNS |= {"old": object, "new": object, "percent": float}


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
    revision = git("rev-parse", "--verify", "--quiet", f"{place}^{{commit}}", problem=problem)
    file = f"{DATA.name}/{plans.file}"
    stored = f"{revision.decode().strip()}:./{file}"
    content = git("show", stored, problem=f"'{place}' has no {file}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, plans.file)
        path.write_bytes(content)
        try:
            return read_table(path, plans)
        except CatalogError as error:
            raise UsageError(f"'{place}' does not load with the rules of today:\n{error}") from None


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


def _names_in(text: str, names: Iterable[str]) -> set[str]:
    """Return the names in a text; where one name begins another, the longer one counts."""
    any_name = "|".join(map(re.escape, sorted(set(names), key=len, reverse=True)))
    return set(re.findall(rf"(?<!\w)(?:{any_name})(?!\w)", re.sub(r"\s+", " ", text)))
