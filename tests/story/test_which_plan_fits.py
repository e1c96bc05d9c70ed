"""Who takes part, who wins, and where the winner changes: small cases that can be checked by hand."""

import numpy as np
import pandas as pd
import pytest

import prepaid
from prepaid import prices
from prepaid.recommend import caveats, serving, take_part
from prepaid.story import which_plan_fits

NAN = float("nan")


@pytest.fixture(scope="module")
def catalogue():
    plans = prepaid.load_plans()
    plans = plans.join(prepaid.unit_prices(plans))
    return plans.assign(name=prices.plan_names(plans))


def plan_like(catalogue, **columns):
    """Return a table of one plan: a standard 30-day pack of 5 GB that stops, changed as told."""
    row = catalogue.loc[["nomad-3gb-30d"]].copy()
    columns = {"data_gb": 5.0, "price_usd": 10.0, "after_allowance": "stop", **columns}
    for column, value in columns.items():
        row[column] = pd.Series([value], index=row.index).astype(row[column].dtype)
    return row


def made_up(**rows):
    """Return a comparison from (mean_cost_usd, short_share) by name."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean_cost_usd", "short_share"])
    return table.assign(unused_usd=0.0).rename_axis("plan_id")


def test_plan_names_tell_an_offer_from_the_standard_plan(catalogue):
    names = prices.plan_names(catalogue)
    assert names["tello-unlimited"] == "Tello Unlimited"
    assert names["tello-unlimited-intro"] == "Tello Unlimited (new customers)"
    assert names["red-pocket-essentials-annual-3gb-promo"].endswith(" (promotion)")
    assert names.is_unique


def test_tablet_lines_take_no_part(catalogue):
    left_out = catalogue.index.difference(take_part(catalogue, 1).index)
    assert {"total-tablet-base-unlimited", "total-tablet-5g-unlimited"} <= set(left_out)


@pytest.mark.parametrize("voice_text", [False, pd.NA])
def test_a_travel_esim_without_calls_takes_part(catalogue, voice_text):
    assert len(take_part(plan_like(catalogue, voice_text=voice_text), 14)) == 1


def test_every_standard_offer_takes_part_whatever_the_stay(catalogue):
    phones = catalogue[(catalogue["offer"] == "standard") & ~catalogue.index.str.startswith("total-tablet")]
    assert set(phones.index) <= set(take_part(catalogue, 365).index)


@pytest.mark.parametrize("offer", ["new_customer", "promo"])
@pytest.mark.parametrize(
    "terms, days, stays",
    [
        ({"after_allowance": "throttle"}, 30, True),
        ({"after_allowance": "throttle"}, 31, False),  # a second purchase at a price that nobody gets
        ({"after_allowance": "stop"}, 14, False),  # bought again when empty
        ({"after_allowance": None}, 14, False),  # taken to stop
        ({"after_allowance": None, "unlimited": True}, 14, True),  # taken to slow down
        ({"after_allowance": "stop", "term_days": 90, "allowance_days": 30}, 90, True),  # waits for the next month
        ({"after_allowance": "stop", "term_days": None, "allowance_days": None}, 14, False),  # empty before it expires
    ],
)
def test_an_offer_stays_where_one_purchase_is_all(catalogue, offer, terms, days, stays):
    assert len(take_part(plan_like(catalogue, offer=offer, **terms), days)) == stays


@pytest.mark.parametrize(
    "columns, words",
    [
        ({"taxes_included": True}, ""),
        ({"taxes_included": False}, "tax on top"),
        ({"taxes_included": None}, "tax not said"),
        ({"offer": "new_customer"}, "new customers"),
        ({"offer": "promo"}, "promotion"),
        ({"tourist_only": True}, "visitors only"),
        ({"after_allowance": None}, "after the allowance: not said"),
        ({"after_allowance": "throttle"}, "slow speed assumed"),
        ({"after_allowance": "throttle", "throttle_kbps": 512}, ""),
        ({"unlimited": True, "data_gb": NAN, "after_allowance": None}, "fair use assumed"),
        (
            {"unlimited": True, "data_gb": NAN, "after_allowance": None, "provider_kind": "mvno"},
            "full-speed limit not said",
        ),
        ({"stale": True}, "stale price"),
    ],
)
def test_caveats(catalogue, columns, words):
    plan = plan_like(catalogue, **{"taxes_included": True, **columns})
    assert caveats(plan).tolist() == [words]


def test_several_caveats_stand_side_by_side(catalogue):
    plan = plan_like(catalogue, taxes_included=False, offer="promo")
    assert caveats(plan).item() == "promotion; tax on top"


def test_compare_cases_keeps_each_case_apart(catalogue):
    plans = plan_like(catalogue)
    compared = which_plan_fits.compare_cases(plans, {"little": np.full((1, 30), 0.1), "much": np.full((1, 30), 0.3)})
    assert compared["mean_cost_usd"].to_dict() == {("little", plans.index[0]): 10.0, ("much", plans.index[0]): 20.0}
    assert compared["name"].tolist() == plans["name"].tolist() * 2


def test_serving_puts_the_cheapest_first_and_settles_ties_by_short_stays():
    compared = made_up(dear=(9, 0), tied=(4.996, 0.05), safer=(5.004, 0.01), short=(1, 0.051))
    assert serving(compared, 0.05).index.tolist() == ["safer", "tied", "dear"]


def test_of_plans_that_tie_one_with_a_limit_comes_before_one_that_is_silent():
    compared = made_up(silent=(25, 0.0), stated=(25, 0.04), dearer=(25.01, 0.0))
    compared.loc["silent", "unused_usd"] = float("nan")
    assert serving(compared, 0.05).index.tolist() == ["stated", "silent", "dearer"]


def test_silent_phone_plans_can_be_tried_with_a_limit(catalogue):
    limited = which_plan_fits.limit_silent(catalogue, 50)
    assert limited.loc["visible-monthly", ["data_gb", "after_allowance"]].tolist() == [50, "throttle"]
    changed = limited["data_gb"].fillna(-1) != catalogue["data_gb"].fillna(-1)
    silent = catalogue["unlimited"] & catalogue["data_gb"].isna() & (catalogue["provider_kind"] != "travel_esim")
    assert changed.equals(silent.astype(bool))


def test_caveats_tell_how_a_plan_is_bought(catalogue):
    told = caveats(catalogue)
    assert "needs a promotional code" in told["visible-plus-pro-annual-promo"]
    assert "subscription: buying it twice in a term is assumed" in told["ubigi-monthly-5gb"]
    assert "paid for more than a month at once" in told["mint-6gb-3-month"]
    assert "paid for more than a month at once" not in told["visible-monthly"]


def test_a_tie_on_both_keeps_the_order_of_the_catalogue():
    assert serving(made_up(b=(5, 0), a=(5, 0)), 0.05).index.tolist() == ["b", "a"]


def test_cheapest_serving_looks_at_each_case():
    cases = pd.concat({"x": made_up(a=(1, 0), b=(2, 0)), "y": made_up(a=(3, 0), b=(2, 0))}, names=["case"])
    assert which_plan_fits.cheapest_serving(cases, 0.05).index.tolist() == [("x", "a"), ("y", "b")]


def test_frontier_drops_what_another_plan_beats():
    compared = made_up(dear=(9, 0), beaten=(8, 0.5), cheap=(2, 0.5), no_better=(10, 0), worse=(2, 0.6))
    assert which_plan_fits.frontier(compared).index.tolist() == ["cheap", "dear"]


def test_frontier_keeps_plans_that_tie_on_both():
    assert which_plan_fits.frontier(made_up(b=(5, 0.1), a=(5.001, 0.1), c=(5.02, 0.1))).index.tolist() == ["b", "a"]


def test_unmet_share_of_a_pack_that_is_half_enough(catalogue):
    plans, usage = plan_like(catalogue), np.full((3, 10), 1.0)
    assert which_plan_fits.unmet_share(prepaid.compare(plans, usage, when_empty="wait"), usage).item() == pytest.approx(
        0.5
    )


def test_cost_by_level_is_blank_where_the_plan_does_not_serve(catalogue):
    plan = plan_like(catalogue, after_allowance="throttle", throttle_kbps=512)
    costs = which_plan_fits.cost_by_level(
        plan, [0.5, 50], 60, 50, 1, least_full_speed_share=0.95, most_unmet_share=0.01
    )
    assert costs.iloc[0].item() == pytest.approx(10)  # two purchases in 60 days
    assert np.isnan(costs.iloc[1].item())


def test_cost_by_level_refuses_unmet_data_that_full_speed_would_forgive(catalogue):
    plan = plan_like(catalogue, term_days=60, allowance_days=30)  # stops until the next period

    def serves(most_unmet_share):
        return which_plan_fits.cost_by_level(plan, [6], 60, 50, 1, 0.5, most_unmet_share).notna().iloc[0, 0]

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


def test_cost_if_served_judges_every_stay(catalogue):
    plan = plan_like(catalogue, after_allowance="throttle", throttle_kbps=512)
    usage = np.array([[5.0, 0.0], [5.0, 0.2], [5.0, 5.0]])  # the second has 3.8 % slow, the third half
    assert which_plan_fits.cost_if_served(plan, usage, 0.95, 0.0).iloc[:, 0].tolist() == pytest.approx(
        [10, 10, NAN], nan_ok=True
    )


def test_cost_if_served_counts_unmet_data(catalogue):
    plan = plan_like(catalogue, term_days=60, allowance_days=30)
    usage = np.array([[5.0, 0.2]])
    assert which_plan_fits.cost_if_served(plan, usage, 0.95, 0.05).notna().iloc[0, 0]
    assert which_plan_fits.cost_if_served(plan, usage, 0.95, 0.01).isna().iloc[0, 0]


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


def shelf(catalogue, **usd_per_gb_and_term):
    """Return plans of 10 GB from (price_usd, term_days) by plan_id."""
    plans = [
        plan_like(catalogue, data_gb=10.0, price_usd=price, term_days=days, allowance_days=days).set_axis([plan_id])
        for plan_id, (price, days) in usd_per_gb_and_term.items()
    ]
    plans = pd.concat(plans).rename_axis("plan_id").drop(columns=prepaid.unit_prices(catalogue).columns)
    return plans.join(prepaid.unit_prices(plans))


def test_the_headline_choice_covers_the_stay_with_a_term_of_a_month_or_less(catalogue):
    plans = shelf(catalogue, too_short=(1, 7), year=(2, 365), month=(5, 30), fortnight=(6, 14))
    assert which_plan_fits.headline_choice(plans, 14) == "month"
    assert which_plan_fits.headline_choice(plans, 5) == "too_short"
    assert which_plan_fits.headline_choice(plans, 365) == "year"


def test_a_pack_that_never_expires_covers_every_stay(catalogue):
    assert which_plan_fits.headline_choice(shelf(catalogue, month=(5, 30), lasting=(4, None)), 14) == "lasting"


def test_no_headline_without_a_plan_that_covers_the_stay(catalogue):
    with pytest.raises(ValueError, match="no plan with a price per GB covers 60 days"):
        which_plan_fits.headline_choice(shelf(catalogue, month=(5, 30)), 60)


def test_regret_is_what_the_headline_choice_costs_more(catalogue):
    plans = shelf(catalogue, week=(8, 7), fortnight=(7, 14))
    plans.loc["week", "data_gb"] = 2.0
    plans["usd_per_gb"] = plans["price_usd"] / plans["data_gb"]
    plans.loc["week", "price_usd"] = 3.0
    row = which_plan_fits.headline_regret(plans, {"case": np.full((4, 14), 0.1)}, 0.05).loc["case"]
    assert row[["plan_id", "headline_plan_id"]].tolist() == ["week", "fortnight"]
    assert (row["mean_cost_usd"], row["headline_cost_usd"], row["regret_usd"]) == (6, 7, 1)


def test_regret_is_taken_among_plans_that_take_part(catalogue):
    plans = shelf(catalogue, month=(5, 30), offer=(1, 30))
    plans.loc["offer", "offer"] = "promo"
    row = which_plan_fits.headline_regret(plans, {"case": np.full((4, 14), 0.1)}, 0.05).loc["case"]
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
def scenarios(catalogue):
    return which_plan_fits.what_if(
        catalogue.loc[["nomad-3gb-30d", "holafly-unlimited-15d"]], ["light", "moderate"], 14, 300, 1
    )


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
        return pd.concat({"case": made_up(a=a, b=b).assign(name=["A", "B"])}, names=["case"])

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
