"""The commands for real where a machine or settings are unusual; packages are this Python's.

Never run on Windows: there, run goes by `Scripts`, keeps its process, and has other signals.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from browser import started

from upkeep.refresh import METADATA

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="written for POSIX")]
ALMOST = (
    "src",
    "data",
    "notebooks/conftest.py",
    "run",
    "pyproject.toml",
    "requirements.txt",
)

# Another package's warning, which nobody sees unless all warnings were asked for.
STORY = """\
exec("import warnings; warnings.warn('of others', DeprecationWarning)", {"__name__": "other"})
import prepaid
print(len(prepaid.load().plans) > 9)"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a copy of the repository under an unusual name; its packages are borrowed."""
    folder = tmp_path_factory.mktemp("machines") / "路径 with space"
    for name in (*ALMOST, "requirements-test.txt", "README.md", "README.zh-CN.md"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-R", str(source), str(target)], check=True)
    venv.create(folder / ".venv")
    run = runpy.run_path(str(folder / "run"))
    run["link_source"]()
    (packages,) = (folder / ".venv").glob("lib/python*/site-packages")
    # By a link, since the lines of a .pth file are read in the locale's encoding.
    (packages / "borrowed").symlink_to(sysconfig.get_path("purelib"))
    (packages / "borrowed.pth").write_text("borrowed\n", encoding="ascii")
    for place in ("share", "etc"):  # kernels and extensions
        found = Path(sys.prefix, place)
        (folder / ".venv" / place).symlink_to(found) if found.exists() else None
    for name in ("requirements.txt", "requirements-test.txt"):
        file, digest = run["stamp"](name)
        file.write_text(digest)
    cell = {"cell_type": "code", "id": "a", "source": STORY, "execution_count": 1}
    cell |= {
        "metadata": {"tags": ["parameters"]},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "True\n"}],
    }
    story = {"cells": [cell], "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    (folder / "notebooks" / "00-x.ipynb").write_text(json.dumps(story), encoding="utf-8")
    return folder


def command(folder, *args, **environ):
    """Run a command of the clone in a plain environment with some more variables."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))
    }
    run = [sys.executable, str(folder / "run"), *args]
    return subprocess.run(
        run, env={**plain, **environ}, capture_output=True, text=True, encoding="utf-8"
    )


def home_with_settings(folder):
    """Return a home whose settings would break notebooks: cells left out, no pictures."""
    places = {
        ".jupyter/jupyter_nbconvert_config.py": "c.TagRemovePreprocessor.remove_cell_tags = "
        "{'parameters'}\n1 / 0",
        ".jupyter/jupyter_server_config.py": "c.ServerApp.base_url = '/of-the-reader/'",
        ".ipython/profile_default/startup/x.py": "raise SystemExit('read')",
        ".ipython/profile_default/ipython_config.py": "1 / 0",
        ".config/matplotlib/matplotlibrc": "font.size: 99",
    }
    for name, text in places.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder):
    """Return what is in a folder: the bytes of files, None for folders."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


ASCII = {"LC_ALL": "C"}
NO_HOME = {"HOME": "/dev/null/home", "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""}
STRICT = {"PYTHONWARNINGS": "error"}


# Some at once where none can hide another: a start takes seconds.
MACHINES = {
    "ASCII locale, developer mode, far west": {
        **ASCII,
        "PYTHONDEVMODE": "1",
        "TZ": "Etc/GMT+12",
    },
    "ASCII locale of old, far east": {
        **ASCII,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Pacific/Kiritimati",
    },
    "no home, other settings": {
        **NO_HOME,
        "MPLBACKEND": "nonsense",
        "JUPYTER_PATH": "/nowhere",
        "PYTHONOPTIMIZE": "2",
    },
    "warnings are errors": STRICT,
}


@pytest.mark.parametrize("environ", MACHINES.values(), ids=MACHINES)
def test_notebooks_execute_on_any_machine(clone, environ):
    done = command(clone, "lab", "--headless", **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 1 cells moved" in done.stdout


@pytest.mark.parametrize("environ", [ASCII | NO_HOME, STRICT], ids=["ASCII, no home", "strict"])
def test_stored_outputs_compare_on_any_machine(clone, environ):
    done = command(clone, "test", "-n", "0", "-p", "no:cacheprovider", "notebooks", **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_persons_home_is_neither_read_nor_written(clone, tmp_path):
    home = home_with_settings(tmp_path)
    before = contents(home)
    done = command(clone, "lab", "--headless", HOME=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 1 cells moved" in done.stdout
    size = "import matplotlib as m; print(m.rcParams['font.size'])"
    assert command(clone, "python", "-c", size, HOME=str(home)).stdout == "10.0\n"
    assert contents(home) == before


def test_the_check_of_the_tables_speaks_in_any_locale(clone):
    done = command(clone, "python", "-m", "prepaid", "check", LC_ALL="C", TZ="Etc/GMT+12")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "errors: 0" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_jupyterlab_ends_with_a_signal_to_the_command(clone, tmp_path, number):
    home = home_with_settings(tmp_path)
    options = ["--no-browser", "--ip=127.0.0.1", "--ServerApp.port=0"]
    runtime = clone / ".venv" / "jupyter" / "data" / "runtime"
    for left in runtime.glob("jpserver-*.json"):
        left.unlink()
    server = subprocess.Popen(
        [sys.executable, str(clone / "run"), "lab", *options],
        env={**os.environ, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        file, about = started(server, runtime)
        assert about["pid"] == server.pid, "a signal to the command would miss it"
        assert about["base_url"] == "/", "the reader's own settings were read"
        server.send_signal(number)
        server.wait(timeout=20)
        assert number == signal.SIGINT or not file.exists(), "killed, not ended"
    finally:
        server.kill()
        server.wait()


def test_text_files_have_the_same_line_ends_everywhere(tmp_path):
    """As Git for Windows checks out; with CRLF the first line of run names no program."""
    for name in (".gitattributes", "run"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    git = [
        "git",
        "-C",
        str(tmp_path),
        "-c",
        "core.autocrlf=true",
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
    ]
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *step], check=True)
    (tmp_path / "run").unlink()
    subprocess.run([*git, "checkout", "-q", "run"], check=True)
    assert b"\r" not in (tmp_path / "run").read_bytes()
