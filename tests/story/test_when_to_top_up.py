"""What the charts of notebook 04 draw: the figures of their tables, in words with their units."""

import math

import numpy as np
import pandas as pd
import pytest
from figures import words
from made_up import plan_like

from prepaid.story import when_to_top_up

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
CAPTION = "Source: a test."
PLAN = pd.Series({"price_usd": 10.0, "term_days": 4, "data_gb": 4.0, "allowance_days": 4})


@pytest.fixture
def fan():
    usage = np.array([[0.5] * 4, [1.1] * 4, [2.5] * 4, [0.0] * 4])
    left, empty = when_to_top_up.remaining(PLAN, usage), when_to_top_up.run_out_days(PLAN, usage)
    return when_to_top_up.burn_down_fan(left, empty, PLAN, CAPTION)


def test_the_fan_starts_full_and_its_line_is_the_median(fan):
    assert fan[0].lines[0].get_ydata() == pytest.approx([4, 3.2, 2.4, 1.6, 1.0])


def test_the_share_that_ran_out_is_drawn_day_by_day(fan):
    assert fan[1].lines[0].get_ydata().tolist() == [0, 0, 0.25, 0.25, 0.5]
    assert "50% are empty on day 4" in fan[0].figure.subtitle.get_text()
    assert words(fan[1]) == ["day 2: 25%", "day 3: 25%", "day 4: 50%"]


def test_nobody_runs_out_of_a_large_allowance():
    usage = np.ones((3, 4))
    plan = {**PLAN, "data_gb": 100.0}
    left, empty = when_to_top_up.remaining(plan, usage), when_to_top_up.run_out_days(plan, usage)
    axes = when_to_top_up.burn_down_fan(left, empty, plan, CAPTION)
    assert words(axes[1]) == []


def test_the_curve_writes_the_reorder_point_of_its_marks_with_unit():
    leads = pd.Index([1 / 1440, 1.0, 10.0], name="lead_days")
    points = pd.DataFrame({0.05: [0.1, 1.5, 5.0], 0.01: [0.2, 2.5, 7.0]}, leads)
    ax = when_to_top_up.reorder_curve(points, risk=0.05)
    assert {"a day\n1.5 GB", "three days\n2.3 GB", "an hour\n160 MB"} <= set(words(ax))
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[0.1, 1.5, 5], [0.2, 2.5, 7]]
    assert {"dry in\n1 case in 20", "dry in\n1 case in 100"} <= set(words(ax))


def test_tips_are_dots_with_their_range():
    days = {
        "low_days": [20.0, 24, math.inf],
        "base_days": [20.0, 30, math.inf],
        "high_days": [20.0, 40, math.inf],
    }
    days["dry_share"] = [0.9, 0.5, 0.0]
    ax = when_to_top_up.run_out_by_tip(
        pd.DataFrame(days, index=["As it is", "Less", "None"]), PLAN, CAPTION
    )
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(dots.get_xdata(), [20, 30, NAN])
    assert words(ax) == ["day 20", "day 30 (24 to 40)", "not within a year", "term ends"]
    assert (
        "None: 0% are empty before the term ends, not 90%"
        in ax.figure.subtitle.get_text().replace("\n", " ")
    )


def test_a_use_that_never_ends_the_data_is_drawn_too():
    effects = pd.DataFrame(
        math.inf, index=["As it is", "Less"], columns=["low_days", "base_days", "high_days"]
    )
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
            (
                1,
                pd.Timestamp("2026-12-01").date(),
                "term",
                9.0,
                1.0,
                False,
                40,
                pd.Timestamp("2027-01-09").date(),
            ),
            "Top up at the latest tomorrow, on 1 December 2026: the term ends first. "
            "Unpaid, the number is kept until 9 January 2027, by our source.",
        ),
        (
            (3, None, "term", 9.0, 3.0, False, 40, None),
            "Top up at the latest in 3 days: the term ends first. "
            "Unpaid, the number is kept until 40 days from now, by our source.",
        ),
        (
            (None, None, "data", math.inf, math.inf, False, None, None),
            "Nothing ends within a year: no need to top up.",
        ),
    ],
)
def test_the_answer_is_said_in_words(rule, said):
    assert when_to_top_up.in_words(when_to_top_up.TopUpBy(*rule)) == said


def test_the_caption_names_the_plan_its_price_and_its_date():
    plan = plan_like(provider="Brand", plan="5 GB", as_of=pd.Timestamp("2026-06-11"))
    caption = when_to_top_up.of_plan(plan, "a test")
    assert caption == "Source: data/plans.csv: Brand 5 GB, $10.00, price of 11 June 2026; a test."
