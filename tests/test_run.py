"""The `run` script: refreshing notebooks, and what it says."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = "import pandas as pd\npd.DataFrame({'price_usd': [PRICE]})"
CHART = "import matplotlib.pyplot as plt\nax = plt.figure(figsize=(2, 2)).add_subplot()\nline = ax.plot([0, PRICE])"


@pytest.fixture
def run(monkeypatch):
    """Return the script as a module that runs notebooks with this Python."""
    loader = importlib.machinery.SourceFileLoader("run", str(ROOT / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    monkeypatch.setattr(module, "PYTHON", sys.executable)
    return module


def write(path, *sources):
    """Write a notebook of code cells that was never run."""
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for n, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    path.write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_refresh_stores_outputs_and_shows_what_moved(run, tmp_path, capsys):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "PRICE = 20", TABLE, CHART)
    assert run.refresh([str(path)]) == 0
    first = read(path)
    assert [cell["execution_count"] for cell in first["cells"]] == [1, 2, 3]
    assert set(first["cells"][0]["metadata"]) == set()
    capsys.readouterr()

    assert run.refresh([str(path)]) == 0
    assert "0 of 3 cells moved" in capsys.readouterr().out
    assert read(path) == first

    path.write_text(path.read_text(encoding="utf-8").replace("PRICE = 20", "PRICE = 21"), encoding="utf-8")
    assert run.refresh([str(path)]) == 0
    said = capsys.readouterr().out
    assert "-0         20" in said
    assert "+0         21" in said
    assert "Cell 2, [3]: the picture changed" in said
    assert "2 of 3 cells moved" in said


def test_controls_are_not_stored(run, tmp_path):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "import ipywidgets\nipywidgets.IntSlider(description='Days')")
    assert run.refresh([str(path)]) == 0
    first = path.read_bytes()
    (output,) = read(path)["cells"][0]["outputs"]
    assert set(output["data"]) == {"text/plain"}
    assert run.refresh([str(path)]) == 0
    assert path.read_bytes() == first


def test_a_notebook_that_fails_stays_as_it_was(run, tmp_path, capfd):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "1 / 0")
    before = path.read_bytes()
    assert run.refresh([str(path)]) == 1
    assert path.read_bytes() == before
    said = capfd.readouterr()
    assert "10-made-up.ipynb: failed" in said.out
    assert "ZeroDivisionError" in said.err
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_notebook_is_named(run, tmp_path):
    with pytest.raises(SystemExit, match=r"No such notebook: .*none\.ipynb"):
        run.refresh([str(tmp_path / "none.ipynb")])


@pytest.mark.parametrize(("args", "code"), [([], 0), (["--help"], 0), (["launch"], 2)])
def test_help_is_shown_without_setting_up(args, code):
    done = subprocess.run([sys.executable, str(ROOT / "run"), *args], capture_output=True, text=True)
    assert done.returncode == code
    assert "./run test" in done.stdout


def compare(path):
    """Compare a notebook's stored outputs as `./run test` does; return the exit code and what was said."""
    (path.parent / "conftest.py").write_bytes((ROOT / "notebooks" / "conftest.py").read_bytes())
    nothing = "NUL" if sys.platform == "win32" else "/dev/null"
    options = [
        "--nbval",
        "--nbval-current-env",
        "--color=no",
        "-p",
        "no:xdist",
        "--rootdir",
        str(path.parent),
        "-c",
        nothing,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(path)], capture_output=True, text=True, cwd=path.parent
    )
    return done.returncode, done.stdout


def test_what_moves_turns_the_comparison_red(run, tmp_path):
    """By itself nbval passes a picture that changed; our conftest does not."""
    path = tmp_path / "10-made-up.ipynb"
    write(path, "PRICE = 20", TABLE, CHART)
    run.refresh([str(path)])
    assert compare(path)[0] == 0

    stored = path.read_text(encoding="utf-8")
    path.write_text(stored.replace("[PRICE]})", "[PRICE + 1]})"), encoding="utf-8")
    code, said = compare(path)
    assert code == 1
    assert "10-made-up.ipynb::Cell 1" in said
    assert "10-made-up.ipynb::Cell 2" not in said

    path.write_text(stored.replace("[0, PRICE]", "[PRICE, 0]"), encoding="utf-8")
    code, said = compare(path)
    assert code == 1
    assert "10-made-up.ipynb::Cell 2" in said
    assert "The picture changed (RMS" in said
