"""Unit prices, worked by hand, and the choice of plans."""

import numpy as np
import pandas as pd
import pytest

import prepaid
from prepaid.prices import plan_names, select_plans, unit_prices


@pytest.fixture(scope="module")
def plans():
    return prepaid.load().plans


def prices_of(plans, **columns):
    """Return the unit prices of a made-up plan: a row of the catalogue with other figures."""
    row = plans.loc[["airalo-5gb-30d"]].assign(**columns)
    return unit_prices(row.astype({"term_days": "Int64", "allowance_days": "Int64"})).iloc[0]


# price, term, allowance and its period; worked out on paper: GB of the term, $/GB, $/day
BY_HAND = {
    "one pack: $20, 30 days, 5 GB": ((20, 30, 5, 30), (5, 4.00, 20 / 30)),
    "daily: $12, 3 days, 1 GB a day": ((12, 3, 1, 1), (3, 4.00, 4.00)),
    "a year of 360 days, 6 GB a month: $180": ((180, 360, 6, 30), (72, 2.50, 0.50)),
    "a year of 365 days holds twelve months: $44, 5 GB": ((44, 365, 5, 30), (60, 44 / 60, 44 / 365)),
    "never expires: $1.95 for 1 GB": ((1.95, None, 1, None), (1, 1.95, np.nan)),
    "no amount published: $60, 30 days": ((60, 30, None, 30), (np.nan, np.nan, 2.00)),
    "all data on top: $20, 0 GB included": ((20, 30, 0, 30), (0, np.nan, 20 / 30)),
    "free": ((0, 30, 5, 30), (5, 0, 0)),
}


@pytest.mark.parametrize(("terms", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_prices_worked_by_hand(plans, terms, expected):
    price_usd, term_days, data_gb, allowance_days = terms
    data_gb = np.nan if data_gb is None else float(data_gb)
    prices = prices_of(plans, price_usd=price_usd, term_days=term_days, data_gb=data_gb, allowance_days=allowance_days)
    term_gb, usd_per_gb, usd_per_day = expected
    assert prices["term_gb"] == pytest.approx(term_gb, nan_ok=True)
    assert prices["usd_per_gb"] == pytest.approx(usd_per_gb, nan_ok=True)
    assert prices["usd_per_day"] == pytest.approx(usd_per_day, nan_ok=True)
    assert prices["usd_per_30_days"] == pytest.approx(usd_per_day * 30, nan_ok=True)


def test_prices_of_the_catalogue_worked_by_hand(plans):
    prices = unit_prices(plans)
    assert prices.loc["mint-6gb-12-month", "usd_per_gb"] == pytest.approx(180 / (12 * 6))
    assert prices.loc["ubigi-annual-2gb", "usd_per_gb"] == pytest.approx(22 / 24)
    assert prices.loc["airalo-unlimited-7d", "usd_per_gb"] == pytest.approx(25 / (7 * 5))
    assert prices.loc["roamless-payg-1gb", "usd_per_gb"] == pytest.approx(1.95)


def test_no_number_stands_for_unlimited(plans):
    prices = unit_prices(plans)
    silent = plans["unlimited"] & plans["data_gb"].isna()
    assert silent.any()
    assert prices.loc[silent, ["term_gb", "usd_per_gb"]].isna().all(axis=None)
    assert not np.isinf(prices.select_dtypes("float")).any(axis=None)


@pytest.mark.parametrize(("age_days", "stale"), [(150, False), (151, True)])
def test_a_price_is_stale_after_150_days(plans, age_days, stale):
    two = plans.iloc[:2].assign(
        as_of=pd.to_datetime(["2026-10-07", "2026-10-07"]) - pd.to_timedelta([0, age_days], "D")
    )
    assert unit_prices(two)["stale"].tolist() == [False, stale]


def test_refreshes_marks_what_comes_in_periods(plans):
    refreshes = unit_prices(plans)["refreshes"]
    assert refreshes[["airalo-unlimited-7d", "mint-6gb-3-month"]].all()
    assert not refreshes[["airalo-5gb-30d", "roamless-payg-1gb", "t-mobile-us-pass-7d"]].any()


def test_a_range_of_terms_keeps_its_ends_and_what_never_expires(plans):
    chosen = select_plans(plans, term_days=(7, 10))
    assert set(chosen["term_days"].dropna()) == {7, 8, 10}
    assert "roamless-payg-1gb" in chosen.index


def test_what_a_source_does_not_say_is_no_yes(plans):
    assert select_plans(plans, esim_only=True)["sim"].isin(["esim", "both"]).all()
    assert select_plans(plans, needs_voice=True)["voice_text"].all()
    assert select_plans(plans, network="Verizon")["network"].notna().all()


def test_a_network_is_found_beside_others(plans):
    chosen = select_plans(plans, network="T-Mobile")
    assert {"T-Mobile", "AT&T+T-Mobile+Verizon", "T-Mobile+Verizon"} == set(chosen["network"])


def test_residents_do_not_see_tourist_plans(plans):
    assert select_plans(plans, visitor=True)["tourist_only"].any()
    assert not select_plans(plans, visitor=False)["tourist_only"].any()


def test_no_wish_leaves_the_catalogue_as_it_is(plans):
    pd.testing.assert_frame_equal(select_plans(plans), plans)


def test_an_unnamed_network_is_no_network_to_wish_for(plans):
    for network in ("", "multi"):
        with pytest.raises(ValueError, match=f"network: '{network}' is unknown"):
            select_plans(plans, network=network)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"term_days": (30, 7)}, r"term_days: \(30, 7\) is no range \(expected 1 ≤ shortest ≤ longest\)"),
        ({"network": "Sprint"}, "network: 'Sprint' is unknown \\(expected one of AT&T, T-Mobile, Verizon\\)"),
        (
            {"term_days": (2, 2), "network": "AT&T", "needs_voice": True},
            r"no plan fits all wishes; of \d+ plans each wish alone leaves: term_days 2, network",
        ),
    ],
)
def test_impossible_wishes_are_refused(plans, wish, message):
    with pytest.raises(ValueError, match=message):
        select_plans(plans, **wish)


def test_plan_names_tell_an_offer_from_the_standard_plan(plans):
    names = plan_names(plans)
    assert names["tello-unlimited"] == "Tello Unlimited"
    assert names["tello-unlimited-intro"] == "Tello Unlimited (new customers)"
    assert names["red-pocket-essentials-annual-3gb-promo"].endswith(" (promotion)")
    assert names.is_unique
