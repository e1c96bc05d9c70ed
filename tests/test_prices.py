"""The age of a price, the choice of plans and their names."""

import datetime as dt

import pandas as pd
import pytest
from made_up import ON, plans

from prepaid.prices import age_days, full_name, plan_names, select_plans


def test_age_counts_from_the_day_of_the_reader():
    seen = plans(old={"as_of": pd.Timestamp(2026, 6, 1)}, new={"as_of": pd.Timestamp(2026, 11, 27)})
    assert age_days(seen, ON).to_dict() == {"old": 178, "new": -1}
    today = dt.date.today()
    assert age_days(plans(one={"as_of": pd.Timestamp(today) - pd.Timedelta(days=3)})).tolist() == [
        3
    ]


def chosen(rows, **wishes):
    return select_plans(plans(**rows), **wishes).index.tolist()


def test_a_range_of_terms_keeps_its_ends_and_what_never_expires():
    terms = {"short": 6, "first": 7, "last": 10, "long": 11, "for_ever": None}
    rows = {name: {"term_days": days} for name, days in terms.items()}
    assert chosen(rows, term_days=(7, 10)) == ["first", "last", "for_ever"]


def test_what_a_source_does_not_say_is_no_yes():
    sims = {
        "esim": {"sim": "esim"},
        "both": {"sim": "both"},
        "card": {"sim": "physical"},
        "silent": {},
    }
    assert chosen(sims, esim_only=True) == ["esim", "both"]
    assert chosen(
        {"calls": {"voice_text": True}, "none": {"voice_text": False}, "silent": {}},
        needs_voice=True,
    ) == ["calls"]


def test_a_network_is_found_beside_others():
    names = {
        "one": "T-Mobile",
        "beside": "AT&T+T-Mobile+Verizon",
        "other": "AT&T",
        "unnamed": "multi",
        "silent": None,
    }
    rows = {name: {"network": network} for name, network in names.items()}
    assert chosen(rows, network="T-Mobile") == ["one", "beside"]


def test_residents_do_not_see_tourist_plans():
    rows = {"pass_": {"tourist_only": True}, "plan": {}}
    assert chosen(rows, visitor=True) == ["pass_", "plan"]
    assert chosen(rows, visitor=False) == ["plan"]


def test_no_wish_leaves_the_catalogue_as_it_is():
    rows = plans(
        one={"network": "multi", "sim": "physical"},
        two={"term_days": None},
        three={"tourist_only": True},
    )
    pd.testing.assert_frame_equal(select_plans(rows), rows)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (
            {"term_days": (30, 7)},
            r"term_days: \(30, 7\) is no range \(expected 1 ≤ shortest ≤ longest\)",
        ),
        (
            {"network": "Sprint"},
            "network: 'Sprint' is unknown \\(expected one of AT&T, T-Mobile, Verizon\\)",
        ),
        ({"network": ""}, "network: '' is unknown"),
        ({"network": "multi"}, "network: 'multi' is unknown"),
        (
            {"term_days": (7, 7), "network": "AT&T", "needs_voice": True},
            "no plan fits all wishes; of 2 plans each wish alone leaves: "
            "term_days 1, network 1, needs_voice 0",
        ),
    ],
)
def test_impossible_wishes_are_refused(wish, message):
    with pytest.raises(ValueError, match=message):
        select_plans(plans(week={"term_days": 7}, month={"network": "AT&T"}), **wish)


def test_names_tell_an_offer_from_the_standard_plan_and_repeat_no_brand():
    rows = plans(
        usual={"provider": "Tello", "plan": "Unlimited"},
        new={"provider": "Tello", "plan": "Unlimited", "offer": "new_customer"},
        promo={"provider": "Visible", "plan": "Visible+", "offer": "promo"},
    )
    assert full_name(rows).tolist() == ["Tello Unlimited", "Tello Unlimited", "Visible+"]
    assert plan_names(rows).tolist() == [
        "Tello Unlimited",
        "Tello Unlimited (new customers)",
        "Visible+ (promotion)",
    ]
