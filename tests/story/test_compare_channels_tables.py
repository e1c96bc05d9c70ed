"""The tables of notebook 02, by small made-up channels."""

from dataclasses import replace

import pandas as pd
import pytest
from made_up import ASSUMED, DATA, ON, channels

from prepaid.channels import landed_cost
from prepaid.recommend import Wishes, recommend
from prepaid.story.compare_channels import (
    cost_by_state,
    first_choices,
    in_order,
    taxes_of,
    waits_by_kind,
    ways_for,
    when_it_fails,
    who_can_pay,
)

PLANS = DATA.plans.loc[["tello-5gb", "nomad-3gb-30d"]].assign(taxes_included=[True, pd.NA])
WAITS = pd.DataFrame({"low": 1.0, "base": [60.0, 5.0, 360.0, 90.0], "high": 4320.0})
WAITS.index = [
    f"unstated_wait_{kind}_minutes" for kind in ("carrier", "travel_esim", "third_party", "store")
]


def market(*rows, facts=()):
    """Return all tables, with these channels and facts of sellers, for two brands."""
    columns = {
        "provider": "Tello",
        "plan_id": pd.NA,
        "words": "",
        "basis": "seller",
        "as_of": pd.NaT,
    }
    told = pd.DataFrame([{**columns, "topic": topic, "value": value} for topic, value in facts])
    told = told.reindex(columns=DATA.seller_facts.columns)
    assumed = pd.concat([ASSUMED, WAITS])
    return replace(
        DATA, plans=PLANS, channels=channels(*rows), seller_facts=told, assumptions=assumed
    )


def order(*rows, face_usd=30, facts=(), **options):
    data = market(*({"brands": "Tello", **row} for row in rows), facts=facts)
    return in_order(ways_for("Tello", data), data, face_usd, **options)


def test_every_state_once_and_as_landed_cost_says():
    tables = DATA.channels.head(1), DATA.state_fees, DATA.assumptions
    costs = cost_by_state(30, *tables)
    assert list(costs.index) == list(DATA.state_fees.index)
    alone = landed_cost(30, *tables, state="NY").iloc[0]
    pd.testing.assert_series_equal(costs.loc["NY"], alone, check_names=False)


def test_what_nobody_can_buy_with_first_is_left_out():
    rows = [
        {"automatic": True},
        {"credit_only": True},
        {"payment_methods": "saved card"},
        {},
        {"brands": "Mint"},
    ]
    assert order(*rows).index.tolist() == ["d"]


def test_a_brand_without_an_own_channel_is_bought_on_its_site_of_which_nothing_is_known():
    found = order({"kind": "store", "fee_usd": 9}, payment="us_card")
    assert found["channel"].tolist()[:1] == ["Tello website"]
    assert found["evidence"].tolist() == ["not said", "not said"]


def test_what_is_stated_comes_before_likely_before_in_part_before_silence_whatever_it_costs():
    rows = [
        {"cash": True, "fee_usd": 9},
        {"kind": "store", "fee_usd": 3},
        {"fee_usd": 0},
        {"cash": False},
    ]
    found = order(*rows, payment="cash")
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["evidence"].tolist() == ["stated", "likely by kind", "not said"]
    assert order({"foreign_card": "partial"}, {}, payment="foreign_card").index.tolist() == [
        "a",
        "b",
    ]


def test_of_equal_evidence_the_cheapest_at_its_own_worst_is_first_then_the_quickest():
    assert order({}, {"fee_usd": 3}).index.tolist() == ["b", "a"]  # nobody says: 0 to 4
    assert order(
        {"fee_usd": 1, "worst_minutes": 60}, {"fee_usd": 1, "worst_minutes": 5}
    ).index.tolist() == ["b", "a"]


def test_a_wallet_with_a_higher_smallest_amount_is_loaded_and_the_rest_is_no_cost():
    found = order(
        {"fee_usd": 1, "min_usd": 20}, {"fee_usd": 2, "min_usd": 3}, {"max_usd": 2}, face_usd=3
    )
    assert found.index.tolist() == ["a", "b"]
    assert found["base_usd"].tolist() == [4, 5]
    assert found["load_usd"].tolist()[0] == 20
    assert found["load_usd"].isna().tolist() == [False, True]


def test_a_fee_that_a_brand_asks_on_each_payment_counts_where_its_own_channel_states_none():
    rows = [{}, {"fee_usd": 5}, {"kind": "store", "fee_usd": 7}]
    found = order(*rows, facts=[("extra_fee_usd", "1-3")])
    assert found[["own_low_usd", "base_usd", "own_high_usd"]].to_numpy().tolist() == [
        [31, 32, 33],
        [35, 35, 35],
        [37, 37, 37],
    ]


@pytest.mark.parametrize(("brand", "taxes"), [("Tello", True), ("Nomad", "likely")])
def test_taxes_are_as_the_plans_say_or_likely_as_the_kind_is(brand, taxes):
    assert taxes_of(brand, PLANS) == taxes
    both = pd.concat([PLANS, PLANS.assign(taxes_included=False)])
    assert taxes_of(brand, both) is None


def test_first_choices_name_two_ways_for_each_payment_and_say_where_there_is_none():
    data = market(
        {"brands": "Tello", "cash": False, "foreign_card": "yes", "fee_usd": 0},
        {"brands": "Tello", "cash": False, "fee_usd": 1, "payment_methods": "credit card"},
        {"kind": "third_party", "fee_usd": 0},
    )
    found = first_choices(ways_for("Tello", data), data, 30, None)
    assert found.query("pay_with == 'foreign card'")["taken"].tolist() == ["yes", "?"]
    assert found.query("pay_with == 'US card'")["taken"].tolist() == ["yes", "yes"]
    assert found.query("pay_with == 'cash'")["channel"].tolist() == ["none that we know"]


def test_answers_tell_partly_and_likely_apart_from_silence():
    data = market(
        {
            "brands": "Tello",
            "foreign_card": "partial",
            "payment_methods": "PayPal",
            "account_required": False,
        },
        {"brands": "Tello", "kind": "store"},
    )
    found = who_can_pay(ways_for("Tello", data), data)
    assert found.loc["a"].tolist() == ["partly", "no", "no", "yes", "yes"]
    assert found.loc["b"].tolist() == ["?", "?", "likely", "?", "?"]


def test_waits_show_the_longest_that_is_stated_beside_what_is_assumed():
    data = market({"brands": "Tello", "worst_minutes": 15}, {"brands": "Tello"}, {"kind": "store"})
    found = waits_by_kind(ways_for("Tello", data), data.assumptions)
    assert found.loc["brand's own"].tolist() == [2, 1, 15, 60, 4320]
    assert found.loc["shop"].isna().tolist() == [False, False, True, False, False]


def test_only_channels_that_say_what_to_do_are_listed_when_a_top_up_fails():
    data = market({"brands": "Tello"}, {"brands": "Tello"})
    told = pd.DataFrame({"wait_minutes": [30.0], "action": ["Call"], "refund": [None]}, index=["b"])
    assert when_it_fails(ways_for("Tello", data), told).index.tolist() == ["b"]


@pytest.mark.parametrize("payment", ["foreign_card", "us_card", "cash"])
def test_the_first_way_is_the_route_that_recommend_names(payment):
    """Notebooks 00 and 02 send the same payer to the same channel, of those that sell a SIM."""
    wishes = Wishes(days=30, usage=0.1, payment=payment, state="TX")
    plans = recommend(DATA, wishes, on=ON).plans
    credit = plans["notional_data"].astype(bool) | plans["plan"].str.contains("pay", case=False)
    usual = (plans["offer"] == "standard") & (plans["face_usd"] > 0) & plans["only_through"].isna()
    plans = plans[usual & ~credit & ~plans["only_refills"]]
    checked = 0
    for brand, rows in plans.groupby(plans["provider"].astype(str)):
        ways = ways_for(brand, DATA)
        sells = ways["names_brand"] & ~ways["only_refills"].fillna(False).astype(bool)
        for _, plan in rows.head(2).iterrows():
            price = plan["face_usd"]
            found = in_order(ways[sells], DATA, price, payment=payment, state="TX")
            route = "own-site" if pd.isna(plan["channel_id"]) else plan["channel_id"]
            assert found.index[0] == route, (brand, plan["name"])
            checked += 1
    assert checked > 5
