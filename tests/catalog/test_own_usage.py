"""A person's own usage: realistic exports are read as their owner means them, asked about or refused."""

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
        ["30 days, 20 August to 18 September 2026, column mb", "19.0 GB (of 1000 MB: up to 7.4 % off"],
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
                for app, share in [("微信", 0.5), ("抖音", 0.3), ("其他", 0.2)]
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
            lambda d, g: (
                f"{d:%d-%b-%Y} 08:10,Data,{g * 1000:.3f},MB\n{d:%d-%b-%Y} 09:00,SMS,1,Msg\n{d:%d-%b-%Y} 10:00,Voice,12,Min"
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
                f"{d:%b %d, %Y}\t{f'{g:.3f} GB' if g >= 1 else f'{g * 1000:.1f} MB' if g else '0 B'}"
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
    "French": (
        lines(lambda d, g: f"{d:%d/%m/%Y};{german(g)}", "Date;Données (Go)"),
        "cp1252",
        {},
        [],
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
        "which of several amounts is meant",
    ),
    "Wi-Fi alone": (
        lines(lambda d, g: f"{d},Wi-Fi,{mb(g)}", "date,network,mb"),
        "no rows of mobile data",
    ),
    "both marks": ("date;mb\n2026-08-20;1,5\n2026-08-21;2.5\n", "does not tell its mark of decimals"),
    "no columns": ("hello\n", "has no columns"),
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
