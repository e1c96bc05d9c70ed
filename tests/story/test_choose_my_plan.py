"""The controls of notebook 00: each reaches the answer, and what they show can be read."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from made_up import DATA
from matplotlib.collections import PathCollection

import prepaid
from prepaid.recommend import Wishes, recommend
from prepaid.story import choose_my_plan
from prepaid.story.choose_my_plan import Chooser, best_as_html, cost_and_risk
from prepaid.usage import activity_gb_per_day

pytestmark = pytest.mark.usefixtures("house_style")
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def answer():
    return recommend(DATA, Wishes(network="Verizon"))


@pytest.fixture
def asked(monkeypatch, answer):
    """Return the wishes of every question that is asked, each answered alike."""
    wishes = []

    def listen(data, told):
        wishes.append(told)
        return answer

    monkeypatch.setattr(choose_my_plan, "recommend", listen)
    return wishes


MOVES = {
    "days": 30,
    "visitor": False,
    "payment": "cash",
    "state": "CA",
    "most_short_share": 0.1,
    "usage": 2.5,
    "network": "Verizon",
    "hotspot_gb": 1.0,
    "esim_phone": False,
    "us_number": True,
    "autopay": True,
}


@pytest.mark.parametrize("name", MOVES)
def test_a_moved_control_reaches_the_answer_and_nothing_else_moves(asked, name):
    controls = Chooser(DATA, Wishes()).controls
    controls[name].value = MOVES[name]
    before, after = asked
    assert after == replace(before, **{name: MOVES[name]})


@pytest.mark.parametrize("name", MOVES)
def test_a_parameter_sets_its_control(asked, name):
    wishes = Wishes(**{name: MOVES[name]})
    assert Chooser(DATA, wishes).controls[name].value == MOVES[name]
    assert asked[0] == wishes


def test_no_choice_of_state_or_network_is_none(asked):
    Chooser(DATA, Wishes(state=None, network=None))
    assert asked[0].state is None
    assert asked[0].network is None


def test_habits_become_usage_and_more_of_each_is_more(asked):
    controls = Chooser(DATA, Wishes()).controls
    controls["source"].value = "my habits"
    for habit in choose_my_plan.HABITS:
        controls[habit].value += 1
    gb = [wishes.usage.median_gb for wishes in asked[1:]]
    assert all(np.diff(gb) > 0)
    expected = activity_gb_per_day(dict.fromkeys(choose_my_plan.HABITS.values(), 1.5), DATA.activities)["base"]
    assert gb[-1] == pytest.approx(30 * expected)


def test_no_habits_are_no_usage(asked):
    controls = Chooser(DATA, Wishes()).controls
    controls["source"].value = "my habits"
    for habit in choose_my_plan.HABITS:
        controls[habit].value = 0
    assert asked[-1].usage == 0


def test_a_log_comes_from_the_parameter_from_a_file_or_from_the_example(asked, tmp_path):
    log = pd.Series(1.0, pd.date_range("2026-01-01", periods=14))
    file = tmp_path / "log.csv"
    file.write_text("date,mb\n" + "".join(f"{day:%Y-%m-%d},500\n" for day in log.index))
    given = Chooser(DATA, Wishes(usage=log))
    assert asked[-1].usage is log
    given.controls["log"].value = str(file)
    assert (asked[-1].usage == 0.5).all()
    Chooser(DATA, Wishes()).controls["source"].value = "my own log"
    assert len(asked[-1].usage) == 84


def test_only_the_controls_that_count_are_shown():
    controls = Chooser(DATA, Wishes()).controls
    sources = {"GB per day": {"usage"}, "my habits": set(choose_my_plan.HABITS), "my own log": {"log"}}
    for source, wanted in sources.items():
        controls["source"].value = source
        shown = {name for name in set().union(*sources.values()) if controls[name].layout.display != "none"}
        assert shown == wanted
    assert not controls["autopay"].disabled
    controls["payment"].value = "cash"
    assert controls["autopay"].disabled


def test_an_answer_and_a_picture_are_there_from_the_start_and_change():
    both = Chooser(DATA, Wishes())
    before = both.sentence.value, both.table.value, both.chart.value
    both.controls["usage"].value = 5
    after = both.sentence.value, both.table.value, both.chart.value
    assert all(old and new and old != new for old, new in zip(before, after, strict=True))


def test_an_error_is_told_and_the_next_answer_takes_its_place(asked):
    both = Chooser(DATA, Wishes())
    said = both.said
    both.controls["source"].value = "my own log"
    both.controls["log"].value = "no <such> file.csv"
    assert "no &lt;such&gt; file.csv" in both.sentence.value
    assert both.table.value == ""
    assert both.chart.value == b""
    assert both.chart.layout.display == "none", "no picture, rather than a broken one"
    both.controls["source"].value = "GB per day"
    assert both.said == said
    assert both.chart.value
    assert both.chart.layout.display is None


def test_every_control_has_a_label_of_its_own():
    labels = [control.description for control in Chooser(DATA, Wishes()).controls.values()]
    assert all(labels)
    assert len(set(labels)) == len(labels)


def test_the_stored_text_is_the_same_on_every_run_and_the_view_is_there():
    first, second = (Chooser(DATA, Wishes())._repr_mimebundle_() for _ in range(2))
    assert first["text/plain"] == second["text/plain"]
    assert "Buy " in first["text/plain"]
    assert first[VIEW] != second[VIEW]


def test_the_table_shows_every_figure_of_the_best_plans(answer):
    shown = best_as_html(answer)
    readable = prepaid.readable(answer.best)
    for column in ("name", "all_in_usd", "low_usd", "high_usd", "short_share", "top_up", "source_url"):
        assert all(text in shown for text in readable[column]), column
    assert shown.count("<tr>") == 1 + 2 * len(answer.best)


def test_text_of_the_catalogue_cannot_become_a_tag(answer):
    best = answer.best.assign(name="<script>")
    shown = best_as_html(type(answer)(**{**vars(answer), "best": best}))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def numbers(ax):
    """Return the numbered marks: place of each number, by the mark it points at."""
    return {text.xy: (int(text.get_text()), text.xyann) for text in ax.texts if text.get_text().isdigit()}


def test_the_best_are_numbered_where_they_stand(answer):
    marked = numbers(cost_and_risk(answer))
    expected = zip(answer.best["all_in_usd"], answer.best["short_share"], strict=True)
    assert {xy: number for xy, (number, _) in marked.items()} == {xy: n for n, xy in enumerate(expected, start=1)}


def test_numbers_keep_apart_and_in_the_order_of_cost():
    best = recommend(DATA, Wishes(days=30, usage=0.5))
    for answer in (best, type(best)(**{**vars(best), "best": best.best.assign(all_in_usd=[1.0, 3000, 3000, 1, 1])})):
        ax = cost_and_risk(answer)
        texts = sorted((text for text in ax.texts if text.get_text().isdigit()), key=lambda text: text.xyann[0])
        ax.figure.draw_without_rendering()
        boxes = [text.get_bbox_patch().get_window_extent() for text in texts]
        assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
        assert boxes[0].x0 >= ax.bbox.x0
        assert boxes[-1].x1 <= ax.bbox.x1
        assert [text.xy[0] for text in texts] == sorted(text.xy[0] for text in texts)


def test_the_axes_stay_where_they_are():
    limits = {
        (ax.get_xlim(), ax.get_ylim())
        for wishes in ({"days": 3, "usage": 0.1}, {"days": 360, "usage": 9.0, "us_number": True})
        for ax in [cost_and_risk(recommend(DATA, Wishes(**wishes)))]
    }
    assert len(limits) == 1


def test_what_is_to_check_is_drawn_hollow(answer):
    marks = [one for one in cost_and_risk(answer).collections if isinstance(one, PathCollection)]
    drawn = {
        hollow: sum(len(one.get_offsets()) for one in marks if (len(one.get_facecolors()) == 0) == hollow)
        for hollow in (False, True)
    }
    open_ = (answer.everyone["to_check"] != "").sum()
    assert open_ > 0
    assert drawn == {False: len(answer.everyone) - open_, True: open_}


def test_plans_beyond_the_axis_are_counted(answer):
    dear = answer.everyone.assign(all_in_usd=answer.everyone["all_in_usd"].where(answer.everyone.index != "x", 0))
    dear.iloc[:3, dear.columns.get_loc("all_in_usd")] = 5_000
    caption = cost_and_risk(type(answer)(**{**vars(answer), "everyone": dear})).figure.get_supxlabel()
    assert "3 dearer plans not drawn" in caption


def test_a_chart_of_nothing_says_so():
    esims = DATA.plans[DATA.plans["sim"] == "esim"]
    nothing = recommend(replace(DATA, plans=esims), Wishes(esim_phone=False))
    assert nothing.everyone.empty
    assert cost_and_risk(nothing).get_title(loc="left") == "No plan fits all wishes"
    both = Chooser(replace(DATA, plans=esims), Wishes(esim_phone=False))
    assert "a SIM for a phone without eSIM" in both.sentence.value
    assert both.chart.value
