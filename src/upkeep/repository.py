"""What the commands share: the repository around the data, its git, and stored notebooks."""

import subprocess
from pathlib import Path

from prepaid.catalog import DATA

ROOT = DATA.parent


class UsageError(Exception):
    """A command that cannot be carried out as given."""


def git(*args: str, problem: str = "git failed") -> bytes:
    """Return what git prints; raise UsageError with the problem and git's reason if it fails."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *args], capture_output=True)
    except FileNotFoundError:
        raise UsageError(f"{problem} (git is not installed)") from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()
        raise UsageError(problem + (f" ({reason})" if reason else ""))
    return done.stdout


def changed_lines(folder: Path) -> dict[str, list[str]]:
    """Return by name of a file its lines that the last commit has not; none without git."""
    options = "--no-color", "--no-ext-diff", "--unified=0", "HEAD", "--", str(folder.resolve())
    try:
        lines = git("diff", *options).decode(errors="replace").splitlines()
    except UsageError:
        return {}
    changed, file = {}, ""
    for line in lines:
        if line.startswith("+++ "):
            file = line.rpartition("/")[2]
        elif line.startswith("+"):
            changed.setdefault(file, []).append(line[1:])
    return changed


def code_cells(notebook: dict) -> list[dict]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown_text(cell: dict) -> str:
    """Return the text that a reader sees of a code cell's outputs."""
    shown = [(one.get("text"), one.get("data", {})) for one in cell["outputs"]]
    return "\n".join("".join(text or data.get("text/plain", "")) for text, data in shown)
