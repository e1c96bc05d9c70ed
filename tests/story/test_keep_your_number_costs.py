"""What keeping a number costs, by hand in made-up rows."""

from dataclasses import replace

import pandas as pd
import pytest
from made_up import ASSUMED, DATA, table

from prepaid.story.keep_your_number import codes_abroad, cost_of_keeping

STATES = table(
    DATA.state_fees,
    [
        {"state": "OR", "prepaid_911_usd": 1, "fee_per": "sale", "state_sales_tax_percent": 0},
        {"state": "MA", "prepaid_911_usd": 2, "fee_per": "month", "state_sales_tax_percent": 0},
        {"state": "NV", "prepaid_911_usd": 0, "fee_per": "sale", "state_sales_tax_percent": 10},
    ],
)
PLANS = DATA.plans.loc[["tello-5gb", "nomad-3gb-30d"]].assign(taxes_included=[True, pd.NA])


def ways(*rows):
    """Return ways to keep a number, at $10 each 73 days, of which nothing else is said."""
    base = {"provider": "Ultra Mobile", "price_usd": 10.0, "every_days": 73, "source": "A page"}
    made = [{**base, **row} for row in rows or [{}]]
    real = DATA.keep_number
    return pd.DataFrame(made, columns=real.columns).astype(real.dtypes)


def cost(*rows, facts=(("taxes_included", "no"),), **options):
    told = [
        {"provider": "Ultra Mobile", "plan_id": pd.NA, "topic": topic, "value": value}
        for topic, value in facts
    ]
    facts = pd.DataFrame(told, columns=DATA.seller_facts.columns)
    data = replace(DATA, plans=PLANS, state_fees=STATES, assumptions=ASSUMED, seller_facts=facts)
    return cost_of_keeping(ways(*rows), data, **options)


def levels(row, ending):
    return [round(row[f"{level}_{ending}"], 2) for level in ("low", "base", "high")]


def test_a_year_is_365_days_of_payments_with_the_fee_of_the_state_on_each():
    row = cost(state="OR").iloc[0]
    assert levels(row, "year_usd") == [55, 55, 55]  # 5 payments of 10 + 1
    assert (row["payments"], levels(row, "usd")) == (5, [55, 55, 55])


def test_over_years_whole_payments_count():
    row = cost({"every_days": 360}, state="OR", years=3).iloc[0]  # 4 x 360 cover 1,095 days
    assert row["payments"] == 4
    assert levels(row, "usd") == [44, 44, 44]
    assert levels(row, "year_usd") == [pytest.approx(11 * 365 / 360, abs=0.01)] * 3
    assert cost({"every_days": 365}, state="OR", years=3).iloc[0]["payments"] == 3


def test_a_fee_by_the_month_counts_for_the_months_that_one_payment_covers():
    row = cost({"every_days": 90}, {"every_days": 10}, state="MA")
    assert levels(row.loc[0], "usd") == [5 * 16] * 3  # 3 months of 2 on each 10
    assert levels(row.loc[1], "usd") == [37 * 12] * 3  # a month at least


def test_without_a_state_the_range_is_over_all_states():
    row = cost().iloc[0]  # OR 11, MA 14 (2 months), NV 11 + local tax of 0, 2 or 5 %
    assert levels(row, "usd") == [55, 56, 70]
    assert row["missing"] == "service fee; taxes and fees of the state"


def test_tax_is_as_the_plan_says_or_else_its_brand():
    assert levels(cost({"plan_id": "tello-5gb"}, state="NV").iloc[0], "usd") == [50, 50, 50]
    assert levels(cost({"plan_id": "nomad-3gb-30d"}, state="NV").iloc[0], "usd") == [55, 56, 57.5]
    assert levels(cost(facts=[("taxes_included", "yes")], state="NV").iloc[0], "usd") == [
        50,
        50,
        50,
    ]


@pytest.mark.parametrize("facts", [(), (("taxes_included", "yes"), ("taxes_included", "no"))])
def test_where_nobody_says_or_both_is_said_tax_may_be_in_the_price(facts):
    row = cost(facts=facts, state="OR").iloc[0]
    assert levels(row, "usd") == [50, 55, 55]
    assert "whether tax is included" in row["missing"]


def test_only_a_stated_fee_counts():
    row = cost(facts=[("taxes_included", "yes"), ("extra_fee_usd", "1-3")]).iloc[0]
    assert levels(row, "usd") == [55, 60, 65]
    assert row["missing"] == ""


@pytest.mark.parametrize(
    ("roaming", "wifi", "codes"),
    [
        ("included", None, "stated"),
        ("paid", "no", "stated"),
        ("no", "yes", "stated"),
        ("no", "partial", "in part"),
        ("no", "unclear", "not said"),
        ("no", None, "not said"),
        (None, "no", "not said"),
        (None, None, "not said"),
        ("no", "no", "no"),
    ],
)
def test_one_way_for_texts_is_enough_and_no_takes_two(roaming, wifi, codes):
    row = ways({"roaming_texts": roaming, "wifi_calling_abroad": wifi})
    assert codes_abroad(row).tolist() == [codes]


def test_a_free_way_of_which_nobody_says_that_texts_arrive_is_not_first():
    rows = cost(
        {"price_usd": 0},
        {"price_usd": 20, "roaming_texts": "paid"},
        {"roaming_texts": "paid"},
        state="OR",
    )
    assert rows.index.tolist() == [2, 1, 0]


@pytest.mark.parametrize("years", [0, 1.5, None])
def test_years_that_are_none_are_refused(years):
    with pytest.raises(ValueError, match="whole number of at least 1"):
        cost(years=years)


def test_every_real_way_has_a_cost():
    found = cost_of_keeping(DATA.keep_number, DATA, years=2)
    assert len(found) == len(DATA.keep_number)
    assert (found["low_usd"] <= found["base_usd"]).all()
    assert (found["base_usd"] <= found["high_usd"]).all()
