"""What `python -m prepaid check` says, and which prices have a second source."""

import csv
import datetime as dt
import re
import shutil
from collections import defaultdict

import pandas as pd
import pytest
from editing import edit, git, set_cell
from made_up import DATA as CATALOG
from made_up import one_plan, plans

from prepaid.catalog.kinds import declared
from prepaid.prices import STALE_AFTER_DAYS
from prepaid.story.how_prices_age import pack_names
from upkeep import check
from upkeep.diff import WHAT

TABLES = declared()
SEEN, NOTHING = CATALOG.price_history, CATALOG.second_sources.head(0)


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
    found = check.stale_rows("plans.csv", plans, today)
    assert [one.heading for one in found] == [warning] * beyond


def test_only_prices_and_fees_get_stale():
    activities = CATALOG.activities
    assert list(check.stale_rows("activities.csv", activities, dt.date(2099, 1, 1))) == []


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


def test_warnings_of_rows_that_were_changed_come_first(run, data, monkeypatch):
    monkeypatch.setattr("upkeep.repository.ROOT", data.parent)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(data.parent.parent))
    before = run("check", data)[1]
    for command in (["init"], ["add", "."], ["commit", "--message=x"]):
        git(data.parent, *command)
    assert run("check", data)[1] == before

    def mine(rows):
        rows[1].update(as_of="2024-01-01", price_usd="1234")
        rows.append(rows[2] | {"plan_id": "mine", "plan": "Mine", "as_of": "2024-01-01"})

    edit(data / "plans.csv", mine)
    edit(data / "sources.csv", lambda rows: rows[1].update(url=rows[0]["url"]))
    everything, _, own = run("check", data)[1].partition(
        "\nRows you changed, each with the warning in which it stands:\n"
    )
    plans, links, stale = re.findall("^  (.*?): (.*)$", own, re.MULTILINE)
    assert plans[1].endswith("plans have no second source")
    assert plans[0] == stale[0] == "att-unlimited-saver, mine"
    assert links[1].startswith("sources.csv: att-prepaid, boost-multiline have the same link")
    assert links[0] == "boost-multiline"
    assert re.fullmatch(r"plans.csv: \d+ of \d+ rows are older than 150 days", stale[1])
    assert f"{plans[1]}:" == everything.splitlines()[0]


def test_a_row_of_another_file_that_begins_alike_is_not_yours():
    plans = one_plan(offer="promo", renews_at_usd=None)
    (plan_id,) = plans.index
    warnings = [*check.open_offers(plans)]
    (own,) = check._of_changed_rows(warnings, {"plans.csv": [f"{plan_id},and more"]})
    assert own == f"  {plan_id}: plans.csv: 1 offers do not say what they cost later"
    assert check._of_changed_rows(warnings, {"second_sources.csv": [f"{plan_id},and more"]}) == []


def test_changed_rows_without_a_warning_are_told_of(data, run, monkeypatch):
    monkeypatch.setattr(check, "changed_lines", lambda folder: {"plans.csv": ["nobody,x"]})
    assert "in which it stands:\n  no warning\n" in run("check", data)[1]


@pytest.mark.parametrize("plan_id", ["", "h2o-a"])
def test_a_changed_fact_is_known_by_its_provider_plan_and_topic(plan_id):
    facts = {"provider": "H2O", "plan_id": plan_id or None, "topic": "hotspot"}
    facts = pd.DataFrame([facts | {"value": value} for value in ("yes", "no")])
    warnings = list(check.two_answers(facts))
    changed = {"seller_facts.csv": [f"H2O,{plan_id},hotspot,no,words"]}
    (own,) = check._of_changed_rows(warnings, changed)
    assert own.startswith(f"  H2O,{plan_id},hotspot: seller_facts.csv: 1 facts have several")
    changed = {"seller_facts.csv": [f"H2O,{plan_id},esim,no,words"]}
    assert check._of_changed_rows(warnings, changed) == []


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
    assert check.second_readings(PLANS, seen, STALE_AFTER_DAYS)["agrees"].tolist() == [agrees] * (
        agrees is not None
    )
    told = list(check.contradicted(PLANS, seen))
    assert bool(told) == (agrees is False)
    ours = {"price_usd": "10.0", "hotspot_gb": "blank"}[reading["field"]]
    line = f"{PLAN_ID}: {reading['field']}: {ours}, {reading['value']} in other"
    assert [one.listed for one in told] == [[line]] * bool(told)


@pytest.mark.parametrize(("source", "confirmed"), [("other", True), (None, False)])
def test_a_price_that_another_source_shows_too_is_confirmed(source, confirmed):
    source = source or str(PLANS["source_id"].iloc[0])
    seen = readings({"field": "price_usd", "value": "10", "source_id": source})
    history = CATALOG.price_history.head(0)
    assert check.seen_elsewhere(PLANS, history, seen, STALE_AFTER_DAYS).tolist() == [confirmed]


def test_check_names_offers_without_a_later_price_and_facts_with_two_answers():
    assert list(check.open_offers(PLANS)) == []
    offer = PLANS.assign(offer="promo")
    assert [one.listed for one in check.open_offers(offer)] == [[PLAN_ID]]
    assert list(check.open_offers(offer.assign(renews_at_usd=20.0))) == []
    facts = [
        ("A", None, "hotspot", "yes"),
        ("A", None, "hotspot", "no"),
        ("B", "b-1", "hotspot", "yes"),
    ]
    facts = pd.DataFrame(facts, columns=["provider", "plan_id", "topic", "value"])
    (told,) = check.two_answers(facts)
    assert told.heading == "seller_facts.csv: 1 facts have several answers:"
    assert told.listed == ["A: hotspot (yes, no)"]
    assert list(check.two_answers(facts.tail(1))) == []


def test_every_pack_of_the_history_has_a_name_of_its_own():
    assert pack_names(SEEN).nunique() == len(SEEN[WHAT].drop_duplicates())


@pytest.mark.parametrize("days", [0, 79, 180])
def test_a_second_source_is_another_one_with_the_same_price_near_in_time(days):
    plans = CATALOG.plans
    found = check.seen_elsewhere(plans, SEEN, NOTHING, days)
    packs, seen = pack_names(plans), defaultdict(list)
    for pack, one in zip(pack_names(SEEN), SEEN.itertuples(), strict=True):
        seen[pack, one.price_usd].append(one)
    for plan_id, plan in plans.iterrows():
        expected = "-na-" not in plan_id and any(
            one.source_id != plan["source_id"]
            and abs((one.observed_on - plan["as_of"]).days) <= days
            for one in seen[packs[plan_id], plan["price_usd"]]
        )
        assert found[plan_id] == expected, plan_id
    assert found.any() == (days > 0)


def test_a_north_american_plan_is_not_confirmed_by_a_pack_for_the_usa():
    row = plans(**{"gigsky-5gb-30d": {"provider": "GigSky", "source_id": "one"}})
    seen = SEEN.iloc[[0]].assign(
        provider="GigSky", data_gb=5.0, term_days=30, unlimited=False, price_usd=10.0
    )
    seen = seen.assign(observed_on=row["as_of"].iloc[0], source_id="else", voice_text=False)
    assert check.seen_elsewhere(row, seen, NOTHING, 10).all()
    assert not check.seen_elsewhere(
        row.rename(index=lambda one: "gigsky-na-5gb-30d"), seen, NOTHING, 10
    ).any()
