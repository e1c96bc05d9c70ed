"""What datapackage.json declares: the tables, their columns, and what a cell can be."""

import datetime as dt
import difflib
import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[3] / "data"
PACKAGE = "datapackage.json"
# Control characters, line and paragraph separators, and the marks that hide or turn text around.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff]")
# Letters and marks that show nothing, although Unicode does not class them as format or space.
BLANKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164"
    + "\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# No source is older; a date before it is a slip of the pen.
OLDEST_YEAR = 2000
# The first place on earth where a day begins.
FIRST_MIDNIGHT = dt.timezone(dt.timedelta(hours=14))
# Letters of a wrong cell that a message repeats.
MOST_SHOWN = 80
# What the model asks by name of datapackage.json (a test compares them).
LONGEST_TERM_DAYS = 1_100
NETWORKS = ("AT&T", "T-Mobile", "Verizon")


class CatalogError(ValueError):
    """Everything that is wrong with a table or a folder of tables, one of its `problems` a line.

    Each like ``plans.csv:17: price_usd: 'abc' is not a number (expected dollars ≥ 0)``, with the
    line of the file.
    """

    def __init__(self, problems):
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Kind:
    """What a column's cells are: how one is read, its dtype, and the words for what is allowed.

    `parse` turns the text of one filled cell into a value, or raises a ValueError that says what is
    wrong with it.
    """

    name: str
    expected: str
    parse: Callable[[str], object]
    dtype: object


@dataclass(frozen=True)
class Column:
    """One column: name, kind, meaning, whether each cell is filled, and differs from the others.

    Where the column `by` has one of the values in `cases`, a cell must be of that kind as well.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    unique: bool = False
    by: str | None = None
    cases: dict[str, Kind] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """What a cell may hold, in words."""
        return self.kind.expected + ("" if self.required else ", or blank")


class Reference(NamedTuple):
    """A column whose cells name what another table has: one, or several between delimiters."""

    column: str
    table: str
    field: str
    delimiter: str | None = None


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns in order, the key column (or none), and what it cites."""

    name: str
    file: str
    columns: tuple[Column, ...]
    key: str | None = None
    references: tuple[Reference, ...] = ()


def declared(folder: Path = DATA) -> dict[str, Table]:
    """Return the tables that the folder's datapackage.json declares, by name.

    The file follows the Data Package standard, with these properties of ours: `unit` of a number;
    `kind` and `expected`, the words for a pattern; `coarsest`, the least exact form of a date;
    `items`, for a cell that lists several values of another table; `by` and `cases`, the kinds that
    a text must be of by what another column says. A folder without such a file has the tables of
    `data/`. Raises CatalogError with everything in the declaration that the loader could not keep.

    The engine is ours and not a library's because, tried on 50 broken files, Frictionless 5.21
    misses 2, turns one missing column into 1,000 errors and needs 22 more packages, and pandera
    sees the parsed table, not the file.
    """
    path = folder / PACKAGE if (folder / PACKAGE).exists() else DATA / PACKAGE
    problems = []
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        tables = {one["name"]: _table(one, problems) for one in package["resources"]}
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CatalogError([f"{PACKAGE}: is not JSON ({error})"]) from None
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        words = f"is no Data Package that the loader knows ({type(error).__name__}: {error})"
        raise CatalogError([f"{PACKAGE}: {words}"]) from None
    known = {(name, column.name) for name, table in tables.items() for column in table.columns}
    for name, table in () if problems else tables.items():
        own = [Reference(one.name, name, one.by) for one in table.columns if one.by]
        for one in (*table.references, *own):
            if not {(name, one.column), (one.table, one.field)} <= known:
                words = f"cites {one.table}.{one.field} (expected two declared columns)"
                problems.append(f"{PACKAGE}: {name}: {one.column}: {words}")
    facts = tables["seller_facts"].columns if "seller_facts" in tables else ()
    if facts and not any(column.cases for column in facts):  # else any text would be a figure
        problems.append(f"{PACKAGE}: seller_facts: value: cases are missing (expected as in data/)")
    if problems:
        raise CatalogError(problems)
    return tables


def _table(resource: dict, problems: list[str]) -> Table:
    """Return one declared table without the columns that are `problems`."""
    name, schema, columns = resource["name"], resource["schema"], []
    key = _only(schema["primaryKey"]) if "primaryKey" in schema else None
    for one in schema["fields"]:
        limits, is_key = one.get("constraints", {}), one["name"] == key
        needed, unique = (limits.get(what, False) or is_key for what in ("required", "unique"))
        try:
            kind, meaning = kind_of(one), one["description"]
            cases = {of: kind_of(case) for case in one.get("cases", ()) for of in case["values"]}
            by = one["by"] if cases else None
            columns.append(Column(one["name"], kind, meaning, needed, unique, by, cases))
        except (KeyError, ValueError, re.error) as error:
            words = f"property {error} is missing" if isinstance(error, KeyError) else error
            problems.append(f"{PACKAGE}: {name}: {one['name']}: {words}")
    keys = schema.get("foreignKeys", [])
    cites = [(_only(one["fields"]), one["reference"], None) for one in keys]
    lists = [(one["name"], one["items"]) for one in schema["fields"] if "items" in one]
    cites += [(column, items["reference"], items["delimiter"]) for column, items in lists]
    cites = [Reference(column, to["resource"], _only(to["fields"]), by) for column, to, by in cites]
    return Table(name, resource["path"], tuple(columns), key, tuple(cites))


def _only(names: str | list[str]) -> str:
    """Return the column of a key, which must be one."""
    (name,) = [names] if isinstance(names, str) else names
    return name


# The constraints of each type that the loader keeps, beside required and unique.
TYPES = {
    "string": ("enum", "pattern"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "boolean": (),
    "date": (),
}


def kind_of(field: dict) -> Kind:
    """Return the kind of a declared column; raise ValueError for what the loader cannot keep."""
    form, limits = field["type"], field.get("constraints", {})
    if form not in TYPES:
        raise ValueError(f"type '{form}' is unknown (expected one of {', '.join(TYPES)})")
    allowed = ("required", "unique", *TYPES[form])
    if extra := sorted(limits.keys() - allowed):
        known = ", ".join(allowed)
        raise ValueError(f"constraint '{extra[0]}' is not kept (expected some of {known})")
    if form in ("number", "integer"):
        low, high = float(limits.get("minimum", "-inf")), float(limits.get("maximum", "inf"))
        words = field.get("unit", "number") + (f" ≥ {low:g}" if low > -math.inf else "")
        parse = partial(parse_number, low=low, high=high, whole=form == "integer")
        if form == "integer":
            return Kind("whole number", f"whole {words}", parse, "Int64")
        return Kind("number", words, parse, "float64")
    if form == "boolean":  # a spreadsheet writes it in capitals
        values = {"TRUE": True, "FALSE": False, "true": True, "false": False}
        return Kind("true/false", "true or false", partial(parse_one_of, values=values), "boolean")
    if form == "date" or "coarsest" in field:
        coarsest = ["day", "month", "year"].index(field.get("coarsest", "day"))
        shapes = ["YYYY-MM-DD", "YYYY-MM", "YYYY"][: coarsest + 1]
        words = f"{' or '.join(shapes)}, not in the future"
        return Kind("date", words, partial(parse_date, left_out=coarsest), "datetime64[s]")
    if field.get("format") == "uri":
        return Kind("link", "https://... or http://...", parse_link, "str")
    if "enum" in limits:
        values = {value: value for value in limits["enum"]}
        words, dtype = f"one of {', '.join(values)}", pd.CategoricalDtype(list(values))
        return Kind("category", words, partial(parse_one_of, values=values), dtype)
    if "pattern" in limits:
        name, shape = field["kind"], re.compile(limits["pattern"])
        complaint = f"is not {'an' if name[0] in 'aeiou' else 'a'} {name}"
        parse = partial(parse_shape, shape=shape, complaint=complaint)
        return Kind(name, field["expected"], parse, "str")
    return text()


def text() -> Kind:
    """Return the kind of a line of text."""
    return Kind("text", "one line of text", parse_text, "str")


def parse_number(text: str, low: float, high: float, whole: bool) -> float | int:
    """Return a number in plain digits; above `high` it is taken for a slip."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        raise ValueError("is not a number")
    value = float(text)
    if value < low:
        raise ValueError(f"is below {low:g}")
    if value > high:
        raise ValueError(f"is above {high:g}, the most that is plausible")
    if whole and value != int(value):
        raise ValueError("is not a whole number")
    return int(value) if whole else value


def parse_text(text: str) -> str:
    """Return a line of text in any script, none that looks like another one."""
    if CONTROLS.search(text):
        raise ValueError("has a line break or invisible character")
    if letter := next(filter(unseen, text), ""):
        raise ValueError(f"has the invisible or lookalike character {_name(letter)}")
    if text != text.strip():
        raise ValueError("has spaces around it")
    composed = unicodedata.normalize("NFC", text)
    if text != composed:
        at = next(at for at, letter in enumerate(text) if composed[at : at + 1] != letter)
        at += bool(unicodedata.combining(text[at + 1 : at + 2] or " "))
        raise ValueError(f"has {_name(text[at])}, not Unicode's composed form")
    if text[0] in "=+-@":
        raise ValueError(f"starts with '{text[0]}': a spreadsheet would run it as a formula")
    return text


def unseen(letter: str) -> bool:
    """Return whether a letter shows nothing, or a space that is not the plain one."""
    hidden = unicodedata.category(letter) in ("Cf", "Zs", "Zl", "Zp", "Cs", "Co")
    return letter != " " and bool(hidden or BLANKS.match(letter))


def _name(letter: str) -> str:
    return f"{unicodedata.name(letter, 'without a name')} (U+{ord(letter):04X})"


def parse_one_of(text: str, values: dict[str, object]) -> object:
    """Return what a text from a fixed list stands for."""
    if text not in values:
        raise ValueError("is unknown" + did_you_mean(text, values))
    return values[text]


def parse_shape(text: str, shape: re.Pattern, complaint: str) -> str:
    """Return a text that a pattern matches as a whole, such as an identifier."""
    if not shape.fullmatch(text):
        raise ValueError(complaint)
    return text


def parse_date(text: str, left_out: int) -> np.datetime64:
    """Return an ISO date, of which the day, or day and month, may be left out.

    The first of the month or year stands for those, so that nothing looks fresher than it is. A day
    is in the future if it has not begun anywhere on earth.
    """
    missing = 2 - text.count("-")
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", text, re.ASCII) or missing > left_out:
        raise ValueError("is not an ISO date")
    try:
        day = dt.date.fromisoformat(text + "-01" * missing)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
    if day > dt.datetime.now(FIRST_MIDNIGHT).date():
        raise ValueError("is in the future")
    if day.year < OLDEST_YEAR:
        raise ValueError(f"is before {OLDEST_YEAR}")
    return np.datetime64(day, "s")


def parse_link(text: str) -> str:
    """Return a web address."""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        sound = False
    if not sound or re.search(r'[\x00- <>"\x7f-\x9f]', text) or any(map(unseen, text)):
        raise ValueError("is not a web address")
    return text


def did_you_mean(text: str, allowed) -> str:
    """Return a hint with the nearest allowed name, or nothing."""
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""


def shown(text: str) -> str:
    """Return a cell as a message quotes it: on one line, what cannot be seen as its code."""
    letters = [
        letter if letter.isprintable() and not BLANKS.match(letter) else ascii(letter)[1:-1]
        for letter in text[:MOST_SHOWN]
    ]
    return f"'{''.join(letters)}{'...' if len(text) > MOST_SHOWN else ''}'"
