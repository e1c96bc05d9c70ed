"""What these tests share: a copy of data/ that each may break, and the commands."""

import shutil
from dataclasses import replace

import pytest

from prepaid.catalog import DATA, read
from prepaid.catalog.kinds import PACKAGE
from upkeep.__main__ import main

READ = {}


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """Read a table of the same content and declaration once: a test breaks one of them at most."""
    examine = read.examine

    def examined(path, table):
        if not path.exists():
            return examine(path, table)
        package = path.parent / PACKAGE
        content = path.name, path.read_bytes(), package.exists() and package.read_bytes()
        if content not in READ:
            READ[content] = examine(path, table)
        return replace(READ[content], path=path, problems=[*READ[content].problems])

    monkeypatch.setattr(read, "examine", examined)


@pytest.fixture
def data(tmp_path):
    """Return a copy of data/ that a test may break."""
    return shutil.copytree(DATA, tmp_path / "data")


@pytest.fixture
def run(capsys):
    """Run a command; return its exit code and what it printed on stdout and stderr."""

    def run(*args):
        try:
            code = main([str(arg) for arg in args])
        except SystemExit as end:  # argparse
            code = end.code
        return code, *capsys.readouterr()

    return run
