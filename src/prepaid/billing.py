"""Bill stays under prepaid tariffs, and compare plans on many stays.

The front, to the end of `Tally`, says what is asked and answered; how it is reckoned comes after.

Where allowance periods start on known days, their sums settle everything but what a throttled line
still carries. Only packs that are bought again when they are empty have to be followed from day to
day, and of these only where some may be empty early while others may expire.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from prepaid.tariffs import Plans, Tariff, period_starts, tariff_of, tariffs_of
from prepaid.usage import daily_gb

# About a byte: less counts as nothing, or the rounding of sums would buy packs.
NOTHING_GB = 1e-9
# Figures of usage worked on at a time: such tables (0.25 MB) stay in the processor's cache. Below
# so many stays, calls cost more than figures.
CHUNK_FIGURES, CHUNK_STAYS = 2**15, 1024


def bill(
    plan: Mapping,
    usage: np.ndarray,
    *,
    when_empty: str = "rebuy",
    autopay: bool = False,
    assumptions: Mapping | None = None,
) -> pd.DataFrame:
    """Bill stays on one plan.

    Parameters
    ----------
    plan
        A row of `load().plans`, or a mapping with its `TARIFF_COLUMNS` and, if it has any,
        `TERM_COLUMNS`. Blank is None, NaN or NA.
    usage
        GB per day, of shape (stays, days) or (days,), or one log (`daily_gb`).
    when_empty
        "rebuy" an empty one-shot pack the same day, or "wait" until its term ends.
    autopay
        Pay `autopay_price_usd` where the plan has one.
    assumptions
        Their `blank_throttle_kbps` stands in for a throttle speed that is not published.

    Returns
    -------
    DataFrame
        One row per stay: cost_usd (before tax; missing where nobody says what a further purchase
        costs), purchases, full_speed_gb, slow_gb, unmet_gb (together the usage), and short_days
        (with slow or unmet data).

    Raises
    ------
    ValueError
        If usage is negative, not finite, empty or of another shape, `when_empty` is unknown, or the
        plan lacks a price or a column, contradicts itself, or is throttled to a speed that neither
        it nor `assumptions` state.
    """
    usage = _check(usage, when_empty)
    read = tariff_of(plan, usage.shape[1], assumptions, when_empty, autopay)
    tables = []
    for chunk in _chunks(usage, read.tariffs):
        stays, tariff = chunk[0], read.tariffs[0]
        billed = _Billed(*(figures[0] for figures in _bill(read.tariffs, chunk)))
        short_days = 0
        if not tariff.bought_again:
            over = stays.used > tariff.full_speed_gb + NOTHING_GB
            short_days = (over & (stays.daily > NOTHING_GB)).sum(axis=0)
        table = {
            "cost_usd": read.cost_usd(billed.packs) + billed.overage_usd,
            "purchases": read.bought(billed.packs).astype(int),
            "full_speed_gb": billed.full_speed_gb,
            "slow_gb": billed.slow_gb,
            "unmet_gb": billed.excess_gb - billed.slow_gb,
            "short_days": short_days,
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def compare(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    assumptions: Mapping,
    when_empty: str = "rebuy",
    autopay: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare plans, rows of `load().plans`, on the same stays.

    Usage and options are those of `bill`, assumptions those of `with_fair_use`. With `autopay`, an
    offer renews at the AutoPay price of the plan that it `renews_as`, if that one is among the
    plans and has any. Progress is shown on stderr; by default in a terminal only, after a second.

    Returns
    -------
    DataFrame
        One row per plan, indexed like `plans`; a share or price of nothing is missing, and so are
        all costs of a plan that `bill` cannot price for one of the stays.

        - mean_cost_usd, median_cost_usd, p95_cost_usd, mean_purchases: of a stay;
        - short_share: of stays, those with a short day;
        - full_speed_share: of all data used;
        - usd_per_carried_gb: all cost divided by all data carried, fast or slow;
        - unused_usd: of the mean price, what allowance cost that expired or was left at the end; 0
          where it never expires, missing where none is stated;
        - cheapest_share: of stays, those that no other plan serves for less without a short day (to
          the cent; plans that tie share the stay);
        - assumed: whether the row rests on an assumption.

    Raises
    ------
    ValueError
        As `bill`, and if there are no plans.
    """
    options = {"when_empty": when_empty, "autopay": autopay, "progress": progress}
    return tally(plans, usage, assumptions=assumptions, **options).table()


def tally(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    assumptions: Mapping,
    when_empty: str = "rebuy",
    autopay: bool = False,
    progress: bool | None = None,
) -> "Tally":
    """Add up what `compare` tells of a block of stays, which can be one of many.

    ``(tally(plans, a) + tally(plans, b)).table()`` is what `compare` says of the stays of both
    blocks, whatever their sizes and order. Arguments and errors are those of `compare`.
    """
    usage = _check(usage, when_empty)
    read = tariffs_of(plans, usage.shape[1], assumptions, when_empty, autopay)
    bidders, chunks = _bidders(read), _chunks(usage, read.tariffs, progress)
    return reduce(add, (_tally(read, bidders, chunk) for chunk in chunks))


def short_shares(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    assumptions: Mapping,
    when_empty: str = "rebuy",
    autopay: bool = False,
) -> pd.Series:
    """Return the column short_share of `compare` alone, which takes a fraction of the time.

    No purchase has to be followed: a stay is short if its heaviest allowance period is.
    """
    usage = _check(usage, when_empty)
    read = tariffs_of(plans, usage.shape[1], assumptions, when_empty, autopay)
    short = np.zeros(len(read.tariffs))
    for chunk in _chunks(usage, read.tariffs):
        for row, (tariff, stays) in enumerate(zip(read.tariffs, chunk, strict=True)):
            if not tariff.bought_again:
                excess = stays.heaviest - tariff.full_speed_gb
                short[row] += np.count_nonzero(excess > NOTHING_GB)
    return pd.Series(short[read.row] / len(usage), plans.index, name="short_share")


class Tally(NamedTuple):
    """What the bills of stays add up to on each plan; `+` joins the tallies of different stays.

    Figures of (tariffs,) stand once for plans that share a tariff. Counts, and so all medians and
    percentiles, are those of all stays at once; sums are so but for the rounding of floats.
    """

    plans: Plans
    stays: int
    sums: np.ndarray  # of each field of `_Billed`: (fields, tariffs)
    short_stays: np.ndarray  # (tariffs,)
    won_stays: np.ndarray  # (plans,), shared with those that tie
    packs: "_Counts"
    overages_usd: tuple[np.ndarray, ...]  # of each chunk: (tariffs with overage, stays)
    winners: tuple[np.ndarray, ...]  # of each chunk, see `cheapest`: (2, stays)

    def __add__(self, other: "Tally") -> "Tally":
        """Return the tally of the stays of both; raise ValueError if they are not billed alike."""
        if not self.plans.bill_like(other.plans):
            allowed = "the same plans, days, assumptions and options"
            raise ValueError(f"two tallies do not bill alike (allowed: {allowed})")
        return Tally(self.plans, *map(add, self[1:], other[1:]))

    def cheapest(self) -> pd.DataFrame:
        """Return the plan_id that serves each stay for least without a short day, and cost_usd.

        Stays stand in the order in which they were added; of plans that tie to the cent the first
        is named; both are missing where no plan serves a stay so.
        """
        plan, cost_usd = np.concatenate(self.winners, axis=1)
        plan_id = pd.Categorical.from_codes(plan.astype(int), self.plans.index)
        return pd.DataFrame({"plan_id": plan_id, "cost_usd": cost_usd})

    def table(self) -> pd.DataFrame:
        """Return the table of `compare`."""
        plans, row, counts, stays = self.plans, self.plans.row, self.packs, self.stays
        mean = _Billed(*self.sums[:, row] / stays)
        price_usd, purchases = plans.cost_usd(mean.packs), plans.bought(mean.packs)
        for plan in np.flatnonzero(plans.varies):  # the mean of its packs does not tell its cost
            taken = counts.row == row[plan]
            packs, share = counts.packs[taken], counts.stays[taken] / stays
            price_usd[plan] = share @ plans.cost_usd(packs, plan)
            purchases[plan] = share @ plans.bought(packs, plan)
        cost, carried = price_usd + mean.overage_usd, mean.full_speed_gb + mean.slow_gb
        used = mean.full_speed_gb + mean.excess_gb
        bought_gb = purchases * plans.expiring_gb
        expires = (bought_gb > 0) & (bought_gb < math.inf)
        unused = 1 - mean.from_allowance_gb / np.where(expires, bought_gb, math.nan)
        median, p95 = np.where(np.isnan(price_usd), math.nan, self._quantiles(0.5, 0.95))
        return pd.DataFrame(
            {
                "mean_cost_usd": cost,
                "median_cost_usd": median,
                "p95_cost_usd": p95,
                "mean_purchases": purchases,
                "short_share": self.short_stays[row] / stays,
                "full_speed_share": mean.full_speed_gb / np.where(used > 0, used, math.nan),
                "usd_per_carried_gb": cost / np.where(carried > 0, carried, math.nan),
                "unused_usd": np.where(bought_gb == 0, 0.0, price_usd * unused),
                "cheapest_share": self.won_stays / stays,
                "assumed": plans.assumed,
            },
            index=plans.index,
        )

    def _quantiles(self, *ranks: float) -> np.ndarray:
        """Return the cost at each rank among the stays, as np.quantile would: (ranks, plans)."""
        plans, counts = self.plans, self.packs
        overages = np.zeros((len(ranks), len(plans.tariffs)))
        of_all = np.concatenate(self.overages_usd, axis=1)
        overages[:, plans.charged] = np.quantile(of_all, ranks, axis=1)
        place = np.array(ranks)[:, None] * (self.stays - 1)
        # All tariffs have as many stays, so that a place among them is a place among all counts.
        places = plans.row * self.stays + np.array([np.floor(place), np.ceil(place)])
        packs = counts.packs[counts.stays.cumsum().searchsorted(places, "right")]
        low, high = plans.cost_usd(packs)
        return low + (high - low) * (place % 1) + overages[:, plans.row]


class _Counts(NamedTuple):
    """How many stays take so many packs of a tariff, each pair once and sorted.

    Where packs are not counted, each stay has one. Whole numbers, but of any size: floats.
    """

    row: np.ndarray  # of the tariff
    packs: np.ndarray
    stays: np.ndarray

    @classmethod
    def of(cls, packs: np.ndarray) -> "_Counts":
        """Count packs of shape (tariffs, stays)."""
        packs = np.sort(packs, axis=1)
        first = np.flatnonzero(np.diff(packs, axis=1, prepend=0))
        return cls(first // packs.shape[1], packs.flat[first], np.diff(first, append=packs.size))

    def __add__(self, other: "_Counts") -> "_Counts":
        both = np.concatenate([self, other], axis=1)
        row, packs, stays = both[:, np.lexsort((both[1], both[0]))]
        first = np.flatnonzero(np.diff([row, packs], prepend=-1).any(axis=0))
        return _Counts(row[first], packs[first], np.add.reduceat(stays, first))


@dataclass
class _Stays:
    """A chunk of stays, cut into the allowance periods of a clock; each sum is computed once."""

    clock: tuple[int, int]  # as in `Tariff`
    daily: np.ndarray  # GB: (days, stays), so that those of one day lie side by side in memory
    used_before: np.ndarray  # GB before each day and, in the last row, in all: (days + 1, stays)

    @cached_property
    def bounds(self) -> list[int]:
        """The days on which periods start, and the number of days."""
        days = len(self.daily)
        return [*period_starts(days, *self.clock), days]

    @cached_property
    def sums(self) -> np.ndarray:
        """GB used in each period: (periods, stays)."""
        each_day = len(self.bounds) > len(self.daily)
        return self.daily if each_day else np.diff(self.used_before[self.bounds], axis=0)

    @cached_property
    def heaviest(self) -> np.ndarray:
        """GB used in the heaviest period: (stays,)."""
        return self.sums.max(axis=0)

    @cached_property
    def lightest(self) -> np.ndarray:
        """GB used in the lightest days in a row that are a day less than a term: (stays,)."""
        days = self.clock[0] - 1
        return (self.used_before[days:] - self.used_before[:-days]).min(axis=0)

    @cached_property
    def used(self) -> np.ndarray:
        """GB used by the end of each day since its period began: (days, stays)."""
        first_day = np.repeat(self.bounds[:-1], np.diff(self.bounds))
        return self.used_before[1:] - self.used_before[first_day]


class _Billed(NamedTuple):
    """The figures of a chunk of stays on each tariff: (tariffs, stays)."""

    packs: np.ndarray  # 1 where packs are not counted
    overage_usd: np.ndarray
    from_allowance_gb: np.ndarray
    full_speed_gb: np.ndarray
    slow_gb: np.ndarray
    excess_gb: np.ndarray  # slow or unmet; exactly 0 in a stay without a short day


def _bill(tariffs: Sequence[Tariff], chunk: Sequence[_Stays]) -> _Billed:
    """Bill a chunk of stays on each tariff."""
    billed = _Billed(*np.zeros((6, len(tariffs), chunk[0].daily.shape[1])))
    unclear = np.zeros(billed.packs.shape, dtype=bool)
    for row, (tariff, stays) in enumerate(zip(tariffs, chunk, strict=True)):
        if tariff.bought_again:
            billed.packs[row], unclear[row] = _count_packs(tariff, stays)
            billed.from_allowance_gb[row] = billed.full_speed_gb[row] = stays.used_before[-1]
        else:
            for figures, of_row in zip(billed, _bill_periods(tariff, stays), strict=True):
                figures[row] = of_row
    rows, columns = np.nonzero(unclear)
    if rows.size:
        billed.packs[rows, columns] = _follow(tariffs, chunk[0].used_before, rows, columns)
    return billed


def _bill_periods(tariff: Tariff, stays: _Stays) -> tuple[np.ndarray | float, ...]:
    """Return the fields of `_Billed` where no pack is bought again."""
    excess = stays.sums - tariff.full_speed_gb
    excess = np.where(excess > NOTHING_GB, excess, 0)
    full_speed = stays.sums - excess
    from_allowance, overage = full_speed, 0.0
    if tariff.full_speed_gb > tariff.allowance_gb:
        from_allowance = np.minimum(stays.sums, tariff.allowance_gb)
        charge = (full_speed - from_allowance) * tariff.overage_usd_per_gb
        overage = np.minimum(charge, tariff.overage_cap_usd).sum(axis=0)
    excess = excess.sum(axis=0)
    if tariff.slow_gb_per_day in (0, math.inf):
        slow = excess if tariff.slow_gb_per_day else 0.0
    else:
        # A day's excess is what its period has gone over by, at most what the day used itself.
        slow = stays.used - tariff.full_speed_gb
        np.minimum(slow, stays.daily, out=slow).clip(0, tariff.slow_gb_per_day, out=slow)
        slow = np.minimum(slow.sum(axis=0), excess)
    return 1.0, overage, from_allowance.sum(axis=0), full_speed.sum(axis=0), slow, excess


def _count_packs(tariff: Tariff, stays: _Stays) -> tuple[np.ndarray, np.ndarray | bool]:
    """Count packs that are bought when the last is empty or over, and tell where it is unclear."""
    gb, term_days = tariff.allowance_gb, tariff.clock[0]
    if not 1 < term_days < len(stays.daily):
        # The next pack starts on the same day anyway, or the term never ends.
        return np.maximum(np.ceil((stays.sums - NOTHING_GB) / gb), 1).sum(axis=0), False
    # None is empty before its term ends; or all are, since any days of a term less one use more
    # than a pack, and nothing is lost; or it is unclear.
    early = stays.heaviest > gb + NOTHING_GB
    in_all = np.ceil((stays.used_before[-1] - NOTHING_GB) / gb)
    packs = np.where(early, in_all, len(stays.bounds) - 1)
    return packs, early & (stays.lightest <= gb + NOTHING_GB)


def _follow(
    tariffs: Sequence[Tariff], used_before: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Count packs day by day, for pairs of a tariff and a stay (a column of `used_before`).

    `empty_at` is the stay's usage so far at which its last pack is empty. So a day without a
    purchase takes two comparisons, and only purchases take more.
    """
    allowance = np.array([tariff.allowance_gb for tariff in tariffs])[rows]
    pack_days = np.array([tariff.clock[0] for tariff in tariffs], dtype=np.int32)[rows]
    packs, empty_at, used = np.zeros((3, len(columns)))
    expires = np.zeros(len(columns), dtype=np.int32)
    for day, used_by_evening in enumerate(used_before[1:]):
        used_by_morning, used = used, used_by_evening.take(columns)
        is_over = expires == day
        new = np.flatnonzero(is_over | (used > empty_at))
        fresh = used_by_morning.take(new) + NOTHING_GB
        lost = np.where(is_over.take(new), fresh, empty_at.take(new))
        size = allowance.take(new)
        more = np.maximum(np.ceil((used.take(new) - lost) / size), 1)
        packs[new] += more
        empty_at[new] = lost + more * size
        expires[new] = pack_days.take(new) + day
    return packs


def _bidders(plans: Plans) -> np.ndarray:
    """Return the plans that can win a stay: of prices that hold for every pack, only the lowest."""
    cents = _cents(np.where(plans.varies, math.nan, plans.cost_usd(1.0)))
    lowest = np.full(len(plans.tariffs), math.inf)
    np.fmin.at(lowest, plans.row, cents)
    return np.flatnonzero(~(cents > lowest[plans.row]))  # NaN is not dearer


def _cents(usd: np.ndarray) -> np.ndarray:
    """Round to cents; half a cent is one, however its sum was rounded."""
    cents = 100 * usd + (0.5 + 1e-6)
    return np.floor(cents, out=cents)


def _tally(plans: Plans, bidders: np.ndarray, chunk: Sequence[_Stays]) -> Tally:
    """Bill a chunk of stays on each tariff and add up."""
    billed = _bill(plans.tariffs, chunk)
    row, short = plans.row[bidders], billed.excess_gb > 0
    costs = plans.cost_usd(billed.packs[row], bidders[:, None])
    costs += np.where(short, math.nan, billed.overage_usd)[row]  # NaN: bids for no short stay
    cents = _cents(costs)
    best = np.fmin.reduce(cents, axis=0)
    wins = cents == best
    winner, stay = np.nonzero(wins)
    shares = 1 / np.bincount(stay)[stay]
    first = wins.argmax(axis=0)
    plan = np.where(np.isnan(best), -1, bidders[first])
    return Tally(
        plans=plans,
        stays=len(best),
        sums=np.array([figures.sum(axis=1) for figures in billed]),
        short_stays=short.sum(axis=1),
        won_stays=np.bincount(bidders[winner], weights=shares, minlength=len(plans.row)),
        packs=_Counts.of(billed.packs),
        overages_usd=(billed.overage_usd[plans.charged],),
        winners=(np.array([plan, costs[first, np.arange(len(best))]]),),
    )


def _chunks(
    usage: np.ndarray, tariffs: Sequence[Tariff], progress: bool | None = False
) -> Iterator[list[_Stays]]:
    """Yield stays in chunks that fit the processor's cache, cut for each tariff."""
    size = max(CHUNK_STAYS, CHUNK_FIGURES // usage.shape[1])
    tell = {"leave": False, "unit": "chunk", "delay": 0 if progress else 1}
    tell["disable"] = None if progress is None else not progress  # None: tqdm looks for a terminal
    clocks = {tariff.clock for tariff in tariffs}
    for first in tqdm(range(0, len(usage), size), **tell):
        daily = np.ascontiguousarray(usage[first : first + size].T)
        used_before = np.zeros((len(daily) + 1, daily.shape[1]))
        np.cumsum(daily, axis=0, out=used_before[1:])
        cut = {clock: _Stays(clock, daily, used_before) for clock in clocks}
        yield [cut[tariff.clock] for tariff in tariffs]


def _check(usage: np.ndarray, when_empty: str) -> np.ndarray:
    """Return usage with shape (stays, days), or say what is wrong with the arguments."""
    if when_empty not in ("rebuy", "wait"):
        raise ValueError(f"when_empty is {when_empty!r} (allowed: 'rebuy' or 'wait')")
    if isinstance(usage, pd.Series):  # a person's log, which has its own rules
        usage = daily_gb(usage)
    if np.ma.isMaskedArray(usage) or np.asarray(usage).dtype.kind not in "iuf":
        allowed = "integers or floats, GB per day"
        raise ValueError(f"usage is not an array of plain numbers (allowed: {allowed})")
    usage = np.asarray(usage, dtype=float)
    if usage.ndim not in (1, 2):
        raise ValueError(f"usage has {usage.ndim} dimensions (allowed: (days,) or (stays, days))")
    if not usage.size:
        allowed = "at least one stay of one day"
        raise ValueError(f"usage is empty: its shape is {usage.shape} (allowed: {allowed})")
    usage = np.atleast_2d(usage)
    if not (usage.min() >= 0 and usage.max() < math.inf):  # NaN fails both
        wrong = np.argwhere(~((usage >= 0) & (usage < math.inf)))
        stay, day = wrong[0]
        raise ValueError(
            f"usage has {len(wrong)} values that are negative, NaN or infinite (allowed: finite "
            f"GB >= 0); the first is {usage[stay, day]} on day {day} of stay {stay}"
        )
    return usage
