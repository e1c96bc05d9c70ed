"""Bill stays under prepaid tariffs, and compare plans on many stays.

Where allowance periods start on known days, their sums settle everything but what a throttled line still carries.
Only packs that are bought again when they are empty have to be followed from day to day. Sums are shared between
tariffs, and plans that differ in price alone are billed once.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from tqdm import tqdm

from prepaid.catalog import load_assumptions

# The columns of a plan that its bill depends on.
TARIFF_COLUMNS = (
    "price_usd",
    "term_days",
    "data_gb",
    "allowance_days",
    "unlimited",
    "after_allowance",
    "throttle_kbps",
    "overage_usd_per_gb",
    "overage_cap_usd",
    "full_speed_gb",
)
# About a byte: less counts as nothing, or the rounding of sums would buy packs.
NOTHING_GB = 1e-9
# 1 kbit/s for the 86,400 seconds of a day.
GB_PER_DAY_PER_KBPS = 0.0108
# Figures of usage worked on at a time: such tables (0.25 MB) stay in the processor's cache.
CHUNK_FIGURES = 2**15
# Numbers of packs below this are counted without sorting; more are bought only where usage is absurd.
COUNTED_QUICKLY = 2**16
# Cents that no stay costs.
OUT_OF_REACH = 1e30


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
        A row of `load_plans()`, or any mapping with its tariff columns (price_usd to full_speed_gb); blank is None, NaN
        or NA.
    usage
        GB per day, of shape (stays, days) or (days,).
    when_empty
        What the customer does about an empty one-shot pack: "rebuy" it the same day, or "wait" until its term ends.
    autopay
        Pay `autopay_price_usd` where the plan has one.
    assumptions
        Its `blank_throttle_kbps` stands in for a throttle speed that is not published; by default
        `load_assumptions()["base"]`.

    Returns
    -------
    DataFrame
        One row per stay: cost_usd (before tax), purchases, full_speed_gb, slow_gb, unmet_gb (together the usage), and
        short_days (days with slow or unmet data).

    Raises
    ------
    ValueError
        If usage is negative, not finite, empty or of another shape, `when_empty` is unknown, or the plan has no price,
        lacks a column or contradicts itself.
    """
    usage = _check(usage, when_empty)
    read = _read_plan(plan, usage.shape[1], when_empty, autopay, assumptions)
    tables = []
    for stays in _chunks(usage):
        units, overage, _, full_speed, slow, excess = _bill([read.tariff], stays)[:, 0]
        figures = {
            "cost_usd": units * read.unit_price_usd + overage,
            "purchases": (units * read.purchases_per_unit).astype(int),
            "full_speed_gb": full_speed,
            "slow_gb": slow,
            "unmet_gb": excess - slow,
            "short_days": _short_days(read.tariff, stays),
        }
        tables.append(pd.DataFrame(figures))
    return pd.concat(tables, ignore_index=True)


def with_fair_use(plans: pd.DataFrame, assumptions: Mapping) -> pd.DataFrame:
    """Fill in what nobody publishes, and mark the plans that rest on it.

    An unlimited travel eSIM without a stated allowance, which would be billed as limitless, gets
    `fair_use_gb_per_day`, then `fair_use_kbps`. A throttle without a stated speed gets `blank_throttle_kbps`.

    Parameters
    ----------
    plans
        Rows of `load_plans()`.
    assumptions
        A column of `load_assumptions()` such as "base", or a mapping with these three keys.

    Returns
    -------
    DataFrame
        A copy with a boolean column `assumed`.
    """
    _check_has("the table of plans", plans, (*TARIFF_COLUMNS, "provider_kind"))
    _check_has("the assumptions", assumptions, ("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps"))
    filled = plans.copy()
    after, kbps = filled["after_allowance"], filled["throttle_kbps"].astype("Float64")
    unlimited = filled["unlimited"].fillna(False).astype(bool)
    no_limit = (filled["provider_kind"] == "travel_esim") & unlimited & filled["data_gb"].isna()
    throttled = (after == "throttle") & filled["data_gb"].notna() | (after == "payg") & filled["full_speed_gb"].notna()
    no_speed = throttled & kbps.isna()
    filled["data_gb"] = filled["data_gb"].mask(no_limit, assumptions["fair_use_gb_per_day"])
    filled["allowance_days"] = filled["allowance_days"].mask(no_limit, 1)
    filled["after_allowance"] = after.astype(object).mask(no_limit, "throttle")
    filled["throttle_kbps"] = kbps.mask(no_limit & kbps.isna(), assumptions["fair_use_kbps"]).mask(
        no_speed, assumptions["blank_throttle_kbps"]
    )
    filled["assumed"] = (no_limit | no_speed | filled.get("assumed", False)).astype(bool)
    return filled


def compare(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    when_empty: str = "rebuy",
    autopay: bool = False,
    assumptions: Mapping | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare plans on the same stays.

    Parameters
    ----------
    plans
        Rows of `load_plans()`.
    usage, when_empty, autopay
        As in `bill`.
    assumptions
        As in `with_fair_use`; by default `load_assumptions()["base"]`.
    progress
        Show a progress bar on stderr; by default in a terminal only and after a second, so that nothing gets into the
        stored outputs of a notebook.

    Returns
    -------
    DataFrame
        One row per plan, indexed like `plans`; a share or price of nothing is missing.

        - mean_cost_usd, median_cost_usd, p95_cost_usd: of a stay;
        - short_share: of stays, those with a short day;
        - full_speed_share: of all data used;
        - usd_per_carried_gb: all cost divided by all data carried, fast or slow;
        - unused_usd: mean price paid for allowance that expired or was left when the stay ended; 0 where it never
          expires, missing where none is stated;
        - cheapest_share: of stays, those that no other plan serves for less without a short day (to the cent; plans
          that tie share the stay);
        - assumed: whether the row rests on an assumption.

    Raises
    ------
    ValueError
        As `bill`, and if there are no plans.
    """
    usage = _check(usage, when_empty)
    if not isinstance(plans, pd.DataFrame):
        raise ValueError(f"plans is a {type(plans).__name__} (allowed: a table, such as load_plans() or rows of it)")
    if not len(plans):
        raise ValueError("there are no plans to compare")
    columns = TARIFF_COLUMNS + ("autopay_price_usd",) * autopay
    _check_has("the table of plans", plans, columns)
    filled = with_fair_use(plans, load_assumptions()["base"] if assumptions is None else assumptions)
    read = [
        _read_plan({**row, "plan_id": plan_id}, usage.shape[1], when_empty, autopay, assumptions)
        for plan_id, row in zip(plans.index, filled[list(columns)].to_dict("records"), strict=True)
    ]
    # Equal tariffs are billed once; of the plans that share one, those with the lowest price win stays, and share them.
    rows = {tariff: row for row, tariff in enumerate(dict.fromkeys(plan.tariff for plan in read))}
    row = np.array([rows[plan.tariff] for plan in read])
    unit_price = np.array([plan.unit_price_usd for plan in read])
    lowest = np.full(len(rows), math.inf)
    np.minimum.at(lowest, row, unit_price)
    is_lowest = np.rint(100 * unit_price) == np.rint(100 * lowest[row])
    sharing = np.bincount(row, weights=is_lowest)
    sums, unit_quantiles, overage_quantiles = _tally(list(rows), _chunks(usage, progress), lowest, sharing)
    units, overage, from_allowance, full_speed, slow, short, won = (sums / len(usage))[:, row]
    median, p95 = unit_quantiles[:, row] * unit_price + overage_quantiles[:, row]
    cost = units * unit_price + overage
    used, carried = usage.sum() / len(usage), full_speed + slow
    expiring_gb = np.array([plan.expiring_gb for plan in read])
    unused = (
        cost - overage - from_allowance * [plan.price_usd for plan in read] / np.where(expiring_gb == 0, 1, expiring_gb)
    )
    return pd.DataFrame(
        {
            "mean_cost_usd": cost,
            "median_cost_usd": median,
            "p95_cost_usd": p95,
            "short_share": short,
            "full_speed_share": full_speed / used if used else math.nan,
            "usd_per_carried_gb": cost / np.where(carried > 0, carried, math.nan),
            "unused_usd": np.where(expiring_gb == 0, 0.0, unused),
            "cheapest_share": np.where(is_lowest, won, 0.0),
            "assumed": filled["assumed"].to_numpy(),
        },
        index=plans.index,
    )


@dataclass(frozen=True)
class _Tariff:
    """All that decides a stay's GB and purchases, fitted to the stay's length; a missing limit is infinite.

    Only the price is left out, so that plans which differ by it alone are equal here and billed once.
    """

    allowance_gb: float  # per allowance period
    full_speed_gb: float  # per allowance period, with the overage that is paid for
    slow_gb_per_day: float  # carried once full speed is over: 0 where it stops, infinite where deprioritised
    overage_usd_per_gb: float = 0.0
    overage_cap_usd: float = math.inf
    period_starts: tuple[int, ...] = ()  # days of the stay; none where they depend on usage, for re-bought packs
    pack_days: int | None = None  # how long a re-bought pack lasts


@dataclass(frozen=True)
class _Plan:
    """A plan's tariff and its own price.

    What is paid for at once is a unit: one pack where the tariff counts packs, else all purchases of the stay.
    """

    tariff: _Tariff
    price_usd: float
    purchases_per_unit: int
    expiring_gb: float  # allowance that one purchase buys and that can expire; NaN where none is stated

    @property
    def unit_price_usd(self) -> float:
        return self.price_usd * self.purchases_per_unit


def _read_plan(plan: Mapping, days: int, when_empty: str, autopay: bool, assumptions: Mapping | None) -> _Plan:
    """Give every blank of a plan's row its meaning, and fit the tariff to stays of so many days."""
    if isinstance(plan, pd.DataFrame):
        raise ValueError(f"the plan is a table of {len(plan)} rows (allowed: one row, such as plans.iloc[0])")
    name = plan.get("plan_id", getattr(plan, "name", None))
    name = "the plan" if name is None else f"plan {name!r}"
    _check_has(name, plan, TARIFF_COLUMNS + ("autopay_price_usd",) * autopay)

    def number(column: str, blank: float, whole: bool = False) -> float:
        value = plan[column]
        if pd.isna(value):
            return blank
        is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
        if not is_number or not 0 <= value < math.inf or (whole and value != int(value)):
            kind = "whole number" if whole else "number"
            raise ValueError(f"{name}: {column} is {value!r} (allowed: a {kind} of at least 0, or blank)")
        return float(value)

    price = number("price_usd", math.nan)
    if autopay:
        price = number("autopay_price_usd", price)
    if math.isnan(price):
        raise ValueError(f"{name} has no price: price_usd is blank")
    after = plan["after_allowance"]
    unlimited = False if pd.isna(plan["unlimited"]) else plan["unlimited"]
    if not isinstance(unlimited, bool | np.bool_):
        raise ValueError(f"{name}: unlimited is {unlimited!r} (allowed: True, False or blank)")
    if pd.isna(after):
        after = "deprioritize" if unlimited else "stop"
    if after not in ("stop", "throttle", "deprioritize", "payg"):
        raise ValueError(f"{name}: after_allowance is {after!r} (allowed: stop, throttle, deprioritize, payg or blank)")
    term = number("term_days", math.inf, whole=True)
    period = min(number("allowance_days", term, whole=True), term)
    if period < 1:
        raise ValueError(f"{name} has a term or allowance period of {period:g} days (allowed: 1 or more)")
    allowance = number("data_gb", math.inf)
    expiring = math.nan if allowance == math.inf else 0.0 if term == math.inf else allowance * math.ceil(term / period)

    # Beyond the stay no length matters; cutting it makes more tariffs equal.
    term_in_stay, period_in_stay = int(min(term, days)), int(min(period, days))
    if after == "stop" and when_empty == "rebuy" and period >= term and 0 < allowance < math.inf:
        return _Plan(_Tariff(allowance, allowance, 0.0, pack_days=term_in_stay), price, 1, expiring)
    purchases = range(0, days, term_in_stay)
    starts = tuple(day for s in purchases for day in range(s, min(s + term_in_stay, days), period_in_stay))
    full_speed, slow, overage = allowance, 0.0, (0.0, math.inf)
    if allowance == math.inf:
        starts = (0,)
    elif after == "deprioritize":
        slow = math.inf
    elif after == "payg":
        full_speed = max(allowance, number("full_speed_gb", math.inf))
        overage = number("overage_usd_per_gb", math.nan), number("overage_cap_usd", math.inf)
        if math.isnan(overage[0]):
            raise ValueError(f"{name} is payg without a rate: overage_usd_per_gb is blank")
    if after in ("throttle", "payg") and full_speed < math.inf:
        kbps = number("throttle_kbps", math.nan)
        if math.isnan(kbps):
            kbps = (load_assumptions()["base"] if assumptions is None else assumptions)["blank_throttle_kbps"]
        slow = kbps * GB_PER_DAY_PER_KBPS
    return _Plan(_Tariff(allowance, full_speed, slow, *overage, starts), price, len(purchases), expiring)


class _Stays:
    """A chunk of stays with the sums that many tariffs share, each computed once.

    Days come first and stays last, so that the figures of one day lie side by side in memory.
    """

    def __init__(self, usage: np.ndarray):
        self.daily = np.ascontiguousarray(usage.T)
        self.days, self.size = self.daily.shape
        self.used_before = np.zeros((self.days + 1, self.size))  # on all days before day d; the last row is the total
        np.cumsum(self.daily, axis=0, out=self.used_before[1:])
        self._known = {}

    def _once(self, *key: object, compute: Callable[[], np.ndarray]) -> np.ndarray:
        if key not in self._known:
            self._known[key] = compute()
        return self._known[key]

    def period_sums(self, starts: tuple[int, ...]) -> np.ndarray:
        """GB used in each allowance period: (periods, stays)."""
        if len(starts) == self.days:
            return self.daily
        bounds = [*starts, self.days]
        return self._once("sums", starts, compute=lambda: np.diff(self.used_before[bounds], axis=0))

    def worst_period(self, starts: tuple[int, ...]) -> np.ndarray:
        """GB used in the heaviest allowance period: (stays,)."""
        return self._once("worst", starts, compute=lambda: self.period_sums(starts).max(axis=0))

    def used_in_period(self, starts: tuple[int, ...]) -> np.ndarray:
        """GB used by the end of each day since its allowance period began: (days, stays)."""
        if len(starts) == 1:
            return self.used_before[1:]
        first_day = np.repeat(starts, np.diff([*starts, self.days]))
        return self._once("used", starts, compute=lambda: self.used_before[1:] - self.used_before[first_day])

    def daily_at_most(self, gb: float) -> np.ndarray:
        """GB used each day as far as it stays within a limit: (days, stays)."""
        return self._once("at most", gb, compute=lambda: np.minimum(self.daily, gb))


def _bill(tariffs: list[_Tariff], stays: _Stays) -> np.ndarray:
    """Bill a chunk of stays on each tariff.

    Returns
    -------
    ndarray of shape (6, tariffs, stays)
        Units paid for, overage in dollars, and GB: from the allowance, at full speed, slow, and excess (slow or unmet;
        exactly 0 in a stay without a short day).
    """
    billed = np.empty((6, len(tariffs), stays.size))
    rebought = [row for row, tariff in enumerate(tariffs) if tariff.pack_days]
    billed[0, rebought] = _count_packs([tariffs[row] for row in rebought], stays)
    billed[1:, rebought] = 0
    billed[2:4, rebought] = stays.used_before[-1]  # all usage, from the allowance and at full speed
    for row, tariff in enumerate(tariffs):
        if not tariff.pack_days:
            for figures, value in zip(billed[:, row], _bill_periods(tariff, stays), strict=True):
                figures[:] = value
    return billed


def _bill_periods(tariff: _Tariff, stays: _Stays) -> tuple[np.ndarray | float, ...]:
    """Bill a tariff whose allowance periods start on the same days in every stay: the six figures of `_bill`."""
    sums = stays.period_sums(tariff.period_starts)
    excess = np.maximum(sums - tariff.full_speed_gb, 0)
    excess *= excess > NOTHING_GB
    full_speed = sums - excess
    from_allowance, overage = full_speed, 0.0
    if tariff.full_speed_gb > tariff.allowance_gb:
        from_allowance = np.minimum(sums, tariff.allowance_gb)
        charge = (full_speed - from_allowance) * tariff.overage_usd_per_gb
        overage = np.minimum(charge, tariff.overage_cap_usd).sum(axis=0)
    excess = excess.sum(axis=0)
    if tariff.slow_gb_per_day in (0, math.inf):
        slow = excess if tariff.slow_gb_per_day else 0
    else:
        # A day's excess is what its period has gone over by, at most what the day used itself.
        slow = stays.used_in_period(tariff.period_starts) - tariff.full_speed_gb
        np.minimum(slow, stays.daily_at_most(tariff.slow_gb_per_day), out=slow)
        np.maximum(slow, 0, out=slow)
        slow = np.minimum(slow.sum(axis=0), excess)
    return 1, overage, from_allowance.sum(axis=0), full_speed.sum(axis=0), slow, excess


def _short_days(tariff: _Tariff, stays: _Stays) -> np.ndarray:
    """Count the days of each stay with slow or unmet data."""
    if tariff.pack_days:
        return np.zeros(stays.size, dtype=int)
    over = stays.used_in_period(tariff.period_starts) > tariff.full_speed_gb + NOTHING_GB
    return (over & (stays.daily > NOTHING_GB)).sum(axis=0)


def _count_packs(tariffs: list[_Tariff], stays: _Stays) -> np.ndarray:
    """Count the packs of each tariff that each stay buys, each when the last is empty or over: (tariffs, stays)."""
    packs = np.empty((len(tariffs), stays.size))
    early = np.zeros(packs.shape, dtype=bool)
    for row, tariff in enumerate(tariffs):
        starts = tuple(range(0, stays.days, tariff.pack_days))
        if 1 < tariff.pack_days < stays.days:
            packs[row] = len(starts)  # unless one is empty before its term ends
            early[row] = stays.worst_period(starts) > tariff.allowance_gb + NOTHING_GB
        else:  # the next pack starts on the same day whether or not the last was empty, or the term never ends
            in_turn = np.ceil((stays.period_sums(starts) - NOTHING_GB) / tariff.allowance_gb)
            packs[row] = np.maximum(in_turn, 1).sum(axis=0)
    pairs = np.flatnonzero(early)
    if pairs.size:
        rows, columns = np.divmod(pairs, stays.size)
        allowance = np.array([tariff.allowance_gb for tariff in tariffs])[rows]
        pack_days = np.array([tariff.pack_days for tariff in tariffs], dtype=np.int32)[rows]
        packs.ravel()[pairs] = _follow(allowance, pack_days, stays.used_before, columns)
    return packs


def _follow(allowance: np.ndarray, pack_days: np.ndarray, used_before: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Count packs day by day, for pairs of a tariff and a stay (a column of `used_before`).

    `empty_at` is the stay's usage so far at which its last pack is empty. So a day without a purchase takes two
    comparisons, and only purchases take more.
    """
    packs, empty_at, used = np.zeros((3, len(columns)))
    expires = np.zeros(len(columns), dtype=np.int32)
    for day, used_by_evening in enumerate(used_before[1:]):
        new = np.flatnonzero(expires == day)
        packs[new] += 1
        empty_at[new] = used[new] + allowance[new] + NOTHING_GB
        expires[new] = day + pack_days[new]
        used = used_by_evening[columns]
        new = np.flatnonzero(used > empty_at)
        size, was_empty_at = allowance[new], empty_at[new]
        more = np.ceil((used[new] - was_empty_at) / size)
        packs[new] += more
        empty_at[new] = was_empty_at + more * size
        expires[new] = day + pack_days[new]
    return packs


def _tally(
    tariffs: list[_Tariff], chunks: Iterator[_Stays], lowest: np.ndarray, sharing: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add up what each tariff makes of all stays, given its lowest unit price and how many plans ask that.

    Returns
    -------
    sums : ndarray of shape (7, tariffs)
        The first five figures of `_bill`, stays with a short day, and stays won by each plan with the lowest price.
    units, overage : ndarray of shape (2, tariffs)
        Exact median and 95th percentile, interpolated as numpy does.
    """
    sums = np.zeros((7, len(tariffs)))
    # Packs take few values and are counted; overage takes many and is kept. All else is the same in every stay.
    counts = {row: Counter() for row, tariff in enumerate(tariffs) if tariff.pack_days}
    kept = {row: [] for row, tariff in enumerate(tariffs) if tariff.overage_usd_per_gb}
    for stays in chunks:
        billed = _bill(tariffs, stays)
        short = billed[5] > 0
        cents = np.rint(100 * (billed[0] * lowest[:, None] + billed[1]))
        cents += OUT_OF_REACH * short  # adding is faster than choosing
        best = cents.min(axis=0)
        won = (cents == best) & (best < OUT_OF_REACH)
        sums[:5] += billed[:5].sum(axis=2)
        sums[5] += short.sum(axis=1)
        sums[6] += won @ (1 / np.maximum(sharing @ won, 1))
        for row, counted in counts.items():
            for packs, found in _count_values(billed[0, row]):
                counted[packs] += found
        for row, chunk in kept.items():
            chunk.append(billed[1, row].copy())
    units, overage = np.ones((2, len(tariffs))), np.zeros((2, len(tariffs)))
    for row, counted in counts.items():
        packs, found = (np.array(column) for column in zip(*sorted(counted.items()), strict=True))
        up_to = found.cumsum()
        place = np.array([0.5, 0.95]) * (up_to[-1] - 1)
        low, high = (packs[np.searchsorted(up_to, whole, side="right")] for whole in (np.floor(place), np.ceil(place)))
        units[:, row] = low + (high - low) * (place % 1)
    for row, chunk in kept.items():
        overage[:, row] = np.quantile(np.concatenate(chunk), [0.5, 0.95])
    return sums, units, overage


def _count_values(packs: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield each number of packs and how many stays buy it."""
    if packs.max() < COUNTED_QUICKLY:
        found = np.bincount(packs.astype(int))
        values = np.flatnonzero(found)
        return zip(values.tolist(), found[values].tolist(), strict=True)
    values, found = np.unique(packs, return_counts=True)
    return zip(values.tolist(), found.tolist(), strict=True)


def _chunks(usage: np.ndarray, progress: bool | None = False) -> Iterator[_Stays]:
    """Yield the stays in chunks that fit the processor's cache."""
    size = max(1, CHUNK_FIGURES // usage.shape[1])
    disable = None if progress is None else not progress  # None leaves it to tqdm to look for a terminal
    for first in tqdm(
        range(0, len(usage), size), disable=disable, delay=0 if progress else 1, leave=False, unit="chunk"
    ):
        yield _Stays(usage[first : first + size])


def _check_has(name: str, given: Mapping, needed: tuple[str, ...]) -> None:
    missing = [column for column in needed if column not in given]
    if missing:
        raise ValueError(f"missing from {name}: {', '.join(missing)}")


def _check(usage: np.ndarray, when_empty: str) -> np.ndarray:
    """Return usage with shape (stays, days), or say what is wrong with the arguments."""
    if when_empty not in ("rebuy", "wait"):
        raise ValueError(f"when_empty is {when_empty!r} (allowed: 'rebuy' or 'wait')")
    if np.ma.isMaskedArray(usage) or np.asarray(usage).dtype.kind not in "iuf":
        raise ValueError("usage is not an array of plain numbers (allowed: integers or floats, GB per day)")
    usage = np.asarray(usage, dtype=float)
    if usage.ndim not in (1, 2):
        raise ValueError(f"usage has {usage.ndim} dimensions (allowed: (days,) or (stays, days))")
    if not usage.size:
        raise ValueError(f"usage is empty: its shape is {usage.shape} (allowed: at least one stay of one day)")
    usage = np.atleast_2d(usage)
    if not (usage.min() >= 0 and usage.max() < math.inf):  # NaN fails both
        wrong = np.argwhere(~((usage >= 0) & (usage < math.inf)))
        stay, day = wrong[0]
        raise ValueError(
            f"usage has {len(wrong)} values that are negative, NaN or infinite (allowed: finite GB >= 0); "
            f"the first is {usage[stay, day]} on day {day} of stay {stay}"
        )
    return usage


def stops(plans: pd.DataFrame) -> pd.Series:
    """Tell which plans stop when empty: those that say so, or say nothing and are limited."""
    after = plans["after_allowance"]
    return (after == "stop").fillna(False) | (after.isna() & ~plans["unlimited"].fillna(False).astype(bool))
