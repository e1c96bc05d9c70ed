"""Which sentences of the notebooks and of both READMEs no longer hold, and how to mend them."""

import calendar
import datetime as dt
import difflib
import re
from collections.abc import Iterator, Sequence

from prepaid.catalog import Catalog
from upkeep import readmes
from upkeep.repository import ROOT, code_cells, shown_text

BOLD = re.compile(r"\*\*([^*]+)\*\*")
HEADING = re.compile(r"##+ ")
# A finding of a README, in a list, with its notebook.
FINDING = re.compile(r"^- .*\]\(notebooks/([\w-]+\.ipynb)\)")
# What mending writes anew: all else of a sentence stays.
FIGURE = re.compile(rf"\d+|{'|'.join(calendar.month_name[1:])}")


def stale_figures(
    notebook: dict, *earlier: Sequence[dict], mend: bool = False
) -> Iterator[tuple[bool, str]]:
    """Yield of each bold figure that stands in no output whether it was mended, and where it is.

    Looked at are the outputs of its own section, from one heading of the second level or below to
    the next; for the first section, which answers, those of the whole notebook. A number below 100
    stands somewhere in nearly every section, and so is bold together with what it counts.
    `earlier` are its code cells with the outputs of some time before, to tell the new figure by its
    place; with `mend`, one that differs in its digits and months alone is written into the prose.
    """
    cells = code_cells(notebook)
    pairs = [pair for old_cells in earlier for pair in zip(old_cells, cells, strict=False)]
    pairs = [tuple(map(shown_text, pair)) for pair in pairs]
    for cell, outputs in _prose_and_outputs(notebook["cells"]):
        source = "".join(cell["source"])
        prose = source.replace("\\$", "$")
        for match in BOLD.finditer(prose):
            words, now = match[1], None
            if re.fullmatch(r"\d\d?", words):
                said = f"{words} (make bold what it counts, too)"
            elif re.search(r"\d", words) and not _stands(words, outputs):
                now = next(filter(None, (_in_its_place(words, *pair) for pair in pairs)), None)
                where = prose[max(0, match.start() - 50) : match.end() + 30].replace("\n", " ")
                said = f"{words} (now: {now or 'see what moved'}) in ...{where}..."
            else:
                continue
            mended = False
            if mend and now and FIGURE.split(words) == FIGURE.split(now):
                was, new = (f"**{one}**".replace("$", "\\$") for one in (words, now))
                mended = was in source
                source = source.replace(was, new, 1)
                cell["source"] = source.splitlines(keepends=True)
            yield mended, f"cell '{cell['id']}': {said}"


def _prose_and_outputs(cells: Sequence[dict]) -> Iterator[tuple[dict, list[str]]]:
    """Yield each cell of prose with the outputs of its section, of all cells for the first one."""
    sections = [[]]
    for cell in cells:
        if cell["cell_type"] == "markdown" and HEADING.match("".join(cell["source"])):
            sections.append([])
        sections[-1].append(cell)
    for section in sections:
        around = cells if section is sections[0] else section
        outputs = [" ".join(shown_text(one).split()) for one in around if "outputs" in one]
        yield from ((cell, outputs) for cell in section if cell["cell_type"] == "markdown")


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
    notebooks: dict[str, Sequence[list[dict]]],
    data: Catalog,
    on: dt.date | None = None,
    *,
    mend: bool = False,
) -> Iterator[tuple[bool, str]]:
    """Yield the sentences of the READMEs that do not hold, by the data and these notebooks.

    Each as `stale_figures` does. Of notebooks, by file name, the code cells with the outputs of
    some time before, and as the last ones with those of now. Ages count from `on`, by default from
    the day in the notebooks.
    """
    for name, wanted in readmes.sentences(data, on or readmes.reading_day()).items():
        if not (ROOT / name).exists():  # somebody has the notebooks alone
            continue
        page = (ROOT / name).read_text(encoding="utf-8")
        for line in page.splitlines():
            if (found := FINDING.match(line)) and found[1] in notebooks:
                *earlier, new = notebooks[found[1]]
                cell = {"cell_type": "markdown", "id": "finding", "source": line}
                for mended, said in stale_figures({"cells": [cell, *new]}, *earlier, mend=mend):
                    yield mended, f"{name}, {said}"
                page = page.replace(line, "".join(cell["source"]))
        for was, words in to_mend(page, wanted):
            if was and mend:
                page = page.replace(was, words)
            said = f"{was} (now: {words})" if was else f"nowhere: {words}"
            yield bool(was and mend), f"{name}: {said}"
        if mend:
            (ROOT / name).write_text(page, encoding="utf-8", newline="\n")


def to_mend(page: str, wanted: list[str]) -> Iterator[tuple[str | None, str]]:
    """Yield sentences that a page tells with other figures (None: not at all), and the right."""
    for words in wanted:
        if words not in page:
            other = rf"(?:{FIGURE.pattern})".join(map(re.escape, FIGURE.split(words)))
            found = re.search(other, page)
            yield found[0] if found else None, words
