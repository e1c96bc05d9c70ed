"""Unit prices, worked by hand, the age of a price, and the choice of plans."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from made_up import ON, plans

from prepaid.prices import age_days, full_name, pack_names, plan_names, select_plans, unit_prices

# price, term, allowance and its period; worked out on paper: GB of the term, $/GB, $/day
BY_HAND = {
    "one pack: $20, 30 days, 5 GB": ((20, 30, 5, 30), (5, 4.00, 20 / 30)),
    "daily: $12, 3 days, 1 GB a day": ((12, 3, 1, 1), (3, 4.00, 4.00)),
    "a year of 360 days, 6 GB a month: $180": ((180, 360, 6, 30), (72, 2.50, 0.50)),
    "a year of 365 days holds twelve months: $44, 5 GB": (
        (44, 365, 5, 30),
        (60, 44 / 60, 44 / 365),
    ),
    "never expires: $1.95 for 1 GB": ((1.95, None, 1, None), (1, 1.95, np.nan)),
    "no amount published: $60, 30 days": ((60, 30, None, 30), (np.nan, np.nan, 2.00)),
    "all data on top: $20, 0 GB included": ((20, 30, 0, 30), (0, np.nan, 20 / 30)),
    "free": ((0, 30, 5, 30), (5, 0, 0)),
}


@pytest.mark.parametrize(("terms", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_prices_worked_by_hand(terms, expected):
    columns = ("price_usd", "term_days", "data_gb", "allowance_days")
    prices = unit_prices(plans(one=dict(zip(columns, terms, strict=True))), on=ON).iloc[0]
    term_gb, usd_per_gb, usd_per_day = expected
    assert prices["term_gb"] == pytest.approx(term_gb, nan_ok=True)
    assert prices["usd_per_gb"] == pytest.approx(usd_per_gb, nan_ok=True)
    assert prices["usd_per_day"] == pytest.approx(usd_per_day, nan_ok=True)
    assert prices["usd_per_30_days"] == pytest.approx(usd_per_day * 30, nan_ok=True)


def test_notional_gigabytes_have_no_price():
    credit = unit_prices(plans(credit={"notional_data": True}, pack={}), on=ON)
    assert credit["usd_per_gb"].isna().tolist() == [True, False]
    assert credit["term_gb"].tolist() == [5, 5]


@pytest.mark.parametrize("threshold", [True, False, None], ids=["some", "none", "not said"])
def test_no_number_stands_for_unlimited(threshold):
    prices = unit_prices(
        plans(one={"data_gb": None, "unlimited": True, "threshold": threshold}), on=ON
    )
    assert prices[["term_gb", "usd_per_gb"]].isna().all(axis=None)


def test_age_counts_from_the_day_of_the_reader():
    seen = plans(old={"as_of": pd.Timestamp(2026, 6, 1)}, new={"as_of": pd.Timestamp(2026, 11, 27)})
    assert age_days(seen, ON).to_dict() == {"old": 178, "new": -1}
    today = dt.date.today()
    assert age_days(plans(one={"as_of": pd.Timestamp(today) - pd.Timedelta(days=3)})).tolist() == [
        3
    ]


@pytest.mark.parametrize(("days", "stale"), [(150, False), (151, True)])
def test_a_price_is_stale_after_150_days_whatever_the_newest_one(days, stale):
    alone = plans(one={"as_of": pd.Timestamp(ON) - pd.Timedelta(days=days)})
    assert unit_prices(alone, on=ON)["stale"].tolist() == [stale]


def test_refreshes_marks_what_comes_in_periods():
    rows = plans(
        daily={"allowance_days": 1},
        months={"term_days": 90},
        pack={},
        for_ever={"term_days": None, "allowance_days": None},
    )
    assert unit_prices(rows, on=ON)["refreshes"].tolist() == [True, True, False, False]


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


def test_a_pack_is_named_by_what_it_is():
    rows = plans(
        pack={},
        calls={"voice_text": True, "term_days": 1, "data_gb": 0.5},
        daily={"unlimited": True, "allowance_days": 1},
        for_ever={"term_days": None, "voice_text": False},
    )
    expected = ["5 GB, 30 days", "0.5 GB, 1 day, calls", "unlimited, 30 days", "5 GB, no end"]
    assert pack_names(rows).tolist() == [f"Brand {name}" for name in expected]
