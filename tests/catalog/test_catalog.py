"""The catalogue's contract: what loads, and what is said about what does not."""

import csv
import datetime as dt
import io
import json
import re
import shutil
import unicodedata
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import DATA as CATALOG

from prepaid.catalog import DATA, Catalog, load
from prepaid.catalog.kinds import (
    FIRST_MIDNIGHT,
    LONGEST_TERM_DAYS,
    NETWORKS,
    PACKAGE,
    CatalogError,
    declared,
)
from prepaid.catalog.read import MOST_ALIKE, read_folder, read_rows, read_table
from upkeep.dictionary import with_columns, write_dictionary

TABLES = declared()
PLANS, PLANS_OF_DATA = TABLES["plans"], CATALOG.plans
COLUMNS = [column.name for column in PLANS.columns]
PACKED = json.loads((DATA / PACKAGE).read_text(encoding="utf-8"))
PLAN = dict.fromkeys(COLUMNS, "") | {
    "plan_id": "acme-5gb-30d",
    "provider": "Acme",
    "provider_kind": "mvno",
    "plan": "5 GB",
    "offer": "standard",
    "price_usd": "20.00",
    "term_days": "30",
    "data_gb": "5",
    "allowance_days": "30",
    "notional_data": "false",
    "unlimited": "false",
    "after_allowance": "stop",
    "tourist_only": "false",
    "source_id": "acme-page",
    "as_of": "2026-06",
}
SOURCE = "source_id,title,url,method\nacme-page,Acme's page,https://acme.example/,transcribed\n"


def as_csv(*rows, columns=COLUMNS):
    """Return a plans.csv of PLAN with the changes of each row."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for number, changes in enumerate(rows):
        name = {"plan_id": f"acme-{number}", "plan": f"Plan {number}"} if number else {}
        writer.writerow(PLAN | name | changes)
    return file.getvalue()


@pytest.fixture
def load_text(tmp_path):
    """Load the plans of a folder that has plans.csv of this content, and sources.csv, only."""

    def load_text(content, sources=SOURCE):
        content = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "plans.csv").write_bytes(content)
        (tmp_path / "sources.csv").write_text(sources, encoding="utf-8")
        two = [one for one in deepcopy(PACKED["resources"]) if one["name"] in ("plans", "sources")]
        keys = two[0]["schema"]["foreignKeys"]
        keys[:] = [key for key in keys if key["reference"]["resource"] != "channels"]
        (tmp_path / PACKAGE).write_text(json.dumps(PACKED | {"resources": two}), encoding="utf-8")
        reads = read_folder(tmp_path)
        if problems := [message for read in reads.values() for message in read.messages]:
            raise CatalogError(problems)
        return reads["plans"].frame

    return load_text


@pytest.fixture
def problems_of(load_text):
    """Return the problems of a plans.csv of this content."""

    def problems_of(*content):
        with pytest.raises(CatalogError) as error:
            load_text(*content)
        assert str(error.value) == "\n".join(error.value.problems)
        return list(error.value.problems)

    return problems_of


@pytest.fixture
def folder(tmp_path):
    """Return a copy of data/ that a test may change."""
    return shutil.copytree(DATA, tmp_path / "data")


def without(text, column):
    """Return a CSV without one column."""
    at = COLUMNS.index(column)
    return "".join(
        ",".join(c for i, c in enumerate(line.split(",")) if i != at) + "\n"
        for line in text.splitlines()
    )


# --- what is in data/ ---


def test_every_table_that_is_declared_is_loaded():
    names = [field.name for field in fields(Catalog)]
    assert {*names, "usage_log"} == {*TABLES}
    assert all(len(getattr(CATALOG, name)) for name in names)


def test_what_the_model_asks_for_by_name_is_declared():
    of_plans = {column.name: column.kind for column in PLANS.columns}
    assert all(of_plans["network"].parse(name) for name in [*NETWORKS, "+".join(NETWORKS)])
    assert of_plans["network"].expected.startswith(", ".join(NETWORKS))
    assert of_plans["term_days"].parse(str(LONGEST_TERM_DAYS)) == LONGEST_TERM_DAYS
    with pytest.raises(ValueError, match="plausible"):
        of_plans["term_days"].parse(str(LONGEST_TERM_DAYS + 1))


def test_no_row_is_dropped():
    plans = PLANS_OF_DATA
    with (DATA / "plans.csv").open(encoding="utf-8", newline="") as file:
        assert plans.index.tolist() == [row["plan_id"] for row in csv.DictReader(file)]
    assert plans.index.name == "plan_id"
    assert list(plans.columns) == COLUMNS[1:]


def test_columns_have_their_types():
    for name in ("plans", "channels", "price_history"):
        for column in TABLES[name].columns:
            frame = getattr(CATALOG, name).reset_index()
            assert frame[column.name].dtype == column.kind.dtype, column.name
    assert PLANS_OF_DATA["provider"].dtype == PLANS_OF_DATA["network"].dtype == "str"
    assert PLANS_OF_DATA["term_days"].dtype == "Int64"
    assert list(PLANS_OF_DATA["sim"].cat.categories) == ["esim", "physical", "both"]


def test_blank_is_missing_never_zero():
    plans = PLANS_OF_DATA
    assert plans.loc["roamless-payg-1gb", "term_days"] is pd.NA
    assert np.isnan(plans.loc["visible-plus", "data_gb"])
    assert plans.loc["google-fi-flexible", "data_gb"] == 0


def test_figures_are_those_of_the_file():
    plans = PLANS_OF_DATA
    with (DATA / "plans.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in (
                "price_usd",
                "autopay_price_usd",
                "data_gb",
                "term_days",
                "hotspot_gb",
                "throttle_kbps",
            ):
                value = plans.loc[row["plan_id"], column]
                assert (pd.isna(value) and row[column] == "") or value == float(row[column])


def test_the_data_dictionary_is_up_to_date():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert with_columns(text, TABLES) == text, (
        "data/README.md is behind the schema: run `./run refresh`"
    )


# --- what is fine ---


def test_an_unknown_day_counts_as_the_first_of_the_month(load_text):
    assert load_text(as_csv({}))["as_of"].iloc[0] == pd.Timestamp("2026-06-01")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n\n\n",
        lambda text: text + "\r\n\r\n",
        lambda text: text.rstrip("\n"),
    ],
    ids=[
        "byte order mark",
        "CRLF",
        "trailing blank lines",
        "trailing CRLF lines",
        "no last line end",
    ],
)
def test_how_editors_save_a_file_does_not_matter(load_text, change):
    text = as_csv({"note": 'a, b and "c"'}, {})
    pd.testing.assert_frame_equal(load_text(change(text)), load_text(text))


def test_quoted_commas_and_quotes_are_text(load_text):
    assert load_text(as_csv({"note": 'a, b and "c"'}))["note"].iloc[0] == 'a, b and "c"'


def test_text_may_be_in_any_script(load_text):
    assert load_text(as_csv({"plan": "无限流量套餐"}))["plan"].iloc[0] == "无限流量套餐"


def test_columns_may_stand_in_any_order(load_text):
    pd.testing.assert_frame_equal(
        load_text(as_csv({}, columns=COLUMNS[::-1])), load_text(as_csv({}))
    )


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("FALSE", False)])
def test_a_spreadsheet_writes_true_in_capitals(load_text, text, value):
    assert load_text(as_csv({"voice_text": text}))["voice_text"].iloc[0] is np.bool_(value)


def test_a_day_is_not_in_the_future_once_it_has_begun_somewhere(
    load_text, problems_of, monkeypatch
):
    """At eleven in London it is one in the morning of the next day in Kiritimati."""

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime(2026, 10, 1, 11, tzinfo=dt.UTC).astimezone(tz)

    monkeypatch.setattr("prepaid.catalog.kinds.dt", SimpleNamespace(datetime=Clock, date=dt.date))
    assert load_text(as_csv({"as_of": "2026-10-02"}))["as_of"].iloc[0] == pd.Timestamp("2026-10-02")
    (problem,) = problems_of(as_csv({"as_of": "2026-10-03"}))
    assert "'2026-10-03' is in the future" in problem


# --- what is refused: one changed cell each ---

TOMORROW = str(dt.datetime.now(FIRST_MIDNIGHT).date() + dt.timedelta(days=1))
CELLS = {
    "text for a number": ("price_usd", "abc", "'abc' is not a number (expected dollars ≥ 0)"),
    "currency sign": ("price_usd", "$20", "'$20' is not a number (expected dollars ≥ 0)"),
    "thousands separator": ("price_usd", "1,000", "'1,000' is not a number (expected dollars ≥ 0)"),
    "not a number": ("price_usd", "NaN", "'NaN' is not a number (expected dollars ≥ 0)"),
    "infinity": ("data_gb", "inf", "'inf' is not a number (expected GB ≥ 0, or blank)"),
    "exponent": ("data_gb", "1e3", "'1e3' is not a number (expected GB ≥ 0, or blank)"),
    "negative": ("price_usd", "-5", "'-5' is below 0 (expected dollars ≥ 0)"),
    "absurd": (
        "price_usd",
        "99999",
        "'99999' is above 2000, the most that is plausible (expected dollars ≥ 0)",
    ),
    "no price": ("price_usd", "", "is blank (expected dollars ≥ 0)"),
    "zero days": ("term_days", "0", "'0' is below 1 (expected whole days ≥ 1, or blank)"),
    "half a day": (
        "term_days",
        "30.5",
        "'30.5' is not a whole number (expected whole days ≥ 1, or blank)",
    ),
    "unknown kind": (
        "provider_kind",
        "MVNO",
        "'MVNO' is unknown; did you mean 'mvno'? (expected one of carrier, mvno, travel_esim)",
    ),
    "unknown offer": (
        "offer",
        "sale",
        "'sale' is unknown (expected one of standard, new_customer, promo)",
    ),
    "yes for true": ("unlimited", "yes", "'yes' is unknown (expected true or false)"),
    "American date": (
        "as_of",
        "06/30/2026",
        "'06/30/2026' is not an ISO date (expected YYYY-MM-DD or YYYY-MM, not in the future)",
    ),
    "year alone": (
        "as_of",
        "2026",
        "'2026' is not an ISO date (expected YYYY-MM-DD or YYYY-MM, not in the future)",
    ),
    "impossible date": (
        "as_of",
        "2026-02-30",
        "'2026-02-30' is not a day of the calendar"
        " (expected YYYY-MM-DD or YYYY-MM, not in the future)",
    ),
    "last century": (
        "as_of",
        "1926-06-30",
        "'1926-06-30' is before 2000 (expected YYYY-MM-DD or YYYY-MM, not in the future)",
    ),
    "future date": (
        "as_of",
        TOMORROW,
        f"'{TOMORROW}' is in the future (expected YYYY-MM-DD or YYYY-MM, not in the future)",
    ),
    "formula": (
        "note",
        "=HYPERLINK(1)",
        "'=HYPERLINK(1)' starts with '=': a spreadsheet would run it as a formula"
        " (expected one line of text, or blank)",
    ),
    "formula by @": (
        "plan",
        "@SUM(A1)",
        "'@SUM(A1)' starts with '@': a spreadsheet would run it as a formula"
        " (expected one line of text)",
    ),
    "invisible letter": (
        "plan",
        "5 GB\u200b",
        "'5 GB\\u200b' has a line break or invisible character (expected one line of text)",
    ),
    "very long cell": (
        "data_gb",
        "9" * 81 + "x",
        f"'{'9' * 80}...' is not a number (expected GB ≥ 0, or blank)",
    ),
    "networks with spaces": (
        "network",
        "T-Mobile + AT&T",
        "'T-Mobile + AT&T' is not a list of networks"
        " (expected AT&T, T-Mobile, Verizon, several joined by +, or multi, or blank)",
    ),
    "spaces": ("provider", " Acme", "' Acme' has spaces around it (expected one line of text)"),
    "identifier": (
        "plan_id",
        "Acme 5GB",
        "'Acme 5GB' is not an identifier (expected lower-case letters, digits and single hyphens)",
    ),
    "allowance longer than term": (
        "allowance_days",
        "31",
        "'31' is longer than the term (expected at most term_days)",
    ),
    "no allowance period": (
        "allowance_days",
        "",
        "is blank although the plan has an allowance and a term (expected whole days ≥ 1)",
    ),
    "limited without GB": (
        "data_gb",
        "",
        "is blank although the plan is limited (expected GB ≥ 0)",
    ),
    "nothing to use": (
        "data_gb",
        "0",
        "'0' leaves nothing to use (expected GB > 0, or after_allowance payg)",
    ),
    "AutoPay dearer": (
        "autopay_price_usd",
        "25",
        "'25' is above the price without AutoPay (expected at most price_usd)",
    ),
    "rate without payg": (
        "overage_usd_per_gb",
        "10",
        "'10' is given although after_allowance is not payg (expected blank)",
    ),
    "cap without payg": (
        "overage_cap_usd",
        "60",
        "'60' is given although after_allowance is not payg (expected blank)",
    ),
    "speed without throttling": (
        "throttle_kbps",
        "128",
        "'128' is given although nothing is throttled"
        " (expected blank, or after_allowance throttle or payg)",
    ),
    "unknown source": (
        "source_id",
        "acme-pages",
        "'acme-pages' is not in sources.csv; did you mean 'acme-page'?",
    ),
}


@pytest.mark.parametrize(("column", "text", "complaint"), CELLS.values(), ids=CELLS)
def test_a_wrong_cell_is_named(problems_of, column, text, complaint):
    assert problems_of(as_csv({}, {column: text})) == [f"plans.csv:3: {column}: {complaint}"]


def test_payg_needs_a_rate(problems_of):
    complaint = "is blank although after_allowance is payg (expected dollars per GB ≥ 0)"
    assert problems_of(as_csv({"after_allowance": "payg"})) == [
        f"plans.csv:2: overage_usd_per_gb: {complaint}"
    ]


def test_what_never_expires_never_refreshes(problems_of):
    complaint = "'30' is given although the plan never expires (expected blank)"
    assert problems_of(as_csv({"term_days": ""})) == [f"plans.csv:2: allowance_days: {complaint}"]


def test_unlimited_does_not_stop(problems_of):
    complaint = "'stop' contradicts unlimited (expected throttle, deprioritize or blank)"
    assert problems_of(as_csv({"unlimited": "true"})) == [
        f"plans.csv:2: after_allowance: {complaint}"
    ]


def test_an_unlimited_hotspot_has_no_gb(problems_of):
    complaint = "'5' is given although the hotspot is unlimited (expected blank)"
    row = {"hotspot_gb": "5", "hotspot_unlimited": "true"}
    assert problems_of(as_csv(row)) == [f"plans.csv:2: hotspot_gb: {complaint}"]


def test_a_plan_id_stands_once(problems_of):
    problems = problems_of(as_csv({}, {}, {"plan_id": "acme-5gb-30d"}))
    assert problems == [
        "plans.csv:4: plan_id: 'acme-5gb-30d' stands in line 2 already (expected once)"
    ]


# --- what is refused: the file's shape ---

TEXT = as_csv({}, {})
WIDTH = len(COLUMNS)
SHAPES = {
    "empty file": ("", ["plans.csv: the file is empty (expected a header of column names)"]),
    "blank lines only": (
        "\n \n",
        ["plans.csv: the file is empty (expected a header of column names)"],
    ),
    "header only": (as_csv(), ["plans.csv: no rows below the header (expected at least one)"]),
    "semicolons": (
        TEXT.replace(",", ";"),
        ["plans.csv:1: cells are separated by semicolons (expected commas)"],
    ),
    "tabs": (
        TEXT.replace(",", "\t"),
        ["plans.csv:1: cells are separated by tabs (expected commas)"],
    ),
    "missing column": (without(TEXT, "term_days"), ["plans.csv:1: column 'term_days' is missing"]),
    "misspelt column": (
        TEXT.replace("price_usd", "price_us", 1),
        [
            "plans.csv:1: unknown column 'price_us'; did you mean 'price_usd'?",
            "plans.csv:1: column 'price_usd' is missing",
        ],
    ),
    "unknown column": (
        TEXT.replace("note\n", "note,colour\n", 1).replace("2026-06,\n", "2026-06,,red\n"),
        ["plans.csv:1: unknown column 'colour'"],
    ),
    "duplicated column": (
        TEXT.replace("hotspot_gb", "data_gb", 1),
        [
            "plans.csv:1: column 'data_gb' stands 2 times (expected once)",
            "plans.csv:1: column 'hotspot_gb' is missing",
        ],
    ),
    "short row": (
        TEXT + "acme-2,Acme\n",
        [f"plans.csv:4: 2 cells (expected {WIDTH}, as in the header)"],
    ),
    "long row": (
        TEXT.replace("2026-06,\n", "2026-06,,\n", 1),
        [f"plans.csv:2: {WIDTH + 1} cells (expected {WIDTH}, as in the header)"],
    ),
    "blank line between rows": (
        TEXT.replace("2026-06,\n", "2026-06,\n\n", 1),
        ["plans.csv:3: blank line between rows"],
    ),
    "quote never closed": (
        TEXT.replace("2026-06,\n", '2026-06,"a note\n', 1),
        ["plans.csv:2: a quoted cell is never closed; what follows was not read"],
    ),
    "text after a quoted cell": (
        TEXT.replace("2026-06,\n", '2026-06,"a" note\n', 1),
        ["plans.csv:2: broken quotes or line (',' expected after '\"'); what follows was not read"],
    ),
    "line break in a cell": (
        TEXT.replace("2026-06,\n", '2026-06,"two\nlines"\n', 1).replace("20.00", "x"),
        [
            "plans.csv:2: price_usd: 'x' is not a number (expected dollars ≥ 0)",
            "plans.csv:2: note: 'two\\nlines' has a line break or invisible character"
            " (expected one line of text, or blank)",
            "plans.csv:4: price_usd: 'x' is not a number (expected dollars ≥ 0)",
        ],
    ),
    "blank first line": (
        "\n" + TEXT,
        ["plans.csv:1: the first line is blank (expected a header of column names)"],
    ),
    "line ends of an old Mac": (
        TEXT.replace("\n", "\r"),
        ["plans.csv:1: carriage return without line feed (expected line ends LF or CRLF)"],
    ),
    "one lone carriage return": (
        TEXT.replace("2026-06,\n", "2026-06,a\rb\n", 1),
        ["plans.csv:2: carriage return without line feed (expected line ends LF or CRLF)"],
    ),
    "Latin-1": (
        TEXT.replace("Acme", "Acmé").encode("latin-1"),
        ["plans.csv:2: byte 0xE9 is not UTF-8 (expected a UTF-8 file)"],
    ),
    "UTF-16": (
        TEXT.encode("utf-16"),
        ["plans.csv:1: byte 0xFF is not UTF-8 (expected a UTF-8 file)"],
    ),
}


@pytest.mark.parametrize(("content", "expected"), SHAPES.values(), ids=SHAPES)
def test_a_wrong_shape_is_named(problems_of, content, expected):
    assert problems_of(content) == expected


def test_a_folder_is_a_whole(tmp_path):
    (tmp_path / "plans.csv").write_bytes((DATA / "plans.csv").read_bytes())
    with pytest.raises(CatalogError) as error:
        load(tmp_path)
    files = [table.file for table in TABLES.values() if table.file != "plans.csv"]
    assert list(error.value.problems) == [
        f"{one}: file not found (expected {tmp_path / one})" for one in files
    ]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        CatalogError, match=r"^plans\.csv: file not found \(expected .*plans\.csv\)\n"
    ):
        load(str(tmp_path))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CatalogError, match=r"cannot be read"):
        read_table(tmp_path, PLANS)


def test_a_name_that_no_file_can_have_is_refused():
    for name in ("", ".", "a\0b"):
        with pytest.raises(CatalogError):
            read_table(Path(name), PLANS)
        with pytest.raises(CatalogError):
            load(name)


def test_a_link_to_nowhere_is_a_missing_file(folder):
    (folder / "sources.csv").unlink()
    (folder / "sources.csv").symlink_to(folder / "nowhere.csv")
    with pytest.raises(CatalogError, match=r"^sources\.csv: file not found"):
        load(folder)


def test_unknown_sources_stand_in_the_order_of_lines(problems_of):
    problems = problems_of(as_csv({"source_id": "nobody"}, {"price_usd": "x"}))
    assert [problem.split(":")[1] for problem in problems] == ["2", "3"]


def test_a_long_note_is_no_fault(load_text):
    text = as_csv({"note": "a" * 140_000}, {"note": "two"})
    assert len(load_text(text)["note"].iloc[0]) == 140_000


def test_a_catalogue_pasted_twice_is_told_quickly(problems_of):
    rows = [{"plan_id": f"acme-x{n % 2000}", "plan": f"P{n}"} for n in range(4000)]
    assert len(problems_of(as_csv(*rows))) == 2000


def test_all_problems_come_at_once_by_line(problems_of):
    rows = [
        {"price_usd": "$1", "as_of": "soon"},
        {},
        {"unlimited": "maybe", "data_gb": "much"},
        {"plan_id": ""},
    ]
    problems = problems_of(as_csv(*rows) + "x\n")
    assert [re.match(r"plans\.csv:(\d+): (\w+)", problem).groups() for problem in problems] == [
        ("2", "price_usd"),
        ("2", "as_of"),
        ("4", "data_gb"),
        ("4", "unlimited"),
        ("5", "plan_id"),
        ("6", "1"),
    ]


def test_a_source_that_nobody_cites_is_named(problems_of):
    spare = SOURCE + "spare,A page,https://acme.example/b,dealer\n"
    assert problems_of(as_csv({}), spare) == [
        "sources.csv:3: source_id: 'spare' is cited by no table"
    ]


@pytest.mark.parametrize("plan_id", ["-acme", "acme-", "acme--5gb", "acme_5gb", "acmé", "ACME"])
def test_an_identifier_is_a_slug(problems_of, plan_id):
    assert len(problems_of(as_csv({"plan_id": plan_id}))) == 1


@pytest.mark.parametrize(
    "url",
    [
        "acme.example",
        "ftp://acme.example/",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://@",
        "https://a:0x/",
    ],
)
def test_a_link_is_http(problems_of, url):
    problems = problems_of(as_csv({}), SOURCE.replace("https://acme.example/", url))
    assert problems == [
        f"sources.csv:2: url: '{url}' is not a web address (expected https://... or http://...)"
    ]


# --- letters that cannot be seen, and names that only look different ---


@pytest.mark.parametrize(
    ("letter", "name"),
    [
        ("\u2060", "WORD JOINER (U+2060)"),
        ("\u00ad", "SOFT HYPHEN (U+00AD)"),
        ("\u200d", "ZERO WIDTH JOINER (U+200D)"),
        ("\u200c", "ZERO WIDTH NON-JOINER (U+200C)"),
        ("\u00a0", "NO-BREAK SPACE (U+00A0)"),
        ("\u202f", "NARROW NO-BREAK SPACE (U+202F)"),
        ("\u3000", "IDEOGRAPHIC SPACE (U+3000)"),
        ("\u3164", "HANGUL FILLER (U+3164)"),
        ("\ufe0f", "VARIATION SELECTOR-16 (U+FE0F)"),
        ("\U000e0041", "TAG LATIN CAPITAL LETTER A (U+E0041)"),
    ],
)
@pytest.mark.parametrize("around", ["Red{}Pocket", "{}Acme", "Acme{}"])
def test_a_letter_that_cannot_be_seen_is_named(problems_of, letter, name, around):
    (problem,) = problems_of(as_csv({"provider": around.format(letter)}))
    assert f"has the invisible or lookalike character {name} (expected one line of text)" in problem
    assert letter not in problem


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Cafe\u0301 Mobile", "COMBINING ACUTE ACCENT (U+0301)"),
        ("\u212bcme", "ANGSTROM SIGN (U+212B)"),
    ],
)
def test_an_accent_is_part_of_its_letter(problems_of, load_text, text, name):
    (problem,) = problems_of(as_csv({"provider": text}))
    assert f"has {name}, not Unicode's composed form (expected one line of text)" in problem
    assert load_text(as_csv({"provider": unicodedata.normalize("NFC", text)})) is not None


@pytest.mark.parametrize("name", ["mint mobile", "MintMobile", "Mint  Mobile"])
def test_a_second_spelling_of_a_provider_is_refused(problems_of, name):
    rows = [{"provider": name}, {"provider": "Mint Mobile"}, {"provider": "Mint Mobile"}]
    second = f"plans.csv:2: provider: '{name}' is a second spelling of 'Mint Mobile'"
    assert problems_of(as_csv(*rows)) == [second]


def test_the_history_spells_providers_as_the_plans_do(folder):
    path = folder / "price_history.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[1] = lines[1].replace("Airalo", "airalo")
    path.write_text("".join(lines), encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load(folder)
    second = "price_history.csv:2: provider: 'airalo' is a second spelling of 'Airalo'"
    assert error.value.problems == (second,)


# --- many problems of one kind ---


def test_many_equal_complaints_are_one_message(problems_of):
    rows = [
        {"as_of": "Jun-26", "price_usd": "$1"},
        *[{"as_of": f"Jun-{n}"} for n in range(MOST_ALIKE)],
    ]
    expected = "(expected YYYY-MM-DD or YYYY-MM, not in the future)"
    assert problems_of(as_csv(*rows)) == [
        "plans.csv:2: price_usd: '$1' is not a number (expected dollars ≥ 0)",
        f"plans.csv:2: as_of: 'Jun-26' is not an ISO date {expected};"
        f" and {MOST_ALIKE} more rows like this one",
    ]
    assert len(problems_of(as_csv(*rows[:MOST_ALIKE]))) == MOST_ALIKE + 1


def test_rows_that_miss_a_cell_are_one_message(problems_of):
    short = f"plans.csv:3: 2 cells (expected {len(COLUMNS)}, as in the header);"
    short += " and 39 more rows like this one"
    assert problems_of(as_csv({}) + "acme-2,Acme\n" * 40) == [short]


def test_a_source_that_is_gone_is_one_message(folder):
    path = folder / "sources.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("weekly-competitor-", "daily-"), encoding="utf-8"
    )
    with pytest.raises(CatalogError) as error:
        load(folder)
    (problem,) = error.value.problems
    rows = (CATALOG.price_history["source_id"] == "weekly-competitor-scrape").sum()
    assert problem.startswith(
        "price_history.csv:2: source_id: 'weekly-competitor-scrape' is not in sources.csv"
    )
    assert problem.endswith(f"; and {rows - 1} more rows like this one")


# --- the declaration ---

FIELDS = {one["name"]: one["schema"]["fields"] for one in PACKED["resources"]}


def declare(folder, change):
    """Change the declaration of a copy of data/."""
    package = json.loads(json.dumps(PACKED))
    change({one["name"]: one["schema"] for one in package["resources"]})
    (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")


def add_column(folder, *cells):
    """Add the column fee_usd to plans.csv: the given cells, then blank ones."""
    path = folder / "plans.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    cells = [*cells, *[""] * (len(rows) - len(cells))]
    lines = [f"{head},fee_usd", *[f"{row},{cell}" for row, cell in zip(rows, cells, strict=True)]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_new_column_is_one_line_of_the_declaration(folder):
    line = {
        "name": "fee_usd",
        "type": "number",
        "unit": "dollars",
        "description": "What the SIM costs",
    }
    line["constraints"] = {"minimum": 0, "maximum": 50}
    declare(folder, lambda schemas: schemas["plans"]["fields"].append(line))
    add_column(folder, "10", "0.5")
    plans = load(folder).plans
    assert plans["fee_usd"].head(3).tolist()[:2] == [10, 0.5]
    assert plans["fee_usd"].count() == 2
    write_dictionary(folder)
    row = "| `fee_usd` | number | dollars ≥ 0, or blank | What the SIM costs |\n<!-- end -->"
    assert row in (folder / "README.md").read_text(encoding="utf-8")
    (folder / "plans.csv").write_bytes((DATA / "plans.csv").read_bytes())
    add_column(folder, "much", "51")
    with pytest.raises(CatalogError) as error:
        load(folder)
    assert error.value.problems == (
        "plans.csv:2: fee_usd: 'much' is not a number (expected dollars ≥ 0, or blank)",
        "plans.csv:3: fee_usd: '51' is above 50, the most that is plausible"
        " (expected dollars ≥ 0, or blank)",
    )


def test_a_column_may_be_unique_without_being_the_key(folder):
    declare(
        folder, lambda schemas: schemas["sources"]["fields"][1]["constraints"].update(unique=True)
    )
    path = folder / "sources.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "Boost Mobile plans page", "AT&T Prepaid plans page"
        )
    )
    with pytest.raises(
        CatalogError, match=r"title: 'AT&T Prepaid plans page' stands in line 2 already"
    ):
        load(folder)


def set_first(**properties):
    return lambda schemas: schemas["plans"]["fields"][0].update(properties)


by_topic = ("by", "cases")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            set_first(type="text"),
            "plans: plan_id: type 'text' is unknown (expected one of string, number",
        ),
        (
            set_first(constraints={"maxLength": 9}),
            "plans: plan_id: constraint 'maxLength' is not kept"
            " (expected some of required, unique, enum, pattern)",
        ),
        (set_first(constraints={"pattern": "("}), "plans: plan_id: missing ), unterminated"),
        (
            lambda schemas: schemas["plans"]["fields"][0].pop("description"),
            "plan_id: property 'description' is missing",
        ),
        (
            lambda schemas: schemas["plans"]["fields"][0].pop("expected"),
            "plan_id: property 'expected' is missing",
        ),
        (
            lambda schemas: schemas["plans"].pop("fields"),
            "is no Data Package that the loader knows (KeyError: 'fields')",
        ),
        (
            lambda schemas: schemas["plans"].update(primaryKey=["provider", "plan"]),
            "is no Data Package that",
        ),
        (
            lambda schemas: schemas["sources"]["fields"].pop(0),
            "plans: source_id: cites sources.source_id (expected",
        ),
        (
            lambda schemas: schemas["seller_facts"]["fields"][3].update(by="subject"),
            "seller_facts: value: cites seller_facts.subject (expected",
        ),
        (
            lambda schemas: schemas["seller_facts"]["fields"][3].pop("by"),
            "seller_facts: value: property 'by' is missing",
        ),
        (
            lambda schemas: [schemas["seller_facts"]["fields"][3].pop(one) for one in by_topic],
            "seller_facts: value: cases are missing (expected as in data/)",
        ),
    ],
)
def test_a_declaration_that_the_loader_cannot_keep_is_refused(folder, change, problem):
    declare(folder, change)
    with pytest.raises(CatalogError) as error:
        load(folder)
    assert error.value.problems[0].startswith(f"{PACKAGE}: ")
    assert problem in error.value.problems[0]


def test_a_declaration_that_is_no_json_is_named_with_its_line(folder):
    (folder / PACKAGE).write_text("{\n\n]", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"^datapackage\.json: is not JSON \(.* line 3 column 1"):
        load(folder)


def test_a_declaration_has_every_table_of_the_catalogue(folder):
    package = PACKED | {
        "resources": [one for one in PACKED["resources"] if one["name"] != "activities"]
    }
    (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(CatalogError, match=r"^datapackage\.json: table 'activities' is missing$"):
        load(folder)


# --- the shape of a file ---

cell = st.text(alphabet=st.sampled_from('ab,"é \n'), max_size=6)


@settings(max_examples=1000)
@given(st.lists(st.tuples(cell, cell, cell), min_size=1, max_size=5))
def test_what_a_csv_writer_writes_is_read_back(rows):
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([("x", "y", "z"), *rows])
    read, _, problems = read_rows(file.getvalue(), 3)
    assert problems == []
    assert [tuple(row) for row in read] == rows
