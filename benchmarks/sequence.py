"""Measure `prepaid.sequence.cheapest_sequence` on the whole catalogue: against trying every plan, and as it grows.

Run `./run python benchmarks/sequence.py`; it takes about a minute. The alternative goes from place to place as well,
but buys every plan at each of them, and drops no way to a place but a dearer one to the same; how far a plan goes it
asks the slow code that the tests hold beside the fast one.
"""

import os
import platform
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from timing import best_of

import prepaid
from prepaid.fit import take_part
from prepaid.sequence import cheapest_sequence

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from sequence_reference import NOTHING_GB, ways_to_leave

STAYS, GB_PER_30_DAYS = 8, 60
DAYS, PLAIN_DAYS = (30, 90, 180, 365), 14
COPIES = (2, 4)
OPTIONS = (("most_sims", 1), ("most_sims", 2), ("most_sims", 3), ("switch_usd", 5.0))
REPEATS = 3


def stays(days: int) -> np.ndarray:
    """Return usage of persons with a known average, GB per day: (stays, days)."""
    return prepaid.UsageModel.known_average(GB_PER_30_DAYS).sample(days, STAYS, seed=1)


def copied(plans: pd.DataFrame, copies: int) -> pd.DataFrame:
    """Return the plans with copies under brands of their own, whose prices differ by up to a fifth."""
    rng, tables = np.random.default_rng(1), [plans]
    for number in range(1, copies):
        copy = plans.set_index(plans.index + f"-{number}")
        copy["provider"] = copy["provider"].astype(str) + f" {number}"
        copy["price_usd"] = (copy["price_usd"] * rng.uniform(0.8, 1.2, len(copy))).round(2)
        tables.append(copy)
    return pd.concat(tables).rename_axis("plan_id")


def plain_cost(plans: pd.DataFrame, usage: list[float]) -> float:
    """Return the cost of the cheapest sequence in dollars, from all ways to leave every plan at every place."""
    everything = prepaid.with_fair_use(plans, prepaid.load_assumptions()["base"]).to_dict("records")
    standard = [plan for plan in everything if plan["offer"] == "standard"]
    costs = [{} for _ in range(len(usage) + 1)]  # by day and GB left of it

    def buy(plans: list[dict], cost: int, day: int, left_gb: float) -> None:
        for plan in plans:
            for more, to_day, to_gb in ways_to_leave(plan, usage, day, left_gb):
                if to_day > day or to_gb < left_gb - NOTHING_GB:
                    place = round(to_gb, 9)
                    costs[to_day][place] = min(cost + more, costs[to_day].get(place, cost + more))

    buy(everything, 0, 0, usage[0])
    for day, places in enumerate(costs[:-1]):
        while places:
            left_gb = max(places)
            buy(standard, places.pop(left_gb), day, left_gb)
    return min(costs[-1].values()) / 10**6


def main() -> None:
    """Check that both ways agree, measure and print one table."""
    catalogue = prepaid.load_plans()
    plans, usage = take_part(catalogue, PLAIN_DAYS), stays(PLAIN_DAYS)[0]
    np.testing.assert_allclose(cheapest_sequence(plans, usage)["cost_usd"].sum(), plain_cost(plans, usage.tolist()))
    [plain] = best_of(1, lambda: plain_cost(plans, usage.tolist()))
    [fast] = best_of(REPEATS, lambda: cheapest_sequence(plans, usage))

    plans, usages = take_part(catalogue, 90), stays(90)
    runs = [(f"{days} days", take_part(catalogue, days), stays(days), {}) for days in DAYS]
    runs += [(f"90 days, {copies} times the plans", copied(plans, copies), usages, {}) for copies in COPIES]
    runs += [(f"90 days, `{name}={value:g}`", plans, usages, {name: value}) for name, value in OPTIONS]
    runs += [("90 days, the slowest stay", plans, [usage], {}) for usage in usages]
    times = best_of(
        REPEATS,
        *(
            lambda plans=plans, usages=usages, options=options: [
                cheapest_sequence(plans, usage, **options) for usage in usages
            ]
            for _, plans, usages, options in runs
        ),
    )
    seconds = {}
    for (name, _, usages, _), taken in zip(runs, times, strict=True):
        seconds[name] = max(seconds.get(name, 0), taken / len(usages))
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}; those of the catalogue's "
        f"{len(catalogue)} plans that take part; mean of {STAYS} stays with {GB_PER_30_DAYS} GB per 30 days, "
        f"best of {REPEATS}, one thread.\n"
    )
    print("| `cheapest_sequence` | seconds | against | ratio |\n| --- | --- | --- | --- |")
    print(
        f"| {PLAIN_DAYS} days, one stay | {fast:.3f} | every plan at every place: {plain:.1f} s | {fast / plain:.4f} |"
    )
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.3f} | 90 days | {taken / seconds['90 days']:.1f} |")


if __name__ == "__main__":
    main()
