"""Execute notebooks in place after a change, and say what moved and which sentences to mend."""

import asyncio
import datetime as dt
import difflib
import json
import os
import re
import time
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from prepaid.catalog import load
from prepaid.words import Words
from upkeep.dictionary import write_dictionary
from upkeep.mend import stale_figures, stale_readmes
from upkeep.readmes import DAY, reading_day
from upkeep.repository import ROOT, UsageError, code_cells, git, shown_text

# The README shows the first picture of the notebook of this name, as it is stored there.
README_PICTURE = ROOT / "notebooks" / "pictures" / "01-price-per-gb.png"
# Controls live as long as their kernel, under names made up anew each time: nothing to store.
WIDGET = "application/vnd.jupyter.widget-view+json"
# JupyterLab writes the reader's own Python here whenever it saves.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run_refresh(
    names: Sequence[Path], *, every: bool, dry_run: bool, mend: bool, on: dt.date | None
) -> int:
    """Store fresh outputs, print what moved and the bold figures to mend; return 1 if one failed.

    A notebook that fails stays as it was. Without names, those are executed that the changes since
    the last commit concern, or `every` one; a `dry_run` stores nothing. `mend` writes figures of
    the same form into the text, and marks them where it lists what no longer holds. `on` becomes
    the day from which every notebook counts ages, and mends. Raises UsageError if a name is no
    notebook, or stands beside `on`; CatalogError if the tables are wrong.
    """
    folder = ROOT / "notebooks"
    names = [path if path.is_file() else folder / path.name for path in names]
    if missing := [path.name for path in names if path.suffix != ".ipynb" or not path.is_file()]:
        raise UsageError(f"No such notebook: {', '.join(missing)} (expected a file of notebooks/)")
    if names and on:
        raise UsageError("--on moves the day of every notebook: name none")
    found = sorted(folder.glob("*.ipynb"))
    data = load()  # else each notebook says what is wrong with the tables
    paths = list(names) or (found if every or on else concerned(found, changed_files()))
    if not dry_run:
        write_dictionary()
    executed = asyncio.run(_execute_all(paths, on))
    stale, own, mend = [], {}, (mend or bool(on)) and not dry_run
    for path, fresh in zip(paths, executed, strict=True):
        if fresh is None:
            continue
        old = code_cells(json.loads(path.read_text(encoding="utf-8")))
        new = code_cells(fresh)
        pairs = enumerate(zip(old, new, strict=True))
        moved = [show_difference(number, *pair) for number, pair in pairs]
        print(f"{path.name}: {sum(moved)} of {len(moved)} cells moved")
        earlier = _committed(path, old), old
        for mended, said in stale_figures(fresh, *earlier, mend=mend):
            stale.append((mended, f"{path.name}, {said}"))
        if path.resolve() in found:
            own[path.name] = *earlier, new
        if not dry_run:
            write_notebook(path, fresh)
            if path.stem == README_PICTURE.stem:
                README_PICTURE.write_bytes(first_picture(fresh))
    if own and None not in executed:
        stale += stale_readmes(own, data, on, mend=mend)
        if not stale:
            print("\nNo sentence to mend: each bold figure stands in an output.")
    if stale:
        _list_stale(stale, mend)
    return int(None in executed)


def _list_stale(stale: list[tuple[bool, str]], mend: bool) -> None:
    """Print the figures that no longer hold: those that were mended, then those that were not."""
    to_do = "read what was mended, and mend the rest" if mend else "mend these sentences"
    print(f"\nFigures in the text that no longer hold; {to_do}:")
    for mended, said in sorted(stale, key=lambda one: not one[0]):
        mark = "mended: " if mended else "left to you: "
        print(f"  {mark if mend else ''}{said}")
    if mend:
        done = sum(mended for mended, _ in stale)
        print(f"{done} mended, {len(stale) - done} left to you.")


def _committed(path: Path, stored: list[dict]) -> list[dict]:
    """Return code cells of a notebook as the last commit has them; as stored where it has not."""
    try:
        file = path.resolve().relative_to(ROOT).as_posix()
        cells = code_cells(json.loads(git("show", f"HEAD:./{file}")))
    except (UsageError, ValueError):
        return stored
    by_id = {cell["id"]: cell for cell in cells}
    return [by_id.get(cell["id"], cell) for cell in stored]


def changed_files() -> list[str] | None:
    """Return the files that differ from the last commit, relative to the root; None without git."""
    options = "--porcelain", "-z", "--no-renames", "--untracked-files=all"
    try:
        status = git("status", *options).decode()
    except UsageError:
        return None
    return [entry[3:] for entry in status.split("\0") if entry]


def concerned(notebooks: Sequence[Path], changed: Sequence[str] | None) -> list[Path]:
    """Return the notebooks that changed files concern, in order; all if none can be told.

    A notebook and the story of its name concern that notebook alone; data, other code of `prepaid`
    and the versions of packages all, since nearly every table and module is used by each.
    """
    own, changed = {}, changed or ()
    for path in notebooks:
        story = path.stem[3:].replace("-", "_")
        own |= {f"notebooks/{path.name}": path, f"src/prepaid/story/{story}.py": path}
    named = {own[file] for file in changed if file in own}
    rest = [file for file in changed if file not in own and not file.endswith(".md")]
    if any(file.startswith(("data/", "src/prepaid/", "requirements.txt")) for file in rest):
        return list(notebooks)
    return sorted(named) or list(notebooks)


async def _execute_all(paths: Sequence[Path], on: dt.date | None) -> list[dict | None]:
    """Execute copies of notebooks, as many at a time as there are processors."""
    free, loop = asyncio.Semaphore(os.cpu_count() or 1), asyncio.get_running_loop()
    # Else nbclient takes a signal to end one kernel, and a traceback follows for each other one.
    loop.add_signal_handler = loop.remove_signal_handler = lambda *_: None

    async def one(path: Path) -> dict | None:
        async with free:
            return await execute(path, on)

    return await asyncio.gather(*map(one, paths))


async def execute(path: Path, on: dt.date | None) -> dict | None:
    """Execute a copy of a notebook and say how it went; return it as it is to be stored, or None.

    No settings of Jupyter are read. Outputs of controls, timings and what JupyterLab adds to a
    notebook are left out. `on` becomes the day from which it counts ages, in its text, too.
    """
    start = time.perf_counter()
    # Without encryption the kernel warns on every start.
    config = Config({"KernelManager": {"transport_encryption": "auto"}})
    notebook = nbformat.read(path, as_version=4)
    if on:
        was, now = (Words("en").day(day) for day in (reading_day(), on))
        for cell in notebook.cells:
            source = DAY.sub(rf"\1({on.year}, {on.month}, {on.day})", cell.source)
            cell.source = re.sub(rf"(?i)(?<=\bread on )(\**){was}", rf"\g<1>{now}", source)
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
    text = list(difflib.unified_diff(was, now, lineterm="", n=1))[2:]  # without its two headings
    picture = _pictures(old) != _pictures(new)
    if text or picture:
        # Counted as nbval counts, and as JupyterLab shows it.
        place = f"  Cell {number}, [{number + 1}]:" + (" the picture changed" if picture else "")
        print(place, *text, sep="\n    ")
    return bool(text or picture)
