"""The controls of notebook 00: each reaches the answer, and can be read in both languages."""

import datetime as dt
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest
from figures import crowded, title, words
from made_up import DATA, ON

from prepaid.prices import plan_names
from prepaid.recommend import recommend
from prepaid.story import choose_my_plan
from prepaid.story.choose_my_plan import (
    HABITS,
    LENGTHS_DAYS,
    SOURCES,
    Chooser,
    answer_as_html,
    as_text,
    bars_with_bands,
    best,
    picture_as_html,
    said_of_seller,
    seller_page,
    side_by_side,
    small_chart,
    table_as_html,
)
from prepaid.usage import activity_gb_per_day
from prepaid.wishes import Wishes
from prepaid.words import PHRASES, Words, told

pytestmark = pytest.mark.usefixtures("house_style")
VIEW = "application/vnd.jupyter.widget-view+json"
LONG = Wishes(days=360, usage=0.7, visitor=False, us_number=True, payment="us_card", state="CA")


@pytest.fixture(scope="module")
def answer():
    return recommend(DATA, Wishes(), on=ON)


@pytest.fixture(scope="module")
def year():
    return recommend(DATA, LONG, on=ON)


@pytest.fixture(scope="module")
def pictures():
    """Return the pictures of the one answer, by language."""
    return {}


@pytest.fixture
def asked(monkeypatch, answer, pictures):
    """Return the wishes of every question that is asked, each answered and drawn alike."""
    wishes = []

    def listen(data, told, *, on, kept):
        wishes.append(told)
        return answer

    def draw(plans, language):
        if language not in pictures:
            pictures[language] = picture_as_html(plans, language)
        return pictures[language]

    monkeypatch.setattr(choose_my_plan, "recommend", listen)
    monkeypatch.setattr(choose_my_plan, "picture_as_html", draw)
    return wishes


def chooser(wishes=None, **options):
    return Chooser(DATA, wishes, on=ON, **options)


def figures(page):
    """Return the numbers of a page, without those of its tags, in their order."""
    return sorted(
        re.findall(
            r"\d[\d,.]*\d|\d", re.sub("<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
        )
    )


def text(page):
    return unescape(re.sub("<[^>]*>", "", page))


# Control, what it is moved to, the wish it stands for and its value.
MOVES = [
    ("length", 30, "days", 30),
    ("typed_days", 17, "days", 17),
    ("visitor", False, "visitor", False),
    ("payment", "cash", "payment", "cash"),
    ("state", "CA", "state", "CA"),
    ("most_short_share", 0.1, "most_short_share", 0.1),
    ("usage", 2.5, "usage", 2.5),
    ("network", "Verizon", "network", "Verizon"),
    ("hotspot_gb", 15, "hotspot_gb", 0.5),
    ("esim_phone", False, "esim_phone", False),
    ("us_number", True, "us_number", True),
    ("autopay", True, "autopay", True),
    ("stated_only", True, "stated_only", True),
]


@pytest.mark.parametrize(("control", "moved", "wish", "value"), MOVES)
def test_a_moved_control_reaches_the_answer_and_nothing_else_moves(
    asked, control, moved, wish, value
):
    controls = chooser().controls
    controls[control].value = moved
    before, after = asked
    assert before == Wishes()
    assert after == replace(before, **{wish: value})


@pytest.mark.parametrize(("control", "moved", "wish", "value"), MOVES)
def test_a_wish_sets_its_control(asked, control, moved, wish, value):
    wishes = Wishes(**{wish: value})
    assert chooser(wishes).controls[control].value == moved
    assert asked == [wishes]


def test_every_wish_has_its_control():
    moved = {wish for _, _, wish, _ in MOVES}
    assert moved == set(Wishes.__dataclass_fields__)


def test_days_that_are_typed_and_chosen_go_together(asked):
    controls = chooser().controls
    controls["typed_days"].value = 17
    assert controls["length"].value == 0
    controls["typed_days"].value = 90
    assert controls["length"].value == 90
    controls["length"].value = 5
    assert controls["typed_days"].value == 5
    controls["length"].value = 0
    assert [wishes.days for wishes in asked] == [10, 17, 90, 5], "one answer for each change"
    assert {value for _, value in controls["length"].options} == {0, *LENGTHS_DAYS}


def test_habits_become_usage_and_more_of_each_is_more(asked):
    controls = chooser().controls
    controls["source"].value = "habits"
    for habit in HABITS:
        controls[habit].value += 1
    gb = [wishes.usage for wishes in asked[1:]]
    assert all(np.diff(gb) > 0)
    expected = activity_gb_per_day(dict.fromkeys(HABITS, 1.5), DATA.activities)["base"]
    assert gb[-1] == expected


def test_no_habits_are_no_usage(asked):
    controls = chooser().controls
    controls["source"].value = "habits"
    for habit in HABITS:
        controls[habit].value = 0
    assert asked[-1].usage == 0


DAYS = pd.date_range("2026-01-01", periods=14)


def log_of(mb):
    """Return a file of 14 days."""
    return "date,mb\n" + "".join(f"{day:%Y-%m-%d},{mb}\n" for day in DAYS)


def uploaded(name, content):
    file = {"name": name, "content": memoryview(content.encode()), "type": "", "size": len(content)}
    return ({**file, "last_modified": dt.datetime.now(dt.UTC)},)


def test_a_file_comes_from_the_wishes_from_a_path_from_an_upload_or_is_the_example(asked, tmp_path):
    log = pd.Series(1.0, DAYS)
    given = chooser(Wishes(usage=log))
    assert asked[-1].usage is log
    (tmp_path / "log.csv").write_text(log_of(500))
    given.controls["file"].value = str(tmp_path / "log.csv")
    assert (asked[-1].usage == 0.5).all()
    given.controls["upload"].value = uploaded("mine.csv", log_of(200))
    assert given.controls["file"].value == "mine.csv"
    assert (asked[-1].usage == 0.2).all()
    given.controls["upload"].value = uploaded("mine.csv", log_of(300))
    assert (asked[-1].usage == 0.3).all(), "a mended file of the same name counts"
    chooser().controls["source"].value = "file"
    assert len(asked[-1].usage) > 14


def test_files_in_the_folder_can_be_chosen(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text(log_of(500))
    (tmp_path / "other.png").write_text("")
    controls = chooser().controls
    assert controls["file"].options == ("log.csv",)
    controls["source"].value = "file"
    controls["file"].value = "log.csv"
    assert (asked[-1].usage == 0.5).all()


def test_what_was_understood_of_a_file_is_said():
    both = chooser()
    both.controls["source"].value = "file"
    both.controls["upload"].value = uploaded("mine.csv", log_of(500))
    assert "14 days, 1 January to 14 January 2026, column mb, 7.0 GB" in both.words.value


def test_only_the_controls_that_count_are_shown(asked):
    controls = chooser().controls
    for source, wanted in SOURCES.items():
        controls["source"].value = source
        shown = {
            name
            for names in SOURCES.values()
            for name in names
            if controls[name].layout.display != "none"
        }
        assert shown == set(wanted)
    assert not controls["autopay"].disabled
    controls["payment"].value = "cash"
    assert controls["autopay"].disabled


def test_words_and_a_picture_are_there_from_the_start_and_change():
    both = chooser()
    before = both.words.value, both.table.value, both.picture.value
    both.controls["usage"].value = 5
    after = both.words.value, both.table.value, both.picture.value
    assert all(old and new and old != new for old, new in zip(before, after, strict=True))


@pytest.mark.slow
def test_what_is_kept_for_the_next_answer_changes_nothing(answer):
    kept, log = {}, pd.Series(np.arange(14) / 10, DAYS)
    us_card = {"payment": "us_card"}
    changes = [{}, {"usage": np.float64(2)}, {"usage": log}, {"usage": log[::-1].set_axis(DAYS)}]
    changes += [{"days": 11}, us_card, {**us_card, "state": "CA"}, {**us_card, "autopay": True}, {}]
    changes += [
        {"stated_only": True},
        {},
        {"esim_phone": False},
        {},
        {"network": "AT&T", "hotspot_gb": 0.5},
    ]
    for change in changes:
        anew = recommend(DATA, Wishes(**change), on=ON) if change else answer
        again = recommend(DATA, Wishes(**change), on=ON, kept=kept)
        pd.testing.assert_frame_equal(again.plans, anew.plans)
        assert (again.picks, again.twice, again.top_up) == (anew.picks, anew.twice, anew.top_up)


def test_words_come_before_the_picture(asked):
    both, order = chooser(), []
    for box in ("picture", "words"):
        getattr(both, box).observe(lambda change: order.append(change["owner"]), "value")
    both.controls["language"].value = "zh"
    assert order == [both.words, both.picture]


TWO = "date,person,mb\n" + "".join(
    f"{day:%Y-%m-%d},{name},500\n" for day in DAYS for name in ("An", "Bo")
)
# What is moved, and what is then said: a message, or a phrase with its figures.
ERRORS = {
    "no such file": ({"source": "file", "file": "no <such> file.csv"}, "no <such> file.csv", {}),
    "no usage in it": (
        {"source": "file", "upload": uploaded("mine.csv", log_of("much"))},
        "mine.csv: ",
        {},
    ),
    "several persons": (
        {"source": "file", "upload": uploaded("two.csv", TWO)},
        "several_persons",
        {"names": ["An", "Bo"]},
    ),
    "a hotspot above the usage": (
        {"usage": 0.5, "hotspot_gb": 16},
        "hotspot_above_usage",
        {"month": "15"},
    ),
}


@pytest.mark.parametrize(("moves", "message", "values"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_told_and_the_next_answer_takes_its_place(asked, moves, message, values):
    both = chooser()
    said = both.words.value
    before = {name: both.controls[name].value for name in moves if name != "upload"}
    for name, value in moves.items():
        both.controls[name].value = value
    for language in ("zh", "en"):
        both.controls["language"].value = language
        say = Words(language)
        names = {
            name: say("list").join(one) if isinstance(one, list) else one
            for name, one in values.items()
        }
        error = say(message, **names) if values else message
        assert say("no_answer", error="") in text(both.words.value)
        assert error in text(both.words.value)
        assert both.answer is None
        assert both.table.value == both.picture.value == ""
    for name, value in before.items():
        both.controls[name].value = value
    assert both.words.value == said
    assert both.picture.value


def test_an_answer_that_nothing_fits_has_words_and_no_picture():
    esims = replace(DATA, plans=DATA.plans[DATA.plans["sim"] == "esim"])
    both = Chooser(esims, Wishes(esim_phone=False), on=ON)
    assert "Nothing fits all wishes" in both.words.value
    assert both.table.value == both.picture.value == ""


def test_every_control_has_a_label_of_its_own_in_both_languages():
    both = chooser()
    labels = {}
    for language in ("en", "zh"):
        both.controls["language"].value = language
        labels[language] = [control.description for control in both.controls.values()]
        assert all(labels[language])
        assert len(set(labels[language])) == len(labels[language])
    assert not set(labels["en"]) & set(labels["zh"])


def test_the_language_changes_all_words_and_nothing_else(asked):
    both = chooser(LONG)
    values = {name: control.value for name, control in both.controls.items() if name != "language"}
    english = [
        label
        for name in both.choices
        for label, _ in both.controls[name].options
        if name != "language"
    ]
    both.controls["language"].value = "zh"
    assert {
        name: control.value for name, control in both.controls.items() if name != "language"
    } == values
    assert len(asked) == 1, "nothing is reckoned again"
    chinese = [
        label
        for name in both.choices
        for label, _ in both.controls[name].options
        if name != "language"
    ]
    same = {one for one, other in zip(english, chinese, strict=True) if one == other}
    assert same == {*DATA.state_fees.index, "AT&T", "T-Mobile", "Verizon"}
    assert "最稳妥的选择" in both.words.value
    assert "套餐" in both.table.value
    assert "横条" in both.picture.value
    assert all('lang="zh"' in box.value for box in (both.words, both.table, both.picture))


@pytest.mark.parametrize(
    "wishes", [Wishes(), LONG, Wishes(stated_only=True, hotspot_gb=0.5, network="AT&T")], ids=str
)
def test_both_languages_say_the_same_figures(wishes):
    answer = recommend(DATA, wishes, on=ON)
    for page in (table_as_html, lambda *told: picture_as_html(best(told[0]), told[1])):
        assert figures(page(answer, "en")) == figures(page(answer, "zh"))
    assert figures(answer_as_html(answer, "en")), (
        "dates are written with another month: words have a test of their own"
    )


def test_every_fact_that_can_be_open_has_a_name():
    questions = {name.removeprefix("ask_") for name in PHRASES if name.startswith("ask_")}
    assert questions <= {name.removeprefix("name_") for name in PHRASES if name.startswith("name_")}


def test_the_stored_text_is_the_same_on_every_run_and_day_and_the_view_is_there(asked):
    first, second = (Chooser(DATA)._repr_mimebundle_() for _ in range(2))
    assert first["text/plain"] == second["text/plain"]
    assert "Days in the USA" in first["text/plain"]
    assert not re.search(r"\d", first["text/plain"]), "no figure that another day would move"
    assert first[VIEW] != second[VIEW]


def test_the_answer_has_every_line_that_is_told(answer):
    page = text(answer_as_html(answer))
    for heading, lines in told(answer):
        assert heading in page
        for name, said in lines:
            assert f"{name} {said}" in page


@pytest.mark.parametrize(
    ("provider", "channel", "url", "known"),
    [
        ("T-Mobile Prepaid", "Refill", "https://es.t-mobile.com/refill", True),
        ("Tello", "CellPay", "https://www.cellpay.us/x", True),
        ("Tello", None, "https://example.org/plans-list", False),
        ("Tello", "Tello website", "https://code.example.org/tello-notes", False),
        ("Tello", None, None, False),
    ],
)
def test_a_link_leads_to_the_seller_or_the_channel_or_nowhere(provider, channel, url, known):
    found = seller_page(pd.Series({"provider": provider, "channel": channel, "url": url}))
    assert found == (url if known else None)


def test_a_sellers_name_is_a_link_only_where_the_address_is_theirs(answer):
    key = answer.surest
    for address, linked in (
        ("https://www.{}.com/x", True),
        ("https://github.com/somebody/list", False),
    ):
        plans = answer.plans.copy()
        plans.loc[key, "url"] = address.format(plans.loc[key, "provider"].split()[0].lower())
        plans.loc[key, "channel"] = "Shop & Co"
        page = answer_as_html(replace(answer, plans=plans))
        assert ('">Shop &amp; Co</a>' in page.split("</div>")[0]) == linked
        assert "Shop &amp; Co" in page


def test_text_of_the_catalogue_cannot_become_a_tag(answer):
    plans = answer.plans.assign(name="<script>", channel="<script>")
    told_ = replace(answer, plans=plans)
    for page in (answer_as_html(told_), table_as_html(told_), picture_as_html(best(told_))):
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_the_table_starts_with_the_picks_and_shows_what_is_open(answer):
    page = table_as_html(answer)
    assert page.count("<tr>") == 1 + 6
    rows = [text(row) for row in page.split("</tr>")[1:3]]
    say = Words("en")
    for key, row in zip(answer.picks, rows, strict=True):
        plan = answer.plans.loc[key]
        assert row.startswith(plan["name"])
        facts = [say(f"name_{fact}", payment=say(answer.wishes.payment)) for fact in plan["open"]]
        assert row.endswith(f"{plan['as_of']:%Y-%m-%d}{'; '.join(facts)}")


def test_the_best_are_the_picks_and_what_follows(answer):
    rows = best(answer)
    assert list(rows.index[: len(answer.picks)]) == answer.picks
    rest = [key for key in answer.plans.index if key not in answer.picks]
    assert list(rows.index[len(answer.picks) :]) == rest[: 6 - len(answer.picks)]


def test_the_best_of_a_long_stay_have_what_as_long_again_costs(year):
    second = best(year)["second_usd"].dropna()
    assert second.to_dict() == year.second_usd
    assert "Red line" in picture_as_html(best(year))


def three(low=(19.0, 8.0, 21.0), **changed):
    money = {"low_usd": low, "base_usd": [20.0, 10.0, 23.0], "high_usd": [28.0, 17.0, 33.0]}
    about = {"provider_kind": ["travel_esim", "mvno", "carrier"], "sure": [True, False, False]}
    about |= {
        "name": ["Roami", "Lycamobile", "AT&T"],
        "stale": [False, False, True],
        "second_usd": np.nan,
    }
    return pd.DataFrame({**money, **about, "as_of": pd.Timestamp("2026-10-07"), **changed})


def test_only_a_sure_plan_fills_its_mark_and_an_old_price_is_told():
    ax = bars_with_bands(three())
    assert [str(line.get_markerfacecolor()) != "white" for line in ax.lines] == [True, False, False]
    bands = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert bands == [(19, 28), (8, 17), (21, 33)]
    assert "2026-10-07 (old)" in words(ax)


def test_as_long_again_is_marked_where_it_is_known_and_differs():
    ax = bars_with_bands(three(second_usd=[40.0, 10.0, np.nan]))
    assert [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"] == [40]
    assert "as long again" in [text.get_text() for text in ax.figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"sure": [False, False, False]}, False),
        ({"sure": True}, False),
        ({"base_usd": 20.0}, False),
    ],
    ids=str,
)
def test_the_title_stands_only_for_a_sure_plan_and_a_cheaper_one_that_is_not(changed, holds):
    ax = bars_with_bands(three(**changed))
    assert ax.figure.claim_holds == holds
    assert title(ax).startswith("A sure plan costs about $20, one to ask about first $10") == holds
    assert holds or title(ax).startswith("3 plans cost about $")


def test_words_of_the_charts_have_room(answer, year):
    for plans in (three(), best(answer), best(year)):
        assert crowded(bars_with_bands(plans).figure) == []


def test_the_longest_names_of_plans_have_room_in_the_small_chart(year):
    names = plan_names(DATA.plans)
    longest = names[names.str.len().nlargest(12).index]
    for some in (longest[:6], longest[6:]):
        plans = pd.concat([best(year)] * 2)[: len(some)].assign(name=some.to_numpy())
        assert crowded(small_chart(plans), pixels=1) == []


def test_persons_stand_side_by_side(answer, year):
    table = side_by_side(
        {"tourist": answer, "student": year, "nobody": replace(answer, surest=None)}
    )
    for person, told_ in {"tourist": answer, "student": year}.items():
        plan = told_.plans.loc[told_.surest]
        assert table.loc["Pick", person] == plan["name"]
        assert table.loc["In all", person].startswith(
            f"${plan['base_usd']:,.0f} (${plan['low_usd']:,.0f} to "
        )
    assert table.loc["As long again", "student"] == f"${year.second_usd[year.surest]:,.0f}"
    assert table.loc["As long again", "tourist"] == "-"
    assert table.loc["Cheaper, ask first", "tourist"].startswith(
        answer.plans.loc[answer.cheaper, "name"]
    )
    assert table.loc["Pick", "nobody"] == "none is sure"


def test_the_answer_as_text_has_every_line(answer):
    shown = " ".join(as_text(answer).split())
    for heading, lines in told(answer):
        assert heading.upper() in shown
        assert all(f"{name}: {said}" in shown for name, said in lines)
    assert max(map(len, as_text(answer).splitlines())) <= 100


def test_what_is_said_of_the_seller_is_that_of_its_brand_and_of_the_pick():
    answer = recommend(DATA, Wishes(), on=ON)
    key = answer.picks[0]
    brand = answer.plans.loc[key, "provider"]
    rows = [
        (brand, None, "hotspot", "yes", "As you like", "2026-03-01"),
        (brand, key, "hotspot", "no", None, None),
    ]
    rows.append((brand, "another", "hotspot", "no", "Other plan", None))
    rows.append(("Other brand", None, "hotspot", "no", None, None))
    facts = pd.DataFrame(rows, columns=["provider", "plan_id", "topic", "value", "words", "as_of"])
    facts["as_of"] = pd.to_datetime(facts["as_of"])
    told = [f"{brand}: 2 facts", "hotspot: yes. As you like (2026-03-01)", "hotspot: no (no date)"]
    assert said_of_seller(answer, facts).splitlines() == told
    esims = DATA.plans[DATA.plans["provider_kind"] == "travel_esim"]
    nothing = recommend(replace(DATA, plans=esims), Wishes(esim_phone=False), on=ON)
    assert said_of_seller(nothing, facts) == "no pick, so no seller"
