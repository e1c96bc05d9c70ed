"""Load the tables of data/, or say everything that is wrong with them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import did_you_mean
from prepaid.catalog.read import CatalogError, _by_line, _problem, _raise, _read_table, read_cells
from prepaid.catalog.rules import (
    ASSUMED,
    ASSUMPTIONS,
    BALANCE_CODES,
    CHANNELS,
    EXPIRY_RULES,
    PLANS,
    PRICE_HISTORY,
    SECOND_SOURCES,
    SOURCES,
    STATE_FEES,
    TABLES,
    Table,
)

DATA = Path(__file__).resolve().parents[3] / "data"


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
    return _load_citing(PLANS, path, ("source_id", "terms_source_id"), cited_too=(PRICE_HISTORY, SECOND_SOURCES))


def load_history(path: str | Path | None = None) -> pd.DataFrame:
    """Return the observed prices, one row each, as `data/README.md` describes them.

    `sources.csv` is read from the same folder or, where that has none, from `data/`. Raises CatalogError with every
    problem of the two files.
    """
    return _load_citing(PRICE_HISTORY, path)


def load_channels(path: str | Path | None = None) -> pd.DataFrame:
    """Return the ways to top up, indexed by `channel_id`; raise CatalogError with every problem."""
    return load_table(CHANNELS, path)


def load_state_fees(path: str | Path | None = None) -> pd.DataFrame:
    """Return the fees and sales tax of each state, by postal code; raise CatalogError with every problem."""
    return load_table(STATE_FEES, path)


def load_balance_codes(path: str | Path | None = None) -> pd.DataFrame:
    """Return how each brand's balance is checked, one row per way; raise CatalogError with every problem."""
    return load_table(BALANCE_CODES, path)


def load_expiry_rules(path: str | Path | None = None) -> pd.DataFrame:
    """Return what each brand does with an unpaid number, one row per rule; raise CatalogError with every problem."""
    return load_table(EXPIRY_RULES, path)


def load_sources(path: str | Path | None = None) -> pd.DataFrame:
    """Return the sources that the tables cite, indexed by `source_id`; raise CatalogError with every problem."""
    return load_table(SOURCES, path)


def load_assumptions(path: str | Path | None = None) -> pd.DataFrame:
    """Return low, base and high of what nobody publishes, by `parameter`; raise CatalogError with every problem."""
    assumptions = load_table(ASSUMPTIONS, path)
    missing = [name for name in ASSUMED if name not in assumptions.index]
    if missing:
        raise CatalogError([f"{ASSUMPTIONS.file}: parameter '{name}' is missing (expected a row)" for name in missing])
    return assumptions


def load_table(table: Table, path: str | Path | None = None) -> pd.DataFrame:
    """Return one table, by default from `data/`; raise CatalogError with every problem."""
    frame, _, problems = _read_table(DATA / table.file if path is None else Path(path), table)
    _raise(problems)
    return frame


def _load_citing(
    table: Table, path: str | Path | None, columns: tuple[str, ...] = ("source_id",), cited_too: tuple[Table, ...] = ()
) -> pd.DataFrame:
    """Return one table whose `columns` cite rows of sources.csv.

    sources.csv is read from the same folder or, where that has none, from `data/`. With `cited_too`, each row of the
    folder's own sources.csv has to be cited, by this table or by those.
    """
    path = DATA / table.file if path is None else Path(path)
    frame, lines, problems = _read_table(path, table)
    own = path.parent / SOURCES.file
    has_own = os.path.lexists(own)
    known, known_lines, others = _read_table(own if has_own else DATA / SOURCES.file, SOURCES)
    names, used = list(known.index), set()
    for column in columns:
        if column in frame and names:
            cells = frame[column].array
            used.update(cells.dropna())
            for row in np.flatnonzero(np.asarray(~cells.isna() & ~cells.isin(names))):
                complaint = f"is not in {SOURCES.file}{did_you_mean(cells[row], names)}"
                problems.append(_problem(path, lines[row], column, cells[row], complaint))
    if cited_too and has_own and names and not problems:
        more = [_cells_of(path.parent / other.file, "source_id") for other in cited_too]
        if not any(cells is None for cells in more):
            for row in np.flatnonzero(~known.index.isin(used.union(*more))):
                others.append(_problem(own, known_lines[row], "source_id", names[row], "is cited by no table"))
    _raise(_by_line(problems) + _by_line(others))
    return frame


def _cells_of(path: Path, column: str) -> Iterable[str] | None:
    """Return one column of a table, or of that of `data/` if there is no such file; None if it cannot be read."""
    try:
        return read_cells(path if path.exists() else DATA / path.name, [column])[0].get(column)
    except CatalogError:
        return None


@dataclass(frozen=True)
class Catalog:
    """The tables of data/, each under the name of its file and with the columns that data/README.md describes."""

    plans: pd.DataFrame
    sources: pd.DataFrame
    price_history: pd.DataFrame
    channels: pd.DataFrame
    state_fees: pd.DataFrame
    balance_codes: pd.DataFrame
    expiry_rules: pd.DataFrame
    seller_facts: pd.DataFrame
    second_sources: pd.DataFrame
    keep_number: pd.DataFrame
    failed_top_ups: pd.DataFrame
    activities: pd.DataFrame
    usage_benchmarks: pd.DataFrame
    assumptions: pd.DataFrame


def load(folder: str | Path | None = None) -> Catalog:
    """Return all tables of a folder, by default data/; raise CatalogError with every problem."""
    folder = DATA if folder is None else Path(folder)
    special = {
        "plans": load_plans,
        "price_history": load_history,
        "assumptions": load_assumptions,
        "second_sources": lambda path: _load_citing(SECOND_SOURCES, path),
    }
    names = [field.name for field in fields(Catalog)]
    read = {name: special.get(name) or (lambda path, name=name: load_table(TABLES[name], path)) for name in names}
    return Catalog(**{name: read[name](folder / TABLES[name].file) for name in names})
