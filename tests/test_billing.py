"""The billing rules: worked examples, the obvious loop beside the fast code, and properties."""

import math
import pickle
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest
from billing_reference import bill_stay, read_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import DATA, one_plan

from prepaid import billing
from prepaid.billing import bill, compare, short_shares, tally
from prepaid.tariffs import TARIFF_COLUMNS, after_allowance, with_fair_use

COLUMNS = ["cost_usd", "purchases", "full_speed_gb", "slow_gb", "unmet_gb", "short_days"]
BLANK = dict.fromkeys((*TARIFF_COLUMNS, "autopay_price_usd"))
BASE = {"fair_use_gb_per_day": 2.0, "fair_use_kbps": 1000, "blank_throttle_kbps": 128}
CATALOGUE = DATA.plans
# The same cases on every run, so that a red test is about the code.
cases = settings(max_examples=300)


def tariff(price_usd, term_days, data_gb, allowance_days, after_allowance, **more):
    terms = {
        "price_usd": price_usd,
        "term_days": term_days,
        "data_gb": data_gb,
        "allowance_days": allowance_days,
        "after_allowance": after_allowance,
        "unlimited": False,
    }
    return {**BLANK, **terms, **more}


PACK = tariff(10, 7, 3, 7, "stop")
THROTTLED = tariff(30, 30, 5, 30, "throttle", throttle_kbps=128)
DAILY = tariff(12, 3, 1, 1, "throttle", throttle_kbps=1000)
FLEXIBLE = tariff(
    20,
    30,
    0,
    30,
    "payg",
    overage_usd_per_gb=10,
    overage_cap_usd=60,
    full_speed_gb=15,
    throttle_kbps=256,
)
ENDLESS = tariff(5, None, 1, None, "stop")
UNLIMITED = tariff(40, 30, None, 30, None, unlimited=True)


def table(*plans, **more):
    """Return plans as a catalogue has them, with the columns `compare` needs besides."""
    ids = pd.Index([f"plan-{number}" for number in range(len(plans))], name="plan_id")
    return pd.DataFrame(list(plans), index=ids).assign(provider_kind="mvno", **more)


# --- Worked examples


@pytest.mark.parametrize(
    ("plan", "when_empty", "usage", "expected"),
    [
        (PACK, "rebuy", [1] * 8, (30, 3, 8, 0, 0, 0)),
        (PACK, "wait", [1] * 8, (20, 2, 4, 0, 4, 4)),
        (THROTTLED, "rebuy", [2] * 5, (30, 1, 5, 3.7648, 1.2352, 3)),
        (DAILY, "rebuy", [3, 0.5, 1], (12, 1, 2.5, 2, 0, 1)),
        (FLEXIBLE, "rebuy", [4] * 5, (80, 1, 15, 3.7648, 1.2352, 2)),
    ],
)
def test_worked_examples(plan, when_empty, usage, expected):
    assert bill(plan, usage, when_empty=when_empty).iloc[0].tolist() == pytest.approx(expected)


SMALL = tariff(6, 30, 5, 30, "stop")
YEARLY = tariff(180, 360, None, 360, None, unlimited=True)


@pytest.mark.parametrize(
    ("plan", "terms", "usage", "expected"),
    [
        (SMALL, {"minimum_terms": 3}, [0.2] * 10, (18, 3)),
        (SMALL, {"minimum_terms": 3}, [2] * 10, (24, 4)),
        (
            tariff(15, 30, 50, 30, "throttle"),
            {"offer_terms": 3, "renews_at_usd": 25},
            [0.5] * 360,
            (270, 12),
        ),
        (YEARLY, {"offer_terms": 1, "renews_at_usd": 360}, [0.5] * 720, (540, 2)),
        (YEARLY, {"renews_at_usd": 360}, [0.5] * 720, (540, 2)),
        (SMALL, {"minimum_terms": 4, "offer_terms": 2, "renews_at_usd": 10}, [1], (32, 4)),
        (FLEXIBLE, {"minimum_terms": 2, "renews_at_usd": 30}, [4] * 5, (20 + 30 + 60, 2)),
    ],
)
def test_offers_end_and_commitments_are_owed(plan, terms, usage, expected):
    assert (
        tuple(bill({**plan, **terms}, usage, assumptions=BASE).loc[0, ["cost_usd", "purchases"]])
        == expected
    )
    got = compare(table({**plan, **terms}), usage, assumptions=BASE).iloc[0]
    assert got[["mean_cost_usd", "median_cost_usd", "p95_cost_usd"]].tolist() == [expected[0]] * 3


@pytest.mark.parametrize(
    ("terms", "cost_usd"),
    [
        ({"offer": "promo", "renews_at_usd": None}, [10, math.nan, math.nan]),
        ({"offer": "promo", "renews_at_usd": None, "offer_terms": 2}, [10, 20, math.nan]),
        (
            {"offer": "promo", "renews_at_usd": None, "minimum_terms": 2},
            [math.nan, math.nan, math.nan],
        ),
        ({"offer": "promo", "renews_at_usd": 12}, [10, 22, 34]),
        ({"offer": "standard", "renews_at_usd": None}, [10, 20, 30]),
        ({"offer": None, "renews_at_usd": None}, [10, 20, 30]),
        ({"offer": "promo"}, [10, 20, 30]),  # a table that does not know of later prices
    ],
)
def test_what_an_offer_costs_later_may_not_be_said(terms, cost_usd):
    got = bill({**PACK, **terms}, [[1] * 3 + [0] * 4, [2] * 3 + [0] * 4, [3] * 3 + [0] * 4])
    np.testing.assert_array_equal(got["cost_usd"], cost_usd)


def test_a_plan_without_a_later_price_takes_no_part_in_stays_that_need_it():
    offer = {**PACK, "offer": "promo", "renews_at_usd": None}
    usual = {**PACK, "price_usd": 11, "offer": "standard", "renews_at_usd": None}
    got = compare(table(offer, usual), [[1.0] * 3, [2.0] * 3], assumptions=BASE)
    costs = ["mean_cost_usd", "median_cost_usd", "p95_cost_usd", "usd_per_carried_gb", "unused_usd"]
    assert got[costs].isna().all(axis=1).tolist() == [True, False]
    assert got["cheapest_share"].tolist() == [0.5, 0.5]


def test_what_is_given_away_is_not_given_twice():
    usage = [PACK["data_gb"]] * 3  # the first day uses it up
    got = bill({**PACK, "price_usd": 0}, usage).iloc[0]
    assert (got["cost_usd"], got["purchases"], got["short_days"]) == (0, 1, 2)
    then_paid = {**PACK, "price_usd": 0, "offer": "promo", "offer_terms": 1, "renews_at_usd": 7}
    assert bill(then_paid, usage).loc[0, ["cost_usd", "short_days"]].tolist() == [14, 0]


def test_with_autopay_an_offer_renews_at_the_autopay_price_of_the_plan_it_becomes():
    offer = {**PACK, "renews_at_usd": 20, "autopay_price_usd": 8, "renews_as": "plan-1"}
    usual = {**PACK, "price_usd": 20, "autopay_price_usd": 15}
    two_terms = [0.1] * 8

    def mean_cost_usd(*plans, **options):
        return compare(table(*plans), two_terms, assumptions=BASE, **options)[
            "mean_cost_usd"
        ].tolist()

    assert mean_cost_usd(offer, usual) == [10 + 20, 40]
    assert mean_cost_usd(offer, usual, autopay=True) == [8 + 15, 30]
    assert mean_cost_usd(offer, {**usual, "autopay_price_usd": None}, autopay=True) == [8 + 20, 40]


@pytest.mark.parametrize(
    ("case", "usage", "expected"),
    [
        ("an empty pack on its last day", [0] * 6 + [4], (20, 2)),
        ("a day that takes many packs", [31, 0], (110, 11)),
        ("exactly the allowance buys nothing", [1, 1, 1], (10, 1)),
        ("tenths that do not add up exactly", [0.1] * 30, (50, 5)),
        ("a pack bought again lasts its whole term", [0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0], (20, 2)),
        ("its leftover ends with it", [0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0], (30, 3)),
    ],
)
def test_packs_bought_again(case, usage, expected):
    assert tuple(bill(PACK, usage).loc[0, ["cost_usd", "purchases"]]) == expected


def test_what_expires_is_lost_although_any_two_days_use_up_a_pack():
    # The second pack is bought within day 0 and expires with half a gigabyte on day 2.
    got = bill(tariff(10, 2, 3, 2, "stop"), [4, 1.5, 2, 1.5])
    assert got.loc[0, "purchases"] == 4


def test_fifths_that_do_not_add_up_exactly_buy_no_pack():
    assert bill(tariff(10, 2, 0.1, 2, "stop"), [0.2] * 3).loc[0, "purchases"] == 6


def test_without_a_limit_no_rate_is_needed():
    assert bill(tariff(10, 30, None, 30, "payg"), [9.0]).loc[0, "full_speed_gb"] == 9


def test_thirty_tenths_do_not_outlast_three_gigabytes():
    assert bill(tariff(10, None, 3, None, "stop"), [0.1] * 30).loc[0, "purchases"] == 1


def test_never_expiring_packs_are_bought_by_volume():
    assert bill(ENDLESS, [0.5] * 9).loc[0, "purchases"] == 5


def test_a_first_pack_is_bought_without_any_use():
    assert bill(ENDLESS, [0.0, 0.0]).loc[0, "cost_usd"] == 5


def test_a_yearly_plan_is_paid_for_the_year():
    assert bill(tariff(180, 365, 5, 30, "stop"), [0.1] * 30).loc[0, "cost_usd"] == 180


def test_the_end_of_the_term_cuts_the_last_period_short():
    got = bill(tariff(10, 3, 1, 2, "stop"), [0, 0, 1, 1, 0, 0])  # periods: days 0-1, 2, 3-4, 5
    assert got.loc[0, "full_speed_gb"] == 2


def test_the_overage_cap_holds_for_each_period():
    plan = tariff(0, 4, 1, 2, "payg", overage_usd_per_gb=10, overage_cap_usd=15)
    assert bill(plan, [3, 0, 2, 0]).loc[0, "cost_usd"] == 25


def test_blank_after_an_unlimited_allowance_is_carried_without_promise():
    got = bill(tariff(10, 5, 1, 5, None, unlimited=True), [3, 1])
    assert got.loc[0, COLUMNS[2:]].tolist() == [1, 3, 0, 2]


def test_blank_after_a_limited_allowance_stops():
    assert bill(tariff(10, 5, 1, 5, None), [3, 1], when_empty="wait").loc[0, "unmet_gb"] == 3


def test_autopay_lowers_the_price_where_the_plan_offers_it():
    offered = bill({**PACK, "autopay_price_usd": 8}, [1.0], autopay=True).loc[0, "cost_usd"]
    assert (offered, bill(PACK, [1.0], autopay=True).loc[0, "cost_usd"]) == (8, 10)


def test_a_row_of_the_catalogue_is_billed_like_a_plain_mapping():
    row = CATALOGUE.loc["mint-6gb-3-month"]
    plain = {name: None if pd.isna(value) else value for name, value in row.items()}
    pd.testing.assert_frame_equal(bill(row, [1.0] * 30), bill(plain, [1.0] * 30))


def test_a_blank_throttle_speed_needs_an_assumption():
    blank = {**THROTTLED, "throttle_kbps": None, "plan_id": "x-1"}
    message = r"plan 'x-1': throttle_kbps is blank \(allowed: a speed, or assumptions with blank_"
    message += r"throttle_kbps\)"
    with pytest.raises(ValueError, match=message):
        bill(blank, [9.0])
    assert (
        bill(blank, [9.0], assumptions={**BASE, "blank_throttle_kbps": 200}).loc[0, "slow_gb"]
        == 0.0108 * 200
    )


def test_the_result_has_one_row_per_stay_and_whole_counts():
    got = bill(PACK, np.ones((3, 8)))
    assert (list(got), len(got), got["purchases"].dtype.kind, got["short_days"].dtype.kind) == (
        COLUMNS,
        3,
        "i",
        "i",
    )


def test_a_table_is_not_a_plan():
    with pytest.raises(
        ValueError,
        match=r"the plan is a table of 1 rows \(allowed: one row, such as plans\.iloc\[0\]\)",
    ):
        bill(CATALOGUE.iloc[:1], [1.0])


def test_an_assumed_speed_need_not_be_whole():
    silent = one_plan(after_allowance="throttle", throttle_kbps=pd.NA)
    assert with_fair_use(silent, {**BASE, "blank_throttle_kbps": 99.5})[
        "throttle_kbps"
    ].tolist() == [99.5]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("price_usd", -5),
        ("price_usd", math.inf),
        ("data_gb", -1),
        ("data_gb", "3"),
        ("term_days", 1.5),
        ("allowance_days", 1.5),
        ("throttle_kbps", -1),
        ("term_days", True),
    ],
)
def test_an_impossible_figure_is_refused(column, value):
    with pytest.raises(
        ValueError,
        match=f"{column} is {value!r} \\(allowed: a (whole )?number of at least 0, or blank\\)",
    ):
        bill({**THROTTLED, column: value}, [1.0])


def test_unlimited_is_true_or_false():
    with pytest.raises(
        ValueError, match="unlimited is 'false' \\(allowed: True, False or blank\\)"
    ):
        bill({**PACK, "unlimited": "false"}, [1.0])


@pytest.mark.parametrize(
    "usage",
    [np.ma.masked_array([1.0, 2.0], [0, 1]), ["1", "2"], [True, False], [1 + 2j], [1.0, pd.NA]],
    ids=str,
)
def test_usage_is_plain_numbers(usage):
    with pytest.raises(ValueError, match="usage is not an array of plain numbers"):
        bill(PACK, usage)


# --- The obvious loop beside the fast code


@st.composite
def plans(draw, **fixed):
    term = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 10, 30, None]))
    periods = [length for length in (1, 2, 3, 7, 30) if term is None or length <= term]
    after = draw(st.sampled_from(["stop", "throttle", "deprioritize", "payg", None]))
    one_shot = draw(st.booleans())
    plan = {
        "price_usd": draw(st.sampled_from([0, 4.5, 10, 29.99])),
        "term_days": term,
        "data_gb": draw(st.sampled_from([None, 0, 0.1, 0.3, 0.5, 1, 1, 2, 3, 5, 20])),
        "allowance_days": term if one_shot else draw(st.sampled_from(periods)),
        "unlimited": draw(st.sampled_from([True, False, None])),
        "after_allowance": after,
        "throttle_kbps": draw(st.sampled_from([None, 64, 128, 1000])),
        "overage_usd_per_gb": draw(st.sampled_from([0, 1.95, 10])) if after == "payg" else None,
        "overage_cap_usd": draw(st.sampled_from([None, 0, 6, 25])) if after == "payg" else None,
        "full_speed_gb": draw(st.sampled_from([None, 0.5, 2, 6])) if after == "payg" else None,
        "autopay_price_usd": draw(st.sampled_from([None, 4])),
    }
    return {**plan, **fixed}


@st.composite
def offers(draw):
    """Return a plan with a commitment, an offer that ends, or both; perhaps no later price."""
    terms = {
        "offer": draw(st.sampled_from(["standard", "promo"])),
        "minimum_terms": draw(st.sampled_from([None, 1, 2, 5])),
        "offer_terms": draw(st.sampled_from([None, 1, 2, 3])),
        "renews_at_usd": draw(st.sampled_from([None, 0, 10, 34.99])),
    }
    return {**draw(plans()), **terms}


# Round figures often meet an allowance exactly; tenths do so but for their rounding.
a_day = st.one_of(
    st.sampled_from([0, 0, 0.1, 0.2, 0.3, 0.5, 1, 1, 1.5, 2, 3, 7]),
    st.integers(0, 3000).map(lambda mb: mb / 1000),
    st.sampled_from([40, 213.7]),
)


any_plan = st.one_of(plans(), offers())


@st.composite
def usages(draw, most_stays=3):
    days, stays = draw(st.integers(1, 24)), draw(st.integers(1, most_stays))
    gb = draw(st.lists(a_day, min_size=days * stays, max_size=days * stays))
    return np.array(gb, float).reshape(stays, days)


@pytest.mark.slow
@settings(cases, max_examples=600)
@given(
    st.lists(any_plan, min_size=4, max_size=4),
    usages(),
    st.sampled_from(["rebuy", "wait"]),
    st.booleans(),
)
def test_equals_the_day_by_day_loop(plans, usage, when_empty, autopay):
    for plan in plans:
        got = bill(plan, usage, when_empty=when_empty, autopay=autopay, assumptions=BASE)
        terms = read_plan(plan, autopay)
        expected = [bill_stay(stay, when_empty == "rebuy", *terms) for stay in usage.tolist()]
        np.testing.assert_allclose(got.to_numpy(), expected, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("when_empty", ["rebuy", "wait"])
@pytest.mark.parametrize("days", [14, 100])
def test_equals_the_loop_on_the_whole_catalogue(when_empty, days):
    usage = np.random.default_rng(days).gamma(0.58, 1.5, size=(3, days)).round(2)
    for plan_id, plan in CATALOGUE.iterrows():
        got = bill(plan, usage, when_empty=when_empty, assumptions=BASE)
        expected = [
            bill_stay(stay, when_empty == "rebuy", *read_plan(plan)) for stay in usage.tolist()
        ]
        np.testing.assert_allclose(got.to_numpy(), expected, rtol=1e-9, atol=1e-7, err_msg=plan_id)


# --- What always holds


@pytest.mark.slow
@cases
@given(any_plan, usages(), st.sampled_from(["rebuy", "wait"]))
def test_fast_slow_and_unmet_data_are_all_the_data(plan, usage, when_empty):
    got = bill(plan, usage, when_empty=when_empty, assumptions=BASE)
    assert not (got < 0).any(axis=None)
    np.testing.assert_allclose(
        got[["full_speed_gb", "slow_gb", "unmet_gb"]].sum(axis=1), usage.sum(axis=1)
    )


@pytest.mark.slow
@cases
@given(plans(after_allowance="stop"), usages(), st.data())
def test_more_use_never_costs_less_with_packs_bought_again(plan, usage, data):
    plan["allowance_days"] = plan["term_days"]
    more = usage + np.array(
        data.draw(st.lists(a_day, min_size=usage.size, max_size=usage.size))
    ).reshape(usage.shape)
    assert (bill(plan, more)["cost_usd"] >= bill(plan, usage)["cost_usd"]).all()


@pytest.mark.slow
@cases
@given(plans(after_allowance="payg", overage_usd_per_gb=3.5), usages(), st.data())
def test_more_use_never_costs_less_with_overage(plan, usage, data):
    more = usage + np.array(
        data.draw(st.lists(a_day, min_size=usage.size, max_size=usage.size))
    ).reshape(usage.shape)
    cost, cost_of_more = (bill(plan, u, assumptions=BASE)["cost_usd"] for u in (usage, more))
    assert (cost_of_more >= cost - 1e-9).all()


@pytest.mark.slow
@cases
@given(plans(), usages(), st.randoms(use_true_random=False))
def test_stays_are_billed_independently_of_their_order(plan, usage, random):
    order = random.sample(range(len(usage)), len(usage))
    got = bill(plan, usage[order], assumptions=BASE)
    pd.testing.assert_frame_equal(
        got, bill(plan, usage, assumptions=BASE).iloc[order].reset_index(drop=True)
    )


# --- Comparison

STAYS = np.random.default_rng(7).gamma(0.58, 1.2, size=(200, 20)).round(2)


@pytest.fixture(scope="module", params=["rebuy", "wait"])
def compared(request):
    """Return the comparison of the catalogue beside the separate bills of its plans."""
    filled = with_fair_use(CATALOGUE.drop(columns="renews_as", errors="ignore"), BASE)
    options = {"when_empty": request.param, "autopay": True}
    bills = {plan_id: bill(plan, STAYS, **options) for plan_id, plan in filled.iterrows()}
    return compare(filled, STAYS, assumptions=BASE, **options), bills


def test_comparison_keeps_the_plans_in_order(compared):
    assert compared[0].index.equals(CATALOGUE.index)


@pytest.mark.parametrize(
    ("column", "direct"),
    [
        ("mean_cost_usd", lambda b: b["cost_usd"].mean(skipna=False)),
        ("mean_purchases", lambda b: b["purchases"].mean()),
        ("median_cost_usd", lambda b: np.percentile(b["cost_usd"], 50)),
        ("p95_cost_usd", lambda b: np.percentile(b["cost_usd"], 95)),
        ("short_share", lambda b: (b["short_days"] > 0).mean()),
        ("full_speed_share", lambda b: b["full_speed_gb"].sum() / STAYS.sum()),
        (
            "usd_per_carried_gb",
            lambda b: b["cost_usd"].sum(skipna=False) / (b["full_speed_gb"] + b["slow_gb"]).sum(),
        ),
    ],
)
def test_comparison_sums_up_the_bills(compared, column, direct):
    result, bills = compared
    np.testing.assert_allclose(result[column], [direct(b) for b in bills.values()], rtol=1e-9)


def test_cheapest_share_counts_the_stays_that_nobody_serves_for_less(compared):
    result, bills = compared
    cost = np.array(
        [
            b["cost_usd"].round(2).where(b["short_days"] == 0, np.inf).fillna(np.inf)
            for b in bills.values()
        ]
    )
    cheapest = (cost == cost.min(axis=0)) & np.isfinite(cost)
    expected = (cheapest / np.maximum(cheapest.sum(axis=0), 1)).mean(axis=1)
    np.testing.assert_allclose(result["cheapest_share"], expected, atol=1e-12)


def test_chunks_do_not_change_the_comparison(monkeypatch):
    whole = compare(CATALOGUE, STAYS, assumptions=BASE)
    monkeypatch.setattr(billing, "CHUNK_STAYS", 7)
    monkeypatch.setattr(billing, "CHUNK_FIGURES", 1)
    same_figures(compare(CATALOGUE, STAYS, assumptions=BASE), whole)


def same_figures(got, expected):
    """Check that sums agree but for rounding, and medians and percentiles of packs exactly.

    What is left of a pack is the small difference of sums as large as the cost.
    """
    atol = 1e-12 + 1e-13 * expected["mean_cost_usd"].max()
    pd.testing.assert_frame_equal(got, expected, rtol=1e-12, atol=atol)


@pytest.mark.slow
@settings(max_examples=100)
@given(
    st.lists(any_plan, min_size=1, max_size=6),
    usages(most_stays=9),
    st.sampled_from(["rebuy", "wait"]),
    st.data(),
)
def test_tallies_of_any_parts_in_any_order_make_the_comparison(some, usage, when_empty, data):
    rows, options = table(*some), {"when_empty": when_empty, "assumptions": BASE}
    lots = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=len(usage), max_size=len(usage)))
    )
    parts = [
        tally(rows, usage[lots == lot], **options)
        for lot in data.draw(st.permutations(np.unique(lots).tolist()))
    ]
    from_left, from_right = (
        reduce(add, parts),
        reduce(lambda right, left: left + right, reversed(parts)),
    )
    whole = compare(rows, usage, **options)
    for merged in (from_left, from_right):
        same_figures(merged.table(), whole)
        np.testing.assert_array_equal(merged.short_stays, from_left.short_stays)
        assert (merged.stays, *map(list, merged.packs)) == (len(usage), *map(list, from_left.packs))


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(any_plan, min_size=2, max_size=6), usages(most_stays=6), st.booleans())
def test_comparison_is_what_the_bills_say(some, usage, autopay):
    got = compare(table(*some), usage, autopay=autopay, assumptions=BASE)
    bills = [bill(plan, usage, autopay=autopay, assumptions=BASE) for plan in some]
    costs = np.array([billed["cost_usd"] for billed in bills])
    for column, figure in {
        "mean_cost_usd": costs.mean(axis=1),
        "median_cost_usd": np.percentile(costs, 50, axis=1),
        "p95_cost_usd": np.percentile(costs, 95, axis=1),
    }.items():
        np.testing.assert_allclose(got[column], figure, rtol=1e-12, atol=1e-12)
    served = np.array([billed["short_days"] == 0 for billed in bills]) & ~np.isnan(costs)
    cents = np.where(served, np.floor(100 * costs + 0.500001), math.inf)
    wins = (cents == cents.min(axis=0)) & served
    expected = (wins / np.maximum(wins.sum(axis=0), 1)).mean(axis=1)
    np.testing.assert_allclose(got["cheapest_share"], expected, atol=1e-12)


@settings(max_examples=150)
@given(
    st.lists(any_plan, min_size=1, max_size=6),
    usages(most_stays=6),
    st.sampled_from(["rebuy", "wait"]),
    st.booleans(),
)
def test_shares_of_short_stays_are_those_of_the_comparison(some, usage, when_empty, autopay):
    rule = {"assumptions": BASE, "when_empty": when_empty, "autopay": autopay}
    compared = compare(table(*some), usage, **rule)["short_share"]
    pd.testing.assert_series_equal(short_shares(table(*some), usage, **rule), compared)


@pytest.mark.parametrize(
    ("plans", "usage", "options"),
    [
        (table(DAILY), [[1.0]], {}),
        (table({**PACK, "price_usd": 11}), [[1.0]], {}),
        (table(PACK).rename({"plan-0": "plan-1"}), [[1.0]], {}),
        (table(PACK), [[1.0, 1.0]], {}),
        (table(PACK), [[1.0]], {"when_empty": "wait"}),
    ],
)
def test_tallies_that_do_not_bill_alike_are_refused(plans, usage, options):
    allowed = r"\(allowed: the same plans, days, assumptions and options\)"
    with pytest.raises(ValueError, match=f"two tallies do not bill alike {allowed}"):
        tally(table(PACK), [[1.0]], assumptions=BASE) + tally(
            plans, usage, assumptions=BASE, **options
        )


@pytest.mark.parametrize(("plan", "days"), [(UNLIMITED, 1), (PACK, 8)])
def test_tallies_of_shorter_stays_are_refused_where_every_bill_is_the_same(plan, days):
    short, long = (tally(table(plan), [[0.1] * n], assumptions=BASE) for n in (days, days + 1))
    with pytest.raises(ValueError, match="two tallies do not bill alike"):
        short + long


def test_tallies_can_be_sent_to_other_processes():
    halves = (tally(CATALOGUE, part, assumptions=BASE) for part in (STAYS[:150], STAYS[150:]))
    sent = [pickle.loads(pickle.dumps(half)) for half in halves]
    same_figures((sent[0] + sent[1]).table(), compare(CATALOGUE, STAYS, assumptions=BASE))


def test_plans_that_tie_share_the_stays():
    got = compare(
        table(PACK, {**PACK, "unlimited": None}, UNLIMITED), np.ones((4, 3)), assumptions=BASE
    )
    assert got["cheapest_share"].tolist() == [0.5, 0.5, 0]


def test_prices_that_differ_by_rounding_tie():
    a_day, three_days = (
        tariff(4.1, 1, 1, 1, "throttle"),
        tariff(12.3, 3, 1, 1, "throttle"),
    )  # 3 x 4.1 = 12.299...
    assert compare(table(a_day, three_days), [1.0] * 3, assumptions=BASE)[
        "cheapest_share"
    ].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("gb", "shares"), [(0.09, [1, 0]), (0.1, [0.5, 0.5]), (0.105, [0.5, 0.5]), (0.11, [0, 1])]
)
def test_prices_are_rounded_to_the_cent(gb, shares):
    by_gb = tariff(
        10, 30, 0, 30, "payg", overage_usd_per_gb=1.95
    )  # 17.55, 19.5, 20.475, 21.45 cents
    round_price = tariff(10.20, 30, 1, 30, "throttle")
    dearer = tariff(10.21, 30, 1, 30, "deprioritize")
    got = compare(table(by_gb, round_price, dearer), [gb], assumptions=BASE)
    assert got["cheapest_share"].tolist() == [*shares, 0]


def test_no_plan_is_cheapest_where_none_serves_the_stay():
    got = compare(table(PACK, THROTTLED), np.full((2, 5), 2.0), when_empty="wait", assumptions=BASE)
    assert got["cheapest_share"].tolist() == [0, 0]


def test_shares_of_no_data_are_missing():
    got = compare(table(PACK), np.zeros((2, 5)), assumptions=BASE)
    assert got[["full_speed_share", "usd_per_carried_gb"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("case", "billed", "expected"),
    [
        ("pack: 1 of 3 GB left, then all of the second", (PACK, [2] + [0] * 7), 10 / 3 + 10),
        ("daily: half of the first day, all of the second and third", (DAILY, [0.5, 0, 0]), 10),
        ("yearly: 12 whole months of 13 are left", (tariff(130, 365, 5, 30, "stop"), [1] * 5), 120),
        (
            "pay as you go: overage uses no allowance",
            (tariff(8, 30, 4, 30, "payg", overage_usd_per_gb=2), [1, 9]),
            0,
        ),
        ("pay as you go without an allowance", (FLEXIBLE, [1]), 0),
        (
            "pay as you go for nothing",
            (tariff(8, 30, 4, 30, "payg", overage_usd_per_gb=0), [1, 9]),
            0,
        ),
        ("never expires", (ENDLESS, [0.2]), 0),
        ("no stated allowance", (UNLIMITED, [1]), math.nan),
    ],
)
def test_unused_allowance_is_priced(case, billed, expected):
    plan, usage = billed
    got = compare(table(plan), usage, assumptions=BASE).iloc[0]["unused_usd"]
    assert got == pytest.approx(expected, nan_ok=True)


def test_one_stay_can_be_compared():
    assert compare(table(PACK), [1.0] * 8, assumptions=BASE).iloc[0]["mean_cost_usd"] == 30


def test_absurd_usage_takes_no_absurd_memory():
    got = compare(table(PACK), np.array([[3.0], [3e9], [6e9]]), assumptions=BASE)
    assert got.loc["plan-0", ["mean_cost_usd", "median_cost_usd"]].tolist() == pytest.approx(
        [1e10, 1e10], rel=1e-6
    )


def test_plans_may_lack_categories_that_no_row_needs():
    few = CATALOGUE[CATALOGUE["after_allowance"].isna()]
    few = few.assign(after_allowance=few["after_allowance"].cat.remove_unused_categories())
    assert len(compare(few, [1.0], assumptions=BASE)) == len(few)


@pytest.mark.parametrize("plans", [CATALOGUE.iloc[0], PACK], ids=["a row", "a mapping"])
def test_only_a_table_is_compared(plans):
    with pytest.raises(ValueError, match=r"plans is a (Series|dict) \(allowed: a table"):
        compare(plans, [1.0], assumptions=BASE)


def test_comparison_is_silent_unless_asked(capsys):
    compare(table(PACK), np.ones((3, 3)), assumptions=BASE)
    assert capsys.readouterr() == ("", "")


def test_progress_goes_to_stderr(capsys):
    compare(table(PACK), np.ones((3, 3)), progress=True, assumptions=BASE)
    assert "chunk" in capsys.readouterr().err


# --- Assumptions

HOLAFLY = tariff(20, 7, None, 1, "throttle", unlimited=True)


def test_unlimited_travel_plans_get_the_fair_use_allowance():
    got = with_fair_use(table(HOLAFLY).assign(provider_kind="travel_esim"), BASE).iloc[0]
    assert got[["data_gb", "allowance_days", "after_allowance", "throttle_kbps"]].tolist() == [
        2,
        1,
        "throttle",
        1000,
    ]


def test_unlimited_plans_of_others_stay_limitless():
    assert pd.isna(with_fair_use(table(UNLIMITED), BASE).iloc[0]["data_gb"])


def test_a_published_speed_is_not_replaced():
    plan = {**HOLAFLY, "throttle_kbps": 512}
    assert (
        with_fair_use(table(plan).assign(provider_kind="travel_esim"), BASE).iloc[0][
            "throttle_kbps"
        ]
        == 512
    )


@pytest.mark.parametrize(
    ("plan", "assumed"),
    [
        (THROTTLED, False),
        ({**THROTTLED, "throttle_kbps": None}, True),
        ({**THROTTLED, "throttle_kbps": None, "data_gb": None}, False),
        (FLEXIBLE, False),
        ({**FLEXIBLE, "throttle_kbps": None}, True),
        ({**FLEXIBLE, "throttle_kbps": None, "full_speed_gb": None}, False),
        (PACK, False),
    ],
)
def test_plans_that_rest_on_an_assumption_are_marked(plan, assumed):
    assert compare(table(plan), [1.0], assumptions=BASE).iloc[0]["assumed"] == assumed


def test_the_mark_survives_a_second_pass():
    once = with_fair_use(table({**THROTTLED, "throttle_kbps": None}), BASE)
    assert with_fair_use(once, BASE)["assumed"].tolist() == [True]


def test_the_given_plans_are_left_as_they_were():
    given = table(HOLAFLY).assign(provider_kind="travel_esim")
    with_fair_use(given, BASE)
    assert given["data_gb"].isna().all()


@pytest.mark.parametrize(
    ("after", "unlimited", "stop"),
    [
        ("stop", True, True),
        (None, False, True),
        (None, None, True),
        (None, True, False),
        ("throttle", False, False),
    ],
)
def test_a_limited_plan_that_says_nothing_stops(after, unlimited, stop):
    plans = table({**THROTTLED, "after_allowance": after, "unlimited": unlimited})
    assert (after_allowance(plans) == "stop").tolist() == [stop]


@pytest.mark.parametrize("level", ["low", "base", "high"])
def test_every_level_of_the_assumptions_can_be_compared(level):
    plans = table(HOLAFLY).assign(provider_kind="travel_esim")
    allowance = DATA.assumptions[level]["fair_use_gb_per_day"]
    got = compare(plans, [10.0], assumptions=DATA.assumptions[level])
    assert got.iloc[0]["full_speed_share"] == allowance / 10


def test_published_speeds_bound_the_assumed_ones():
    speeds = CATALOGUE["throttle_kbps"].dropna()
    assumed = DATA.assumptions.loc["blank_throttle_kbps", ["low", "high"]]
    assert assumed.tolist() == [speeds.min(), speeds.max()]


# --- Errors


def bill_a_pack(usage, **options):
    return bill(PACK, usage, **options)


def compare_a_pack(usage, **options):
    return compare(table(PACK), usage, assumptions=BASE, **options)


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (
            [[1, 1], [1, -2]],
            "1 values that are negative, NaN or infinite .* the first is -2.0 on day 1 of stay 1",
        ),
        (
            [1, math.nan, math.inf],
            "2 values that are negative, NaN or infinite .* the first is nan on day 1 of stay 0",
        ),
        (
            [1, 1, math.inf],
            "1 values that are negative, NaN or infinite .* the first is inf on day 2 of stay 0",
        ),
        ([], r"empty: its shape is \(0,\)"),
        (np.ones((0, 5)), r"empty: its shape is \(0, 5\)"),
        (3.0, "0 dimensions"),
        (np.ones((2, 2, 2)), r"3 dimensions \(allowed: \(days,\) or \(stays, days\)\)"),
    ],
)
@pytest.mark.parametrize(
    "run",
    [lambda usage: bill(PACK, usage), lambda usage: compare(table(PACK), usage, assumptions=BASE)],
)
def test_bad_usage_is_refused(run, usage, message):
    with pytest.raises(ValueError, match=message):
        run(usage)


@pytest.mark.parametrize("run", [bill_a_pack, compare_a_pack])
def test_an_unknown_way_to_handle_an_empty_pack_is_refused(run):
    with pytest.raises(ValueError, match=r"when_empty is 'borrow' \(allowed: 'rebuy' or 'wait'\)"):
        run([1.0], when_empty="borrow")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price_usd": math.nan}, "plan 'x-1' has no price"),
        ({"after_allowance": "explode"}, "plan 'x-1': after_allowance is 'explode'"),
        ({"term_days": 0}, "plan 'x-1' has a term or allowance period of 0 days"),
        ({"after_allowance": "payg"}, "plan 'x-1' is payg without a rate"),
    ],
)
def test_a_plan_that_cannot_be_billed_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        bill({**PACK, **change, "plan_id": "x-1"}, [1.0])


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match="missing from the plan: data_gb, unlimited"):
        bill(
            {name: value for name, value in PACK.items() if name not in ("data_gb", "unlimited")},
            [1.0],
        )


def test_a_comparison_names_the_plan_without_a_price():
    with pytest.raises(ValueError, match="plan 'plan-1' has no price"):
        compare(table(PACK, {**PACK, "price_usd": None}), [1.0], assumptions=BASE)


def test_a_comparison_names_missing_columns():
    with pytest.raises(ValueError, match="missing from the table of plans: autopay_price_usd"):
        compare(
            table(PACK).drop(columns="autopay_price_usd"), [1.0], autopay=True, assumptions=BASE
        )


def test_missing_assumptions_are_named():
    with pytest.raises(
        ValueError, match="missing from the assumptions: fair_use_kbps, blank_throttle_kbps"
    ):
        compare(table(PACK), [1.0], assumptions={"fair_use_gb_per_day": 2})


def test_a_comparison_needs_plans():
    with pytest.raises(ValueError, match="no plans"):
        compare(table(PACK).iloc[:0], [1.0], assumptions=BASE)


def test_a_log_is_one_stay_and_one_that_is_none_is_refused():
    log = pd.Series([1.0, 2.0], pd.date_range("2026-01-01", periods=2))
    assert bill(PACK, log).equals(bill(PACK, [1.0, 2.0]))
    with pytest.raises(ValueError, match="usage: the index has no dates"):
        bill(PACK, pd.Series([1.0, 2.0]))
    with pytest.raises(ValueError, match="is it MB"):
        compare(table(PACK), 1_000 * log, assumptions=BASE)
