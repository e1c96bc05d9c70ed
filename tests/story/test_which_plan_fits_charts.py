"""What the charts of notebook 03 draw: the figures of their tables, and titles that follow from them."""

import numpy as np
import pandas as pd
import pytest
from figures import title, words
from made_up import DATA

from prepaid.story import which_plan_fits

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
CAPTION = "Source: a test."


@pytest.fixture
def compared():
    """Return three plans in two cases: one cheap and short, one that serves if bought again, one beaten by it."""
    rows = pd.DataFrame(
        {
            "name": ["Cheap", "Safe", "Beaten"],
            "provider_kind": ["travel_esim", "mvno", "carrier"],
            "mean_cost_usd": [5.0, 12.5, 40.0],
            "p95_cost_usd": [6.0, 20.0, 40.0],
            "short_share": [0.3, 0.0, 0.1],
            "unused_usd": [1.0, NAN, 10.0],
        },
        index=pd.Index(["cheap", "safe", "beaten"], name="plan_id"),
    )
    cases = pd.concat({"light": rows, "heavy": rows.assign(mean_cost_usd=[5.0, 30.0, 40.0])}, names=["case"])
    waiting = cases.assign(short_share=[0.3, 0.5, 0.1] * 2)
    return pd.concat({"rebuy when empty": cases, "wait when empty": waiting}, names=["when_empty"])


def test_every_plan_is_a_dot_in_every_panel(compared):
    axes = which_plan_fits.cost_against_short(compared, 0.05, CAPTION)
    assert axes.shape == (2, 2)
    for ax, cost in zip(axes[:, 0], (12.5, 30), strict=True):
        dots = np.concatenate([marks.get_offsets() for marks in ax.collections])
        assert sorted(map(tuple, dots)) == [(5, 0.3), (cost, 0), (40, 0.1)]


def test_the_frontier_is_drawn_and_named(compared):
    ax = which_plan_fits.cost_against_short(compared, 0.05, CAPTION)[0, 0]
    rings = next(line for line in ax.lines if line.get_marker() == "o")
    assert rings.get_xydata().tolist() == [[5, 0.3], [12.5, 0]]
    assert words(ax) == ["1", "1) $5.00, 30.0%: Cheap", "2", "2) $12.50, 0.0%: Safe"]


def test_plans_that_tie_on_the_frontier_share_a_name(compared):
    twin = compared.xs("safe", level="plan_id", drop_level=False).rename(index={"safe": "twin"})
    ax = which_plan_fits.cost_against_short(pd.concat([compared, twin]).sort_index(), 0.05, CAPTION)[1, 0]
    assert words(ax)[-1] == "2) $12.50, 0.0%: Safe and 1 more"


def test_stays_far_beyond_the_frontier_are_left_out_and_the_caption_says_so(compared):
    dear = compared.copy()
    dear.loc[("rebuy when empty", "light", "beaten"), "mean_cost_usd"] = 500
    axes = which_plan_fits.cost_against_short(dear, 0.05, CAPTION)
    assert axes[0, 0].get_xlim()[1] == 12 * 40
    told = "Source: a test.\nTitle: rebuy when empty. Up to 1 plans a panel cost over $480 and are not drawn."
    assert axes[0, 0].figure.get_supxlabel() == told


def test_the_title_tells_the_cheapest_that_serves_in_each_case(compared):
    axes = which_plan_fits.cost_against_short(compared, 0.05, CAPTION)
    assert title(axes[0, 0]) == "Rarely running short costs $12.50 light, $30.00 heavy"


@pytest.fixture
def costs():
    levels = pd.Index([1.0, 2.0, 4.0, 8.0], name="monthly_gb")
    return pd.DataFrame({"flat": [6.0] * 4, "steep": [2.0, 4.0, 8.0, 16.0], "never": [7.0] * 4}, index=levels)


def test_cost_by_usage_draws_the_cheapest_between_its_break_evens(costs):
    names = pd.Series({"flat": "Flat", "steep": "Steep"})
    ax = which_plan_fits.cost_by_usage({"Every year: all": costs}, names, CAPTION)[0]
    thick = [line.get_xydata() for line in ax.lines if line.get_linewidth() == 3]
    assert [(line[0].tolist(), line[-1].tolist()) for line in thick] == [([1, 2], [3, 6]), ([3, 6], [8, 6])]
    assert words(ax) == ["1", "1  from 1.0 GB: Steep", "2", "2  from 3.0 GB: Flat"]


def test_cost_by_usage_leaves_out_plans_that_are_never_cheapest(costs):
    ax = which_plan_fits.cost_by_usage({"All": costs}, pd.Series({"flat": "F", "steep": "S"}), CAPTION)[0]
    assert not any(7.0 in line.get_ydata() for line in ax.lines)


def test_cost_by_usage_tells_the_range_of_each_panel(costs):
    names = pd.Series({"flat": "F", "steep": "S"})
    axes = which_plan_fits.cost_by_usage({"Every year: all": costs, "First year: some": costs + 1}, names, CAPTION)
    assert title(axes[0]) == "Cheapest month: every year $2.00 to $6.00, first year $3.00 to $7.00"


@pytest.fixture
def tenths():
    return pd.DataFrame(
        {
            "from_gb": [1, 5],
            "to_gb": [5, 9],
            "name": ["Small", "Big"],
            "share": [0.6, 0.95],
            "next_name": ["Big", "-"],
            "next_share": [0.4, 0.0],
        },
        index=[1, 2],
    )


def test_bars_are_the_shares_of_the_first_and_second_plan(tenths):
    ax = which_plan_fits.most_often_cheapest(tenths, CAPTION)
    assert [bar.get_width() for bar in ax.patches] == [0.6, 0.95, 0.4, 0.0]
    assert words(ax) == ["60%  Small", "95%  Big", "40%  Big"]


def test_title_counts_the_tenths_with_a_clear_choice(tenths):
    assert which_plan_fits.most_often_cheapest(tenths, CAPTION).get_title(loc="left").startswith("In 1 of 2 tenths")


def test_used_and_unused_make_up_the_cost(compared):
    rows = compared.loc["rebuy when empty"].loc[["light"]]
    ax = which_plan_fits.paid_for_nothing(rows, CAPTION)
    used, unused, unknown = ([bar.get_width() for bar in bars] for bars in ax.containers)
    assert (used, unused, unknown) == ([4, 0, 30], [1, 0, 10], [12.5])
    assert words(ax) == ["$5.00, 20% unused", "$12.50, not said", "$40.00, 25% unused"]
    assert title(ax) == "Where an allowance is stated, 20% to 25% of the price pays for unused data"


@pytest.fixture
def regret():
    return pd.DataFrame(
        {
            "plan_id": ["a", "a", "a", "a"],
            "mean_cost_usd": [10.0, 10.0, 10.0, 10.0],
            "headline_plan_id": ["b", "a", "b", "b"],
            "headline_cost_usd": [14.0, 10.0, 10.0, 8.0],
            "headline_short_share": [0.0, 0.0, 0.0, 0.4],
            "regret_usd": [4.0, 0.0, 0.0, -2.0],
        },
        index=["one", "two", "three", "four"],
    )


def test_regret_is_written_beside_each_case(regret):
    ax = which_plan_fits.regret_by_case({"All": regret}, 0.05, CAPTION)[0]
    assert words(ax) == ["+$4.00", "same plan", "same price", "short in 40%"]


def test_regret_marks_a_choice_that_runs_short(regret):
    ax = which_plan_fits.regret_by_case({"All": regret}, 0.05, CAPTION)[0]
    marks = {line.get_marker(): line.get_xdata().tolist() for line in ax.lines}
    assert marks == {"s": [14, 10, 10, 8], "X": [8], "o": [10] * 4}
    assert title(ax) == "The lowest price per GB costs up to $4.00 more, or runs short (1 of 4 cases)"


def test_one_pack_stacks_what_is_carried():
    rules = which_plan_fits.same_pack({"price_usd": 15, "data_gb": 5, "term_days": 30}, np.full((1, 5), 2.0), 10)
    ax = which_plan_fits.one_pack(rules, "The same pack", CAPTION)
    full, slow, unmet = (np.array([bar.get_width() for bar in bars]) for bars in ax.containers)
    np.testing.assert_allclose(full + slow + unmet, 10)
    np.testing.assert_allclose(slow, rules["slow_gb"])
    assert "$65, 0 short days" in words(ax)
    assert "The same pack costs $15 to $65 a month" in ax.figure.subtitle.get_text()


@pytest.fixture
def winners():
    keys = pd.MultiIndex.from_product([["As assumed", "Half"], ["light", "heavy"]], names=["scenario", "case"])
    columns = {"name": ["A", "B", "A", "C"], "mean_cost_usd": [5.0, 9.0, 4.0, 7.0], "flipped": [False] * 3 + [True]}
    return pd.DataFrame(columns, index=keys)


def test_diamonds_are_the_winners_that_flip(winners):
    light, heavy = which_plan_fits.winners_when_wrong(winners, CAPTION)
    assert [line.get_xdata().tolist() for line in light.lines] == [[5, 4], []]
    assert [line.get_xydata().tolist() for line in heavy.lines] == [[[9, 0]], [[7, 1]]]
    assert words(heavy) == ["$9.00 B", "$7.00 C"]


def test_flips_are_counted_without_the_first_scenario(winners):
    axes = which_plan_fits.winners_when_wrong(winners, CAPTION)
    assert title(axes[0]) == "The winner flips in 1 of 2 cases in which we may be wrong"


def test_cheapest_stays_draws_mean_and_percentile(compared):
    rows = compared.loc["rebuy when empty", "light"]
    ax = which_plan_fits.cheapest_stays(rows, CAPTION)
    assert [bar.get_width() for bar in ax.patches] == [5, 12.5, 40]
    assert ax.lines[0].get_xdata().tolist() == [6, 20, 40]


def test_caption_tells_the_number_of_stays(compared):
    caption = which_plan_fits.simulated(DATA.plans, 1_000, "persons")
    ax = which_plan_fits.cheapest_stays(compared.loc["rebuy when empty", "light"], caption)
    assert ax.figure.get_supxlabel() == caption
    assert "1,000 simulated persons" in caption


@pytest.mark.parametrize("chart", [which_plan_fits.paid_for_nothing, which_plan_fits.cheapest_stays])
def test_nothing_to_draw_is_said(compared, chart):
    ax = chart(compared.loc["rebuy when empty"].iloc[:0], CAPTION)
    assert words(ax) == ["Nothing to draw: no row fits the parameters."]
