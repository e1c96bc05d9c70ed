"""Time `prepaid.load_plans` on a large file against a plain `pandas.read_csv` of the same file.

Run with `./run python benchmarks/loading.py [ROWS]`; prints one Markdown table.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

import pandas as pd
from timing import best_of

import prepaid
from prepaid.catalog import DATA


def main(rows: int) -> None:
    """Write a catalogue of `rows` plans, load it both ways and print the ratio."""
    header, *plans = (DATA / "plans.csv").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plans.csv"
        with path.open("w", encoding="utf-8") as file:
            print(header, file=file)
            for number in range(rows):
                # Every copy of the catalogue is sold under brands of its own, so that no plan stands twice.
                plan_id, provider, rest = plans[number % len(plans)].split(",", 2)
                print(f"{plan_id}-{number},{provider} {number // len(plans)},{rest}", file=file)
        plain, checked = best_of(5, lambda: pd.read_csv(path), lambda: prepaid.load_plans(path))
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, pandas {pd.__version__}, {rows:,} rows\n")
    print("| | seconds | ratio |\n| --- | --- | --- |")
    print(f"| `pandas.read_csv` | {plain:.2f} | 1.0 |")
    print(f"| `prepaid.load_plans` | {checked:.2f} | {checked / plain:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
