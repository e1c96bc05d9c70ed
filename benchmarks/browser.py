"""Time notebook 00 in a browser, from "Run all" to its last output, against a notebook that draws one line.

Run `./run python benchmarks/browser.py` where a Chromium is installed; prints one Markdown table. Each run has a fresh
kernel, and the two notebooks take turns.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from browser import jupyterlab, open_notebook, open_page

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
    cells = [cell | {"id": f"line-{number}", "source": source} for number, source in enumerate(LINE)]
    return json.dumps(notebook | {"cells": cells})


def without_outputs() -> str:
    """Return notebook 00 as if never run, so that no stored output is taken for a fresh one."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return json.dumps(notebook)


def main() -> None:
    """Time both notebooks and print the ratio."""
    texts = {"line": (one_line(), ".jp-OutputArea-output img"), "00": (without_outputs(), ".prepaid-chart")}
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
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; median of {REPEATS}\n")
    print("| run all cells of | seconds | allowed |\n| --- | --- | --- |")
    print(f"| a notebook that draws one line | {line:.2f} | |")
    print(f"| {NOTEBOOK.name} | {ours:.2f} | {1.5 * line + 2:.2f} (1.5 times that, and 2 s) |")


if __name__ == "__main__":
    main()
