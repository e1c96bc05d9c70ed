"""The rival of `prepaid.compare`: each distinct tariff billed by loops that numba compiles.

It sums the same figures of the same tariffs and ends in the same table. Loops run tariff by tariff
over blocks of stays, so that branches are foreseen and figures stay in the processor's cache; sums
before each day settle periods and packs that are not used up, without a look at their days.
"""

import math

import numba
import numpy as np
import pandas as pd

from prepaid.billing import NOTHING_GB, tally
from prepaid.tariffs import period_starts

BLOCK = 32  # stays


@numba.njit(error_model="numpy", inline="always")
def count_packs(used, stay, days, size, length):
    """Count the packs of one stay, each bought when the last is empty or over."""
    if length >= days:
        return max(1.0, np.ceil((used[stay, days] - NOTHING_GB) / size))
    packs = 0.0
    day = 0
    while day < days:
        packs += 1
        empty_at = used[stay, day] + size + NOTHING_GB
        expires = min(day + length, days)
        while used[stay, expires] > empty_at:
            while used[stay, day + 1] <= empty_at:
                day += 1
            more = np.ceil((used[stay, day + 1] - empty_at) / size)
            packs += more
            empty_at += more * size
            expires = min(day + length, days)
            day += 1
        day = expires
    return packs


@numba.njit(error_model="numpy")
def add_up(usage, numbers, pack_days, starts, first_start, lowest, sharing, packs, overages):
    """Bill stays on each tariff; return its sums and fill its counts of packs and its overages."""
    stays, days = usage.shape
    tariffs = len(numbers)
    sums = np.zeros((tariffs, 6))
    used = np.zeros((BLOCK, days + 1))
    usd = np.empty((tariffs, BLOCK))
    for first in range(0, stays, BLOCK):
        size = min(BLOCK, stays - first)
        for stay in range(size):
            for day in range(days):
                used[stay, day + 1] = used[stay, day] + usage[first + stay, day]
        for t in range(tariffs):
            allowance, full_speed, slow_a_day, usd_per_gb, cap_usd = numbers[t]
            if pack_days[t]:
                for stay in range(size):
                    count = count_packs(used, stay, days, allowance, pack_days[t])
                    packs[t, first + stay] = count
                    usd[t, stay] = count * lowest[t]
                    sums[t, 1] += used[stay, days]
                continue
            for stay in range(size):
                overage = from_allowance = fast = slow = excess = 0.0
                for period in range(first_start[t], first_start[t + 1] - 1):
                    begin, end = starts[period], starts[period + 1]
                    total = used[stay, end] - used[stay, begin]
                    over = total - full_speed
                    if over <= NOTHING_GB:
                        over = 0.0
                    fast += total - over
                    covered = min(total - over, allowance)
                    from_allowance += covered
                    overage += min((total - over - covered) * usd_per_gb, cap_usd)
                    if over > 0:
                        excess += over
                        if 0 < slow_a_day < math.inf:
                            full_at = used[stay, begin] + full_speed
                            for day in range(end - 1, begin - 1, -1):
                                above = used[stay, day + 1] - full_at
                                if above <= 0:
                                    break
                                slow += min(above, usage[first + stay, day], slow_a_day)
                if slow_a_day == math.inf:
                    slow = excess
                usd[t, stay] = lowest[t] + overage
                if excess > 0:
                    sums[t, 4] += 1
                    usd[t, stay] = math.inf
                if usd_per_gb > 0:
                    overages[t, first + stay] = overage
                sums[t, 0] += overage
                sums[t, 1] += from_allowance
                sums[t, 2] += fast
                sums[t, 3] += min(slow, excess)
        for stay in range(size):
            best = math.inf
            for t in range(tariffs):
                usd[t, stay] = np.floor(100 * usd[t, stay] + 0.500001)
                best = min(best, usd[t, stay])
            winners = 0.0
            for t in range(tariffs):
                if usd[t, stay] == best:
                    winners += sharing[t]
            for t in range(tariffs):
                if usd[t, stay] == best and best < math.inf:
                    sums[t, 5] += 1 / winners
    return sums


def prepare(plans, assumptions, days):
    """Return a function that compares the plans on stays of so many days."""
    read = tally(plans, np.zeros((1, days)), assumptions=assumptions).plans
    row, tariffs = read.row, read.tariffs
    per_pack = read.purchases_per_pack
    price_usd = read.price_usd * per_pack
    lowest = np.full(len(tariffs), math.inf)
    np.minimum.at(lowest, row, price_usd)
    wins = np.rint(100 * price_usd) == np.rint(100 * lowest[row])
    names = [
        "allowance_gb",
        "full_speed_gb",
        "slow_gb_per_day",
        "overage_usd_per_gb",
        "overage_cap_usd",
    ]
    numbers = np.array([[getattr(tariff, name) for name in names] for tariff in tariffs])
    pack_days = np.array([tariff.bought_again * tariff.clock[0] for tariff in tariffs])
    bounds = [
        [] if tariff.bought_again else [*period_starts(days, *tariff.clock), days]
        for tariff in tariffs
    ]
    starts = np.array([day for of_one in bounds for day in of_one])
    first_start = np.cumsum([0, *map(len, bounds)])
    of_tariffs = numbers, pack_days, starts, first_start, lowest, np.bincount(row, weights=wins)

    def compare(usage):
        packs, overages = np.ones((len(tariffs), len(usage))), np.zeros((len(tariffs), len(usage)))
        sums = add_up(usage, *of_tariffs, packs, overages) / len(usage)
        counted = pack_days > 0
        quantiles = np.ones((2, len(tariffs)))
        quantiles[:, counted] = np.quantile(packs[counted], [0.5, 0.95], axis=1)
        mean_packs = packs.mean(axis=1)
        sums[counted, 2] = sums[counted, 1]
        charged = numbers[:, 3] > 0
        on_top = np.zeros(quantiles.shape)
        on_top[:, charged] = np.quantile(overages[charged], [0.5, 0.95], axis=1)
        overage, from_allowance, fast, slow, short, won = sums.T[:, row]
        cost = mean_packs[row] * price_usd + overage
        median, p95 = quantiles[:, row] * price_usd + on_top[:, row]
        gb = np.where(np.isin(read.expiring_gb, [0, math.inf]), math.nan, read.expiring_gb)
        unused = cost - overage - from_allowance * read.price_usd / gb
        return pd.DataFrame(
            {
                "mean_cost_usd": cost,
                "median_cost_usd": median,
                "p95_cost_usd": p95,
                "mean_purchases": mean_packs[row] * per_pack,
                "short_share": short,
                "full_speed_share": fast / (usage.sum() / len(usage)),
                "usd_per_carried_gb": cost / (fast + slow),
                "unused_usd": np.where(read.expiring_gb == 0, 0, unused),
                "cheapest_share": np.where(wins, won, 0),
                "assumed": read.assumed,
            },
            index=plans.index,
        )

    return compare
