"""When to top up: how data burns down, and how much must be left at the order.

Time is counted in days from the start of day 0; the data of a day is spread evenly over its hours.
"Dry" means that the full-speed allowance is used up, whatever slower data a plan still gives.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from prepaid.usage import MONTH_DAYS, YEAR_DAYS, UsageModel, resample_usage

# Simulated cases: a risk of 5 % is then met within 0.2 percentage points (one standard error).
CASES = 20_000
LONGEST_LEAD_DAYS = 90


def simulate(
    usage_source: UsageModel | pd.Series, days: int, stays: int, seed: int | np.random.Generator
) -> np.ndarray:
    """Draw days of a model's persons or of a person's own log: GB of shape (stays, days)."""
    if isinstance(usage_source, UsageModel):
        return usage_source.sample(days, stays, seed)
    return resample_usage(usage_source, days, stays, seed)


def reorder_point(
    usage_source: UsageModel | pd.Series,
    *,
    lead_days: float,
    check_every_days: float,
    risk: float = 0.05,
    seed: int = 0,
) -> float:
    """Return the remaining GB at which to top up: order at the first look that shows it or less.

    Running dry at a time t, before new data arrives, is avoided by whoever orders at the last look
    that is at least `lead_days` before t: what was left then is what has been used since. The
    answer is the quantile of that over simulated burn-downs, each of which ends at a random GB of a
    person's twelve months: heavy months count more, because they see more top-ups.

    Parameters
    ----------
    usage_source
        A person's own log, or a model: with a spread over persons, it answers for one drawn at
        random; who knows his average takes `UsageModel.known_average`.
    lead_days
        From order to arrival, 0 to 90; an hour is 1/24. A part of a day sees its share of the day's
        data: who uses it all right after looking takes a whole day.
    check_every_days
        From look to look: 1 to 90 whole days, each at its start, or a day's 1/2 to 1/24.
    risk
        Share of top-ups before which data may run out, 0.001 to below 1.
    seed
        The same integer gives the same figures.

    Raises
    ------
    ValueError
        With every argument that is out of its range.
    """
    rule = {"check_every_days": check_every_days, "seed": seed}
    points = reorder_points(usage_source, lead_days=[lead_days], risks=[risk], **rule)
    return float(points.iloc[0, 0])


def reorder_points(
    usage_source: UsageModel | pd.Series,
    *,
    lead_days: Sequence[float],
    check_every_days: float,
    risks: Sequence[float],
    seed: int = 0,
) -> pd.DataFrame:
    """Return `reorder_point` by lead_days (rows) and risk (columns), on the same burn-downs."""
    check_rule(lead_days, check_every_days, risks)
    return burn_downs(usage_source, max(lead_days), check_every_days, seed).points(lead_days, risks)


class BurnDowns(NamedTuple):
    """Data that is used up at a random time: what takes long in `reorder_points`, to be kept."""

    used: np.ndarray  # before each day: (persons, days + 1)
    dry_gb: np.ndarray  # by when a person had used so much, (burn-downs of each, persons)
    dry_at: np.ndarray  # it was used up: days
    since_look: np.ndarray  # whole days from the last look at that time of day
    looks_a_day: int

    def points(self, lead_days: Sequence[float], risks: Sequence[float]) -> pd.DataFrame:
        """Return the table of `reorder_points`, for leads of at most those burnt down for."""
        needed = []
        for lead in lead_days:
            look = np.floor((self.dry_at - lead) * self.looks_a_day) / self.looks_a_day
            seen = [_used_by(self.used, at) for at in look - self.since_look]
            needed.append((self.dry_gb - seen).ravel())
        shares = 1 - np.array(risks, dtype=float)
        points = np.quantile(needed, shares, axis=1, method="inverted_cdf").T
        index = pd.Index(lead_days, dtype=float, name="lead_days")
        return pd.DataFrame(points, index, pd.Index(risks, dtype=float, name="risk"))


def burn_downs(
    usage_source: UsageModel | pd.Series,
    longest_lead_days: float,
    check_every_days: float,
    seed: int = 0,
) -> BurnDowns:
    """Burn data down for all leads up to the longest; arguments are those of `reorder_point`."""
    rng = np.random.default_rng(seed)
    # Whole months, so that similar rules share their random numbers.
    before = MONTH_DAYS * math.ceil((longest_lead_days + check_every_days) / MONTH_DAYS)
    used = used_before(simulate(usage_source, before + YEAR_DAYS, CASES // 2, rng))
    looks_a_day, days = looks_in(check_every_days)
    drawn = []
    for _ in range(2):  # two burn-downs of each person
        dry_gb = used[:, before] + rng.random(len(used)) * (used[:, -1] - used[:, before])
        dry_at = np.minimum(time_of(used, dry_gb), used.shape[1] - 1)
        drawn.append((dry_gb, dry_at, rng.integers(days, size=len(used))))
    return BurnDowns(used, *map(np.array, zip(*drawn, strict=True)), looks_a_day)


def require(*checks: tuple[bool, str]) -> None:
    """Raise ValueError with every complaint whose check does not hold."""
    if problems := [problem for holds, problem in checks if not holds]:
        raise ValueError("; ".join(problems))


def check_rule(leads: Sequence[float], every: float, risks: Sequence[float]) -> None:
    """Raise ValueError with every argument out of its range; NaN is."""
    leads, risks, most = np.array(leads, float), np.array(risks, float), LONGEST_LEAD_DAYS
    leads_fit, risks_fit = (leads >= 0) & (leads <= most), (risks >= 0.001) & (risks < 1)
    every_fits = every in [*range(1, most + 1), *(1 / times for times in range(2, 25))]
    require(
        (leads_fit.all(), f"lead_days is {leads.tolist()} (allowed: 0 to {most})"),
        (every_fits, f"check_every_days is {every} (allowed: 1 to {most} whole days, 1/2 to 1/24)"),
        (risks_fit.all(), f"risk is {risks.tolist()} (allowed: 0.001 to below 1)"),
    )


def used_before(usage: np.ndarray) -> np.ndarray:
    """Return GB used before the start of each day and at the last one's end: (stays, days + 1)."""
    return np.pad(usage.cumsum(axis=1), ((0, 0), (1, 0)))


def looks_in(check_every_days: float) -> tuple[int, int]:
    """Return how often a day is looked at, and on every how manieth day."""
    return max(1, round(1 / check_every_days)), max(1, int(check_every_days))


def _used_by(used: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return for each stay what it has used by its own time, in days: (stays,)."""
    day = times.astype(int)
    stay, next_day = np.arange(len(used)), np.minimum(day + 1, used.shape[1] - 1)
    return used[stay, day] + (times - day) * (used[stay, next_day] - used[stay, day])


def time_of(used: np.ndarray, gb: float | np.ndarray) -> np.ndarray:
    """Return when each stay has used more than so many GB, one for all or one for each: (stays,).

    `used` is as from `used_before`; who never does has infinity.
    """
    day = (used <= np.reshape(gb, (-1, 1))).sum(axis=1) - 1
    stay, last = np.arange(len(used)), used.shape[1] - 1
    before, after = used[stay, day], used[stay, np.minimum(day + 1, last)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(day < last, day + (gb - before) / (after - before), math.inf)
