"""What the repository promises around the code: pinned packages, one environment."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [
    Requirement(line)
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for line in lines
]
LISTS = {
    name: [
        line
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    for name in ("requirements.txt", "requirements-test.txt")
}
PINS = [line for lines in LISTS.values() for line in lines]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
CONDA_NAMES = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}


def test_every_package_is_pinned_without_an_address():
    for line in PINS:
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", line), line


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_the_pinned_list_holds_what_the_project_asks_for(requirement):
    name = canonicalize_name(requirement.name)
    versions = [
        Requirement(line) for line in PINS if canonicalize_name(Requirement(line).name) == name
    ]
    assert versions, f"{name} is not pinned: see the top of requirements.txt"
    for pinned in versions:
        assert requirement.specifier.contains(str(pinned.specifier).removeprefix("=="))


def test_opening_the_notebooks_needs_no_package_of_the_tests():
    names = {Requirement(line).name for line in LISTS["requirements-test.txt"]}
    extras = PROJECT["optional-dependencies"]
    asked = {
        kind: {canonicalize_name(Requirement(line).name) for line in extras[kind]}
        for kind in extras
    }
    assert names & {Requirement(line).name for line in LISTS["requirements.txt"]} == set(), (
        "pinned twice"
    )
    assert asked["lab"] & names == set()
    assert {"pytest", "playwright", "ruff"} <= asked["test"] & names


def test_the_conda_environment_has_the_projects_packages_and_bounds():
    *specs, pip = ENVIRONMENT["dependencies"]
    # Exactly 3.12: Binder reads a bound such as >=3.11 as no choice and builds on an older Python.
    assert specs[:2] == ["python=3.12", "pip"]
    conda = {one.name: str(one.specifier) for one in map(Requirement, specs[2:])}
    names = {
        CONDA_NAMES.get(one.name, one.name).replace("_", "-"): str(one.specifier)
        for one in REQUIREMENTS
    }
    assert conda == names
    assert pip == {"pip": ["--editable ."]}


def test_ci_runs_the_readmes_test_command_on_the_oldest_and_newest_python():
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "run: python run test" in workflow
    assert "python3 run test" in script
    assert f'"{PROJECT["requires-python"].removeprefix(">=")}"' in workflow


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(command):
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--quiet", str(ROOT)],
        capture_output=True,
        text=True,
    )
    mend = "./run python -m ruff check --fix . && ./run python -m ruff format ."
    assert ruff.returncode == 0, f"mend with: {mend}\n{ruff.stdout}{ruff.stderr}"
