"""When data runs out, by hand, and the latest day to order, held against fresh simulations."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA, plan_like

import prepaid
from prepaid.story.when_to_top_up import run_out_days, top_up_by

MONTH = plan_like(term_days=30, allowance_days=30)
FOUR_WEEKS = pd.date_range("2026-06-01", periods=28)


@pytest.mark.parametrize("usage", [[-1.0], [math.nan], [math.inf], [], np.zeros((2, 2, 2))])
def test_usage_that_is_none_never_runs_out(usage):
    with pytest.raises(ValueError, match=r"^usage has "):
        run_out_days(MONTH, usage)


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
    assert run_out_days(plan, np.array(usage))[0] == pytest.approx(empty_at(usage, gb), abs=1e-6)


def test_what_is_left_and_the_days_left_count_from_today():
    plan = plan_like(term_days=6, allowance_days=3, data_gb=5.0)
    usage = np.ones(9)
    assert run_out_days(plan, usage, remaining_gb=1.5, days_left=5)[0] == 1.5
    # 1.5 GB last the day until the allowance starts anew; then 5 GB last three days, to the end.
    assert run_out_days(plan, usage, remaining_gb=1.5, days_left=4)[0] == math.inf
    assert run_out_days(plan, 2 * usage, remaining_gb=2.0, days_left=4)[0] == 1 + 2.5


# The latest day


@pytest.mark.parametrize(
    "source",
    [
        prepaid.UsageModel.known_average(8),
        prepaid.UsageModel.traveller("light", DATA.usage_benchmarks),
        prepaid.UsageModel.us_unlimited_2026(),
    ],
    ids=str,
)
@pytest.mark.parametrize("risk", [0.01, 0.05, 0.10])
def test_data_ends_before_the_order_arrives_as_often_as_the_risk_says(source, risk):
    rule = top_up_by(MONTH, 2.5, 29, usage_source=source, lead_days=0.5, risk=risk)
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
    rule = top_up_by(
        MONTH, 5.0, 20, usage_source=EVEN, lead_days=1.5, grace_days=5, today="2026-11-23"
    )
    assert (rule.binds, rule.data_days, rule.term_days, rule.late) == ("data", 8.5, 18.5, False)
    assert (rule.day, rule.date) == (8, dt.date(2026, 12, 1))
    assert (rule.number_kept_days, rule.number_kept_until) == (24, dt.date(2026, 12, 17))


def test_the_term_binds_where_it_ends_first():
    rule = top_up_by(MONTH, 5.0, 4, usage_source=EVEN, lead_days=1)
    assert (rule.binds, rule.day, rule.data_days, rule.term_days) == ("term", 3, math.inf, 3)
    assert (rule.date, rule.number_kept_days, rule.number_kept_until) == (None, None, None)


def test_who_acts_on_some_days_only_takes_the_one_before():
    days = [
        top_up_by(MONTH, 5.0, 20, usage_source=EVEN, lead_days=1, check_every_days=c).day
        for c in (1, 4, 7)
    ]
    assert days == [9, 8, 7]


def test_who_looks_all_day_acts_on_any_day():
    rules = [
        top_up_by(MONTH, 5.0, 20, usage_source=EVEN, lead_days=0.5, check_every_days=c)
        for c in (1, 1 / 24)
    ]
    assert [(rule.day, rule.data_days) for rule in rules] == [(9, 9.5)] * 2


def test_too_late_is_today_and_says_so():
    rule = top_up_by(MONTH, 0.2, 20, usage_source=EVEN, lead_days=1)
    assert (rule.day, rule.late, rule.binds) == (0, True, "data")


def test_an_allowance_that_starts_anew_is_counted_in():
    plan = plan_like(term_days=20, allowance_days=10)
    rule = top_up_by(plan, 1.0, 12, usage_source=EVEN, lead_days=0)
    assert (rule.binds, rule.day) == ("term", 12)  # 1 GB for two days, then 5 GB for ten


def test_credit_that_never_expires_binds_by_its_data():
    plan = plan_like(term_days=pd.NA, allowance_days=pd.NA)
    rule = top_up_by(plan, 5.0, None, usage_source=EVEN, lead_days=1, grace_days=60)
    assert (rule.binds, rule.day, rule.term_days, rule.number_kept_days) == (
        "data",
        9,
        math.inf,
        None,
    )
    unused = top_up_by(plan, 5.0, None, usage_source=0 * EVEN, lead_days=1)
    assert (unused.day, unused.data_days) == (None, math.inf)


@pytest.mark.parametrize("days_left", [None, 0, 31])
def test_days_left_must_fit_the_term(days_left):
    with pytest.raises(ValueError, match=r"days_left is .* \(allowed: 1 to 30"):
        top_up_by(MONTH, 1.0, days_left, usage_source=EVEN, lead_days=1)


@pytest.mark.parametrize("days_left", [100, -3, 0])
def test_days_left_are_days_of_the_term(days_left):
    with pytest.raises(ValueError, match=r"^days_left is .* the plan's term"):
        run_out_days(plan_like(), np.ones((2, 30)), remaining_gb=1, days_left=days_left)


@pytest.mark.parametrize(
    ("name", "value"), [("remaining_gb", None), ("grace_days", -5), ("today", 20260101)]
)
def test_what_the_phone_cannot_show_is_refused(name, value):
    options = {"remaining_gb": 2.5, "grace_days": 5, "today": "2026-01-01"} | {name: value}
    with pytest.raises(ValueError, match=f"^{name} is "):
        top_up_by(
            plan_like(),
            options.pop("remaining_gb"),
            10,
            usage_source=prepaid.UsageModel.known_average(5),
            lead_days=1,
            **options,
        )
