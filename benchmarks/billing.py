"""Measure `prepaid.compare` on the whole catalogue against the obvious loop, in Python and compiled by numba.

Run `python benchmarks/billing.py` on Linux, where requirements.txt and benchmarks/requirements.txt are installed. The
loop is the one that the tests hold beside the fast code; it only bills, without summing up.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
from timing import best_of

import prepaid
from prepaid.billing import bill, compare, with_fair_use

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from billing_reference import bill_stay, read_plan

STAYS, DAYS = 10_000, 30
SAMPLE = 100  # stays that the Python loop bills; its time is scaled to all of them
REPEATS = 7
GROWTH = (1_000, 10_000, 100_000, 1_000_000)


def population(stays: int) -> np.ndarray:
    """Return usage like that of US unlimited lines, GB per day."""
    return prepaid.UsageModel.us_unlimited_2026().sample(DAYS, stays, seed=1)


def memory_mb(kind: str) -> float:
    """Return this process's memory: "VmRSS" now, "VmHWM" at its peak; `resource` would count its parent's as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{kind}:")[1].split()[0]) / 1000


def measure_alone(stays: int) -> None:
    """Compare the catalogue on so many stays and print seconds and memory; for a process of its own."""
    plans, usage = prepaid.load_plans(), population(stays)
    compare(plans, usage[:100])
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of drawing the usage
    before = memory_mb("VmRSS")
    [seconds] = best_of(1 if stays > STAYS else REPEATS, lambda: compare(plans, usage))
    peak = memory_mb("VmHWM")
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "added_mb": peak - before}))


def in_own_process(stays: int) -> dict[str, float]:
    """Run `measure_alone` in a new process, whose peak of memory nothing else has touched."""
    command = [sys.executable, __file__, str(stays)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Check that the three ways agree, measure them and print the table."""
    import numba  # here, because its memory is not that of `compare`

    plans = prepaid.load_plans()
    usage = population(STAYS)
    few = usage[:SAMPLE].tolist()
    filled = with_fair_use(plans, prepaid.load_assumptions()["base"])
    terms = [read_plan(plan) for _, plan in filled.iterrows()]
    compiled = numba.njit(bill_stay)

    @numba.njit
    def bill_stays(usage, *numbers):
        figures = np.empty((len(usage), 6))
        for stay in range(len(usage)):
            # One by one: an array of the six would be allocated for each stay.
            cost, purchases, full_speed, slow, unmet, short_days = compiled(usage[stay], True, *numbers)
            figures[stay, 0], figures[stay, 1], figures[stay, 2] = cost, purchases, full_speed
            figures[stay, 3], figures[stay, 4], figures[stay, 5] = slow, unmet, short_days
        return figures

    for (_, plan), numbers in zip(filled.iterrows(), terms, strict=True):
        loop = np.array([bill_stay(stay, True, *numbers) for stay in few])
        np.testing.assert_allclose(bill_stays(usage[:SAMPLE], *numbers), loop, rtol=1e-12)
        np.testing.assert_allclose(bill(plan, usage[:SAMPLE]), loop, rtol=1e-9, atol=1e-7)

    fast, numba_loop = best_of(
        REPEATS, lambda: compare(plans, usage), lambda: [bill_stays(usage, *numbers) for numbers in terms]
    )
    [python] = best_of(3, lambda: [bill_stay(stay, True, *n) for n in terms for stay in few])
    python *= STAYS / SAMPLE
    alone = {stays: in_own_process(stays) for stays in GROWTH}

    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}, "
        f"numba {numba.__version__}; {len(plans)} plans, stays of {DAYS} days; best of {REPEATS}, one thread.\n"
    )
    print("| `prepaid.compare` | measured | against | ratio |")
    print("| --- | --- | --- | --- |")
    print(
        f"| {STAYS:,} stays | {fast:.3f} s | day-by-day loop in Python: {python:.1f} s "
        f"({SAMPLE} stays, scaled linearly) | {python / fast:.0f} times as fast |"
    )
    print(
        f"| {STAYS:,} stays | {fast:.3f} s | the same loop compiled by numba: {numba_loop:.3f} s "
        f"| {numba_loop / fast:.1f} times as fast |"
    )
    peak = alone[STAYS]["peak_mb"]
    print(f"| {STAYS:,} stays | {peak:.0f} MB at the peak | 1,000 MB | {peak / 1000:.2f} of it |")
    per_stay = alone[GROWTH[0]]["seconds"] / GROWTH[0]
    for stays in GROWTH:
        seconds, added = alone[stays]["seconds"], alone[stays]["added_mb"]
        print(
            f"| {stays:,} stays | {seconds:.2f} s, {added:.0f} MB beyond the usage array "
            f"| {GROWTH[0]:,} stays, per stay | {seconds / stays / per_stay:.2f} of the time |"
        )


if __name__ == "__main__":
    measure_alone(int(sys.argv[1])) if len(sys.argv) > 1 else main()
