"""Bill stays under prepaid tariffs, and compare plans on many stays.

Where allowance periods start on known days, their sums settle everything but what a throttled line
still carries. Only packs that are bought again when they are empty have to be followed from day to
day. Sums are shared between tariffs, and plans that differ in price alone are billed once.

The front, to the end of `tally`, says what is asked and answered; how it is reckoned comes after.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, reduce
from numbers import Real
from operator import add
from typing import NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from prepaid.usage import daily_gb

# The columns of a plan that its bill depends on.
TARIFF_COLUMNS = ("price_usd", "term_days", "data_gb", "allowance_days", "unlimited")
TARIFF_COLUMNS += ("after_allowance", "throttle_kbps", "overage_usd_per_gb", "overage_cap_usd")
TARIFF_COLUMNS += ("full_speed_gb",)
# Those of offers and commitments.
TERM_COLUMNS = ("offer", "minimum_terms", "offer_terms", "renews_at_usd")
# What happens after the allowance where nothing is said, by whether the plan is unlimited.
WHEN_SILENT = {False: "stop", True: "deprioritize"}
# About a byte: less counts as nothing, or the rounding of sums would buy packs.
NOTHING_GB = 1e-9
# 1 kbit/s for the 86,400 seconds of a day.
GB_PER_DAY_PER_KBPS = 0.0108
# Figures of usage worked on at a time: such tables (0.25 MB) stay in the processor's cache. Below
# so many stays, calls cost more than figures.
CHUNK_FIGURES, CHUNK_STAYS = 2**15, 1024
# Fewer pairs of a tariff and a number of packs are counted without sorting; more come of absurd
# usage only.
COUNTED_QUICKLY = 2**20
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
        A row of `load().plans`, or any mapping with its tariff columns (price_usd to full_speed_gb)
        and, if it has any, terms: minimum_terms (purchases owed at least), offer_terms (how many
        cost price_usd), renews_at_usd (each one after), offer. Blank is None, NaN or NA.
    usage
        GB per day, of shape (stays, days) or (days,), or one log (`daily_gb`).
    when_empty
        What the customer does about an empty one-shot pack: "rebuy" it the same day, or "wait"
        until its term ends.
    autopay
        Pay `autopay_price_usd` where the plan has one.
    assumptions
        Their `blank_throttle_kbps` stands in for a throttle speed that is not published.

    Returns
    -------
    DataFrame
        One row per stay: cost_usd (before tax; missing where the source does not say what a further
        purchase costs), purchases, full_speed_gb, slow_gb, unmet_gb (together the usage), and
        short_days (days with slow or unmet data).

    Raises
    ------
    ValueError
        If usage is negative, not finite, empty or of another shape, `when_empty` is unknown, or the
        plan has no price, lacks a column, contradicts itself, or is throttled to a speed that
        neither it nor `assumptions` state.
    """
    usage = _check(usage, when_empty)
    read = _read_plan(plan, usage.shape[1], when_empty, autopay, assumptions)
    tables = []
    for stays in _chunks(usage):
        [billed] = _bill([read.tariff], stays)
        purchases = billed.packs * read.purchases_per_pack
        figures = {
            "cost_usd": read.price.cost_usd(purchases) + billed.overage_usd,
            "purchases": read.price.bought(purchases).astype(int),
            "full_speed_gb": billed.full_speed_gb,
            "slow_gb": billed.slow_gb,
            "unmet_gb": billed.excess_gb - billed.slow_gb,
            "short_days": _short_days(read.tariff, stays),
        }
        tables.append(pd.DataFrame(figures))
    return pd.concat(tables, ignore_index=True).replace({"cost_usd": {math.inf: math.nan}})


def with_fair_use(plans: pd.DataFrame, assumptions: Mapping) -> pd.DataFrame:
    """Fill in what nobody publishes, and mark the plans that rest on it.

    An unlimited travel eSIM without a stated allowance, which would be billed as limitless, gets
    `fair_use_gb_per_day`, then `fair_use_kbps`. A throttle without a stated speed gets
    `blank_throttle_kbps`.

    Parameters
    ----------
    plans
        Rows of `load().plans`.
    assumptions
        A column of `load().assumptions` such as "base", or a mapping with these three keys.

    Returns
    -------
    DataFrame
        A copy with a boolean column `assumed`.
    """
    _check_has("the table of plans", plans, (*TARIFF_COLUMNS, "provider_kind"))
    needed = ("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps")
    _check_has("the assumptions", assumptions, needed)
    filled = plans.copy()
    after, kbps = filled["after_allowance"], filled["throttle_kbps"].astype("Float64")
    unlimited = filled["unlimited"].fillna(False).astype(bool)
    no_limit = (filled["provider_kind"] == "travel_esim") & unlimited & filled["data_gb"].isna()
    limit = filled["data_gb"].mask(after == "payg", filled["full_speed_gb"])
    throttled = after.isin(["throttle", "payg"]) & limit.notna()
    no_speed = throttled & kbps.isna()
    filled["data_gb"] = filled["data_gb"].mask(no_limit, assumptions["fair_use_gb_per_day"])
    filled["allowance_days"] = filled["allowance_days"].mask(no_limit, 1)
    filled["after_allowance"] = after.astype(object).mask(no_limit, "throttle")
    filled["throttle_kbps"] = kbps.mask(no_limit & kbps.isna(), assumptions["fair_use_kbps"]).mask(
        no_speed, assumptions["blank_throttle_kbps"]
    )
    filled["assumed"] = (no_limit | no_speed | filled.get("assumed", False)).astype(bool)
    return filled


def stops(plans: pd.DataFrame) -> pd.Series:
    """Tell which plans stop when their allowance is used up: those that say so, or say nothing.

    Silence of an unlimited plan is no stop: such a plan is deprioritised.
    """
    after, limitless = plans["after_allowance"].astype(object), plans["unlimited"].fillna(False)
    return after.where(after.notna(), limitless.astype(bool).map(WHEN_SILENT)) == "stop"


def compare(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    assumptions: Mapping,
    when_empty: str = "rebuy",
    autopay: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare plans on the same stays.

    Parameters
    ----------
    plans
        Rows of `load().plans`.
    usage, when_empty, autopay
        As in `bill`. With `autopay`, an offer renews at the AutoPay price of the plan that it
        `renews_as`, if that one is among the plans and has any.
    assumptions
        As in `with_fair_use`.
    progress
        Show a progress bar on stderr; by default in a terminal only and after a second, so that
        nothing gets into the stored outputs of a notebook.

    Returns
    -------
    DataFrame
        One row per plan, indexed like `plans`; a share or price of nothing is missing, and so are
        all costs of a plan that `bill` cannot price for one of the stays.

        - mean_cost_usd, median_cost_usd, p95_cost_usd, mean_purchases: of a stay;
        - short_share: of stays, those with a short day;
        - full_speed_share: of all data used;
        - usd_per_carried_gb: all cost divided by all data carried, fast or slow;
        - unused_usd: mean price paid, at the plan's mean price of a purchase, for allowance that
          expired or was left when the stay ended; 0 where it never expires, missing where none is
          stated;
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
    if not isinstance(plans, pd.DataFrame):
        allowed = "a table, such as load().plans or rows of it"
        raise ValueError(f"plans is a {type(plans).__name__} (allowed: {allowed})")
    if not len(plans):
        raise ValueError("there are no plans to compare")
    columns = TARIFF_COLUMNS + ("autopay_price_usd",) * autopay
    _check_has("the table of plans", plans, columns)
    filled = with_fair_use(plans, assumptions)
    if autopay and "renews_as" in filled:
        renewed = filled["renews_as"].map(filled["autopay_price_usd"]).astype("Float64")
        filled["renews_at_usd"] = renewed.fillna(filled["renews_at_usd"])
    columns += tuple(column for column in TERM_COLUMNS if column in filled)
    days = usage.shape[1]
    read = [
        _read_plan({**row, "plan_id": plan_id}, days, when_empty, autopay, assumptions)
        for plan_id, row in zip(plans.index, filled[list(columns)].to_dict("records"), strict=True)
    ]
    compared = _Plans(read, days, plans.index, filled["assumed"].to_numpy())
    bidders = _bidders(compared)
    return reduce(add, (_tally(compared, bidders, stays) for stays in _chunks(usage, progress)))


@dataclass(frozen=True, eq=False)
class Tally:
    """What the bills of stays add up to on each plan; `+` joins the tallies of different stays.

    Figures of (tariffs,) stand once for plans that share a tariff. Counts, and so all medians and
    percentiles, are those of all stays at once; sums are so but for the rounding of floats.
    """

    plans: "_Plans"
    stays: int
    used_gb: float
    overage_usd: np.ndarray  # (tariffs,), like the next four
    from_allowance_gb: np.ndarray
    full_speed_gb: np.ndarray
    slow_gb: np.ndarray
    short_stays: np.ndarray
    won_stays: np.ndarray  # (plans,), shared with those that tie
    packs: "_Counts"
    overages_usd: tuple[np.ndarray, ...]  # of each chunk: (tariffs with overage, stays)
    winners: tuple[np.ndarray, ...]  # of each chunk, see `cheapest`: (2, stays)

    def __add__(self, other: "Tally") -> "Tally":
        """Return the tally of the stays of both; raise ValueError if they are not billed alike."""
        ours, theirs = self.plans, other.plans
        alike = ours.index.equals(theirs.index) and ours.days == theirs.days
        if not (alike and ours.read == theirs.read):
            allowed = "the same plans, days, assumptions and options"
            raise ValueError(f"two tallies do not bill alike (allowed: {allowed})")
        added = [field.name for field in fields(self) if field.name != "plans"]
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in added})

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
        plans, row = self.plans, self.plans.row
        # Each plan beside each number of packs that its tariff takes, and the stays that take it.
        first, last = (
            np.searchsorted(self.packs.row, row, side=side) for side in ("left", "right")
        )
        plan = np.repeat(np.arange(len(row)), last - first)
        entry = np.arange(len(plan)) + np.repeat(last - (last - first).cumsum(), last - first)
        price, share = plans.price.of(plan), self.packs.stays[entry] / self.stays
        needed = self.packs.packs[entry] * plans.purchases_per_pack[plan]
        price_usd = np.bincount(plan, weights=share * price.cost_usd(needed))
        price_usd[price_usd == math.inf] = math.nan
        purchases = np.bincount(plan, weights=share * price.bought(needed))
        bought_gb = purchases * plans.expiring_gb

        # All tariffs have as many stays, so that a place among them is a place among all counts.
        place = np.array([[0.5], [0.95]]) * (self.stays - 1)
        low, high = (
            self.packs.stays.cumsum().searchsorted(row * self.stays + whole, side="right")
            for whole in (np.floor(place), np.ceil(place))
        )
        low, high = (plans.cost_usd(self.packs.packs[entry]) for entry in (low, high))
        low, high = (np.where(np.isnan(price_usd), math.nan, cost) for cost in (low, high))
        overages = np.zeros((2, len(plans.tariffs)))
        charged = [tariff.overage_usd_per_gb > 0 for tariff in plans.tariffs]
        overages[:, charged] = np.transpose(
            [
                np.quantile(np.concatenate(one), [0.5, 0.95])
                for one in zip(*self.overages_usd, strict=True)
            ]
        )
        median, p95 = low + (high - low) * (place % 1) + overages[:, row]

        by_tariff = self.overage_usd, self.from_allowance_gb, self.full_speed_gb, self.slow_gb
        overage, from_allowance, full_speed, slow = (sums[row] / self.stays for sums in by_tariff)
        cost, used, carried = price_usd + overage, self.used_gb / self.stays, full_speed + slow
        expires = (bought_gb > 0) & (bought_gb < math.inf)
        unused = 1 - from_allowance / np.where(expires, bought_gb, math.nan)
        return pd.DataFrame(
            {
                "mean_cost_usd": cost,
                "median_cost_usd": median,
                "p95_cost_usd": p95,
                "mean_purchases": purchases,
                "short_share": self.short_stays[row] / self.stays,
                "full_speed_share": full_speed / used if used else math.nan,
                "usd_per_carried_gb": cost / np.where(carried > 0, carried, math.nan),
                "unused_usd": np.where(bought_gb == 0, 0.0, price_usd * unused),
                "cheapest_share": self.won_stays / self.stays,
                "assumed": plans.assumed,
            },
            index=plans.index,
        )


@dataclass(frozen=True)
class _Tariff:
    """All that decides a stay's GB and purchases, fitted to its length; no limit is infinite.

    Only the price is left out, so that plans which differ by it alone are equal here and billed
    once.
    """

    allowance_gb: float  # per allowance period
    full_speed_gb: float  # per allowance period, with the overage that is paid for
    slow_gb_per_day: float  # once full speed is over: 0 where it stops, infinite if deprioritised
    overage_usd_per_gb: float = 0.0
    overage_cap_usd: float = math.inf
    period_starts: tuple[int, ...] = ()  # days; none where they depend on usage: re-bought packs
    pack_days: int | None = None  # how long a re-bought pack lasts


class _Price(NamedTuple):
    """What purchases cost: the first `offer_terms` the price, all others `renews_at_usd`.

    Infinite where nobody says what a further purchase costs. The figures may be arrays.
    """

    price_usd: float
    renews_at_usd: float
    offer_terms: float
    minimum_terms: float

    def of(self, plan: np.ndarray | int) -> "_Price":
        return _Price(*(figure[plan] for figure in self))

    def bought(self, needed: np.ndarray) -> np.ndarray:
        """Return how many purchases are paid for where a stay needs so many."""
        return np.maximum(needed, self.minimum_terms)

    def cost_usd(self, needed: np.ndarray) -> np.ndarray:
        bought = self.bought(needed)
        later = bought - self.offer_terms
        more = np.maximum(later, 1) * (self.renews_at_usd - self.price_usd)
        return bought * self.price_usd + np.where(later > 0, more, 0)


class _Plan(NamedTuple):
    """A plan's tariff, and what is its own."""

    tariff: _Tariff
    price: _Price
    purchases_per_pack: int  # 1; where packs are not counted, all that the stay needs
    expiring_gb: float  # allowance of a purchase that can expire; infinite where none is stated


class _Plans:
    """Plans side by side: each distinct tariff once, and arrays of what is each plan's own."""

    def __init__(self, read: list[_Plan], days: int, index: pd.Index, assumed: np.ndarray):
        tariffs, prices, purchases, expiring_gb = zip(*read, strict=True)
        self.read, self.days, self.index, self.assumed = read, days, index, assumed
        self.tariffs = tuple(dict.fromkeys(tariffs))
        rows = {tariff: row for row, tariff in enumerate(self.tariffs)}
        self.row = np.array([rows[tariff] for tariff in tariffs])
        self.price = _Price(*np.array(prices).T)
        self.purchases_per_pack, self.expiring_gb = np.array(purchases), np.array(expiring_gb)

    def cost_usd(self, packs: np.ndarray) -> np.ndarray:
        """Return what each plan costs without overage, of shape (..., plans)."""
        return self.price.cost_usd(packs * self.purchases_per_pack)


class _Counts(NamedTuple):
    """How many stays buy so many packs of a tariff, each pair once and sorted.

    Where packs are not counted, each stay has one. Whole numbers, but of any size: floats.
    """

    row: np.ndarray  # of the tariff
    packs: np.ndarray
    stays: np.ndarray

    def __add__(self, other: "_Counts") -> "_Counts":
        return self._of_pairs(*(np.concatenate(both) for both in zip(self, other, strict=True)))

    @classmethod
    def _of_pairs(cls, row: np.ndarray, packs: np.ndarray, stays: np.ndarray) -> "_Counts":
        order = np.lexsort((packs, row))
        row, packs, stays = row[order], packs[order], stays[order]
        is_new = np.append(True, (row[1:] > row[:-1]) | (packs[1:] > packs[:-1]))
        stays = np.add.reduceat(stays, np.flatnonzero(is_new))
        return cls(row[is_new], packs[is_new], stays)

    @classmethod
    def of(cls, packs: np.ndarray) -> "_Counts":
        """Count packs of shape (tariffs, stays)."""
        width = packs.max(axis=1) + 1
        first = width.cumsum() - width
        if width.sum() > COUNTED_QUICKLY:
            row = np.repeat(np.arange(len(packs)), packs.shape[1])
            return cls._of_pairs(row, packs.ravel(), np.ones(packs.size))
        stays = np.bincount((packs + first[:, None]).astype(int).ravel())
        found = np.flatnonzero(stays)
        row = first.searchsorted(found, side="right") - 1
        return cls(row, found - first[row], stays[found])


def _read_plan(
    plan: Mapping, days: int, when_empty: str, autopay: bool, assumptions: Mapping | None
) -> _Plan:
    """Give every blank of a plan's row its meaning, and fit the tariff to stays of so many days."""
    if isinstance(plan, pd.DataFrame):
        allowed = "one row, such as plans.iloc[0]"
        raise ValueError(f"the plan is a table of {len(plan)} rows (allowed: {allowed})")
    name = plan.get("plan_id", getattr(plan, "name", None))
    name = "the plan" if name is None else f"plan {name!r}"
    _check_has(name, plan, TARIFF_COLUMNS + ("autopay_price_usd",) * autopay)

    def number(column: str, blank: float, whole: bool = False) -> float:
        value = plan.get(column)
        if pd.isna(value):
            return blank
        is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
        if not is_number or not 0 <= value < math.inf or (whole and value != int(value)):
            allowed = f"a {'whole ' * whole}number of at least 0, or blank"
            raise ValueError(f"{name}: {column} is {value!r} (allowed: {allowed})")
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
        after = WHEN_SILENT[bool(unlimited)]
    if after not in ("stop", "throttle", "deprioritize", "payg"):
        allowed = "stop, throttle, deprioritize, payg or blank"
        raise ValueError(f"{name}: after_allowance is {after!r} (allowed: {allowed})")
    term = number("term_days", math.inf, whole=True)
    period = min(number("allowance_days", term, whole=True), term)
    if period < 1:
        short = f"a term or allowance period of {period:g} days"
        raise ValueError(f"{name} has {short} (allowed: 1 or more)")
    allowance = number("data_gb", math.inf)
    expiring = 0.0 if allowance < math.inf == term else allowance
    expiring *= math.ceil(term / period) if term < math.inf else 1
    # The price lasts unless a later one is stated, or could be but is not, for an offer.
    offer, later = plan.get("offer"), number("renews_at_usd", math.inf)
    lasts = pd.isna(offer) or offer == "standard" or "renews_at_usd" not in plan
    offer_terms = number("offer_terms", math.inf if lasts and later == math.inf else 1, whole=True)
    price = _Price(price, later, offer_terms, number("minimum_terms", 1, whole=True))

    # Beyond the stay no length matters; cutting it makes more tariffs equal.
    term_in_stay, period_in_stay = int(min(term, days)), int(min(period, days))
    free = price.price_usd == 0 and (price.offer_terms == math.inf or price.renews_at_usd == 0)
    one_shot = after == "stop" and period >= term and 0 < allowance < math.inf
    if one_shot and when_empty == "rebuy" and not free:  # what is given away is not given twice
        return _Plan(_Tariff(allowance, allowance, 0.0, pack_days=term_in_stay), price, 1, expiring)
    starts = _starts(days, term_in_stay, period_in_stay)
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
        overage = overage if full_speed > allowance else (0.0, math.inf)
    if after in ("throttle", "payg") and full_speed < math.inf:
        kbps = number("throttle_kbps", math.nan)
        if math.isnan(kbps):
            if assumptions is None:
                allowed = "a speed, or assumptions with blank_throttle_kbps"
                raise ValueError(f"{name}: throttle_kbps is blank (allowed: {allowed})")
            kbps = assumptions["blank_throttle_kbps"]
        slow = kbps * GB_PER_DAY_PER_KBPS
    tariff = _Tariff(allowance, full_speed, slow, *overage, starts)
    return _Plan(tariff, price, math.ceil(days / term_in_stay), expiring)


@cache
def _starts(days: int, term_days: int, period_days: int) -> tuple[int, ...]:
    """Return the days on which allowance periods start, one object for tariffs that share them."""
    terms = range(0, days, term_days)
    return tuple(day for s in terms for day in range(s, min(s + term_days, days), period_days))


class _Stays:
    """A chunk of stays with the sums that many tariffs share, each computed once.

    Days come first and stays last, so that the figures of one day lie side by side in memory.
    """

    def __init__(self, usage: np.ndarray):
        self.daily = np.ascontiguousarray(usage.T)
        self.days, self.size = self.daily.shape
        # On all days before day d; the last row is the total.
        self.used_before = np.zeros((self.days + 1, self.size))
        np.cumsum(self.daily, axis=0, out=self.used_before[1:])
        self.nothing = np.zeros(self.size)  # a scalar instead takes numpy four times as long
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
        used = self.used_before
        return self._once("used", starts, compute=lambda: used[1:] - used[first_day])

    def daily_at_most(self, gb: float) -> np.ndarray:
        """GB used each day as far as it stays within a limit: (days, stays)."""
        return self._once("at most", gb, compute=lambda: np.minimum(self.daily, gb))


class _Billed(NamedTuple):
    """The figures of a chunk of stays on one tariff, each of shape (stays,) or the same in all."""

    packs: np.ndarray | float  # 1 where packs are not counted
    overage_usd: np.ndarray | float
    from_allowance_gb: np.ndarray
    full_speed_gb: np.ndarray
    slow_gb: np.ndarray | float
    excess_gb: np.ndarray | float  # slow or unmet; exactly 0 in a stay without a short day


def _bill(tariffs: Iterable[_Tariff], stays: _Stays) -> Iterator[_Billed]:
    """Yield the bill of a chunk of stays on each tariff."""
    packs = iter(_count_packs([tariff for tariff in tariffs if tariff.pack_days], stays))
    used = stays.used_before[-1]
    for tariff in tariffs:
        if tariff.pack_days:
            yield _Billed(next(packs), 0.0, used, used, 0.0, 0.0)
        else:
            yield _bill_periods(tariff, stays)


def _bill_periods(tariff: _Tariff, stays: _Stays) -> _Billed:
    """Bill a tariff whose allowance periods start on the same days in every stay."""
    sums = stays.period_sums(tariff.period_starts)
    excess = sums - tariff.full_speed_gb
    excess = np.where(excess > NOTHING_GB, excess, 0)
    full_speed = sums - excess
    from_allowance, overage = full_speed, 0.0
    if tariff.full_speed_gb > tariff.allowance_gb:
        from_allowance = np.minimum(sums, tariff.allowance_gb)
        charge = (full_speed - from_allowance) * tariff.overage_usd_per_gb
        overage = np.minimum(charge, tariff.overage_cap_usd).sum(axis=0)
    excess = excess.sum(axis=0)
    if tariff.slow_gb_per_day in (0, math.inf):
        slow = excess if tariff.slow_gb_per_day else 0.0
    else:
        # A day's excess is what its period has gone over by, at most what the day used itself.
        slow = stays.used_in_period(tariff.period_starts) - tariff.full_speed_gb
        np.minimum(slow, stays.daily_at_most(tariff.slow_gb_per_day), out=slow)
        np.maximum(slow, stays.nothing, out=slow)
        slow = np.minimum(slow.sum(axis=0), excess)
    full_speed_gb = full_speed.sum(axis=0)
    allowance_gb = full_speed_gb if from_allowance is full_speed else from_allowance.sum(axis=0)
    return _Billed(1.0, overage, allowance_gb, full_speed_gb, slow, excess)


def _short_days(tariff: _Tariff, stays: _Stays) -> np.ndarray:
    """Count the days of each stay with slow or unmet data."""
    if tariff.pack_days:
        return np.zeros(stays.size, dtype=int)
    over = stays.used_in_period(tariff.period_starts) > tariff.full_speed_gb + NOTHING_GB
    return (over & (stays.daily > NOTHING_GB)).sum(axis=0)


def _count_packs(tariffs: list[_Tariff], stays: _Stays) -> np.ndarray:
    """Count the packs that stays buy, each when the last is empty or over: (tariffs, stays)."""
    packs = np.empty((len(tariffs), stays.size))
    early = np.zeros(packs.shape, dtype=bool)
    for row, tariff in enumerate(tariffs):
        starts = tuple(range(0, stays.days, tariff.pack_days))
        if 1 < tariff.pack_days < stays.days:
            packs[row] = len(starts)  # unless one is empty before its term ends
            early[row] = stays.worst_period(starts) > tariff.allowance_gb + NOTHING_GB
        else:  # the next pack starts on the same day anyway, or the term never ends
            in_turn = np.ceil((stays.period_sums(starts) - NOTHING_GB) / tariff.allowance_gb)
            packs[row] = np.maximum(in_turn, stays.nothing + 1).sum(axis=0)
    pairs = np.flatnonzero(early)
    if pairs.size:
        rows, columns = np.divmod(pairs, stays.size)
        allowance = np.array([tariff.allowance_gb for tariff in tariffs])[rows]
        pack_days = np.array([tariff.pack_days for tariff in tariffs], dtype=np.int32)[rows]
        packs.ravel()[pairs] = _follow(allowance, pack_days, stays.used_before, columns)
    return packs


def _follow(
    allowance: np.ndarray, pack_days: np.ndarray, used_before: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Count packs day by day, for pairs of a tariff and a stay (a column of `used_before`).

    `empty_at` is the stay's usage so far at which its last pack is empty. So a day without a
    purchase takes two comparisons, and only purchases take more.
    """
    packs, empty_at, used = np.zeros((3, len(columns)))
    expires = np.zeros(len(columns), dtype=np.int32)
    for day, used_by_evening in enumerate(used_before[1:]):
        used_by_morning, used = used, used_by_evening.take(columns)
        is_over = expires == day
        new = np.flatnonzero(is_over | (used > empty_at))
        fresh = used_by_morning.take(new) + NOTHING_GB
        lost = np.where(is_over.take(new), fresh, empty_at.take(new))
        size = allowance.take(new)
        more = np.maximum(np.ceil((used.take(new) - lost) / size), np.ones(len(new)))
        packs[new] += more
        empty_at[new] = lost + more * size
        expires[new] = pack_days.take(new) + day
    return packs


def _bidders(plans: _Plans) -> list[list[tuple[int, float]]]:
    """Return for each tariff the plans that can win a stay, and what each of their packs costs.

    Of prices that are the same for every pack only the lowest can win. NaN where they differ.
    """
    price, row = plans.price, plans.row
    differ = (price.offer_terms < math.inf) | (price.minimum_terms > 1)
    differ &= np.array([tariff.pack_days is not None for tariff in plans.tariffs])[row]
    usd = np.where(differ, math.nan, plans.cost_usd(1.0))
    lowest = np.full(len(plans.tariffs), math.inf)
    np.fmin.at(lowest, row, usd)
    bidders = [[] for _ in plans.tariffs]
    for plan in np.flatnonzero(differ | (_cents(usd) == _cents(lowest[row]))):
        bidders[row[plan]].append((plan, usd[plan]))
    return bidders


def _cents(usd: np.ndarray) -> np.ndarray:
    """Round to cents; half a cent is one, however its sum was rounded."""
    return np.floor(100 * usd + (0.5 + 1e-6))


def _tally(plans: _Plans, bidders: list[list[tuple[int, float]]], stays: _Stays) -> Tally:
    """Bill a chunk of stays on each tariff and add up."""
    size, used = stays.size, stays.used_before[-1].sum()
    overage, slow, short = np.zeros((3, len(plans.tariffs)))
    from_allowance, full_speed = np.full((2, len(plans.tariffs)), used)
    packs, overages, bids, costs = np.ones((len(plans.tariffs), size)), [], [], []
    for row, billed in enumerate(_bill(plans.tariffs, stays)):
        tariff = plans.tariffs[row]
        on_top = billed.overage_usd
        if tariff.pack_days:
            packs[row] = billed.packs
        else:
            from_allowance[row] = billed.from_allowance_gb.sum()
            full_speed[row] = billed.full_speed_gb.sum()
            slow[row] = np.sum(billed.slow_gb)
            is_short = billed.excess_gb > 0
            short[row] = np.count_nonzero(is_short)
            on_top = on_top + OUT_OF_REACH * is_short  # adding is faster than choosing
        if tariff.overage_usd_per_gb:
            overage[row] = billed.overage_usd.sum()
            overages.append(billed.overage_usd)
        for plan, usd in bidders[row]:
            bids.append(plan)
            own = plans.price.of(plan).cost_usd(billed.packs) if usd != usd else usd * billed.packs
            costs.append(own + on_top)
    order = np.argsort(bids)
    bids, costs = np.array(bids)[order], np.array(costs)[order]
    cents = _cents(costs)
    first = cents.argmin(axis=0)
    best, cost_usd = (np.take_along_axis(usd, first[None], axis=0)[0] for usd in (cents, costs))
    served = best < OUT_OF_REACH
    winner, stay = np.divmod(np.flatnonzero((cents == best) & served), size)
    shares = 1 / np.bincount(stay, minlength=size)[stay]
    won = np.bincount(bids[winner], weights=shares, minlength=len(plans.row))
    winners = np.where(served, [bids[first], cost_usd], [[-1], [math.nan]])
    overages = np.reshape(overages, (-1, size))
    sums = overage, from_allowance, full_speed, slow, short, won
    return Tally(plans, size, used, *sums, _Counts.of(packs), (overages,), (winners,))


def _chunks(usage: np.ndarray, progress: bool | None = False) -> Iterator[_Stays]:
    """Yield the stays in chunks that fit the processor's cache."""
    size = max(CHUNK_STAYS, CHUNK_FIGURES // usage.shape[1])
    tell = {"leave": False, "unit": "chunk", "delay": 0 if progress else 1}
    tell["disable"] = None if progress is None else not progress  # None: tqdm looks for a terminal
    for first in tqdm(range(0, len(usage), size), **tell):
        yield _Stays(usage[first : first + size])


def _check_has(name: str, given: Mapping, needed: tuple[str, ...]) -> None:
    missing = [column for column in needed if column not in given]
    if missing:
        raise ValueError(f"missing from {name}: {', '.join(missing)}")


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
