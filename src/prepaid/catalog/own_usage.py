"""A person's own usage, out of a file or a table: what is plain is read, what is not is asked."""

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
import pandas as pd

from prepaid.catalog.kinds import FIRST_MIDNIGHT, MOST_SHOWN, OLDEST_YEAR
from prepaid.usage import MOST_GB_ON_A_DAY, WEEK_DAYS, daily_gb

PER_GB = {"B": 1e9, "KB": 1e6, "MB": 1e3, "GB": 1.0, "TB": 1e-3}
PER_GB |= {"KiB": 1e9 / 2**10, "MiB": 1e9 / 2**20, "GiB": 1e9 / 2**30, "TiB": 1e9 / 2**40}
NO_AMOUNT = f"is no amount (expected one >= 0, with a unit of {', '.join(PER_GB)} or without)"
# Groups: the prefix, the i of binary units, and what makes it a unit beyond doubt.
UNIT = r"([kmgt])(?:(i)|ilo|ega|iga|era)?(?:(bytes?|octets?|b)|o)?|(bytes?|octets?|字节)|(?-i:B)"
AMOUNT = re.compile(r"^([-+]?[.,]?\d(?:[\d.,'\u2019 ]*\d)?(?:e[-+]?\d+)?)\s*([a-z字节]*)$", re.I)
# The weekday and the time of a date, which do not matter.
WEEKDAY = r"((mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|(星期|周).)"
CLOCK = r"([上下]午\s*)?\d\d?[:时]\d\d([:分]\d\d)?(\.\d+)?[秒分]?\s*([ap]\.?m\.?)?"
ZONE = r"([a-z]{1,4}|[-+]\d\d:?\d\d)?"
WITHOUT_DAY = rf"^[(\s]*{WEEKDAY}[),.\s]*|[T,\s]+{CLOCK}\s*{ZONE}$|[(,\s]*{WEEKDAY}[)\s]*$"
# Ways to write a day whose parts are joined by hyphens, with the orders of numbers that each has.
ORDERS = ("day/month", "month/day", "year/month")
WAYS = dict.fromkeys(("%Y-%m-%d", "%Y%m%d", "%Y-%b-%d", "%d-%b-%Y", "%d-%B-%Y"), ORDERS)
WAYS |= dict.fromkeys(("%b-%d-%Y", "%B-%d-%Y", "%d-%b-%y", "%d%b%Y"), ORDERS)
WAYS |= {"%d-%m-%Y": ORDERS[:1], "%m-%d-%Y": ORDERS[1:2]}
WAYS |= {"%d-%m-%y": ORDERS[:1], "%m-%d-%y": ORDERS[1:2], "%y-%m-%d": ORDERS[2:]}
# What columns are called, and which rows are not a line's data.
DOWN = r"\b(down\w*|rx|recei\w*|in|inbound)\b|下载|下行|接收"
UP = r"\b(up|upload\w*|uplink|tx|sent|transmit\w*|out|outbound)\b|上传|上行|发送"
TOTAL = r"\b(total|sum|combined)\b|合计|总"
USAGE = r"\b(data|usage|used?|traffic|volume|mobile|cellular|[kmg]i?b|bytes?)\b|[流用]量"
OTHER = (
    r"\b(remain\w*|left|balance|limit|quota|allowance|budget|cost|price|fees?|charges?|usd|rate"
    r"|speed|\w*bps|\w*bits?|per second|s|percent|duration|minutes?|hours?|sessions?|count|calls?"
    r"|sms|texts?|messages?|id|no|index|port|cumulative|running|to date|year|month|week|wi ?fi|wlan"
    r"|ethernet|average|avg|mean|packets?|account|imei|phone)\b|[$%¥]|剩余|余额|套餐|费|金额|速率|时长|累计|序号|无线"
)
PERSON = r"person( id)?|user( id|name)?|subscriber|member|line( number)?|phone( number)?"
PERSON += r"|(mobile|wireless)( phone)? number|msisdn|mdn|姓名|用户|号码|手机号码?"
PERHAPS_PERSON = r"name|device( name)?|host(name)?|mac( address)?|ip( address)?|interface|sim"
PERHAPS_PERSON += r"|iccid|imsi|imei|client|owner|account|number|设备(名称)?"
SUMS = r"((grand|sub)[- ]?)?totals?|sum(me)?|averages?|overall|all( apps)?|gesamt|[合总小共]计|平均"
NOT_LINE = r"wi-?fi( .*)?|wlan|ethernet|voice|talk|calls?|sms|mms|text|语音|通话|短信"
NOT_DATA = r"min(ute)?s?|secs?|ms?gs?|messages?|sms|texts?|calls?|条|分钟|秒|次"

CHOICES = {"unit": [*PER_GB], "day_first": [True, False], "decimal": [".", ","]}
CHOICES |= {"gaps": ["zero"], "repeated": ["add", "drop"]}


class Complaint(NamedTuple):
    """What is wrong or asked: of a cell, a column or the whole."""

    what: str
    column: str = ""
    line: int | None = None
    cell: str = ""


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
    answers = zip(CHOICES.items(), (unit, day_first, decimal, gaps, repeated), strict=True)
    wrong = [(key, got, known) for (key, known), got in answers if got not in (None, *known)]
    what = "{} is {!r} (expected one of {})"
    _reject("", [Complaint(what.format(*one)) for one in wrong])
    is_file = isinstance(source, str | Path)
    name, table = _source_table(source)
    day = max(table, key=lambda key: _share(table[key], _readings))
    rows, units, left_out = _data_rows(table, day)
    if rows.empty:
        raise ValueError(f"{name}: no rows of mobile data (expected a date and an amount in each)")
    dates, order, wrong_days = _days_written(rows, day, day_first, is_file)
    who, wrong_person = _person(rows, day, person)
    rest = rows.drop(columns=[day, who] if who else day)
    keys = [key for key in rest if _share(rest[key], AMOUNT.fullmatch) >= 0.5]
    point = decimal if is_file else "."
    amounts = {key: _amounts_in_gb(rest[key], units, unit, point) for key in keys}
    columns, wrong_columns = _usage_columns(amounts, column)
    wrong_amounts = [complaint for key in columns for complaint in amounts[key][1]]
    _reject(name, wrong_days + wrong_person + wrong_columns + wrong_amounts)
    gb = sum(amounts[key][0] for key in columns)
    _reject(name, _sum_of_others(rows.drop(columns=[day, *keys]), gb, dates))
    used = pd.DataFrame({"who": rows[who] if who else "", "date": dates, "gb": gb})
    again = _repeats(rows, used, bare=set(rest) == {*keys})
    if again.any() and repeated is None:
        what = "repeated='add' if that is further use, 'drop' if it is the same once more"
        what = f"{again.sum()} rows of a day that has one already (expected {what})"
        _reject(name, [Complaint(what, line=again.idxmax())])
    if repeated == "drop":
        used = used[~again]
    by_day = used.groupby(["who", "date"])["gb"]
    count, days, faults = by_day.size(), {}, {}
    for key, sums in by_day.sum().groupby("who", sort=False):
        try:
            days[key] = _daily(sums.droplevel("who"), gaps, sure=unit is not None)
        except ValueError as error:
            faults.setdefault(str(error), []).append(f"{who} {key!r}")
    some = [f"{keys[0]} and {len(keys) - 1} more" if who else "" for keys in faults.values()]
    _reject(name, [Complaint(*one) for one in zip(faults, some, strict=True)])
    usage = pd.DataFrame(days).sort_index() if who else days[""]
    first, last, low, high = usage.index[0], usage.index[-1], count.min(), count.max()
    year = f" {first.year}" if first.year < last.year else ""
    filled = usage.count().sum() - len(count)
    understood = [
        f"{len(days)} persons (column {who})" if who else "",
        f"{len(usage)} days, {first.day} {first:%B}{year} to {last.day} {last:%B %Y}",
        f"column{'s' if len(columns) > 1 else ''} {' + '.join(columns)}",
        order,
        f"{low}{f' to {high}' if low < high else ''} rows a day added" if high > 1 else "",
        *left_out,
        f"missing days taken as 0: {filled}" if filled else "",
        f"{used['gb'].sum():,.1f} GB (of 1000 MB: up to 7.4 % off if a seller counts in 1024s)",
    ]
    usage.attrs["understood"] = ", ".join(filter(None, understood))
    return usage


def _source_table(source: str | Path | pd.Series | pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the source's name and its cells as text, by line."""
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        text = _decoded(path)
        is_json = text.lstrip().startswith(("{", "["))
        return path.name, (_vnstat_days if is_json else _cells_below_header)(path.name, text)
    if is_series := isinstance(source, pd.Series):
        if texts := [value for value in source if isinstance(value, str)]:
            raise ValueError(f"usage: text such as {texts[0]!r} is no number (expected GB per day)")
        label = "gb" if source.name is None else str(source.name)
        source = source.to_frame(label if _unit_of(label) else f"{label} (GB)")
    if not isinstance(source, pd.DataFrame) or source.empty:
        raise ValueError("usage has no days (expected a file, or a Series or DataFrame with dates)")
    if is_series or not pd.api.types.is_integer_dtype(source.index.dtype):  # else it numbers rows
        source = source.rename_axis([key or "index" for key in source.index.names]).reset_index()
    cells = source.map(lambda value: "" if pd.isna(value) else str(value).strip())
    return "usage", cells.set_axis(map(str, cells), axis=1).set_axis(range(1, len(cells) + 1))


def _decoded(path: Path) -> str:
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
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            # An accent and a letter of a European text look like one Chinese character, not two.
            if encoding != "gb18030" or re.search("[\u4e00-\u9fff]{2}", text):
                return text
    raise ValueError(f"{path.name}: cannot be read (expected text in UTF-8, UTF-16 or GB18030)")


def _cells_below_header(name: str, text: str) -> pd.DataFrame:
    """Return the cells below the header by line; comments and what stands above it go."""

    def is_data(row: list[str]) -> bool:
        rest = [cell for cell in row if not _readings(cell)]
        return len(rest) < len(row) and any(map(AMOUNT.fullmatch, rest))

    best, rows, data = (0, 1), [], []
    for separator in ",;\t|\uff0c":
        reader = csv.reader(io.StringIO(text, None), delimiter=separator, skipinitialspace=True)
        cells = ([normalize("NFKC", cell).strip() for cell in row] for row in reader)
        tried = [(reader.line_num, row) for row in cells if any(row)]
        found = [i for i, (_, row) in enumerate(tried) if is_data(row)]
        score = len(found), max((len(row) for _, row in tried), default=0)
        if score > best:
            best, rows, data = score, tried, found
    if not rows:
        raise ValueError(f"{name}: has no columns (expected 'date,mb', then '2026-08-20,512')")
    above = rows[: data[0] if data else 1]
    named = [(line, row) for line, row in above if sum(map(bool, row)) > 1]
    named = [(line, row) for line, row in named if not any(map(AMOUNT.fullmatch, row))]
    top, header = max(named, key=lambda one: (one[1][0][:1] != "#", one[0]), default=(0, []))
    body = [(line, row) for line, row in rows if line > top and row[0][:1] != "#" and row != header]
    keys = [cell.strip("# ") for cell in header] or [""] * max(len(row) for _, row in body)
    keys = [key if key and key not in keys[:i] else f"column {i + 1}" for i, key in enumerate(keys)]
    width = len(keys)
    wide = [(line, len(row)) for line, row in body if any(row[width:])]
    _reject(name, [Complaint(f"{n} cells (expected {width})", line=line) for line, n in wide])
    cells = [(row + [""] * width)[:width] for _, row in body]
    return pd.DataFrame(cells, [line for line, _ in body], keys, dtype=object)


def _vnstat_days(name: str, text: str) -> pd.DataFrame:
    """Return the days of vnStat's JSON: in KiB, later in bytes (github.com/vergoh/vnstat #127)."""
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


def _data_rows(table: pd.DataFrame, day: str) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    """Return the rows of mobile data, their units if a column has them (else ""), and what went."""
    dated, rest = table[day].map(_readings).map(bool), table.drop(columns=day)
    whole = _any_cell(rest, rf"^[: ]*({SUMS})[: ]*$")
    begins = _any_cell(table, rf"^({SUMS})\b")
    sums = (whole & ~whole[dated].all()) | (begins & ~dated)
    # Words between rows of data may name another thing that follows: only those at the end go.
    foot = ~_any_cell(table, r"^[-+.,]?\d") & ~sums
    foot &= ~dated[::-1].cummax()[::-1]
    kept = rest[~sums & ~foot]
    meant = kept.map(_unit_meant)
    no_data = kept.map(re.compile(f"({NOT_DATA})?", re.I).fullmatch).notna()
    units = [key for key in kept if meant[key].any() and (meant.ne("") | no_data)[key].all()]
    kinds = [key for key in kept if kept[key].str.fullmatch("data|internet", case=False).any()]
    other = _any_cell(kept, f"^({NOT_LINE})$") | _any_cell(kept[units + kinds], f"^({NOT_DATA})$")
    other &= dated
    rows = table.loc[kept.index[~other]]
    left = {"totals": sums.sum(), "words": foot.sum(), "Wi-Fi, calls or texts": other.sum()}
    said = [f"rows of {what} left out: {count}" for what, count in left.items() if count]
    return rows, meant.loc[rows.index, units[0]] if units else pd.Series("", rows.index), said


def _days_written(
    rows: pd.DataFrame, day: str, day_first: bool | None, is_file: bool
) -> tuple[pd.Series, str, list[Complaint]]:
    """Return the days, in which order numbers were read if that matters, and what is wrong."""
    # A day is in the future only if it is one nowhere on earth yet.
    latest = dt.datetime.now(FIRST_MIDNIGHT).date() if is_file else dt.date.max
    cells, read = rows[day], {}
    for cell in cells.unique():
        days = _readings(cell).items()
        read[cell] = {key: on for key, on in days if on.year >= OLDEST_YEAR and on <= latest}
    known = {cell: days for cell, days in read.items() if days}
    orders = [order for order in ORDERS if all(order in days for days in known.values())]
    if day_first is not None:
        orders = ["day/month" if day_first else "month/day"]
    elif known and "year/month" in orders:  # a year that changes from row to row is none
        numbers = {key: [days[key].toordinal() for days in known.values()] for key in orders}
        dense = [key for key in orders if np.ptp(numbers[key]) < 28 * len(known)]
        orders = dense if "year/month" in dense else orders[:-1]
    order, complaints = orders[0] if orders else "day/month", []
    if not orders:
        complaints.append(Complaint("mixes day/month and month/day (expected one order)", day))
    two = [cell for cell, days in known.items() if len({*map(days.get, orders)}) > 1]
    if two:
        on = " or ".join(f"{known[two[0]][key]:%d %B %Y}".lstrip("0") for key in orders[:2])
        what = "years of four digits" if "year/month" in orders else "day_first=True or False"
        what = f"can be {on} (expected {what})"
        complaints.append(Complaint(what, day, cells.eq(two[0]).idxmax(), two[0]))
    wrong = [(line, cell) for line, cell in cells.items() if order not in read[cell]]
    complaints += [Complaint(_no_date(cell), day, line, cell) for line, cell in wrong]
    dates = pd.to_datetime(cells.map(lambda cell: read[cell].get(order)))
    for key, other in rows.drop(columns=day).items():
        if _share(other, _readings) > 0.5:
            apart = pd.to_datetime(other.map(lambda cell: _readings(cell).get(order))) - dates
            if (abs(apart) > pd.Timedelta(days=1)).any():
                what = f"is more than a day from '{key}' (expected single days, in one column)"
                complaints.append(Complaint(what, day))
    matters = any(len({*map(_readings(cell).get, ORDERS)}) > 1 for cell in known)
    return dates, f"dates as {order}" if matters else "", complaints


def _no_date(cell: str) -> str:
    """Return why a cell is no date."""
    if re.fullmatch(r"\d{5}(\.\d+)?", cell):
        return "is a spreadsheet's number of a day (expected cells formatted as dates)"
    if re.fullmatch(r"\d{10}|\d{13}", cell):
        return "is a Unix time (expected dates)"
    if _readings(cell):
        return f"is before {OLDEST_YEAR}, in the future or no day in this order (expected a date)"
    return "is no date (expected a day of the calendar with its year, such as 2026-08-20)"


def _person(
    rows: pd.DataFrame, day: str, person: str | bool | None
) -> tuple[str | None, list[Complaint]]:
    """Return the column that tells persons apart, if one does, and what is wrong or asked."""
    if person is False or person in [*rows.drop(columns=day)]:
        return person or None, []
    if person is not None:
        return None, [Complaint(f"is no column (expected one of {[*rows]})", str(person))]
    several = {key: _words_of(key) for key in rows if key != day and len(set(rows[key])) > 1}
    for key, words in several.items():
        if re.fullmatch(PERSON, words):
            return key, []
    asked = "has several values (expected person={!r} if each is a person, person=False if none is)"
    perhaps = [key for key, words in several.items() if re.fullmatch(PERHAPS_PERSON, words)]
    return None, [Complaint(asked.format(key), key) for key in perhaps]


def _amounts_in_gb(
    cells: pd.Series, units: pd.Series, unit: str | None, decimal: str | None
) -> tuple[pd.Series, list[Complaint], bool]:
    """Return a column's cells in GB, what is wrong or asked, and whether a unit stands in it."""
    key, named = cells.name, _unit_of(cells.name)
    parts = cells.str.extract(AMOUNT).fillna("")
    texts = parts[0].str.replace(r"(?<=\d)[ '\u2019](?=\d{3})", "", regex=True)
    words = parts[1]
    # A mark before three digits can be one of thousands; the others tell.
    is_open = texts.str.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}")
    other = {".": ",", ",": "."}
    marks = texts[~is_open].str.replace("[^.,]", "", regex=True)
    twice = marks.str.fullmatch(r"\.{2,}|,{2,}")
    points = {*marks[~twice].str[-1:], *marks[twice].str[0].map(other)} - {""}
    if not points and texts.str.fullmatch(r"[1-9]\d{0,2}").sum() > 1:
        points = {"." if "," in text else "," for text in texts[is_open]}  # beside plain numbers
    complaints = []
    if decimal is None and (len(points) > 1 or (is_open.any() and not points)):
        line = is_open.idxmax() if is_open.any() else cells.index[0]
        what = "does not tell its mark of decimals (expected decimal='.' or decimal=',')"
        complaints.append(Complaint(what, key, line, cells[line]))
    point = decimal or min(points, default=".")
    comma = other[point]
    digits = rf"\+?(\d+|\d{{1,3}}(\{comma}\d{{3}})+)?(\{point}\d+)?(e[-+]?\d+)?"
    own = words.map(lambda word: _unit_meant(word, loose=True))
    fits = texts.ne("") & texts.str.fullmatch(digits, case=False) & (own.ne("") | words.eq(""))
    numbers = texts.str.replace(comma, "").str.replace(point, ".").where(fits).astype(float)
    for line, cell in cells[~fits].items():
        what = NO_AMOUNT if cell else "is blank (expected 0 for none)"
        complaints.append(Complaint(what, key, line, cell))
    own = own.where(words.ne(""), units)
    per_gb = own.where(own.ne(""), unit or named).map(PER_GB | {"bits": PER_GB.get(unit)})
    bare = numbers[per_gb.isna()].max()
    if bare > 0:
        fit = [
            f"unit='{word}' ({bare / per:.3g} GB in the largest row)"
            for word, per in PER_GB.items()
            if 0.001 <= bare / per <= MOST_GB_ON_A_DAY
        ]
        what = "may count bits" if named == "bits" else "has no unit"
        complaints.append(Complaint(f"{what} (expected {' or '.join(fit) or 'unit='})", key))
    return numbers / per_gb.fillna(1.0), complaints, bool(named) or words.ne("").any()


def _usage_columns(
    amounts: dict[str, tuple], column: str | list[str] | None
) -> tuple[list[str], list[Complaint]]:
    """Return the column of usage, or those to be added, and what is wrong or asked."""
    if column is not None:
        columns = [column] if isinstance(column, str) else [*column]
        what = f"is no column of amounts (expected some of {[*amounts]})"
        wrong = [Complaint(what, str(key)) for key in columns or [""] if key not in amounts]
        return [key for key in columns if key in amounts], wrong
    words = {key: f"{_words_of(key)} {key}".lower() for key in amounts}
    words = {key: text for key, text in words.items() if not re.search(OTHER, text)}
    down, up, total = (
        [key for key in words if re.search(part, words[key])] for part in (DOWN, UP, TOTAL)
    )
    named = [key for key in words if re.search(USAGE, words[key]) or amounts[key][2]]
    named = list(dict.fromkeys(named + down + up + total)) or [*words]
    both = len(down) == len(up) == 1 and down != up
    parts = [key for key in named if key not in total]
    columns = down + up if both else parts if total and len(parts) > 1 else named[:1]
    gb = sum(amounts[key][0] for key in columns)
    rest = [amounts[key][0] for key in named if key not in columns]
    if columns and all(np.allclose(one, gb, 0.02, 0.02, equal_nan=True) for one in rest):
        return columns if both or not total else total[:1], []
    choice = " or ".join(f"column={key!r}" for key in words or amounts)
    what = f"expected {choice}, or a list of those to add" if choice else "expected numbers"
    return [], [Complaint(f"no column is plainly that of the amounts used ({what})")]


def _sum_of_others(rows: pd.DataFrame, gb: pd.Series, dates: pd.Series) -> list[Complaint]:
    """Return the values of a column whose rows are, day by day, the sum of all others."""
    complaints = []
    for key in [key for key in rows if 2 < len(set(rows[key])) < 50]:
        daily = pd.crosstab(dates, rows[key], gb, aggfunc="sum").fillna(0)
        for value in daily:
            others = daily.drop(columns=value)
            is_sum = np.allclose(daily[value], others.sum(axis=1), 0.02, 0.002)
            if is_sum and others.any().sum() > 1:
                what = "is the sum of the other rows of its day (expected each use once)"
                complaints.append(Complaint(what, key, cell=value))
    return complaints


def _repeats(rows: pd.DataFrame, used: pd.DataFrame, bare: bool) -> pd.Series:
    """Return which rows seem to stand there once more.

    That is a row equal to another; or, where most days have one and nothing tells apart those of
    the others (`bare`, and no time), all but the first of a day.
    """
    days = used.groupby(["who", "date"])["gb"]
    one_a_day = bare and (days.transform("size") == 1).mean() > 0.5
    timed = _any_cell(rows, "[:时]").any()
    return (rows.duplicated() & (used["gb"] > 0)) | ((days.cumcount() > 0) & one_a_day & ~timed)


def _daily(days: pd.Series, gaps: str | None, sure: bool) -> pd.Series:
    """Return the sums of one person's days, checked."""
    if gaps == "zero" and days.index.to_series().diff().dt.days.median() < WEEK_DAYS:
        days = days.asfreq("D", fill_value=0.0)
    steps = days.diff().iloc[1:]
    if len(steps) > 8 and (steps < 0).mean() <= 0.1 and (steps > 0).mean() >= 0.5:
        raise ValueError("amounts rise like a running total (expected the use of each day)")
    if not sure and 0 < days.max() < 0.001:
        most = f"the busiest day has {days.max() * 1e6:.3g} KB"
        raise ValueError(f"{most} (expected more; give unit= if that is right)")
    return daily_gb(days)


@lru_cache(maxsize=10_000)
def _readings(cell: str) -> dict[str, dt.date]:
    """Return the days that a cell can mean, by the order of its numbers."""
    text = re.sub(WITHOUT_DAY, "", cell, flags=re.I)[:40]
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b|日$", "", text)
    text = re.sub(r"[年月/,.\s-]+", "-", text).replace("Sept-", "Sep-")
    # To try ways takes long: most have another form, and the first tell all orders.
    form, days = (text.count("-"), bool(re.search(r"[^\W\d_]", text))), {}
    for way, orders in WAYS.items():
        if len(days) < len(ORDERS) and form == (way.count("-"), "b" in way.lower()):
            with suppress(ValueError):
                day = dt.datetime.strptime(text, way).date()
                days = dict.fromkeys(orders, day) | days
    return days


def _unit_of(name: str) -> str:
    """Return the one unit that a column's name states, or nothing."""
    words = re.findall(r"[a-z]+|字节", re.sub(r"(?<=[a-z])(?=[A-Z][AB]|Bytes)", " ", name), re.I)
    units = {_unit_meant(word) for word in words}
    units |= {_unit_meant(word, loose=True) for word in re.findall(r"[(\[]\s*(\w+)\s*[)\]]", name)}
    return units.pop() if len(units := units - {""}) == 1 else ""


def _unit_meant(word: str, loose: bool = False) -> str:
    """Return a key of `PER_GB`, "bits" for such as Mb, or nothing; B, M, Mo count if `loose`."""
    found = re.fullmatch(UNIT, word, re.I)
    if not found or not (loose or found[3] or found[4]):
        return ""
    if re.fullmatch("[KMGT]b", word):
        return "bits"
    return f"{(found[1] or '').upper()}{(found[2] or '').lower()}B"


def _words_of(name: str) -> str:
    """Return a column's name in lower-case words."""
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name))).lower()


def _share(cells: pd.Series, test: Callable[[str], object]) -> float:
    """Return the share of filled cells that pass."""
    return np.mean([bool(test(cell)) for cell in cells if cell] or [False])


def _any_cell(cells: pd.DataFrame, pattern: str) -> pd.Series:
    """Return which rows have a cell in which a pattern is found."""
    search = re.compile(pattern, re.I).search
    return pd.Series([any(map(search, row)) for row in cells.to_numpy()], cells.index, dtype=bool)


def _reject(name: str, complaints: list[Complaint]) -> None:
    """Raise a ValueError of all complaints; those that differ in line and cell only are one."""
    alike = {}
    for what, column, line, cell in complaints:
        place = name if line is None else f"{name}:{line}"
        text = f"'{cell[:MOST_SHOWN]}' {what}" if cell else what
        message = ": ".join(filter(None, [place, column, text]))
        alike.setdefault((what, column), []).append(message)
    if alike:
        counted = ((one[0], len(one)) for one in alike.values())
        messages = (f"{one}; {n} lines in all" if n > 1 else one for one, n in counted)
        raise ValueError("\n".join(messages))
