"""Appendix a3: the made-up company, its tables, and what its charts claim."""

import pandas as pd
import pytest
from figures import crowded, title, words
from made_up import BASE, CATALOGUE

from prepaid.fleet import compare_fleet
from prepaid.prices import plan_names
from prepaid.story import many_lines as story

pytestmark = pytest.mark.usefixtures("house_style")
PERIOD = pd.date_range("2026-01-01", periods=60)
TEAMS = {"crew": (6, 3.0, "tello-10gb"), "van": (4, 0.4, "verizon-unlimited")}
PLANS = CATALOGUE.loc[["tello-2gb", "tello-10gb", "verizon-unlimited"]]


@pytest.fixture(scope="module")
def company():
    return story.company(TEAMS, PERIOD, 1)


@pytest.fixture(scope="module")
def fleet(company):
    return compare_fleet(PLANS, company[0], PERIOD, company[1], assumptions=BASE)


def test_a_company_has_its_lines_plans_and_two_faults(company, fleet):
    usage, today = company
    assert today.value_counts().to_dict() == {"tello-10gb": 6, "verizon-unlimited": 4}
    assert usage["date"].between(PERIOD[0], PERIOD[-1]).all()
    faults = fleet.listed.set_index("line")["problem"].to_dict()
    assert faults == {"crew 01": "a day more than once", "van 04": "negative"}
    assert fleet.lines["missing_days"].between(1, 20).all(), "days without use have no row"


def test_the_seed_makes_the_company(company):
    again, other = (story.company(TEAMS, PERIOD, seed)[0] for seed in (1, 2))
    pd.testing.assert_frame_equal(again, company[0])
    assert not again["mb"].equals(other["mb"])


def test_regular_plans_can_be_kept():
    plans = story.regular(CATALOGUE)
    assert len(plans) > 50
    assert (plans["voice_text"] & ~plans["tourist_only"]).all()
    assert set(plans["offer"]) == {"standard"}
    assert plans["price_usd"].min() > 0


def test_teams_and_plans_add_up_to_the_lines(fleet):
    teams, plans = story.by_team(fleet.lines, 2), story.by_plan(fleet, plan_names(PLANS))
    assert teams["lines"].to_dict() == {"van": "3", "crew": "5"}
    assert teams["today_usd"].sum() == fleet.lines["today_cost_usd"].sum()
    assert teams["median_gb_per_month"]["van"] == fleet.lines["used_gb"].iloc[5:].median() / 2
    assert plans["lines"].sum() == len(fleet.lines)
    assert plans["cost_usd"].sum() == pytest.approx(teams["cheapest_usd"].sum())
    assert (plans["lines"] * plans["gb_per_month"]).sum() * 2 == pytest.approx(
        fleet.lines["used_gb"].sum()
    )


def choices(one):
    table = {
        "plan_id": [None, "tello-2gb", None],
        "cost_usd": [1000.0, one, 100.0],
        "short_lines": [3, 0, 0],
    }
    return pd.DataFrame(table, ["today", "one plan for all", "the cheapest of each"])


def test_choices_are_drawn_with_what_they_cost():
    ax = story.choice_bars(choices(500.0), plan_names(PLANS), 9, "")
    assert words(ax) == ["$1,000, 3 lines run short", "$500, Tello 2 GB", "$100"]


@pytest.mark.parametrize(("one", "holds"), [(550.0, True), (551.0, False)])
def test_one_plan_is_said_to_bring_most_only_if_it_does(one, holds):
    ax = story.choice_bars(choices(one), plan_names(PLANS), 9, "")
    assert ax.figure.claim_holds == holds
    assert crowded(ax.figure) == []
    assert ("One plan" in title(ax)) == holds


@pytest.mark.parametrize(("today", "holds"), [([50, 20], True), ([20, 15], False)])
def test_lines_are_said_to_overpay_only_if_they_do(today, holds):
    lines = pd.DataFrame(
        {"used_gb": [1, 9], "today_cost_usd": today, "cheapest_cost_usd": [10, 15]}
    )
    ax = story.line_dots(lines, 1, "")
    assert ax.figure.claim_holds == holds
    assert crowded(ax.figure) == []
    assert [marks.get_offsets()[:, 1].tolist() for marks in ax.collections[1:]] == [today, [10, 15]]


@pytest.mark.parametrize(("lines", "holds"), [([3, 2, 2, 1, 1, 1, 1, 1], True), ([1] * 8, False)])
def test_three_plans_are_said_to_serve_most_only_if_they_do(lines, holds):
    plans = pd.DataFrame(
        {"lines": lines, "gb_per_month": 2.0}, [f"plan {number}" for number in range(8)]
    )
    ax = story.plan_bars(plans, "")
    assert ax.figure.claim_holds == holds
    assert crowded(ax.figure) == []
    assert words(ax)[0] == f"{lines[0]}, at 2.0 GB a month"
