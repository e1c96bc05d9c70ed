"""A person's own usage, out of a file or a table: what is plain is read, what is not is asked."""

import csv
import datetime as dt
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import OLDEST_YEAR
from prepaid.usage import MOST_GB_ON_A_DAY, WEEK_DAYS, daily_gb

PER_GB = {"B": 1e9, "KB": 1e6, "MB": 1e3, "GB": 1.0, "TB": 1e-3}
PER_GB |= {"KiB": 1e9 / 2**10, "MiB": 1e9 / 2**20, "GiB": 1e9 / 2**30, "TiB": 1e9 / 2**40}
UNIT = re.compile(
    r"(kibi|kilo|mebi|mega|gibi|giga|tebi|tera|[kmgt])?(i?)(bytes?|octets?|b|o|字节)?", re.I
)
AMOUNT = re.compile(r"([-+]?[.,]?\d(?:[\d.,'’ ]*\d)?(?:e[-+]?\d+)?)\s*([a-z字节]*)", re.I)
WEEKDAY = r"[(,\s]*(?:(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|星期.|周.)[).,\s]*)?"
CLOCK = r"(?:[T,\s]+(?:[上下]午\s*)?\d\d?[:时]\d\d(?:[:分]\d\d)?(?:\.\d+)?[秒分]?"
CLOCK += r"\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{1,4}|[-+]\d\d:?\d\d)?)?"
YMD = (
    r"(?P<y>\d{4})[-/.年](?P<m>\d\d?)[-/.月](?P<d>\d\d?)日?|(?P<yy>20\d\d)(?P<mm>\d\d)(?P<dd>\d\d)"
)
NUMBERS = r"(?P<a>\d\d?)(?P<mark>[-/.])(?P<b>\d\d?)(?P=mark)(?P<c>\d{4}|\d\d)"
DAY_WORD = r"(?P<wd>\d\d?)(?:st|nd|rd|th)?[-\s.]*(?P<wm>[a-z]{3,9})[-.,\s]+(?P<wy>\d{4}|\d\d)"
WORD_DAY = r"(?P<vm>[a-z]{3,9})[-.\s]+(?P<vd>\d\d?)(?:st|nd|rd|th)?[-,\s]+(?P<vy>\d{4})"
DATE = re.compile(f"{WEEKDAY}(?:{YMD}|{NUMBERS}|{DAY_WORD}|{WORD_DAY}){CLOCK}{WEEKDAY}", re.I)
MONTHS = "january february march april may june july august september october november december"
# What columns are called, and rows that are not a line's data.
DAYS = re.compile(r"\b(date|day|time|timestamp|start)|日期|时间")
DOWN = re.compile(r"\b(down\w*|rx|recei\w*|in|inbound|ingress)\b|下载|下行|接收")
UP = re.compile(r"\b(up|upload\w*|uplink|tx|sent|transmit\w*|out|outbound|egress)\b|上传|上行|发送")
TOTAL = re.compile(r"\b(total|sum|combined)\b|合计|总")
USAGE = re.compile(
    r"\b(data|usage|used?|traffic|volume|mobile|cellular|[kmg]i?b|bytes?)\b|流量|用量"
)
OTHER = re.compile(
    r"\b(remain\w*|left|balance|limit|quota|allowance|budget|cost|price|fees?|charges?|usd|rate|speed"
    r"|\w*bps|\w*bits?|per (second|s)|s|percent|duration|minutes?|hours?|sessions?|count|calls?|sms"
    r"|texts?|messages?|id|no|index|port|cumulative|running|to date|year|month|week|wi ?fi|wlan"
    r"|ethernet|average|avg|mean|packets?|pkts|account|imei|phone|zip|lat|lon|mcc|mnc)\b"
    r"|[$%¥]|剩余|余额|套餐|费|金额|速率|时长|累计|次数|序号|平均|无线|占比"
)
PERSON = (
    "person,person id,user,user id,username,subscriber,member,line,line number,phone,phone number"
)
PERSON = f"{PERSON},mobile number,wireless number,msisdn,mdn,姓名,用户,号码,手机号,手机号码".split(
    ","
)
PERHAPS = "name,device,device name,host,hostname,mac,mac address,ip,ip address,interface,sim,iccid"
PERHAPS = f"{PERHAPS},imsi,imei,client,owner,account,number,设备,设备名称".split(",")
TOTALS = re.compile(r"((grand|sub)[- ]?)?totals?\b|sum(me)?\b|averages?\b|[合总小共]计|平均", re.I)
NOT_LINE = re.compile(
    r"wi-?fi( .*)?|wlan|ethernet|voice|talk|calls?|sms|mms|text|语音|通话|短信", re.I
)
NOT_DATA = re.compile(r"min(ute)?s?|se?c|ms?gs?|messages?|sms|texts?|calls?|条|分钟|秒|次", re.I)


class Problem(NamedTuple):
    """What is wrong in a line; problems that differ in line and cell only are told once."""

    line: int | None
    column: str
    what: str
    cell: str = ""


class Amounts(NamedTuple):
    """A column of amounts in GB, what is wrong with it, and whether a unit stands in it."""

    gb: pd.Series
    problems: list[Problem]
    has_unit: bool


def read_usage(
    source: str | Path | pd.Series | pd.DataFrame,
    *,
    unit: str | None = None,
    day_first: bool | None = None,
    decimal: str | None = None,
    gaps: str | None = None,
    column: str | list[str] | None = None,
    person: str | bool | None = None,
    repeated: str | None = None,
) -> pd.Series | pd.DataFrame:
    """Read a person's own usage.

    Separator, encoding, date order, unit and columns are recognised. The rows of a day are added
    up, and so are both directions; rows of totals, Wi-Fi, calls and texts are left out. Days are
    those written, in whatever time zone. What can mean two things is asked, never guessed: each
    option answers one question.

    Parameters
    ----------
    source
        A text file with a date and an amount a row, the output of `vnstat --json d`, a DataFrame
        like that, or a dated Series (in GB, unless its name or `unit` says otherwise).
    unit
        Unit of numbers without one, a key of `PER_GB`; it outweighs the column's name.
    day_first
        Whether 03/04 is 3 April.
    decimal
        "." or ",", where no number tells what the mark in 1,234 is.
    gaps
        "zero": on missing days nothing was used.
    column
        The column of amounts, or those that are to be added.
    person
        The column that tells persons apart; False: all rows are one person's.
    repeated
        "add" or "drop" rows that repeat others.

    Returns
    -------
    Series `gb`: GB (1 GB = 1000 MB) by `date`, every day once, in order. Of several persons, a
    DataFrame with a column each, blank outside the person's own days. `attrs["understood"]` says
    in one line what was understood.

    Raises
    ------
    ValueError
        With every question, and everything that cannot be a person's usage, by file and line.
    """
    answers = {
        "unit": (unit, [*PER_GB]),
        "decimal": (decimal, [".", ","]),
        "gaps": (gaps, ["zero"]),
    }
    answers |= {"repeated": (repeated, ["add", "drop"]), "day_first": (day_first, [True, False])}
    _raise(
        f"{option} is {answer!r} (expected one of {known}, or None)"
        for option, (answer, known) in answers.items()
        if answer is not None and answer not in known
    )
    is_file = isinstance(source, str | Path)
    name, table = _table(source)
    day = _date_column(table)
    rows, units, left_out = _data_rows(name, table, day)
    dates, order, problems = _dates(rows, day, day_first, is_file)
    who, asked = _person_column(rows, day, person)
    amounts = {
        key: _amounts(rows[key], units, unit, decimal if is_file else ".")
        for key in rows
        if key not in (day, who) and _share(rows[key], AMOUNT) >= 0.5
    }
    columns, more = _usage_columns(amounts, column, rows)
    problems += asked + more + [problem for key in columns for problem in amounts[key].problems]
    _raise(_folded(problems, name))
    gb = sum(amounts[key].gb for key in columns).rename("gb")
    by = [rows[who].rename("who") if who else pd.Series("", rows.index, name="who"), dates]
    again = _repeats(rows, gb, by, bare=set(rows) <= {day, who, *amounts})
    if again.any() and repeated is None:
        raise ValueError(
            f"{name}:{again.idxmax()}: {_many(again.sum(), 'row')} of a day that has one already: give"
            " repeated='add' if that is further use, repeated='drop' if it is the same once more"
        )
    if repeated == "drop":
        gb, by = gb[~again], [part[~again] for part in by]
    count, days, faults = gb.groupby(by).size(), {}, {}
    for key, part in gb.groupby(by).sum().groupby(level=0, sort=False):
        try:
            days[key] = _daily(part.droplevel(0), gaps, sure=unit is not None)
        except ValueError as error:
            faults.setdefault(str(error), []).append(key)
    _raise(
        f"{name}: {f'{who} {keys[0]!r} and {len(keys) - 1} more: ' if who else ''}{fault}"
        for fault, keys in faults.items()
    )
    usage = pd.DataFrame(days).sort_index() if who else days[""]
    filled, low, high = int(usage.count().sum()) - len(count), count.min(), count.max()
    said = [f"{len(days)} persons (column {who})"] if who else []
    said += [
        _span(usage.index),
        f"column{'s' if len(columns) > 1 else ''} {' + '.join(columns)}",
        *order,
    ]
    said += [f"{low}{f' to {high}' if low < high else ''} rows a day added"] if high > 1 else []
    said += left_out + ([f"{_many(filled, 'missing day')} taken as 0"] if filled else [])
    said += [f"{gb.sum():,.1f} GB (1000 MB each: up to 7.4 % off if a seller counts in 1024s)"]
    usage.attrs["understood"] = ", ".join(said)
    return usage


def _table(source: str | Path | pd.Series | pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the source's name and its cells as text, by line."""
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        text = _decoded(path)
        return path.name, (_vnstat if text.lstrip().startswith("{") else _cells)(path.name, text)
    if isinstance(source, pd.Series):
        if texts := [value for value in source if isinstance(value, str)]:
            raise ValueError(
                f"usage: {len(texts)} values are text, the first {texts[0]!r} (expected GB per day)"
            )
        label = "gb" if source.name is None else str(source.name)
        source = source.to_frame(label if _unit_of(label) else f"{label} (GB)")
    if not isinstance(source, pd.DataFrame) or source.empty:
        raise ValueError("usage has no days (expected a file, or a Series or DataFrame with dates)")
    if not isinstance(source.index, pd.RangeIndex):
        source = source.rename_axis([label or "date" for label in source.index.names]).reset_index()
    cells = source.map(lambda value: "" if pd.isna(value) else str(value).strip())
    return "usage", cells.set_axis([str(key) for key in cells], axis=1).set_axis(
        range(1, len(cells) + 1)
    )


def _decoded(path: Path) -> str:
    """Return the text of a file, whatever its encoding."""
    if not path.is_file():
        folder = path if path.is_dir() else path.parent
        near = (
            ", ".join(sorted(file.name for file in folder.glob("*.[ctCT][sxSX][vtVT]")))
            or "no CSV file"
        )
        raise ValueError(f"{path.name}: file not found in {folder.resolve()} (there: {near})")
    content = path.read_bytes()
    if content.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise ValueError(f"{path.name}: is no text (expected CSV: save the sheet as CSV UTF-8)")
    encodings = ["utf-8-sig", "gb18030", "cp1252"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        encodings = [
            "utf-16-le" if content[1::2].count(0) >= content[::2].count(0) else "utf-16-be"
        ]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{path.name}: cannot be read (expected text in UTF-8, UTF-16 or GB18030)")


def _cells(name: str, text: str) -> pd.DataFrame:
    """Return the cells below the header by line; what stands above it, and comments, go."""
    rows, data = [], []
    for separator in ",;\t|":
        reader = csv.reader(
            io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=True
        )
        tried = [
            (reader.line_num, [unicodedata.normalize("NFKC", cell).strip() for cell in row])
            for row in reader
        ]
        tried = [(line, row) for line, row in tried if any(row)]
        found = [i for i, (_, row) in enumerate(tried) if _is_data(row)]
        if (len(found), sum(len(row) for _, row in tried)) > (
            len(data),
            sum(len(row) for _, row in rows),
        ):
            rows, data = tried, found
    if max((len(row) for _, row in rows), default=0) < 2:
        raise ValueError(
            f"{name}: has no columns (expected such as 'date,mb', and below '2026-08-20,512')"
        )
    start = data[0] if data else 1
    tops = [
        i
        for i in range(start)
        if sum(map(bool, rows[i][1])) > 1 and not any(map(AMOUNT.fullmatch, rows[i][1]))
    ]
    top = max(tops, key=lambda i: (rows[i][1][0][:1] != "#", i), default=-1)
    names = [] if top < 0 else [cell.strip("# ") for cell in rows[top][1]]
    width = len(names) or max(len(rows[i][1]) for i in data or [0])
    names = [key or f"column {i + 1}" for i, key in enumerate(names or [""] * width)]
    names = [f"{key} ({i + 1})" if key in names[:i] else key for i, key in enumerate(names)]
    body = [
        (line, row)
        for line, row in rows[top + 1 :]
        if row[0][:1] != "#" and row != rows[top][1] * (top >= 0)
    ]
    _raise(
        _folded(
            [
                Problem(line, "", f"{len(row)} cells (expected {width})")
                for line, row in body
                if any(row[width:])
            ],
            name,
        )
    )
    cells = [(row + [""] * width)[:width] for _, row in body]
    return pd.DataFrame(cells, index=[line for line, _ in body], columns=names, dtype=object)


def _is_data(row: list[str]) -> bool:
    rest = [cell for cell in row if not DATE.fullmatch(cell)]
    return len(rest) < len(row) and any(map(AMOUNT.fullmatch, rest))


def _vnstat(name: str, text: str) -> pd.DataFrame:
    """Return the days of vnStat's JSON, whose version 2 counts in bytes and version 1 in KiB."""
    try:
        whole = json.loads(text)
        unit = {"1": "KiB", "2": "B"}[str(whole["jsonversion"])]
        found = {one.get("name", one.get("id")): one["traffic"] for one in whole["interfaces"]}
        found = {key: traffic.get("day", traffic.get("days")) for key, traffic in found.items()}
        found = {key: days for key, days in found.items() if days}
        rows = [
            ["{year}-{month:02}-{day:02}".format(**day["date"]), str(day["rx"]), str(day["tx"])]
            for days in found.values()
            for day in days
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(
            f"{name}: is not the JSON of vnStat (expected that of vnstat --json d)"
        ) from None
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise ValueError(
            f"{name}: days of one interface are needed, has: {names} (vnstat -i NAME --json d)"
        )
    return pd.DataFrame(
        rows, range(1, len(rows) + 1), ["date", f"rx ({unit})", f"tx ({unit})"], dtype=object
    )


def _date_column(table: pd.DataFrame) -> str:
    """Return the column of days: one that holds dates, or else one that is called so."""
    dated = [key for key in table if _share(table[key], DATE) >= 0.5] or list(table)
    return next((key for key in dated if DAYS.search(_words(key))), dated[0])


def _data_rows(
    name: str, table: pd.DataFrame, day: str
) -> tuple[pd.DataFrame, pd.Series | None, list[str]]:
    """Return the rows of mobile data, their units if a column has them, and what was left out."""
    dated = table[day].map(lambda cell: bool(DATE.fullmatch(cell)))
    rest = table.drop(columns=day)
    whole = rest.map(lambda cell: bool(TOTALS.fullmatch(cell.strip(": ")))).any(axis=1)
    begins = table.map(lambda cell: bool(TOTALS.match(cell))).any(axis=1)
    totals = (whole & ~whole[dated].all()) | (begins & ~dated)
    prose = ~table.map(lambda cell: bool(re.match(r"[-+.,]?\d", cell))).any(axis=1) & ~totals
    keys = [key for key in rest if rest[key].map(lambda cell: bool(_unit(cell))).any()]
    keys = [
        key
        for key in keys
        if all(
            _unit(cell) or NOT_DATA.fullmatch(cell) for cell in rest[key][~totals & ~prose] if cell
        )
    ]
    off = rest.map(lambda cell: bool(NOT_LINE.fullmatch(cell))).any(axis=1)
    for key in keys:
        off |= rest[key].map(lambda cell: bool(NOT_DATA.fullmatch(cell)))
    off &= ~totals & ~prose
    left = (
        (totals, "row of totals"),
        (prose, "line of text"),
        (off, "row of Wi-Fi, calls or texts"),
    )
    rows = table[~totals & ~prose & ~off]
    if rows.empty:
        raise ValueError(
            f"{name}: has no rows of mobile data (expected a date and an amount in each)"
        )
    return (
        rows,
        rows[keys[0]] if keys else None,
        [f"{_many(which.sum(), what)} left out" for which, what in left if which.any()],
    )


def _dates(
    rows: pd.DataFrame, day: str, day_first: bool | None, is_file: bool
) -> tuple[pd.Series, list[str], list[Problem]]:
    """Return the days, how their order was read, and questions and problems."""
    cells, problems = rows[day], []
    # A day is in the future only if it is one nowhere on earth yet.
    latest = dt.datetime.now(dt.timezone(dt.timedelta(hours=14))).date() if is_file else dt.date.max
    read = pd.DataFrame({cell: _readings(cell, latest) for cell in cells.unique()}, dtype=object).T
    known = read[read.notna().any(axis=1)]
    orders = [order for order in read if known[order].notna().all()]
    if (
        any(len(DATE.fullmatch(cell)["c"] or "long") == 2 for cell in known.index)
        and "YMD" in orders
    ):
        # A year that changes from row to row is none.
        dense = [
            order
            for order in orders
            if known[order].max() - known[order].min() < dt.timedelta(28 * len(known))
        ]
        orders = dense if "YMD" in dense else [order for order in orders if order != "YMD"]
    if day_first is not None:
        orders = ["DMY" if day_first else "MDY"]
    first = cells.index[0]
    if not orders:
        problems.append(
            Problem(first, day, "day/month in some lines, month/day in others (expected one order)")
        )
    elif len(orders) > 1 and (known[orders[0]] != known[orders[1]]).any():
        cell = known.index[known[orders[0]] != known[orders[1]]][0]
        one, other = (f"{known.at[cell, order]:%d %B %Y}".lstrip("0") for order in orders[:2])
        answers = (
            "years of four digits" if "YMD" in orders[:2] else "day_first=True or day_first=False"
        )
        problems.append(
            Problem(
                cells.index[cells == cell][0],
                day,
                f"can be {one} or {other} (expected {answers})",
                cell,
            )
        )
    chosen = read[orders[0] if orders else "DMY"]
    for line, cell in cells[cells.map(chosen.isna())].items():
        problems.append(Problem(line, day, _no_date(cell), cell))
    dates = pd.to_datetime(cells.map(chosen), errors="coerce").rename("date")
    for other in [key for key in rows if key != day and _share(rows[key], DATE) >= 0.5]:
        far = rows[other].map(
            lambda cell: _readings(cell, dt.date.max)[orders[0] if orders else "DMY"]
        )
        if (abs(pd.to_datetime(far, errors="coerce") - dates) > pd.Timedelta(days=1)).any():
            problems.append(
                Problem(
                    first,
                    day,
                    f"is more than a day from '{other}' (expected single days, in one column)",
                )
            )
    numbers = any(DATE.fullmatch(cell)["a"] for cell in known.index)
    words = {"DMY": "day/month", "MDY": "month/day", "YMD": "year/month/day"}
    return dates, [f"dates as {words[orders[0]]}"] if numbers and orders else [], problems


def _readings(cell: str, latest: dt.date) -> dict[str, dt.date | None]:
    """Return what a cell means by order of day, month and year; None where that is no day."""
    found = DATE.fullmatch(cell)
    part = {key: value for key, value in found.groupdict().items() if value} if found else {}
    month = next(
        (
            i
            for i, word in enumerate(MONTHS.split(), 1)
            if word.startswith(part.get("wm", part.get("vm", "-")).lower())
        ),
        0,
    )
    if "a" in part:
        a, b, c = (int(part[key]) for key in "abc")
        c, short = (c + 2000, True) if len(part["c"]) == 2 else (c, False)
        days = {
            "DMY": (c, b, a),
            "MDY": (c, a, b),
            "YMD": (2000 + a, b, c - 2000) if short else (0, 0, 0),
        }
    elif "wm" in part:
        days = dict.fromkeys(
            ("DMY", "MDY", "YMD"),
            (
                int(part["wy"][-2:]) + 2000 if len(part["wy"]) == 2 else int(part["wy"]),
                month,
                int(part["wd"]),
            ),
        )
    elif "vm" in part:
        days = dict.fromkeys(("DMY", "MDY", "YMD"), (int(part["vy"]), month, int(part["vd"])))
    else:
        days = dict.fromkeys(
            ("DMY", "MDY", "YMD"), tuple(int(part.get(key, part.get(2 * key, 0))) for key in "ymd")
        )

    def day(parts: tuple[int, int, int]) -> dt.date | None:
        try:
            return (
                date if OLDEST_YEAR <= (date := dt.date(*parts)).year and date <= latest else None
            )
        except ValueError:
            return None

    return {order: day(parts) for order, parts in days.items()}


def _no_date(cell: str) -> str:
    """Return why a cell is no date."""
    if not cell:
        return "is blank (expected a date)"
    if re.fullmatch(r"\d{5}(\.\d+)?", cell):
        return "is a spreadsheet's number of a day (expected cells formatted as dates)"
    if re.fullmatch(r"\d{10}|\d{13}", cell):
        return "is a Unix time (expected dates)"
    if DATE.fullmatch(cell):
        return (
            f"is not a day of the calendar, before {OLDEST_YEAR} or in the future (expected a date)"
        )
    return "is no date (expected a single day with its year, such as 2026-08-20)"


def _person_column(
    rows: pd.DataFrame, day: str, person: str | bool | None
) -> tuple[str | None, list[Problem]]:
    """Return the column that tells persons apart, if one does, and whether that is asked."""
    if person is False:
        return None, []
    if person is not None:
        known = person in rows and person != day
        return (
            (person, [])
            if known
            else (
                None,
                [Problem(None, str(person), f"is no column (expected one of {list(rows)})")],
            )
        )
    many = {key: _words(key) for key in rows if key != day and rows[key].nunique() > 1}
    if who := [key for key, words in many.items() if words in PERSON]:
        return who[0], []
    asked = f"has several values (expected person='%s' if each is a person, person=False if all are one person's)"
    return None, [
        Problem(None, key, asked % key) for key, words in many.items() if words in PERHAPS
    ]


def _amounts(
    cells: pd.Series, units: pd.Series | None, unit: str | None, decimal: str | None
) -> Amounts:
    """Return a column's cells as GB, with questions and problems."""
    key, found = cells.name, cells.map(AMOUNT.fullmatch)
    texts = found.dropna().map(
        lambda match: re.sub(r"(?<=\d)[ '’](?=\d{3})", "", match[1]).lstrip("+")
    )
    marks, open_ = set(), texts[texts.str.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}")]
    for text in texts.drop(open_.index):
        used = [letter for letter in text if letter in ".,"]
        if len(set(used)) == 2 or len(used) == 1:
            marks.add(used[-1])
        elif used:  # several of the same set thousands apart
            marks.add("," if used[0] == "." else ".")
    problems = []
    if decimal is None and not marks and len(open_):
        what = "has a mark of decimals or of thousands (expected decimal='.' or decimal=',')"
        problems.append(Problem(open_.index[0], key, what, cells[open_.index[0]]))
    if len(marks) == 2 and decimal is None:
        problems.append(
            Problem(
                None,
                key,
                "has points and commas for decimals (expected decimal='.' or decimal=',')",
            )
        )
    point = decimal or min(marks, default=".")
    group = re.escape("," if point == "." else ".")
    plain = re.compile(
        rf"-?(\d+|\d{{1,3}}({group}\d{{3}})+)?({re.escape(point)}\d+)?(e[-+]?\d+)?", re.I
    )
    named, gb = _unit_of(key), pd.Series(np.nan, cells.index)
    default, bare = unit or named, []
    for line, cell in cells.items():
        text = texts.get(line, "")
        own = found[line][2] if found[line] else ""
        own = (
            _unit(own, loose=True) if own else _unit(units[line]) if units is not None else default
        )
        if not cell:
            problems.append(Problem(line, key, "is blank (expected an amount, 0 for none)"))
        elif not text or not plain.fullmatch(text) or (found[line][2] and not own):
            problems.append(
                Problem(
                    line,
                    key,
                    f"is no amount (expected a number >= 0, with a unit of {', '.join(PER_GB)} or none)",
                    cell,
                )
            )
        else:
            number = float(re.sub(group, "", text).replace(point, "."))
            if number < 0:
                problems.append(Problem(line, key, "is below 0 (expected an amount >= 0)", cell))
            elif own in PER_GB or (own == "bits" and unit) or not number:
                gb[line] = number / PER_GB.get(own, PER_GB.get(unit, 1))
            else:
                bare.append(number)
    if bare:
        fit = [
            f"unit='{u}' ({max(bare) / per:.3g} GB in the largest row)"
            for u, per in PER_GB.items()
            if 0.001 <= max(bare) / per <= MOST_GB_ON_A_DAY
        ]
        what = "can be bits" if named == "bits" else "has no unit"
        problems.append(
            Problem(
                None, key, f"{what} (expected {' or '.join(fit) or 'unit=' + repr(list(PER_GB))})"
            )
        )
    return Amounts(
        gb, problems, named is not None or found.dropna().map(lambda match: bool(match[2])).any()
    )


def _usage_columns(
    amounts: dict[str, Amounts], column: str | list[str] | None, rows: pd.DataFrame
) -> tuple[list[str], list[Problem]]:
    """Return the column that says how much was used, or those to be added, and whether that is asked."""
    if column is not None:
        columns = [column] if isinstance(column, str) else list(column)
        wrong = [key for key in columns if key not in amounts]
        return [key for key in columns if key in amounts], [
            Problem(None, key, f"is no column of amounts (expected of {list(amounts)})")
            for key in wrong
        ]
    words = {key: f"{_words(key)} {key}" for key in amounts}
    words = {key: text for key, text in words.items() if not OTHER.search(text.lower())}
    named = [
        key
        for key, text in words.items()
        if USAGE.search(text) or TOTAL.search(text) or amounts[key].has_unit
    ]
    down, up, total = (
        [key for key, text in words.items() if part.search(text)] for part in (DOWN, UP, TOTAL)
    )
    parts = [key for key in (*down, *up) if key not in total]
    if len(down) == len(up) == 1 and down != up:
        columns = parts
    elif len(total) == 1 and len(words) > 2:
        columns = [key for key in named if key not in total]
    else:
        columns = (named or list(words))[:1]
    gb = sum(amounts[key].gb for key in columns) if columns else 0
    others = [key for key in named or words if key not in columns]
    if columns and all(
        np.allclose(amounts[key].gb, gb, rtol=0.02, atol=0.02, equal_nan=True) for key in others
    ):
        return (total if len(total) == 1 and columns != parts else columns), []
    choice = " or ".join(f"column={key!r}" for key in words) or f"column=..., of {list(rows)}"
    what = f"cannot be told which to take (expected {choice}, or a list of those to be added)"
    return [], [Problem(None, "amounts", what)]


def _repeats(rows: pd.DataFrame, gb: pd.Series, by: list[pd.Series], bare: bool) -> pd.Series:
    """Return which rows seem to stand there once more.

    That is a row equal to another, or, where nothing tells the rows of a day apart and most days
    have one, all that follow the first.
    """
    again = rows.duplicated() & gb.gt(0)
    size, place = gb.groupby(by).transform("size"), gb.groupby(by).cumcount()
    clock = rows.map(lambda cell: ":" in cell or "时" in cell).any(axis=None)
    return again | (place > 0) if bare and not clock and (size == 1).mean() > 0.5 else again


def _daily(days: pd.Series, gaps: str | None, sure: bool) -> pd.Series:
    """Return the sums of one person's days, checked."""
    steps = days.index.to_series().diff().dt.days.median()
    if gaps == "zero" and steps < WEEK_DAYS:
        days = days.asfreq("D", fill_value=0.0)
    changes = days.diff().iloc[1:]
    if len(changes) >= 9 and (changes < 0).mean() <= 0.1 and (changes > 0).mean() >= 0.5:
        raise ValueError(
            "the amounts rise day by day, like a running total (expected the use of each day)"
        )
    if not sure and 0 < days.max() < 0.001:
        raise ValueError(
            f"the busiest day has {1e6 * days.max():.3g} KB (expected more: give unit=, even the one that is named)"
        )
    return daily_gb(days)


def _words(name: str) -> str:
    """Return a column's name in lower-case words."""
    return " ".join(
        re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)).lower().split()
    )


def _unit_of(name: str) -> str | None:
    """Return the one unit that a column's name states."""
    letters = re.findall(r"[(\[]\s*([a-z]{1,2})\s*[)\]]", name, re.I)
    words = re.findall(r"[A-Za-z]+|字节", re.sub(r"_|(?<=[a-z])(?=[A-Z][A-Z]|Bytes)", " ", name))
    units = {_unit(word, loose=True) for word in letters} | {_unit(word) for word in words}
    return units.pop() if len(units := units - {None}) == 1 else None


def _unit(word: str, loose: bool = False) -> str | None:
    """Return the unit that a word means, a key of `PER_GB`; "bits" for Mb, which may be those.

    Letters alone (M, and o as in Mo) count if `loose`.
    """
    if re.fullmatch(r"[KMGT]b", word):
        return "bits"
    found = UNIT.fullmatch(word)
    if not found or not word or (not found[1] and (found[2] or found[3] in ("o", "O", "b", None))):
        return None
    if not loose and (not found[3] or found[3] in "oO" or word in "bB"):
        return None
    prefix, binary = (
        (found[1] or "")[:1].upper(),
        found[2] or (found[1] or "").lower().endswith("bi"),
    )
    return f"{prefix}{'i' if binary else ''}B"


def _share(cells: pd.Series, pattern: re.Pattern) -> float:
    """Return the share of filled cells that are of a pattern."""
    filled = cells[cells != ""]
    return filled.map(lambda cell: bool(pattern.fullmatch(cell))).mean() if len(filled) else 0.0


def _span(dates: pd.DatetimeIndex) -> str:
    """Return how many days, and from when to when."""
    first, last = dates[0], dates[-1]
    year = "" if first.year == last.year else f" {first.year}"
    return f"{_many(len(dates), 'day')}, {first.day} {first:%B}{year} to {last.day} {last:%B %Y}"


def _many(count: int, what: str) -> str:
    noun, _, rest = what.partition(" ")
    return (
        f"{count} {what}"
        if count == 1
        else f"{count} {noun}s {rest}".strip()
        if noun in ("row", "line")
        else f"{count} {what}s"
    )


def _folded(problems: list[Problem], name: str) -> list[str]:
    """Return a message for each kind of problem: the first line, and how many more are alike."""
    kinds = {}
    for problem in problems:
        kinds.setdefault((problem.column, problem.what), []).append(problem)
    messages = []
    for (column, what), alike in kinds.items():
        place = name if alike[0].line is None else f"{name}:{alike[0].line}"
        cell = f"'{alike[0].cell[:80]}' " if alike[0].cell else ""
        more = f"; so in {_many(len(alike) - 1, 'more line')}" if len(alike) > 1 else ""
        messages.append(f"{place}: {column + ': ' if column else ''}{cell}{what}{more}")
    return messages


def _raise(messages: Iterable[str]) -> None:
    if messages := list(messages):
        raise ValueError("\n".join(messages))
