"""`python -m prepaid`: what it refuses, its help, and what contributors read of it."""

import re
import subprocess
import sys

import pytest
import yaml
from made_up import DATA as CATALOG

from prepaid.catalog import DATA


@pytest.mark.parametrize(
    "args",
    [["check", "/no/such/folder"], ["check", __file__], ["diff", "no-such-thing"], [], ["x"]],
)
def test_a_command_that_makes_no_sense_exits_with_2_and_says_why_on_stderr(run, args):
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert not args[1:] or f"'{args[1]}' is not a" in err


@pytest.mark.parametrize("args", [["--help"], ["diff", "--help"], ["check", "--help"]])
def test_help_fits_a_terminal(run, args):
    code, out, err = run(*args)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 120


def test_it_runs_as_a_module(data):
    (data / "plans.csv").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "prepaid", "check", str(data)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "plans.csv: file not found" in done.stderr


# --- what contributors read ---

ROOT = DATA.parent


def test_the_guide_for_contributors_is_short_and_its_links_and_commands_work(run):
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(guide.split()) < 400
    links = re.findall(r"\]\(([^)]+)\)", guide)
    assert links
    assert all((ROOT / link).is_file() for link in links)
    commands = re.findall(r"-m prepaid (\w+)", guide)
    assert set(commands) == {"check", "diff"}
    assert all(run(name, "--help")[0] == 0 for name in commands)


def test_the_form_for_a_wrong_price_asks_for_plan_values_and_evidence():
    form = yaml.safe_load(
        (ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong-price.yml").read_text(encoding="utf-8")
    )
    assert {"name", "description", "body"} <= form.keys()
    fields = {field["id"]: field for field in form["body"] if field["type"] != "markdown"}
    required = [name for name, field in fields.items() if field["validations"]["required"]]
    assert required == ["plan_id", "shown", "right", "link", "date"]
    assert all(field["attributes"]["label"] for field in fields.values())
    assert fields["plan_id"]["attributes"]["placeholder"] in CATALOG.plans.index
