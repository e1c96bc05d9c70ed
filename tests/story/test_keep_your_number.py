"""The tables and charts of notebook 05, by made-up ways to keep a number."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures import words
from icalendar import Calendar
from made_up import DATA, channels

from prepaid.story import keep_your_number as story

START = dt.date(2028, 2, 1)  # of a leap year
pytestmark = pytest.mark.usefixtures("house_style")


def ways(*rows):
    base = {"provider": "Tello", "price_usd": 10.0, "every_days": 90}
    real = DATA.keep_number
    return pd.DataFrame([{**base, **row} for row in rows or [{}]], columns=real.columns).astype(
        real.dtypes
    )


def test_the_payment_is_due_on_the_last_day_that_is_paid_for():
    assert story.payment_days(START, 180) == [
        dt.date(2028, 7, 29),
        dt.date(2029, 1, 25),
    ]  # days 180 and 360
    assert story.payment_days(START, 365) == [dt.date(2029, 1, 30)]
    assert story.payment_days(START, 365, years=2)[-1] == dt.date(2030, 1, 30)
    assert story.payment_days(START, 400) == []


def events(way, **options):
    return Calendar.from_ical(story.calendar(way, START, **options)).walk("VEVENT")


def test_each_payment_day_is_one_event_of_a_day_with_an_alarm_ahead():
    way = ways(
        {"provider": "Ultra Mobile", "source": "A page", "every_days": 30, "grace_days": 12}
    ).iloc[0]
    found = events(way, years=2, alarm_days=5)
    assert [event.decoded("dtstart") for event in found] == story.payment_days(START, 30, years=2)
    for event in found:
        assert event.decoded("dtend") - event.decoded("dtstart") == dt.timedelta(1)
        assert [alarm.decoded("trigger") for alarm in event.walk("VALARM")] == [dt.timedelta(-5)]
    assert len({event["uid"] for event in found}) == len(found) == 24
    assert found[0]["summary"] == "Pay Ultra Mobile $10 and tax"
    assert "lost after 13 March 2028, as A page says" in found[0]["description"]  # 1 March + 12


def test_no_grace_is_promised_that_no_source_states():
    for event in events(ways().iloc[0]):
        assert event["description"] == "How long an unpaid number lives, our source does not say."


def test_the_file_depends_on_its_arguments_only():
    lines = story.calendar(ways().iloc[0], START, years=1).decode().split("\r\n")
    stamps = {line for line in lines if line.startswith("DTSTAMP")}
    assert stamps == {"DTSTAMP:20280201T000000Z"}
    assert max(len(line.encode()) for line in lines) <= 75  # as RFC 5545 folds them


def test_every_real_way_has_payment_days():
    assert all(events(way) for _, way in DATA.keep_number.iterrows())


def market(*facts, rules=(), **tables):
    """Return all tables, with these facts (topic, value) and grace days of one seller."""
    told = [
        {"provider": "Tello", "plan_id": pd.NA, "topic": topic, "value": value}
        for topic, value in facts
    ]
    facts = pd.DataFrame(told, columns=DATA.seller_facts.columns)
    days = pd.DataFrame({"brand": "Tello", "grace_days": pd.array(rules, "Int64")})
    return replace(DATA, seller_facts=facts, expiry_rules=days, **tables)


def test_a_blank_is_a_mark_and_never_a_no():
    row = {"roaming_texts": "no", "wifi_calling_abroad": "partial", "activate_in_us": "yes"}
    found = story.how_it_works(ways({}, row), market(("foreign_card", "no")))
    assert found.to_numpy().tolist() == [["?", "?", "no", "?"], ["no", "partly", "no", "no"]]
    assert found.index[0] == "Tello, $10 each 90 days"


@pytest.mark.parametrize(
    ("said", "card"),
    [
        ((), "?"),
        (("unclear",), "?"),
        (("yes", "unclear"), "partly"),
        (("yes", "no"), "partly"),
        (("partial",), "partly"),
    ],
)
def test_foreign_cards_are_as_sources_say_together(said, card):
    data = market(*(("foreign_card", word) for word in said))
    assert story.foreign_card(ways(), data).tolist() == [card]


def test_a_plan_that_one_shop_sells_is_paid_there():
    plans = DATA.plans.loc[["tello-5gb"]].assign(only_through="a")
    data = market(
        ("foreign_card", "no"),
        plans=plans,
        channels=channels(kind="third_party", foreign_card="yes"),
    )
    assert story.foreign_card(ways({"plan_id": "tello-5gb"}, {}), data).tolist() == ["yes", "no"]
    for kind, card in (
        ("carrier", "yes"),
        ("third_party", "?"),
    ):  # what is said of a brand is not said of others
        silent = market(("foreign_card", "yes"), plans=plans, channels=channels(kind=kind))
        assert story.foreign_card(ways({"plan_id": "tello-5gb"}), silent).tolist() == [card]


def test_facts_that_contradict_each_other_stay_both_visible():
    row = {"roaming_texts": "paid", "wifi_calling_abroad": "unclear", "grace_days": 12}
    data = market(("roaming_texts", "no"), ("wifi_calling_abroad", "yes"), rules=[5, 12])
    found = story.contradictions(ways(row), data)
    assert found["about"].tolist() == ["roaming_texts", "grace_days"]
    assert found["said"].tolist() == ["no / paid", "5 / 12"]
    assert story.contradictions(ways(row), market(("roaming_texts", "paid"), rules=[12])).empty


def test_own_channels_that_take_foreign_money_are_listed_credit_too():
    rows = channels(
        {"brands": "Tello", "foreign_card": "partial", "credit_only": True, "min_usd": 20},
        {"brands": "Tello", "foreign_card": "no", "payment_methods": "check"},
        {"brands": "Mint Mobile", "foreign_card": "yes"},
    )
    found = story.foreign_routes(ways(), market(channels=rows))
    assert found[["provider", "foreign_card", "min_usd"]].to_numpy().tolist() == [
        ["Tello", "partly", 20]
    ]


def test_a_page_is_the_brand_s_own_where_its_host_has_the_brand_s_name():
    rules = {
        "AT&T Prepaid": "https://www.att.com/terms",
        "US Mobile": "https://status.example.org/usmobile",
        "T-Mobile Prepaid": "https://www.t-mobile.com/x",
        "Tello": "https://keepsim.app/tello",
    }
    table = pd.DataFrame({"brand": [*rules], "source_url": [*rules.values()], "grace_days": 30})
    silent = pd.DataFrame(
        {"brand": ["Tello"], "source_url": ["https://tello.com/a"], "grace_days": [None]}
    )
    found = story.survival_of(pd.concat([table, silent]).astype({"grace_days": "Int64"}))
    assert found["official"].to_dict() == {
        "AT&T Prepaid": True,
        "US Mobile": False,
        "T-Mobile Prepaid": True,
        "Tello": False,
    }


def test_the_payment_days_are_told_and_written_only_where_a_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    way, start = ways({"every_days": 360}).iloc[0], dt.date(2026, 12, 1)
    said = story.payment_plan(way, start, 2)
    assert said == (
        "Tello, $10 each 360 days: 2 payments in 2 years, the next on 2027-11-25, "
        "the last on 2028-11-19"
    )
    assert [*tmp_path.iterdir()] == []
    assert story.payment_plan(way, start, 2, "keep.ics") == said
    assert (tmp_path / "keep.ics").read_bytes() == story.calendar(way, start, years=2)


def bars(ax):
    found = [
        (bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches
    ]
    return [tuple(np.round(bar, 2)) for bar in found if bar[1] and not np.isnan(bar[1])]


def costs():
    money = {
        "low_year_usd": [30.0, 40.0],
        "base_year_usd": [34.4, 47.0],
        "high_year_usd": [52.0, 65.0],
    }
    return ways({"as_of": pd.Timestamp("2026-10-05")}, {}).assign(**money)


def test_a_bar_runs_from_low_to_high_and_only_a_stated_card_fills_the_mark():
    ax = story.cost_bars(costs(), ["yes", "partly"], "Source: a test.")
    assert bars(ax) == [(30, 22, 0), (40, 25, 1)]
    assert [str(line.get_markerfacecolor()) != "white" for line in ax.lines] == [True, False]
    assert words(ax) == ["$34", "5 Oct 2026", "$47"]


def test_survival_spans_what_sources_say_and_silence_is_no_zero():
    rules = pd.DataFrame(
        {
            "brand": ["A", "A", "A", "B", "C"],
            "grace_days": pd.array([60, 120, None, None, 30], dtype="Int64"),
        }
    )
    survival = story.number_survival(rules)
    assert survival.index.tolist() == ["A", "C", "B"]
    assert survival.loc["A"].tolist() == [60, 120, 2]
    assert survival.loc["B", ["shortest_days", "longest_days"]].isna().all()


def test_survival_shows_both_figures_and_names_the_silent():
    rules = pd.DataFrame(
        {"brand": ["A", "A", "B", "C"], "grace_days": pd.array([60, 120, 30, None], dtype="Int64")}
    )
    ax = story.survival_bars(story.number_survival(rules), ["D"], "Source: a test.")
    assert bars(ax) == [(0, 60, 0), (0, 30, 1), (60, 60, 0)]
    assert words(ax) == ["60 to 120 days", "30 days"]
    assert ax.figure.get_supxlabel() == "No number of days in our sources for C, D. Source: a test."


def test_nothing_to_draw_is_said():
    assert "Nothing to draw" in words(story.cost_bars(costs().iloc[:0], [], ""))[0]
    assert "Nothing to draw" in words(story.codes_matrix(pd.DataFrame(), ""))[0]
