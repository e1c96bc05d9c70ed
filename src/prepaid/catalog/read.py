"""Read CSV files into typed tables, or say by line everything that is wrong with them."""

import csv
import io
import math
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from prepaid.catalog.kinds import CatalogError, Column, Table, declared, did_you_mean, shown
from prepaid.catalog.rules import RULES, Misfit, misfits, unknown_references

# More problems of one kind in one column than this are told as one, with their number.
MOST_ALIKE = 20


class Problem(NamedTuple):
    """What is wrong on a line of a file (infinity: with all of it), of which kind, as a message."""

    line: float
    kind: str
    message: str


@dataclass
class Read:
    """What was read of one file.

    Attributes
    ----------
    path : Path
    frame : DataFrame
        The columns that are there, typed; wrong cells are missing. Empty if nothing could be read.
    lines : ndarray of int
        The file's line of each row.
    problems : list of Problem
        Everything that is wrong, in no order.
    """

    path: Path
    frame: pd.DataFrame
    lines: np.ndarray
    problems: list[Problem]

    @property
    def messages(self) -> list[str]:
        """The problems by line; of many that are alike, the first and how many there are."""
        alike = Counter(problem.kind for problem in self.problems)
        said, messages = set(), []
        for problem in sorted(self.problems, key=lambda problem: problem.line):
            times = alike[problem.kind]
            if times <= MOST_ALIKE:
                messages.append(problem.message)
            elif problem.kind not in said:
                messages.append(f"{problem.message}; and {times - 1} more rows like this one")
                said.add(problem.kind)
        return messages


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Return one table, references unchecked; raise CatalogError with every problem of the file."""
    read = examine(path, table)
    if read.problems:
        raise CatalogError(read.messages)
    return read.frame


def read_folder(folder: Path) -> dict[str, Read]:
    """Read every table that the folder declares; check each alone, then together."""
    tables = declared(folder)
    reads = {name: examine(folder / table.file, table) for name, table in tables.items()}
    _add(reads, unknown_references(tables, {name: read.frame for name, read in reads.items()}))
    sound = {name: read.frame for name, read in reads.items() if not read.problems}
    _add(reads, misfits(tables, sound))
    return reads


def _add(reads: dict[str, Read], found: Iterable[Misfit]) -> None:
    """Add what is wrong between tables to the problems of each."""
    for name, row, words in found:
        read = reads[name]
        line = math.inf if row is None else read.lines[row]
        place = read.path.name if row is None else f"{read.path.name}:{line}"
        kind = words.rpartition("' is ")[2]
        read.problems.append(Problem(line, kind, f"{place}: {words}"))


def examine(path: Path, table: Table) -> Read:
    """Read a CSV file; check it against its declaration and the rules between its cells."""
    try:
        cells, lines, problems = read_cells(path, [column.name for column in table.columns])
    except CatalogError as error:
        problems = [Problem(0, problem, problem) for problem in error.problems]
        return Read(path, pd.DataFrame(), np.array([], int), problems)

    def add(row: int, column: str, complaint: str, expected: str = "") -> None:
        text = cells[column].iloc[row]
        words = f"{shown(text)} {complaint}" if text else complaint
        words += f" (expected {expected})" if expected else ""
        message = f"{path.name}:{lines[row]}: {column}: {words}"
        problems.append(Problem(lines[row], f"{column}: {complaint}", message))

    values, wrong = {}, set()
    here = [column for column in table.columns if column.name in cells]
    for column in here:
        values[column.name], complaints = _parse(cells[column.name].to_numpy(object), column)
        for row, complaint in complaints:
            wrong.add((row, column.name))
            add(row, column.name, complaint, column.expected)
    frame = pd.DataFrame(values, copy=False)
    for rule in RULES.get(table.name, ()):
        if set(rule.columns) <= set(frame):
            for row in np.flatnonzero(rule.broken(frame).fillna(False)):
                if wrong.isdisjoint((row, name) for name in rule.columns):
                    add(row, rule.columns[0], rule.problem)
    for column in here:
        first = {}
        for row, text in enumerate(cells[column.name]) if column.unique else ():
            if text and first.setdefault(text, row) != row:
                again = f"stands in line {lines[first[text]]} already"
                add(row, column.name, again, "once")
    return Read(path, frame.set_index(table.key) if table.key in frame else frame, lines, problems)


def _parse(texts: np.ndarray, column: Column) -> tuple[ExtensionArray, list[tuple[int, str]]]:
    """Return a column's values and what is wrong by row; a text that recurs is parsed once."""
    codes, distinct = pd.factorize(texts)
    values, complaints = [], {}
    for code, text in enumerate(distinct):
        value = None
        if text:
            try:
                value = column.kind.parse(text)
            except ValueError as error:
                complaints[code] = str(error)
        elif column.required:
            complaints[code] = "is blank"
        values.append(value)
    typed = pd.Series(values, dtype=object).astype(column.kind.dtype).array
    wrong = np.flatnonzero(np.isin(codes, list(complaints)))
    return typed.take(codes), [(row, complaints[codes[row]]) for row in wrong]


def read_cells(path: Path, columns: list[str]) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """Return the cells of a CSV file as text, the line of each row, and what is wrong with the file's shape.

    Raises
    ------
    CatalogError
        If nothing below the header can be read.
    """
    content = _read_bytes(path)
    first_line = content[: content.index(b"\n")].decode()
    if not first_line.strip():
        raise CatalogError([f"{path.name}:1: the first line is blank (expected a header of column names)"])
    try:
        header = next(csv.reader([first_line], strict=True))
    except csv.Error as error:
        raise CatalogError([f"{path.name}:1: broken quotes in the header ({error})"]) from None
    for separator, words in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in first_line:
            raise CatalogError([f"{path.name}:1: cells are separated by {words} (expected commas)"])
    problems = _check_header(path.name, header, columns)
    if content.index(b"\n") == len(content) - 1:
        empty = f"{path.name}: no rows below the header (expected at least one)"
        raise CatalogError([*(problem.message for problem in problems), empty])
    rows, lines, shape_problems = read_rows(path.name, content.decode(), len(header))
    cells = pd.DataFrame(rows, columns=header, dtype=object)
    return cells.loc[:, ~cells.columns.duplicated()], np.array(lines, int), problems + shape_problems


def _read_bytes(path: Path) -> bytes:
    """Return the file as UTF-8 with LF line ends, one of them at its end, and without byte order mark."""
    try:
        content = path.read_bytes()
    except ValueError as error:  # a name that no file can have
        raise CatalogError([f"{path.name!r} is not a file's name ({error})"]) from None
    except FileNotFoundError:
        raise CatalogError([f"{path.name}: file not found (expected {path})"]) from None
    except OSError as error:
        raise CatalogError([f"{path.name}: cannot be read ({error.strerror})"]) from None
    content = content.removeprefix(BOM_UTF8)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
        lone = content.find(b"\r")
        if lone >= 0:
            line = content.count(b"\n", 0, lone) + 1
            raise CatalogError(
                [f"{path.name}:{line}: carriage return without line feed (expected line ends LF or CRLF)"]
            )
    if content.endswith(b"\n\n") or not content.endswith(b"\n"):
        content = content.rstrip(b"\n") + b"\n"
    try:
        content.isascii() or content.decode()
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise CatalogError([f"{path.name}:{line}: byte 0x{byte:02X} is not UTF-8 (expected a UTF-8 file)"]) from None
    if not content or content.isspace():
        raise CatalogError([f"{path.name}: the file is empty (expected a header of column names)"])
    return content


def _check_header(name: str, header: list[str], allowed: list[str]) -> list[Problem]:
    """Return what is wrong with the column names."""
    messages = []
    missing = [column for column in allowed if column not in header]
    for column, times in Counter(header).items():
        if times > 1:
            messages.append(f"column '{column}' stands {times} times (expected once)")
        if column not in allowed:
            messages.append(f"unknown column '{column}'{did_you_mean(column, missing)}")
    messages += [f"column '{column}' is missing" for column in missing]
    return [Problem(1, message, f"{name}:1: {message}") for message in messages]


def read_rows(name: str, text: str, width: int) -> tuple[list[list[str]], list[int], list[Problem]]:
    """Read row by row what is not one well-formed row a line; return rows, their lines, and what is wrong where."""
    csv.field_size_limit(2**31 - 1)  # a cell too long for Python's habit is no reason to misread the file
    rows, lines, problems, start = [], [], [], 2
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return rows, lines, problems
        except csv.Error as error:
            what = f"broken quotes or line ({error})"
            if "end of data" in str(error):
                what = "a quoted cell is never closed"
            what += "; what follows was not read"
            problems.append(Problem(start, what, f"{name}:{start}: {what}"))
            return rows, lines, problems
        what = "" if row else "blank line between rows"
        if row and len(row) != width:
            what = f"{len(row)} cells (expected {width}, as in the header)"
        if what:
            problems.append(Problem(start, what, f"{name}:{start}: {what}"))
        else:
            rows.append(row)
            lines.append(start)
        start = reader.line_num + 1
