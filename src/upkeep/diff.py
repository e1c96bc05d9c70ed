"""What changed between two catalogues, and which notebooks that concerns."""

import json
import re
import tempfile
from collections import defaultdict
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
# What a change in these columns is; in all others it is one of price or terms.
CHANGE_OF = dict.fromkeys(("plan_id", "provider", "plan"), "renamed")
CHANGE_OF |= dict.fromkeys(("source_id", "as_of", "note"), "record")
# What a diff tells of a change, and its types.
COLUMNS = dict.fromkeys(("change", "plan_id", "old_plan_id", "column"), "str")
COLUMNS |= {"old": object, "new": object}


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
    if records:
        plans = "plan" if records == 1 else "plans"
        counts.append(f"{records} {plans} with a new source, date or note")
    print(f"\n{', '.join(counts)}.\n")
    for line in swapped_sources(changes):
        print(line)
    dated = set(changes.loc[changes["column"] == "as_of", "plan_id"])
    priced = changes.loc[changes["change"].isin(["dearer", "cheaper"]), "plan_id"].unique()
    if undated := ", ".join(one for one in priced if one not in dated):
        print(f"A price changed, but not the day on which it was seen (as_of): {undated}\n")
    names = pd.concat([full_name(before), full_name(after)])
    changed = set(names[names.index.isin([*changes["plan_id"], *changes["old_plan_id"]])])
    # Where one name begins another, the longer one counts.
    longest_first = sorted(set(names), key=len, reverse=True)
    any_name = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    reading, naming = [], []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code, outputs = _code_and_outputs(path)
        if re.search(r"\bload(_plans)?\(", code):
            reading.append(path.stem)
        if changed.intersection(any_name.findall(outputs)):
            naming.append(path.stem)
    reading, naming = (", ".join(stems) or "no notebook" for stems in (reading, naming))
    print(f"Load the catalogue, so their stored outputs may move: {reading}")
    print(f"Name a changed plan in their stored tables, so they will probably: {naming}")
    print("`./run refresh` executes them and shows what did move.")
    return 0


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


def diff_catalogs(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return what changed from one catalogue to another: plans, indexed by `plan_id`.

    Plans are the same if their `plan_id` is. Those left over are the same if provider, GB, days,
    unlimited and voice are, blank being equal to blank. Where several would do, the pair with an
    equal name goes first, then an equal offer, then the nearest price, then the order of the files.
    No plan is matched twice.

    One row per changed cell, in the order of `new`, then what is gone in the order of `old`:
    `plan_id` and `old_plan_id` (missing where the plan is not), `column`, `old` and `new` (missing
    is None), `percent` of a price (missing where it was 0 or unknown), and `change`: added or gone
    (the row shows the price); dearer or cheaper, for a column in dollars that is known on both
    sides; renamed, for plan_id, provider or plan; record, for source_id, as_of or note; terms, for
    the rest. Raises ValueError if the columns differ or a `plan_id` stands twice.
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
    old_ids = _same_plans(before, after)
    kept, rows = set(old_ids.values()), []
    for plan_id, plan in after.items():
        if plan_id not in old_ids:
            rows.append(("added", plan_id, None, "price_usd", None, plan["price_usd"]))
            continue
        old_id = old_ids[plan_id]
        was, now = {"plan_id": old_id} | before[old_id], {"plan_id": plan_id} | plan
        for column in was:
            if was[column] != now[column]:
                cells = column, was[column], now[column]
                rows.append((_kind(*cells), plan_id, old_id, *cells))
    for old_id, plan in before.items():
        if old_id not in kept:
            rows.append(("gone", None, old_id, "price_usd", plan["price_usd"], None))
    changes = pd.DataFrame(rows, columns=[*COLUMNS]).astype(COLUMNS)
    priced = changes["change"].isin(["dearer", "cheaper"])
    usd = changes.loc[priced, ["old", "new"]].astype(float)
    return changes.assign(percent=100 * (usd["new"] / usd["old"].replace(0, np.nan) - 1))


def _same_plans(before: dict[str, dict], after: dict[str, dict]) -> dict[str, str]:
    """Return the old identifier of each new plan that is an old one."""
    same = {plan_id: plan_id for plan_id in after if plan_id in before}
    gone = [(key, plan) for key, plan in before.items() if key not in same]
    came = [(key, plan) for key, plan in after.items() if key not in same]
    pairs = []
    for plan_id, now in came:
        for old_id, was in gone:
            if all(was[column] == now[column] for column in WHAT):
                usd = abs(now["price_usd"] - was["price_usd"])
                unlike = now["plan"] != was["plan"], now["offer"] != was["offer"], usd
                pairs.append((unlike, plan_id, old_id))
    for _, plan_id, old_id in sorted(pairs, key=itemgetter(0)):  # equal ones stay in order
        if plan_id not in same and old_id not in same.values():
            same[plan_id] = old_id
    return same


def _kind(column: str, was: object, now: object) -> str:
    """Return the kind of a change in one cell."""
    if column in CHANGE_OF:
        return CHANGE_OF[column]
    if "usd" not in column or None in (was, now):
        return "terms"
    return "dearer" if now > was else "cheaper"


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


def _as_text(changes: pd.DataFrame) -> str:
    """Return the changes as a table; a change of identifier shows both."""
    table = changes.assign(plan_id=changes["plan_id"].fillna(changes["old_plan_id"]))
    table = table.drop(columns="old_plan_id").fillna({"old": "", "new": ""})
    words = {"old": _cell, "new": _cell, "percent": "{:+.1f}".format}
    return table.to_string(index=False, na_rep="", formatters=words)


def _cell(value: object) -> str:
    if isinstance(value, float) and not pd.isna(value):
        return f"{value:g}"
    return "" if pd.isna(value) else str(value).removesuffix(" 00:00:00")


def _code_and_outputs(path: Path) -> tuple[str, str]:
    """Return the code of a notebook and its stored text outputs, each on one line."""
    try:
        cells = code_cells(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{path.name} is not a notebook (left-over marks of a merge?)") from None
    code = " ".join("".join(cell["source"]) for cell in cells)
    return code, " ".join(" ".join(map(shown_text, cells)).split())
