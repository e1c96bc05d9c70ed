"""The reorder point, held against simulations that step through time."""

import numpy as np
import pandas as pd
import pytest
from made_up import DATA

import prepaid
from prepaid import top_up
from prepaid.usage import resample_usage

KNOWN, US = prepaid.UsageModel.known_average(8), prepaid.UsageModel.us_unlimited_2026()
TRAVELLER = prepaid.UsageModel.traveller("heavy", DATA.usage_benchmarks)
FOUR_WEEKS = pd.date_range("2026-06-01", periods=28)
LOG = prepaid.read_usage(prepaid.catalog.DATA / "example-usage-log.csv")
slow = pytest.mark.slow


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
