"""Unit prices, worked by hand, and the choice of plans."""

import numpy as np
import pandas as pd
import pytest

import prepaid
from prepaid.catalog.kinds import OFFERS
from prepaid.story import price_per_gb


@pytest.fixture(scope="module")
def plans():
    return prepaid.load_plans()


def prices_of(plans, **columns):
    """Return the unit prices of a made-up plan: a row of the catalogue with other figures."""
    row = plans.loc[["airalo-5gb-30d"]].assign(**columns)
    return prepaid.unit_prices(row.astype({"term_days": "Int64", "allowance_days": "Int64"})).iloc[0]


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
    prices = prepaid.unit_prices(plans)
    assert prices.loc["mint-6gb-12-month", "usd_per_gb"] == pytest.approx(180 / (12 * 6))
    assert prices.loc["ubigi-annual-2gb", "usd_per_gb"] == pytest.approx(22 / 24)
    assert prices.loc["airalo-unlimited-7d", "usd_per_gb"] == pytest.approx(25 / (7 * 5))
    assert prices.loc["roamless-payg-1gb", "usd_per_gb"] == pytest.approx(1.95)


def test_no_number_stands_for_unlimited(plans):
    prices = prepaid.unit_prices(plans)
    silent = plans["unlimited"] & plans["data_gb"].isna()
    assert silent.any()
    assert prices.loc[silent, ["term_gb", "usd_per_gb"]].isna().all(axis=None)
    assert not np.isinf(prices.select_dtypes("float")).any(axis=None)


def test_autopay_counts_where_a_plan_has_it(plans):
    prices = prepaid.unit_prices(plans, autopay=True)["usd_per_30_days"]
    assert prices["visible-monthly"] == pytest.approx(25)
    assert prices["verizon-unlimited"] == pytest.approx(50)
    assert prepaid.unit_prices(plans)["usd_per_30_days"]["verizon-unlimited"] == pytest.approx(60)


@pytest.mark.parametrize(("age_days", "stale"), [(150, False), (151, True)])
def test_a_price_is_stale_after_150_days(plans, age_days, stale):
    two = plans.iloc[:2].assign(
        as_of=pd.to_datetime(["2026-10-07", "2026-10-07"]) - pd.to_timedelta([0, age_days], "D")
    )
    assert prepaid.unit_prices(two)["stale"].tolist() == [False, stale]


def test_refreshes_marks_what_comes_in_periods(plans):
    refreshes = prepaid.unit_prices(plans)["refreshes"]
    assert refreshes[["airalo-unlimited-7d", "mint-6gb-3-month"]].all()
    assert not refreshes[["airalo-5gb-30d", "roamless-payg-1gb", "t-mobile-us-pass-7d"]].any()


def test_a_range_of_terms_keeps_its_ends_and_what_never_expires(plans):
    chosen = prepaid.select_plans(plans, term_days=(7, 10))
    assert set(chosen["term_days"].dropna()) == {7, 8, 10}
    assert "roamless-payg-1gb" in chosen.index


def test_what_a_source_does_not_say_is_no_yes(plans):
    assert prepaid.select_plans(plans, esim_only=True)["sim"].isin(["esim", "both"]).all()
    assert prepaid.select_plans(plans, needs_voice=True)["voice_text"].all()
    assert prepaid.select_plans(plans, network="Verizon")["network"].notna().all()


def test_a_network_is_found_beside_others(plans):
    chosen = prepaid.select_plans(plans, network="T-Mobile")
    assert {"T-Mobile", "AT&T+T-Mobile+Verizon", "T-Mobile+Verizon"} == set(chosen["network"])


def test_residents_do_not_see_tourist_plans(plans):
    assert prepaid.select_plans(plans, visitor=True)["tourist_only"].any()
    assert not prepaid.select_plans(plans, visitor=False)["tourist_only"].any()


def test_offers_can_be_left_out(plans):
    assert set(prepaid.select_plans(plans, offers=["standard"])["offer"]) == {"standard"}


def test_no_wish_leaves_the_catalogue_as_it_is(plans):
    pd.testing.assert_frame_equal(prepaid.select_plans(plans), plans)
    pd.testing.assert_frame_equal(prepaid.select_plans(plans, offers=(offer for offer in OFFERS)), plans)


def test_an_unnamed_network_is_no_network_to_wish_for(plans):
    for network in ("", "multi"):
        with pytest.raises(ValueError, match=f"network: '{network}' is unknown"):
            prepaid.select_plans(plans, network=network)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"term_days": (30, 7)}, r"term_days: \(30, 7\) is no range \(expected 1 ≤ shortest ≤ longest\)"),
        ({"network": "Sprint"}, "network: 'Sprint' is unknown \\(expected one of AT&T, T-Mobile, Verizon\\)"),
        (
            {"term_days": (2, 2), "network": "AT&T", "needs_voice": True},
            r"no plan fits all wishes; of \d+ plans each wish alone leaves: term_days 2, offers \d+, network",
        ),
        ({"offers": ["sale"]}, r"offers: \['sale'\] unknown \(expected some of standard, new_customer, promo\)"),
    ],
)
def test_impossible_wishes_are_refused(plans, wish, message):
    with pytest.raises(ValueError, match=message):
        prepaid.select_plans(plans, **wish)


def test_the_spread_is_that_of_each_group_and_of_all(plans):
    made_up = pd.DataFrame({"kind": list("aaab"), "usd_per_gb": [1.0, 2.0, 6.0, 9.0]})
    spread = price_per_gb.price_spread(made_up, "kind")
    assert spread["plans"].tolist() == [3, 1, 4]
    assert spread.loc["a", ["lowest_usd", "median_usd", "highest_usd"]].tolist() == [1, 2, 6]
    assert spread.loc["all", "median_usd"] == 4


def test_the_cheapest_come_first_and_unpriced_never(plans):
    priced = plans.join(prepaid.unit_prices(plans))
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


def test_tables_are_written_with_their_units():
    table = pd.DataFrame(
        {
            "plan": ["A", None],
            "price_usd": [1234.5, None],
            "data_gb": [0.25, 5],
            "term_days": pd.array([30, None], "Int64"),
        }
    )
    written = prepaid.readable(table.assign(usd_per_gb=[0.5, 1.0], short_share=[0.051, 1.0]))
    assert written.iloc[0].tolist() == ["A", "$1,234.50", "0.2 GB", "30 days", "$0.50", "5.1%"]
    assert written.iloc[1].tolist() == ["-", "-", "5.0 GB", "-", "$1.00", "100.0%"]
