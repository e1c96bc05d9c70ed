"""What `recommend` answers: small made-up markets, worked out by hand; one rule decides each."""

import datetime as dt
import math
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import ASSUMED, DATA, ON, comparison, table

from prepaid.channels import EVIDENCE, LIKELY, NO, PARTLY, SILENT, STATED
from prepaid.offers import WISH_NAMES, take_part
from prepaid.recommend import (
    PRICED_DOUBTS,
    Answer,
    recommend,
    serving,
)
from prepaid.top_up import reorder_point
from prepaid.usage import UsageModel
from prepaid.wishes import Wishes

# A month of plenty at $30 with tax in it, from a brand whose site takes all cards.
PLAN = {
    **{"provider": "A", "provider_kind": "mvno", "network": "AT&T+T-Mobile+Verizon", "sim": "both"},
    **{
        "offer": "standard",
        "price_usd": 30.0,
        "taxes_included": True,
        "term_days": 30,
        "data_gb": 100.0,
    },
    **{"allowance_days": 30, "notional_data": False, "unlimited": False, "after_allowance": "stop"},
    **{"hotspot_unlimited": True, "voice_text": True, "tourist_only": False, "as_of": "2026-11-01"},
}
TRAVEL = {"provider_kind": "travel_esim", "sim": "esim"}
OWN_SHOP = {
    "channel_id": "a-site",
    "channel": "A site",
    "kind": "carrier",
    "brands": "A; B; C",
    "fee_usd": 0.0,
}
TAKES_ALL = {**OWN_SHOP, "payment_methods": "card; cash", "foreign_card": "yes", "cash": True}
FEES = {
    "unstated_wait_carrier_minutes": 60,
    "unstated_wait_store_minutes": 120,
    "unstated_wait_third_party_minutes": 360,
    "unstated_wait_travel_esim_minutes": 5,
    "travel_esim_foreign_card": 1,
    "store_cash": 1,
    "fair_use_gb_per_day": 2,
    "fair_use_kbps": 1000,
    "blank_throttle_kbps": 128,
}
# Sales tax 8 % and nothing else, so that what comes on top of $100 is worked out at a glance.
STATES = [{"state": "XX", "prepaid_911_usd": 0.0, "fee_per": "sale", "state_sales_tax_percent": 8}]


def market(plans, channels=(TAKES_ALL,), facts=(), second_prices=()):
    """Return tables of plans by name, of channels, of facts (provider, plan_id, topic, value)."""
    rows = [{"plan_id": name, "plan": name, **PLAN, **changes} for name, changes in plans.items()]
    made = pd.DataFrame(rows).assign(as_of=lambda rows: pd.to_datetime(rows["as_of"]))
    own = pd.concat([ASSUMED, pd.DataFrame({level: FEES for level in ASSUMED})])
    own.loc["fair_use_gb_per_day"] = 1, 2, 5
    own.loc["local_sales_tax_percent"] = 0
    said = pd.DataFrame(facts, columns=["provider", "plan_id", "topic", "value"])
    others = pd.DataFrame(second_prices, columns=["plan_id", "value", "as_of"]).assign(
        field="price_usd"
    )
    return replace(
        DATA,
        plans=table(DATA.plans, made.to_dict("records")),
        channels=table(DATA.channels, list(channels)),
        state_fees=table(DATA.state_fees, STATES),
        assumptions=own,
        seller_facts=said,
        second_sources=others.assign(as_of=pd.to_datetime(others["as_of"])),
    )


def ask(plans, *, channels=(TAKES_ALL,), facts=(), second_prices=(), on=ON, **wishes) -> Answer:
    asked = Wishes(**{"state": "XX", "usage": 0.1, **wishes})
    return recommend(market(plans, channels, facts, second_prices), asked, on=on)


def test_the_surest_is_the_cheapest_of_those_that_are_sure():
    answer = ask({"dear": {"price_usd": 40}, "cheap": {"price_usd": 20}, "middle": {}})
    assert (answer.surest, answer.cheaper, answer.otherwise) == ("cheap", None, "middle")
    assert answer.plans.index.tolist() == ["cheap", "middle", "dear"]
    assert answer.missing == answer.ruled_out == ()


def test_the_cheaper_pick_is_the_cheapest_if_all_turns_out_well():
    tax_unsaid = {"price_usd": 19, "taxes_included": None}
    answer = ask(
        {
            "sure": {"price_usd": 20},
            "hoped": tax_unsaid,
            "open": {"price_usd": 10, "network": None},
        },
        network="AT&T",
    )
    # $19 is at most 19 x 1.08 = 20.52: at its own worst dearer than the $20 with tax in it.
    assert (answer.surest, answer.cheaper, answer.otherwise) == ("sure", "open", "hoped")
    hoped = answer.plans.loc["hoped"]
    assert [hoped["own_low_usd"], hoped["own_high_usd"]] == pytest.approx([19, 20.52])


def test_a_saving_below_a_dollar_is_no_second_pick():
    answer = ask(
        {"sure": {"price_usd": 20}, "open": {"price_usd": 19.5, "network": None}}, network="AT&T"
    )
    assert (answer.surest, answer.cheaper) == ("sure", None)


# 1. Age is counted from the reader's day.


def test_a_stale_price_is_no_surest_pick_and_is_asked_about():
    plans = {"old": {"price_usd": 10, "as_of": "2026-06-01"}, "fresh": {}}
    answer = ask(plans)
    assert (answer.surest, answer.cheaper) == ("fresh", "old")
    assert answer.plans.loc["old", ["age_days", "stale", "open"]].tolist() == [
        178,
        True,
        ("stale",),
    ]


def test_the_same_market_ages_and_says_what_is_missing():
    later = ask({"a": {}, "b": {"as_of": "2026-11-20"}}, on=ON + dt.timedelta(days=200))
    assert later.surest is None
    assert later.missing == ((("stale",), 2),)
    assert later.cheaper == "a"
    assert later.plans.loc["b", "age_days"] == 206


@pytest.mark.parametrize(("seen", "surest"), [("2026-10-27", "promo"), ("2026-10-26", "usual")])
def test_a_promotion_that_was_seen_a_month_ago_is_not_sure(seen, surest):
    promo = {"offer": "promo", "price_usd": 20, "as_of": seen}
    answer = ask({"promo": promo, "usual": {}})
    assert answer.surest == surest
    assert answer.cheaper == (None if surest == "promo" else "promo")
    kind = "promotion" if surest == "promo" else "old_promotion"
    assert answer.plans["open"].to_dict() == {"promo": (kind,), "usual": ()}


# 2. One order of evidence.


def test_plans_stand_in_the_order_of_evidence_before_that_of_cost():
    plans = {
        "no": {"provider": "N", "price_usd": 1},
        "silent": {"provider": "S", "price_usd": 2},
        "partly": {"provider": "P", "price_usd": 3},
        "likely": {"provider": "L", "price_usd": 4, **TRAVEL},
        "stated": {"provider": "Y", "price_usd": 5},
    }
    facts = [
        ("N", None, "foreign_card", "no"),
        ("P", None, "foreign_card", "partial"),
        ("Y", None, "foreign_card", "yes"),
    ]
    answer = ask(plans, facts=facts, channels=())
    # What is likely by kind counts as known: the cheaper of likely and stated is the surest.
    assert answer.plans.index.tolist() == ["likely", "stated", "partly", "silent"]
    assert answer.plans["pay"].tolist() == [LIKELY, STATED, PARTLY, SILENT]
    assert answer.plans["open"].tolist() == [(), (), ("pay",), ("pay",)]
    assert (answer.surest, answer.cheaper) == ("likely", "silent")
    careful = ask(plans, facts=facts, channels=(), stated_only=True)
    assert careful.surest == "stated"
    assert careful.plans.loc["likely", "pay"] == SILENT


def test_tax_that_is_likely_in_the_price_counts_at_the_worst_only():
    silent = ask({"travel": {"taxes_included": None, "price_usd": 100, **TRAVEL}}).plans.iloc[0]
    assert silent[["low_usd", "base_usd", "high_usd"]].tolist() == pytest.approx([100, 100, 108])
    phone = ask({"phone": {"taxes_included": None, "price_usd": 100}}).plans.iloc[0]
    assert phone[["low_usd", "base_usd", "high_usd"]].tolist() == pytest.approx([100, 108, 108])


def test_what_is_said_of_the_seller_answers_where_the_plan_is_silent():
    facts = [("A", None, "taxes_included", "no")]
    plan = {"plan": {"taxes_included": None, "price_usd": 100}}
    assert ask(plan, facts=facts).plans["low_usd"].iloc[0] == pytest.approx(108)
    both = [*facts, ("A", None, "taxes_included", "yes")]
    assert ask(plan, facts=both).plans["low_usd"].iloc[0] == pytest.approx(
        100
    )  # sources differ: not said


WISHES = {
    "residents": ({"visitor": False}, [({"tourist_only": True}, NO), ({}, STATED)]),
    "physical_sim": (
        {"esim_phone": False},
        [
            ({"sim": "esim"}, NO),
            ({"sim": None}, SILENT),
            ({**TRAVEL, "sim": None}, NO),
            ({}, STATED),
        ],
    ),
    "us_number": (
        {"us_number": True},
        [
            ({"voice_text": None}, SILENT),
            ({"voice_text": False, **TRAVEL}, NO),
            (TRAVEL, PARTLY),
            ({}, STATED),
        ],
    ),
    "hotspot": (
        {"hotspot_gb": 0.05},
        [
            ({"hotspot_unlimited": None}, SILENT),
            ({"hotspot_unlimited": None, "hotspot_gb": 0.4}, NO),  # ten days of 0.05 GB are 0.5 GB
            ({"hotspot_unlimited": None, "hotspot_gb": 0.5}, STATED),
            ({"hotspot_unlimited": False, "hotspot_gb": 0.0}, NO),
            ({}, STATED),
        ],
    ),
    "on_network": (
        {"network": "Verizon"},
        [
            ({"network": "AT&T"}, NO),
            ({"network": "multi"}, SILENT),
            ({"network": None}, SILENT),
            ({}, STATED),
        ],
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_what_sources_say_to_a_wish(wish):
    asked, cases = WISHES[wish]
    names = [f"plan-{number}" for number in range(len(cases))]
    plans = {name: changes for name, (changes, _) in zip(names, cases, strict=True)}
    answer = ask({**plans, "sure": {"price_usd": 90}}, **asked)
    for name, (_, evidence) in zip(names, cases, strict=True):
        assert (name in answer.plans.index) == (evidence != NO)
        if evidence != NO:
            assert EVIDENCE[answer.plans.loc[name, wish]] == EVIDENCE[evidence]
            assert (wish in answer.plans.loc[name, "open"]) == (evidence > LIKELY)
    assert wish not in ask({"sure": {}}).plans  # what nobody asks has no column


@pytest.mark.parametrize(
    ("topic", "said", "wish", "evidence"),
    [
        ("hotspot", "no", {"hotspot_gb": 0.05}, NO),
        ("hotspot", "yes", {"hotspot_gb": 0.05}, PARTLY),
        ("number_included", "no", {"us_number": True}, NO),
    ],
)
def test_a_brands_word_counts_where_its_plan_is_silent(topic, said, wish, evidence):
    silent = {**TRAVEL, "hotspot_unlimited": None, "voice_text": None, "price_usd": 1}
    answer = ask(
        {"silent": silent, "sure": {"provider": "B"}}, facts=[("A", None, topic, said)], **wish
    )
    name = "hotspot" if "hotspot_gb" in wish else "us_number"
    found = answer.plans[name].get("silent", NO)
    assert found == evidence


# 3. A smallest amount is loaded; the route follows the row.


def route(plan=None, channels=(TAKES_ALL,), **wishes):
    answer = ask({"plan": {**(plan or {})}}, channels=channels, **wishes)
    return None if answer.plans.empty else answer.plans.iloc[0]


def test_a_wallet_that_takes_more_than_the_price_is_loaded():
    wallet = {**TAKES_ALL, "min_usd": 50.0}
    found = route(channels=[wallet])
    assert (found["channel_id"], found["load_usd"], found["base_usd"]) == ("a-site", 50, 30)
    assert math.isnan(route(channels=[{**TAKES_ALL, "min_usd": 30.0}])["load_usd"])


def test_a_channel_that_takes_less_than_the_price_is_none():
    small = {**TAKES_ALL, "channel_id": "small", "max_usd": 20.0}
    assert route(channels=[small, TAKES_ALL])["channel_id"] == "a-site"
    assert route(channels=[small]) is None


@pytest.mark.parametrize(
    "row", [{"credit_only": True}, {"automatic": True}, {"payment_methods": "saved card"}], ids=str
)
def test_a_channel_that_sells_no_plan_leaves_the_sellers_own_site_of_which_nothing_is_known(row):
    found = route(channels=[{**TAKES_ALL, **row}])
    assert pd.isna(found["channel_id"])
    assert (found["pay"], found["open"]) == (SILENT, ("pay",))


@pytest.mark.parametrize(
    "channels", [[], [OWN_SHOP], [{**OWN_SHOP, "delivery": "esim_code"}]], ids=len
)
def test_a_sellers_own_site_takes_no_cash_unless_somebody_says_so(channels):
    assert route(channels=channels)["pay"] == SILENT
    assert route(channels=channels, payment="cash") is None
    assert route(channels=[{**OWN_SHOP, "cash": True}], payment="cash")["pay"] == STATED


def test_credit_is_bought_where_credit_is_sold():
    credit = {**TAKES_ALL, "credit_only": True}
    assert route({"notional_data": True}, [credit])["channel_id"] == "a-site"
    assert route({"plan": "Pay As You Go"}, [credit])["channel_id"] == "a-site"


def test_automatic_channels_count_with_autopay():
    automatic = {**TAKES_ALL, "automatic": True}
    assert route(channels=[automatic], autopay=True)["channel_id"] == "a-site"
    assert route(channels=[automatic], autopay=True, payment="cash") is None


def test_a_plan_that_one_channel_sells_is_bought_there():
    market_place = {**TAKES_ALL, "channel_id": "market", "kind": "third_party", "fee_usd": 9.0}
    assert route({"only_through": "market"}, [TAKES_ALL, market_place])["channel_id"] == "market"
    assert route({}, [TAKES_ALL, market_place])["channel_id"] == "a-site"


def test_what_only_refills_a_line_sells_no_first_sim():
    refills = {
        **TAKES_ALL,
        "channel_id": "refills",
        "kind": "store",
        "only_refills": True,
        "discount_percent": 50.0,
    }
    assert route(channels=[refills, {**TAKES_ALL, "fee_usd": 9.0}])["channel_id"] == "a-site"
    alone = ask({"plan": {}}, channels=[refills], payment="cash")
    assert (alone.surest, alone.cheaper) == (None, "plan")
    assert alone.plans["open"].tolist() == [("only_refills",)]
    own = ask({"plan": {}}, channels=[{**refills, "kind": "carrier"}])
    assert own.plans[["channel_id", "open"]].to_numpy().tolist() == [["refills", ("only_refills",)]]


def test_an_offer_is_the_sellers_own():
    platform = {
        **TAKES_ALL,
        "channel_id": "platform",
        "kind": "third_party",
        "discount_percent": 50.0,
    }
    assert route({}, [TAKES_ALL, platform])["channel_id"] == "platform"
    assert route({"offer": "promo"}, [TAKES_ALL, platform])["channel_id"] == "a-site"


def test_the_channel_best_known_to_take_the_payment_comes_before_a_cheaper_one():
    silent = {**OWN_SHOP, "channel_id": "silent"}
    dear = {**TAKES_ALL, "channel_id": "dear", "fee_usd": 9.0}
    assert route(channels=[silent, dear])["channel_id"] == "dear"
    assert route(channels=[silent, {**dear, "foreign_card": "no"}])["channel_id"] == "silent"
    assert route(channels=[TAKES_ALL, dear])["channel_id"] == "a-site"


def test_of_equal_channels_the_one_that_states_a_shorter_wait_comes_first():
    slow, silent = ({**TAKES_ALL, "channel_id": name} for name in ("slow", "silent"))
    slow["worst_minutes"] = 9_000
    quick = {**TAKES_ALL, "channel_id": "quick", "worst_minutes": 5}
    assert route(channels=[silent, slow, quick])["channel_id"] == "quick"
    assert route(channels=[silent, slow])["channel_id"] == "slow"


# 4. Commitments, offers and what comes after.


def test_a_commitment_is_paid_in_full():
    answer = ask({"bound": {"price_usd": 5, "minimum_terms": 3}, "free": {"price_usd": 12}})
    assert answer.surest == "free"
    assert answer.plans.loc["bound", ["low_usd", "base_usd"]].tolist() == [15, 15]
    assert answer.cheaper is None


def test_a_commitment_that_weak_evidence_reports_counts_at_the_worst_and_is_asked_about():
    weak = {"price_usd": 5, "minimum_terms": 3, "terms_confidence": "medium"}
    answer = ask({"bound": weak, "free": {"price_usd": 12}})
    assert (answer.surest, answer.cheaper) == ("free", "bound")
    assert answer.plans.loc["bound", ["low_usd", "base_usd", "high_usd", "open"]].tolist() == [
        5,
        15,
        15,
        ("bound",),
    ]
    assert ask({"bound": weak}).surest == "bound"  # its worst is paid for, so that it may be sure


def test_a_second_year_costs_what_comes_after_the_offer():
    offer = {
        "offer": "promo",
        "price_usd": 100,
        "term_days": 360,
        "renews_at_usd": 300,
        "offer_terms": 1,
    }
    answer = ask({"offer": offer}, days=360)
    assert answer.plans["base_usd"].iloc[0] == 100
    assert answer.second_usd == {"offer": pytest.approx(300)}
    unknown = ask({"offer": {**offer, "renews_at_usd": None, "offer_terms": None}}, days=360)
    assert math.isnan(unknown.second_usd["offer"])
    assert ask({"offer": offer}, days=100).second_usd == {}


def test_an_offer_whose_later_price_nobody_says_leaves_stays_that_need_it():
    offer = {"offer": "new_customer", "price_usd": 10}
    assert ask({"offer": offer, "usual": {}}, days=30).surest == "offer"
    assert ask({"offer": offer, "usual": {}}, days=31).plans.index.tolist() == ["usual"]
    first_of_two = {**offer, "renews_at_usd": 20}
    assert ask({"offer": first_of_two}, days=60).plans["base_usd"].tolist() == [30]


# 5. One-off costs.


def test_what_is_paid_once_is_in_the_cost_and_a_sim_of_unknown_price_is_asked_about():
    facts = [
        ("A", None, "activation_usd", "25"),
        ("A", None, "sim_usd", "1"),
        ("A", None, "sim_usd", "4"),
    ]
    once = ask({"plan": {}}, facts=facts).plans.iloc[0]
    assert once[["low_usd", "base_usd", "high_usd", "one_off_usd"]].tolist() == [56, 56, 59, 26]
    store = {**TAKES_ALL, "kind": "store"}
    assert ask({"plan": {"sim": "physical"}}, channels=[store]).plans["open"].tolist() == [
        ("sim_cost",)
    ]
    assert ask({"plan": {}}, channels=[store], esim_phone=False).plans["open"].tolist() == [
        ("sim_cost",)
    ]
    assert ask({"plan": {}}, channels=[store], esim_phone=False, facts=facts).plans[
        "open"
    ].tolist() == [()]
    answer = ask({"a": {}, "b": {"provider": "B", "price_usd": 50}}, facts=facts)
    assert answer.surest == "b"


def test_when_a_sim_card_arrives_is_asked_wherever_it_is_not_bought_over_the_counter():
    free = [("A", None, "sim_usd", "0")]
    assert ask({"plan": {}}, facts=free, esim_phone=False).plans["open"].tolist() == [("sim_post",)]
    assert ask({"plan": {"sim": "physical"}}, facts=free).plans["open"].tolist() == [("sim_post",)]
    assert ask({"plan": {}}, facts=free).plans["open"].tolist() == [()]


def test_a_fee_that_is_said_of_the_brand_is_paid_with_each_purchase():
    weekly = {"weekly": {"term_days": 7, "allowance_days": 7, "price_usd": 10}}
    own = {**TAKES_ALL, "fee_usd": None}
    facts = [("A", None, "extra_fee_usd", "1-3")]
    paid = ask(weekly, days=14, channels=[own], facts=facts).plans.iloc[0]
    assert paid[["own_low_usd", "base_usd", "own_high_usd"]].tolist() == [22, 24, 26]


def test_an_unstated_fee_of_a_travel_esims_own_shop_is_that_of_its_kind():
    silent = {**TAKES_ALL, "fee_usd": None}
    phone = ask({"plan": {}}, channels=[silent]).plans.iloc[0]
    travel = ask({"plan": TRAVEL}, channels=[silent]).plans.iloc[0]
    assert phone[["low_usd", "base_usd", "high_usd"]].tolist() == [30, 30, 34]
    assert travel[["low_usd", "base_usd", "high_usd"]].tolist() == [30, 30, 31]
    shop = ask({"plan": TRAVEL}, channels=[{**silent, "kind": "third_party"}]).plans.iloc[0]
    assert shop["high_usd"] == 36


# 6. Early renewal; 8. waits by kind and looks by the hour.


def top_up(plan, channels=(TAKES_ALL,), facts=(), **wishes):
    answer = ask({"plan": plan}, channels=channels, facts=facts, **wishes)
    return answer.top_up["plan"]


@pytest.mark.parametrize("word", ["adds", "stacks", "queues", "replaces", "lost"])
def test_early_renewal_is_what_the_brand_says(word):
    assert top_up({}, facts=[("A", None, "early_renewal", word)]).left_over == word


def test_early_renewal_of_which_sources_differ_or_nothing_say_is_not_said():
    assert top_up({}).left_over is None
    differing = [("A", None, "early_renewal", "adds"), ("A", None, "early_renewal", "lost")]
    assert top_up({}, facts=differing).left_over is None


PACK = {"data_gb": 2.0}


def test_the_reorder_point_follows_the_wait_of_the_channel():
    model = UsageModel.known_average(30)
    for wait, channel in ((60, TAKES_ALL), (600, {**TAKES_ALL, "worst_minutes": 600})):
        found = top_up(PACK, [channel], usage=1.0)
        expected = reorder_point(model, lead_days=wait / 1440, check_every_days=1 / 24, risk=0.05)
        assert found.at_gb == pytest.approx(expected)
        assert (found.wait_minutes, found.wait_stated) == (wait, wait == 600)


def test_no_assumed_wait_makes_somebody_buy_with_over_half_a_pack_left():
    small = top_up({"data_gb": 0.5}, usage=1.0)
    assert (small.at_gb, small.spare) == (None, True)
    stated = top_up({"data_gb": 0.5}, [{**TAKES_ALL, "worst_minutes": 60}], usage=1.0)
    assert (stated.at_gb > 0.25, stated.spare) == (True, False)
    assert not top_up(PACK, usage=1.0).spare


# Price now, purchases at it, price later, days of a purchase; the bill of a first and a second year
# of 360 days, worked out by hand.
OFFERS = [
    ((179.99, 1, 359.99, 360), 179.99, 359.99),
    ((15.00, 3, 24.95, 30), 3 * 15.00 + 9 * 24.95, 12 * 24.95),
    ((45.00, 6, 60.00, 30), 6 * 45.00 + 6 * 60.00, 12 * 60.00),
    ((89.90, 1, 209.90, 180), 89.90 + 209.90, 2 * 209.90),
    ((28.99, 12, 35.49, 30), 12 * 28.99, 12 * 35.49),
    ((44.70, 1, 119.70, 90), 44.70 + 3 * 119.70, 4 * 119.70),
]


@pytest.mark.parametrize(("offer", "first", "second"), OFFERS, ids=str)
def test_a_second_year_is_right_to_the_cent(offer, first, second):
    price, terms, later, days = offer
    plan = {"offer": "new_customer", "price_usd": price, "offer_terms": terms, "term_days": days}
    answer = ask({"plan": {**plan, "renews_at_usd": later, "allowance_days": 30}}, days=360)
    assert round(answer.plans["base_usd"].iloc[0], 2) == round(first, 2)
    assert round(answer.second_usd["plan"], 2) == round(second, 2)


def test_an_unstated_wait_is_that_of_the_kind_of_channel():
    travel = {**TRAVEL, **PACK}
    assert repr(top_up(travel).wait_minutes) == "5.0"  # no type of numpy where a reader looks
    platform = {**TAKES_ALL, "kind": "third_party"}
    sure = [("A", None, "foreign_card", "no")]
    assert top_up(PACK, [platform], facts=sure, usage=1.0).wait_minutes == 360
    assert top_up(travel, [platform], facts=sure, usage=1.0).wait_minutes == 360


def test_a_pack_that_is_rarely_empty_needs_no_top_up_but_a_term_that_ends_does():
    found = top_up({"data_gb": 100.0, "term_days": 7, "allowance_days": 7})
    assert (found.at_gb, found.every_days, found.days_ahead) == (None, 7, 1)
    found = top_up({"data_gb": 100.0})
    assert (found.at_gb, found.every_days) == (None, None)


def test_where_the_balance_stands_and_where_it_is_activated():
    facts = [("A", None, "balance_check", "*1#"), ("A", None, "activate_in_us", "yes")]
    assert (top_up({}, facts=facts).balance, top_up({}, facts=facts).activate_in_us) == (
        "*1#",
        True,
    )
    assert (top_up({}).balance, top_up({}).activate_in_us) == (None, False)


# 7. "None" is not "not said".


def test_a_stated_absence_of_a_limit_is_sure_and_silence_is_not():
    endless = {"unlimited": True, "data_gb": None, "after_allowance": None, "price_usd": 20}
    answer = ask({"none": {**endless, "threshold": False}, "silent": endless, "limit": {}})
    assert answer.surest == "none"
    assert answer.plans["full_speed"].to_dict() == {
        "none": STATED,
        "silent": SILENT,
        "limit": STATED,
    }
    assert ask({"slows": {**endless, "threshold": True}}).plans["full_speed"].iloc[0] == SILENT
    assert "full_speed" not in ask({"silent": endless}, usage=0).plans  # only the number matters


def test_no_assumption_decides_what_is_sure():
    silent = {"unlimited": True, "data_gb": None, "after_allowance": None, "price_usd": 5, **TRAVEL}
    light = ask({"silent": silent, "sure": {}}, usage=0.05)
    assert (light.surest, light.plans.loc["silent", "full_speed"]) == ("silent", LIKELY)
    # At 2 GB a day, as assumed, 0.5 on average rarely runs short; at 1 GB, the lowest, it does.
    heavy = ask({"silent": silent, "sure": {}}, usage=0.35, most_short_share=0.2)
    assert heavy.plans.loc["silent", "open"] == ("assumed_limit",)
    assert (heavy.surest, heavy.cheaper) == ("sure", "silent")


def test_what_is_free_costs_no_fee_and_is_not_given_twice():
    free = {"price_usd": 0.0, "data_gb": 1.0}
    answer = ask({"free": free, "sure": {}}, channels=[{**TAKES_ALL, "fee_usd": 3.0}], usage=0.01)
    assert answer.surest == "free"
    assert answer.plans.loc["free", ["low_usd", "high_usd"]].tolist() == [0, 0]
    assert ask({"free": free, "sure": {}}, usage=1.0).plans.index.tolist() == ["sure"]


# 9. Risk: what is accepted, and what is told.


def test_the_accepted_risk_of_a_long_stay_is_that_of_its_first_month_and_all_of_it_is_told():
    slows = {
        "term_days": 180,
        "data_gb": 30.0,
        "unlimited": True,
        "after_allowance": "throttle",
        "throttle_kbps": 128,
    }
    plan = ask({"plan": slows}, days=180, usage=0.6, most_short_share=0.2).plans.iloc[0]
    assert plan["accepted_share"] <= 0.2 < plan["short_share"]
    month = ask({"plan": slows}, days=30, usage=0.6, most_short_share=0.2).plans.iloc[0]
    assert month["accepted_share"] == month["short_share"]


def test_twice_the_usage_names_what_would_be_best_then():
    plans = {"small": {"data_gb": 20.0, "price_usd": 10}, "big": {"price_usd": 13}}
    answer = ask(plans, usage=1.0)
    assert answer.surest == "small"
    assert answer.twice == ("big", "A big", 13)
    assert ask(plans, usage=0).twice is None


def test_of_plans_that_tie_for_twice_the_usage_the_one_that_is_best_now_is_named():
    plans = {"big": {"data_gb": 20.0, "price_usd": 20}, "small": {"data_gb": 10.0, "price_usd": 10}}
    log = pd.Series(1.0, pd.date_range("2026-10-01", periods=28))
    answer = ask(plans, usage=log)
    assert answer.surest == "small"
    assert answer.twice[0] == "small"


@pytest.mark.parametrize(
    "wishes", [{}, {"days": 90}, {"days": 360, "usage": 0.3}, {"usage": 5.0}], ids=str
)
def test_for_twice_the_usage_no_plan_beyond_those_billed_is_better(wishes, monkeypatch):
    few = recommend(DATA, Wishes(**wishes), on=ON).twice
    # `import prepaid.recommend` would name the function.
    monkeypatch.setattr(sys.modules["prepaid.recommend"], "PLANS_AT_ONCE", len(DATA.plans))
    every = recommend(DATA, Wishes(**wishes), on=ON).twice
    assert few == every
    monkeypatch.setattr(sys.modules["prepaid.recommend"], "PLANS_AT_ONCE", 2)
    assert recommend(DATA, Wishes(**wishes), on=ON).twice == every


# Nothing fits, or nothing is sure.


def test_a_wish_that_nothing_fits_is_named_with_what_giving_it_up_leaves():
    answer = ask({"a": {"sim": "esim"}, "b": {"sim": "esim"}}, esim_phone=False)
    assert (answer.surest, answer.picks, answer.ruled_out) == (None, [], ((("physical_sim",), 2),))
    assert answer.plans.empty


def test_where_no_single_wish_is_to_blame_sets_are_named():
    answer = ask({"a": {"sim": "esim", "tourist_only": True}}, esim_phone=False, visitor=False)
    assert answer.ruled_out == ((("residents", "physical_sim"), 1),)


def test_a_risk_that_no_plan_meets_is_named():
    slows = {"data_gb": 0.1, "unlimited": True, "after_allowance": "throttle", "throttle_kbps": 128}
    assert ask({"a": slows}, usage=1.0).ruled_out == ((("risk",), 1),)


def log(*gb):
    """Return a log whose stays all use the same: the same GB each day."""
    return pd.Series(gb * (28 // len(gb)), pd.date_range("2026-01-01", periods=28))


def test_exactly_the_accepted_risk_is_accepted_and_with_none_at_all_nothing_is_blamed():
    slows = {"after_allowance": "throttle", "throttle_kbps": 128, "unlimited": True}
    enough = ask({"plan": {**slows, "data_gb": 10.0}}, usage=log(1.0), most_short_share=0.0)
    assert (enough.surest, enough.ruled_out) == (
        "plan",
        (),
    )  # ten days use up the ten GB, and no more
    short = ask({"plan": {**slows, "data_gb": 9.9}}, usage=log(1.0), most_short_share=0.0)
    assert short.ruled_out == ((("risk",), 1),)
    always = ask({"plan": {**slows, "data_gb": 9.9}}, usage=log(1.0), most_short_share=1.0)
    assert always.surest == "plan"
    share = (
        ask({"plan": {**slows, "data_gb": 11.0}}, usage=1.0, most_short_share=1.0)
        .plans["short_share"]
        .iloc[0]
    )
    assert 0 < share < 1
    assert (
        ask({"plan": {**slows, "data_gb": 11.0}}, usage=1.0, most_short_share=share).surest
        == "plan"
    )


def test_a_pack_is_held_against_the_days_of_its_term_and_not_one_more():
    week = {"term_days": 7, "allowance_days": 7}
    assert top_up({**week, "data_gb": 7.5}, usage=log(1.0), days=14).at_gb is None
    assert top_up({**week, "data_gb": 7.0}, usage=log(1.0), days=14).at_gb is None
    assert top_up({**week, "data_gb": 6.9}, usage=log(1.0), days=14).at_gb > 0


@pytest.mark.parametrize(("age", "stale"), [(150, False), (151, True)])
def test_a_price_is_stale_beyond_the_limit_and_not_on_it(age, stale):
    seen = f"{ON - dt.timedelta(days=age)}"
    assert ask({"plan": {"as_of": seen}}).plans["stale"].iloc[0] == stale


def test_costs_are_ordered_by_the_cent():
    nearly = {"a": {"price_usd": 30.004, "data_gb": 99.0}, "b": {}, "c": {"price_usd": 29.99}}
    assert ask(nearly).plans.index.tolist() == ["c", "a", "b"]


def test_where_nothing_is_sure_the_missing_facts_are_counted():
    plans = {
        "a": {"network": None, "price_usd": 20},
        "b": {"network": None},
        "c": {"as_of": "2026-01-01"},
        "d": {"network": None, "as_of": "2026-01-01"},
    }
    answer = ask(plans, network="AT&T")
    assert answer.surest is None
    assert answer.missing == ((("on_network",), 2), (("stale",), 1))
    assert answer.cheaper == "a"


def test_another_sources_price_is_asked_about_while_it_is_fresh():
    plans = {"plan": {}, "agreed": {"provider": "B"}}
    seen = [("plan", "33", "2026-11-10"), ("agreed", "30.00", "2026-11-10")]
    answer = ask(plans, second_prices=seen)
    assert answer.plans["open"].to_dict() == {"plan": ("other_price",), "agreed": ()}
    assert answer.plans.loc["plan", "other_price_usd"] == 33
    assert answer.plans[["base_usd", "own_high_usd", "high_usd"]].to_numpy().tolist() == [
        [30, 30, 30],
        [30, 33, 33],
    ]
    assert answer.surest == "agreed"  # at its worst, the other costs what the other source says
    lower = ask({"plan": {}}, second_prices=[("plan", "20", "2026-11-10")])
    assert lower.plans["own_high_usd"].tolist() == [30]
    old = ask(plans, second_prices=[("plan", "33", "2026-05-10")])
    assert old.plans["open"].tolist() == [(), ()]


# The rest.


def test_taxes_of_a_state_come_on_top_of_each_sale():
    weekly = {"term_days": 7, "allowance_days": 7, "price_usd": 10, "taxes_included": False}
    assert ask({"weekly": weekly}, days=14).plans["base_usd"].tolist() == [pytest.approx(21.6)]


def test_a_fee_from_ten_dollars_on_is_due_on_ten_dollars_however_often_they_are_paid():
    pack = {"term_days": 30, "data_gb": 2.0, "price_usd": 10, "taxes_included": False}
    fee = {"state": "YY", "prepaid_911_usd": 1.5, "fee_min_sale_usd": 10, "fee_per": "sale"}
    fee["state_sales_tax_percent"] = 0
    made = replace(market({"pack": pack}), state_fees=table(DATA.state_fees, [fee]))
    found = recommend(made, Wishes(usage=1.0, state="YY"), on=ON).plans.loc["pack"]
    assert found["mean_purchases"] % 1  # the mean of many stays
    assert found["base_usd"] == pytest.approx(11.5 * found["mean_purchases"])


def test_autopay_prices_count_on_wish_but_never_for_cash():
    plan = {"plan": {"autopay_price_usd": 25.0}}
    paid = [
        ask(plan, autopay=autopay, payment=payment).plans["base_usd"].iloc[0]
        for autopay, payment in ((True, "us_card"), (False, "us_card"), (True, "cash"))
    ]
    assert paid == [25, 30, 30]


def test_a_year_has_360_days():
    year = {"term_days": 360, "price_usd": 100}
    assert ask({"year": year}, days=365).plans["base_usd"].tolist() == [100]


def test_usage_can_be_a_model_or_a_log():
    pack = {"plan": {"data_gb": 10.0}}
    log = pd.Series([3.0] * 28, pd.date_range("2026-01-01", periods=28))
    assert ask(pack, usage=log).plans["base_usd"].tolist() == [90]  # 30 GB are three packs
    assert ask(pack, usage=UsageModel.known_average(0.1)).plans["base_usd"].tolist() == [30]


def test_the_same_seed_gives_the_same_answer():
    data = market({"plan": {"data_gb": 10.0}})
    first, again, other = (recommend(data, Wishes(), on=ON, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.plans, again.plans)
    assert not first.plans["mean_cost_usd"].equals(other.plans["mean_cost_usd"])


def test_equal_plans_keep_the_order_of_the_catalogue():
    assert ask({name: {} for name in "cab"}).plans.index.tolist() == ["c", "a", "b"]


def test_all_wrong_arguments_are_named_at_once():
    wrong = {"days": 0, "usage": -1, "hotspot_gb": math.nan, "network": "Sprint", "payment": "gold"}
    wrong |= {"state": "California", "most_short_share": 2, "visitor": "no", "stated_only": 1}
    with pytest.raises(ValueError, match="allowed") as raised:
        Wishes(**wrong)
    assert all(f"{name} is " in str(raised.value) for name in wrong)


def test_a_log_that_cannot_be_somebodys_usage_is_refused_with_all_that_is_wrong():
    mb = pd.Series([3_000.0] * 20, pd.date_range("2026-01-01", periods=20))
    with pytest.raises(
        ValueError, match=r"days is 0 .*usage: 3,000 GB on the busiest day .* is it MB\?"
    ):
        Wishes(days=0, usage=mb)
    with pytest.raises(ValueError, match="the index has no dates"):
        Wishes(usage=pd.Series([1.0] * 20))


def test_hotspot_is_part_of_the_usage():
    with pytest.raises(
        ValueError, match=r"hotspot_gb is 2 \(allowed: at most the usage, 1 GB per day"
    ):
        Wishes(usage=1, hotspot_gb=2)


@pytest.mark.parametrize("days", [366, 2.5, True, "10"])
def test_days_are_whole_and_at_most_a_year(days):
    with pytest.raises(ValueError, match="days is"):
        Wishes(days=days)


def test_a_state_that_the_tables_do_not_hold_is_refused():
    with pytest.raises(ValueError, match=r"^state: 'ZZ' is unknown"):
        ask({"plan": {}}, state="ZZ")


def test_tablet_lines_take_no_part_and_a_market_of_them_is_refused():
    plans = {"tablet": {"voice_text": False}, "phone": {}, "esim": {"voice_text": False, **TRAVEL}}
    assert take_part(market(plans).plans).index.tolist() == ["phone", "esim"]
    with pytest.raises(ValueError, match="no plan takes part"):
        ask({"tablet": {"voice_text": False}})


def test_serving_puts_the_cheapest_first_and_settles_ties_by_short_stays():
    compared = comparison(a=(10.001, 0.02), b=(10.004, 0.01), c=(9, 0.04), d=(1, 0.06))
    assert serving(compared, 0.05).index.tolist() == ["c", "b", "a"]
    compared.loc["b", "unused_usd"] = math.nan
    assert serving(compared, 0.05).index.tolist() == ["c", "a", "b"]
    compared.loc["c", "mean_cost_usd"] = math.nan
    assert serving(compared, 0.05).index.tolist() == ["a", "b"]


# The real catalogue, on a fixed day.


def holds_together(answer):
    """Check what must be true of any answer."""
    plans, wishes = answer.plans, answer.wishes
    asked = [name for name in WISH_NAMES if name in plans]
    assert bool(answer.ruled_out) == plans.empty
    assert bool(answer.missing) == (answer.surest is None and not plans.empty)
    assert (plans[asked] < NO).all(axis=None)
    assert (plans["accepted_share"] <= wishes.most_short_share).all()
    for lower, upper in (
        ("low", "own_low"),
        ("own_low", "base"),
        ("base", "own_high"),
        ("own_high", "high"),
    ):
        assert (plans[f"{lower}_usd"] <= plans[f"{upper}_usd"] + 1e-9).all(), (lower, upper)
    sure = plans["open"].map(lambda facts: set(facts) <= set(PRICED_DOUBTS))
    assert (np.diff(sure.to_numpy().astype(int)) <= 0).all(), "what is sure comes first"
    assert (np.diff((100 * plans.loc[sure, "own_high_usd"]).round()) >= 0).all(), (
        "then the cheapest"
    )
    assert set(answer.top_up or {}) == set(answer.picks)
    for key in answer.picks:
        pick = plans.loc[key]
        owed = 1 if pd.isna(pick["minimum_terms"]) else pick["minimum_terms"]
        assert pick["mean_purchases"] >= owed, "every commitment is paid"
        top_up = answer.top_up[key]
        over_half = top_up.at_gb is not None and top_up.at_gb > pick["data_gb"] / 2
        assert top_up.wait_stated or not over_half, "an assumed wait leaves half a pack unused"
        assert pd.isna(pick["only_through"]) or pick["channel_id"] == pick["only_through"]
        assert not pick["face_usd"] > DATA.channels["max_usd"].get(pick["channel_id"], math.nan)
        online_only = "online only" in str(pick["note"]).lower()
        assert not (online_only and pick["channel_kind"] == "store"), "its note excludes the route"
        if not pd.isna(pick["channel_id"]):
            assert pick["provider"] in DATA.channels.loc[pick["channel_id"], "brands"].split("; ")
    if answer.surest:
        surest = plans.loc[answer.surest]
        assert surest["age_days"] <= 150
        assert (surest[asked] <= LIKELY).all()
        assert not surest["assumed_limit"]
        assert not surest["only_refills"]
    if answer.cheaper and answer.surest:
        assert plans.loc[answer.cheaper, "own_low_usd"] <= surest["own_low_usd"] - 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {
            **{
                name: st.booleans()
                for name in ("esim_phone", "us_number", "visitor", "autopay", "stated_only")
            },
            "hotspot_gb": st.sampled_from([0, 0.2, 2]),
            "network": st.sampled_from([None, "AT&T", "T-Mobile", "Verizon"]),
            "payment": st.sampled_from(["foreign_card", "us_card", "cash"]),
            "state": st.sampled_from([None, "CA", "TN", "AK"]),
        }
    ),
    st.integers(1, 365),
    st.sampled_from([0.0, 0.3, 3.0]),
    st.integers(-300, 300),
)
def test_whatever_is_wished_the_answer_holds_together(wishes, days, usage, later):
    wishes["hotspot_gb"] = min(wishes["hotspot_gb"], usage)
    asked = Wishes(days=days, usage=usage, **wishes)
    holds_together(recommend(DATA, asked, on=ON + dt.timedelta(days=later)))


GRID = [
    {"days": days, "usage": gb, "payment": payment, "us_number": number, "esim_phone": esim}
    for days in (3, 7, 10, 14, 30, 90, 360)
    for gb in (0.0, 0.3, 1.0, 2.0)
    for payment in ("foreign_card", "us_card", "cash")
    for number in (False, True)
    for esim in (True, False)
]


@pytest.mark.parametrize("wishes", GRID[::29], ids=str)  # benchmarks/answers.py asks the whole grid
def test_a_part_of_the_grid(wishes):
    answer = recommend(DATA, Wishes(**wishes), on=ON)
    holds_together(answer)
    later = recommend(DATA, Wishes(**wishes), on=ON + dt.timedelta(days=200))
    holds_together(later)
    assert later.surest is None  # nothing has been looked at since
    assert later.plans["age_days"].min() >= 200 - 26
    assert later.picks or later.ruled_out


def test_tax_of_which_nobody_says_whether_it_is_in_the_price_is_asked_about():
    opened = {"said": {}, "on-top": {"taxes_included": False}, "silent": {"taxes_included": None}}
    found = ask({**opened, "travel": {**TRAVEL, "taxes_included": None}}).plans["open"].to_dict()
    assert found == {"said": (), "on-top": (), "silent": ("tax",), "travel": ("tax",)}
