"""How the tables of facts hang together: what each cites is there, and what a brand states has reached its plans."""

import re

import pytest

import prepaid
from prepaid.catalog import DATA
from prepaid.catalog.rules import TOPICS


@pytest.fixture(scope="module")
def data():
    return prepaid.load()


@pytest.mark.parametrize("table", ["seller_facts", "keep_number"])
def test_a_fact_of_a_plan_names_a_plan_of_that_brand(data, table):
    facts = getattr(data, table)
    assert set(facts["provider"]) <= set(data.plans["provider"])
    one_plan = facts.dropna(subset="plan_id")
    assert len(one_plan), "else nothing is tested"
    brands = data.plans["provider"].astype(str).reindex(one_plan["plan_id"])
    assert list(brands) == list(one_plan["provider"])


def test_second_readings_are_of_plans(data):
    assert set(data.second_sources["plan_id"]) <= set(data.plans.index)


def test_failed_top_ups_are_of_channels(data):
    assert set(data.failed_top_ups.index) <= set(data.channels.index)


def test_a_plan_sold_in_one_place_is_sold_there(data):
    sold = data.plans["only_through"].dropna()
    assert len(sold), "else nothing is tested"
    for plan_id, channel_id in sold.items():
        assert data.plans.loc[plan_id, "provider"] in data.channels.loc[channel_id, "brands"].split("; ")


def test_what_a_brand_states_of_tax_is_in_its_plans(data):
    stated = data.seller_facts.query("topic == 'taxes_included' and value in ('yes', 'no')")
    for _, fact in stated.iterrows():
        plans = data.plans[data.plans["provider"] == fact["provider"]]
        assert plans["taxes_included"].notna().all(), fact["provider"]


def test_every_topic_is_explained():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    table = text.partition("| topics |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))) == set(TOPICS)
