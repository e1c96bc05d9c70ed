"""Load the tables of data/, or say everything that is wrong with them."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from prepaid.cells import CatalogError, Problem, read_cells
from prepaid.schema import ASSUMPTIONS, PLANS, SOURCES, Kind, Table, did_you_mean

# Letters of a wrong cell that a message repeats.
MOST_SHOWN = 80
DATA = Path(__file__).resolve().parents[2] / "data"


def load_plans(path: str | Path | None = None) -> pd.DataFrame:
    """Return the plan catalogue.

    Parameters
    ----------
    path
        A CSV file with the columns of `data/plans.csv`, which is the default. `sources.csv` is read from the same
        folder or, where that has none, from `data/`.

    Returns
    -------
    DataFrame
        One row per plan, indexed by `plan_id`, with the columns that `data/README.md` describes. Blank is missing.

    Raises
    ------
    CatalogError
        With every problem of the two files.
    """
    path = DATA / PLANS.file if path is None else Path(path)
    plans, lines, problems = _read_table(path, PLANS)
    own_sources = path.parent / SOURCES.file
    has_own = os.path.lexists(own_sources)
    sources, source_lines, source_problems = _read_table(own_sources if has_own else DATA / SOURCES.file, SOURCES)
    if "source_id" in plans and len(sources):
        known, cited = list(sources.index), plans["source_id"].array
        for row in np.flatnonzero(np.asarray(~cited.isna() & ~cited.isin(known))):
            complaint = f"is not in {SOURCES.file}{did_you_mean(cited[row], known)}"
            problems.append(_problem(path, lines[row], "source_id", cited[row], complaint))
        if has_own and not problems:
            for row in np.flatnonzero(~sources.index.isin(cited.categories)):
                complaint = "is cited by no table"
                source_problems.append(_problem(own_sources, source_lines[row], "source_id", known[row], complaint))
    _raise(_by_line(problems) + _by_line(source_problems))
    return plans


def load_sources(path: str | Path | None = None) -> pd.DataFrame:
    """Return the sources that the tables cite, indexed by `source_id`; raise CatalogError with every problem."""
    return load(SOURCES, path)


def load_assumptions(path: str | Path | None = None) -> pd.DataFrame:
    """Return low, base and high of what nobody publishes, by `parameter`; raise CatalogError with every problem."""
    return load(ASSUMPTIONS, path)


def load(table: Table, path: str | Path | None = None) -> pd.DataFrame:
    """Return one table, by default from `data/`; raise CatalogError with every problem."""
    frame, _, problems = _read_table(DATA / table.file if path is None else Path(path), table)
    _raise(problems)
    return frame


def _by_line(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem[0])


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise CatalogError(message for _, message in problems)


def _read_table(path: Path, table: Table) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """Read a CSV file and check it against its declaration.

    Returns
    -------
    frame : DataFrame
        The columns that are there, typed; wrong cells are missing.
    lines : ndarray of int
        The file's line of each row.
    problems : list of (line, str)
        Everything that is wrong, by line; empty if nothing is.
    """
    try:
        cells, lines, problems = read_cells(path, [column.name for column in table.columns])
    except CatalogError as error:
        return pd.DataFrame(), np.array([], int), [(0, problem) for problem in error.problems]
    values, wrong = {}, set()
    for column in table.columns:
        if column.name not in cells:
            continue
        texts = cells[column.name].to_numpy(object)
        values[column.name], complaints = _parse(texts, column.kind, column.required, unique=column.name == table.key)
        for row, complaint in complaints:
            wrong.add((row, column.name))
            problems.append(_problem(path, lines[row], column.name, texts[row], complaint, column.expected))
    frame = pd.DataFrame(values, copy=False)
    for rule in table.rules:
        if set(rule.columns) <= set(frame):
            for row in np.flatnonzero(rule.broken(frame).fillna(False)):
                if wrong.isdisjoint((row, name) for name in rule.columns):
                    text = cells[rule.columns[0]].iloc[row]
                    problems.append(_problem(path, lines[row], rule.columns[0], text, rule.problem))
    if table.key in frame:
        keys = cells[table.key].to_numpy(object)
        if len(set(keys)) < len(keys):
            first = {}
            for key, line in zip(keys, lines, strict=True):
                if key and first.setdefault(key, line) != line:
                    complaint = f"stands in line {first[key]} already (expected once)"
                    problems.append(_problem(path, line, table.key, key, complaint))
        frame = frame.set_index(table.key)
    return frame, lines, _by_line(problems)


def _problem(path: Path, line: int, column: str, text: str, complaint: str, expected: str = "") -> Problem:
    """Return one problem with a cell, on one line of text."""
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:MOST_SHOWN])
    shown = f"'{shown}{'...' if len(text) > MOST_SHOWN else ''}' " if text else ""
    return line, f"{path.name}:{line}: {column}: {shown}{complaint}" + (f" (expected {expected})" if expected else "")


def _parse(
    texts: np.ndarray, kind: Kind, required: bool, unique: bool
) -> tuple[pd.api.extensions.ExtensionArray, list[tuple[int, str]]]:
    """Return a column's values and its complaints as (row, text).

    A text that recurs is parsed once, which is what keeps loading fast. Texts that are `unique` need no such search,
    and where all are plain values no parsing either.
    """
    if unique and kind.plain and all(map(kind.plain.fullmatch, texts)):
        return pd.array(texts, dtype=kind.dtype), []
    codes, distinct = (np.arange(len(texts)), texts) if unique else pd.factorize(texts)
    values, complaints = [], {}
    for code, text in enumerate(distinct):
        value = None
        if text:
            try:
                value = kind.parse(text)
            except ValueError as error:
                complaints[code] = str(error)
        elif required:
            complaints[code] = "is blank"
        values.append(value)
    typed = pd.Series(values, dtype=object).astype(kind.dtype).array
    wrong = np.flatnonzero(np.isin(codes, list(complaints))) if complaints else ()
    return typed if unique else typed.take(codes), [(row, complaints[codes[row]]) for row in wrong]
