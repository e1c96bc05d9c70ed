"""How much mobile data people use: a model of usage per day, and the published figures behind it."""

import math
import operator
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from prepaid.catalog import load_table
from prepaid.catalog.kinds import did_you_mean
from prepaid.catalog.rules import ACTIVITIES, USAGE_BENCHMARKS, USAGE_LOG

MONTH_DAYS = 30
WEEK_DAYS = 7
# A hundredth of the unlimited lines of us-mobile-p99 use more than 147 GB a month. What is beyond
# these, on the busiest day or on average, is in another unit.
MOST_GB_ON_A_DAY, MOST_MEAN_GB = 100, 20


@dataclass(frozen=True)
class UsageModel:
    """Random mobile data usage in GB per day, built from three levels.

    A person has a long-run level, lognormal over persons. Each 30-day block of a stay multiplies it by a lognormal
    factor of mean 1. Each day is empty with a fixed probability, else gamma, with mean 1 over all days. So the expected
    total of a month is the person's level times the month's factor.

    The last three fields have assumed defaults. Published figures describe one month of many lines: they fix the spread
    of monthly totals, but neither its split into lasting differences between persons and one person's light and heavy
    months, nor how a month falls on its days. To see how much they matter, vary them with `dataclasses.replace`.

    Parameters
    ----------
    median_gb
        Long-run GB per 30 days of the median person, above 0.
    person_sigma
        Standard deviation of the natural logarithm of that level over persons; 0 means everybody has it.
    month_sigma
        The same for the month's factor. Assumed.
    zero_day_share
        Probability that a day passes without any mobile data, 0 to below 1. Assumed.
    day_shape
        Gamma shape of the other days, above 0; smaller is spikier. Assumed.

    Raises
    ------
    ValueError
        If a parameter is outside its range.
    """

    median_gb: float
    person_sigma: float = 0.0
    month_sigma: float = 0.34
    zero_day_share: float = 0.10
    day_shape: float = 0.58

    def __post_init__(self) -> None:
        """Refuse parameters that have no meaning."""
        for name in ("median_gb", "day_shape"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a number above 0.")
        for name in ("person_sigma", "month_sigma"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be a number of at least 0.")
        if not 0 <= self.zero_day_share < 1:
            raise ValueError(f"zero_day_share is {self.zero_day_share}; it must be at least 0 and below 1.")

    @classmethod
    def us_unlimited_2026(cls) -> "UsageModel":
        """Lines on unlimited plans in the USA, June 2026.

        Calibrated: the median and the spread of monthly totals, on what US Mobile published about its unlimited lines
        (`data/usage_benchmarks.csv`; `calibration` shows the fit). Assumed: the days, and the split of the spread. Any
        pair with `person_sigma**2 + month_sigma**2` = 0.962 and `median_gb * exp(-month_sigma**2 / 2)` = 14.7 fits
        alike: nothing published fixes the pair. It matters for stays of several months only.

        The median of one month's totals, 14.2 GB, is below `median_gb`, because factors of mean 1 are mostly below 1.
        """
        return cls(median_gb=15.6, person_sigma=0.92)

    @classmethod
    def known_average(cls, monthly_gb: float) -> "UsageModel":
        """One person whose long-run average is known, in GB per 30 days; months and days vary as assumed."""
        return cls(median_gb=monthly_gb)

    @classmethod
    def traveller(cls, profile: str) -> "UsageModel":
        """Travellers of a `profile`: "light", "moderate" or "heavy".

        Their levels are ranges of GB per week from an eSIM seller's advice (`data/usage_benchmarks.csv`), not
        measurements. Assumed: a tenth of the travellers use less than the range and a tenth more, and the range
        already covers what differs from month to month (`month_sigma` 0). Days come on top: weeks scatter more.
        """
        if profile not in ("light", "moderate", "heavy"):
            raise ValueError(f"profile is {profile!r}; it must be 'light', 'moderate' or 'heavy'.")
        gb_per_week = load_usage_benchmarks()["value"]
        low, high = (gb_per_week[f"traveller-{profile}-per-week-{end}"] for end in ("low", "high"))
        return cls(
            median_gb=math.sqrt(low * high) * MONTH_DAYS / WEEK_DAYS,
            person_sigma=math.log(high / low) / (2 * NormalDist().inv_cdf(0.9)),
            month_sigma=0.0,
        )

    @classmethod
    def from_activities(
        cls, hours_per_day: dict[str, float], wifi_share: float = 0.0, level: str = "base"
    ) -> "UsageModel":
        """One person with known habits, at the "low", "base" or "high" `level` of `activity_gb_per_day`."""
        gb_per_day = activity_gb_per_day(hours_per_day, wifi_share)
        if level not in gb_per_day:
            raise ValueError(f"level is {level!r}; it must be 'low', 'base' or 'high'.")
        if gb_per_day[level] == 0:
            raise ValueError("these habits use no mobile data; there is nothing to model.")
        return cls.known_average(gb_per_day[level] * MONTH_DAYS)

    def sample(self, days: int, stays: int, seed: int | np.random.Generator) -> np.ndarray:
        """Draw the usage of `stays` stays of `days` days, each by another person.

        Parameters
        ----------
        days, stays
            At least 1. Day 0 begins a month; a stay of 365 days draws 13 months, the last one cut short.
        seed
            The same integer gives the same figures. A generator is drawn from, and so moves on.

        Returns
        -------
        Array of shape (stays, days): GB per day.

        Raises
        ------
        ValueError
            If a count or the seed is not allowed.
        """
        days, stays, rng = _count("days", days), _count("stays", stays), _generator(seed)
        person_gb = self.median_gb * np.exp(self.person_sigma * rng.standard_normal((stays, 1)))
        months = math.ceil(days / MONTH_DAYS)
        factor = np.exp(self.month_sigma * rng.standard_normal((stays, months)) - self.month_sigma**2 / 2)
        usage = rng.standard_gamma(self.day_shape, (stays, days))
        usage *= rng.random((stays, days)) >= self.zero_day_share
        gb_per_day = person_gb * factor / MONTH_DAYS / (self.day_shape * (1 - self.zero_day_share))
        for month in range(months):
            usage[:, month * MONTH_DAYS : (month + 1) * MONTH_DAYS] *= gb_per_day[:, [month]]
        return usage


def activity_gb_per_day(hours_per_day: dict[str, float], wifi_share: float = 0.0) -> pd.Series:
    """Mobile data of a day's habits.

    Parameters
    ----------
    hours_per_day
        Hours per day by `activity_id` of `data/activities.csv`, 24 at most in total.
    wifi_share
        Share of these hours on Wi-Fi, 0 to 1, the same for every activity.

    Returns
    -------
    Series "low", "base", "high" in GB per day: the published ranges added up, and their midpoint, an assumption.

    Raises
    ------
    ValueError
        If an activity is unknown, or hours or share are outside their range.
    """
    activities = load_activities()
    for activity, hours in hours_per_day.items():
        if activity not in activities.index:
            hint = did_you_mean(activity, list(activities.index)) or "; data/activities.csv lists what is known"
            raise ValueError(f"activity '{activity}' is unknown{hint}")
        if not 0 <= hours <= 24:
            raise ValueError(f"{activity} takes {hours} hours per day; it must be 0 to 24.")
    total_hours = sum(hours_per_day.values())
    if total_hours > 24:
        raise ValueError(f"the activities take {total_hours:g} hours per day in total; it must be 24 at most.")
    if not 0 <= wifi_share <= 1:
        raise ValueError(f"wifi_share is {wifi_share}; it must be from 0 to 1.")
    hours = pd.Series(hours_per_day, dtype=float) * (1 - wifi_share)
    mb_per_hour = activities.loc[hours.index, ["low_mb_per_hour", "high_mb_per_hour"]]
    low, high = mb_per_hour.mul(hours, axis=0).sum() / 1000
    return pd.Series({"low": low, "base": (low + high) / 2, "high": high}, name="gb_per_day")


def daily_gb(usage: pd.Series) -> pd.Series:
    """Return a person's usage per day, checked.

    Parameters
    ----------
    usage
        GB per day (1 GB = 1000 MB) by date: every day once, in order, 0 for a day without use.

    Returns
    -------
    Series `gb`: the figures as floats, by `date`; `attrs` are kept.

    Raises
    ------
    ValueError
        With everything that cannot be GB per day: no dates; days missing, twice or out of order;
        totals of weeks or months; text, negative, infinite or blank values; another unit.
    """
    if not isinstance(usage, pd.Series) or usage.empty:
        raise ValueError("usage has no days (expected a Series of GB per day by date)")
    gb, dates, problems = pd.Series(dtype=float), None, []
    if all(isinstance(value, Real) and not isinstance(value, bool) for value in usage.dropna()):
        gb = pd.Series(usage.to_numpy(dtype=float, na_value=math.nan))
    else:
        problems.append("values are not numbers (expected GB per day)")
    index = usage.index.to_timestamp() if isinstance(usage.index, pd.PeriodIndex) else usage.index
    if index.dtype == object or pd.api.types.is_string_dtype(index.dtype):
        index = pd.to_datetime(index.astype(str), format="ISO8601", errors="coerce")
    if isinstance(index, pd.DatetimeIndex) and not index.hasnans:
        dates = index.tz_localize(None).normalize().rename("date")
        problems += _misplaced(dates)
    else:
        problems.append("the index is not one of dates (expected every day once, in order)")
    if not (gb.ge(0) & gb.lt(math.inf)).all():
        problems.append("days are negative, infinite or missing values (expected GB >= 0)")
    elif gb.max() > MOST_GB_ON_A_DAY or gb.mean() > MOST_MEAN_GB:
        excess = max(gb.max() / MOST_GB_ON_A_DAY, gb.mean() / MOST_MEAN_GB)
        unit = "MB" if excess <= 1e3 else "KB" if excess <= 1e6 else "bytes"
        problems.append(
            f"{gb.max():,.4g} on the busiest day, {gb.mean():,.4g} on average, cannot be GB: no line uses more than"
            f" {MOST_GB_ON_A_DAY} and {MOST_MEAN_GB} (are they {unit}?)"
        )
    if problems:
        raise ValueError("; ".join(f"usage: {problem}" for problem in problems))
    daily = pd.Series(gb.to_numpy(), dates, name="gb")
    daily.attrs = dict(usage.attrs)
    return daily


def _misplaced(dates: pd.DatetimeIndex) -> list[str]:
    """Return what keeps dates from being every day once, in order."""

    def told(where: np.ndarray) -> str:
        first = dates[where][0]
        return f"{where.sum()} of {len(dates)} days, the first {first.day} {first:%B %Y}"

    steps = np.diff(dates) // np.timedelta64(1, "D")
    typical = np.median(abs(steps)) if len(steps) else 1
    if typical >= WEEK_DAYS:
        apart = "a month" if 28 <= typical <= 31 else f"{typical:g} days"
        return [f"the dates are {apart} apart, so the values are not those of single days (expected GB per day)"]
    after = np.append(False, steps < 0)
    problems = [f"dates stand twice: {told(dates.duplicated())} (expected once)"] if dates.has_duplicates else []
    problems += [f"dates are out of order: {told(after)}"] if after.any() else []
    missing = pd.date_range(dates.min(), dates.max()).difference(dates)
    if len(missing):
        problems.append(
            f"days are missing: {len(missing)}, the first {missing[0].day} {missing[0]:%B %Y}"
            " (expected 0 for a day without use; where that is all it was: read_usage(usage, gaps='zero'))"
        )
    return problems


def resample_usage(log: pd.Series, days: int, stays: int, seed: int | np.random.Generator) -> np.ndarray:
    """Draw stays from a person's own log by whole weeks, so that weekdays and streaks survive.

    The log's last whole weeks are cut into blocks of 7 days, all starting on the same weekday. A stay strings
    random blocks together and starts on a random day of its first one, so that every weekday is equally likely.

    Parameters
    ----------
    log
        GB per day by date, as `daily_gb` checks it, at least 14 days long.
    days, stays, seed
        As in `UsageModel.sample`.

    Returns
    -------
    Array of shape (stays, days): GB per day.

    Raises
    ------
    ValueError
        If the log is too short or no GB per day, or a count or the seed is not allowed.
    """
    days, stays, rng = _count("days", days), _count("stays", stays), _generator(seed)
    log = daily_gb(log)
    if len(log) < 2 * WEEK_DAYS:
        raise ValueError(f"the log has {len(log)} days; at least {2 * WEEK_DAYS} are needed to draw weeks from it.")
    weeks = log.to_numpy()[len(log) % WEEK_DAYS :].reshape(-1, WEEK_DAYS)
    # One week more than the stay is long, for a start in the middle of the first.
    drawn = rng.integers(len(weeks), size=(stays, math.ceil(days / WEEK_DAYS) + 1))
    first_day = rng.integers(WEEK_DAYS, size=(stays, 1))
    return np.take_along_axis(weeks[drawn].reshape(stays, -1), first_day + np.arange(days), axis=1)


def load_activities(path: str | Path | None = None) -> pd.DataFrame:
    """Return the MB per hour of activities, indexed by `activity_id`; raise CatalogError with every problem."""
    return load_table(ACTIVITIES, path)


def load_usage_benchmarks(path: str | Path | None = None) -> pd.DataFrame:
    """Return published figures on usage, indexed by `metric`; raise CatalogError with every problem."""
    return load_table(USAGE_BENCHMARKS, path)


def load_usage_log(path: str | Path) -> pd.Series:
    """Read a person's own daily log.

    Parameters
    ----------
    path
        A CSV file with the columns `date` (YYYY-MM-DD, every day once, in order) and `mb` (0 for a day without data).

    Returns
    -------
    Series `gb`: GB per day, indexed by date.

    Raises
    ------
    CatalogError
        With every problem of the file: gaps and repeated days too.
    """
    return load_table(USAGE_LOG, path).set_index("date")["mb"].div(1000).rename("gb")


def _count(name: str, value: int) -> int:
    """Return `value` as an int of at least 1."""
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(f"{name} is {value!r}; it must be a whole number of at least 1.")
    return count


def _generator(seed: int | np.random.Generator) -> np.random.Generator:
    """Return the generator of `seed`; None is refused, because its figures could not be repeated."""
    if not isinstance(seed, int | np.integer | np.random.Generator):
        raise ValueError(f"seed is {seed!r}; it must be a whole number or a numpy Generator.")
    return np.random.default_rng(seed)
