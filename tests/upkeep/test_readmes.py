"""The pages that a reader meets first, in both languages: figures that hold, links that lead on."""

import ast
import calendar
import datetime as dt
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from made_up import DATA
from reading import FIGURE, minutes, outputs

from prepaid.words import LANGUAGES, PHRASES
from upkeep import readmes
from upkeep.mend import stale_figures, to_mend
from upkeep.refresh import README_PICTURE, first_picture
from upkeep.repository import code_cells

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
)
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
PAGES = [
    path.relative_to(ROOT).as_posix()
    for folder in (".", "data", "benchmarks")
    for path in sorted(ROOT.glob(f"{folder}/*.md"))
]
NOTEBOOKS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
}
NOTEBOOK = re.compile(r"\]\(notebooks/([\w-]+)\.ipynb\)")
LETTERS = re.compile(r"[\u4e00-\u9fff]")


def findings(page):
    """Return what a README found, in Markdown, by the notebook that it links."""
    return {
        NOTEBOOK.search(line)[1]: line
        for line in page.splitlines()
        if re.match(r"- .*" + NOTEBOOK.pattern, line)
    }


def figures(text):
    """Return the figures of a text in either language, not those in code, links and tables."""
    text = re.sub(
        r"```.*?```|`[^`]*`|\[[^]]*\]\([^)]*\)|^\|[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE
    )
    months = "|".join(calendar.month_name[1:])
    text = re.sub(rf"\d+ ({months}) \d+", lambda day: str(pd.Timestamp(day[0]).date()), text)
    text = re.sub(
        r"(\d+) 年 (\d+) 月 (\d+) 日", lambda day: str(dt.date(*map(int, day.groups()))), text
    )
    return sorted(re.findall(r"\$?\d[\d,.-]*(?<![,.-])", text))


def table(page):
    """Return the cells of the tables in a page, a list of each row."""
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [row for row in rows if set(row[0]) != {"-"}]


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_each_finding_of_a_readme_stands_in_its_notebook(page):
    found = findings(page)
    assert list(found) == ["01-price-per-gb", "02-compare-channels", "03-simulate-monthly-usage"]
    for stem, line in found.items():
        assert len(re.findall(r"\*\*[^*]*\d[^*]*\*\*", line)) >= 2
        cell = {"cell_type": "markdown", "id": "README", "source": line}
        assert list(stale_figures({"cells": [cell, *code_cells(NOTEBOOKS[stem])]})) == []


def test_the_figures_of_both_readmes_are_those_of_the_data():
    pages = zip(
        (ENGLISH, CHINESE), readmes.sentences(DATA, readmes.reading_day()).items(), strict=True
    )
    found = {name: list(to_mend(page, wanted)) for page, (name, wanted) in pages}
    assert not any(found.values()), f"mend these sentences: {found}"


def test_all_notebooks_count_ages_from_one_day():
    days = [readmes.DAY.findall(json.dumps(notebook)) for notebook in NOTEBOOKS.values()]
    found = {tuple(map(int, day)) for found in days for _, *day in found}
    assert sum(map(len, days)) >= 5
    assert [dt.date(*day) for day in found] == [readmes.reading_day()]


def test_both_readmes_tell_the_same_figures():
    for one, other in zip(findings(ENGLISH).values(), findings(CHINESE).values(), strict=True):
        assert figures(one) == figures(other)
    english, chinese = (
        figures("\n".join(re.findall(r"^- .*", page, re.MULTILINE))) for page in (ENGLISH, CHINESE)
    )
    assert english == chinese
    assert set(figures(CHINESE)) <= set(figures(ENGLISH))


def test_the_readme_is_short():
    assert len(ENGLISH.split()) <= 600


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert target.startswith("https://") or (ROOT / page).parent.joinpath(target).exists(), (
            target
        )


def test_dollars_of_a_page_are_not_the_ends_of_a_formula():
    for page in (ENGLISH, CHINESE, GLOSSARY):
        assert not re.search(r"(?<!\\)\$", re.sub(r"!\[[^]]*\]", "", page)), "write \\$"


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_a_readme_shows_the_chart_that_its_notebook_stores(page):
    alt, target = re.search(r"!\[([^\]]+)\]\(([^)]+)\)", page).groups()
    assert ROOT / target == README_PICTURE
    assert README_PICTURE.read_bytes() == first_picture(NOTEBOOKS[README_PICTURE.stem])
    stored = outputs(NOTEBOOKS[README_PICTURE.stem]["cells"], FIGURE)[0]["metadata"][FIGURE]["alt"]
    assert len(figures(alt)) == 5
    assert set(figures(alt)) <= set(figures(stored)), (
        "the alternative text tells figures that the chart has not"
    )


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_a_readme_lists_every_notebook_in_order_with_the_minutes_to_read(page):
    listed = {
        NOTEBOOK.search(row[0])[1]: int(row[2]) for row in table(page) if NOTEBOOK.search(row[0])
    }
    assert list(listed) == list(NOTEBOOKS)
    off = {stem: minutes(NOTEBOOKS[stem]["cells"]) for stem in listed}
    assert {stem: told for stem, told in listed.items() if abs(told - off[stem]) > 1} == {}, off


def test_the_chinese_readme_shows_how_to_be_answered_in_chinese():
    code = re.search(r"```python\n(.*?)```", CHINESE, re.DOTALL)[1]
    *before, last = ast.parse(code).body
    names = {}
    exec(compile(ast.Module(before, []), "README.zh-CN.md", "exec"), names)
    said = eval(compile(ast.Expression(last.value), "README.zh-CN.md", "eval"), names)
    assert all(LETTERS.search(heading) for heading, _ in said)
    assert f"*{' / '.join(PHRASES['language'])}*" in CHINESE
    assert LANGUAGES["zh"] in CHINESE


def test_every_term_of_the_glossary_stands_in_both_languages():
    _, *rows = table(GLOSSARY)
    assert len(rows) > 30
    for english, chinese, meaning, sense in rows:
        assert not LETTERS.search(english + meaning)
        assert LETTERS.search(chinese) or chinese == english == "eSIM"  # as it is called there too
        assert meaning.endswith(".")
        assert meaning.count(". ") == 0
        assert LETTERS.search(sense)
        assert sense.endswith("。")
        assert sense.count("。") == 1
    names = [row[0].lower() for row in rows]
    assert names == sorted(names)


@pytest.mark.parametrize(
    "phrase", ["carrier", "mvno", "travel_esim", "by_foreign_card", "name_hotspot"]
)
def test_the_glossary_has_the_words_of_the_answer(phrase):
    assert PHRASES[phrase][1] in GLOSSARY
