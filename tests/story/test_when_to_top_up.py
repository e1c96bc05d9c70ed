"""What the charts of notebook 04 draw: the figures of their tables, and titles that follow from them."""

import math

import numpy as np
import pandas as pd
import pytest
from figures import title, words
from made_up import DATA

from prepaid import top_up
from prepaid.story import when_to_top_up
from prepaid.top_up import TopUpBy

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
CAPTION = "Source: a test."
PLAN = pd.Series({"price_usd": 10.0, "term_days": 4, "data_gb": 4.0, "allowance_days": 4})


@pytest.fixture
def fan():
    usage = np.array([[0.5] * 4, [1.1] * 4, [2.5] * 4, [0.0] * 4])
    return when_to_top_up.burn_down_fan(top_up.remaining(PLAN, usage), top_up.run_out_days(PLAN, usage), PLAN, CAPTION)


def test_the_fan_starts_full_and_its_line_is_the_median(fan):
    assert fan[0].lines[0].get_ydata() == pytest.approx([4, 3.2, 2.4, 1.6, 1.0])


def test_the_share_that_ran_out_is_drawn_day_by_day(fan):
    assert fan[1].lines[0].get_ydata().tolist() == [0, 0, 0.25, 0.25, 0.5]
    assert "50% are empty on day 4" in fan[0].figure.subtitle.get_text()
    assert words(fan[1]) == ["day 2: 25%", "day 3: 25%", "day 4: 50%"]


def test_nobody_runs_out_of_a_large_allowance():
    usage = np.ones((3, 4))
    plan = {**PLAN, "data_gb": 100.0}
    left, empty = top_up.remaining(plan, usage), top_up.run_out_days(plan, usage)
    axes = when_to_top_up.burn_down_fan(left, empty, plan, CAPTION)
    assert words(axes[1]) == []


POINTS = pd.DataFrame(
    [[3.0, 2.0, 1.0], [5.0, 4.0, 3.0]],
    index=pd.Index([1 / 1440, 10.0], name="lead_days"),
    columns=pd.Index([0.01, 0.05, 0.1], name="risk"),
)


@pytest.fixture
def by_lead():
    rows = [("At once", 0.0, NAN), ("Slow", 60.0, 4320.0), ("Worst only", NAN, 30.0), ("Silent", NAN, NAN)]
    channels = pd.DataFrame(rows, columns=["channel", "typical_minutes", "worst_minutes"])
    return when_to_top_up.reorder_by_lead(POINTS, channels, CAPTION)


def test_each_risk_is_a_line_over_lead_time(by_lead):
    assert [line.get_ydata().tolist() for line in by_lead[0].lines] == [[3, 5], [2, 4], [1, 3]]
    assert by_lead[0].lines[0].get_xdata() == pytest.approx([1, 14400])
    assert words(by_lead[0]) == [f"dry in\n1 case in {cases}" for cases in (100, 20, 10)]


def test_channels_are_marked_and_silent_ones_counted_not_drawn(by_lead):
    ax = by_lead[1]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["At once", "Worst only", "Slow"]
    typical, worst = (line.get_xdata() for line in ax.lines)
    np.testing.assert_array_equal(typical, [1, NAN, 60])  # at once is drawn at the left edge
    np.testing.assert_array_equal(worst, [NAN, 30, 4320])
    assert "1 of 4 channels: our source states no time." in ax.figure.get_supxlabel()


def test_the_title_reads_the_middle_risk_at_an_hour_and_three_days(by_lead):
    hour, three_days = (2 + 2 * (days - 1 / 1440) / (10 - 1 / 1440) for days in (1 / 24, 3))
    told = f"Top up at {hour:.1f} GB if it takes an hour, at {three_days:.1f} GB if it takes three days (1 case in 20)"
    assert title(by_lead[0]) == told


@pytest.fixture
def cost():
    days = pd.RangeIndex(4, name="day")
    parts = pd.DataFrame({"early_usd": [9.0, 3, 0, 0], "dry_usd": [0.0, 1, 8, 9], "number_usd": [0.0, 0, 0, 50]}, days)
    curve = parts.assign(total_usd=parts.sum(axis=1))
    dearer = curve.assign(total_usd=[9.0, 11, 40, 90])
    costs = pd.DataFrame({"looking_usd": [2.0, 2.5]}, index=[5, 20])
    return when_to_top_up.cost_by_day({5: curve, 20: dearer}, 5, costs, CAPTION)


def test_the_cheapest_day_of_each_curve_is_marked(cost):
    assert {"day 1: $4.00", "day 0: $9.00", "$5 a dry day", "$20 a dry day"} <= set(words(cost))
    assert cost.get_title(loc="left") == "A dry day at $5: best fixed day $4.00, ordering by what is left $2.00"


def test_parts_that_cost_nothing_are_not_drawn_at_zero(cost):
    parts = {line.get_linestyle(): line.get_ydata().tolist() for line in cost.lines[:3]}
    assert parts == {"--": [9, 3], "-.": [1, 8, 9], ":": [50]}


def test_a_number_that_is_never_lost_is_not_named():
    days = pd.RangeIndex(2, name="day")
    curve = pd.DataFrame({"early_usd": [2.0, 1], "dry_usd": 1.0, "number_usd": 0.0, "total_usd": [3.0, 2]}, days)
    costs = pd.DataFrame({"looking_usd": [1.0]}, index=[5])
    assert "number lost" not in words(when_to_top_up.cost_by_day({5: curve}, 5, costs, CAPTION))


def test_ordering_that_costs_nothing_is_drawn_at_the_edge():
    days = pd.RangeIndex(2, name="day")
    curve = pd.DataFrame({"early_usd": 0.0, "dry_usd": 0.0, "number_usd": 0.0, "total_usd": [0.0, 0]}, days)
    ax = when_to_top_up.cost_by_day({5: curve}, 5, pd.DataFrame({"looking_usd": [0.0]}, index=[5]), CAPTION)
    assert ax.get_ylim()[0] == 0.05
    assert next(line for line in ax.lines if line.get_marker() == "o").get_ydata() == [0.05]
    assert "day 0: $0.00" in words(ax)


def test_tips_are_dots_with_their_range():
    days = {"low_days": [20.0, 24, math.inf], "base_days": [20.0, 30, math.inf], "high_days": [20.0, 40, math.inf]}
    days["dry_share"] = [0.9, 0.5, 0.0]
    ax = when_to_top_up.run_out_by_tip(pd.DataFrame(days, index=["As it is", "Less", "None"]), PLAN, CAPTION)
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(dots.get_xdata(), [20, 30, NAN])
    assert words(ax) == ["day 20", "day 30 (24 to 40)", "not within a year", "term ends"]
    assert "None: 0% are empty before the term ends, not 90%" in ax.figure.subtitle.get_text().replace("\n", " ")


def test_a_use_that_never_ends_the_data_is_drawn_too():
    effects = pd.DataFrame(math.inf, index=["As it is", "Less"], columns=["low_days", "base_days", "high_days"])
    effects["dry_share"] = 0.0
    ax = when_to_top_up.run_out_by_tip(effects, PLAN, CAPTION)
    assert words(ax) == ["not within a year", "not within a year", "term ends"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            (0, None, "data", -1.0, 5.0, True, None, None),
            "Too late to be safe: top up today; the data ends first. "
            "Our source does not say how long the number is kept.",
        ),
        (
            (1, pd.Timestamp("2026-12-01").date(), "term", 9.0, 1.0, False, 40, pd.Timestamp("2027-01-09").date()),
            "Top up at the latest tomorrow, on 1 December 2026: the term ends first. "
            "Unpaid, the number is kept until 9 January 2027, by our source.",
        ),
        (
            (3, None, "term", 9.0, 3.0, False, 40, None),
            "Top up at the latest in 3 days: the term ends first. "
            "Unpaid, the number is kept until 40 days from now, by our source.",
        ),
        ((None, None, "data", math.inf, math.inf, False, None, None), "Nothing ends within a year: no need to top up."),
    ],
)
def test_the_answer_is_said_in_words(rule, said):
    assert when_to_top_up.in_words(TopUpBy(*rule)) == said


def test_the_caption_names_the_plan_its_price_and_its_date():
    plan = DATA.plans.loc["tello-5gb"]
    caption = when_to_top_up.of_plan(plan, "a test")
    assert caption == "Source: data/plans.csv: Tello 5 GB, $14.00, price of 11 June 2026; a test."
