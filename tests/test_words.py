"""What an answer says: each phrase in both languages, the same figures, and small markets."""

import datetime as dt
import re
from codecs import BOM_UTF8
from string import Formatter

import pandas as pd
import pytest
from made_up import DATA
from test_recommend import GRID, ON, TAKES_ALL, TRAVEL, ask

from prepaid.catalog.read import CatalogError
from prepaid.offers import WISH_NAMES
from prepaid.recommend import DECIDING_DOUBTS, PRICED_DOUBTS, recommend
from prepaid.wishes import Wishes
from prepaid.words import FILE, LANGUAGES, PHRASES, Words, read_phrases, told

FIGURES = re.compile(r"\d[\d,.]*\d|\d")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fields(phrase):
    return sorted(name for _, name, _, _ in Formatter().parse(phrase) if name)


def lines(answer, language="en", heading=0):
    return dict(told(answer, language)[heading][1])


@pytest.mark.parametrize("name", PHRASES)
def test_every_phrase_stands_in_both_languages_with_the_same_figures(name):
    english, chinese = PHRASES[name]
    assert len(PHRASES[name]) == len(LANGUAGES)
    assert fields(english) == fields(chinese)
    assert not CHINESE.search(english)
    letters = re.sub(r"{\w+}|GB|SIM|eSIM|kbit/s", "", chinese)
    assert CHINESE.search(chinese) or not re.search("[A-Za-z]", letters)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("buy,Purchase,购买,", "phrase: 'buy' stands in line 2 already (expected once)"),
        ("pay,Pay,,", "chinese: is blank (expected one line of text)"),
        ("pay,,付多少,", "english: is blank (expected one line of text)"),
        ("pay,Pay ${usd},付 ${price},", "chinese: '付 ${price}' has other figures in braces"),
        ("pay,Pay ${usd},付多少,", "chinese: '付多少' has other figures in braces"),
        ("pay,Pay ${usd},付 ${usd,", "chinese: '付 ${usd' has other figures in braces"),
        ("pay,Pay ${usd},付 usd}多少,", "chinese: '付 usd}多少' has other figures in braces"),
        ("pay, Pay,付多少,", "english: ' Pay' has spaces around it"),
    ],
)
def test_a_phrase_that_is_wrong_is_named_with_its_line(tmp_path, row, problem):
    path = tmp_path / "words.csv"
    # As a spreadsheet writes it: with a byte order mark and CRLF.
    lines = ["\ufeffphrase,english,chinese,where", 'buy,"Buy, now",买什么,heading', row, ""]
    path.write_text("\r\n".join(lines[:2] + lines[3:]), encoding="utf-8", newline="")
    assert read_phrases(path) == {"buy": ("Buy, now", "买什么")}
    path.write_text("\r\n".join(lines), encoding="utf-8", newline="")
    with pytest.raises(CatalogError) as error:
        read_phrases(path)
    (said,) = error.value.problems
    assert said.startswith(f"words.csv:3: {problem}")


def test_a_spreadsheet_knows_the_encoding_of_the_phrases():
    assert FILE.read_bytes().startswith(BOM_UTF8)


def test_every_wish_and_every_doubt_has_its_words():
    for fact in (*WISH_NAMES, *DECIDING_DOUBTS, *PRICED_DOUBTS):
        assert f"ask_{fact}" in PHRASES
        assert fact in PRICED_DOUBTS or f"name_{fact}" in PHRASES


@pytest.mark.parametrize("wishes", GRID[::41], ids=str)
def test_both_languages_tell_the_same_figures(wishes):
    answer = recommend(DATA, Wishes(**wishes), on=ON)
    english, chinese = told(answer, "en"), told(answer, "zh")
    assert [len(said) for _, said in english] == [len(said) for _, said in chinese]
    for (_, ours), (_, theirs) in zip(english, chinese, strict=True):
        for (_, one), (_, other) in zip(ours, theirs, strict=True):
            # A date has its month as a word in one language only.
            one = re.sub(
                r"(\d+) (\w+) (20\d\d)", lambda m: f"{m[3]} {pd.Timestamp(m[0]).month} {m[1]}", one
            )
            figures = [
                sorted(FIGURES.findall(re.sub(r"\ba year\b|一年|\b1 day\b|(?<!\d)1 天", "", said)))
                for said in (one, other)
            ]
            assert figures[0] == figures[1], (one, other)


@pytest.mark.parametrize("age", [25, 1, 0, -1])
def test_a_price_of_today_or_later_has_no_age(age):
    day = f"2026-11-{26 - age:02}"
    answer = ask({"plan": {"data_gb": 50.0, "as_of": day}}, usage=0.1)
    english, chinese = lines(answer)["Pay"], lines(answer, "zh")["付多少"]
    assert re.findall(r"[-\d]+ days? ago", english) == {25: ["25 days ago"], 1: ["1 day ago"]}.get(
        age, []
    )
    assert re.findall(r"[-\d]+ 天前", chinese) == {25: ["25 天前"], 1: ["1 天前"]}.get(age, [])


def test_the_lines_of_a_sure_pick():
    plans = {"plan": {"data_gb": 50.0}, "next": {"price_usd": 50}}
    facts = [("A", None, "balance_check", "*1#"), ("A", None, "early_renewal", "adds")]
    said = lines(ask(plans, facts=facts, usage=0.1))
    assert said == {
        "Buy": "A plan, at A site.",
        "Pay": "$30 once, price seen on 1 November 2026, 25 days ago, about $30 in all for 10 "
        "days.",
        "Gives": "50 GB at full speed for 30 days, then nothing until you buy again, fast data "
        "lasted in all of 2,000 simulated stays.",
        "Top up": "Not needed in this stay.",
        "It arrived if": "The data left has risen. The seller names: *1#.",
        "Ask first": "Nothing that we know of. Look at the price before you pay.",
        "Otherwise": "A next, about $50.",
        "If you use twice as much": "The same plan, about $30.",
    }


def test_terms_that_fit_no_column_are_told_as_the_catalogue_has_them():
    answer = ask({"plan": {"note": "With the code SAVE6."}})
    assert lines(answer)["Note"] == "With the code SAVE6."
    assert "Note" not in lines(ask({"plan": {}}))


def line(name, plan=None, language="en", heading=0, **asked):
    facts = asked.pop("facts", ())
    channels = asked.pop("channels", (TAKES_ALL,))
    return lines(
        ask({"plan": plan or {}}, facts=facts, channels=channels, **asked), language, heading
    )[name]


def test_what_is_paid():
    assert line("Pay", {"taxes_included": None, "price_usd": 100}).endswith(
        "about $108 in all for 10 days, from $100 to $108 by taxes, fees and what is open."
    )
    weekly = {"term_days": 7, "allowance_days": 7, "price_usd": 9.99}
    assert line("Pay", weekly, days=14).startswith("$9.99 about 2 times, price seen")
    assert "At first" not in line("Pay", weekly, days=14)
    rising = {
        "offer": "promo",
        "renews_at_usd": 20,
        "term_days": 7,
        "allowance_days": 7,
        "price_usd": 10,
    }
    assert line("Pay", rising, days=21).startswith(
        "$10 at first, later purchases cost more, about 3 in all"
    )
    assert line("Pay", {"price_usd": 0.0}).startswith("Nothing for the plan, price seen")
    wallet = [{**TAKES_ALL, "min_usd": 50.0}]
    assert line("Pay", channels=wallet).endswith(
        "The balance takes $50 at least; the rest stays on it."
    )
    assert line("Pay", {"minimum_terms": 3}).endswith("You owe at least 3 payments.")
    once = [("A", None, "activation_usd", "25")]
    assert line("Pay", facts=once).endswith("$25 of that once, for SIM and activation.")


def test_what_is_only_likely_is_said_where_to_buy():
    likely = ask({"plan": TRAVEL}, channels=())
    guess = " That it takes a card from outside the USA is likely, but nobody says so."
    assert lines(likely)["Buy"] == "A plan, on the seller's own site." + guess
    in_us = [("A", None, "activate_in_us", "yes")]
    assert line("Buy", facts=in_us) == "A plan, at A site. It has to be activated in the USA."


def test_a_long_stay_says_what_as_long_again_costs():
    offer = {"offer": "promo", "term_days": 360, "renews_at_usd": 90}
    assert line("Pay", offer, days=360).endswith("As long again costs about $90.")
    silent = {"offer": "promo", "term_days": 360}
    assert line("Pay", silent, days=360).endswith("What comes after the offer is not said.")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"allowance_days": 1}, "100 GB at full speed a day, then nothing until you buy again"),
        (
            {"term_days": None, "allowance_days": None},
            "100 GB at full speed, without an end date, then nothing",
        ),
        (
            {"unlimited": True, "data_gb": None, "threshold": False},
            "Data that the seller says does not slow down",
        ),
        ({"unlimited": True, "data_gb": None}, "Data; how much at full speed is not said"),
        ({"after_allowance": "throttle", "throttle_kbps": 128}, "then slowly, at 128 kbit/s"),
        ({"after_allowance": "throttle"}, "then slowly, at a speed that is not said"),
        ({"after_allowance": "deprioritize"}, "then slower where the network is busy"),
        ({"after_allowance": "payg", "overage_usd_per_gb": 2.5}, "then $2.50 per GB"),
    ],
    ids=str,
)
def test_what_is_given(plan, words):
    plan = {**plan, "after_allowance": plan.get("after_allowance")}
    unsure = "not said" in words and "data_gb" in plan  # then what is missing stands first
    assert words in line("Gives", plan, heading=int(unsure))


def test_risk_is_told_of_the_whole_stay_and_only_where_data_is_used():
    slows = {"unlimited": True, "after_allowance": "throttle", "data_gb": 4.0}
    some = line("Gives", slows, usage=0.2, most_short_share=0.5)
    assert re.search(
        r"fast data runs out for a day or more in about \d+(\.\d)?% of such stays\.$", some
    )
    assert "fast data" not in line("Gives", slows, usage=0)


def test_when_to_top_up():
    assert re.match(
        r"When \d\.\d GB are left\. What becomes of", line("Top up", {"data_gb": 2.0}, usage=1.0)
    )
    assert line("Top up", {"data_gb": 0.01}, usage=1.0).startswith("Keep a spare pack ready.")
    weekly = {"term_days": 7, "allowance_days": 7}
    lost = [("A", None, "early_renewal", "lost")]
    said = line("Top up", weekly, days=14, facts=lost)
    assert said == "Every 7 days, 1 day ahead. What is left of the old pack is lost."


def test_every_open_fact_is_asked():
    open_ = {"network": None, "as_of": "2026-01-01", "taxes_included": None}
    answer = ask({"plan": open_}, network="AT&T", channels=())
    said = lines(answer, heading=1)["Ask first"]
    assert (
        said == "Does A take a card from outside the USA? Which network "
        "is it on? Is it still $30? Does tax come on top?"
    )


def test_a_difference_that_unknowns_could_turn_is_about_equal():
    answer = ask({"plan": {}, "near": {"price_usd": 29.5, "taxes_included": None}})  # to 31.86
    assert lines(answer)["Otherwise"] == "A near: about equal, $32."
    assert lines(ask({"plan": {}, "far": {"price_usd": 31}}))["Otherwise"] == "A far, about $31."


def test_where_nothing_is_sure_or_fits_it_says_what_is_missing():
    heading, said = told(ask({"a": {"network": None}, "b": {"network": None}}, network="AT&T"))[0]
    assert heading == "No plan is sure: each of 2 that may fit lacks something"
    assert said == [("", "Lacking only this: the network (2 of them).")]
    [(heading, said)] = told(ask({"a": {"sim": "esim", **TRAVEL}}, esim_phone=False))
    assert heading == "Nothing fits all wishes"
    assert said == [("", "Plans without the wish “a SIM card for a phone without eSIM”: 1.")]


def test_another_language_is_refused():
    with pytest.raises(ValueError, match=r"language is 'fr' \(allowed: en, zh\)"):
        Words("fr")


def test_dates_and_days_are_those_of_the_language():
    english, chinese = Words("en"), Words("zh")
    assert (english.day(dt.date(2026, 5, 3)), chinese.day(dt.date(2026, 5, 3))) == (
        "3 May 2026",
        "2026 年 5 月 3 日",
    )
    assert [english.days(n) for n in (1, 14, 360)] == ["1 day", "14 days", "a year"]
    assert [chinese.days(n) for n in (1, 14, 360)] == ["1 天", "14 天", "一年"]
