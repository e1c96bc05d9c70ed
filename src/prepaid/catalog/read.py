"""Read a CSV file as text cells with the line of each row, or say what is wrong with its shape."""

import csv
import io
from codecs import BOM_UTF8
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import Kind, did_you_mean
from prepaid.catalog.rules import Table

# A problem is (line of the file, message), so that problems of every kind sort by line.
Problem = tuple[float, str]
# Letters of a wrong cell that a message repeats.
MOST_SHOWN = 80


class CatalogError(ValueError):
    """Everything that is wrong with a table, one problem a line.

    Attributes
    ----------
    problems : tuple of str
        Each like ``plans.csv:17: price_usd: 'abc' is not a number (expected dollars ≥ 0)``, with the line of the file.
    """

    def __init__(self, problems):
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


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
        raise CatalogError([*(message for _, message in problems), empty])
    rows, lines, shape_problems = _read_rows(path.name, content.decode(), len(header))
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
    return [(1, f"{name}:1: {message}") for message in messages]


def _read_rows(name: str, text: str, width: int) -> tuple[list[list[str]], list[int], list[Problem]]:
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
            what = (
                "a quoted cell is never closed" if "end of data" in str(error) else f"broken quotes or line ({error})"
            )
            problems.append((start, f"{name}:{start}: {what}; what follows was not read"))
            return rows, lines, problems
        if not row:
            problems.append((start, f"{name}:{start}: blank line between rows"))
        elif len(row) != width:
            problems.append((start, f"{name}:{start}: {len(row)} cells (expected {width}, as in the header)"))
        else:
            rows.append(row)
            lines.append(start)
        start = reader.line_num + 1


def _by_line(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: problem[0])


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise CatalogError(message for _, message in problems)


def _read_table(path: Path, table: Table) -> tuple[pd.DataFrame, np.ndarray, list[Problem]]:
    """Read a CSV file and check it against its declaration.

    Returns
    -------
    frame : DataFrame
        The columns that are there, typed; wrong cells are missing.
    lines : ndarray of int
        The file's line of each row.
    problems : list of (line, str)
        Everything that is wrong, by line; empty if nothing is.
    """
    try:
        cells, lines, problems = read_cells(path, [column.name for column in table.columns])
    except CatalogError as error:
        return pd.DataFrame(), np.array([], int), [(0, problem) for problem in error.problems]
    values, wrong = {}, set()
    for column in table.columns:
        if column.name not in cells:
            continue
        texts = cells[column.name].to_numpy(object)
        values[column.name], complaints = _parse(texts, column.kind, column.required)
        for row, complaint in complaints:
            wrong.add((row, column.name))
            problems.append(_problem(path, lines[row], column.name, texts[row], complaint, column.expected))
    frame = pd.DataFrame(values, copy=False)
    for rule in table.rules:
        if set(rule.columns) <= set(frame):
            for row in np.flatnonzero(rule.broken(frame).fillna(False)):
                if wrong.isdisjoint((row, name) for name in rule.columns):
                    text = cells[rule.columns[0]].iloc[row]
                    problems.append(_problem(path, lines[row], rule.columns[0], text, rule.problem))
    if table.key in frame:
        keys = cells[table.key].to_numpy(object)
        if len(set(keys)) < len(keys):
            first = {}
            for key, line in zip(keys, lines, strict=True):
                if key and first.setdefault(key, line) != line:
                    complaint = f"stands in line {first[key]} already (expected once)"
                    problems.append(_problem(path, line, table.key, key, complaint))
        frame = frame.set_index(table.key)
    return frame, lines, _by_line(problems)


def _problem(path: Path, line: int, column: str, text: str, complaint: str, expected: str = "") -> Problem:
    """Return one problem with a cell, on one line of text."""
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:MOST_SHOWN])
    shown = f"'{shown}{'...' if len(text) > MOST_SHOWN else ''}' " if text else ""
    return line, f"{path.name}:{line}: {column}: {shown}{complaint}" + (f" (expected {expected})" if expected else "")


def _parse(
    texts: np.ndarray, kind: Kind, required: bool
) -> tuple[pd.api.extensions.ExtensionArray, list[tuple[int, str]]]:
    """Return a column's values and its complaints as (row, text); a text that recurs is parsed once."""
    codes, distinct = pd.factorize(texts)
    values, complaints = [], {}
    for code, text in enumerate(distinct):
        value = None
        if text:
            try:
                value = kind.parse(text)
            except ValueError as error:
                complaints[code] = str(error)
        elif required:
            complaints[code] = "is blank"
        values.append(value)
    typed = pd.Series(values, dtype=object).astype(kind.dtype).array
    wrong = np.flatnonzero(np.isin(codes, list(complaints))) if complaints else ()
    return typed.take(codes), [(row, complaints[codes[row]]) for row in wrong]
