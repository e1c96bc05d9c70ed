"""Notebooks executed in place: what is stored, and what is said to have moved."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from editing import git

from prepaid.catalog.kinds import CatalogError
from upkeep import readmes, refresh
from upkeep.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
TABLE = "import pandas as pd\npd.DataFrame({'price_usd': [PRICE]})"
CHART = "import matplotlib.pyplot as plt\nax = plt.figure(figsize=(2, 2)).add_subplot()\n"
CHART += "line = ax.plot([0, PRICE])"


def write(path, *sources):
    """Write a notebook of code cells that was never run."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    notebook = {"cells": cells, "metadata": refresh.METADATA, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_fresh_outputs_are_stored_and_what_moved_is_shown(tmp_path, capsys):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "PRICE = 20", TABLE, CHART)
    assert main(["refresh", str(path)]) == 0
    first = read(path)
    assert [cell["execution_count"] for cell in first["cells"]] == [1, 2, 3]
    assert set(first["cells"][0]["metadata"]) == set()
    capsys.readouterr()

    assert main(["refresh", str(path)]) == 0
    assert "0 of 3 cells moved" in capsys.readouterr().out
    assert read(path) == first

    path.write_text(
        path.read_text(encoding="utf-8").replace("PRICE = 20", "PRICE = 21"), encoding="utf-8"
    )
    changed = path.read_bytes()
    for options in (["--dry-run"], []):
        assert path.read_bytes() == changed
        assert main(["refresh", *options, str(path)]) == 0
        said = capsys.readouterr().out
        assert "-0         20" in said
        assert "+0         21" in said
        assert "Cell 2, [3]: the picture changed" in said
        assert "2 of 3 cells moved" in said
    assert path.read_bytes() != changed


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_refresh_that_is_stopped_ends_with_a_line_and_leaves_notebooks_as_they_were(tmp_path):
    paths, begun = [tmp_path / f"1{n}-made-up.ipynb" for n in (0, 1)], tmp_path / "begun"
    for path in paths:
        write(path, f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(600)")
    before = [path.read_bytes() for path in paths]
    command = [sys.executable, "-m", "prepaid", "refresh", *map(str, paths)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as refreshing:
        while not begun.exists() and refreshing.poll() is None:
            time.sleep(0.1)
        refreshing.send_signal(signal.SIGINT)
        _, told = refreshing.communicate(timeout=60)
    assert refreshing.returncode == 130
    assert "Stopped: what is not stored yet stays as it was.\n" in told
    assert "Traceback" not in told
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.slow
def test_controls_and_what_jupyterlab_adds_are_not_stored(tmp_path):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "import ipywidgets\nipywidgets.IntSlider(description='Days')")
    assert main(["refresh", str(path)]) == 0
    first = path.read_bytes()
    (output,) = read(path)["cells"][0]["outputs"]
    assert set(output["data"]) == {"text/plain"}

    saved = read(path)
    saved["metadata"]["language_info"] = {
        "name": "python",
        "version": "3.13.1",
        "mimetype": "text/x-python",
    }
    saved["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}
    saved["cells"][0]["metadata"] = {
        "execution": {"iopub.execute_input": "now"},
        "jupyter": {"outputs_hidden": True},
    }
    path.write_text(json.dumps(saved), encoding="utf-8")
    assert main(["refresh", str(path)]) == 0
    assert path.read_bytes() == first


@pytest.mark.slow
def test_a_notebook_that_fails_stays_as_it_was(tmp_path, capsys):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "1 / 0")
    before = path.read_bytes()
    assert main(["refresh", str(path)]) == 1
    assert path.read_bytes() == before
    said = capsys.readouterr().out
    assert "10-made-up.ipynb: failed" in said
    assert "ZeroDivisionError" in said
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_notebook_is_named(tmp_path, capsys):
    assert main(["refresh", str(tmp_path / "none.ipynb")]) == 2
    assert "No such notebook: none.ipynb (expected" in capsys.readouterr().err


def test_a_name_as_refresh_prints_it_is_a_notebook(monkeypatch, capsys):
    done = []
    monkeypatch.setattr(refresh, "_execute_all", lambda paths, on: done.extend(paths) or _none(1))
    main(["refresh", "--dry-run", "02-compare-channels.ipynb"])
    assert [path.resolve() for path in done] == [
        refresh.ROOT / "notebooks" / "02-compare-channels.ipynb"
    ]


async def _none(times):
    return [None] * times


def test_what_is_wrong_with_the_tables_is_said_once(monkeypatch, capsys):
    def broken():
        raise CatalogError(["plans.csv:2: price_usd: 'x' is not a number"])

    monkeypatch.setattr(refresh, "load", broken)
    assert main(["refresh", "--all", "--dry-run"]) == 1
    assert capsys.readouterr() == ("", "plans.csv:2: price_usd: 'x' is not a number\n")


def test_a_day_is_written_as_everywhere(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["refresh", "--on", "nonsense"])
    assert "'nonsense' is no day (expected YYYY-MM-DD)" in capsys.readouterr().err


def test_a_new_day_is_for_all_notebooks(tmp_path, capsys):
    write(tmp_path / "10-made-up.ipynb")
    assert main(["refresh", "--on", "2027-01-02", str(tmp_path / "10-made-up.ipynb")]) == 2
    assert "--on moves the day of every notebook: name none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "stems"),
    [
        (["notebooks/01-b.ipynb"], ["01-b"]),
        (["src/prepaid/story/c_d.py"], ["02-c-d"]),
        (
            ["notebooks/02-c-d.ipynb", "src/prepaid/story/c_d.py", "README.md", "tests/test_x.py"],
            ["02-c-d"],
        ),
        (["notebooks/01-b.ipynb", "data/README.md"], ["01-b"]),
        (["notebooks/01-b.ipynb", "data/plans.csv"], ["01-b", "02-c-d"]),
        (["notebooks/01-b.ipynb", "src/prepaid/billing.py"], ["01-b", "02-c-d"]),
        (["notebooks/01-b.ipynb", "requirements.txt"], ["01-b", "02-c-d"]),
        (["notebooks/01-b.ipynb", "src/upkeep/check.py"], ["01-b"]),
        (["data/plans.csv"], ["01-b", "02-c-d"]),
        ([], ["01-b", "02-c-d"]),
        (None, ["01-b", "02-c-d"]),
    ],
    ids=str,
)
def test_a_change_concerns_its_own_notebook_or_all(changed, stems):
    notebooks = [Path("01-b.ipynb"), Path("02-c-d.ipynb")]
    assert [path.stem for path in refresh.concerned(notebooks, changed)] == stems


def test_what_git_calls_changed_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("upkeep.repository.ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert refresh.changed_files() is None
    (tmp_path / "kept 套.csv").touch()
    (tmp_path / "gone.csv").write_text("a")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        git(tmp_path, *command)
    assert refresh.changed_files() == []
    (tmp_path / "kept 套.csv").write_text("b")
    (tmp_path / "gone.csv").rename(tmp_path / "new.csv")
    assert sorted(refresh.changed_files()) == ["gone.csv", "kept 套.csv", "new.csv"]


def test_what_was_printed_in_pieces_is_stored_as_one():
    def stream(name, *text):
        return {"name": name, "output_type": "stream", "text": list(text)}

    picture = {"output_type": "display_data", "data": {}}
    printed = stream("stdout", "a"), stream("stdout", "b\n", "c"), stream("stderr", "d")
    pieces = [*printed, picture, stream("stdout", "e")]
    assert refresh._joined_streams(pieces) == [
        *(stream("stdout", "ab\n", "c"), stream("stderr", "d"), picture, stream("stdout", "e"))
    ]


@pytest.mark.slow
def test_refresh_ends_with_the_sentences_to_mend(tmp_path, capsys):
    path = tmp_path / "10-made-up.ipynb"
    write(path, "PRICE = 20", "print(f'{PRICE} dollars')")
    story = read(path)
    prose = {
        "cell_type": "markdown",
        "id": "findings",
        "metadata": {},
        "source": "It costs **20 dollars**.",
    }
    story["cells"].insert(0, prose)
    path.write_text(json.dumps(story), encoding="utf-8")
    main(["refresh", str(path)])
    assert "mend" not in capsys.readouterr().out
    path.write_text(
        path.read_text(encoding="utf-8").replace("PRICE = 20", "PRICE = 21"), encoding="utf-8"
    )
    main(["refresh", str(path)])
    *_, head, line = capsys.readouterr().out.splitlines()
    assert "mend these sentences" in head
    assert (
        line.strip() == "10-made-up.ipynb, cell 'findings': 20 dollars (now: 21 dollars) in "
        "...It costs **20 dollars**...."
    )


@pytest.mark.slow
def test_a_second_refresh_mends_by_the_last_commit_and_says_what_it_left(
    tmp_path, capsys, monkeypatch
):
    for module in ("refresh", "mend", "repository"):
        monkeypatch.setattr(f"upkeep.{module}.ROOT", tmp_path)
    path = tmp_path / "notebooks" / "10-made-up.ipynb"
    path.parent.mkdir()
    write(path, "PRICE = 20", "print(f'{PRICE} dollars')")
    story = read(path)
    prose = {"cell_type": "markdown", "id": "findings", "metadata": {}}
    prose["source"] = "So **9 in a row**, and it costs **20 dollars**."
    story["cells"].insert(0, prose)
    path.write_text(json.dumps(story), encoding="utf-8")
    main(["refresh", str(path)])
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        git(tmp_path, *command)
    path.write_text(path.read_text(encoding="utf-8").replace("PRICE = 20", "PRICE = 21"))
    main(["refresh", str(path)])
    assert "**20 dollars**" in path.read_text(encoding="utf-8")
    capsys.readouterr()
    main(["refresh", "--mend", "--dry-run", str(path)])
    assert "mended" not in capsys.readouterr().out
    main(["refresh", "--mend", str(path)])
    *_, head, mended, left, last = capsys.readouterr().out.splitlines()
    assert head.endswith("read what was mended, and mend the rest:")
    assert mended.startswith(
        "  mended: 10-made-up.ipynb, cell 'findings': 20 dollars (now: 21 doll"
    )
    assert left.startswith("  left to you: 10-made-up.ipynb, cell 'findings': 9 in a row (now: see")
    assert last == "1 mended, 1 left to you."
    assert "**21 dollars**" in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_new_day_is_written_into_the_notebooks_that_have_one(tmp_path, capsys, monkeypatch):
    for module in ("refresh", "mend", "readmes"):
        monkeypatch.setattr(f"upkeep.{module}.ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    with_day, without = (tmp_path / "notebooks" / f"1{n}-made-up.ipynb" for n in (0, 1))
    write(with_day, "import datetime as dt", "on = dt.date(2026, 11, 26)  # the day", "print(on)")
    write(without, "print('date(2026, 11, 26)')  # read on 26 November 2026; on 26 November 2026")
    main(["refresh", "--on", "2027-01-02", "--dry-run"])
    assert "+2027-01-02" in capsys.readouterr().out
    assert f"{readmes.reading_day()}" == "2026-11-26"
    main(["refresh", "--on", "2027-01-02"])
    _, day, shown = read(with_day)["cells"]
    assert day["source"] == ["on = dt.date(2027, 1, 2)  # the day"]
    assert shown["outputs"][0]["text"] == ["2027-01-02\n"]
    assert read(without)["cells"][0]["source"] == [
        "print('date(2026, 11, 26)')  # read on 2 January 2027; on 26 November 2026"
    ]
    assert f"{readmes.reading_day()}" == "2027-01-02"


@pytest.mark.slow
def test_the_readmes_picture_follows_its_notebook(tmp_path, monkeypatch):
    picture = tmp_path / "10-made-up.png"
    monkeypatch.setattr(refresh, "README_PICTURE", picture)
    path = picture.with_suffix(".ipynb")
    write(path, "PRICE = 20", CHART)
    main(["refresh", "--dry-run", str(path)])
    assert not picture.exists()
    main(["refresh", str(path)])
    assert picture.read_bytes() == refresh.first_picture(read(path))


def compare(folder):
    """Compare stored outputs as `./run test` does; return which cells differ, and all words."""
    (folder / "conftest.py").write_bytes((ROOT / "notebooks" / "conftest.py").read_bytes())
    nothing = "NUL" if sys.platform == "win32" else "/dev/null"
    options = [
        "--nbval",
        "--nbval-current-env",
        "--color=no",
        "-p",
        "no:xdist",
        "--rootdir",
        str(folder),
        "-c",
        nothing,
        "-rf",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 1, done.stdout
    return re.findall(r"^FAILED (.*?)(?: - .*)?$", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.slow
def test_what_moves_turns_the_comparison_red(tmp_path):
    """By itself nbval passes a picture that changed; our conftest does not."""
    path = tmp_path / "10-made-up.ipynb"
    write(path, "PRICE = 20", TABLE, CHART)
    main(["refresh", str(path)])
    stored = path.read_text(encoding="utf-8")
    for name, old, new in (
        ("11-table", "[PRICE]})", "[PRICE + 1]})"),
        ("12-picture", "[0, PRICE]", "[PRICE, 0]"),
    ):
        (tmp_path / f"{name}.ipynb").write_text(stored.replace(old, new), encoding="utf-8")
    cells, said = compare(tmp_path)
    assert cells == ["11-table.ipynb::Cell 1", "12-picture.ipynb::Cell 2"]
    assert "7 passed" in said
    # On a machine of CI, pytest says it again in its summary.
    assert said.partition("short test summary")[0].count("The picture changed (RMS") == 1
