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
from prepaid.catalog.rules import Misfit, broken_rules, misfits, unknown_references

# More problems of one kind in one column than this are told as one, with their number.
MOST_ALIKE = 20


class Problem(NamedTuple):
    """What is wrong on a line of a file; `kind` is the same where only the row differs."""

    line: float  # infinity: of the file as a whole
    text: str
    kind: str = ""


@dataclass
class Read:
    """What was read of one file: typed columns, the line of each row, and all that is wrong.

    A wrong cell is missing. The frame is empty if nothing could be read.
    """

    path: Path
    frame: pd.DataFrame
    lines: pd.Index
    problems: list[Problem]

    @property
    def messages(self) -> list[str]:
        """The problems by line; of many of one kind, the first and how many more there are."""
        times, messages = Counter(problem.kind for problem in self.problems), {}
        for line, text, kind in sorted(self.problems, key=lambda problem: problem.line):
            place = self.path.name if line == math.inf else f"{self.path.name}:{line}"
            if times[kind] > MOST_ALIKE:
                more = f"and {times[kind] - 1} more rows like this one"
                messages.setdefault(kind, f"{place}: {text}; {more}")
            else:
                messages[line, text] = f"{place}: {text}"
        return list(messages.values())


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
    """Add what is wrong between rows and tables to the problems of each table."""
    for name, row, text in found:
        line = math.inf if row is None else reads[name].lines[row]
        reads[name].problems.append(Problem(line, text, text.rpartition("' is ")[2]))


def examine(path: Path, table: Table) -> Read:
    """Read a CSV file; check it against its declaration and the rules between its cells."""
    cells, problems = read_cells(path, [column.name for column in table.columns])

    def add(line: int, column: str, complaint: str) -> None:
        cell = cells.loc[line, column]
        quoted = f"{shown(cell)} " if cell else ""
        problems.append(Problem(line, f"{column}: {quoted}{complaint}", f"{column}: {complaint}"))

    values, wrong = {}, set()
    here = [column for column in table.columns if column.name in cells]
    for column in here:
        values[column.name], complaints = _parse(cells[column.name], column)
        for line, complaint in complaints.items():
            wrong.add((line, column.name))
            add(line, column.name, f"{complaint} (expected {column.expected})")
    frame = pd.DataFrame(values, cells.index, copy=False)
    for line, columns, problem in broken_rules(table, frame):
        if wrong.isdisjoint((line, name) for name in columns):
            add(line, columns[0], problem)
    for column in here:
        first = {}
        for line, text in cells[column.name].items() if column.unique else ():
            if text and first.setdefault(text, line) != line:
                add(line, column.name, f"stands in line {first[text]} already (expected once)")
    frame = frame.set_index(table.key) if table.key in frame else frame.reset_index(drop=True)
    return Read(path, frame, cells.index, problems)


def _parse(cells: pd.Series, column: Column) -> tuple[ExtensionArray, dict[int, str]]:
    """Return a column's values and what is wrong by line; a text that recurs is parsed once."""
    codes, distinct = pd.factorize(cells.to_numpy(object))
    values, complaints = [], {}
    for code, text in enumerate(distinct):
        if column.required and not text:
            complaints[code] = "is blank"
        try:
            values.append(column.kind.parse(text) if text else None)
        except ValueError as error:
            values.append(None)
            complaints[code] = str(error)
    typed = pd.Series(values, dtype=object).astype(column.kind.dtype).array
    wrong = np.isin(codes, list(complaints))
    lines = zip(cells.index[wrong], codes[wrong], strict=True)
    return typed.take(codes), {line: complaints[code] for line, code in lines}


def read_cells(path: Path, columns: list[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """Return a CSV file's cells as text, by line and column, and what is wrong with its shape."""
    try:
        text = _read_text(path)
        header, problems = _read_header(text.partition("\n")[0], columns)
    except _Unreadable as error:
        return pd.DataFrame(), [Problem(*error.args)]
    rows, lines, of_rows = read_rows(text, len(header))
    if text.count("\n") == 1:
        of_rows = [Problem(math.inf, "no rows below the header (expected at least one)")]
    cells = pd.DataFrame(rows, lines, header, dtype=object)
    return cells.loc[:, ~cells.columns.duplicated()], problems + of_rows


class _Unreadable(Exception):
    """Why no cell can be read, as (line, text)."""


def _read_text(path: Path) -> str:
    """Return a UTF-8 file with LF line ends, one of them at its end, without byte order mark."""
    try:
        content = path.read_bytes().removeprefix(BOM_UTF8)
        text = content.decode().replace("\r\n", "\n")
    except FileNotFoundError:
        raise _Unreadable(math.inf, f"file not found (expected {path})") from None
    except OSError as error:
        raise _Unreadable(math.inf, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise _Unreadable(line, f"byte 0x{byte:02X} is not UTF-8 (expected a UTF-8 file)") from None
    except ValueError as error:  # a name that no file can have
        raise _Unreadable(math.inf, f"is not a file's name ({error})") from None
    before, lone, _ = text.partition("\r")
    if lone:
        words = "carriage return without line feed (expected line ends LF or CRLF)"
        raise _Unreadable(before.count("\n") + 1, words)
    if not text.strip():
        raise _Unreadable(math.inf, "the file is empty (expected a header of column names)")
    return text.rstrip("\n") + "\n"


def _read_header(line: str, allowed: list[str]) -> tuple[list[str], list[Problem]]:
    """Return the column names of the first line, and what is wrong with them."""
    if not line.strip():
        raise _Unreadable(1, "the first line is blank (expected a header of column names)")
    try:
        header = next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise _Unreadable(1, f"broken quotes in the header ({error})") from None
    for separator, words in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in line:
            raise _Unreadable(1, f"cells are separated by {words} (expected commas)")
    missing, texts = [column for column in allowed if column not in header], []
    for column, times in Counter(header).items():
        if times > 1:
            texts.append(f"column '{column}' stands {times} times (expected once)")
        if column not in allowed:
            texts.append(f"unknown column '{column}'{did_you_mean(column, missing)}")
    texts += [f"column '{column}' is missing" for column in missing]
    return header, [Problem(1, text, text) for text in texts]


def read_rows(text: str, width: int) -> tuple[list[list[str]], list[int], list[Problem]]:
    """Return the rows of a CSV text that have `width` cells, their lines, and what the rest is."""
    csv.field_size_limit(2**31 - 1)  # a cell too long for Python's habit is no reason to misread
    rows, lines, problems, start = [], [], [], 2
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    next(reader)
    try:
        for row in reader:
            if len(row) == width:
                rows.append(row)
                lines.append(start)
            else:
                cells = f"{len(row)} cells (expected {width}, as in the header)"
                wrong = cells if row else "blank line between rows"
                problems.append(Problem(start, wrong, wrong))
            start = reader.line_num + 1
    except csv.Error as error:
        wrong = f"broken quotes or line ({error})"
        if "end of data" in str(error):
            wrong = "a quoted cell is never closed"
        problems.append(Problem(start, f"{wrong}; what follows was not read"))
    return rows, lines, problems
