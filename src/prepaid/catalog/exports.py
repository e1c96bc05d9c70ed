"""What exported files say, whatever their encoding, separator, dates, decimals and units."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import OLDEST_YEAR
from prepaid.usage import MOST_GB_ON_A_DAY

PER_GB = {"B": 1e9, "KB": 1e6, "MB": 1e3, "GB": 1.0, "TB": 1e-3}
PER_GB |= {"KiB": 1e9 / 2**10, "MiB": 1e9 / 2**20, "GiB": 1e9 / 2**30, "TiB": 1e9 / 2**40}
NO_AMOUNT = f"is no amount (expected one >= 0, with a unit of {', '.join(PER_GB)} or without)"
UNIT = re.compile(r"([kmgt])(ilo|ega|iga|era|i)?(bytes?|octets?|b|o)?|(bytes?|octets?|字节)", re.I)
AMOUNT = re.compile(r"([-+]?[.,]?\d(?:[\d.,'\u2019 ]*\d)?(?:e[-+]?\d+)?)\s*([a-z字节]*)", re.I)
# The weekday and the time of a date, which do not matter.
WITHOUT_DAY = re.compile(
    r"^[(\s]*((mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|(星期|周).)[),.\s]*|[T,\s]+([上下]午\s*)?\d\d?[:时]\d\d"
    r"([:分]\d\d)?(\.\d+)?[秒分]?\s*([ap]\.?m\.?)?\s*([a-z]{1,4}|[-+]\d\d:?\d\d)?$"
    r"|[(,\s]*((mon|tue|wed|thu|fri|sat|sun)[a-z]*|(星期|周).)[)\s]*$",
    re.I,
)
# Ways to write a day whose parts are joined by hyphens, by the order of numbers that they mean.
PLAIN = ("%Y-%m-%d", "%Y%m%d", "%Y-%b-%d", "%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y")
PLAIN += ("%d-%b-%y", "%d%b%Y")
WAYS = {"day/month": ("%d-%m-%Y", "%d-%m-%y"), "month/day": ("%m-%d-%Y", "%m-%d-%y")}
WAYS |= {"year/month": ("%y-%m-%d",)}

# What is wrong or asked: line (None: the whole), column, complaint and cell.
Complaint = tuple[int | None, str, str, str]


def decoded(path: Path) -> str:
    """Return the text of a file, whatever its encoding."""
    if not path.is_file():
        folder = path if path.is_dir() else path.parent
        near = sorted(file.name for file in folder.glob("*.[ctCT][sxSX][vtVT]"))
        there = ", ".join(near) or "no CSV file"
        raise ValueError(f"{path.name}: file not found in {folder.resolve()} (there: {there})")
    content = path.read_bytes()
    if content.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise ValueError(f"{path.name}: is no text (expected CSV: save the sheet as CSV UTF-8)")
    encodings = ["utf-8-sig", "gb18030", "cp1252"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        encodings = ["utf-16-le" if content[1::2].count(0) > len(content) / 4 else "utf-16-be"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # An accent and a letter of a European text look like one Chinese character, not like two.
        if encoding != "gb18030" or re.search("[\u4e00-\u9fff]{2}", text):
            return text
    raise ValueError(f"{path.name}: cannot be read (expected text in UTF-8, UTF-16 or GB18030)")


def cells_below_header(name: str, text: str) -> pd.DataFrame:
    """Return the cells below the header by line; comments and what stands above it go."""

    def is_data(row: list[str]) -> bool:
        rest = [cell for cell in row if not readings(cell)]
        return len(rest) < len(row) and any(map(AMOUNT.fullmatch, rest))

    best, rows, data = (0, 1), [], []
    for separator in ",;\t|\uff0c":
        reader = csv.reader(io.StringIO(text, None), delimiter=separator, skipinitialspace=True)
        lines = (
            (reader.line_num, [normalize("NFKC", cell).strip() for cell in row]) for row in reader
        )
        tried = [(line, row) for line, row in lines if any(row)]
        found = [i for i, (_, row) in enumerate(tried) if is_data(row)]
        score = len(found), max((len(row) for _, row in tried), default=0)
        if score > best:
            best, rows, data = score, tried, found
    if not rows:
        raise ValueError(f"{name}: has no columns (expected 'date,mb', then '2026-08-20,512')")
    above = [(i, row) for i, (_, row) in enumerate(rows[: data[0] if data else 1])]
    named = [(i, row) for i, row in above if sum(map(bool, row)) > 1]
    named = [(i, row) for i, row in named if not any(map(AMOUNT.fullmatch, row))]
    top, header = max(named, key=lambda one: (one[1][0][:1] != "#", one[0]), default=(-1, []))
    body = [(line, row) for line, row in rows[top + 1 :] if row[0][:1] != "#" and row != header]
    keys = [cell.strip("# ") for cell in header] or [""] * max(len(row) for _, row in body)
    keys = [key if key and key not in keys[:i] else f"column {i + 1}" for i, key in enumerate(keys)]
    width = len(keys)
    wide = [(line, len(row)) for line, row in body if any(row[width:])]
    raise_all(folded([(line, "", f"{n} cells (expected {width})", "") for line, n in wide], name))
    cells = [(row + [""] * width)[:width] for _, row in body]
    return pd.DataFrame(cells, [line for line, _ in body], keys, dtype=object)


def vnstat_days(name: str, text: str) -> pd.DataFrame:
    """Return the days of vnStat's JSON: version 1 of it counts in KiB, 2 in bytes.

    Source: its author, github.com/vergoh/vnstat/issues/127.
    """
    try:
        whole = json.loads(text)
        unit = {"1": "KiB", "2": "B"}[str(whole["jsonversion"])]
        found = {one.get("name") or one["id"]: one["traffic"] for one in whole["interfaces"]}
        found = {key: one.get("day") or one.get("days") for key, one in found.items()}
        found = {key: days for key, days in found.items() if days}
        rows = [
            ("{year}-{month:02}-{day:02}".format(**day["date"]), str(day["rx"]), str(day["tx"]))
            for days in found.values()
            for day in days
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{name}: is not the JSON of vnStat (expected vnstat --json d)") from None
    if len(found) != 1:
        one = "(expected one interface: vnstat -i NAME --json d)"
        raise ValueError(f"{name}: has days of {', '.join(found) or 'none'} {one}")
    columns = ["date", f"rx ({unit})", f"tx ({unit})"]
    return pd.DataFrame(rows, range(1, len(rows) + 1), columns, dtype=object)


@lru_cache(maxsize=10_000)
def readings(cell: str) -> dict[str, dt.date]:
    """Return the days that a cell can mean, by the order of its numbers."""
    text = WITHOUT_DAY.sub("", cell)[:40]
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b|日$|\s", lambda end: "-" * end[0].isspace(), text)
    text = re.sub(r"[年月/,.-]+", "-", text).replace("Sept-", "Sep-")
    # Most ways have another form, and to try them takes long.
    form, days = (text.count("-"), bool(re.search(r"[^\W\d_]", text))), {}
    for order, ways in WAYS.items() if re.search(r"\d.*\d", text) else ():
        for way in (*PLAIN, *ways):
            if form != (way.count("-"), "b" in way.lower()):
                continue
            try:
                days.setdefault(order, dt.datetime.strptime(text, way).date())
            except ValueError:
                continue
    return days


def days_written(
    rows: pd.DataFrame, day: str, day_first: bool | None, is_file: bool
) -> tuple[pd.Series, list[str], list[Complaint]]:
    """Return the days, in which order their numbers were read, and what is wrong or asked."""
    # A day is in the future only if it is one nowhere on earth yet.
    east = dt.timezone(dt.timedelta(hours=14))
    latest = dt.datetime.now(east).date() if is_file else dt.date.max
    cells, problems, read = rows[day], [], {}
    for cell in cells.unique():
        days = readings(cell).items()
        read[cell] = {key: day for key, day in days if day.year >= OLDEST_YEAR and day <= latest}
    known = {cell: days for cell, days in read.items() if days}
    orders = [order for order in WAYS if all(order in days for days in known.values())]
    if "year/month" in orders:  # a year that changes from row to row is none
        spans = {key: [days[key] for days in known.values()] for key in orders if known}
        dense = [key for key, on in spans.items() if (max(on) - min(on)).days < 28 * len(on)]
        orders = dense if "year/month" in dense else [key for key in orders if key != "year/month"]
    if day_first is not None:
        orders = ["day/month" if day_first else "month/day"]
    if not orders:
        problems.append((None, day, "mixes day/month and month/day (expected one order)", ""))
    two = [cell for cell, days in known.items() if len({days.get(key) for key in orders}) > 1]
    if two:
        on = " or ".join(f"{known[two[0]][key]:%d %B %Y}".lstrip("0") for key in orders[:2])
        expected = {True: "years of four digits", False: "day_first=True or False"}
        what = f"can be {on} (expected {expected['year/month' in orders]})"
        problems.append((cells.index[cells == two[0]][0], day, what, two[0]))
    order = orders[0] if orders else "day/month"
    wrong = [(line, cell) for line, cell in cells.items() if order not in read[cell]]
    problems += [(line, day, _no_date(cell), cell) for line, cell in wrong]
    dates = pd.to_datetime(cells.map(lambda cell: read[cell].get(order))).rename("date")
    for key in [key for key in rows if key != day and share(rows[key], readings) > 0.5]:
        other = pd.to_datetime(rows[key].map(lambda cell: readings(cell).get(order)))
        if (abs(other - dates) > pd.Timedelta(days=1)).any():
            apart = f"is more than a day from '{key}' (expected single days, in one column)"
            problems.append((None, day, apart, ""))
    numbers = any(len(set(days.values())) > 1 or len(days) < 3 for days in map(readings, known))
    return dates, [f"dates as {order}"] if numbers else [], problems


def _no_date(cell: str) -> str:
    """Return why a cell is no date."""
    if re.fullmatch(r"\d{5}(\.\d+)?", cell):
        return "is a spreadsheet's number of a day (expected cells formatted as dates)"
    if re.fullmatch(r"\d{10}|\d{13}", cell):
        return "is a Unix time (expected dates)"
    if readings(cell):
        return f"is before {OLDEST_YEAR}, in the future or no day in this order (expected a date)"
    return "is no date (expected a day of the calendar with its year, such as 2026-08-20)"


def amounts_in_gb(
    cells: pd.Series, units: pd.Series | None, unit: str | None, decimal: str | None
) -> tuple[pd.Series, list[Complaint], bool]:
    """Return a column's cells in GB, what is wrong or asked, and whether a unit stands in it."""
    key, found = str(cells.name), cells.map(AMOUNT.fullmatch)
    texts = found.dropna().map(lambda amount: re.sub(r"(?<=\d)[ '\u2019](?=\d{3})", "", amount[1]))
    # A mark before three digits can be one of thousands; the others tell.
    open_ = texts[texts.str.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}")]
    other, points = {".": ",", ",": "."}, set()
    for marks in texts.drop(open_.index).str.replace("[^.,]", "", regex=True):
        twice = len(marks) > 1 and len(set(marks)) == 1
        points |= {other[marks[-1]] if twice else marks[-1]} if marks else set()
    if not points and texts.str.fullmatch(r"[1-9]\d{0,2}").sum() > 1:
        points = {"." if "," in text else "," for text in open_}  # thousands, beside what has none
    problems = []
    if decimal is None and (len(points) > 1 or (len(open_) and not points)):
        line = open_.index[0] if len(open_) else cells.index[0]
        what = "does not tell its mark of decimals (expected decimal='.' or decimal=',')"
        problems.append((line, key, what, cells[line]))
    point = decimal or min(points, default=".")
    comma = other[point]
    digits = rf"(\d+|\d{{1,3}}(\{comma}\d{{3}})+)?(\{point}\d+)?(e[-+]?\d+)?"
    gb, bare, named = pd.Series(np.nan, cells.index), [], unit_of(key)
    for line, cell in cells.items():
        text = texts.get(line, "").lstrip("+")
        word = found[line][2] if text else ""
        beside = "" if units is None else unit_meant(units[line])
        own = unit_meant(word, loose=True) if word else beside
        if re.fullmatch(digits, text, re.I) and text and (own or not word):
            number = float(text.replace(comma, "").replace(point, "."))
            own = own or unit or named
            own = unit if own == "bits" else own
            gb[line] = number / PER_GB[own] if own else number
            bare += [number] if number and not own else []
        else:
            problems.append(
                (line, key, NO_AMOUNT if cell else "is blank (expected 0 for none)", cell)
            )
    if bare:
        fit = [
            f"unit='{word}' ({max(bare) / per:.3g} GB in the largest row)"
            for word, per in PER_GB.items()
            if 0.001 <= max(bare) / per <= MOST_GB_ON_A_DAY
        ]
        what = "may count bits" if named == "bits" else "has no unit"
        problems.append((None, key, f"{what} (expected {' or '.join(fit) or 'unit='})", ""))
    return gb, problems, bool(named) or found.dropna().map(lambda amount: bool(amount[2])).any()


def words_of(name: str) -> str:
    """Return a column's name in lower-case words."""
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name))).lower()


def unit_of(name: str) -> str:
    """Return the one unit that a column's name states, or nothing."""
    words = re.findall(r"[a-z]+|字节", re.sub(r"(?<=[a-z])(?=[A-Z][AB]|Bytes)", " ", name), re.I)
    units = {unit_meant(word) for word in words}
    units |= {unit_meant(word, loose=True) for word in re.findall(r"[(\[]\s*(\w+)\s*[)\]]", name)}
    return units.pop() if len(units := units - {""}) == 1 else ""


def unit_meant(word: str, loose: bool = False) -> str:
    """Return what a word means: a key of `PER_GB`, "bits" for such as Mb, or nothing.

    M, and Mo as the French write, count if `loose`.
    """
    found = UNIT.fullmatch(word)
    if not found or not (loose or found[4] or (found[3] or "o").lower() != "o"):
        return "B" if word == "B" and loose else ""
    if re.fullmatch("[KMGT]b", word):
        return "bits"
    return f"{(found[1] or '').upper()}{'i' * ((found[2] or '').lower() == 'i')}B"


def share(cells: pd.Series, test: Callable[[str], object]) -> float:
    """Return the share of filled cells that pass."""
    filled = cells[cells != ""]
    return filled.map(test).map(bool).mean() if len(filled) else 0.0


def any_cell(cells: pd.DataFrame, test: Callable[[str], object]) -> pd.Series:
    """Return which rows have a cell that passes."""
    return cells.map(lambda cell: bool(test(cell))).any(axis=1)


def folded(problems: Iterable[Complaint], name: str) -> list[str]:
    """Return one message for all problems that differ in line and cell only."""
    kinds = {}
    for line, column, what, cell in problems:
        kinds.setdefault((column, what), []).append((line, cell))
    messages = []
    for (column, what), ((line, cell), *more) in kinds.items():
        place = f"{name}:{line}" if line is not None else name
        text = ": ".join(filter(None, [place, column, f"'{cell[:80]}' {what}" if cell else what]))
        messages.append(f"{text}; {1 + len(more)} lines in all" if more else text)
    return messages


def raise_all(messages: Iterable[str]) -> None:
    """Raise a ValueError of all messages, if there are any."""
    if messages := list(messages):
        raise ValueError("\n".join(messages))
