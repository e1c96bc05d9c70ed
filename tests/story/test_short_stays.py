"""Appendix a1: the cheapest plans of short stays, what changes them, how well usage is modelled."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figures import words
from made_up import BASE, CATALOGUE, DATA, comparison, one_plan

from prepaid.story import short_stays
from prepaid.usage import UsageModel

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
BENCHMARKS = DATA.usage_benchmarks


def test_compare_cases_keeps_each_case_apart():
    plans = one_plan()
    usages = {"little": np.full((1, 30), 0.1), "much": np.full((1, 30), 0.3)}
    compared = short_stays.compare_cases(plans, usages, BASE)
    assert compared["mean_cost_usd"].to_dict() == {
        ("little", plans.index[0]): 10.0,
        ("much", plans.index[0]): 20.0,
    }
    assert compared["name"].tolist() == plans["name"].tolist() * 2


def test_a_plan_whose_later_price_nobody_states_is_left_out_where_it_is_needed():
    offer = one_plan(offer="new_customer")
    usages = {"once": np.full((1, 30), 0.1), "twice": np.full((1, 30), 0.3)}
    assert short_stays.compare_cases(offer, usages, BASE).index.unique("case").tolist() == ["once"]


def test_silent_phone_plans_can_be_tried_with_a_limit():
    limited = short_stays.limit_silent(CATALOGUE, 50)
    assert limited.loc["visible-monthly", ["data_gb", "after_allowance"]].tolist() == [
        50,
        "throttle",
    ]
    changed = limited["data_gb"].fillna(-1) != CATALOGUE["data_gb"].fillna(-1)
    silent = (
        CATALOGUE["unlimited"]
        & CATALOGUE["data_gb"].isna()
        & (CATALOGUE["provider_kind"] != "travel_esim")
    )
    assert changed.equals(silent.astype(bool))


def test_cheapest_serving_looks_at_each_case():
    cases = pd.concat(
        {"x": comparison(a=(1, 0), b=(2, 0)), "y": comparison(a=(3, 0), b=(2, 0))}, names=["case"]
    )
    assert short_stays.cheapest_serving(cases, 0.05).index.tolist() == [("x", "a"), ("y", "b")]


@pytest.fixture(scope="module")
def scenarios():
    plans = CATALOGUE.loc[["nomad-3gb-30d", "holafly-unlimited-15d"]]
    models = {name: UsageModel.traveller(name, BENCHMARKS) for name in ("light", "moderate")}
    return short_stays.what_if(plans, models, 14, 300, 1, DATA.assumptions)


def test_what_if_changes_one_thing_at_a_time(scenarios):
    full = scenarios["full_speed_share"].xs(
        ("moderate", "holafly-unlimited-15d"), level=["case", "plan_id"]
    )
    assert full["Half the usage"] > full["As assumed"] > full["Double the usage"]
    assert full["As assumed"] > full["Spikier days"]
    assert full["High fair use"] > full["As assumed"] > full["Low fair use"]


def test_double_light_is_moderate(scenarios):
    cost = scenarios["mean_cost_usd"]
    pd.testing.assert_series_equal(
        cost["Double the usage", "light"], cost["As assumed", "moderate"]
    )


def test_flips_tell_a_dearer_winner_from_one_that_runs_short():
    def scenario(a, b):
        return pd.concat({"case": comparison(a=a, b=b).assign(name=["A", "B"])}, names=["case"])

    compared = pd.concat(
        {
            "first": scenario((5, 0), (6, 0)),
            "same": scenario((5.5, 0), (6, 0)),
            "dearer": scenario((7, 0), (6, 0)),
            "short": scenario((5, 0.2), (6, 0)),
            "tie": scenario((6.001, 0.01), (6, 0)),
        },
        names=["scenario"],
    )
    found = short_stays.flips(compared, 0.05).xs("case", level="case")
    assert found["flipped"].to_dict() == {
        "first": False,
        "same": False,
        "dearer": True,
        "short": True,
        "tie": False,
    }
    assert found.loc[
        "short", ["name", "mean_cost_usd", "stay_cost_usd", "stay_short_share"]
    ].tolist() == [
        "B",
        6,
        5,
        0.2,
    ]


def test_winners_by_usage_have_name_and_cost_by_case(scenarios):
    winners = short_stays.flips(
        scenarios.assign(name=scenarios.index.get_level_values("plan_id")), 1.0
    )
    found = short_stays.winners_by_usage(winners)
    assert found.index.tolist() == ["As assumed", "Half the usage", "Double the usage"]
    assert list(found) == ["light", "moderate"]
    first = winners.loc[("Double the usage", "light")]
    assert (
        found.loc["Double the usage", "light"] == f"{first['name']}, ${first['mean_cost_usd']:.0f}"
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_population_agrees_with_the_published_figures(seed):
    ratio = short_stays.calibration(UsageModel.us_unlimited_2026(), BENCHMARKS, seed)["ratio"]
    allowed = pd.Series(0.05, index=ratio.index)
    allowed["us-mobile-traffic-of-bottom-half"] = 0.07
    off = (ratio - 1).abs()
    assert off[off > allowed].empty


def test_calibration_measures_each_metric_as_it_is_defined():
    class Fixed:
        def sample(self, days, stays, seed):
            return np.arange(1.0, 101).reshape(100, 1)

    assert short_stays.calibration(Fixed(), BENCHMARKS)["simulated"].round(6).to_dict() == {
        "us-mobile-median": 50.5,
        "us-mobile-mean": 50.5,
        "us-mobile-p90": 90.1,
        "us-mobile-p99": 99.01,
        "us-mobile-lines-under-10-gb": 9,
        "us-mobile-lines-under-15-gb": 14,
        "us-mobile-traffic-of-top-tenth": round(100 * 955 / 5050, 6),
        "us-mobile-traffic-of-bottom-half": round(100 * 1275 / 5050, 6),
    }


def test_ratio_is_simulated_to_published():
    table = short_stays.calibration(UsageModel.known_average(14.5), BENCHMARKS)
    assert table["ratio"].to_list() == pytest.approx(table["simulated"] / table["published"])


def test_calibration_fails_a_population_that_is_too_even():
    ratio = short_stays.calibration(
        replace(UsageModel.us_unlimited_2026(), person_sigma=0.8), BENCHMARKS
    )["ratio"]
    assert (ratio - 1).abs().max() > 0.1


def best(*rows):
    """Return a table as `cheapest_serving` gives it, from rows of the columns below."""
    columns = [
        "case",
        "name",
        "provider_kind",
        "mean_cost_usd",
        "p95_cost_usd",
        "short_share",
        "unused_usd",
    ]
    return (
        pd.DataFrame(rows, columns=columns)
        .assign(plan_id=range(len(rows)))
        .set_index(["case", "plan_id"])
    )


ROWS = [
    ("light", "A", "travel_esim", 5.0, 6.0, 0.0, 1.0),
    ("light", "B", "mvno", 12.4, 20.0, 0.0, NAN),
    ("heavy", "C", "carrier", 40.0, 40.0, 0.015, 30.0),
]


def test_each_case_has_its_bars_with_cost_and_how_often_they_run_short():
    ax = short_stays.short_stays(best(*ROWS), 0.05)
    assert [bar.get_width() for bar in ax.patches] == [5, 12.4, 40]
    assert words(ax) == ["$5", "never short", "$12", "never short", "$40", "short in 1 of 67"]
    assert list(ax.named_rows.values()) == ["light: A", "light: B", "heavy: C"]


def test_used_and_left_over_make_up_the_cost():
    ax = short_stays.paid_for_nothing(best(*ROWS))
    used, unused, unknown = ([bar.get_width() for bar in bars] for bars in ax.containers)
    assert (used, unused, unknown) == ([4, 0, 10], [1, 0, 30], [0, 12.4, 0])
    assert words(ax) == ["$5, 20% left over", "$12", "$40, 75% left over"]


@pytest.mark.parametrize(
    "chart", [lambda rows: short_stays.short_stays(rows, 0.05), short_stays.paid_for_nothing]
)
def test_nothing_to_draw_is_said(chart):
    assert words(chart(best(*ROWS).iloc[:0])) == ["Nothing to draw: no row fits the parameters."]
