"""The contract of the smaller tables: what each refuses, and how the tables hang together."""

import csv
import shutil

import pandas as pd
import pytest
from made_up import DATA as CATALOG

from prepaid.catalog import DATA, load
from prepaid.catalog.kinds import CatalogError, declared
from prepaid.catalog.read import read_table
from prepaid.catalog.rules import RULES

TABLES = declared()


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
    "fee range from above": (
        "channels",
        "cricket-store",
        "fee_high_usd",
        "2",
        "'2' is below fee_usd",
    ),
    "fee range without a fee": (
        "channels",
        "ding",
        "fee_low_usd",
        "1",
        "'1' is given, or fee_high_usd is, although",
    ),
    "most below least": ("channels", "att-refill-card", "max_usd", "5", "'5' is below min_usd"),
    "worst below typical": (
        "channels",
        "ding",
        "worst_minutes",
        "0.01",
        "'0.01' is below typical_minutes",
    ),
    "cash in words": ("channels", "ding", "cash", "sometimes", "'sometimes' is unknown"),
    "refund unknown": ("channels", "ding", "refund", "maybe", "'maybe' is unknown"),
    "state unknown": ("state_fees", "CA", "state", "PR", "'PR' is unknown"),
    "state twice": ("state_fees", "CA", "state", "AK", "'AK' stands in line 2 already"),
    "fee without a period": ("state_fees", "CA", "fee_per", "", "contradicts the fees"),
    "period without a fee": ("state_fees", "AK", "fee_per", "sale", "'sale' contradicts the fees"),
    "local without a fee": (
        "state_fees",
        "AK",
        "other_fee_local",
        "true",
        "'true' contradicts the other fee",
    ),
    "threshold of no percentage": (
        "state_fees",
        "CA",
        "fee_percent_above_usd",
        "15",
        "'15' is given although no fee is a percentage",
    ),
    "tax without a source": (
        "state_fees",
        "CA",
        "sales_tax_source_url",
        "",
        "is blank although a sales tax is given",
    ),
    "tax as a share": (
        "state_fees",
        "CA",
        "state_sales_tax_percent",
        "0.0725%",
        "'0.0725%' is not a number",
    ),
    "half a day of grace": ("expiry_rules", 0, "grace_days", "1.5", "'1.5' is not a whole number"),
    "code without a brand": ("balance_codes", 0, "brand", "", "is blank"),
    "price seen by month": (
        "price_history",
        0,
        "observed_on",
        "2026-05",
        "'2026-05' is not an ISO date",
    ),
    "pack of no size": ("price_history", 0, "data_gb", "", "is blank although the pack is limited"),
    "threshold of no fee": (
        "state_fees",
        "AK",
        "fee_min_sale_usd",
        "10",
        "'10' is given although no fee is",
    ),
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
    said = rf"^price_history\.csv:{len(lines) + 1}: observed_on: .* has this pack's price"
    with pytest.raises(CatalogError, match=said):
        load(folder)


def test_history_cites_sources(folder):
    edit(folder / "price_history.csv", 0, "source_id", "weekly-scrape")
    with pytest.raises(
        CatalogError, match=r"^price_history\.csv:2: source_id: 'weekly-scrape' is not in"
    ):
        load(folder)


def test_a_source_may_be_cited_by_history_alone(folder):
    path = folder / "price_history.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if "weekly-competitor-scrape" not in line), encoding="utf-8"
    )
    with pytest.raises(CatalogError, match="'weekly-competitor-scrape' is cited by no table"):
        load(folder)


def test_a_rule_waits_for_the_columns_that_it_compares(folder):
    path = folder / "price_history.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("voice_text", "voice", 1), encoding="utf-8"
    )
    with pytest.raises(CatalogError) as error:
        load(folder)
    assert error.value.problems == (
        "price_history.csv:1: unknown column 'voice'; did you mean 'voice_text'?",
        "price_history.csv:1: column 'voice_text' is missing",
    )


def test_every_rule_names_columns_of_its_table():
    """One that names another would never be asked."""
    columns = {name: {column.name for column in table.columns} for name, table in TABLES.items()}
    columns["words"] = {"english", "chinese"}
    for name, rules in RULES.items():
        for rule in rules:
            assert {*rule.columns} <= columns[name], rule.problem


def test_a_state_without_a_figure_is_blank_not_zero():
    fees = CATALOG.state_fees
    assert (
        fees.loc[
            "AK", ["prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"]
        ]
        .isna()
        .all()
    )
    assert fees.loc["AK", "state_sales_tax_percent"] == 0


def test_brands_are_those_of_the_catalogue():
    known = set(CATALOG.plans["provider"])
    listed = CATALOG.channels["brands"].dropna().str.split("; ").explode()
    brands = pd.concat([listed, CATALOG.balance_codes["brand"], CATALOG.expiry_rules["brand"]])
    assert set(brands) <= known


# --- offers, commitments and facts of sellers, on made-up tables ---

PLAN = {
    **{
        "plan_id": "acme-5gb",
        "provider": "Acme",
        "provider_kind": "mvno",
        "plan": "5 GB",
        "offer": "standard",
    },
    **{
        "price_usd": "20",
        "term_days": "30",
        "data_gb": "5",
        "allowance_days": "30",
        "unlimited": "false",
    },
    **{
        "after_allowance": "stop",
        "tourist_only": "false",
        "notional_data": "false",
        "as_of": "2026-06",
    },
    "source_id": "acme-page",
}
RECORD = {"terms_source_id": "acme-page", "terms_as_of": "2026-06", "terms_confidence": "high"}
OFFER = PLAN | RECORD | {"plan_id": "acme-5gb-new", "offer": "new_customer", "price_usd": "10"}
OFFER |= {"offer_terms": "3", "renews_at_usd": "20", "renews_as": "acme-5gb"}
UNLIMITED = PLAN | {
    "unlimited": "true",
    "data_gb": "",
    "after_allowance": "",
    "allowance_days": "30",
}


@pytest.fixture
def problems_of(tmp_path):
    """Return what is wrong with a table of these rows, without the file's name and line."""

    def problems_of(name, *rows):
        table = TABLES[name]
        with (tmp_path / table.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file, [column.name for column in table.columns], restval="", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(rows)
        try:
            read_table(tmp_path / table.file, table)
        except CatalogError as error:
            return [problem.split(": ", 1)[1] for problem in error.problems]
        return []

    return problems_of


@pytest.mark.parametrize(
    "rows",
    [
        [PLAN, OFFER],
        [PLAN, OFFER | {"renews_at_usd": "15"}],
        [OFFER | {"renews_as": "acme-5gb-new", "renews_at_usd": "10", "offer_terms": ""}],
        [OFFER | {"renews_as": ""}],
        [OFFER | {"renews_as": "", "renews_at_usd": ""}],
        [PLAN | RECORD | {"minimum_terms": "3"}],
        [UNLIMITED | {"threshold": "false"}],
        [UNLIMITED | {"threshold": "true", "after_allowance": "throttle"}],
    ],
    ids=[
        "full price",
        "between",
        "price lasts",
        "no plan",
        "unknown after",
        "bound",
        "no threshold",
        "untold threshold",
    ],
)
def test_terms_that_fit_are_read(problems_of, rows):
    assert problems_of("plans", *rows) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"offer": "standard"}, "offer_terms: '3' is given although the plan is open to all"),
        ({"renews_at_usd": "9"}, "renews_at_usd: '9' is below price_usd"),
        (
            {"renews_at_usd": "21"},
            "renews_at_usd: '21' is above the price of the plan it turns into",
        ),
        ({"renews_at_usd": ""}, "renews_at_usd: is blank although the offer turns into a plan"),
        ({"data_gb": "6"}, "renews_as: 'acme-5gb' gives something else"),
        ({"after_allowance": ""}, "renews_as: 'acme-5gb' gives something else"),
        ({"term_days": "31"}, "renews_as: 'acme-5gb' gives something else"),
        ({"provider": "Apex"}, "renews_as: 'acme-5gb' gives something else"),
        ({"minimum_terms": "0"}, "minimum_terms: '0' is below 1"),
        ({"terms_source_id": ""}, "terms_source_id: contradicts minimum_terms"),
        ({"terms_as_of": ""}, "terms_as_of: contradicts minimum_terms"),
        ({"terms_confidence": ""}, "terms_confidence: contradicts minimum_terms"),
        ({"terms_confidence": "low"}, "terms_confidence: 'low' is unknown"),
    ],
)
def test_terms_that_do_not_fit_are_named(problems_of, change, complaint):
    problems = problems_of("plans", PLAN, OFFER | change)
    assert problems[0].startswith(complaint)
    assert len(problems) == (3 if "offer" in change else 1), "an offer's three terms are each named"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"threshold": "false"}, "threshold: 'false' is given although the plan is limited"),
        ({"terms_as_of": "2026-06"}, "terms_as_of: '2026-06' contradicts minimum_terms"),
        ({"provider_kind": "travel_esim", "sim": "both"}, "sim: 'both' contradicts a travel eSIM"),
        (
            {"provider_kind": "travel_esim", "sim": "physical"},
            "sim: 'physical' contradicts a travel eSIM",
        ),
        (
            UNLIMITED | {"notional_data": "true"},
            "notional_data: 'true' says credit although there is no data_gb",
        ),
        (UNLIMITED | {"data_gb": "5", "threshold": "true"}, "threshold: 'true' is given although"),
    ],
)
def test_a_plan_that_contradicts_itself_is_named(problems_of, change, complaint):
    (problem,) = problems_of("plans", PLAN | change)
    assert problem.startswith(complaint)


TOPICS = next(one.cases for one in TABLES["seller_facts"].columns if one.name == "value")
FACT = {"provider": "Acme", "words": "", "basis": "seller", "confidence": "high"}
FACT |= {"source": "Help", "source_url": "https://acme.example/"}


@pytest.mark.parametrize(
    ("topic", "value", "fits"),
    [
        ("foreign_card", "partial", True),
        ("foreign_card", "maybe", False),
        ("early_renewal", "queues", True),
        ("early_renewal", "yes", False),
        ("extra_fee_usd", "2.63", True),
        ("extra_fee_usd", "1.88-2.29", True),
        ("extra_fee_usd_a_month", "1.88-2.29", True),
        ("extra_fee_usd", "$2", False),
        ("extra_fee_usd", "1-2-3", False),
        ("sim_usd", "0", True),
        ("sim_usd", "free", False),
        ("unused_valid_days", "30", True),
        ("unused_valid_days", "1.5", False),
        ("minimum_terms", "none", True),
        ("minimum_terms", "3", False),
        ("balance_check", "text BAL to 6700", True),
    ],
)
def test_a_fact_says_what_its_topic_allows(problems_of, topic, value, fits):
    expected = (
        []
        if fits
        else [f"value: '{value}' does not fit {topic} (expected {TOPICS[topic].expected})"]
    )
    assert problems_of("seller_facts", FACT | {"topic": topic, "value": value}) == expected


SECOND = {
    "plan_id": "acme-5gb",
    "field": "price_usd",
    "value": "20.00",
    "source_id": "apex",
    "as_of": "2026-06",
}


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("taxes_included", "true", None),
        ("taxes_included", "1", "value: '1' is not what its field holds"),
        ("price_usd", "false", "value: 'false' is not what its field holds"),
        ("price_usd", "free", "value: 'free' is not a cell"),
        ("plan", "5 GB", "field: 'plan' is unknown"),
    ],
)
def test_a_second_reading_is_a_cell_of_its_column(problems_of, field, value, complaint):
    problems = problems_of("second_sources", SECOND | {"field": field, "value": value})
    assert [problem.split(" (")[0] for problem in problems][:1] == (
        [complaint] if complaint else []
    )


def test_a_source_reads_a_cell_once_a_day(problems_of):
    assert problems_of("second_sources", SECOND, SECOND | {"as_of": "2026-07"}) == []
    (problem,) = problems_of("second_sources", SECOND, SECOND | {"value": "21"})
    assert problem.startswith("field: 'price_usd' stands twice for this plan, source and day")
