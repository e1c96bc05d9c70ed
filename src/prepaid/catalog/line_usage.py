"""Usage of many lines in long form: files are cut into blocks, blocks made wide and checked."""

import csv
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation  # of the extra `fleet`

# Rows of a block: 100 MB with all that is made of them. Where blocks would read more than
# MOST_READS times as many rows as there are, because lines are scattered, these are sorted first.
BLOCK_ROWS, MOST_READS = 3 * 2**18, 4
ROW_GROUPS = """
SELECT file_name AS file, row_group_num_rows AS rows, type, stats_min_value AS low,
stats_max_value AS high, stats_null_count AS blank
FROM parquet_metadata(?) WHERE path_in_schema = 'line' ORDER BY low"""

MOST_MB = 1_080_000  # 100 Mbit/s for 24 hours
PROBLEMS = ("", "no line", "no date", "no number", "negative", "more than a day can carry")
PROBLEMS += ("a day more than once", "no plan today")

# Files, and lines from the one to before the other ("": no limit).
Block = tuple[list[str], str, str]


def lacks(columns: Sequence[str]) -> str:
    """Return which columns are missing, in words."""
    return ", ".join(f"column {name}" for name in ("line", "date", "mb") if name not in columns)


def wide_usage(
    rows: pd.DataFrame, period: pd.DatetimeIndex, known: pd.Index
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Return what lines used by day, and what cannot be usage.

    `rows`, all of a line at once, have line, date (or its text in ISO 8601) and mb: a ValueError if
    a column is missing, or all rows. `known` are the lines that may occur, as texts; those without
    rows used nothing. Returned are GB, 0 where there is no row, of shape (lines, days), the first
    columns of `Fleet.lines`, and `Fleet.listed`.
    """
    if missing := lacks(rows.columns) or rows.empty * "rows":
        raise ValueError(f"the table of usage has no {missing}")
    line = rows["line"].astype("category").cat.rename_categories(str)
    names, days = known.union(line.cat.categories).rename("line"), len(period)
    row = line.cat.set_categories(names).cat.codes.to_numpy()  # -1 where blank
    date = pd.to_datetime(rows["date"], format="ISO8601", errors="coerce")
    mb = pd.to_numeric(rows["mb"], errors="coerce").to_numpy(float)
    no_line = np.append(names == "", True)[row]
    wrong = [no_line, date.isna(), np.isnan(mb), mb < 0, mb > MOST_MB]
    problem = np.select(wrong, [*np.arange(1, 6, dtype=np.int8)], np.int8(0))
    day = (date - period[0]).to_numpy("m8[D]").view(int)
    inside = (problem == 0) & (day >= 0) & (day < days)
    cell = np.where(inside, row.astype(int) * days + day, len(names) * days)
    del date, wrong, day  # each counts in the memory of every process
    count = np.bincount(cell, minlength=len(names) * days + 1)
    gb = np.bincount(cell, mb, len(count))[:-1].reshape(-1, days)
    problem[inside & (count[cell] > 1)] = 6
    problem[(problem == 0) & np.append(~names.isin(known), False)[row]] = 7

    good = np.setdiff1d(np.arange(len(names)), row[problem > 0])
    missing = (count[:-1].reshape(gb.shape) == 0).sum(axis=1)[good]
    others = np.bincount(row[(problem == 0) & ~inside], minlength=len(names))[good]
    gb = gb[good] / 1000
    lines = {"used_gb": gb.sum(axis=1), "missing_days": missing, "other_rows": others}
    odd = rows.loc[problem > 0, ["line", "date", "mb"]].astype(object).map(str)
    odd.insert(1, "problem", np.array(PROBLEMS)[problem[problem > 0]])
    odd["rows"] = odd.groupby(["line", "problem"])["mb"].transform("size")
    listed = odd.drop_duplicates(["line", "problem"])
    return gb, pd.DataFrame(lines, names[good]), listed.reset_index(drop=True)


def blocks_of_lines(files: list[str], scratch: Path) -> list[Block]:
    """Cut usage into blocks, all rows of a line in one.

    Parquet that is sorted by lines (text) is cut by its own statistics and stays where it is; all
    else is sorted into `scratch` first. A ValueError names all files that cannot be opened or lack
    a column, or the row of a CSV file that cannot be read, or says that there are no rows.
    """
    import duckdb

    if not files:
        raise ValueError("there are no files of usage")
    with duckdb.connect(config={"memory_limit": "200MB", "temp_directory": str(scratch)}) as db:
        tables, problems = [], []
        for file in files:
            try:
                tables.append(_opened(db, file))
                if missing := lacks(tables[-1].columns):
                    problems.append(f"{file} has no {missing}")
            except (duckdb.Error, OSError, UnicodeDecodeError) as error:
                problems.append(f"{file}: {error}")
        if problems:
            raise ValueError("\n".join(problems))
        if all(Path(file).suffix == ".parquet" for file in files):
            blocks, may_stay = _cut(db, files)
            if may_stay:
                return blocks
        tables = [table.select("line::VARCHAR AS line, date, mb") for table in tables]
        target = str(scratch / "sorted.parquet")
        try:
            reduce(duckdb.DuckDBPyRelation.union, tables).order("line").write_parquet(target)
        except duckdb.Error as error:
            raise ValueError(str(error)) from error
        return _cut(db, [target])[0]


def _cut(db: "DuckDBPyConnection", files: list[str]) -> tuple[list[Block], bool]:
    """Cut Parquet files into blocks by their statistics; say whether they are sorted enough."""
    groups = db.execute(ROW_GROUPS, [files]).df()
    if groups.empty:
        raise ValueError(f"no rows in {', '.join(files)}")
    is_text = (groups["type"] == "BYTE_ARRAY").all() and (groups["blank"] == 0).all()
    file, low, high, rows = groups.dropna()[["file", "low", "high", "rows"]].to_numpy().T
    cuts = low[rows.cumsum().searchsorted(range(BLOCK_ROWS, rows.sum(), BLOCK_ROWS))]
    starts = np.array(["", *(cut for cut in np.unique(cuts) if cut > low[0])], dtype=object)
    first, last = (starts.searchsorted(line, side="right") - 1 for line in (low, high))
    blocks = [
        ([*np.unique(file[(first <= number) & (number <= last)])] or files, *limits)
        for number, limits in enumerate(pairwise([*starts, ""]))
    ]
    return blocks, is_text and rows @ (last - first + 1) <= MOST_READS * rows.sum()


def _opened(db: "DuckDBPyConnection", file: str) -> "DuckDBPyRelation":
    """Open a file; DuckDB names no row where it has to guess what CSV is."""
    if Path(file).suffix == ".parquet":
        return db.read_parquet(file)
    with Path(file).open(encoding="utf-8-sig", newline="") as lines:
        columns = dict.fromkeys(next(csv.reader(lines), ["nothing"]), "VARCHAR")
    return db.read_csv(file, columns=columns, header=True, sep=",", auto_detect=False)


def read_lines(files: list[str], low: str, high: str) -> pd.DataFrame:
    """Read a block of `blocks_of_lines`: line (category), date, mb; raise ValueError if broken."""
    import duckdb

    where = "line >= ?" + " AND line < ?" * bool(high) + " OR line IS NULL" * (not low)
    source = f"SELECT line, date, mb FROM read_parquet(?) WHERE {where}"
    with duckdb.connect(config={"threads": 1}) as db:
        try:
            usage = db.sql(source, params=[files, low, high][: 2 + bool(high)])  # noqa: F841
            # To make a text of its own for each row would take pandas longer than all bills.
            names = "SELECT DISTINCT line FROM usage WHERE line IS NOT NULL"
            db.execute(f"CREATE TYPE name AS ENUM ({names})")
            return db.sql("SELECT line::name AS line, date, mb FROM usage").df()
        except duckdb.Error as error:
            raise ValueError(f"{', '.join(files)}: {error}") from error
