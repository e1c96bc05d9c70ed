"""How much mobile data people use: a model of usage per day, from published figures or a log."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import did_you_mean

MINUTES_A_DAY = 1440
MONTH_DAYS = 30
WEEK_DAYS = 7
# A hundredth of the unlimited lines of us-mobile-p99 use more than 147 GB a month. What is beyond
# these, on the busiest day or on average, is in another unit.
MOST_GB_ON_A_DAY, MOST_MEAN_GB = 100, 20
YEAR_DAYS = 12 * MONTH_DAYS


@dataclass(frozen=True)
class UsageModel:
    """Random mobile data usage in GB per day, built from three levels.

    A person's long-run level is lognormal: `median_gb` per 30 days, above 0, for the median person,
    with `person_sigma` as standard deviation of its natural logarithm over persons (0: all have
    it). Each 30-day block of a stay multiplies it by a lognormal factor of mean 1, with
    `month_sigma`. Each day is empty with probability `zero_day_share`, 0 to below 1, else gamma of
    shape `day_shape`, above 0 (smaller is spikier), with mean 1 over all days. So the expected
    total of a month is the person's level times its factor. Raises ValueError for a parameter
    outside its range.

    Published figures describe one month of many lines: they fix the spread of monthly totals, but
    neither its split into lasting differences between persons and one person's light and heavy
    months, nor how a month falls on its days. So all defaults but that of `person_sigma` are
    assumed; to see how much that matters, vary them with `dataclasses.replace`.
    """

    median_gb: float
    person_sigma: float = 0.0
    month_sigma: float = 0.34
    zero_day_share: float = 0.10
    day_shape: float = 0.58

    def __post_init__(self) -> None:
        """Refuse parameters that have no meaning."""
        for name, value in vars(self).items():
            told = f"{name} is {value}"
            if name == "zero_day_share":
                _must_be(0 <= value < 1, told, "at least 0 and below 1")
            elif name in ("person_sigma", "month_sigma"):
                _must_be(0 <= value < math.inf, told, "a number of at least 0")
            else:
                _must_be(0 < value < math.inf, told, "a number above 0")

    @classmethod
    def us_unlimited_2026(cls) -> "UsageModel":
        """Lines on unlimited plans in the USA, June 2026.

        Calibrated: the median and the spread of monthly totals, on what US Mobile published about
        its unlimited lines (`data/usage_benchmarks.csv`; notebook a1 shows the fit). Assumed: the
        days, and the split of the spread, which matters for stays of several months only: any pair
        with `person_sigma**2 + month_sigma**2` = 0.962 and
        `median_gb * exp(-month_sigma**2 / 2)` = 14.7 fits alike. The median of one month's totals,
        14.2 GB, is below `median_gb`, because factors of mean 1 are mostly below 1.
        """
        return cls(median_gb=15.6, person_sigma=0.92)

    @classmethod
    def known_average(cls, monthly_gb: float) -> "UsageModel":
        """One person of known average, in GB per 30 days; months and days vary as assumed."""
        return cls(median_gb=monthly_gb)

    @classmethod
    def traveller(cls, profile: str, usage_benchmarks: pd.DataFrame) -> "UsageModel":
        """Travellers of a `profile`, "light", "moderate" or "heavy", by `data.usage_benchmarks`.

        Their levels are ranges of GB per week from an eSIM seller's advice, not measurements.
        Assumed: a tenth of the travellers use less than the range and a tenth more, and the range
        already covers what differs from month to month. Days come on top: weeks scatter more.
        """
        known = profile in ("light", "moderate", "heavy")
        _must_be(known, f"profile is {profile!r}", "'light', 'moderate' or 'heavy'")
        gb_per_week = usage_benchmarks["value"]
        low, high = (gb_per_week[f"traveller-{profile}-per-week-{end}"] for end in ("low", "high"))
        return cls(
            median_gb=math.sqrt(low * high) * MONTH_DAYS / WEEK_DAYS,
            person_sigma=math.log(high / low) / (2 * NormalDist().inv_cdf(0.9)),
            month_sigma=0.0,
        )

    @classmethod
    def from_activities(
        cls, hours_per_day: Mapping[str, float], activities: pd.DataFrame
    ) -> "UsageModel":
        """One person with known habits, at the base of `activity_gb_per_day`."""
        gb_per_day = activity_gb_per_day(hours_per_day, activities)["base"]
        if gb_per_day == 0:
            raise ValueError("these habits use no mobile data; there is nothing to model.")
        return cls.known_average(gb_per_day * MONTH_DAYS)

    def sample(self, days: int, stays: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw GB per day of stays, each by another person: (stays, days).

        Day 0 begins a month; the last month of 365 days is cut short. The same whole number as
        `seed` gives the same figures; a generator is drawn from, and so moves on. Raises ValueError
        if a count is no whole number above 0, or the seed is neither.
        """
        rng = _generator(days, stays, seed)
        person_gb = self.median_gb * np.exp(self.person_sigma * rng.standard_normal((stays, 1)))
        months = math.ceil(days / MONTH_DAYS)
        factor = np.exp(
            self.month_sigma * rng.standard_normal((stays, months)) - self.month_sigma**2 / 2
        )
        usage = rng.standard_gamma(self.day_shape, (stays, days))
        usage *= rng.random((stays, days)) >= self.zero_day_share
        gb_per_day = person_gb * factor / MONTH_DAYS / (self.day_shape * (1 - self.zero_day_share))
        for month in range(months):
            usage[:, month * MONTH_DAYS : (month + 1) * MONTH_DAYS] *= gb_per_day[:, [month]]
        return usage


def activity_gb_per_day(
    hours_per_day: Mapping[str, float], activities: pd.DataFrame, wifi_share: float = 0.0
) -> pd.Series:
    """Return the mobile data of a day's habits: "low", "base" and "high", in GB per day.

    Low and high are the ranges of `activities` (as `data.activities`, in MB per hour) added up over
    the hours per day by `activity_id`; that their midpoint is the base is assumed. `wifi_share`, 0
    to 1, of each activity is on Wi-Fi. Raises ValueError if an activity is unknown, hours are below
    0 or above 24, alone or in total, or the share is outside its range.
    """
    for activity, hours in hours_per_day.items():
        if activity not in activities.index:
            near = did_you_mean(activity, list(activities.index))
            hint = near or "; data/activities.csv lists what is known"
            raise ValueError(f"activity '{activity}' is unknown{hint}")
        _must_be(0 <= hours <= 24, f"{activity} takes {hours} hours per day", "0 to 24")
    total = float(sum(hours_per_day.values()))
    _must_be(total <= 24, f"the activities take {total:g} hours per day in total", "24 at most")
    _must_be(0 <= wifi_share <= 1, f"wifi_share is {wifi_share}", "from 0 to 1")
    hours = pd.Series(dict(hours_per_day), dtype=float) * (1 - wifi_share)
    mb_per_hour = activities.loc[hours.index, ["low_mb_per_hour", "high_mb_per_hour"]]
    low, high = mb_per_hour.mul(hours, axis=0).sum() / 1000
    return pd.Series({"low": low, "base": (low + high) / 2, "high": high}, name="gb_per_day")


def daily_gb(usage: pd.Series) -> pd.Series:
    """Return a person's `usage` per day, checked: floats `gb` by `date`; `attrs` are kept.

    It is GB per day (1 GB = 1000 MB) by date: every day once, in order, 0 for a day without use.

    Raises
    ------
    ValueError
        With everything that cannot be GB per day: no dates; days missing, twice or out of order;
        totals of weeks or months; text, negative, infinite or blank values; another unit.
    """
    if not isinstance(usage, pd.Series) or usage.empty:
        raise ValueError("usage has no days (expected a Series of GB per day by date)")
    index, problems = usage.index, []
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    elif not pd.api.types.is_numeric_dtype(index.dtype):
        index = pd.to_datetime(index.map(str), format="ISO8601", errors="coerce")
    if isinstance(index, pd.DatetimeIndex) and not index.hasnans:
        index = index.tz_localize(None).normalize().rename("date")
        problems += _misplaced(index)
    else:
        problems.append("the index has no dates (expected every day once, in order)")
    values = usage.dropna()
    if not all(isinstance(gb, Real) and not isinstance(gb, bool | np.bool) for gb in values):
        problems.append("values are not numbers (expected GB per day)")
    else:
        gb = usage.to_numpy(dtype=float, na_value=math.nan)
        excess = max(gb.max() / MOST_GB_ON_A_DAY, gb.mean() / MOST_MEAN_GB)
        if not (gb.min() >= 0 and gb.max() < math.inf):  # NaN fails both
            problems.append("days are negative, infinite or missing values (expected GB >= 0)")
        elif excess > 1:
            unit = "MB" if excess <= 1e3 else "KB" if excess <= 1e6 else "bytes"
            most = f"at most {MOST_GB_ON_A_DAY} and {MOST_MEAN_GB} GB; is it {unit}?"
            got = f"{gb.max():,.4g} GB on the busiest day and {gb.mean():,.4g} on average"
            problems.append(f"{got} are more than any line uses (expected {most})")
    if problems:
        raise ValueError("\n".join(f"usage: {problem}" for problem in problems))
    daily = pd.Series(gb, index, name="gb")
    daily.attrs = dict(usage.attrs)
    return daily


def _misplaced(dates: pd.DatetimeIndex) -> list[str]:
    """Return what keeps dates from being every day once, in order."""
    steps = np.diff(dates) // np.timedelta64(1, "D")
    typical = np.median(abs(steps)) if len(steps) else 1
    if typical >= WEEK_DAYS:
        apart = "a month" if 28 <= typical <= 31 else f"{typical:g} days"
        return [f"the dates are {apart} apart (expected GB of each single day)"]
    put_0 = " (expected 0 for a day without use; read_usage(usage, gaps='zero') puts it there)"
    faults = {
        "stand more than once": (dates[dates.duplicated()], ""),
        "are out of order": (dates[1:][steps < 0], ""),
        "are missing": (pd.date_range(dates.min(), dates.max()).difference(dates), put_0),
    }
    return [
        f"{len(days)} days {fault}, the first is {days[0].day} {days[0]:%B %Y}{remedy}"
        for fault, (days, remedy) in faults.items()
        if len(days)
    ]


def resample_usage(
    log: pd.Series, days: int, stays: int, seed: int | np.random.Generator
) -> np.ndarray:
    """Draw stays from a person's own log by whole weeks, so that weekdays and streaks survive.

    A stay strings random ones of the log's last whole weeks together and starts on a random day of
    the first, so that every weekday is equally likely. `log` is GB per day by date, as `daily_gb`
    checks it, at least 14 days long; the rest, and what is returned, is as in `UsageModel.sample`.

    Raises
    ------
    ValueError
        If the log is too short or not GB per day, or a count or the seed is not allowed.
    """
    rng, log = _generator(days, stays, seed), daily_gb(log)
    if len(log) < 2 * WEEK_DAYS:
        needed = f"at least {2 * WEEK_DAYS} are needed to draw weeks from it."
        raise ValueError(f"the log has {len(log)} days; {needed}")
    weeks = log.to_numpy()[len(log) % WEEK_DAYS :].reshape(-1, WEEK_DAYS)
    # One week more than the stay is long, for a start in the middle of the first.
    drawn = rng.integers(len(weeks), size=(stays, math.ceil(days / WEEK_DAYS) + 1))
    first_day = rng.integers(WEEK_DAYS, size=(stays, 1))
    return np.take_along_axis(weeks[drawn].reshape(stays, -1), first_day + np.arange(days), axis=1)


def _generator(days: int, stays: int, seed: int | np.random.Generator) -> np.random.Generator:
    """Check all, and return the generator; not of None, whose figures could not be repeated."""
    for name, count in {"days": days, "stays": stays}.items():
        whole = isinstance(count, int | np.integer) and not isinstance(count, bool) and count >= 1
        _must_be(whole, f"{name} is {count!r}", "a whole number of at least 1")
    known = isinstance(seed, int | np.integer | np.random.Generator)
    _must_be(known, f"seed is {seed!r}", "a whole number or a numpy Generator")
    return np.random.default_rng(seed)


def _must_be(holds: bool, told: str, allowed: str) -> None:
    """Raise ValueError with what is told and what is allowed, unless it holds."""
    if not holds:
        raise ValueError(f"{told}; it must be {allowed}.")
