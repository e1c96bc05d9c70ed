"""The rooms of the code: what may import what, who reads files, and that no name stands twice."""

import ast
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import prepaid
import upkeep

PACKAGES = [Path(one.__file__).parent for one in (prepaid, upkeep)]
MODEL = ("prices", "usage", "tariffs", "billing", "channels", "top_up", "confirm")
MODEL += ("wishes", "offers", "recommend")
# What every module with a command or a package's front door has.
SAME_EVERYWHERE = {"main", "__all__"}
OPENS_FILES = re.compile(r"open|declared|examine|(load|read_|write_)\w*")


def sources():
    """Return the parsed modules of both packages, by dotted name."""
    found = {}
    for path in [path for folder in PACKAGES for path in sorted(folder.rglob("*.py"))]:
        parts = path.relative_to(PACKAGES[0].parent).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = ast.parse(
            path.read_text(encoding="utf-8")
        )
    return found


def imports(tree, known=()):
    """Return (module, name or None) of each import of a module, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name their module in full"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole, None) if whole in known else (node.module, alias.name)


def top_level(tree):
    """Return the functions, classes and constants that a module defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in getattr(node, "targets", None) or [node.target]:
                yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


def model_that_draws_or_reads(modules):
    """Return what the model imports or calls although it reads no files and draws nothing."""
    found = []
    for name in MODEL:
        tree = modules[f"prepaid.{name}"]
        for module, what in imports(tree, modules):
            rooms = ("prepaid.story", "prepaid.show", "matplotlib")
            if any(f"{module}.".startswith(f"{room}.") for room in rooms):
                found.append(f"{name} imports {module}")
            if module.startswith("prepaid.catalog") and (
                what == "DATA" or OPENS_FILES.fullmatch(what or "open")
            ):
                found.append(f"{name} imports {what or module} of {module}")
        for node in ast.walk(tree):
            called = getattr(node, "func", None)
            called = getattr(called, "id", None) or getattr(called, "attr", "")
            if OPENS_FILES.fullmatch(called):
                found.append(f"{name}:{node.lineno} calls {called}()")
    return found


def prepaid_that_imports_upkeep(modules):
    """Return where the helper imports what only keepers of the catalogue run, but for commands."""
    return [
        f"{name} imports {module}"
        for name, tree in modules.items()
        if name.partition(".")[0] == "prepaid" and name != "prepaid.__main__"
        for module, _ in imports(tree, modules)
        if module.partition(".")[0] == "upkeep"
    ]


def names_that_stand_twice(modules):
    """Return the names that several modules, or one of them twice, define at their top level."""
    homes = defaultdict(list)
    for module, tree in modules.items():
        for name in top_level(tree):
            homes[name].append(module)
    return [
        f"{name}: {', '.join(at)}"
        for name, at in homes.items()
        if len(at) > 1 and name not in SAME_EVERYWHERE
    ]


def private_names_across_files(modules):
    """Return the private names that a module takes from another."""
    found = []
    for module, tree in modules.items():
        aliases = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                aliases |= {
                    one.asname or one.name.partition(".")[0]: one.name for one in node.names
                }
        for source, what in imports(tree, modules):
            if source.startswith(("prepaid", "upkeep")) and (
                what or source.rpartition(".")[2]
            ).startswith("_"):
                found.append(f"{module} imports {what or source}")
        own = {
            alias
            for alias, name in aliases.items()
            if any(one.endswith(f".{name}") for one in modules)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and re.match(r"_[^_]", node.attr):
                owner = getattr(node.value, "id", None)
                found += (
                    [f"{module}:{node.lineno} uses {owner}.{node.attr}"] if owner in own else []
                )
    return found


def circles(modules):
    """Return an import circle between modules, as a list of names; empty if there is none."""
    graph = {}
    for module, tree in modules.items():
        graph[module] = {
            source for source, _ in imports(tree, modules) if source in modules and source != module
        }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


CHECKS = [model_that_draws_or_reads, prepaid_that_imports_upkeep, names_that_stand_twice]
CHECKS += [private_names_across_files, circles]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_rooms_are_kept(check):
    modules = sources()
    assert {f"prepaid.{name}" for name in MODEL} <= modules.keys()
    assert {"prepaid.__main__", "upkeep", "upkeep.check"} <= modules.keys()
    assert check(modules) == []


@pytest.mark.parametrize(
    ("check", "module", "line"),
    [
        (model_that_draws_or_reads, "prices", "from prepaid.story import price_per_gb"),
        (model_that_draws_or_reads, "usage", "import prepaid.story.choose_my_plan as story"),
        (model_that_draws_or_reads, "billing", "from prepaid import show"),
        (model_that_draws_or_reads, "billing", "from prepaid.show import readable"),
        (model_that_draws_or_reads, "channels", "import matplotlib.pyplot as plt"),
        (model_that_draws_or_reads, "channels", "def f():\n    from matplotlib import pyplot"),
        (model_that_draws_or_reads, "top_up", "from prepaid.catalog import load"),
        (model_that_draws_or_reads, "top_up", "from prepaid.catalog import DATA"),
        (model_that_draws_or_reads, "top_up", "from prepaid.catalog import read"),
        (
            model_that_draws_or_reads,
            "top_up",
            "from prepaid.catalog.read import read_table as table",
        ),
        (model_that_draws_or_reads, "top_up", "from prepaid.catalog.kinds import declared"),
        (model_that_draws_or_reads, "confirm", "def f():\n    return open('x')"),
        (model_that_draws_or_reads, "confirm", "def f(path):\n    return path.open()"),
        (model_that_draws_or_reads, "recommend", "def f(path):\n    return pd.read_csv(path)"),
        (model_that_draws_or_reads, "recommend", "def f(path):\n    return path.read_text()"),
        (model_that_draws_or_reads, "recommend", "def f(path):\n    return np.load(path)"),
        (names_that_stand_twice, "usage", "def spend(): ..."),
        (names_that_stand_twice, "usage", "class spend: ..."),
        (names_that_stand_twice, "usage", "spend: int = 3"),
        (names_that_stand_twice, "usage", "other, spend = 1, 2"),
        (names_that_stand_twice, "prices", "spend = 3"),
        (names_that_stand_twice, "upkeep.diff", "def spend(): ..."),
        (prepaid_that_imports_upkeep, "usage", "from upkeep import diff"),
        (prepaid_that_imports_upkeep, "usage", "import upkeep.diff"),
        (prepaid_that_imports_upkeep, "catalog.read", "def f():\n    from upkeep.diff import told"),
        (private_names_across_files, "usage", "from prepaid.prices import _hidden"),
        (private_names_across_files, "usage", "from prepaid import prices\nprices._hidden()"),
        (private_names_across_files, "upkeep.diff", "from prepaid.usage import _hidden"),
        (private_names_across_files, "upkeep.check", "from upkeep.diff import _hidden"),
        (circles, "prices", "from prepaid import usage\n"),
        (circles, "upkeep.diff", "from upkeep.check import told"),
        (circles, "prices", "def f():\n    from prepaid.usage import UsageModel"),
    ],
)
def test_breaking_a_rule_of_the_rooms_is_red(check, module, line):
    modules = {
        "prepaid": ast.parse(""),
        "prepaid.show": ast.parse(""),
        "prepaid.catalog.read": ast.parse(""),
    }
    modules |= {f"prepaid.{name}": ast.parse("") for name in MODEL}
    sound = {
        "prepaid.prices": "def spend(): ...",
        "prepaid.usage": "from prepaid.prices import spent\nimport csv",
        "prepaid.__main__": "from upkeep.check import main",
        "upkeep.diff": "from prepaid.prices import spend",
        "upkeep.check": "from upkeep import diff",
    }
    modules |= {name: ast.parse(text) for name, text in sound.items()}
    assert check(modules) == []
    broken = module if module.startswith("upkeep") else f"prepaid.{module}"
    assert check(modules | {broken: ast.parse(f"{sound.get(broken, '')}\n{line}\n")})
