"""Time notebook 00: a change of a control, and in a browser all cells against a one-line notebook.

Run `./run python benchmarks/browser.py`; prints a Markdown table of each. The first is processor
time, without a browser. For the second a Chromium has to be installed: each run has a fresh kernel,
and the two notebooks take turns.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import prepaid
from prepaid.story.choose_my_plan import Chooser

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser import NoBrowser, jupyterlab, open_notebook, open_page

REPEATS = 5
NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "00-choose-my-plan.ipynb"
LINE = ["import matplotlib.pyplot as plt\nimport pandas as pd", "ax = pd.Series([0, 1]).plot()"]
# The last output is there when all cells are done and the picture is drawn.
SECONDS = """async picture => {
    const start = performance.now();
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    let drawn;
    while (!(drawn = document.querySelector(picture)) || !drawn.complete || !drawn.naturalWidth)
        await new Promise(requestAnimationFrame);
    return (performance.now() - start) / 1000;
}"""
SHUT_DOWN = "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }"


def one_line() -> str:
    """Return a notebook that imports pandas and matplotlib and draws one line."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        cell | {"id": f"line-{number}", "source": source} for number, source in enumerate(LINE)
    ]
    return json.dumps(notebook | {"cells": cells})


def without_outputs() -> str:
    """Return notebook 00 as if never run, so that no stored output is taken for a fresh one."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook)


# A control, two values that it is moved between, and the wishes to which it is the last change.
CHANGES = [
    ("typed_days", (14, 15), {}),
    ("usage", (1.1, 1.2), {}),
    ("payment", ("us_card", "foreign_card"), {}),
    ("state", ("CA", "TX"), {}),
    ("us_number", (True, False), {}),
    ("language", ("zh", "en"), {}),
    ("usage", (1.1, 1.2), {"days": 90}),
    ("usage", (1.1, 1.2), {"days": 360, "us_number": True, "payment": "us_card"}),
]


def time_changes() -> None:
    """Print the processor time from a change of a control to its words, and to its picture."""
    data, limits = prepaid.load(), "100 / 200"
    print("| change | words, picture (ms of processor time) | allowed |\n| --- | --- | --- |")
    for name, values, asked in CHANGES:
        both, words_at, taken = Chooser(data, prepaid.Wishes(**asked)), [], []
        both.words.observe(lambda _, seen=words_at: seen.append(time.process_time()), "value")
        for value in values * REPEATS:
            words_at.clear()
            start = time.process_time()
            both.controls[name].value = value
            end = time.process_time()
            taken.append([1000 * (at - start) for at in (min(words_at, default=end), end)])
        words, picture = map(statistics.median, zip(*taken, strict=True))
        stay = f" ({asked['days']} days)" if asked else ""
        print(f"| {name}{stay} | {words:.0f}, {picture:.0f} | {limits} |")


def main() -> None:
    """Time one change of a control, and both notebooks."""
    time_changes()
    try:
        time_notebooks()
    except NoBrowser as reason:
        sys.exit(str(reason))


def time_notebooks() -> None:
    """Time both notebooks and print the ratio."""
    texts = {
        "line": (one_line(), ".jp-OutputArea-output img"),
        "00": (without_outputs(), ".prepaid-chart"),
    }
    times = {name: [] for name in texts}
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as own,
        open_page() as page,
        jupyterlab(Path(folder), Path(own)) as address,
    ):
        for repeat in range(REPEATS):
            for name, (text, picture) in texts.items():
                path = Path(folder) / f"{name}-{repeat}.ipynb"
                path.write_text(text, encoding="utf-8")
                open_notebook(page, address.format(path.name))
                times[name].append(page.evaluate(SECONDS, picture))
                page.evaluate(SHUT_DOWN)
    line, ours = (statistics.median(taken) for taken in times.values())
    print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}; median of {REPEATS}\n")
    print("| run all cells of | seconds | allowed |\n| --- | --- | --- |")
    print(f"| a notebook that draws one line | {line:.2f} | |")
    print(f"| {NOTEBOOK.name} | {ours:.2f} | {1.5 * line + 2:.2f} (1.5 times that, and 2 s) |")


if __name__ == "__main__":
    main()
