"""What every notebook keeps to, whatever its figures; the figures are compared by nbval."""

import json
import re
import runpy
from html import unescape
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from made_up import DATA
from nbconvert import HTMLExporter
from reading import FIGURE, outputs, words

import prepaid
from prepaid import Wishes
from upkeep.mend import stale_figures
from upkeep.refresh import METADATA

ROOT = Path(__file__).resolve().parents[1]
PAGES = runpy.run_path(str(ROOT / "run"))["PAGES"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PINNED_MATPLOTLIB = re.search(
    r"^matplotlib==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
)[1]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def draws(cell):
    """Whether a cell shows a figure."""
    return any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))


def outputs_text(cells):
    """Return all text that the cells print or show."""
    outputs = [output for cell in cells for output in cell["outputs"]]
    return "\n".join(
        "".join(output.get("text") or output["data"].get("text/plain", "")) for output in outputs
    )


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_names_are_in_reading_order(path):
    assert re.fullmatch(r"(\d\d|a\d)(-[a-z0-9]+)+", path.stem)


def test_the_file_is_small(path):
    assert path.stat().st_size < 1_000_000


def test_cells_were_run_in_order(code_cells):
    assert [cell["execution_count"] for cell in code_cells] == list(range(1, len(code_cells) + 1))


def test_the_kernel_is_any_python(notebook):
    assert notebook["metadata"] == METADATA, (
        "JupyterLab wrote its own when it saved: `./run refresh` heals that"
    )


def test_outputs_are_clean(code_cells):
    for cell in code_cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


def test_outputs_are_stored(code_cells):
    """A notebook with stripped outputs would pass nbval without a comparison."""
    charts = [
        cell
        for cell in code_cells
        if re.search(r"^ax(es)? = ", "".join(cell["source"]), re.MULTILINE)
    ]
    assert charts
    assert all(map(draws, charts)), "a picture for each chart"
    assert sum(bool(cell["outputs"]) for cell in code_cells) >= 0.8 * len(code_cells)


def test_no_timing_and_no_widget_state(notebook):
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}


def test_nothing_of_one_machine(notebook):
    text = json.dumps(
        [
            [cell["source"], cell.get("outputs") and outputs_text([cell])]
            for cell in notebook["cells"]
        ]
    )
    assert not re.search(
        r"(?<![\w.:/])/(home|root|Users|tmp|work|mnt|opt|var)/|[A-Z]:\\\\\\\\", text
    )
    assert not re.search(r"0x[0-9a-f]{6,}", text)


def test_one_cell_is_tagged_parameters(code_cells):
    tagged = [cell for cell in code_cells if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    lines = "".join(tagged[0]["source"]).splitlines()
    assert all("#" in line for line in lines), "each parameter says what it is"


def test_story_cells_are_short(code_cells):
    story = [cell for cell in code_cells if "parameters" not in cell["metadata"].get("tags", [])]
    assert max(len([line for line in cell["source"] if line.strip()]) for cell in story) <= 5


def test_prose_stands_before_and_after_each_figure(notebook):
    cells = notebook["cells"]
    for number, cell in enumerate(cells):
        if draws(cell):
            assert cells[number - 1]["cell_type"] == "markdown", (
                f"nothing says what to look for before cell {number}"
            )
            after = next(
                one for one in cells[number + 1 :] if one["cell_type"] == "markdown" or draws(one)
            )
            assert after["cell_type"] == "markdown", (
                f"nothing says what was found after cell {number}"
            )


def test_figures_are_shown_once(code_cells):
    for cell in code_cells:
        source = "".join(cell["source"]).rstrip()
        assert not source.endswith(";")
        results = [
            output for output in cell["outputs"] if output["output_type"] == "execute_result"
        ]
        assert not (draws(cell) and results)


def test_the_first_cell_answers(notebook):
    first = notebook["cells"][0]
    text = "".join(first["source"])
    assert first["cell_type"] == "markdown"
    assert text.startswith("# ")
    assert len(re.findall(r"\*\*[^*]*\d[^*]*\*\*", text)) >= 5
    assert "Data: " in text


def test_it_is_read_in_five_minutes(notebook):
    cells = notebook["cells"]
    assert words(cells[:1]) <= 60
    assert words(cells) <= 600
    assert len(outputs(cells, FIGURE)) <= 4


def test_links_lead_to_files(path, notebook):
    texts = [
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    ]
    for target in re.findall(r"\]\(([^)#]+)", "\n".join(texts)):
        assert target.startswith("https://") or path.parent.joinpath(target).exists(), target


def test_each_picture_is_told_in_words_and_what_its_title_says_holds(notebook):
    for picture in outputs(notebook["cells"], FIGURE):
        about = picture["metadata"][FIGURE]
        assert not about["alt"].startswith("Chart."), "a picture without a title"
        assert len(about["alt"].split()) > 15
        assert about["claim_holds"], f"the data say otherwise; mend the title: {about['alt']}"


def test_an_exported_page_tells_each_picture_in_words(path, notebook):
    """With the settings that `run` writes: nbconvert's own template leaves the words out."""
    page, _ = HTMLExporter(**PAGES["HTMLExporter"]).from_filename(path)
    told = [unescape(words) for words in re.findall(r'<img[^>]*\balt="([^"]*)"', page)]
    assert told == [
        picture["metadata"][FIGURE]["alt"] for picture in outputs(notebook["cells"], FIGURE)
    ]


def test_bold_figures_stand_in_the_outputs(notebook):
    """Prose does not compute: where data moves a figure, this tells which sentence to mend."""
    missing = [said for _, said in stale_figures(notebook)]
    assert not missing, "in bold, but in no output:\n" + "\n".join(missing)


def test_dollars_are_not_the_ends_of_a_formula(notebook):
    """JupyterLab sets what stands between two dollar signs as mathematics.

    A bare one counts in Markdown; an escaped one counts once more in the page, up to the next bold
    word, cell or item.
    """
    for cell in notebook["cells"]:
        text = (
            "" if cell["cell_type"] == "code" else re.sub(r"`[^`]*`", "", "".join(cell["source"]))
        )
        assert not re.search(r"(?<!\\)\$", text), f"write \\$ in cell '{cell['id']}'"
        for run in re.split(r"\*\*|\||\n\n|\n- ", text):
            assert run.count("$") < 2, f"write dollars in words in cell '{cell['id']}': {run}"
        for output in cell.get("outputs", []):
            table = "".join(output.get("data", {}).get("text/html", ""))
            assert "<table" not in table or "tex2jax_ignore" in table, (
                "call charts.use_house_style() before tables"
            )


def test_charts_were_drawn_by_the_pinned_matplotlib(code_cells):
    conftest = {}
    exec((ROOT / "notebooks" / "conftest.py").read_text(encoding="utf-8"), conftest)
    for cell in code_cells:
        for picture in conftest["pictures"](cell["outputs"]):
            assert f"version{PINNED_MATPLOTLIB}," in conftest["drawn_by"](picture), (
                "run `./run refresh`"
            )


# What a reader may write into the parameters cell of a notebook.
CHOICES = {
    "00-choose-my-plan": [
        {"wishes": Wishes(days=365, usage=0, us_number=True, visitor=False)},
        {
            "wishes": Wishes(
                days=3, usage=5.0, payment="cash", hotspot_gb=5.0, esim_phone=False, network="AT&T"
            )
        },
        {"wishes": Wishes(days=90, network="Verizon", state="TN", autopay=True, payment="us_card")},
        {"wishes": Wishes(usage=300.0, hotspot_gb=200.0)},
    ],
    "01-price-per-gb": [
        {"term_days": (3, 3), "on": None},
        {"esim_only": True, "needs_voice": True},
        {"network": "Verizon", "visitor": False},
        {"term_days": (28, 30), "network": "AT&T", "visitor": False},
    ],
    "02-compare-channels": [
        {"brand": "Metro by T-Mobile", "state": None},
        {"brand": "Tello", "state": "NJ", "face_usd": 500},
        {"brand": "H2O Wireless", "state": "NY"},
        {"brand": "Airalo", "face_usd": 3},
    ],
    "03-simulate-monthly-usage": [
        {"my_gb": 0.2, "esim_only": True, "persons": 50},
        {"my_gb": 60, "offers": False, "network": "Verizon", "persons": 50},
        {"my_gb": 5, "needs_voice": False, "persons": 50},
    ],
    "04-when-to-top-up": [
        {"plan_id": "t-mobile-connect-8gb", "check_every_days": 7, "stays": 300},
        {"plan_id": "airalo-unlimited-30d", "lead_days": 3, "stays": 300},
        {"plan_id": "mint-6gb-3-month", "days_left": 70, "stays": 300},
    ],
    "05-keep-your-number": [
        {"state": "MA", "years": 10, "way": 15},
        {"state": "DE", "years": 1, "way": 0},
    ],
    "a1-short-stays": [
        {"stay_days": 3, "esim_only": True, "stays": 300},
        {"stay_days": 45, "network": "Verizon", "offers": True, "stays": 300},
    ],
    "a2-how-prices-age": [
        {"over_share": 0.1},
        {"providers": ["Saily"]},
        {"providers": ["Jetpac"]},
        {"weekly_from": "2026-09-01", "watched": ["Saily"], "on": None},
        {"providers": ["Yesim", "Vodafone Travel"], "ages": [(1, 30), (31, 500)]},
    ],
    "a3-many-lines": [
        {"seed": 2},
        {
            "crew": (3, 30.0, "visible-plus"),
            "office": (1, 0.1, "tello-2gb"),
            "vans": (1, 1.0, "tello-2gb"),
        },
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stem", "choice"),
    [(stem, choice) for stem, all_of in CHOICES.items() for choice in all_of],
    ids=str,
)
def test_a_notebook_runs_with_a_readers_choice(stem, choice, monkeypatch):
    """Every chart copes with few rows or none."""
    monkeypatch.setattr(prepaid, "load", lambda: DATA)
    notebook = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))
    variables = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), variables)
            if "parameters" in cell["metadata"].get("tags", []):
                assert set(choice) <= set(variables)
                variables |= choice
            plt.close("all")
