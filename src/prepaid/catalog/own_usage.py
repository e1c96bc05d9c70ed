"""A person's own usage, out of a file or a table: what is plain is read, what is not is asked."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from prepaid.catalog.exports import (
    AMOUNT,
    PER_GB,
    Complaint,
    amounts_in_gb,
    any_cell,
    cells_below_header,
    days_written,
    decoded,
    folded,
    raise_all,
    readings,
    share,
    unit_meant,
    unit_of,
    vnstat_days,
    words_of,
)
from prepaid.usage import WEEK_DAYS, daily_gb

# What columns are called, and which rows are not a line's data.
DOWN = re.compile(r"\b(down\w*|rx|recei\w*|in|inbound)\b|下载|下行|接收")
UP = re.compile(r"\b(up|upload\w*|uplink|tx|sent|transmit\w*|out|outbound)\b|上传|上行|发送")
TOTAL = re.compile(r"\b(total|sum|combined)\b|合计|总")
USAGE = re.compile(
    r"\b(data|usage|used?|traffic|volume|mobile|cellular|[kmg]i?b|bytes?)\b|[流用]量"
)
OTHER = re.compile(
    r"\b(remain\w*|left|balance|limit|quota|allowance|budget|cost|price|fees?|charges?|usd|rate"
    r"|speed|\w*bps|\w*bits?|per second|s|percent|duration|minutes?|hours?|sessions?|count|calls?"
    r"|sms|texts?|messages?|id|no|index|port|cumulative|running|to date|year|month|week|wi ?fi|wlan"
    r"|ethernet|average|avg|mean|packets?|account|imei|phone)\b|[$%¥]|剩余|余额|套餐|费|金额|速率|时长|累计|序号|无线"
)
PERSON = re.compile(
    r"person( id)?|user( id|name)?|subscriber|member|line( number)?|phone( number)?"
    r"|(mobile|wireless)( phone)? number|msisdn|mdn|姓名|用户|号码|手机号码?"
)
PERHAPS_PERSON = re.compile(
    r"name|device( name)?|host(name)?|mac( address)?|ip( address)?|interface|sim|iccid|imsi|imei"
    r"|client|owner|account|number|设备(名称)?"
)
SUMS = re.compile(
    r"((grand|sub)[- ]?)?totals?|sum(me)?|averages?|overall|all( apps)?|gesamt|[合总小共]计|平均",
    re.I,
)
NOT_LINE = re.compile(
    r"wi-?fi( .*)?|wlan|ethernet|voice|talk|calls?|sms|mms|text|语音|通话|短信", re.I
)
NOT_DATA = re.compile(r"min(ute)?s?|secs?|ms?gs?|messages?|sms|texts?|calls?|条|分钟|秒|次", re.I)


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
    answers = {"unit": (unit, [*PER_GB]), "day_first": (day_first, [True, False])}
    answers |= {"decimal": (decimal, [".", ","]), "gaps": (gaps, ["zero"])}
    answers |= {"repeated": (repeated, ["add", "drop"])}
    wrong = {key: answer for key, answer in answers.items() if answer[0] not in (None, *answer[1])}
    raise_all(f"{key} is {got!r} (expected one of {known})" for key, (got, known) in wrong.items())
    is_file = isinstance(source, str | Path)
    name, table = _source_table(source)
    day = max(table, key=lambda key: share(table[key], readings))
    rows, units, said = _data_rows(name, table, day)
    dates, order, problems = days_written(rows, day, day_first, is_file)
    who, more = _person(rows, day, person)
    problems += more
    rest = rows.drop(columns=[key for key in (day, who) if key is not None])
    keys = [key for key in rest if share(rest[key], AMOUNT.fullmatch) >= 0.5]
    point = decimal if is_file else "."
    amounts = {key: amounts_in_gb(rest[key], units, unit, point) for key in keys}
    columns, more = _usage_columns(amounts, column)
    problems += more + [problem for key in columns for problem in amounts[key][1]]
    raise_all(folded(problems, name))
    gb = sum(amounts[key][0] for key in columns)
    raise_all(folded(_sum_of_others(rows.drop(columns=[day, *keys]), gb, dates), name))
    by = [rows[who].rename("who") if who else pd.Series("", rows.index, name="who"), dates]
    again = _repeats(rows, gb, by, bare=set(rest) == {*keys})
    if again.any() and repeated is None:
        what = "repeated='add' if that is further use, 'drop' if it is the same once more"
        there = f"{again.sum()} rows of a day that has one already"
        raise ValueError(f"{name}:{again.idxmax()}: {there} (expected {what})")
    if repeated == "drop":
        gb, by = gb[~again], [part[~again] for part in by]
    count, days, faults = gb.groupby(by).size(), {}, {}
    for key, part in gb.groupby(by).sum().groupby(level=0, sort=False):
        try:
            days[key] = _daily(part.droplevel(0), gaps, sure=unit is not None)
        except ValueError as error:
            faults.setdefault(str(error), []).append(f"{who} {key!r}")
    raise_all(
        f"{name}: {f'{keys[0]} and {len(keys) - 1} more: ' if who else ''}{fault}"
        for fault, keys in faults.items()
    )
    usage = pd.DataFrame(days).sort_index() if who else days[""]
    first, last, low, high = usage.index[0], usage.index[-1], count.min(), count.max()
    year = f" {first.year}" if first.year < last.year else ""
    span = f"{len(usage)} days, {first.day} {first:%B}{year} to {last.day} {last:%B %Y}"
    parts = [f"{len(days)} persons (column {who})"] if who else []
    parts += [span, f"column{'s' if len(columns) > 1 else ''} {' + '.join(columns)}", *order]
    parts += [f"{low}{f' to {high}' if low < high else ''} rows a day added"] if high > 1 else []
    filled = usage.count().sum() - len(count)
    parts += [*said, f"missing days taken as 0: {filled}"] if filled else said
    parts += [f"{gb.sum():,.1f} GB (of 1000 MB: up to 7.4 % off if a seller counts in 1024s)"]
    usage.attrs["understood"] = ", ".join(parts)
    return usage


def _source_table(source: str | Path | pd.Series | pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return the source's name and its cells as text, by line."""
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        text = decoded(path)
        is_json = text.lstrip().startswith(("{", "["))
        return path.name, (vnstat_days if is_json else cells_below_header)(path.name, text)
    if is_series := isinstance(source, pd.Series):
        if texts := [value for value in source if isinstance(value, str)]:
            raise ValueError(f"usage: text such as {texts[0]!r} is no number (expected GB per day)")
        label = "gb" if source.name is None else str(source.name)
        source = source.to_frame(label if unit_of(label) else f"{label} (GB)")
    if not isinstance(source, pd.DataFrame) or source.empty:
        raise ValueError("usage has no days (expected a file, or a Series or DataFrame with dates)")
    if is_series or not pd.api.types.is_integer_dtype(source.index.dtype):  # else it numbers rows
        source = source.rename_axis([key or "index" for key in source.index.names]).reset_index()
    cells = source.map(lambda value: "" if pd.isna(value) else str(value).strip())
    return "usage", cells.set_axis(map(str, cells), axis=1).set_axis(range(1, len(cells) + 1))


def _data_rows(
    name: str, table: pd.DataFrame, day: str
) -> tuple[pd.DataFrame, pd.Series | None, list[str]]:
    """Return the rows of mobile data, their units if a column has them, and what was left out."""
    dated, rest = table[day].map(readings).map(bool), table.drop(columns=day)
    whole = any_cell(rest, lambda cell: SUMS.fullmatch(cell.strip(": ")))
    begins = any_cell(table, lambda cell: re.match(rf"({SUMS.pattern})\b", cell, re.I))
    sums = (whole & ~whole[dated].all()) | (begins & ~dated)
    # Words between rows of data may name another thing that follows: only those at the end go.
    foot = ~any_cell(table, lambda cell: re.match(r"[-+.,]?\d", cell)) & ~sums
    foot &= ~dated[::-1].cummax()[::-1]
    kept = rest[~sums & ~foot]
    units = [
        key
        for key in kept
        if (cells := set(kept[key]) - {""})
        and any(map(unit_meant, cells))
        and all(unit_meant(cell) or NOT_DATA.fullmatch(cell) for cell in cells)
    ]
    units_or_kinds = units + [
        key for key in kept if kept[key].str.fullmatch("data|internet", case=False).any()
    ]
    other = any_cell(kept, NOT_LINE.fullmatch) | any_cell(kept[units_or_kinds], NOT_DATA.fullmatch)
    other &= dated
    rows = table.loc[kept.index[~other]]
    if rows.empty:
        raise ValueError(f"{name}: no rows of mobile data (expected a date and an amount in each)")
    left = {"totals": sums.sum(), "words": foot.sum(), "Wi-Fi, calls or texts": other.sum()}
    said = [f"rows of {what} left out: {count}" for what, count in left.items() if count]
    return rows, rows[units[0]] if units else None, said


def _person(
    rows: pd.DataFrame, day: str, person: str | bool | None
) -> tuple[str | None, list[Complaint]]:
    """Return the column that tells persons apart, if one does, and what is wrong or asked."""
    if person is False or person in [*rows.drop(columns=day)]:
        return person or None, []
    if person is not None:
        return None, [(None, str(person), f"is no column (expected one of {[*rows]})", "")]
    several = {key: words_of(key) for key in rows if key != day and len(set(rows[key])) > 1}
    for key, words in several.items():
        if PERSON.fullmatch(words):
            return key, []
    asked = "has several values (expected person={!r} if each is a person, person=False if none is)"
    perhaps = [key for key, words in several.items() if PERHAPS_PERSON.fullmatch(words)]
    return None, [(None, key, asked.format(key), "") for key in perhaps]


def _usage_columns(
    amounts: dict[str, tuple], column: str | list[str] | None
) -> tuple[list[str], list[Complaint]]:
    """Return the column of usage, or those to be added, and what is wrong or asked."""
    if column is not None:
        columns = [column] if isinstance(column, str) else [*column]
        what = f"is no column of amounts (expected some of {[*amounts]})"
        wrong = [(None, str(key), what, "") for key in columns if key not in amounts]
        return [key for key in columns if key in amounts], wrong
    words = {key: f"{words_of(key)} {key}".lower() for key in amounts}
    words = {key: text for key, text in words.items() if not OTHER.search(text)}
    down, up, total = (
        [key for key in words if part.search(words[key])] for part in (DOWN, UP, TOTAL)
    )
    named = [key for key in words if USAGE.search(words[key]) or amounts[key][2]]
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
    what = f"no column is plainly that of the amounts used ({what})"
    return [], [(None, "", what, "")]


def _sum_of_others(rows: pd.DataFrame, gb: pd.Series, dates: pd.Series) -> list[Complaint]:
    """Return the values of a column whose rows are, day by day, the sum of all others."""
    problems = []
    for key in [key for key in rows if 2 < len(set(rows[key])) < 50]:
        daily = pd.crosstab(dates, rows[key], gb, aggfunc="sum").fillna(0)
        for value in daily:
            others = daily.drop(columns=value)
            is_sum = np.allclose(daily[value], others.sum(axis=1), 0.02, 0.002)
            if is_sum and others.any().sum() > 1:
                what = "is the sum of the other rows of its day (expected each use once)"
                problems.append((None, key, what, value))
    return problems


def _repeats(rows: pd.DataFrame, gb: pd.Series, by: list[pd.Series], bare: bool) -> pd.Series:
    """Return which rows seem to stand there once more.

    That is a row equal to another, or, where nothing tells the rows of a day apart and most days
    have one, all that follow the first.
    """
    clock = any_cell(rows, lambda cell: re.search("[:时]", cell)).any()
    alone = (gb.groupby(by).transform("size") == 1).mean() > 0.5
    later = gb.groupby(by).cumcount() > 0
    return (rows.duplicated() & (gb > 0)) | (later if bare and alone and not clock else False)


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
