"""Measure `compare_fleet` on Parquet files, with the memory of all its processes.

Run `python benchmarks/fleet.py [LINES]` where requirements-test.txt is installed; a million lines
take 2.8 GB of disk meanwhile. A loop over the files in one process, without Dask, gives the same
fleet; `compare` alone, on an array in memory, reads nothing and says nothing of single lines.
"""

import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import reduce
from operator import add
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import psutil

import prepaid
from prepaid.catalog.line_usage import read_lines
from prepaid.fleet import compare_fleet

DAYS, LINES_PER_FILE, TODAY_PLANS, REPEATS = 360, 10_000, 7, 3
PERIOD = pd.date_range("2025-11-01", periods=DAYS)
MODEL = prepaid.UsageModel.us_unlimited_2026()
WAYS = ("compare_fleet", "a loop over files", "compare alone")


def names_of(first: int, last: int) -> np.ndarray:
    """Return the names of lines."""
    return np.array([f"line-{number:07d}" for number in range(first, last)], dtype=object)


def write_usage(folder: Path, lines: int) -> float:
    """Write files of 10,000 lines each, sorted by line; return their GB."""
    rng = np.random.default_rng(1)
    for first in range(0, lines, LINES_PER_FILE):
        names = names_of(first, min(first + LINES_PER_FILE, lines))
        mb = 1000 * MODEL.sample(DAYS, len(names), rng)
        columns = {
            "line": np.repeat(names, DAYS),
            "date": np.tile(PERIOD, len(names)),
            "mb": mb.ravel(),
        }
        usage = pd.DataFrame(columns)  # noqa: F841 (DuckDB reads it by its name)
        duckdb.sql("SELECT line, date::DATE AS date, mb FROM usage").write_parquet(
            str(folder / f"{first:07d}.parquet")
        )
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e9


def run(way: str, folder: Path, lines: int) -> None:
    """Compare the catalogue in one way and print the seconds; for a process of its own."""
    data = prepaid.load()
    assumed = {"assumptions": data.assumptions["base"], "progress": False}
    plan_ids = pd.Categorical.from_codes(np.arange(lines) % TODAY_PLANS, data.plans.index)
    today, files = pd.Series(plan_ids, names_of(0, lines)), sorted(folder.glob("*.parquet"))
    if way == "compare alone":
        usage = MODEL.sample(DAYS, lines, 1)
    start = time.perf_counter()
    if way == "compare alone":
        prepaid.compare(data.plans, usage, **assumed)
    elif way == "compare_fleet":
        fleet = compare_fleet(data.plans, files, PERIOD, today, **assumed)
    else:
        parts = (read_lines([str(file)], "", "") for file in files)
        its = (today[at : at + LINES_PER_FILE] for at in range(0, lines, LINES_PER_FILE))
        pairs = zip(parts, its, strict=True)
        fleet = reduce(
            add, (compare_fleet(data.plans, part, PERIOD, its, **assumed) for part, its in pairs)
        )
    print(json.dumps(time.perf_counter() - start))
    if way != "compare alone":
        assert len(fleet.lines) == lines and fleet.listed.empty


def measure(way: str, folder: Path, lines: int) -> tuple[float, ...]:
    """Run one way; return seconds, processor seconds, and three peaks in MB.

    Of a process; of all, with what they share counted in each; of all, with that counted once
    (missing where the system does not tell; it is asked each second only, as it takes time).
    """
    command = [sys.executable, __file__, way, str(folder), str(lines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        root, each, together, once = psutil.Process(process.pid), 0.0, 0.0, 0.0
        worked, asked = {}, 0.0
        while process.poll() is None:
            sizes, shares, ask = [], [], time.monotonic() > asked + 1
            for one in [root, *root.children(recursive=True)]:
                try:
                    sizes.append(one.memory_info().rss / 1e6)
                    worked[one.pid] = sum(one.cpu_times()[:2])
                    if ask:
                        shares.append(getattr(one.memory_full_info(), "pss", math.nan) / 1e6)
                except psutil.NoSuchProcess:
                    continue
            each, together = max([each, *sizes]), max(together, sum(sizes))
            once, asked = max(once, sum(shares)), time.monotonic() if ask else asked
            time.sleep(0.05)
        assert process.returncode == 0
        return json.loads(process.stdout.read()), sum(worked.values()), each, together, once


def main(lines: int) -> None:
    """Measure and print the table."""
    few = lines <= 100_000
    ways, repeats = (WAYS, REPEATS) if few else (WAYS[:1], 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_usage(folder, lines)
        plans = len(prepaid.load().plans)
        print(
            f"{os.cpu_count()} cores, Python {platform.python_version()}, "
            f"DuckDB {duckdb.__version__}; {plans} plans; "
        )
        print(f"{lines:,} lines of {DAYS} days, {size:.2f} GB of Parquet; best of {repeats}.\n")
        runs = [
            [measure(way, folder, lines) for way in ways] for _ in range(repeats)
        ]  # they take turns
        heads = ["way", "seconds", "ratio", "processor seconds", "peak MB of a process", "of all"]
        heads.append("of all, what they share once")
        print(f"| {' | '.join(heads)} |\n| {' | '.join(['---'] * len(heads))} |")
        best = [min(way) for way in zip(*runs, strict=True)]
        for way, (seconds, worked, *peaks) in zip(ways, best, strict=True):
            cells = way, f"{seconds:.1f}", f"{seconds / best[0][0]:.2f}", f"{worked:.0f}"
            print(f"| {' | '.join([*cells, *(f'{peak:.0f}' for peak in peaks)])} |")


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else main(
        int((sys.argv[1:] or [100_000])[0])
    )
