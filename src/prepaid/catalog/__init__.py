"""Load the tables of data/, or say everything that is wrong with them."""

from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from prepaid.catalog.kinds import DATA, PACKAGE, CatalogError
from prepaid.catalog.read import read_folder


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
    """Return all tables of a folder of CSV files, `data/` unless given.

    It is read by its own datapackage.json, or by that of `data/` where it has none. Raises
    CatalogError with every problem of every file, and of what they cite of each other.
    """
    reads = read_folder(DATA if folder is None else Path(folder))
    names = [field.name for field in fields(Catalog)]
    problems = [message for read in reads.values() for message in read.messages]
    problems += [f"{PACKAGE}: table '{name}' is missing" for name in names if name not in reads]
    if problems:
        raise CatalogError(problems)
    return Catalog(**{name: reads[name].frame for name in names})
