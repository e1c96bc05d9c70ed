"""When to top up: how data burns down, how much must be left at the order, by which day.

Time is counted in days from the start of day 0; the data of a day is spread evenly over its hours.
"Dry" means that the full-speed allowance is used up or its term is over, whatever slower data a
plan still gives.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from prepaid.usage import MONTH_DAYS, YEAR_DAYS, UsageModel, resample_usage

# Simulated cases: a risk of 5 % is then met within 0.2 percentage points (one standard error).
CASES = 20_000
LONGEST_LEAD_DAYS = 90


def run_out_days(
    plan: Mapping,
    usage: np.ndarray,
    *,
    remaining_gb: float | None = None,
    days_left: int | None = None,
) -> np.ndarray:
    """Return when each stay has used up an allowance: days from now; infinite if it lasts the term.

    `plan` is a row of `data.plans` with a stated allowance, `usage` GB per day from today on, of
    shape (stays, days) or (days,). `remaining_gb` and `days_left` are left of the allowance period
    and of the term (today counts), by default those of a fresh purchase.

    Raises
    ------
    ValueError
        If the plan states no allowance, or usage is negative, not finite, empty or misshapen.
    """
    stays = _stays(usage)
    empty = np.full(len(stays), math.inf)
    periods = allowance_periods(plan, stays.shape[1], remaining_gb, days_left)
    for start, end, allowance_gb in periods:
        used = used_before(stays[:, start:end])
        empty = np.minimum(empty, start + time_of(used, allowance_gb))
    return empty


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

    You run dry if the old data ends before the new arrives. Running dry at a time t is avoided by
    whoever orders at the last look that is at least `lead_days` before t: what was left then is
    what has been used since. The answer is the quantile of that over simulated burn-downs, each of
    which ends at a random GB of a person's twelve months: heavy months count more, because they see
    more top-ups.

    Parameters
    ----------
    usage_source
        A model, or a person's own log. A model with a spread over persons answers for one drawn at
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
    burned = burn_downs(usage_source, max(lead_days), check_every_days, seed)
    return burned.points(lead_days, risks)


class BurnDowns(NamedTuple):
    """Data that is used up at a random time: what takes long in `reorder_points`, to be kept."""

    used: np.ndarray  # before each day: (persons, days + 1)
    dry_gb: np.ndarray  # by when a person had used so much, (burn-downs of each, persons)
    dry_at: np.ndarray  # it was used up: days
    since_look: np.ndarray  # whole days from the last look at that time of day
    looks_a_day: int

    def points(self, lead_days: Sequence[float], risks: Sequence[float]) -> pd.DataFrame:
        """Return the table of `reorder_points`, for leads of at most those burnt down for."""

        def needed_gb(lead: float) -> np.ndarray:
            look = np.floor((self.dry_at - lead) * self.looks_a_day) / self.looks_a_day
            seen = [_used_by(self.used, at) for at in look - self.since_look]
            return (self.dry_gb - seen).ravel()

        needed, shares = np.array([*map(needed_gb, lead_days)]), 1 - np.array(risks, dtype=float)
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
    (looks_a_day, days), drawn = looks_in(check_every_days), []
    for _ in range(2):  # two burn-downs of each person
        dry_gb = used[:, before] + rng.random(len(used)) * (used[:, -1] - used[:, before])
        dry_at = np.minimum(time_of(used, dry_gb), used.shape[1] - 1)
        drawn.append((dry_gb, dry_at, rng.integers(days, size=len(used))))
    return BurnDowns(used, *map(np.array, zip(*drawn, strict=True)), looks_a_day)


@dataclass(frozen=True)
class TopUpBy:
    """The latest day to top up, counted from today (day 0), with dates where today's is known.

    `binds` is "data" or "term", whichever ends first; `data_days` and `term_days` say how long an
    order can wait for either: negative if it is too late (`late`), infinite where nothing ends.
    `number_kept_days` is the last day on which the number survives; None: not known, or no end.
    """

    day: int | None
    date: dt.date | None
    binds: str
    data_days: float
    term_days: float
    late: bool
    number_kept_days: int | None
    number_kept_until: dt.date | None


def top_up_by(
    plan: Mapping,
    remaining_gb: float,
    days_left: int | None,
    *,
    usage_source: UsageModel | pd.Series,
    lead_days: float,
    check_every_days: float = 1,
    risk: float = 0.05,
    grace_days: float | None = None,
    today: dt.date | str | None = None,
    seed: int = 0,
) -> TopUpBy:
    """Return the latest day on which to order, so that it arrives before data and term end.

    Parameters
    ----------
    plan
        A row of `data.plans`; that its allowance starts anew inside the term is counted in.
    remaining_gb, days_left
        Left of the allowance period, and of the term with today; None: the plan never expires.
    usage_source, lead_days, seed
        As in `reorder_point`.
    check_every_days
        The user acts on days 0, 1 x, 2 x, ... this number only; on any day if it is below 1.
    risk
        Chance that the data ends before the order of `data_days` arrives.
    grace_days
        Days after the term for which the brand keeps the number; None or missing: not known.
    today
        Date of day 0.

    Raises
    ------
    ValueError
        With what is out of its range, or if the plan states no allowance.
    """
    check_rule([lead_days], check_every_days, [risk])
    term, grace_days = plan["term_days"], None if pd.isna(grace_days) else grace_days
    expires, is_date = pd.notna(term), today is None or isinstance(today, dt.date | str)
    left = f"1 to {term}, the plan's term" if expires else "None: the plan never expires"
    kept_fits = grace_days is None or 0 <= grace_days < math.inf
    require(
        (remaining_gb is not None, "remaining_gb is None (allowed: GB >= 0)"),
        (expires != (days_left is None), f"days_left is {days_left!r} (allowed: {left})"),
        (kept_fits, f"grace_days is {grace_days!r} (allowed: 0 or more, or None)"),
        (is_date, f"today is {today!r} (allowed: a date, YYYY-MM-DD, or None)"),
    )
    # For its checks, before anything is simulated.
    allowance_periods(plan, 1, remaining_gb, days_left)
    usage = simulate(usage_source, days_left or YEAR_DAYS, CASES, np.random.default_rng(seed))
    empty = np.sort(run_out_days(plan, usage, remaining_gb=remaining_gb, days_left=days_left))
    data_days = float(empty[int(risk * len(empty))] - lead_days)
    term_days = float(days_left - lead_days) if expires else math.inf
    latest = min(data_days, term_days)
    _, every = looks_in(check_every_days)
    day = None if latest == math.inf else max(0, int(latest // every) * every)
    kept = days_left - 1 + int(grace_days) if expires and grace_days is not None else None

    def date(days: int | None) -> dt.date | None:
        return None if None in (today, days) else pd.Timestamp(today).date() + dt.timedelta(days)

    binds = "data" if data_days <= term_days else "term"
    return TopUpBy(day, date(day), binds, data_days, term_days, latest < 0, kept, date(kept))


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


def _stays(usage: np.ndarray | pd.Series) -> np.ndarray:
    """Return usage with shape (stays, days), or say what is wrong with it."""
    stays = np.atleast_2d(np.asarray(usage, dtype=float))
    if stays.ndim != 2 or not stays.size:
        allowed = "(days,) or (stays, days), not empty"
        raise ValueError(f"usage has the shape {np.shape(usage)} (allowed: {allowed})")
    if not (stays.min() >= 0 and stays.max() < math.inf):  # NaN fails both
        raise ValueError("usage has negative, infinite or missing days (allowed: finite GB >= 0)")
    return stays


def allowance_periods(
    plan: Mapping, days: int, remaining_gb: float | None = None, days_left: int | None = None
) -> list[tuple[int, int, float]]:
    """Return first day, day after the last, and GB of each allowance period within so many days."""
    if pd.isna(plan["data_gb"]):
        name = plan.get("plan_id", getattr(plan, "name", "the plan"))
        raise ValueError(f"{name} states no allowance: data_gb is blank")
    if remaining_gb is not None and not 0 <= remaining_gb < math.inf:
        raise ValueError(f"remaining_gb is {remaining_gb} (allowed: GB >= 0)")
    term = math.inf if pd.isna(plan["term_days"]) else int(plan["term_days"])
    if days_left is not None and not 1 <= days_left <= term:
        raise ValueError(f"days_left is {days_left!r} (allowed: 1 to {term}, the plan's term)")
    length = term if pd.isna(plan["allowance_days"]) else int(plan["allowance_days"])
    over = 0 if days_left is None else term - days_left
    end = min(days, term - over)
    starts = [0] if length == math.inf else [0, *range(length - over % length, end, length)]
    fresh_gb = float(plan["data_gb"])
    first_gb = fresh_gb if remaining_gb is None else float(remaining_gb)
    allowances = [first_gb, *[fresh_gb] * (len(starts) - 1)]
    return list(zip(starts, [*starts[1:], end], allowances, strict=True))


def used_before(usage: np.ndarray) -> np.ndarray:
    """Return GB used before the start of each day and at the last one's end: (stays, days + 1)."""
    return np.pad(_stays(usage).cumsum(axis=1), ((0, 0), (1, 0)))


def looks_in(check_every_days: float) -> tuple[int, int]:
    """Return how often a day is looked at, and on every how manieth day."""
    return max(1, round(1 / check_every_days)), max(1, int(check_every_days))


def _used_by(used: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return for each stay what it has used by its own time, in days: (stays,)."""
    day = times.astype(int)
    stay, next_day = np.arange(len(used)), np.minimum(day + 1, used.shape[1] - 1)
    return used[stay, day] + (times - day) * (used[stay, next_day] - used[stay, day])


def time_of(used: np.ndarray, gb: float | np.ndarray) -> np.ndarray:
    """Return the time from which each stay has used more than so many GB, or infinity: (stays,).

    `used` as `used_before` returns it; `gb` is one for all, or one for each stay.
    """
    day = (used <= np.reshape(gb, (-1, 1))).sum(axis=1) - 1
    stay, last = np.arange(len(used)), used.shape[1] - 1
    before, after = used[stay, day], used[stay, np.minimum(day + 1, last)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(day < last, day + (gb - before) / (after - before), math.inf)
