"""The contract of the smaller tables: what each refuses, and how the tables hang together."""

import csv
import shutil

import pandas as pd
import pytest

from prepaid.catalog import DATA, load
from prepaid.catalog.kinds import CatalogError, declared
from prepaid.catalog.read import read_table

TABLES, CATALOG = declared(), load()


@pytest.fixture
def folder(tmp_path):
    """A copy of data/."""
    return shutil.copytree(DATA, tmp_path / "data")


def edit(path, row, column, text):
    """Write a text into one cell of a CSV file, counted from its first row."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[row][column] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def row_of(table, key):
    """Return the position of a key among the rows of a table of data/."""
    return list(getattr(CATALOG, table).index).index(key)


WRONG = {
    "fee range from below": ("channels", "metro-store", "fee_low_usd", "6", "'6' is above fee_usd"),
    "fee range from above": ("channels", "cricket-store", "fee_high_usd", "2", "'2' is below fee_usd"),
    "fee range without a fee": ("channels", "ding", "fee_low_usd", "1", "'1' is given, or fee_high_usd is, although"),
    "most below least": ("channels", "att-refill-card", "max_usd", "5", "'5' is below min_usd"),
    "worst below typical": ("channels", "ding", "worst_minutes", "0.01", "'0.01' is below typical_minutes"),
    "cash in words": ("channels", "ding", "cash", "sometimes", "'sometimes' is unknown"),
    "refund unknown": ("channels", "ding", "refund", "maybe", "'maybe' is unknown"),
    "state unknown": ("state_fees", "CA", "state", "PR", "'PR' is unknown"),
    "state twice": ("state_fees", "CA", "state", "AK", "'AK' stands in line 2 already"),
    "fee without a period": ("state_fees", "CA", "fee_per", "", "contradicts the fees"),
    "period without a fee": ("state_fees", "AK", "fee_per", "sale", "'sale' contradicts the fees"),
    "local without a fee": ("state_fees", "AK", "other_fee_local", "true", "'true' contradicts the other fee"),
    "threshold of no percentage": (
        "state_fees",
        "CA",
        "fee_percent_above_usd",
        "15",
        "'15' is given although no fee is a percentage",
    ),
    "tax without a source": ("state_fees", "CA", "sales_tax_source_url", "", "is blank although a sales tax is given"),
    "tax as a share": ("state_fees", "CA", "state_sales_tax_percent", "0.0725%", "'0.0725%' is not a number"),
    "half a day of grace": ("expiry_rules", 0, "grace_days", "1.5", "'1.5' is not a whole number"),
    "code without a brand": ("balance_codes", 0, "brand", "", "is blank"),
    "price seen by month": ("price_history", 0, "observed_on", "2026-05", "'2026-05' is not an ISO date"),
    "pack of no size": ("price_history", 0, "data_gb", "", "is blank although the pack is limited"),
    "threshold of no fee": ("state_fees", "AK", "fee_min_sale_usd", "10", "'10' is given although no fee is"),
    "base out of range": ("assumptions", "unstated_911_usd", "base", "9", "'9' is above high"),
}


@pytest.mark.parametrize(("table", "row", "column", "text", "complaint"), WRONG.values(), ids=WRONG)
def test_a_wrong_cell_is_named(folder, table, row, column, text, complaint):
    row = row if isinstance(row, int) else row_of(table, row)
    path = folder / TABLES[table].file
    edit(path, row, column, text)
    with pytest.raises(CatalogError) as error:
        read_table(path, TABLES[table])
    (problem,) = error.value.problems
    assert problem.startswith(f"{path.name}:{row + 2}: {column}: {complaint}")


def test_a_price_stands_once_a_day(folder):
    path = folder / "price_history.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    with pytest.raises(CatalogError, match=r"^price_history\.csv:443: observed_on: .* has this pack's price"):
        load(folder)


def test_history_cites_sources(folder):
    edit(folder / "price_history.csv", 0, "source_id", "weekly-scrape")
    with pytest.raises(CatalogError, match=r"^price_history\.csv:2: source_id: 'weekly-scrape' is not in"):
        load(folder)


def test_a_source_may_be_cited_by_history_alone(folder):
    path = folder / "price_history.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "weekly-competitor-scrape" not in line), encoding="utf-8")
    with pytest.raises(CatalogError, match="'weekly-competitor-scrape' is cited by no table"):
        load(folder)


def test_a_rule_waits_for_the_columns_that_it_compares(folder):
    path = folder / "price_history.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("voice_text", "voice", 1), encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load(folder)
    assert error.value.problems == (
        "price_history.csv:1: unknown column 'voice'; did you mean 'voice_text'?",
        "price_history.csv:1: column 'voice_text' is missing",
    )


def test_a_state_without_a_figure_is_blank_not_zero():
    fees = CATALOG.state_fees
    assert fees.loc["AK", ["prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"]].isna().all()
    assert fees.loc["AK", "state_sales_tax_percent"] == 0


def test_brands_are_those_of_the_catalogue():
    known = set(CATALOG.plans["provider"])
    listed = CATALOG.channels["brands"].dropna().str.split("; ").explode()
    brands = pd.concat([listed, CATALOG.balance_codes["brand"], CATALOG.expiry_rules["brand"]])
    assert set(brands) <= known
