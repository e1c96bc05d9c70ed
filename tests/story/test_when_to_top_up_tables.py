"""The tables of notebook 04: what a day of ordering costs, and what tips change."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import DATA, plan_like

import prepaid
from prepaid import top_up
from prepaid.story import when_to_top_up

TELLO = DATA.plans.loc["tello-5gb"]  # 5 GB for 30 days, $14


def cost_of(plan, served_days, arrives, values):
    """Return early, dry and number costs by a walk over sixteenths of a day."""
    term = plan["term_days"]
    price_of_day = plan["price_usd"] / np.mean(served_days)
    early = dry = number = 0.0
    for served in served_days:
        for tick in np.arange(0, 3 * term, 1 / 16):
            if tick < served and tick >= arrives and not values["queues"]:
                early += price_of_day / 16
            if served <= tick < arrives:
                dry += values["dry_day_usd"] / 16
        number += values["number_usd"] * (arrives > term + values["grace_days"])
    return np.array([early, dry, number]) / len(served_days)


@given(st.integers(0, 15), st.sampled_from([0, 0.5, 3]), st.booleans())
@settings(deadline=None, max_examples=30)
def test_the_cost_of_a_day_is_that_of_a_walk_through_time(day, lead_days, queues):
    plan = plan_like()
    usage = np.array([[1.0] * 20, [0.1] * 20, [0.625] * 20])  # lasts 5 days, the term, and 8 days
    values = {"dry_day_usd": 4.0, "number_usd": 30.0, "grace_days": 3, "queues": queues}
    costs = when_to_top_up.best_top_up_day(plan, usage, lead_days=lead_days, **values).loc[day]
    expected = cost_of(plan, [5, 10, 8], day + lead_days, values)
    assert costs[["early_usd", "dry_usd", "number_usd"]].to_numpy() == pytest.approx(expected)
    assert costs["total_usd"] == pytest.approx(expected.sum())


def test_dear_dry_days_bring_the_best_day_forward():
    usage = prepaid.UsageModel.known_average(6).sample(30, 2_000, 1)
    best = [
        when_to_top_up.best_top_up_day(TELLO, usage, lead_days=1, dry_day_usd=usd)["total_usd"].idxmin()
        for usd in (1, 5, 50)
    ]
    assert best[0] > best[1] > best[2]


def test_looking_is_compared_with_the_best_fixed_day():
    plan = plan_like()
    usage = np.array([[1.0] * 10, [0.1] * 10])  # lasts 5 days, and the term
    told = {"lead_days": 1, "number_usd": 0}
    curves = {usd: when_to_top_up.best_top_up_day(plan, usage, dry_day_usd=usd, **told) for usd in (1, 100)}
    costs = when_to_top_up.timing_costs(plan, usage, top_up.order_day(plan, usage, 1.0, lead_days=1), curves, **told)
    # A fixed day fits both only by dry days for one, or by thrown-away days for the other; looking loses nothing.
    assert costs["best_day"].tolist() == [9, 4]
    assert costs["fixed_usd"].tolist() == pytest.approx([5 * 1 / 2, 5 * 10 / 7.5 / 2])
    assert costs["at_end_usd"].tolist() == pytest.approx([(6 + 1) / 2, 100 * (6 + 1) / 2])
    # Once it is empty: a dry day for one, in time for the other.
    assert costs["when_empty_usd"].tolist() == pytest.approx([1 / 2, 100 / 2])
    assert costs["looking_usd"].tolist() == [0, 0]
    early = when_to_top_up.timing_costs(plan, usage, np.array([0, 0]), curves, **told)
    assert early["looking_usd"].tolist() == pytest.approx([(4 + 9) * 10 / 7.5 / 2] * 2)
    assert early["queued_usd"].tolist() == [0, 0]


def test_spikier_days_need_more_and_twice_the_usage_twice_as_much():
    points = when_to_top_up.points_if_wrong(6, lead_days=1, check_every_days=1, risk=0.05)["point_gb"]
    assumed, spikier, steadier, even_months, twice = points
    assert spikier > assumed > steadier
    assert assumed > even_months
    assert twice == pytest.approx(2 * assumed)
    assert assumed == top_up.reorder_point(prepaid.UsageModel.known_average(6), lead_days=1, check_every_days=1)


HABITS = {"netflix-720p": 0.5, "music-96-kbps": 2.0}


BACKGROUND = {"low": 0.1, "base": 0.2, "high": 0.4}


def test_tips_save_what_the_table_of_activities_says():
    saved = when_to_top_up.savings(HABITS, DATA.activities, 0.5, BACKGROUND, video="netflix-720p", more_wifi=0.25)
    # On mobile data: a quarter of an hour of video at 650 to 750 MB per hour, an hour of music at 43 MB.
    base = 0.25 * 0.7 + 0.043
    assert saved.loc["As it is"].tolist() == pytest.approx([(0.25 * gb + 0.043) / 0.8 for gb in (0.65, 0.7, 0.75)])
    assert saved.loc["0.5 h less video a day"].tolist() == pytest.approx([0.1625, 0.175, 0.1875])
    assert saved.loc["Background data off"].tolist() == pytest.approx([base / 0.8 * share for share in (0.1, 0.2, 0.4)])
    assert saved.loc["Wi-Fi 75% of the time", "base"] == pytest.approx(base / 2)


def test_wifi_cannot_rise_above_all_hours():
    saved = when_to_top_up.savings(HABITS, DATA.activities, 0.9, BACKGROUND, video="netflix-720p", more_wifi=0.5)
    assert saved.loc["Wi-Fi 100% of the time", "base"] == pytest.approx(0.8 * saved.loc["As it is", "base"])


def test_who_saves_half_lasts_twice_as_long():
    saved = pd.DataFrame({"low": [9, 0.05, 0.0], "base": [0.2, 0.1, 0.2], "high": [9, 0.1, 9]}, ["now", "tip", "all"])
    usage = np.array([[0.1] * 100, [0.2] * 100, [0.4] * 100])
    effects = when_to_top_up.tip_effects(TELLO, saved, usage)
    assert effects["low_days"].tolist() == pytest.approx([25, 5 / 0.15, 25])
    assert effects["base_days"].tolist() == pytest.approx([25, 50, math.inf])
    assert effects["high_days"].tolist() == pytest.approx([25, 50, math.inf])
    assert effects["dry_share"].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert effects["monthly_gb"].tolist() == pytest.approx([7, 3.5, 0])


def test_the_best_plan_for_a_use_is_the_cheapest_that_serves_it():
    plans = DATA.plans.loc[["tello-2gb", "tello-5gb", "tello-unlimited", "nomad-3gb-30d"]]
    best = when_to_top_up.best_plans(plans, pd.Series({"little": 0.5, "much": 20.0}), 1, DATA.assumptions["base"])
    assert best["best_plan"].tolist() == ["Tello 2 GB", "Tello Unlimited"]
    assert best["usd_per_month"].tolist() == [10, 25]
