"""Which sentences of the notebooks and of both READMEs no longer hold, and how to mend them."""

import difflib
import re
from collections.abc import Iterator, Sequence

from prepaid.catalog import load
from upkeep import readmes
from upkeep.repository import ROOT, code_cells, shown_text

BOLD = re.compile(r"\*\*([^*]+)\*\*")
HEADING = re.compile(r"##+ ")
# A finding of a README, in a list, with its notebook.
FINDING = re.compile(r"^- .*\]\(notebooks/([\w-]+\.ipynb)\)")


def stale_figures(
    notebook: dict, old_cells: Sequence[dict] = (), *, mend: bool = False
) -> Iterator[str]:
    """Yield where a bold figure of the prose stands in no output, with what took its place.

    Looked at are the outputs of its own section, from one heading of the second level or below to
    the next; for the first section, which answers, those of the whole notebook. A number below 100
    stands somewhere in nearly every section, and so is bold together with what it counts.
    `old_cells` are the code cells with the outputs before, to tell the new figure by its place;
    with `mend`, one that differs in its digits and months alone is written into the prose.
    """
    cells, sections = code_cells(notebook), [[]]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and HEADING.match("".join(cell["source"])):
            sections.append([])
        sections[-1].append(cell)
    pairs = [tuple(map(shown_text, pair)) for pair in zip(old_cells, cells, strict=False)]
    for section in sections:
        around = cells if section is sections[0] else [one for one in section if "outputs" in one]
        outputs = [" ".join(shown_text(cell).split()) for cell in around]
        for cell in section:
            prose = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
            for words, now, said in _missing_figures(prose.replace("\\$", "$"), outputs, pairs):
                yield f"cell '{cell['id']}': {said}"
                if mend and now and readmes.FIGURE.split(words) == readmes.FIGURE.split(now):
                    was, new = (f"**{one}**".replace("$", "\\$") for one in (words, now))
                    prose = prose.replace(was, new)
                    cell["source"] = prose.splitlines(keepends=True)


def _missing_figures(
    prose: str, outputs: Sequence[str], before_and_after: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str | None, str]]:
    """Yield each bold figure of a text that outputs do not show, what took its place, and words."""
    for match in BOLD.finditer(prose):
        words = match[1]
        if re.fullmatch(r"\d\d?", words):
            yield words, None, f"{words} (make bold what it counts, too)"
        elif re.search(r"\d", words) and not _stands(words, outputs):
            places = (_in_its_place(words, *texts) for texts in before_and_after)
            now = next(filter(None, places), None)
            where = prose[max(0, match.start() - 50) : match.end() + 30].replace("\n", " ")
            yield words, now, f"{words} (now: {now or 'see what moved'}) in ...{where}..."


def _by_itself(words: str) -> re.Pattern:
    """Return what finds words where they are no part of a longer figure."""
    return re.compile(rf"(?<![\d.,$]){re.escape(words)}(?![\d%]|[.,]\d)")


def _stands(words: str, outputs: Sequence[str]) -> bool:
    """Tell whether a figure stands in outputs, or a small count in one that has its words too."""
    if _by_itself(words).search(" ".join(outputs)):
        return True
    count, *counted = words.split()
    if not re.fullmatch(r"\d\d?", count):
        return False
    stems = [word[:4].lower() for word in counted if len(word) > 2]
    texts = [text.lower() for text in outputs if _by_itself(count).search(text)]
    return any(all(stem in text for stem in stems) for text in texts)


def _in_its_place(words: str, before: str, after: str) -> str | None:
    """Return the words of a later text where a figure stood in an earlier one, if any."""
    old, new = before.split(), after.split()
    found = _by_itself(words).search(" ".join(old))
    if before == after or not found:
        return None
    first = len(" ".join(old)[: found.start() + 1].split()) - 1
    last = first + len(found[0].split())
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for _, old_from, old_to, new_from, new_to in changes:
        if old_from <= first < old_to and old_to - old_from == new_to - new_from:
            moved = new_from - old_from
            return " ".join(new[first + moved : last + moved]).strip("().,;:")
    return None


def stale_readmes(
    notebooks: dict[str, tuple[list[dict], list[dict]]], *, mend: bool = False
) -> Iterator[str]:
    """Yield which sentences of the READMEs no longer hold, by the data and these notebooks.

    Of each, by file name, the code cells with the outputs before, and with those of now.
    """
    wanted = readmes.sentences(load())
    for name in readmes.FILES:
        if not (ROOT / name).exists():  # somebody has the notebooks alone
            continue
        page = (ROOT / name).read_text(encoding="utf-8")
        for line in page.splitlines():
            for old, new in [notebooks[one] for one in FINDING.findall(line) if one in notebooks]:
                cell = {"cell_type": "markdown", "id": "finding", "source": line}
                said = stale_figures({"cells": [cell, *new]}, old, mend=mend)
                yield from (f"{name}, {one}" for one in said)
                page = page.replace(line, "".join(cell["source"]))
        for was, words in readmes.to_mend(page, wanted[name]):
            yield f"{name}: {was} (now: {words})" if was else f"{name}: nowhere: {words}"
            page = page.replace(was, words) if was and mend else page
        if mend:
            (ROOT / name).write_text(page, encoding="utf-8", newline="\n")
