"""Measure `prepaid.compare` on all plans against loops in Python and loops that numba compiles.

Run `python benchmarks/billing.py` on Linux, where requirements.txt and benchmarks/requirements.txt
are installed. The obvious loop is the one that the tests hold beside the fast code: it bills every
plan, without summing up. The rival bills each distinct tariff once and sums up the same figures.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from timing import best_of

import prepaid
from prepaid.billing import bill, compare, tally
from prepaid.tariffs import with_fair_use

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from billing_reference import bill_stay, read_plan

STAYS, DAYS = 10_000, 30
SAMPLE = 100  # stays that the Python loop bills; its time is scaled to all of them
REPEATS = 9
GROWTH = (1_000, 10_000, 100_000, 1_000_000)
LENGTHS = {30: 36_000, 90: 12_000, 360: 3_000}  # days of a stay, and stays: as many days in all
DATA = prepaid.load()
PLANS, ASSUMED = DATA.plans, DATA.assumptions["base"]


def population(stays: int, days: int = DAYS) -> np.ndarray:
    """Return usage like that of US unlimited lines, GB per day."""
    return prepaid.UsageModel.us_unlimited_2026().sample(days, stays, seed=1)


def compared(usage: np.ndarray, plans: pd.DataFrame = PLANS) -> pd.DataFrame:
    """Return what is measured."""
    return compare(plans, usage, assumptions=ASSUMED, progress=False)


def memory_mb(kind: str) -> float:
    """Return this process's memory, without its parent's: "VmRSS" now, "VmHWM" at its peak."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1000


def measure_alone(stays: int) -> None:
    """Compare all plans on so many stays and print seconds and memory; in a process of its own."""
    usage = population(stays)
    compared(usage[:100])
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of drawing the usage
    before = memory_mb("VmRSS")
    [seconds] = best_of(1 if stays > STAYS else REPEATS, lambda: compared(usage))
    peak = memory_mb("VmHWM")
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "added_mb": peak - before}))


def in_own_process(stays: int) -> dict[str, float]:
    """Run `measure_alone` in a new process, whose peak of memory nothing else has touched."""
    command = [sys.executable, __file__, str(stays)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def against_loops() -> list[tuple[str, str, str]]:
    """Check that all ways agree, and measure them on the same stays."""
    import numba  # here, because its memory is not that of `compare`
    import rival

    usage = population(STAYS)
    few = usage[:SAMPLE].tolist()
    filled = with_fair_use(PLANS, ASSUMED)
    terms = [read_plan(plan) for _, plan in filled.iterrows()]
    compiled = numba.njit(bill_stay)

    @numba.njit
    def bill_stays(usage, *numbers):
        figures = np.empty((len(usage), 6))
        for stay in range(len(usage)):
            # One by one: an array of the six would be allocated for each stay.
            cost, purchases, full_speed, slow, unmet, short_days = compiled(
                usage[stay], True, *numbers
            )
            figures[stay, 0], figures[stay, 1], figures[stay, 2] = cost, purchases, full_speed
            figures[stay, 3], figures[stay, 4], figures[stay, 5] = slow, unmet, short_days
        return figures

    for (_, plan), numbers in zip(filled.iterrows(), terms, strict=True):
        loop = np.array([bill_stay(stay, True, *numbers) for stay in few])
        np.testing.assert_allclose(bill_stays(usage[:SAMPLE], *numbers), loop, rtol=1e-12)
        np.testing.assert_allclose(bill(plan, usage[:SAMPLE]), loop, rtol=1e-9, atol=1e-7)
    # The rival knows one price a plan: offers and commitments are left out for both.
    plans = PLANS.drop(columns=["minimum_terms", "offer_terms", "renews_at_usd"], errors="ignore")
    rows = []
    for days, stays in {DAYS: STAYS, 360: 3_000}.items():
        rivals, block = rival.prepare(plans, ASSUMED, days), population(stays, days)
        pd.testing.assert_frame_equal(rivals(block), compared(block, plans), rtol=1e-9, atol=1e-9)
        ours, its = best_of(REPEATS, lambda: compared(block, plans), lambda: rivals(block))  # noqa: B023
        what = f"the rival, each distinct tariff once and summed up: {its:.3f} s"
        rows.append(
            (
                f"{stays:,} stays of {days} days: {ours:.3f} s",
                what,
                f"{ours / its:.1f} times as slow",
            )
        )
    fast, obvious = best_of(
        REPEATS, lambda: compared(usage), lambda: [bill_stays(usage, *one) for one in terms]
    )
    [python] = best_of(3, lambda: [bill_stay(stay, True, *one) for one in terms for stay in few])
    python *= STAYS / SAMPLE
    ours = f"{STAYS:,} stays of {DAYS} days: {fast:.3f} s"
    compiled_loop = f"the obvious loop over all plans, compiled: {obvious:.3f} s"
    rows.append((ours, compiled_loop, f"{obvious / fast:.1f} times as fast"))
    python_loop = f"the same in Python: {python:.1f} s ({SAMPLE} stays, scaled linearly)"
    return [*rows, (ours, python_loop, f"{python / fast:.0f} times as fast")]


def growth() -> list[tuple[str, str, str]]:
    """Measure how time and memory grow with stays, days and distinct tariffs."""
    alone = {stays: in_own_process(stays) for stays in GROWTH}
    rows = [(f"{STAYS:,} stays", "1,000 MB at the peak", f"{alone[STAYS]['peak_mb']:.0f} MB")]
    first = alone[GROWTH[0]]["seconds"] / GROWTH[0]
    for stays, one in alone.items():
        added = f"{one['added_mb']:.0f} MB beyond the usage array"
        ours = f"{stays:,} stays: {one['seconds']:.2f} s, {added}"
        share = one["seconds"] / stays / first
        rows.append((ours, f"{GROWTH[0]:,} stays, per stay", f"{share:.2f} of the time"))
    blocks = [population(stays, days) for days, stays in LENGTHS.items()]
    times = best_of(REPEATS, *(lambda block=block: compared(block) for block in blocks))
    first = times[0] / blocks[0].size
    for block, seconds in zip(blocks, times, strict=True):
        ours = f"{len(block):,} stays of {block.shape[1]} days: {seconds:.3f} s"
        share = seconds / block.size / first
        rows.append(
            (ours, f"{blocks[0].shape[1]} days, per day of a stay", f"{share:.2f} of the time")
        )
    tariffs = tally(PLANS, blocks[0][:1], assumptions=ASSUMED).plans.row
    parts = [PLANS[tariffs <= tariffs.max() * share] for share in (0.25, 0.5, 1)]
    times = best_of(REPEATS, *(lambda plans=plans: compared(blocks[0], plans) for plans in parts))
    for share, seconds in zip((0.25, 0.5, 1), times, strict=True):
        count = int(tariffs.max() * share) + 1
        ours = f"{count} distinct tariffs: {seconds:.3f} s"
        rows.append((ours, f"all {tariffs.max() + 1}", f"{seconds / times[-1]:.2f} of the time"))
    return rows


def main() -> None:
    """Measure and print the tables."""
    import numba

    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}, "
        f"numba {numba.__version__}; {len(PLANS)} plans; best of {REPEATS}, one thread.\n"
    )
    for rows in (against_loops(), growth()):
        print("| `prepaid.compare` | against | ratio |\n| --- | --- | --- |")
        print("\n".join(f"| {' | '.join(row)} |" for row in rows), end="\n\n")


if __name__ == "__main__":
    measure_alone(int(sys.argv[1])) if len(sys.argv) > 1 else main()
