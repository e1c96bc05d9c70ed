"""Who wins, and where the winner changes: small cases that can be checked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up import BASE, CATALOGUE, DATA, comparison, one_plan

import prepaid
from prepaid.prices import unit_prices
from prepaid.story import which_plan_fits
from prepaid.usage import UsageModel

NAN = float("nan")
BENCHMARKS = DATA.usage_benchmarks


def test_compare_cases_keeps_each_case_apart():
    plans = one_plan()
    compared = which_plan_fits.compare_cases(
        plans, {"little": np.full((1, 30), 0.1), "much": np.full((1, 30), 0.3)}, BASE
    )
    assert compared["mean_cost_usd"].to_dict() == {("little", plans.index[0]): 10.0, ("much", plans.index[0]): 20.0}
    assert compared["name"].tolist() == plans["name"].tolist() * 2


def test_silent_phone_plans_can_be_tried_with_a_limit():
    limited = which_plan_fits.limit_silent(CATALOGUE, 50)
    assert limited.loc["visible-monthly", ["data_gb", "after_allowance"]].tolist() == [50, "throttle"]
    changed = limited["data_gb"].fillna(-1) != CATALOGUE["data_gb"].fillna(-1)
    silent = CATALOGUE["unlimited"] & CATALOGUE["data_gb"].isna() & (CATALOGUE["provider_kind"] != "travel_esim")
    assert changed.equals(silent.astype(bool))


def test_cheapest_serving_looks_at_each_case():
    cases = pd.concat({"x": comparison(a=(1, 0), b=(2, 0)), "y": comparison(a=(3, 0), b=(2, 0))}, names=["case"])
    assert which_plan_fits.cheapest_serving(cases, 0.05).index.tolist() == [("x", "a"), ("y", "b")]


def test_frontier_drops_what_another_plan_beats():
    compared = comparison(dear=(9, 0), beaten=(8, 0.5), cheap=(2, 0.5), no_better=(10, 0), worse=(2, 0.6))
    assert which_plan_fits.frontier(compared).index.tolist() == ["cheap", "dear"]


def test_frontier_keeps_plans_that_tie_on_both():
    assert which_plan_fits.frontier(comparison(b=(5, 0.1), a=(5.001, 0.1), c=(5.02, 0.1))).index.tolist() == ["b", "a"]


def test_unmet_share_of_a_pack_that_is_half_enough():
    plans, usage = one_plan(), np.full((3, 10), 1.0)
    compared = prepaid.compare(plans, usage, when_empty="wait", assumptions=BASE)
    assert which_plan_fits.unmet_share(compared, usage).item() == pytest.approx(0.5)


def test_cost_by_level_is_blank_where_the_plan_does_not_serve():
    plan = one_plan(after_allowance="throttle", throttle_kbps=512)
    costs = which_plan_fits.cost_by_level(
        plan, [0.5, 50], 60, 50, 1, BASE, least_full_speed_share=0.95, most_unmet_share=0.01
    )
    assert costs.iloc[0].item() == pytest.approx(10)  # two purchases in 60 days
    assert np.isnan(costs.iloc[1].item())


def test_cost_by_level_refuses_unmet_data_that_full_speed_would_forgive():
    plan = one_plan(term_days=60, allowance_days=30)  # stops until the next period

    def serves(most_unmet_share):
        return which_plan_fits.cost_by_level(plan, [6], 60, 50, 1, BASE, 0.5, most_unmet_share).notna().iloc[0, 0]

    assert (serves(0.5), serves(0.01)) == (True, False)


def costs_of(**columns):
    return pd.DataFrame(columns, index=pd.Index([1.0, 2.0, 3.0, 4.0], name="monthly_gb"))


def test_break_even_of_two_straight_lines():
    found = which_plan_fits.break_evens(costs_of(flat=[6.5] * 4, steep=[2.0, 4.0, 6.0, 8.0]))
    assert found["plan_id"].tolist() == ["steep", "flat"]
    assert found["at_gb"].tolist() == pytest.approx([1, 3.25])
    assert found["why"].tolist() == ["first level", "cheaper"]
    assert found["usd_per_month"].tolist() == [2, 6.5]


def test_break_even_where_the_cheaper_plan_stops_to_serve():
    found = which_plan_fits.break_evens(costs_of(small=[1.0, 1.0, NAN, NAN], big=[5.0] * 4))
    assert found.loc[1, ["at_gb", "plan_id", "why"]].tolist() == [2.0, "big", "serves more"]


def test_a_tie_changes_nothing():
    assert len(which_plan_fits.break_evens(costs_of(a=[1.0, 2.0, 3.0, 4.0], b=[1.0, 1.999, 3.0, 4.0]))) == 1


def test_levels_that_nobody_serves_have_no_break_even():
    assert which_plan_fits.break_evens(costs_of(a=[1.0, 1.0, NAN, NAN]))["plan_id"].tolist() == ["a"]


def test_cost_if_served_judges_every_stay():
    plan = one_plan(after_allowance="throttle", throttle_kbps=512)
    usage = np.array([[5.0, 0.0], [5.0, 0.2], [5.0, 5.0]])  # the second has 3.8 % slow, the third half
    assert which_plan_fits.cost_if_served(plan, usage, BASE, 0.95, 0.0).iloc[:, 0].tolist() == pytest.approx(
        [10, 10, NAN], nan_ok=True
    )


def test_cost_if_served_counts_unmet_data():
    plan = one_plan(term_days=60, allowance_days=30)
    usage = np.array([[5.0, 0.2]])
    assert which_plan_fits.cost_if_served(plan, usage, BASE, 0.95, 0.05).notna().iloc[0, 0]
    assert which_plan_fits.cost_if_served(plan, usage, BASE, 0.95, 0.01).isna().iloc[0, 0]


def test_tenths_are_sorted_by_usage_and_count_ties_for_each():
    monthly_gb = np.arange(20.0)[::-1]
    small = np.where(monthly_gb < 10, 5.0, NAN)
    costs = pd.DataFrame({"small": small, "big": 8.0, "twin": 8.001})
    tenths = which_plan_fits.cheapest_by_tenth(costs, monthly_gb)
    assert tenths["plan_id"].tolist() == ["small"] * 5 + ["big"] * 5
    assert tenths.loc[10, ["share", "next_plan_id", "next_share"]].tolist() == [1, "twin", 1]
    assert tenths.loc[1, ["from_gb", "to_gb", "next_share"]].tolist() == [0, 1, 0]


def test_a_person_whom_nobody_serves_counts_for_no_plan():
    tenths = which_plan_fits.cheapest_by_tenth(
        pd.DataFrame({"a": [1.0] * 19 + [NAN], "b": [2.0] * 19 + [NAN]}), np.arange(20.0)
    )
    assert tenths.loc[10, "share"] == 0.5


def shelf(**usd_per_gb_and_term):
    """Return plans of 10 GB from (price_usd, term_days) by plan_id."""
    plans = [
        one_plan(data_gb=10.0, price_usd=price, term_days=days, allowance_days=days).set_axis([plan_id])
        for plan_id, (price, days) in usd_per_gb_and_term.items()
    ]
    plans = pd.concat(plans).rename_axis("plan_id").drop(columns=unit_prices(CATALOGUE).columns)
    return plans.join(unit_prices(plans))


def test_the_headline_choice_covers_the_stay_with_a_term_of_a_month_or_less():
    plans = shelf(too_short=(1, 7), year=(2, 365), month=(5, 30), fortnight=(6, 14))
    assert which_plan_fits.headline_choice(plans, 14) == "month"
    assert which_plan_fits.headline_choice(plans, 5) == "too_short"
    assert which_plan_fits.headline_choice(plans, 365) == "year"


def test_a_pack_that_never_expires_covers_every_stay():
    assert which_plan_fits.headline_choice(shelf(month=(5, 30), lasting=(4, None)), 14) == "lasting"


def test_no_headline_without_a_plan_that_covers_the_stay():
    with pytest.raises(ValueError, match="no plan with a price per GB covers 60 days"):
        which_plan_fits.headline_choice(shelf(month=(5, 30)), 60)


def test_regret_is_what_the_headline_choice_costs_more():
    plans = shelf(week=(8, 7), fortnight=(7, 14))
    plans.loc["week", "data_gb"] = 2.0
    plans["usd_per_gb"] = plans["price_usd"] / plans["data_gb"]
    plans.loc["week", "price_usd"] = 3.0
    row = which_plan_fits.headline_regret(plans, {"case": np.full((4, 14), 0.1)}, 0.05, BASE).loc["case"]
    assert row[["plan_id", "headline_plan_id"]].tolist() == ["week", "fortnight"]
    assert (row["mean_cost_usd"], row["headline_cost_usd"], row["regret_usd"]) == (6, 7, 1)


def test_regret_is_taken_among_plans_that_take_part():
    plans = shelf(month=(5, 30), offer=(1, 30))
    plans.loc["offer", "offer"] = "promo"
    row = which_plan_fits.headline_regret(plans, {"case": np.full((4, 14), 0.1)}, 0.05, BASE).loc["case"]
    assert row[["plan_id", "headline_plan_id"]].tolist() == ["month", "month"]


def test_same_pack_under_every_rule():
    usage = np.array([[2.0, 2.0, 2.0, 2.0, 2.0]])
    rules = which_plan_fits.same_pack({"price_usd": 15, "data_gb": 5, "term_days": 30}, usage, overage_usd_per_gb=10)
    assert rules["cost_usd"].tolist() == [15, 15, 15, 30, 65]
    assert rules["slow_gb"].tolist() == pytest.approx([0, 1 + 2 * 1.3824, 5, 0, 0])
    assert rules["unmet_gb"].tolist() == pytest.approx([5, 2 * 0.6176, 0, 0, 0])
    assert rules["short_days"].tolist() == [3, 3, 3, 0, 0]
    assert rules["short_share"].tolist() == [1, 1, 1, 0, 0]


@pytest.fixture(scope="module")
def scenarios():
    plans = CATALOGUE.loc[["nomad-3gb-30d", "holafly-unlimited-15d"]]
    models = {name: UsageModel.traveller(name, BENCHMARKS) for name in ("light", "moderate")}
    return which_plan_fits.what_if(plans, models, 14, 300, 1, DATA.assumptions)


def test_what_if_changes_one_thing_at_a_time(scenarios):
    full = scenarios["full_speed_share"].xs(("moderate", "holafly-unlimited-15d"), level=["case", "plan_id"])
    assert full["Half the usage"] > full["As assumed"] > full["Double the usage"]
    assert full["As assumed"] > full["Spikier days"]
    assert full["High fair use"] > full["As assumed"] > full["Low fair use"]


def test_double_light_is_moderate(scenarios):
    cost = scenarios["mean_cost_usd"]
    pd.testing.assert_series_equal(cost["Double the usage", "light"], cost["As assumed", "moderate"])


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
    found = which_plan_fits.flips(compared, 0.05).xs("case", level="case")
    assert found["flipped"].to_dict() == {"first": False, "same": False, "dearer": True, "short": True, "tie": False}
    assert found.loc["short", ["name", "mean_cost_usd", "stay_cost_usd", "stay_short_share"]].tolist() == [
        "B",
        6,
        5,
        0.2,
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_population_agrees_with_the_published_figures(seed):
    ratio = which_plan_fits.calibration(UsageModel.us_unlimited_2026(), BENCHMARKS, seed)["ratio"]
    allowed = pd.Series(0.05, index=ratio.index)
    allowed["us-mobile-traffic-of-bottom-half"] = 0.07
    off = (ratio - 1).abs()
    assert off[off > allowed].empty


def test_calibration_measures_each_metric_as_it_is_defined():
    class Fixed:
        def sample(self, days, stays, seed):
            return np.arange(1.0, 101).reshape(100, 1)

    assert which_plan_fits.calibration(Fixed(), BENCHMARKS)["simulated"].round(6).to_dict() == {
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
    table = which_plan_fits.calibration(UsageModel.known_average(14.5), BENCHMARKS)
    assert table["ratio"].to_list() == pytest.approx(table["simulated"] / table["published"])


def test_calibration_fails_a_population_that_is_too_even():
    ratio = which_plan_fits.calibration(replace(UsageModel.us_unlimited_2026(), person_sigma=0.8), BENCHMARKS)["ratio"]
    assert (ratio - 1).abs().max() > 0.1
