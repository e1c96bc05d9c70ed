"""What datapackage.json declares: the tables, their columns, and what a cell can be."""

import datetime as dt
import difflib
import json
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[3] / "data"
PACKAGE = "datapackage.json"
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)
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
    a text must fit by what another column says. A folder without such a file has the tables of
    `data/`.

    The engine is ours and not a library's because, tried on 50 broken files, Frictionless 5.21
    misses 2, turns one missing column into 1,000 errors and needs 22 more packages, and pandera
    sees the parsed table, not the file.

    Raises CatalogError with everything in the declaration that the loader could not keep.
    """
    path = folder / PACKAGE if (folder / PACKAGE).exists() else DATA / PACKAGE
    problems = []
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CatalogError([f"{PACKAGE}: is not JSON ({error})"]) from None
    try:
        tables = {one["name"]: _table(one, problems) for one in package["resources"]}
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        words = f"is no Data Package that the loader knows ({type(error).__name__}: {error})"
        raise CatalogError([f"{PACKAGE}: {words}"]) from None
    known = {(name, column.name) for name, table in tables.items() for column in table.columns}
    for name, table in () if problems else tables.items():
        for one in table.references:
            if not {(name, one.column), (one.table, one.field)} <= known:
                words = f"cites {one.table}.{one.field} (expected two declared columns)"
                problems.append(f"{PACKAGE}: {name}: {one.column}: {words}")
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
            cases = {
                value: kind_of(case) for case in one.get("cases", ()) for value in case["values"]
            }
            column = Column(one["name"], kind, meaning, needed, unique, one.get("by"), cases)
            columns.append(column)
        except (KeyError, ValueError, re.error) as error:
            words = f"property {error} is missing" if isinstance(error, KeyError) else error
            problems.append(f"{PACKAGE}: {name}: {one['name']}: {words}")
    keys = schema.get("foreignKeys", [])
    cites = [(_only(one["fields"]), one["reference"], None) for one in keys]
    lists = [(field["name"], field["items"]) for field in schema["fields"] if "items" in field]
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
    low, high = float(limits.get("minimum", "-inf")), float(limits.get("maximum", "inf"))
    if form in ("number", "integer"):
        return number(field.get("unit", "number"), low, high, whole=form == "integer")
    if form == "boolean":
        return boolean()
    if form == "date" or "coarsest" in field:
        return date(field.get("coarsest", "day"))
    if field.get("format") == "uri":
        return link()
    if "enum" in limits:
        return one_of(*limits["enum"])
    if "pattern" in limits:
        return matching(field["kind"], field["expected"], limits["pattern"])
    return text()


def number(unit: str, low: float, high: float, whole: bool = False) -> Kind:
    """Return the kind of a number in plain digits; above `high` it is taken for a slip."""

    def parse(text: str) -> float | int:
        if not PLAIN_NUMBER.fullmatch(text):
            raise ValueError("is not a number")
        value = float(text)
        if value < low:
            raise ValueError(f"is below {low:g}")
        if value > high:
            raise ValueError(f"is above {high:g}, the most that is plausible")
        if whole and value != int(value):
            raise ValueError("is not a whole number")
        return int(value) if whole else value

    words = ("whole " if whole else "") + unit + (f" ≥ {low:g}" if low > -math.inf else "")
    if whole:
        return Kind("whole number", words, parse, "Int64")
    return Kind("number", words, parse, "float64")


def text() -> Kind:
    """Return the kind of a line of text in any script, none that looks like another one."""

    def parse(text: str) -> str:
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

    return Kind("text", "one line of text", parse, "str")


def unseen(letter: str) -> bool:
    """Return whether a letter shows nothing, or a space that is not the plain one."""
    hidden = unicodedata.category(letter) in ("Cf", "Zs", "Zl", "Zp", "Cs", "Co")
    return letter != " " and bool(hidden or BLANKS.match(letter))


def _name(letter: str) -> str:
    return f"{unicodedata.name(letter, 'without a name')} (U+{ord(letter):04X})"


def one_of(*allowed: str) -> Kind:
    """Return the kind of a value from a fixed list."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("is unknown" + did_you_mean(text, allowed))
        return text

    words = f"one of {', '.join(allowed)}"
    return Kind("category", words, parse, pd.CategoricalDtype(list(allowed)))


def boolean() -> Kind:
    """Return the kind of a yes-or-no value; a spreadsheet writes it in capitals."""
    values = {"true": True, "false": False, "TRUE": True, "FALSE": False}

    def parse(text: str) -> bool:
        if text not in values:
            raise ValueError("is unknown" + did_you_mean(text, ("true", "false")))
        return values[text]

    return Kind("true/false", "true or false", parse, "boolean")


def matching(name: str, expected: str, pattern: str) -> Kind:
    """Return the kind of a text that a pattern matches as a whole, such as an "identifier"."""
    shape = re.compile(pattern)
    complaint = f"is not {'an' if name[0] in 'aeiou' else 'a'} {name}"

    def parse(text: str) -> str:
        if not shape.fullmatch(text):
            raise ValueError(complaint)
        return text

    return Kind(name, expected, parse, "str")


def date(coarsest: str) -> Kind:
    """Return the kind of an ISO date; its `coarsest` form is a day, a month or a year.

    Where the source gives no day it is loaded as the first of the month or year, so that nothing
    looks fresher than it is. A day is in the future if it has not begun anywhere on earth.
    """
    shapes = ["YYYY-MM-DD", "YYYY-MM", "YYYY"][: ["day", "month", "year"].index(coarsest) + 1]

    def parse(text: str) -> np.datetime64:
        if not DATE.fullmatch(text) or text.count("-") < 3 - len(shapes):
            raise ValueError("is not an ISO date")
        try:
            day = dt.date.fromisoformat(text + "-01" * (2 - text.count("-")))
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
        if day > dt.datetime.now(FIRST_MIDNIGHT).date():
            raise ValueError("is in the future")
        if day.year < OLDEST_YEAR:
            raise ValueError(f"is before {OLDEST_YEAR}")
        return np.datetime64(day, "s")

    words = f"{' or '.join(shapes)}, not in the future"
    return Kind("date", words, parse, "datetime64[s]")


def link() -> Kind:
    """Return the kind of a web address."""

    def parse(text: str) -> str:
        try:
            parts = urlsplit(text)
            sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        except ValueError:
            sound = False
        odd = CONTROLS.search(text) or re.search(r"[\s<>\"]", text) or any(map(unseen, text))
        if not sound or odd:
            raise ValueError("is not a web address")
        return text

    return Kind("link", "https://... or http://...", parse, "str")


def did_you_mean(text: str, allowed) -> str:
    """Return a hint with the nearest allowed name, or nothing."""
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""


def shown(text: str) -> str:
    """Return a cell as a message quotes it: on one line, what cannot be seen as its code."""
    odd = (unseen(letter) or not letter.isprintable() for letter in text[:MOST_SHOWN])
    letters = [ascii(one)[1:-1] if hide else one for one, hide in zip(text, odd, strict=False)]
    return f"'{''.join(letters)}{'...' if len(text) > MOST_SHOWN else ''}'"
