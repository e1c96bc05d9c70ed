"""A person's own usage: exports are read as their owner means them, asked about or refused."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from prepaid.catalog import DATA
from prepaid.catalog.own_usage import read_usage

START = dt.date(2026, 8, 20)
# GB of 20 August to 18 September 2026: every file below tells of these days.
GB = np.array([0.512, 0.081, 1.414, 0.0, 0.25, 0.733, 2.048, 0.02, 0.9, 0.36] * 3)
DAYS = [START + dt.timedelta(day) for day in range(len(GB))]


def lines(row, header="", end="", sep="\n"):
    """One line a day, out of `row(day, gb)`."""
    return (
        sep.join(
            filter(None, [header, *(row(day, gb) for day, gb in zip(DAYS, GB, strict=True)), end])
        )
        + sep
    )


def mb(gb):
    return f"{gb * 1000:.0f}"


def german(gb):
    return f"{gb:.3f}".replace(".", ",")


def vnstat(version, names=("wwan0",)):
    days = [
        {
            "id": i,
            "date": {"year": day.year, "month": day.month, "day": day.day},
            "rx": round(gb * 0.9 * (1e9 if version == "2" else 1e9 / 1024)),
            "tx": round(gb * 0.1 * (1e9 if version == "2" else 1e9 / 1024)),
        }
        for i, (day, gb) in enumerate(zip(DAYS, GB, strict=True))
    ]
    key = "day" if version == "2" else "days"
    interfaces = [
        {"name": name, "id": name, "traffic": {"total": {"rx": 1, "tx": 1}, key: days}}
        for name in names
    ]
    return json.dumps({"vnstatversion": "2.12", "jsonversion": version, "interfaces": interfaces})


# Name: (text, encoding, options, words of what was understood)
READ = {
    "our own": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,mb"),
        "utf-8",
        {},
        [
            "30 days, 20 August to 18 September 2026, column mb",
            "19.0 GB (of 1000 MB: up to 7.4 % off",
        ],
    ),
    "newest first, with a BOM and CRLF": (
        "\r\n".join(
            [
                "Date,Usage (MB)",
                *(f"{d},{mb(g)}" for d, g in reversed([*zip(DAYS, GB, strict=True)])),
            ]
        ),
        "utf-8-sig",
        {},
        ["column Usage (MB)"],
    ),
    "Chinese in GB18030, three rows a day, a sum": (
        lines(
            lambda d, g: "\n".join(
                f"{d:%Y年}{d.month}月{d.day}日,{app},{g * 1000 * share:.1f}"
                for app, share in [("微信", 0.6), ("抖音", 0.3), ("其他", 0.1)]
            ),
            "日期,应用,流量(MB)",
            "合计,,18954.0",
        ),
        "gb18030",
        {},
        ["column 流量(MB)", "3 rows a day added", "rows of totals left out: 1"],
    ),
    "Chinese in UTF-16 with tabs and both directions": (
        lines(
            lambda d, g: f"{d:%Y/%m/%d}\t{g * 100:.2f}MB\t{g * 900:.2f}MB\t{g * 1000:.2f}MB",
            "日期\t上传\t下载\t合计",
        ),
        "utf-16",
        {},
        ["columns 下载 + 上传"],
    ),
    "UTF-16 without a mark": (lines(lambda d, g: f"{d};{mb(g)}", "Date;MB"), "utf-16-le", {}, []),
    "German: semicolons, decimal comma, day first": (
        lines(
            lambda d, g: f"{d:%d.%m.%Y};{german(g)}",
            "Datum;Datenvolumen (GB)",
            f"Gesamt: Summe;{german(GB.sum())}",
        ),
        "cp1252",
        {},
        ["dates as day/month"],
    ),
    "dd/mm/yy": (
        lines(lambda d, g: f"{d:%d/%m/%y},{mb(g)}", "Date,Data (MB)"),
        "utf-8",
        {},
        ["dates as day/month"],
    ),
    "mm/dd with a clock, sessions in KB": (
        lines(
            lambda d, g: "\n".join(
                f'{d:%m/%d/%Y} {hour}:15 PM,Data,"{g * share * 1e6:,.0f}",KB'
                for hour, share in ((1, 0.4), (4, 0.3), (6, 0.299), (9, 0.001))
            ),
            "Date/Time,Type,Number of units,Unit",
        ),
        "utf-8",
        {},
        ["dates as month/day", "4 rows a day added"],
    ),
    "a carrier's records with texts and calls": (
        lines(
            lambda d, g: "\n".join(
                f"{d:%d-%b-%Y} 08:10,{rest}"
                for rest in (f"Data,{g * 1000:.3f},MB", "SMS,1,Msg", "Voice,12,Min")
            ),
            "Date,Service,Quantity,Unit",
        ),
        "utf-8",
        {},
        ["rows of Wi-Fi, calls or texts left out: 60"],
    ),
    "cells with units": (
        lines(
            lambda d, g: (
                f"{d:%b %d, %Y}\t"
                f"{f'{g:.3f} GB' if g >= 1 else f'{g * 1000:.1f} MB' if g else '0 B'}"
            ),
            "Day\tUsed",
        ),
        "utf-8",
        {},
        ["column Used"],
    ),
    "grouped thousands": (
        lines(lambda d, g: f'"{d:%B} {d.day}, {d.year}","{g * 1000:,.1f} MB"', "Day,Usage"),
        "utf-8",
        {},
        [],
    ),
    "bytes, times and offsets": (
        lines(
            lambda d, g: "\n".join(f"{d}T{hour:02}:30:00-07:00,{g * 5e8:.0f}" for hour in (7, 22)),
            "timestamp,bytes",
        ),
        "utf-8",
        {},
        ["2 rows a day added"],
    ),
    "bytes as a spreadsheet writes them": (
        lines(lambda d, g: f"{d};{g * 1e9:.5E}".replace("E+0", "E+"), "date;bytes"),
        "utf-8",
        {},
        [],
    ),
    "YAMon: tabs, both directions in GB": (
        lines(
            lambda d, g: f"{d}\t{g * 0.9:.4f}\t{g * 0.1:.4f}", "Date\tDownload (GB)\tUpload (GB)"
        ),
        "utf-8",
        {},
        ["columns Download (GB) + Upload (GB)"],
    ),
    "vnStat 2": (vnstat("2"), "utf-8", {}, ["columns rx (B) + tx (B)"]),
    "vnStat 1": (vnstat("1"), "utf-8", {}, ["columns rx (KiB) + tx (KiB)"]),
    "MiB": (lines(lambda d, g: f"{d},{g * 1e9 / 2**20:.4f}", "day,MiB"), "utf-8", {}, []),
    "a report with a head, blank lines and a foot": (
        "Usage report\nAccount: 123, Plan: Unlimited\nAll times are local.\n\n"
        + lines(
            lambda d, g: f"{d},{mb(g)},0.00\n",
            "Date,Data used (MB),Charge ($)",
            "Total,18954,0.00\n* Recent use may be missing, see terms",
        ),
        "utf-8",
        {},
        ["rows of totals left out: 1", "rows of words left out: 1", "column Data used (MB)"],
    ),
    "Wi-Fi beside mobile data": (
        lines(
            lambda d, g: f"{d},{mb(g)},{5000},{float(mb(g)) + 5000}",
            "Date,Mobile (MB),Wi-Fi (MB),Total (MB)",
        ),
        "utf-8",
        {"column": "Mobile (MB)"},
        ["column Mobile (MB)"],
    ),
    "rows of Wi-Fi and of mobile data": (
        lines(lambda d, g: f"{d},Mobile,{mb(g)}\n{d},Wi-Fi,7000", "date,network,mb"),
        "utf-8",
        {},
        ["rows of Wi-Fi, calls or texts left out: 30"],
    ),
    "rows of directions and their sum": (
        lines(
            lambda d, g: (
                f"{d},Download,{g * 900:.2f}\n{d},Upload,{g * 100:.2f}\n{d},Total,{g * 1000:.2f}"
            ),
            "date,direction,mb",
        ),
        "utf-8",
        {},
        ["rows of totals left out: 30"],
    ),
    "comments and pipes": (
        "# made by a script\n" + lines(lambda d, g: f"{d}|{mb(g)}", "date|MB used"),
        "utf-8",
        {},
        [],
    ),
    "remaining and running columns": (
        lines(
            lambda d, g: f"{d},{mb(g)},{9999 - float(mb(g))},{1e4 + d.toordinal()}",
            "date,Data used MB,Remaining MB,Cumulative MB",
        ),
        "utf-8",
        {},
        ["column Data used MB"],
    ),
    "a weekday before the date": (
        lines(lambda d, g: f'"{d:%a, %d %b %Y}",{mb(g)}', "Day,Usage MB"),
        "utf-8",
        {},
        [],
    ),
    "days without use left out": (
        lines(lambda d, g: f"{d},{mb(g)}" if g else "", "date,mb"),
        "utf-8",
        {"gaps": "zero"},
        ["missing days taken as 0: 3"],
    ),
    "no unit, answered": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,usage"),
        "utf-8",
        {"unit": "MB"},
        [],
    ),
    "compact dates": (
        lines(lambda d, g: f"{d:%Y%m%d},{g * 1e6:.0f}", "date,total_kb"),
        "utf-8",
        {},
        ["column total_kb"],
    ),
    "pages with a header each": (
        lines(lambda d, g: f"{d},{mb(g)}" + "\nDate,Data (MB)" * (d.day == 31), "Date,Data (MB)"),
        "utf-8",
        {},
        [],
    ),
    "yy-mm-dd": (
        lines(lambda d, g: f"{d:%y-%m-%d},{mb(g)}", "date,mb"),
        "utf-8",
        {},
        ["dates as year/month"],
    ),
    "a sum beside its parts": (
        lines(
            lambda d, g: f"{d},{g * 700},{g * 300},{g * 1000}",
            "date,Home (MB),Roaming (MB),Total (MB)",
        ),
        "utf-8",
        {},
        ["column Total (MB)"],
    ),
    "a column of Wi-Fi": (
        lines(lambda d, g: f"{d},5000,{mb(g)}", "date,Wi-Fi (MB),Mobile (MB)"),
        "utf-8",
        {},
        ["column Mobile (MB)"],
    ),
    "French": (
        lines(lambda d, g: f"{d:%d/%m/%Y};{german(g)}", "Date;Données (Go)"),
        "cp1252",
        {},
        ["column Données (Go), dates as day/month"],
    ),
}

ASKED = {
    "dd/mm or mm/dd": (
        "date,mb\n" + "".join(f"0{i}/08/2026,{100 + i}\n" for i in range(1, 10)),
        {},
        "can be 1 August 2026 or 8 January 2026 .*day_first",
    ),
    "years of two digits": (
        "date,mb\n" + "".join(f"1{i}/12/1{i},1\n" for i in range(3)),
        {},
        "years of four digits|day_first",
    ),
    "no unit": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,usage"),
        {},
        "usage: has no unit .*unit='MB' .2.05 GB",
    ),
    "no header": (lines(lambda d, g: f"{d},{mb(g)}"), {}, "column 2: has no unit"),
    "perhaps bits": (lines(lambda d, g: f"{d},{mb(g)}", "date,Data (Mb)"), {}, "may count bits"),
    "a gap": (
        lines(lambda d, g: f"{d},{mb(g)}" if g else "", "date,mb"),
        {},
        "3 days are missing, the first is 23 August 2026.*gaps='zero'",
    ),
    "KiB in a column called mb": (
        lines(lambda d, g: f"{d},{g * 1e9 / 1024:.0f}", "date,mb"),
        {},
        "more than any line uses",
    ),
    "a row that stands twice": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,mb", f"{DAYS[0]},512"),
        {},
        "log.csv:32: 1 rows of a day that has one already .*repeated='add'",
    ),
    "one day a second time": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,mb", f"{DAYS[-1]},40"),
        {},
        "repeated='add'",
    ),
    "two amounts": (
        lines(lambda d, g: f"{d},{mb(g)},{mb(g / 3)}", "date,Home (MB),Hotspot (MB)"),
        {},
        r"column='Home \(MB\)' or column='Hotspot \(MB\)'",
    ),
    "devices": (
        lines(lambda d, g: f"{d},phone,{mb(g)}\n{d},tablet,{mb(g)}", "date,device,mb"),
        {},
        "device: has several values .*person='device'",
    ),
    "1,234": (
        "date,mb\n" + "".join(f'2026-08-{i},"1,2{i}"\n' for i in range(10, 28)),
        {},
        "does not tell its mark of decimals .*decimal=",
    ),
    "GB in a column called mb": (
        lines(lambda d, g: f"{d},{g}", "date,mb"),
        {"decimal": None},
        None,
    ),
    "a session that stands twice": (
        lines(
            lambda d, g: f"{d} 08:00,{mb(g)}\n{d} 09:00,{mb(g)}", "time,mb", f"{DAYS[0]} 08:00,512"
        ),
        {},
        "log.csv:62: 1 rows .*repeated='add'",
    ),
    "two interfaces": (
        vnstat("2", ("eth0", "wwan0")),
        {},
        "has days of eth0, wwan0 .expected one",
    ),
}
ASKED["GB in a column called mb"] = (
    lines(lambda d, g: f"{d},{g / 10}", "date,mb"),
    {},
    "the busiest day has 205 KB",
)

REFUSED = {
    "months": (
        "date,mb\n" + "".join(f"2026-{month:02}-01,9000\n" for month in range(1, 11)),
        "a month apart",
    ),
    "months without a day": (
        "month,mb\n" + "".join(f"2026-{month:02},9000\n" for month in range(1, 11)),
        "2026-01' is no date.*; 10 lines in all",
    ),
    "weeks": (
        "date,mb\n" + "".join(f"{START - dt.timedelta(7 * week)},900\n" for week in range(9)),
        "7 days apart",
    ),
    "periods": (
        "Start,End,mb\n2026-08-01,2026-08-31,9000\n2026-09-01,2026-09-30,8000\n",
        "more than a day from 'End'",
    ),
    "no date": ("app,mb\nMail,100\nMaps,20\n", "is no date"),
    "a spreadsheet's day numbers": (
        "date,mb\n" + "".join(f"{46254 + i},9{i}\n" for i in range(20)),
        "spreadsheet's number of a day.*; 20 lines in all",
    ),
    "Unix time": ("timestamp,bytes\n1787184000,1000\n1787270400,1000\n", "Unix time"),
    "unquoted decimal commas": (
        "date,gb\n2026-08-20,0,5\n2026-08-21,1,25\n",
        "3 cells .expected 2.; 2 lines in all",
    ),
    "blank amounts": (
        lines(lambda d, g: f"{d},{mb(g) if g else ''}", "date,mb"),
        "log.csv:5: mb: is blank .*; 3 lines in all",
    ),
    "negative": ("date,mb\n2026-08-20,-5\n2026-08-21,7\n", "'-5' is no amount .expected one >= 0"),
    "words": (
        lines(lambda d, g: f"{d},{mb(g) if g != 0.25 else 'lots'}", "date,mb"),
        "'lots' is no amount.*; 3 lines in all",
    ),
    "the future": ("date,mb\n2999-01-01,5\n2999-01-02,5\n", "in the future"),
    "no such day": ("date,mb\n2026-02-28,5\n2026-02-30,5\n", "'2026-02-30' is no date"),
    "a running total": (
        lines(lambda d, g: f"{d},{1000 * GB[: DAYS.index(d) + 1].sum():.0f}", "date,mb"),
        "like a running total",
    ),
    "bits per second": (
        lines(lambda d, g: f"{d},{mb(g)}", "date,rate (kbit/s)"),
        "no column is plainly that of the amounts used",
    ),
    "Wi-Fi alone": (
        lines(lambda d, g: f"{d},Wi-Fi,{mb(g)}", "date,network,mb"),
        "no rows of mobile data",
    ),
    "both marks": (
        "date;mb\n2026-08-20;1,5\n2026-08-21;2.5\n",
        "does not tell its mark of decimals",
    ),
    "no columns": ("hello\n", "has no columns"),
    "a second table below": (
        lines(lambda d, g: f"{d},{mb(g)}", "Date,Mobile (MB)")
        + lines(lambda d, g: f"{d},4000", "Date,Wi-Fi (MB)"),
        "log.csv:32: Date: 'Date' is no date",
    ),
    "a second part below": (
        lines(lambda d, g: f"{d},{mb(g)}", "Date,MB")
        + "By laptop\n"
        + lines(lambda d, g: f"{d},4000"),
        "'By laptop' is no date",
    ),
    "a sum in rows": (
        lines(
            lambda d, g: f"{d},Phone,{g * 1000}\n{d},Maps,{g * 650}\n{d},Mail,{g * 350}",
            "date,app,mb",
        ),
        "app: 'Phone' is the sum of the other rows",
    ),
    "another century": ("date,mb\n1999-12-31,5\n2000-01-01,5\n", "'1999-12-31' is before 2000"),
    "another JSON": ('{"a": 1}', "not the JSON of vnStat"),
    "nothing": ("", "has no columns"),
}


def write(folder, text, encoding="utf-8"):
    path = folder / "log.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("name", READ)
def test_realistic_export_is_read_as_its_owner_means_it(tmp_path, name):
    text, encoding, options, words = READ[name]
    usage = read_usage(write(tmp_path, text, encoding), **options)
    assert usage.index.tolist() == [pd.Timestamp(day) for day in DAYS]
    assert usage.to_numpy() == pytest.approx(GB, abs=2e-5)
    understood = usage.attrs["understood"]
    assert "\n" not in understood and [word for word in words if word not in understood] == []


@pytest.mark.parametrize("name", ASKED)
def test_what_can_mean_two_things_is_asked(tmp_path, name):
    text, options, question = ASKED[name]
    with pytest.raises(ValueError, match=question):
        read_usage(write(tmp_path, text), **options)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_persons_usage_is_refused(tmp_path, name):
    text, complaint = REFUSED[name]
    with pytest.raises(ValueError, match=complaint):
        read_usage(write(tmp_path, text))


def test_issue_example_is_told_in_one_line(tmp_path):
    days = [START + dt.timedelta(day) for day in range(60)]
    rows = [
        f"{day:%Y/%m/%d},{app},{7700 / 180:.4f}" for day in days for app in ("微信", "抖音", "其他")
    ]
    usage = read_usage(write(tmp_path, "\n".join(["日期,应用,流量(MB)", *rows]), "gb18030"))
    assert usage.attrs["understood"] == (
        "60 days, 20 August to 18 October 2026, column 流量(MB), 3 rows a day added,"
        " 7.7 GB (of 1000 MB: up to 7.4 % off if a seller counts in 1024s)"
    )


def test_example_log_is_read_to_the_last_digit():
    table = pd.read_csv(DATA / "example-usage-log.csv", parse_dates=["date"])
    usage = read_usage(DATA / "example-usage-log.csv")
    assert usage.tolist() == (table["mb"] / 1000).tolist()
    assert usage.index.equals(pd.DatetimeIndex(table["date"])) and usage.name == "gb"


def test_answers_outweigh_what_a_column_is_called(tmp_path):
    path = write(tmp_path, lines(lambda d, g: f"{d},{g * 1e9 / 1024:.0f}", "date,mb"))
    assert read_usage(path, unit="KiB").to_numpy() == pytest.approx(GB, abs=1e-5)


@pytest.mark.parametrize(("answer", "first"), [(True, "2026-08-01"), (False, "2026-01-08")])
def test_order_of_dates_is_as_answered(tmp_path, answer, first):
    text = "date,mb\n" + "".join(f"0{day}/08/2026,100\n" for day in (1, 2))
    if answer:
        assert f"{read_usage(write(tmp_path, text), day_first=True).index[0]:%Y-%m-%d}" == first
    else:
        with pytest.raises(ValueError, match="a month apart"):
            read_usage(write(tmp_path, text), day_first=False)


@pytest.mark.parametrize(("answer", "mb"), [(".", 1.21), (",", 1210.0)])
def test_mark_of_decimals_is_as_answered(tmp_path, answer, mb):
    text = "date,mb\n2026-08-20,1.210\n2026-08-21,2.300\n"
    assert read_usage(write(tmp_path, text), decimal=answer, unit="MB").iloc[0] == mb / 1000


@pytest.mark.parametrize(("answer", "mb"), [("add", 162), ("drop", 81)])
def test_repeated_rows_are_as_answered(tmp_path, answer, mb):
    text = "date,mb\n2026-08-20,500\n2026-08-21,81\n2026-08-21,81\n2026-08-22,7\n2026-08-23,8\n"
    assert read_usage(write(tmp_path, text), repeated=answer)["2026-08-21"] == mb / 1000


def test_columns_are_added_as_answered(tmp_path):
    path = write(
        tmp_path, lines(lambda d, g: f"{d},{g * 700},{g * 300}", "date,Home MB,Roaming MB")
    )
    assert read_usage(path, column=["Home MB", "Roaming MB"]).to_numpy() == pytest.approx(GB)


def test_no_column_at_all_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is no column of amounts .*\['mb'\]"):
        read_usage(write(tmp_path, lines(lambda d, g: f"{d},{mb(g)}", "date,mb")), column=[])


def test_persons_have_a_column_each():
    days = pd.date_range("2026-08-01", periods=31)
    persons = [f"P{number:03}" for number in range(100)]
    table = pd.DataFrame(
        [(who, day, 10.0 * n + 40 - day.day) for n, who in enumerate(persons) for day in days],
        columns=["person", "date", "mb"],
    )
    usage = read_usage(table)
    assert usage.shape == (31, 100) and usage["P007"].iloc[4] == 0.105
    assert usage.attrs["understood"].startswith(
        "100 persons (column person), 31 days, 1 August to 31 August"
    )


def test_persons_with_the_same_fault_are_named_once():
    days = [*pd.date_range("2026-08-01", periods=5), *pd.date_range("2026-08-08", periods=5)]
    table = pd.DataFrame(
        [(who, day, 50.0) for who in "ab" for day in days], columns=["person", "date", "mb"]
    )
    with pytest.raises(
        ValueError, match="person 'a' and 1 more: usage: 2 days are missing"
    ) as error:
        read_usage(table)
    assert "\n" not in str(error.value)
    assert read_usage(table, gaps="zero").shape == (12, 2)


@pytest.mark.parametrize(("answer", "shape"), [("device", (30, 2)), (False, (30,))])
def test_devices_are_persons_or_not_as_answered(tmp_path, answer, shape):
    text = lines(lambda d, g: f"{d},phone,{mb(g)}\n{d},tablet,{mb(g / 2)}", "date,device,mb")
    assert read_usage(write(tmp_path, text), person=answer).shape == shape


LOG = pd.Series([0.0, 0.6] * 14, index=pd.date_range("2026-06-01", periods=28))
SERIES = {
    "days without use left out": (
        LOG[LOG > 0],
        "13 days are missing, the first is 3 June 2026.*0 for a day without",
    ),
    "MB": (LOG * 1000, r"600 GB on the busiest day .*is it MB\?"),
    "bytes": (LOG * 1e9, r"is it bytes\?"),
    "monthly totals": (
        LOG[:14].set_axis(pd.date_range("2025-01-01", periods=14, freq="MS")),
        "a month apart",
    ),
    "text": (LOG.astype(str), "expected GB per day"),
    "no dates": (LOG.reset_index(drop=True), "'0' is no date"),
    "missing values": (LOG.where(LOG > 0), "is blank"),
    "negative": (LOG - 1, "is no amount .expected one >= 0"),
    "nothing": (LOG[:0], "has no days"),
}


@pytest.mark.parametrize("name", SERIES)
def test_series_that_is_not_gb_per_day_is_refused(name):
    series, complaint = SERIES[name]
    with pytest.raises(ValueError, match=complaint):
        read_usage(series)


@pytest.mark.parametrize(
    "series",
    [
        LOG,
        LOG[::-1],
        LOG.tz_localize("America/New_York"),
        LOG.to_period("D"),
        LOG.rename("usage_mb") * 1000,
    ],
)
def test_dated_series_is_read(series):
    assert read_usage(series).tolist() == pytest.approx(LOG.tolist())


def test_filtered_table_is_read_by_its_dates():
    table = LOG.mul(1000).rename("mb").rename_axis("date").reset_index()
    assert read_usage(table[table["mb"] > 0], gaps="zero").tolist() == LOG[1:].tolist()


def test_series_by_the_hour_is_added_up():
    hours = pd.Series(0.01, pd.date_range("2026-06-01", periods=48, freq="h"))
    assert read_usage(hours).tolist() == pytest.approx([0.24, 0.24])


def test_gaps_of_a_series_are_zeros_as_answered():
    assert read_usage(LOG[LOG > 0], gaps="zero").tolist() == LOG[1:].tolist()


def test_missing_file_names_the_folder_and_what_lies_there(tmp_path):
    write(tmp_path, "date,mb\n")
    with pytest.raises(ValueError) as error:
        read_usage(tmp_path / "lgo.csv")
    assert str(error.value) == f"lgo.csv: file not found in {tmp_path} (there: log.csv)"


def test_spreadsheet_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "log.xlsx"
    path.write_bytes(b"PK\3\4 and so on")
    with pytest.raises(ValueError, match="save the sheet as CSV"):
        read_usage(path)


def test_every_wrong_answer_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"unit is 'Mb' .*\n.*gaps is 'none'") as error:
        read_usage(write(tmp_path, "date,mb\n"), unit="Mb", gaps="none")
    assert len(str(error.value).splitlines()) == 2


def test_all_problems_are_told_at_once(tmp_path):
    text = "date,usage\n2026-08-20,5\n2026-02-30,lots\n"
    with pytest.raises(ValueError) as error:
        read_usage(write(tmp_path, text))
    assert [line.split(" (")[0] for line in str(error.value).splitlines()] == [
        "log.csv:3: date: '2026-02-30' is no date",
        "log.csv:3: usage: 'lots' is no amount",
        "log.csv: usage: has no unit",
    ]


def test_year_of_two_digits_is_not_what_changes_from_row_to_row(tmp_path):
    text = "date,mb\n" + "".join(f"{day}/08/26,100\n" for day in range(13, 27))
    usage = read_usage(write(tmp_path, text))
    assert (f"{usage.index[0]:%d %B %Y}", len(usage)) == ("13 August 2026", 14)


def test_totals_of_weeks_are_refused_even_where_gaps_are_zeros():
    with pytest.raises(ValueError, match="7 days apart"):
        read_usage(LOG[::7] + 1, gaps="zero")
