"""The tables of notebook 01, by small cases."""

import pandas as pd
import pytest

import prepaid
from prepaid.prices import unit_prices
from prepaid.story import price_per_gb


@pytest.fixture(scope="module")
def plans():
    return prepaid.load().plans


def test_the_spread_is_that_of_each_group_and_of_all(plans):
    made_up = pd.DataFrame({"kind": list("aaab"), "usd_per_gb": [1.0, 2.0, 6.0, 9.0]})
    spread = price_per_gb.price_spread(made_up, "kind")
    assert spread["plans"].tolist() == [3, 1, 4]
    assert spread.loc["a", ["lowest_usd", "median_usd", "highest_usd"]].tolist() == [1, 2, 6]
    assert spread.loc["all", "median_usd"] == 4


def test_the_cheapest_come_first_and_unpriced_never(plans):
    priced = plans.join(unit_prices(plans))
    best = price_per_gb.cheapest_per_gb(priced, (1, 5), rows=100)
    assert best["usd_per_gb"].is_monotonic_increasing
    assert best["usd_per_gb"].notna().all()
    assert best["term_days"].max() <= 5


def test_offers_stand_beside_their_standard_price(plans):
    offers = price_per_gb.offers_and_usual(plans)
    mint = offers.loc["mint-unlimited-3-month-intro"]
    assert (mint["price_usd"], mint["usual_price_usd"]) == (45, 120)
    assert "att-unlimited-new" not in offers.index


def test_terms_fall_into_the_range_that_holds_them(plans):
    terms = price_per_gb.term_range(plans)
    for name, (shortest, longest) in price_per_gb.TERM_RANGES.items():
        assert plans.loc[terms == name, "term_days"].between(shortest, longest).all()
    assert terms.isna().sum() == plans["term_days"].isna().sum()


def test_a_plan_on_three_networks_stands_three_times(plans):
    rows = price_per_gb.by_network(plans.loc[["jetpac-5gb-7d"]])
    assert rows["network"].tolist() == ["AT&T", "T-Mobile", "Verizon"]
