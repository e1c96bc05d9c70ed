"""The cheapest series of packs that carries a stay at full speed, and what it costs when usage turns out otherwise.

The search goes through the stay day by day, from place to place: a place is a day on which a pack is bought, and the GB
of that day which it still has to carry. Of two places on one day, the one with less to carry is never worse for the
same money: whatever follows the other can follow it too, carries at least as far, and can be left on the same day. So
of the ways to each day only those are followed that no other beats on both. And a pack is used as far as it goes,
unless the next one has an allowance that refreshes: it alone can gain from an earlier start, which moves its periods.
"""

import bisect
import heapq
import itertools
import math
import operator
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from prepaid.billing import NOTHING_GB, compare, with_fair_use
from prepaid.catalog import load_assumptions
from prepaid.prices import offers_and_usual

# What a way costs is one whole number, so that equal sums are equal: millionths of a dollar, and below them purchases.
MICRO_USD = 2**20
USD = 10**6 * MICRO_USD
CENT = 0.01


def cheapest_sequence(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    most_sims: int | None = None,
    switch_usd: float = 0.0,
    autopay: bool = False,
    assumptions: Mapping | None = None,
) -> pd.DataFrame:
    """Return the cheapest series of purchases that carries a stay at full speed, if its usage is known beforehand.

    The rules are those of `bill`, except that each purchase may be of another plan:

    - Every day has one active pack, days without usage too. The first purchase starts on day 0.
    - A purchase that starts on day s covers the days s to s + term - 1. It carries usage at full speed: its allowance
      in each allowance period, and payg also what its overage pays for. Slow data does not count. Data without a stated
      limit is all at full speed, once `with_fair_use` has filled in what travel eSIMs leave open.
    - On any of its days the next purchase may follow. That day is shared: the old pack carries what it can, the new one
      the rest, which may be nothing. After the last day of a term the next purchase starts on the day after.
    - What is left of a pack is lost then. In particular a pack with a daily or monthly allowance that is empty before
      the period ends is given up; nobody waits for its next period.
    - A payg pack may also be left before it charges: at the start of a day, or once its allowance is used up.
    - Prices for new customers and promotions hold for the first purchase of the stay only.

    Parameters
    ----------
    plans
        Rows of `load_plans()`, such as `take_part` picks.
    usage
        One stay, GB per day, of shape (days,).
    most_sims
        Most SIMs or eSIMs; each provider is one. By default any number.
    switch_usd
        What a purchase from another provider than the one before counts on top, as trouble; it is not in the costs.
    autopay, assumptions
        As in `compare`.

    Returns
    -------
    DataFrame
        One row per purchase, in order: plan_id, provider, first_day, last_day (both of the stay, counted from 0; equal
        to the next first_day where both packs share that day), cost_usd (price and overage; their sum is the total),
        used_gb, and allowance: "stated", "assumed" (fair use) or "silent" (no limit stated).

        It is exact: under these rules no other series costs less (with its switches), and of those that cost the same
        none has fewer purchases, nor as many with fewer providers. What still ties is settled by plan_id, whatever the
        order of the rows.

    Raises
    ------
    ValueError
        As `compare`; if usage is more than one stay, an option is not allowed, or no plan can carry the stay.
    """
    compare(plans, usage, autopay=autopay, assumptions=assumptions)  # refuses what cannot be billed
    daily = np.asarray(usage, dtype=float)
    most = _check(plans, daily, most_sims, switch_usd)
    packs = _read(plans, len(daily), autopay, assumptions)
    switch = round(switch_usd * 10**6) * MICRO_USD
    way = _best_way(packs, daily, switch, most)
    if way is None:
        raise ValueError(
            f"none of the {len(plans)} plans carries {daily.sum():g} GB in {len(daily)} days at full speed"
        )
    day, left_gb, key, row = (np.array(column) for column in zip(*way, strict=True))
    bought = packs.iloc[row[1:]]
    provider = bought["provider"].to_numpy()
    switches = np.append(False, provider[1:] != provider[:-1])
    # A day is shared if the pack before carried some of it.
    shared = left_gb[1:] < np.append(daily, 0)[day[1:]] - NOTHING_GB
    carried_gb = np.append(0, daily.cumsum())[np.minimum(day + 1, len(daily))] - left_gb
    return pd.DataFrame(
        {
            "plan_id": bought.index,
            "provider": provider,
            "first_day": day[:-1],
            "last_day": day[1:] - ~shared,
            "cost_usd": (np.diff(key) - switch * switches) // MICRO_USD / 10**6,
            "used_gb": np.diff(carried_gb),
            "allowance": bought["limit"].to_numpy(),
        }
    )


def robustness(
    sequence: pd.DataFrame,
    plans: pd.DataFrame,
    usages: np.ndarray,
    *,
    autopay: bool = False,
    assumptions: Mapping | None = None,
) -> pd.Series:
    """Return what a planned sequence costs when usage turns out otherwise.

    The plans are bought in the planned order, not on the planned days: each when the last is empty (the same day) or
    over (the day after). When the list is used up, its last plan is bought again; an offer then at the usual price of
    its plan, if `plans` has that. A payg pack charges overage as far as its full speed goes if it was planned to charge
    any; else it is empty when its allowance is.

    Parameters
    ----------
    sequence
        As `cheapest_sequence` returns it.
    plans, autopay, assumptions
        As they were given to `cheapest_sequence`.
    usages
        GB per day, of shape (stays, days).

    Returns
    -------
    Series
        planned_usd; mean_cost_usd and p95_cost_usd of a stay; more_purchases_share, of stays that need more purchases
        than planned; mean_wasted_gb, allowance of a stay that was paid for and expired or was left at its end (packs
        that never expire or state no limit waste nothing).

    Raises
    ------
    ValueError
        As `compare`, or if the sequence is empty, has a plan that is not in `plans`, or ends with one that has no data.
    """
    compare(plans, usages, autopay=autopay, assumptions=assumptions)
    unknown = sorted(set(sequence["plan_id"]) - set(plans.index))
    if unknown or sequence.empty:
        raise ValueError(f"the sequence has unknown plans {unknown} (allowed: one or more, all in the table of plans)")
    packs = _read(plans, math.inf, autopay, assumptions)
    usual = offers_and_usual(plans.assign(price_usd=packs["price_usd"]))["usual_price_usd"]
    bought = packs.loc[sequence["plan_id"]]
    spares = (sequence["cost_usd"].to_numpy() < bought["price_usd"] + CENT) & (bought["allowance_gb"] > 0)
    bought["full_speed_gb"] = bought["full_speed_gb"].mask(spares, bought["allowance_gb"])
    *_, last = in_order = list(bought.itertuples())
    if not last.full_speed_gb:
        raise ValueError(f"plan {last.Index!r} at the end of the sequence has no data at full speed (allowed: some)")
    again = last._replace(price_usd=usual.get(last.Index, last.price_usd))
    rows = [_live(in_order, again, stay) for stay in np.atleast_2d(np.asarray(usages, dtype=float)).tolist()]
    cost_usd, purchases, wasted_gb = np.array(rows).T
    return pd.Series(
        {
            "planned_usd": sequence["cost_usd"].sum(),
            "mean_cost_usd": cost_usd.mean(),
            "p95_cost_usd": np.quantile(cost_usd, 0.95),
            "more_purchases_share": (purchases > len(in_order)).mean(),
            "mean_wasted_gb": wasted_gb.mean(),
        }
    )


def _check(plans: pd.DataFrame, daily: np.ndarray, most_sims: int | None, switch_usd: float) -> float:
    """Return the most providers, or say what is wrong with the arguments that `compare` does not see."""
    problems = []
    if daily.ndim != 1:
        problems.append(f"usage has {daily.ndim} dimensions (allowed: one stay, of shape (days,))")
    problems += [f"missing from the table of plans: {name}" for name in ("provider", "offer") if name not in plans]
    if not plans.index.is_unique:
        problems.append(f"plan {plans.index[plans.index.duplicated()][0]!r} stands twice (allowed: once)")
    if not 0 <= switch_usd < math.inf:
        problems.append(f"switch_usd is {switch_usd!r} (allowed: dollars of at least 0)")
    try:
        most = math.inf if most_sims is None else operator.index(most_sims)
    except TypeError:
        most = 0
    if most < 1:
        problems.append(f"most_sims is {most_sims!r} (allowed: a whole number of at least 1, or None)")
    if problems:
        raise ValueError("; ".join(problems))
    return most


def _read(plans: pd.DataFrame, days: float, autopay: bool, assumptions: Mapping | None) -> pd.DataFrame:
    """Return what decides how far a pack goes in a stay of so many days, sorted by plan_id; no limit is infinite."""
    filled = with_fair_use(plans, load_assumptions()["base"] if assumptions is None else assumptions).sort_index()

    def number(column: str, blank: float = math.inf) -> pd.Series:
        return filled[column].astype(float).fillna(blank)

    price_usd = number("price_usd")
    term_days, allowance_gb = number("term_days").clip(upper=days), number("data_gb")
    paid_gb = number("full_speed_gb").where(filled["after_allowance"] == "payg", 0)
    stated = plans["data_gb"].sort_index().notna()
    return pd.DataFrame(
        {
            "provider": filled["provider"].astype(str),
            "price_usd": number("autopay_price_usd", price_usd) if autopay else price_usd,
            "term_days": term_days,
            "period_days": number("allowance_days").clip(upper=term_days),
            "allowance_gb": allowance_gb,
            "full_speed_gb": np.maximum(allowance_gb, paid_gb),
            "usd_per_gb": number("overage_usd_per_gb", 0),
            "cap_usd": number("overage_cap_usd"),
            "first_only": filled["offer"] != "standard",
            "limit": np.where(filled["data_gb"].isna(), "silent", np.where(stated, "stated", "assumed")),
            "row": np.arange(len(filled)),
        }
    )


def _best_way(packs: pd.DataFrame, daily: np.ndarray, switch: int, most_sims: float) -> list[tuple] | None:
    """Return (day, GB left of it, key, row of the pack that led there) of each place of the best way, or None.

    The first place is the start, led to by no pack (-1), the last the end of the stay.

    Best first over sets of providers. A search without a limit on their number is fast, and no limit can beat it. A way
    with fewer providers than it found lacks at least one of them: so each is left out in turn, those before it being
    given, and once as many are given as are allowed, nothing else is.
    """
    everyone, order = frozenset(packs["provider"]), itertools.count()
    queue, best, best_key = [], None, math.inf

    def search(given: frozenset, without: frozenset) -> None:
        allowed = given if len(given) == most_sims else everyone - without
        chosen = _unbeaten(packs[packs["provider"].isin(allowed)], switch)
        place, way = _search(list(chosen.itertuples()), daily.tolist(), switch, best_key), []
        while place:
            key, left_gb, row, day, before = place
            way.insert(0, (day, left_gb, key, row))
            place = before
        if way:
            used = frozenset(packs["provider"].iloc[row] for *_, row in way[1:])
            heapq.heappush(queue, (way[-1][2], len(used), next(order), used, way, given, without))

    search(frozenset(), frozenset())
    while queue and queue[0][0] <= best_key:
        key, sims, _, used, way, given, without = heapq.heappop(queue)
        if sims <= most_sims:
            best, best_key, most_sims = way, key, sims - 1
        for provider in sorted(used - given):
            if len(given) <= most_sims and most_sims > 0:
                search(given, without | {provider})
            given |= {provider}
    return best


def _unbeaten(packs: pd.DataFrame, switch: int) -> pd.DataFrame:
    """Leave out each pack that another can replace wherever it is bought: no dearer, as long, and carrying as much.

    Between providers the replacement may add two switches. Of equals the first stays.
    """

    def pairs(name: str) -> tuple[np.ndarray, np.ndarray]:
        column = packs[name].to_numpy()
        return column[:, None], column[None, :]

    (price, its_price), (term, its_term), (period, its_period) = map(pairs, ("price_usd", "term_days", "period_days"))
    (allowance, its_allowance), (gb, its_gb) = map(pairs, ("allowance_gb", "full_speed_gb"))
    (rate, its_rate), (cap, its_cap) = map(pairs, ("usd_per_gb", "cap_usd"))
    (first_only, its_first_only), (provider, its_provider) = map(pairs, ("first_only", "provider"))
    # Whatever it carries fits into one of the other's allowances; or period by period, since they begin together.
    carries = its_allowance >= gb * np.ceil(term / period)
    carries |= (its_period == period) & (its_allowance >= gb)
    as_cheap_overage = (its_rate <= rate) & (its_cap <= cap)
    carries |= (its_period == period) & (its_allowance >= allowance) & (its_gb >= gb) & as_cheap_overage
    in_turn = 2 * switch / USD * (provider != its_provider)
    beaten = carries & (its_price + in_turn <= price) & (its_term >= term) & (first_only | ~its_first_only)
    first = np.tri(len(packs), k=-1, dtype=bool)
    return packs[~(beaten & (first | ~beaten.T)).any(axis=1)]


def _search(packs: list[tuple], daily: list[float], switch: int, most: float) -> tuple | None:
    """Return the end of the best way whose key is at most `most`, or None: the search described above.

    A place is (key, GB left of the day, row of the pack that led there, day, place before).
    """
    days, daily, used = len(daily), [*daily, 0.0], [0.0, *itertools.accumulate(daily)]
    provider = {pack.row: pack.provider for pack in packs}
    anyone = [pack for pack in packs if not pack.first_only]
    refreshing = [pack for pack in anyone if pack.period_days < pack.term_days]
    ahead = [[] for _ in range(days)]  # by day, a heap of the places reached so far
    carrying = {}  # by provider where switching counts, a heap of (key, last day that is carried whole, ...)
    end = None

    def buy(place: tuple, some: list[tuple]) -> None:
        nonlocal end, most
        key, left_gb, row, day, _ = place
        for pack in some:
            total = key + 1 + switch * (row >= 0 and pack.provider != provider[row])
            for cost_usd, to_day, to_gb in _ways_to_leave(pack, daily, used, day, left_gb):
                to_key = total + round(cost_usd * 10**6) * MICRO_USD
                if to_key > most or (to_day == day and to_gb >= left_gb - NOTHING_GB):
                    continue
                reached = (to_key, to_gb, pack.row, to_day, place)
                if to_day == days and (end is None or reached < end):
                    end, most = reached, to_key
                elif to_day < days:
                    heapq.heappush(ahead[to_day], reached)
                if to_day > day:
                    group = pack.provider if switch else None
                    heapq.heappush(carrying.setdefault(group, []), (to_key, to_day - 1, 0.0, pack.row, place))

    def left_early(day: int) -> Iterator[tuple]:
        """Yield, by provider, the cheapest place with nothing left of this day, where a pack may be left early."""
        for heap in carrying.values():
            while heap and heap[0][1] < day:
                heapq.heappop(heap)
            if heap:
                key, _, left_gb, row, before = heap[0]
                yield (key, left_gb, row, day, before)

    def beaten(place: tuple, others: Iterable[tuple]) -> bool:
        key, left_gb, row, *_ = place
        return any(
            its_gb <= left_gb and its_key + (switch if provider[its_row] != provider[row] else 0) <= key
            for its_key, its_gb, its_row, *_ in others
        )

    buy((0, daily[0], -1, 0, None), packs)
    for day, heap in enumerate(ahead):
        kept = []
        while heap:  # the cheapest first; what is bought may be empty on the same day and come back here
            place = heapq.heappop(heap)
            if not beaten(place, kept) and not beaten(place, left_early(day)):
                kept.append(place)
                buy(place, anyone)
        for place in sorted(left_early(day)):
            if not beaten(place, kept):
                kept.append(place)
                buy(place, refreshing)
    return end


def _ways_to_leave(
    pack: tuple, daily: list[float], used: list[float], day: int, left_gb: float
) -> Iterator[tuple[float, int, float]]:
    """Yield (cost, day, GB left of it) of the places where a pack bought on a day hands over at the latest.

    Without overage it is one place: where the pack is empty or its term is over. With overage it is also where a charge
    would begin, and every morning after a charged day. `used` is what is used before each day.
    """
    cost_usd, allowance_gb, full_speed_gb = pack.price_usd, pack.allowance_gb, pack.full_speed_gb
    before = used[day + 1] - left_gb  # used when the period begins
    days = len(daily) - 1
    over, period = int(min(day + pack.term_days, days)), int(min(pack.period_days, days))
    for start in range(day, over, period):
        period_end = min(start + period, over)
        empty = bisect.bisect_right(used, before + allowance_gb + NOTHING_GB) - 1
        if empty < period_end and full_speed_gb > allowance_gb:
            free_gb = before + allowance_gb
            yield cost_usd, empty, used[empty + 1] - free_gb
            free, empty = empty, bisect.bisect_right(used, before + full_speed_gb + NOTHING_GB) - 1
            for evening in range(free, min(empty, period_end)):
                charged = cost_usd + min((used[evening + 1] - free_gb) * pack.usd_per_gb, pack.cap_usd)
                yield charged, evening + 1, daily[evening + 1]
            paid_gb = min(used[period_end] - before, full_speed_gb) - allowance_gb
            cost_usd += min(paid_gb * pack.usd_per_gb, pack.cap_usd)
        if empty < period_end:
            yield cost_usd, empty, used[empty + 1] - before - full_speed_gb
            return
        before = used[period_end]
    yield cost_usd, over, daily[over]


def _live(packs: list[tuple], again: tuple, stay: list[float]) -> tuple[float, int, float]:
    """Return cost, purchases and GB wasted of a stay that uses up the packs in order, and then one again and again."""
    days, daily, used = len(stay), [*stay, 0.0], [0.0, *itertools.accumulate(stay)]
    day, left_gb, carried_gb, cost_usd, purchases, wasted_gb = 0, daily[0], 0.0, 0.0, 0, 0.0
    in_turn = itertools.chain(packs, itertools.repeat(again))
    while day < days:
        pack, before = next(in_turn), carried_gb
        *_, (its_cost_usd, day, left_gb) = _ways_to_leave(pack, daily, used, day, left_gb)
        carried_gb = used[min(day + 1, days)] - left_gb
        cost_usd, purchases = cost_usd + its_cost_usd, purchases + 1
        if max(pack.term_days, pack.allowance_gb) < math.inf:
            allowance_gb = pack.allowance_gb * math.ceil(pack.term_days / pack.period_days)
            wasted_gb += max(allowance_gb - (carried_gb - before), 0.0)
    return cost_usd, purchases, wasted_gb
