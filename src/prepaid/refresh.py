"""Execute notebooks in place after a change, and say what moved and which sentences to mend."""

import asyncio
import difflib
import json
import os
import re
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from prepaid import readmes
from prepaid.catalog import load
from prepaid.catalog.upkeep import ROOT, UsageError, code_cells, shown_text, write_dictionary

# The README shows the first picture of the notebook of this name, as it is stored there.
README_PICTURE = ROOT / "notebooks" / "pictures" / "01-price-per-gb.png"
# Controls live as long as their kernel, under names made up anew each time: nothing to store.
WIDGET = "application/vnd.jupyter.widget-view+json"
# JupyterLab writes the reader's own Python here whenever it saves.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
BOLD = re.compile(r"\*\*([^*]+)\*\*")
HEADING = re.compile(r"##+ ")
# A finding of a README, in a list, with its notebook.
FINDING = re.compile(r"^- .*\]\(notebooks/([\w-]+\.ipynb)\)")


def run_refresh(
    names: Sequence[Path], *, every: bool = False, dry_run: bool = False, mend: bool = False
) -> int:
    """Store fresh outputs, print what moved and the bold figures to mend; return 1 if one failed.

    A notebook that fails stays as it was. Without names, those are executed that the changes since
    the last commit concern, or `every` one; a `dry_run` stores nothing. `mend` writes figures
    of the same form into the text; which these are, is printed all the same. Raises UsageError if a
    name is no notebook.
    """
    if missing := [str(path) for path in names if path.suffix != ".ipynb" or not path.is_file()]:
        raise UsageError(f"No such notebook: {', '.join(missing)}")
    found = sorted((ROOT / "notebooks").glob("*.ipynb"))
    paths = list(names) or (found if every else concerned(found, changed_files()))
    if not dry_run:
        write_dictionary()
    failed, to_mend, own = False, [], {}
    for path, fresh in zip(paths, asyncio.run(_execute_all(paths)), strict=True):
        if fresh is None:
            failed = True
            continue
        stored = json.loads(path.read_text(encoding="utf-8"))
        old, new = code_cells(stored), code_cells(fresh)
        pairs = enumerate(zip(old, new, strict=True))
        moved = [show_difference(number, *pair) for number, pair in pairs]
        print(f"{path.name}: {sum(moved)} of {len(moved)} cells moved")
        to_mend += [f"{path.name}, {line}" for line in stale_figures(fresh, old, mend=mend)]
        if path.resolve() in found:
            own[path.name] = old, new
        if not dry_run:
            write_notebook(path, fresh)
            if path.stem == README_PICTURE.stem:
                README_PICTURE.write_bytes(first_picture(fresh))
    if own and not failed:
        to_mend += stale_readmes(own, mend=mend and not dry_run)
    if to_mend:
        to_do = "read what was mended, and mend the rest" if mend else "mend these sentences"
        heading = f"\nFigures in the text that no longer hold; {to_do}:"
        print(heading, *to_mend, sep="\n  ")
    elif own and not failed:
        print("\nNo sentence to mend: each bold figure stands in an output.")
    return int(failed)


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


def changed_files() -> list[str] | None:
    """Return the files that differ from the last commit, relative to the root; None without git."""
    command = ["git", "-C", str(ROOT), "status", "--porcelain", "-z", "--no-renames"]
    command.append("--untracked-files=all")
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [entry[3:] for entry in done.stdout.split("\0") if entry]


def concerned(notebooks: Sequence[Path], changed: Sequence[str] | None) -> list[Path]:
    """Return the notebooks that changed files concern, in order; all if none can be told.

    A notebook and the story of its name concern that notebook alone; data, other code and the
    versions of packages concern all, since nearly every table and module is used by each.
    """
    own = {}
    for path in notebooks:
        story = path.stem[3:].replace("-", "_")
        own |= {f"notebooks/{path.name}": path, f"src/prepaid/story/{story}.py": path}
    named = [own[file] for file in changed or () if file in own]
    rest = [file for file in changed or () if file not in own and not file.endswith(".md")]
    common = [file for file in rest if file.startswith(("data/", "src/", "requirements.txt"))]
    return sorted(set(named)) if named and not common else list(notebooks)


async def _execute_all(paths: Sequence[Path]) -> list[dict | None]:
    """Execute copies of notebooks, as many at a time as there are processors."""
    free, loop = asyncio.Semaphore(os.cpu_count() or 1), asyncio.get_running_loop()
    # Else nbclient takes a signal to end one kernel, and a traceback follows for each other one.
    loop.add_signal_handler = loop.remove_signal_handler = lambda *_: None

    async def one(path: Path) -> dict | None:
        async with free:
            return await execute(path)

    return await asyncio.gather(*map(one, paths))


async def execute(path: Path) -> dict | None:
    """Execute a copy of a notebook and say how it went; return it as it is to be stored, or None.

    No settings of Jupyter are read. Outputs of controls, timings and what JupyterLab adds to a
    notebook are left out.
    """
    start = time.perf_counter()
    # Without encryption the kernel warns on every start.
    config = Config({"KernelManager": {"transport_encryption": "auto"}})
    notebook = nbformat.read(path, as_version=4)
    options = {"timeout": None, "record_timing": False, "config": config, "kernel_name": "python3"}
    options["shutdown_kernel"] = "immediate"  # one that is asked to end says what it was doing
    client = NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}, **options)
    try:
        await client.async_execute()
    except (CellExecutionError, DeadKernelError) as error:
        print(f"{path.name}: failed\n{error}", flush=True)
        return None
    print(f"{path.name}: executed in {time.perf_counter() - start:.1f} s", flush=True)
    fresh = json.loads(nbformat.writes(notebook, version=4))
    fresh["metadata"] = METADATA
    for cell in fresh["cells"]:
        cell["metadata"] = {one: value for one, value in cell["metadata"].items() if one == "tags"}
    for cell in code_cells(fresh):
        cell["outputs"] = _joined_streams(cell["outputs"])
        for output in cell["outputs"]:
            output.get("data", {}).pop(WIDGET, None)
    return fresh


def _joined_streams(outputs: list[dict]) -> list[dict]:
    """Return outputs where what was printed in pieces, by a busy machine, is one piece again."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if "name" in output and last.get("name") == output["name"]:
            text = "".join(last["text"]) + "".join(output["text"])
            last["text"] = text.splitlines(keepends=True)
        else:
            joined.append(output)
    return joined


def write_notebook(path: Path, notebook: dict) -> None:
    """Write a notebook in one step, as JupyterLab lays it out."""
    partial = path.with_suffix(".partial")
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)


def _pictures(cell: dict) -> list[str]:
    data = [output.get("data", {}) for output in cell["outputs"]]
    return [one["image/png"] for one in data if "image/png" in one]


def first_picture(notebook: dict) -> bytes:
    """Return the first picture of a notebook, as PNG."""
    return b64decode(next(picture for cell in code_cells(notebook) for picture in _pictures(cell)))


def show_difference(number: int, old: dict, new: dict) -> bool:
    """Print what moved in the outputs of one code cell; return whether anything did."""
    was, now = shown_text(old).splitlines(), shown_text(new).splitlines()
    lines = difflib.unified_diff(was, now, lineterm="", n=1)
    text = [line for line in lines if line[:3] not in ("---", "+++")]
    picture = _pictures(old) != _pictures(new)
    if text or picture:
        # Counted as nbval counts, and as JupyterLab shows it.
        print(f"  Cell {number}, [{number + 1}]:" + (" the picture changed" if picture else ""))
    for line in text:
        print(f"    {line}")
    return bool(text or picture)


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
