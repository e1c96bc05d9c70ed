"""The usage model, its published figures, and a person's own log.

Run as a script, this file writes the simulated example log anew: `python tests/test_usage.py`.
"""

import datetime as dt
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import DATA as TABLES

from prepaid.catalog import DATA
from prepaid.usage import UsageModel, activity_gb_per_day, daily_gb, resample_usage

ACTIVITIES, BENCHMARKS = TABLES.activities, TABLES.usage_benchmarks
EXAMPLE_LOG = DATA / "example-usage-log.csv"


def example_log() -> str:
    """Simulate 12 weeks of a person who uses about 9 GB a month, most of it on weekends."""
    monday, weeks = dt.date(2026, 6, 1), 12
    weekday_factor = [0.8] * 5 + [1.5] * 2
    gb = UsageModel.known_average(9).sample(7 * weeks, 1, seed=19)[0] * np.tile(
        weekday_factor, weeks
    )
    rows = [f"{monday + dt.timedelta(days=day)},{mb:.0f}" for day, mb in enumerate(gb * 1000)]
    return "\n".join(["date,mb", *rows]) + "\n"


# The three levels


def test_sample_has_a_row_per_stay_and_a_column_per_day():
    assert UsageModel.known_average(9).sample(days=14, stays=3, seed=0).shape == (3, 14)


def test_usage_is_finite_and_never_negative():
    usage = UsageModel.us_unlimited_2026().sample(90, 1000, seed=0)
    assert np.isfinite(usage).all() and (usage >= 0).all()


def test_expected_month_is_the_known_average():
    usage = UsageModel.known_average(9).sample(30, 100_000, seed=0)
    assert usage.sum(axis=1).mean() == pytest.approx(9, rel=0.01)


def test_every_day_of_a_long_stay_expects_the_same_usage():
    daily = UsageModel.known_average(30).sample(65, 100_000, seed=0).mean(axis=0)
    assert daily == pytest.approx(np.ones(65), rel=0.03)


def test_persons_keep_their_level_and_months_differ():
    model = UsageModel(
        median_gb=10, person_sigma=0.5, month_sigma=0.3, zero_day_share=0, day_shape=1e6
    )
    months = np.log(model.sample(90, 50_000, seed=0)[:, [0, 29, 30, 60]] * 30)
    variance = np.array([[0.34, 0.34, 0.25, 0.25], [0.34, 0.34, 0.25, 0.25]])
    assert np.cov(months, rowvar=False)[:2] == pytest.approx(variance, abs=0.01)


def test_median_person_has_the_median_level():
    model = UsageModel(
        median_gb=10, person_sigma=0.9, month_sigma=0, zero_day_share=0, day_shape=1e6
    )
    assert np.median(model.sample(30, 50_000, seed=0).sum(axis=1)) == pytest.approx(10, rel=0.02)


def test_share_of_days_without_data_is_as_asked():
    usage = replace(UsageModel.known_average(9), zero_day_share=0.25).sample(30, 10_000, seed=0)
    assert (usage == 0).mean() == pytest.approx(0.25, abs=0.005)


def test_days_with_data_have_the_spread_of_their_gamma_shape():
    usage = replace(UsageModel.known_average(9), month_sigma=0, day_shape=0.5).sample(
        30, 20_000, seed=0
    )
    days = usage[usage > 0]
    assert days.var() / days.mean() ** 2 == pytest.approx(1 / 0.5, rel=0.02)


def test_same_seed_gives_the_same_usage():
    model = UsageModel.us_unlimited_2026()
    assert np.array_equal(model.sample(40, 5, seed=7), model.sample(40, 5, seed=7))


def test_a_generator_is_drawn_from_and_moves_on():
    model, rng = UsageModel.us_unlimited_2026(), np.random.default_rng(7)
    first = model.sample(40, 5, rng)
    assert np.array_equal(first, model.sample(40, 5, seed=7)) and not np.array_equal(
        first, model.sample(40, 5, rng)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"days": 0}, "days is 0; it must be a whole number of at least 1."),
        ({"days": 7.5}, "days is 7.5; it must be a whole number of at least 1."),
        ({"days": True}, "days is True; it must be a whole number of at least 1."),
        ({"stays": -1}, "stays is -1; it must be a whole number of at least 1."),
        ({"seed": None}, "seed is None; it must be a whole number or a numpy Generator."),
    ],
)
def test_sample_refuses_impossible_counts_and_seeds(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        UsageModel.known_average(9).sample(**{"days": 30, "stays": 10, "seed": 0} | arguments)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("median_gb", 0, "median_gb is 0; it must be a number above 0."),
        ("median_gb", float("inf"), "median_gb is inf; it must be a number above 0."),
        ("person_sigma", -0.1, "person_sigma is -0.1; it must be a number of at least 0."),
        ("month_sigma", float("nan"), "month_sigma is nan; it must be a number of at least 0."),
        ("zero_day_share", 1, "zero_day_share is 1; it must be at least 0 and below 1."),
        ("day_shape", 0, "day_shape is 0; it must be a number above 0."),
    ],
)
def test_model_refuses_parameters_without_meaning(field, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        replace(UsageModel.known_average(9), **{field: value})


# Travellers


@pytest.mark.parametrize(
    ("profile", "low", "high"), [("light", 3, 5), ("moderate", 6, 10), ("heavy", 12, 20)]
)
def test_eight_of_ten_travellers_are_in_the_published_range(profile, low, high):
    model = replace(UsageModel.traveller(profile, BENCHMARKS), zero_day_share=0, day_shape=1e6)
    weekly_gb = model.sample(7, 50_000, seed=0).sum(axis=1)
    assert np.quantile(weekly_gb, [0.1, 0.9]) == pytest.approx([low, high], rel=0.02)


def test_unknown_traveller_is_refused():
    with pytest.raises(
        ValueError, match="profile is 'extreme'; it must be 'light', 'moderate' or 'heavy'"
    ):
        UsageModel.traveller("extreme", BENCHMARKS)


# Activities


def test_activities_add_up_with_their_range():
    netflix, maps = ACTIVITIES.loc["netflix-480p"], ACTIVITIES.loc["maps-navigation"]
    gb = activity_gb_per_day({"netflix-480p": 2, "maps-navigation": 0.5}, ACTIVITIES)
    low = (2 * netflix["low_mb_per_hour"] + 0.5 * maps["low_mb_per_hour"]) / 1000
    high = (2 * netflix["high_mb_per_hour"] + 0.5 * maps["high_mb_per_hour"]) / 1000
    assert gb.to_dict() == pytest.approx({"low": low, "base": (low + high) / 2, "high": high})


def test_hours_on_wifi_use_no_mobile_data():
    hours = {"youtube-720p": 1, "web-phone": 3}
    at_home, away = (
        activity_gb_per_day(hours, ACTIVITIES, wifi_share=share) for share in (0.75, 0)
    )
    assert at_home.to_list() == pytest.approx(away / 4)


def test_habits_become_a_model_of_thirty_such_days():
    hours = {"tiktok-720p": 1}
    model = UsageModel.from_activities(hours, ACTIVITIES)
    assert model == UsageModel.known_average(30 * activity_gb_per_day(hours, ACTIVITIES)["base"])


@pytest.mark.parametrize(
    ("hours", "wifi_share", "message"),
    [
        ({"netflix-480": 1}, 0, "activity 'netflix-480' is unknown; did you mean 'netflix-480p'?"),
        (
            {"knitting": 1},
            0,
            "activity 'knitting' is unknown; data/activities.csv lists what is known",
        ),
        ({"web-phone": -1}, 0, "web-phone takes -1 hours per day; it must be 0 to 24."),
        ({"web-phone": float("nan")}, 0, "web-phone takes nan hours per day; it must be 0 to 24."),
        (
            {"web-phone": 12, "music-96-kbps": 13},
            0,
            "the activities take 25 hours per day in total; it must be 24 at most.",
        ),
        ({"web-phone": 1}, 86, "wifi_share is 86; it must be from 0 to 1."),
    ],
)
def test_impossible_habits_are_refused(hours, wifi_share, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        activity_gb_per_day(hours, ACTIVITIES, wifi_share)


# The example log


def test_example_log_is_the_one_that_this_file_simulates():
    assert EXAMPLE_LOG.read_text(encoding="utf-8") == example_log()


# Stays drawn from a log


def numbered_log(days):
    """Day number as usage: which day of the log was drawn can be read off."""
    return pd.Series(np.arange(float(days)), index=pd.date_range("2026-03-04", periods=days))


def test_resampled_stays_have_the_shape_asked_for():
    assert resample_usage(numbered_log(30), days=10, stays=4, seed=0).shape == (4, 10)


def test_resampled_stays_keep_the_order_of_weekdays():
    weekday = resample_usage(numbered_log(28), days=30, stays=500, seed=0) % 7
    assert (np.diff(weekday, axis=1) % 7 == 1).all()


def test_resampled_stays_keep_whole_weeks_together():
    drawn = resample_usage(numbered_log(28), days=30, stays=500, seed=0)
    breaks = np.diff(drawn, axis=1) != 1
    assert (drawn[:, 1:][breaks] % 7 == 0).all()


def test_resampled_stays_start_on_every_weekday_alike():
    first = resample_usage(numbered_log(28), days=3, stays=70_000, seed=0)[:, 0] % 7
    assert np.bincount(first.astype(int)) == pytest.approx([10_000] * 7, rel=0.04)


def test_every_day_of_a_resampled_stay_expects_the_mean_of_the_log():
    log = numbered_log(28)
    daily = resample_usage(log, days=16, stays=50_000, seed=0).mean(axis=0)
    assert daily == pytest.approx(np.full(16, log.mean()), rel=0.02)


def test_days_before_the_last_whole_weeks_are_left_out():
    drawn = resample_usage(numbered_log(17), days=7, stays=2000, seed=0)
    assert np.unique(drawn).tolist() == list(range(3, 17))


def test_resampling_repeats_with_its_seed():
    log = numbered_log(28)
    assert np.array_equal(resample_usage(log, 30, 5, seed=3), resample_usage(log, 30, 5, seed=3))


def test_short_log_is_refused():
    with pytest.raises(ValueError, match="the log has 13 days; at least 14 are needed"):
        resample_usage(numbered_log(13), 7, 10, seed=0)


# The tables


def test_a_source_without_a_date_stays_without_one():
    assert ACTIVITIES.loc["youtube-480p", "as_of"] is pd.NaT


def test_benchmarks_hold_the_published_median():
    assert BENCHMARKS.loc["us-mobile-median", ["value", "unit"]].to_list() == [14.5, "GB/month"]


if __name__ == "__main__":
    EXAMPLE_LOG.write_text(example_log(), encoding="utf-8", newline="\n")


LOG = pd.Series([0.0, 0.6] * 14, index=pd.date_range("2026-06-01", periods=28))
MONTHS = pd.date_range("2025-01-01", periods=14, freq="MS")


@pytest.mark.parametrize(
    ("log", "complaint"),
    [
        (
            LOG[LOG > 0],
            "13 days are missing, the first is 3 June 2026 .expected 0 for a day without use",
        ),
        (LOG.drop(LOG.index[5:7]), "2 days are missing, the first is 6 June 2026"),
        (LOG * 1000, "600 GB on the busiest day and 300 on average .* is it MB"),
        (LOG * 50_000, "is it MB"),
        (LOG * 1e6, "is it KB"),
        (LOG * 1e9, "is it bytes"),
        (LOG.clip(upper=0.05) * 1000, "50 GB on the busiest day and 25 on average .* is it MB"),
        (LOG[:14].set_axis(MONTHS), "the dates are a month apart"),
        (LOG[::7], "the dates are 7 days apart"),
        (LOG.astype(str), "values are not numbers .expected GB per day"),
        (LOG > 0, "values are not numbers"),
        (LOG.iloc[[*range(20), 22, 20, 21]], "1 days are out of order, the first is 21 June 2026"),
        (LOG.iloc[[*range(20), 3]], "1 days stand more than once, the first is 4 June 2026"),
        (LOG.reset_index(drop=True), "the index has no dates"),
        (LOG.where(LOG > 0), "negative, infinite or missing"),
        (LOG - 1, "negative, infinite or missing"),
        (LOG + math.inf, "negative, infinite or missing"),
        (LOG[:0], "no days"),
        ([0.5] * 20, "expected a Series"),
    ],
)
def test_what_is_not_gb_per_day_is_refused_before_anything_is_drawn(log, complaint):
    with pytest.raises(ValueError, match=complaint):
        daily_gb(log)
    with pytest.raises(ValueError, match=complaint):
        resample_usage(log, 7, 10, 1)


def test_everything_wrong_with_a_log_is_told_at_once():
    with pytest.raises(ValueError) as error:
        daily_gb(LOG[LOG > 0] * 1000)
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    "log",
    [
        LOG,
        LOG.set_axis([day.date() for day in LOG.index]),
        LOG.set_axis(LOG.index.strftime("%Y-%m-%d")),
        LOG.to_period("D"),
        LOG.tz_localize("Asia/Shanghai"),
        LOG.astype("Float64"),
    ],
)
def test_dated_gb_are_returned_as_they_are(log):
    log.attrs["understood"] = "28 days"
    daily = daily_gb(log)
    assert daily.tolist() == LOG.tolist() and daily.index.tolist() == LOG.index.tolist()
    assert (daily.name, daily.index.name, daily.attrs) == ("gb", "date", {"understood": "28 days"})


def test_heaviest_days_that_are_plausible_are_taken():
    assert daily_gb(pd.Series([100.0, *[1.0] * 6], LOG.index[:7])).max() == 100
    with pytest.raises(ValueError, match="is it MB"):
        daily_gb(pd.Series([100.1, *[1.0] * 6], LOG.index[:7]))


def test_habits_without_mobile_data_are_no_model():
    with pytest.raises(ValueError, match="use no mobile data"):
        UsageModel.from_activities({"netflix-480p": 0}, ACTIVITIES)
