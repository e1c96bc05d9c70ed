"""When to top up: burn-downs by hand, and rules held against simulations that step through time."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA, plan_like

import prepaid
from prepaid import top_up
from prepaid.usage import resample_usage

MONTH = plan_like(term_days=30, allowance_days=30)
KNOWN, US = prepaid.UsageModel.known_average(8), prepaid.UsageModel.us_unlimited_2026()
TRAVELLER = prepaid.UsageModel.traveller("heavy", DATA.usage_benchmarks)
FOUR_WEEKS = pd.date_range("2026-06-01", periods=28)
LOG = prepaid.read_usage(prepaid.catalog.DATA / "example-usage-log.csv")
slow = pytest.mark.slow


# Burn-down


@pytest.mark.parametrize("usage", [[-1.0], [math.nan], [math.inf], [], np.zeros((2, 2, 2))])
def test_usage_that_is_none_never_runs_out(usage):
    with pytest.raises(ValueError, match=r"^usage has "):
        top_up.run_out_days(MONTH, usage)


def empty_at(usage, gb):
    """Return when so many GB are used up: a plain loop."""
    for day, used in enumerate(usage):
        if used > gb:
            return day + gb / used
        gb -= used
    return math.inf


@given(
    st.lists(st.floats(0, 3).map(lambda gb: round(gb, 2)), min_size=1, max_size=40),
    st.floats(0.01, 20),
)
def test_data_runs_out_when_a_loop_says_so(usage, gb):
    plan = plan_like(term_days=pd.NA, allowance_days=pd.NA, data_gb=gb)
    assert top_up.run_out_days(plan, np.array(usage))[0] == pytest.approx(
        empty_at(usage, gb), abs=1e-6
    )


def test_what_is_left_and_the_days_left_count_from_today():
    plan = plan_like(term_days=6, allowance_days=3, data_gb=5.0)
    usage = np.ones(9)
    assert top_up.run_out_days(plan, usage, remaining_gb=1.5, days_left=5)[0] == 1.5
    # 1.5 GB last the day until the allowance starts anew; then 5 GB last three days, to the end.
    assert top_up.run_out_days(plan, usage, remaining_gb=1.5, days_left=4)[0] == math.inf
    assert top_up.run_out_days(plan, 2 * usage, remaining_gb=2.0, days_left=4)[0] == 1 + 2.5


# The reorder point


def dry_shares(usage, points_gb, lead_hours, check_days, rng, hours=range(24)):
    """Return the share of top-ups before which data ran out for persons who obey a reorder point.

    Goes hour by hour. Each person counts once, however often he tops up. A pack is what he uses in
    an average month. Whoever is dry uses nothing until the top-up arrives. A day's data is used in
    these `hours`.
    """
    pack_gb = 30 * usage.mean(axis=1)
    shares = []
    for point_gb in points_gb:
        left = pack_gb * (1 + rng.random(len(usage)))
        check_hours, due = round(24 * check_days), np.full(len(usage), -1)
        first_look = 24 * rng.integers(max(1, int(check_days)), size=len(usage))
        dry, top_ups, dry_top_ups = (
            np.zeros(len(usage), dtype=bool),
            np.zeros(len(usage)),
            np.zeros(len(usage)),
        )
        for hour in range(24 * usage.shape[1]):
            arrives = due == hour
            top_ups += arrives
            dry_top_ups += arrives & dry
            left[arrives] += pack_gb[arrives]
            dry[arrives] = False
            due[arrives] = -1
            day = hour // 24
            orders = (due < 0) & ((hour - first_look) % check_hours == 0) & (left <= point_gb)
            due[orders] = hour + lead_hours
            if hour % 24 in hours:
                left -= usage[:, day] / len(hours)
                dry |= left < 0
                left = np.maximum(left, 0)
        shares.append((dry_top_ups / np.maximum(top_ups, 1))[top_ups > 0].mean())
    return np.array(shares)


@pytest.mark.parametrize(
    ("source", "lead_hours", "check_days"),
    [
        pytest.param(KNOWN, 6, 1, id="known average"),
        pytest.param(KNOWN, 24, 7, id="known average, weekly look", marks=slow),
        pytest.param(KNOWN, 1, 1 / 24, id="known average, a look every hour", marks=slow),
        pytest.param(KNOWN, 30, 1 / 4, id="known average, four looks a day", marks=slow),
        pytest.param(TRAVELLER, 48, 1, id="heavy travellers", marks=slow),
        pytest.param(US, 6, 1, id="a population", marks=slow),
        pytest.param(LOG, 24, 7, id="a log, weekly look", marks=slow),
    ],
)
def test_data_runs_out_before_the_top_up_as_often_as_the_risk_says(source, lead_hours, check_days):
    risks = [0.01, 0.05, 0.10]
    points = top_up.reorder_points(
        source, lead_days=[lead_hours / 24], check_every_days=check_days, risks=risks
    )
    rng = np.random.default_rng(99)
    sample = (
        source.sample
        if isinstance(source, prepaid.UsageModel)
        else lambda *a: resample_usage(source, *a)
    )
    shares = dry_shares(sample(240, 2_500, rng), points.iloc[0], lead_hours, check_days, rng)
    assert np.abs(shares - risks).max() < 0.01


def test_even_use_needs_what_it_uses_in_the_lead_time_and_most_of_a_look():
    log = pd.Series(2.0, FOUR_WEEKS)
    point = top_up.reorder_point(log, lead_days=0.5, check_every_days=4, risk=0.05)
    assert point == pytest.approx(2 * (0.5 + 0.95 * 4), rel=0.01)


@pytest.mark.parametrize("times", [2, 24])
def test_even_use_seen_all_day_needs_a_part_of_a_look_only(times):
    log = pd.Series(2.4, FOUR_WEEKS)
    point = top_up.reorder_point(log, lead_days=0.25, check_every_days=1 / times, risk=0.05)
    assert point == pytest.approx(2.4 * (0.25 + 0.95 / times), rel=0.01)


def test_the_point_grows_with_lead_time_and_safety():
    points = top_up.reorder_points(
        KNOWN, lead_days=[0, 0.1, 1, 5], check_every_days=1, risks=[0.01, 0.05, 0.2]
    )
    assert (points.diff().iloc[1:] > 0).all(axis=None)
    assert (points.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_looking_less_often_needs_more():
    points = [
        top_up.reorder_point(KNOWN, lead_days=1, check_every_days=days)
        for days in (1 / 24, 1, 3, 7)
    ]
    assert points == sorted(points)
    assert points[0] < points[2]


@pytest.mark.parametrize("every", [1 / 24, 7])
def test_data_burnt_down_once_tells_the_points_of_every_shorter_lead_and_risk(every):
    burnt = top_up.burn_downs(LOG, 20, every)
    for lead in (0, 1 / 24, 3, 20):
        for risk in (0.01, 0.2):
            rule = {"lead_days": lead, "check_every_days": every, "risk": risk}
            assert burnt.points([lead], [risk]).iloc[0, 0] == top_up.reorder_point(LOG, **rule)


def test_the_same_seed_gives_the_same_point_and_another_a_near_one():
    one, same, other = (
        top_up.reorder_point(KNOWN, lead_days=1, check_every_days=1, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert one == pytest.approx(other, rel=0.05)


def test_who_uses_nothing_needs_nothing():
    assert top_up.reorder_point(pd.Series(0.0, FOUR_WEEKS), lead_days=1, check_every_days=1) == 0


def test_all_wrong_arguments_are_named_at_once():
    every = r"check_every_days is 1.5 \(allowed: 1 to 90 whole days, 1/2 to 1/24\)"
    told = rf"lead_days is \[-1.0\].*; {every}; risk is \[0.0\] \(allowed: 0.001 to below 1\)"
    with pytest.raises(ValueError, match=told):
        top_up.reorder_point(KNOWN, lead_days=-1, check_every_days=1.5, risk=0)


# The latest day


@pytest.mark.parametrize(
    "source",
    [
        KNOWN,
        prepaid.UsageModel.traveller("light", DATA.usage_benchmarks),
        prepaid.UsageModel.us_unlimited_2026(),
    ],
    ids=str,
)
@pytest.mark.parametrize("risk", [0.01, 0.05, 0.10])
def test_data_ends_before_the_order_arrives_as_often_as_the_risk_says(source, risk):
    rule = top_up.top_up_by(MONTH, 2.5, 29, usage_source=source, lead_days=0.5, risk=risk)
    usage = source.sample(29, 20_000, np.random.default_rng(99))
    arrives = rule.data_days + 0.5
    if math.isinf(arrives):
        assert (usage.sum(axis=1) > 2.5).mean() < risk + 0.01
    else:
        whole = int(arrives)
        used = usage[:, :whole].sum(axis=1) + (arrives - whole) * usage[:, min(whole, 28)]
        assert (used > 2.5).mean() == pytest.approx(risk, abs=0.01)


EVEN = pd.Series(0.5, FOUR_WEEKS)


def test_the_data_binds_where_it_ends_first():
    rule = top_up.top_up_by(
        MONTH, 5.0, 20, usage_source=EVEN, lead_days=1.5, grace_days=5, today="2026-11-23"
    )
    assert (rule.binds, rule.data_days, rule.term_days, rule.late) == ("data", 8.5, 18.5, False)
    assert (rule.day, rule.date) == (8, dt.date(2026, 12, 1))
    assert (rule.number_kept_days, rule.number_kept_until) == (24, dt.date(2026, 12, 17))


def test_the_term_binds_where_it_ends_first():
    rule = top_up.top_up_by(MONTH, 5.0, 4, usage_source=EVEN, lead_days=1)
    assert (rule.binds, rule.day, rule.data_days, rule.term_days) == ("term", 3, math.inf, 3)
    assert (rule.date, rule.number_kept_days, rule.number_kept_until) == (None, None, None)


def test_who_acts_on_some_days_only_takes_the_one_before():
    days = [
        top_up.top_up_by(MONTH, 5.0, 20, usage_source=EVEN, lead_days=1, check_every_days=c).day
        for c in (1, 4, 7)
    ]
    assert days == [9, 8, 7]


def test_who_looks_all_day_acts_on_any_day():
    rules = [
        top_up.top_up_by(MONTH, 5.0, 20, usage_source=EVEN, lead_days=0.5, check_every_days=c)
        for c in (1, 1 / 24)
    ]
    assert [(rule.day, rule.data_days) for rule in rules] == [(9, 9.5)] * 2


def test_too_late_is_today_and_says_so():
    rule = top_up.top_up_by(MONTH, 0.2, 20, usage_source=EVEN, lead_days=1)
    assert (rule.day, rule.late, rule.binds) == (0, True, "data")


def test_an_allowance_that_starts_anew_is_counted_in():
    plan = plan_like(term_days=20, allowance_days=10)
    rule = top_up.top_up_by(plan, 1.0, 12, usage_source=EVEN, lead_days=0)
    assert (rule.binds, rule.day) == ("term", 12)  # 1 GB for two days, then 5 GB for ten


def test_credit_that_never_expires_binds_by_its_data():
    plan = plan_like(term_days=pd.NA, allowance_days=pd.NA)
    rule = top_up.top_up_by(plan, 5.0, None, usage_source=EVEN, lead_days=1, grace_days=60)
    assert (rule.binds, rule.day, rule.term_days, rule.number_kept_days) == (
        "data",
        9,
        math.inf,
        None,
    )
    unused = top_up.top_up_by(plan, 5.0, None, usage_source=0 * EVEN, lead_days=1)
    assert (unused.day, unused.data_days) == (None, math.inf)


@pytest.mark.parametrize("days_left", [None, 0, 31])
def test_days_left_must_fit_the_term(days_left):
    with pytest.raises(ValueError, match=r"days_left is .* \(allowed: 1 to 30"):
        top_up.top_up_by(MONTH, 1.0, days_left, usage_source=EVEN, lead_days=1)


@pytest.mark.parametrize("days_left", [100, -3, 0])
def test_days_left_are_days_of_the_term(days_left):
    with pytest.raises(ValueError, match=r"^days_left is .* the plan's term"):
        top_up.run_out_days(plan_like(), np.ones((2, 30)), remaining_gb=1, days_left=days_left)


@pytest.mark.parametrize(
    ("name", "value"), [("remaining_gb", None), ("grace_days", -5), ("today", 20260101)]
)
def test_what_the_phone_cannot_show_is_refused(name, value):
    options = {"remaining_gb": 2.5, "grace_days": 5, "today": "2026-01-01"} | {name: value}
    with pytest.raises(ValueError, match=f"^{name} is "):
        top_up.top_up_by(
            plan_like(),
            options.pop("remaining_gb"),
            10,
            usage_source=prepaid.UsageModel.known_average(5),
            lead_days=1,
            **options,
        )
