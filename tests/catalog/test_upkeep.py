"""The commands for whoever keeps the catalogue: `python -m prepaid diff` and `check`."""

import csv
import datetime as dt
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
import yaml
from made_up import DATA as CATALOG
from made_up import one_plan

from prepaid.__main__ import main
from prepaid.catalog import DATA, read, upkeep
from prepaid.catalog.kinds import PACKAGE, declared
from prepaid.prices import STALE_AFTER_DAYS

TABLES = declared()
READ = {}


@pytest.fixture(autouse=True)
def read_once(monkeypatch):
    """Read a table of the same content and declaration once: a test breaks one of them at most."""
    examine = read.examine

    def examined(path, table):
        if not path.exists():
            return examine(path, table)
        package = path.parent / PACKAGE
        content = path.name, path.read_bytes(), package.exists() and package.read_bytes()
        if content not in READ:
            READ[content] = examine(path, table)
        return replace(READ[content], path=path, problems=[*READ[content].problems])

    monkeypatch.setattr(read, "examine", examined)


@pytest.fixture
def data(tmp_path):
    """Return a copy of data/ that a test may break."""
    return shutil.copytree(DATA, tmp_path / "data")


@pytest.fixture
def run(capsys):
    """Run a command; return its exit code and what it printed on stdout and stderr."""

    def run(*args):
        try:
            code = main([str(arg) for arg in args])
        except SystemExit as end:  # argparse
            code = end.code
        return code, *capsys.readouterr()

    return run


def edit(path, change):
    """Change the rows of a CSV file, a list of dicts."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def set_cell(path, row, column, value):
    """Set one cell of a CSV file, counting rows from 0."""
    edit(path, lambda rows: rows[row].update({column: value}))


# --- check ---


def test_the_tables_of_the_repository_are_sound(run):
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert out.endswith(f"{len(TABLES)} of {len(TABLES)} tables are sound; errors: 0\n")


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "words"),
    [
        ("plans.csv", 0, "price_usd", "abc", "plans.csv:2: price_usd: 'abc' is not a number"),
        (
            "plans.csv",
            1,
            "plan_id",
            "att-unlimited-new",
            "plans.csv:3: plan_id: 'att-unlimited-new' stands in line 2",
        ),
        (
            "plans.csv",
            0,
            "source_id",
            "att-prepayd",
            "'att-prepayd' is not in sources.csv; did you mean 'att-prepaid'",
        ),
        ("plans.csv", 0, "as_of", "2999-01-01", "is in the future"),
        ("plans.csv", 0, "allowance_days", "31", "is longer than the term"),
        ("sources.csv", 0, "url", "att.com", "sources.csv:2: url: 'att.com' is not a web address"),
        (
            "sources.csv",
            0,
            "source_id",
            "nobody",
            "plans.csv:2: source_id: 'att-prepaid' is not in sources.csv",
        ),
        ("channels.csv", 0, "brands", "T-Mobile Prepayd", "did you mean 'T-Mobile Prepaid'"),
        (
            "expiry_rules.csv",
            3,
            "brand",
            "ATT",
            "expiry_rules.csv: row 4: brand: 'ATT' is no provider of plans.csv",
        ),
        ("state_fees.csv", 0, "state", "AL", "state_fees.csv:3: state: 'AL' stands in line 2"),
        ("assumptions.csv", 4, "parameter", "other", "parameter 'unstated_911_usd' is missing"),
        (
            "price_history.csv",
            0,
            "source_id",
            "else",
            "price_history.csv:2: source_id: 'else' is not in sources.csv",
        ),
        ("price_history.csv", 1, "observed_on", "2026-05-25", "price_history.csv:3: observed_on"),
        ("channels.csv", 0, "kind", "shop", "channels.csv:2: kind: 'shop' is unknown"),
        (
            "state_fees.csv",
            0,
            "state_sales_tax_percent",
            "-1",
            "state_fees.csv:2: state_sales_tax_percent",
        ),
        ("balance_codes.csv", 0, "brand", "", "balance_codes.csv:2: brand: is blank"),
        ("expiry_rules.csv", 0, "grace_days", "soon", "expiry_rules.csv:2: grace_days"),
        (
            "activities.csv",
            0,
            "high_mb_per_hour",
            "1",
            "activities.csv:2: high_mb_per_hour: '1' is below low",
        ),
        ("usage_benchmarks.csv", 0, "value", "", "usage_benchmarks.csv:2: value: is blank"),
        ("assumptions.csv", 0, "base", "0", "assumptions.csv:2: base: '0' is below low"),
        ("example-usage-log.csv", 0, "date", "2026-05-01", "example-usage-log.csv:3: date"),
        (
            "seller_facts.csv",
            0,
            "topic",
            "weather",
            "seller_facts.csv:2: topic: 'weather' is unknown",
        ),
        (
            "second_sources.csv",
            0,
            "value",
            "cheap",
            "second_sources.csv:2: value: 'cheap' is not a cell",
        ),
        ("keep_number.csv", 0, "every_days", "0", "keep_number.csv:2: every_days: '0' is below 1"),
        (
            "failed_top_ups.csv",
            1,
            "channel_id",
            "cellpay",
            "failed_top_ups.csv:3: channel_id: 'cellpay' stands in",
        ),
    ],
)
def test_check_finds_each_planted_fault(run, data, file, row, column, value, words):
    set_cell(data / file, row, column, value)
    code, out, err = run("check", data)
    assert code == 1
    assert words in err
    assert words not in out
    assert len(set(err.splitlines())) == len(err.splitlines()), "each fault is said once"


def test_faults_are_planted_in_every_table():
    planted = test_check_finds_each_planted_fault.pytestmark[0].args[1]
    assert {fault[0] for fault in planted} == {table.file for table in TABLES.values()}


def test_check_finds_an_offer_that_stands_twice(run, data):
    def repeat(rows):
        rows[2].update({column: rows[1][column] for column in ("provider", "plan", "offer")})

    edit(data / "plans.csv", repeat)
    code, _, err = run("check", data)
    assert code == 1
    assert (
        "plans.csv: att-unlimited-enhanced-plus: AT&T Prepaid has 'Unlimited Saver' twice "
        "as standard offer" in err
    )


def test_check_looks_at_each_brand_of_a_channel(run, data):
    set_cell(data / "channels.csv", 0, "brands", "T-Mobile Prepaid; Tello; Telo")
    code, _, err = run("check", data)
    hint = "'Telo' is no provider of plans.csv; did you mean 'Tello'?"
    assert (code, err) == (1, f"channels.csv: t-mobile-website: brands: {hint}\n")


def test_check_finds_a_source_that_nobody_cites(run, data):
    path = data / "sources.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "spare,Spare,https://spare.example/,dealer\n",
        encoding="utf-8",
    )
    code, _, err = run("check", data)
    assert code == 1
    assert "source_id: 'spare' is cited by no table" in err


def test_check_finds_a_state_without_a_row(run, data):
    path = data / "state_fees.csv"
    path.write_text(
        "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8"
    )
    code, _, err = run("check", data)
    assert (code, err) == (1, "state_fees.csv: no row for WY\n")


@pytest.mark.parametrize("file", ["plans.csv", "price_history.csv"])
def test_a_table_without_rows_is_all_that_check_says(run, data, file):
    path = data / file
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    code, _, err = run("check", data)
    assert code == 1
    assert set(err.splitlines()) <= {f"{file}: no rows below the header (expected at least one)"}


def test_check_says_all_faults_of_all_tables_at_once(run, data):
    set_cell(data / "plans.csv", 0, "price_usd", "abc")
    set_cell(data / "channels.csv", 0, "kind", "shop")
    code, out, err = run("check", data)
    assert code == 1
    assert "plans.csv:2" in err
    assert "channels.csv:2" in err
    assert f"errors: {len(err.splitlines())}\n" in out


@pytest.mark.parametrize("table", TABLES)
def test_check_misses_a_file_that_is_not_there(run, data, table):
    (data / TABLES[table].file).unlink()
    code, _, err = run("check", data)
    assert code == 1
    assert f"{TABLES[table].file}: file not found" in err


def test_check_knows_no_other_tables(run, data):
    shutil.copy(data / "plans.csv", data / "plans-new.csv")
    code, _, err = run("check", data)
    assert code == 1
    assert "plans-new.csv: no table of this name (expected plans.csv, " in err


def test_check_names_links_that_repeat(run, data):
    def repeat(rows):
        rows[1]["url"] = rows[0]["url"].replace("https://www.att", "HTTP://WWW.ATT").rstrip("/")

    assert "att-prepaid, boost-multiline" not in run("check", data)[1]
    edit(data / "sources.csv", repeat)
    code, out, _ = run("check", data)
    assert code == 0
    assert (
        "sources.csv: att-prepaid, boost-multiline have the same link, https://www.att.com/prepaid/plans/"
        in out
    )


def test_check_names_stale_and_undated_rows(run, data):
    def stale(text):
        return re.split(r"plans\.csv: \d+ of \d+ rows are older", text)[1].partition(
            "channels.csv"
        )[0]

    for row in (0, 1):  # some row is fresh, whenever this is run
        set_cell(data / "plans.csv", row, "as_of", str(dt.date.today()))
    set_cell(data / "plans.csv", 2, "as_of", "2025-01")
    assert "att-unlimited-new" not in stale(run("check", data)[1])
    set_cell(data / "plans.csv", 0, "as_of", "2025-01")
    set_cell(data / "channels.csv", 0, "as_of", "")
    code, out, _ = run("check", data)
    assert code == 0
    assert "att-unlimited-new" in stale(out)
    undated = out.partition("rows have no date:")[2].partition("state_fees.csv")[0]
    with (data / "channels.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["channel_id"] in undated


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_row_is_stale_beyond_the_limit(beyond):
    plans = CATALOG.plans.head(1)
    today = plans["as_of"].iloc[0].date() + dt.timedelta(days=STALE_AFTER_DAYS + beyond)
    warning = f"plans.csv: all 1 rows are older than {STALE_AFTER_DAYS} days"
    assert upkeep.stale_rows("plans.csv", plans, today) == [warning] * beyond


def test_only_prices_and_fees_get_stale():
    activities = CATALOG.activities
    assert upkeep.stale_rows("activities.csv", activities, dt.date(2099, 1, 1)) == []


def test_check_names_plans_without_a_second_source(run, data):
    def alone(text):
        return text.partition("plans.csv: ")[0]

    out = run("check", data)[1]
    assert re.search(r"^  all of ", alone(out), re.MULTILINE)
    assert "airalo-5gb-30d," not in alone(out)
    edit(
        data / "plans.csv",
        lambda rows: [
            row.update(price_usd="99") for row in rows if row["plan_id"] == "airalo-5gb-30d"
        ],
    )
    code, out, _ = run("check", data)
    assert code == 0
    assert "Airalo (" in alone(out)
    assert "airalo-5gb-30d," in alone(out)


PLANS = one_plan(price_usd=10.0, hotspot_gb=None)
PLAN_ID, SEEN_ON = PLANS.index[0], PLANS["as_of"].iloc[0]


def readings(*rows):
    columns = ["field", "value", "days", "source_id"]
    rows = pd.DataFrame([{"source_id": "other", "days": 0, **row} for row in rows], columns=columns)
    return rows.assign(plan_id=PLAN_ID, as_of=SEEN_ON + pd.to_timedelta(rows.pop("days"), "D"))


@pytest.mark.parametrize(
    ("reading", "agrees"),
    [
        ({"field": "price_usd", "value": "10.00"}, True),
        ({"field": "price_usd", "value": "11"}, False),
        ({"field": "hotspot_gb", "value": "5"}, False),
        ({"field": "price_usd", "value": "11", "days": STALE_AFTER_DAYS}, False),
        ({"field": "price_usd", "value": "11", "days": STALE_AFTER_DAYS + 1}, None),
    ],
)
def test_a_second_reading_agrees_or_contradicts_while_the_days_are_near(reading, agrees):
    seen = readings(reading)
    assert upkeep.second_readings(PLANS, seen, STALE_AFTER_DAYS)["agrees"].tolist() == [agrees] * (
        agrees is not None
    )
    told = upkeep.contradicted(PLANS, seen)
    assert bool(told) == (agrees is False)
    ours = {"price_usd": "10.0", "hotspot_gb": "blank"}[reading["field"]]
    assert told[1:] == [
        f"  {PLAN_ID}: {reading['field']}: {ours}, {reading['value']} in other"
    ] * bool(told)


@pytest.mark.parametrize(("source", "confirmed"), [("other", True), (None, False)])
def test_a_price_that_another_source_shows_too_is_confirmed(source, confirmed):
    source = source or str(PLANS["source_id"].iloc[0])
    seen = readings({"field": "price_usd", "value": "10", "source_id": source})
    history = CATALOG.price_history.head(0)
    assert upkeep.seen_elsewhere(PLANS, history, seen, STALE_AFTER_DAYS).tolist() == [confirmed]


def test_check_names_offers_without_a_later_price_and_facts_with_two_answers():
    assert upkeep.open_offers(PLANS) == []
    offer = PLANS.assign(offer="promo")
    assert upkeep.open_offers(offer)[1:] == [f"  {PLAN_ID}"]
    assert upkeep.open_offers(offer.assign(renews_at_usd=20.0)) == []
    facts = [
        ("A", None, "hotspot", "yes"),
        ("A", None, "hotspot", "no"),
        ("B", "b-1", "hotspot", "yes"),
    ]
    facts = pd.DataFrame(facts, columns=["provider", "plan_id", "topic", "value"])
    assert upkeep.two_answers(facts) == [
        "seller_facts.csv: 1 facts have several answers:",
        "  A: hotspot (yes, no)",
    ]
    assert upkeep.two_answers(facts.tail(1)) == []


@pytest.mark.parametrize(
    "args",
    [["check", "/no/such/folder"], ["check", __file__], ["diff", "no-such-thing"], [], ["x"]],
)
def test_a_command_that_makes_no_sense_exits_with_2_and_says_why_on_stderr(run, args):
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert not args[1:] or f"'{args[1]}' is not a" in err


@pytest.mark.parametrize("args", [["--help"], ["diff", "--help"], ["check", "--help"]])
def test_help_fits_a_terminal(run, args):
    code, out, err = run(*args)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 120


def test_it_runs_as_a_module(data):
    (data / "plans.csv").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "prepaid", "check", str(data)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "plans.csv: file not found" in done.stderr


# --- diff ---


def raise_price(folder, plan_id, price_usd):
    """Change one price in a folder's plans.csv."""
    edit(
        folder / "plans.csv",
        lambda rows: [row.update(price_usd=price_usd) for row in rows if row["plan_id"] == plan_id],
    )


@pytest.mark.parametrize("as_file", [True, False])
def test_diff_of_files_and_folders(run, data, as_file):
    raise_price(data, "tello-2gb", "11")
    code, out, err = run("diff", DATA, data / "plans.csv" if as_file else data)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["dearer", "tello-2gb", "price_usd", "10", "11", "+10.0"]
    assert "\n1 dearer.\n" in out


def test_diff_of_equal_catalogues(run):
    assert run("diff", DATA, DATA) == (
        0,
        "Nothing changed in plans.csv (other tables are not compared).\n",
        "",
    )


def test_diff_shows_both_identifiers_and_prices_of_what_came_and_went(run, data):
    def change(rows):
        rows[0]["plan_id"] = "att-unlimited-2"
        del rows[1]
        rows.append(rows[-1] | {"plan_id": "brand-new", "provider": "Brand", "plan": "New"})

    edit(data / "plans.csv", change)
    lines = [line.split() for line in run("diff", DATA, data)[1].splitlines()[1:4]]
    assert lines[0] == [
        "renamed",
        "att-unlimited-2",
        "plan_id",
        "att-unlimited-new",
        "att-unlimited-2",
    ]
    assert lines[1][:3] == ["added", "brand-new", "price_usd"]
    assert lines[2] == ["gone", "att-unlimited-saver", "price_usd", "35"]


def test_diff_counts_new_dates_without_listing_them(run, data):
    edit(
        data / "plans.csv",
        lambda rows: [row.update(as_of="2026-11-01", note="x") for row in rows[:7]],
    )
    out = run("diff", DATA, data)[1]
    assert "7 plans with a new source, date or note." in out
    assert "as_of" not in out


def test_diff_lists_other_sources_and_earlier_days_for_a_person_to_look_at(run, data):
    with (data / "plans.csv").open(encoding="utf-8") as file:
        first, second, *_ = csv.DictReader(file)

    def swap(rows):
        rows[0].update(source_id="esim-price-monitor")
        rows[1].update(as_of="2020-01-01")
        rows[2].update(as_of="2026-11-25")  # seen again

    edit(data / "plans.csv", swap)
    told = [line for line in run("diff", DATA, data)[1].splitlines() if line.startswith("Look at")]
    assert told == [
        f"Look at source_id: {first['source_id']} became esim-price-monitor in {first['plan_id']}",
        f"Look at as_of: {second['as_of']} became 2020-01-01 in {second['plan_id']}",
    ]


def test_diff_of_a_broken_catalogue_says_what_is_wrong(run, data):
    raise_price(data, "tello-2gb", "abc")
    code, out, err = run("diff", DATA, data)
    assert (code, out) == (1, "")
    assert "price_usd: 'abc' is not a number" in err


def git(folder, *args):
    """Run git in a folder of its own, without the reader's settings."""
    settings = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.com",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    subprocess.run(["git", "-C", str(folder), *settings, *args], check=True, capture_output=True)


def notebook(path, code, text):
    """Write a notebook of one cell with its output."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    cells = [{"cell_type": "code", "source": [code], "outputs": [output]}]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def repository(tmp_path, data, monkeypatch):
    """Make data/ and two notebooks a git repository of their own, with one commit."""
    (tmp_path / "notebooks").mkdir()
    notebook(
        tmp_path / "notebooks" / "01-all.ipynb",
        "plans = load_plans()",
        "Tello       2 GB  $10.00\nVisible+",
    )
    notebook(tmp_path / "notebooks" / "02-some.ipynb", "prepaid.load_plans(path)", "343 plans")
    notebook(
        tmp_path / "notebooks" / "03-none.ipynb", "load_channels()", "Tello 2 GBit, MyTello 2 GB"
    )
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message=one")
    monkeypatch.setattr(upkeep, "ROOT", tmp_path)
    monkeypatch.setattr(upkeep, "DATA", data)
    monkeypatch.setattr("prepaid.__main__.DATA", data)
    return tmp_path


@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD~0"])
def test_diff_of_a_revision_against_the_working_tree(run, data, repository, revision):
    raise_price(data, "tello-2gb", "11")
    code, out, err = run("diff", revision)
    assert (code, err) == (0, "")
    assert "\n1 dearer.\n" in out


def test_diff_of_two_revisions(run, data, repository):
    raise_price(data, "tello-2gb", "9")
    git(repository, "commit", "--all", "--message=two")
    raise_price(data, "tello-2gb", "50")
    assert "\n1 cheaper.\n" in run("diff", "HEAD~1", "HEAD")[1]


def test_a_revision_needs_no_other_table(run, data, repository):
    git(repository, "rm", "-r", "--quiet", "data")
    assert run("diff", "HEAD", DATA)[:2] == (
        0,
        "Nothing changed in plans.csv (other tables are not compared).\n",
    )


def test_diff_says_which_notebooks_read_and_which_name_a_changed_plan(run, data, repository):
    raise_price(data, "tello-2gb", "11")
    out = run("diff", "HEAD")[1]
    assert "may move: 01-all, 02-some\n" in out
    assert "they will probably: 01-all\n" in out


@pytest.mark.parametrize("order", [1, -1], ids=["gone", "added"])
def test_a_plan_that_came_or_went_counts_as_changed(run, data, repository, order):
    old_and_new = [data, repository / "new"]
    shutil.copytree(*old_and_new)
    edit(
        repository / "new" / "plans.csv",
        lambda rows: rows.remove(next(r for r in rows if r["plan_id"] == "tello-2gb")),
    )
    assert "they will probably: 01-all\n" in run("diff", *old_and_new[::order])[1]


def test_of_names_that_begin_alike_the_longer_one_counts(run, data, repository):
    """Visible is a plan, Visible+ Pro another."""
    raise_price(data, "visible-monthly", "26")
    notebook(repository / "notebooks" / "01-all.ipynb", "load_plans()", "Visible+ Pro")
    assert "they will probably: no notebook\n" in run("diff", "HEAD")[1]


def test_a_new_price_of_an_old_day_is_pointed_out(run, data, repository):
    raise_price(data, "visible-monthly", "26")
    said = "A price changed, but not the day on which it was seen (as_of): visible-monthly\n"
    assert said in run("diff", "HEAD")[1]

    def seen_later(rows):
        next(row for row in rows if row["plan_id"] == "visible-monthly")["as_of"] = "2026-11-01"

    edit(data / "plans.csv", seen_later)
    assert said not in run("diff", "HEAD")[1]


@pytest.mark.parametrize("content", ["{", "[]", "<<<<<<< HEAD"])
def test_a_notebook_that_is_none_is_named(run, data, repository, content):
    raise_price(data, "visible-monthly", "26")
    (repository / "notebooks" / "01-all.ipynb").write_text(content, encoding="utf-8")
    code, _, err = run("diff", "HEAD")
    assert (code, err) == (2, "01-all.ipynb is not a notebook (left-over marks of a merge?)\n")


def test_a_revision_without_tables_or_of_other_rules_is_refused(run, data, repository):
    text = (data / "plans.csv").read_text(encoding="utf-8")
    (data / "plans.csv").write_text(text.replace("price_usd", "price", 1), encoding="utf-8")
    git(repository, "commit", "--all", "--message=old rules")
    code, _, err = run("diff", "HEAD")
    assert code == 2
    assert (
        "'HEAD' does not load with the rules of today:\nplans.csv:1: unknown column 'price'" in err
    )
    git(repository, "rm", "-r", "--quiet", "data")
    git(repository, "commit", "--message=none")
    code, _, err = run("diff", "HEAD", DATA)
    assert code == 2
    assert "'HEAD' has no data/" in err


def test_a_name_that_looks_like_an_option_is_not_passed_on(run, repository):
    code, _, err = run("diff", "--", "--output=/tmp/x")
    assert code == 2
    assert "is not a file, a folder with plans.csv, or a git revision" in err


def test_without_git_a_revision_is_refused_plainly(run, repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = run("diff", "HEAD")
    assert code == 2
    assert "git is not installed" in err


def test_a_price_that_was_not_known_has_no_percentage(run, data):
    set_cell(data / "plans.csv", 0, "autopay_price_usd", "20")
    code, out, err = run("diff", DATA, data)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["terms", "att-unlimited-new", "autopay_price_usd", "20"]


# --- what contributors read ---

ROOT = DATA.parent


def test_the_guide_for_contributors_is_short_and_its_links_and_commands_work(run):
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(guide.split()) < 400
    links = re.findall(r"\]\(([^)]+)\)", guide)
    assert links
    assert all((ROOT / link).is_file() for link in links)
    commands = re.findall(r"-m prepaid (\w+)", guide)
    assert set(commands) == {"check", "diff"}
    assert all(run(name, "--help")[0] == 0 for name in commands)


def test_the_form_for_a_wrong_price_asks_for_plan_values_and_evidence():
    form = yaml.safe_load(
        (ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong-price.yml").read_text(encoding="utf-8")
    )
    assert {"name", "description", "body"} <= form.keys()
    fields = {field["id"]: field for field in form["body"] if field["type"] != "markdown"}
    required = [name for name, field in fields.items() if field["validations"]["required"]]
    assert required == ["plan_id", "shown", "right", "link", "date"]
    assert all(field["attributes"]["label"] for field in fields.values())
    assert fields["plan_id"]["attributes"]["placeholder"] in CATALOG.plans.index
