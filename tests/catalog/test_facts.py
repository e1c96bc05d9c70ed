"""How the tables of facts hang together: what each cites is there, and has reached its plans."""

import csv
import re
import shutil

import pytest
from made_up import DATA as CATALOG

from prepaid.catalog import DATA, load
from prepaid.catalog.kinds import CatalogError, declared


@pytest.fixture
def data():
    return CATALOG


@pytest.mark.parametrize(
    ("table", "column", "cited"),
    [
        ("plans", "only_through", "channels.csv"),
        ("plans", "renews_as", "plans.csv"),
        ("plans", "terms_source_id", "sources.csv"),
        ("seller_facts", "provider", "plans.csv"),
        ("seller_facts", "plan_id", "plans.csv"),
        ("second_sources", "plan_id", "plans.csv"),
        ("second_sources", "source_id", "sources.csv"),
        ("keep_number", "provider", "plans.csv"),
        ("keep_number", "plan_id", "plans.csv"),
        ("failed_top_ups", "channel_id", "channels.csv"),
    ],
)
def test_what_a_fact_cites_is_there(tmp_path, table, column, cited):
    path = shutil.copytree(DATA, tmp_path / "data") / declared()[table].file
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    next(row for row in rows if row[column])[column] = "nowhere"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(
        CatalogError, match=rf"{column}: 'nowhere' is (not in|no provider of) {cited}"
    ):
        load(path.parent)


@pytest.mark.parametrize("table", ["seller_facts", "keep_number"])
def test_a_fact_of_a_plan_names_a_plan_of_that_brand(data, table):
    facts = getattr(data, table)
    one_plan = facts.dropna(subset="plan_id")
    assert len(one_plan), "else nothing is tested"
    brands = data.plans["provider"].astype(str).reindex(one_plan["plan_id"])
    assert list(brands) == list(one_plan["provider"])


def test_a_plan_sold_in_one_place_is_sold_there(data):
    sold = data.plans["only_through"].dropna()
    assert len(sold), "else nothing is tested"
    for plan_id, channel_id in sold.items():
        assert data.plans.loc[plan_id, "provider"] in data.channels.loc[channel_id, "brands"].split(
            "; "
        )


def test_what_a_brand_states_of_tax_is_in_its_plans(data):
    stated = data.seller_facts.query("topic == 'taxes_included' and value in ('yes', 'no')")
    for _, fact in stated.iterrows():
        plans = data.plans[data.plans["provider"] == fact["provider"]]
        assert plans["taxes_included"].notna().all(), fact["provider"]


def test_every_topic_is_explained():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    rows = text.partition("| topics |")[2].partition("\n\n")[0].splitlines()[2:]
    explained = {topic for row in rows for topic in re.findall(r"`(\w+)`", row.split("|")[1])}
    columns = {one.name: one for one in declared()["seller_facts"].columns}
    assert explained == set(columns["topic"].kind.dtype.categories)
    assert columns["value"].by == "topic"
    assert columns["value"].cases.keys() <= explained
