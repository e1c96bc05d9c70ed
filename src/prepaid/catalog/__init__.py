"""Load the tables of data/, or say everything that is wrong with them."""

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from prepaid.catalog.kinds import DATA, PACKAGE, CatalogError, Table, declared
from prepaid.catalog.read import read_folder, read_table


@dataclass(frozen=True)
class Catalog:
    """The tables of data/, each under the name of its file, with the columns of data/README.md.

    Indexed by their key, if they have one. Blank is missing: the source does not say.
    """

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
    """Return all tables of a folder.

    Parameters
    ----------
    folder
        A folder with every file that its datapackage.json declares, or that of `data/` where it has
        none; `data/` unless given.

    Raises
    ------
    CatalogError
        With every problem of every file, and of what they cite of each other.
    """
    reads = read_folder(DATA if folder is None else Path(folder))
    problems = [message for read in reads.values() for message in read.messages]
    missing = [field.name for field in fields(Catalog) if field.name not in reads]
    problems += [f"{PACKAGE}: table '{name}' is missing" for name in missing]
    if problems:
        raise CatalogError(problems)
    return Catalog(**{field.name: reads[field.name].frame for field in fields(Catalog)})


def load_table(table: Table, path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return one table, by default from `data/`; raise CatalogError with every problem."""
    return read_table(DATA / table.file if path is None else Path(path), table)


def load_plans(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return the plan catalogue."""
    return load_table(declared()["plans"], path)


def load_history(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return the observed prices."""
    return load_table(declared()["price_history"], path)


def load_channels(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return the ways to top up."""
    return load_table(declared()["channels"], path)


def load_state_fees(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return the fees and sales tax of each state."""
    return load_table(declared()["state_fees"], path)


def load_balance_codes(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return how each brand's balance is checked."""
    return load_table(declared()["balance_codes"], path)


def load_expiry_rules(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return what each brand does with an unpaid number."""
    return load_table(declared()["expiry_rules"], path)


def load_sources(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return the sources that the tables cite."""
    return load_table(declared()["sources"], path)


def load_assumptions(path: str | Path | None = None) -> pd.DataFrame:  # interim
    """Return low, base and high of what nobody publishes."""
    return load_table(declared()["assumptions"], path)


def load_usage_log(path: str | Path) -> pd.Series:  # interim
    """Return a person's own daily log: GB per day, by date."""
    return load_table(declared()["usage_log"], path).set_index("date")["mb"].div(1000).rename("gb")
