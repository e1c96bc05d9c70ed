"""Which sentences no longer hold, by the outputs and the data, and what mending writes."""

import pytest
from made_up import DATA

from upkeep import mend

FILES = ("README.md", "README.zh-CN.md")


def notebook(prose, *printed):
    """Return a notebook with prose and a code cell for each printed text."""
    code = [{"cell_type": "code", "outputs": [{"text": text}]} for text in printed]
    return {"cells": [{"cell_type": "markdown", "id": "findings", "source": [prose]}, *code]}


def told(found):
    """Return what is said of stale figures that were not mended."""
    marks, lines = zip(*found, strict=True) if (found := list(found)) else ((), ())
    assert not any(marks)
    return list(lines)


@pytest.mark.parametrize(
    ("prose", "before", "after", "says"),
    [
        (
            "it costs **\\$7.37** a stay",
            "Tello $7.37",
            "Tello $8.20",
            ["$7.37 (now: $8.20) in ...it costs"],
        ),
        (
            "**19 channels** do",
            "of 30:\n19 channels (x)",
            "of 31:\n20 channels (x)",
            ["19 channels (now: 20 channels)"],
        ),
        ("so **700** of", "a 700 b", "a b", ["700 (now: see what moved)"]),
        ("so **700** of", "none", "7700 $700 700.5 1.700 700%", ["700 (now: see what moved)"]),
        ("so **700** of", "a 700", "b 700", []),
        ("so **7** of", "a 7", "b 7", ["7 (make bold what it counts, too)"]),
        ("so **7 plans** of", "", "plan 7", []),
        ("so **7 plans** of", "", "plan 8", ["7 plans (now: see what moved)"]),
        ("so **7 plans** of", "", "brand 7", ["7 plans (now: see what moved)"]),
        ("**nothing** to 7 **see**", "a 7", "b", []),
    ],
)
def test_a_bold_figure_that_left_the_outputs_is_named_with_the_new_one(prose, before, after, says):
    found = told(mend.stale_figures(notebook(prose, after), notebook(prose, before)["cells"][1:]))
    assert len(found) == len(says)
    assert all(
        what in line and line.startswith("cell 'findings': ")
        for what, line in zip(says, found, strict=True)
    )


def test_a_bold_figure_stands_in_the_outputs_of_its_own_section():
    first, second = (
        notebook("# Answer **700**", "other")["cells"],
        notebook("## Proof **800**", "700")["cells"],
    )
    assert [line[:20] for line in told(mend.stale_figures({"cells": [*first, *second]}))] == [
        "cell 'findings': 800"
    ]
    third = notebook("## More **700**", "900")["cells"]  # 700 is proved in the section before
    found = told(mend.stale_figures({"cells": [*first, *second, *third]}))
    assert [line[:20] for line in found] == ["cell 'findings': 800", "cell 'findings': 700"]


def test_a_readme_is_named_where_a_finding_or_a_count_moved(tmp_path, monkeypatch):
    line = "- It costs **20 dollars**: [10](notebooks/10-made-up.ipynb).\n450 plans\n"
    for name in ("README.md", "README.zh-CN.md"):
        (tmp_path / name).write_text(line, encoding="utf-8")
    monkeypatch.setattr(mend, "ROOT", tmp_path)
    wanted = {"README.md": ["453 plans"], "README.zh-CN.md": ["450 plans"]}
    monkeypatch.setattr(mend.readmes, "sentences", lambda *_: wanted)
    old, new = (notebook("", f"{usd} dollars")["cells"][1:] for usd in (20, 21))
    found = told(mend.stale_readmes({"10-made-up.ipynb": (old, new)}, DATA))
    assert [said.partition(" in ...")[0] for said in found] == [
        "README.md, cell 'finding': 20 dollars (now: 21 dollars)",
        "README.md: 450 plans (now: 453 plans)",
        "README.zh-CN.md, cell 'finding': 20 dollars (now: 21 dollars)",
    ]


def test_mending_writes_figures_that_differ_in_digits_and_months_alone():
    def printed(text):
        return {"cell_type": "code", "id": "c", "outputs": [{"name": "stdout", "text": text}]}

    prose = "Costs **\\$1,234** until **7 May 2026**, **$12** a day, **3 of 4** plans.\n"
    findings = {"cell_type": "markdown", "id": "findings", "source": prose}
    before = printed("$1,234 until 7 May 2026 or $12 a day, 3 of 4 plans")
    after = printed("$2,345 until 8 July 2027 or $9.50 a day, many of all plans")
    found = list(mend.stale_figures({"cells": [findings, after]}, [before], mend=True))
    assert [done for done, _ in found] == [True, True, False, False]
    mended = "Costs **\\$2,345** until **8 July 2027**, **$12** a day, **3 of 4** plans.\n"
    assert "".join(findings["source"]).replace("\\$12", "$12") == mended


def test_a_figure_that_stands_twice_is_mended_twice():
    """And by the outputs of any time before: those stored last have moved already."""
    old, new = (notebook("**700** of **700**", f"a {n}") for n in (700, 701))
    earlier = [one["cells"][1:] for one in (old, new)]
    assert [mended for mended, _ in mend.stale_figures(new, *earlier, mend=True)] == [True, True]
    assert new["cells"][0]["source"] == ["**701** of **701**"]


def test_what_no_readme_tells_is_left_to_the_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(mend, "ROOT", tmp_path)
    monkeypatch.setattr(mend.readmes, "sentences", lambda *_: {FILES[0]: ["9 plans", "8 ways"]})
    (tmp_path / FILES[0]).write_text("Of 8 plans.\n", encoding="utf-8")
    assert list(mend.stale_readmes({}, DATA, mend=True)) == [
        (True, "README.md: 8 plans (now: 9 plans)"),
        (False, "README.md: nowhere: 8 ways"),
    ]


def test_mending_the_readmes_writes_both_kinds_of_sentences(tmp_path, monkeypatch):
    monkeypatch.setattr(mend, "ROOT", tmp_path)
    monkeypatch.setattr(mend.readmes, "sentences", lambda *_: {name: ["9 plans"] for name in FILES})
    finding = "- It costs **20 dollars**: [x](notebooks/10-made-up.ipynb)\n"
    for name in FILES:
        (tmp_path / name).write_text(f"{finding}Of 8 plans.\n", encoding="utf-8")
    old, new = (
        [{"cell_type": "code", "id": "c", "outputs": [{"name": "stdout", "text": f"{n} dollars"}]}]
        for n in (20, 21)
    )
    found = list(mend.stale_readmes({"10-made-up.ipynb": (old, new)}, DATA, mend=True))
    assert [mended for mended, _ in found] == [True] * 4
    for name in FILES:
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert page == f"{finding.replace('20', '21')}Of 9 plans.\n"
    assert list(mend.stale_readmes({"10-made-up.ipynb": (new, new)}, DATA, mend=True)) == []


def test_a_sentence_with_other_figures_is_named_with_those_of_now():
    page = "Prices of 13 May 2026 to 7 July 2026; 450 plans of 42 sellers."
    wanted = ["Prices of 13 May 2026 to 8 August 2026", "450 plans of 42", "9 ways"]
    assert list(mend.to_mend(page, wanted)) == [
        ("Prices of 13 May 2026 to 7 July 2026", "Prices of 13 May 2026 to 8 August 2026"),
        (None, "9 ways"),
    ]
