"""How tables are written, and the vocabulary of charts: guarded titles, room, alternative text."""

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from figures import crowded, title, words
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import prepaid
from prepaid import show

pytestmark = pytest.mark.usefixtures("house_style")


def bars(holds=True):
    ax = plt.figure(figsize=(8, 3)).add_subplot()
    ax.barh([0, 1], [3, 5], color=show.MID)
    show.rows(ax, ["Ding", "Own site"])
    show.note(ax, 3, 0, "$3")
    show.note(ax, 5, 1, "$5")
    show.claim(
        ax,
        "The own site is dearer",
        holds=holds,
        neutral="Fees",
        subtitle="Fee in $, n = 2",
        caption="Source: a test.",
    )
    return ax


def test_a_claim_stands_only_while_it_holds():
    assert (title(bars()), bars().figure.claim_holds) == ("The own site is dearer", True)
    assert (title(bars(False)), bars(False).figure.claim_holds) == ("Fees", False)


def test_rows_run_from_the_top_without_lines_across():
    ax = bars()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ding", "Own site"]
    assert ax.yaxis_inverted()
    assert not any(line.get_visible() for line in ax.get_ygridlines())


def test_legend_caption_and_titles_have_room():
    ax = bars()
    show.legend(
        ax, [plt.Rectangle((0, 0), 1, 1)], ["the fee that a channel takes, as its own page says"]
    )
    assert crowded(ax.figure) == []


@pytest.mark.parametrize(
    ("place", "found"), [((0.999, 0.5), "near an edge"), ((0.02, 0.9), "over")]
)
def test_words_without_room_are_found(place, found):
    ax = bars()
    ax.figure.text(*place, "words without room")
    assert any("words without room" in one and found in one for one in crowded(ax.figure))


def test_the_alternative_text_has_titles_and_the_number_of_each_row():
    told = "The own site is dearer. Fee in $, n = 2. Ding: $3. Own site: $5."
    assert show.about(bars().figure)["alt"] == told


def test_a_chart_without_rows_says_its_notes_in_order():
    ax = plt.figure().add_subplot()
    for value in (1, 2):
        show.note(ax, value, value + 0.4, f"{value} GB")
    assert show.about(ax.figure)["alt"] == "Chart. 1 GB, 2 GB."
    assert words(ax) == ["1 GB", "2 GB"]


@pytest.mark.slow
def test_a_notebook_stores_the_alternative_text_and_whether_the_claim_held():
    code = """from prepaid import show
import matplotlib.pyplot as plt
show.use_house_style()
ax = plt.figure().add_subplot()
show.claim(ax, "Never", holds=False, neutral="Nothing", subtitle="of nothing")"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook).execute()
    picture = next(out for out in notebook.cells[0].outputs if "image/png" in out.get("data", {}))
    assert picture.metadata["image/png"] == {"alt": "Nothing. of nothing.", "claim_holds": False}
    # JupyterLab's own template, nbconvert's default, leaves the text out.
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    assert 'alt="Nothing. of nothing."' in page


def test_tables_are_written_with_their_units():
    table = pd.DataFrame(
        {
            "plan": ["A", None],
            "price_usd": [1234.5, None],
            "data_gb": [0.25, 5],
            "term_days": pd.array([30, None], "Int64"),
        }
    )
    written = prepaid.readable(table.assign(usd_per_gb=[0.5, 1.0], short_share=[0.051, 1.0]))
    assert written.iloc[0].tolist() == ["A", "$1,234.50", "0.2 GB", "30 days", "$0.50", "5.1%"]
    assert written.iloc[1].tolist() == ["-", "-", "5.0 GB", "-", "$1.00", "100.0%"]
