"""What a month costs by usage, and what the charts of notebook 03 draw: cases checked by hand."""

import numpy as np
import pandas as pd
import pytest
from figures import words
from made_up import BASE, DATA, one_plan

import prepaid
from prepaid.story import simulate_monthly_usage as story

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
RULE = {"assumptions": BASE, "least_full_speed_share": 0.95, "most_unmet_share": 0.01}
DRAWN = {"persons": 50, "seed": 1}


def served(plans, usage, least_full_speed_share=0.95, most_unmet_share=0.01, **options):
    compared = prepaid.compare(plans, usage, assumptions=BASE, **options)
    return story.serves(compared, usage, least_full_speed_share, most_unmet_share).tolist()


def test_a_pack_that_is_half_enough_serves_who_accepts_half():
    plans, usage = one_plan(), np.full((3, 10), 1.0)
    shares = (0.4, 0.49), (0.4, 0.51), (0.6, 0.51)
    assert [served(plans, usage, *share, when_empty="wait") for share in shares] == [
        [False],
        [True],
        [False],
    ]


def test_slow_data_is_not_missing_data():
    plans = one_plan(after_allowance="throttle", throttle_kbps=2000)
    assert served(plans, np.full((3, 10), 1.0), 0.5, 0.0) == [True]


def test_a_plan_that_costs_nothing_serves_who_uses_little():
    plans = one_plan(price_usd=0.0)
    assert served(plans, np.full((3, 30), 0.1)) == [True]
    assert served(plans, np.full((3, 30), 1.0)) == [False]


def test_a_plan_of_which_nobody_says_the_later_price_cannot_be_compared():
    offer = one_plan(offer="new_customer")
    usage = np.full((2, 60), 0.1)
    assert served(offer, usage) == [False]
    assert served(offer.assign(renews_at_usd=12.0), usage) == [True]


def test_cost_by_level_is_that_of_the_whole_time_and_blank_where_the_plan_does_not_serve():
    plan = one_plan(after_allowance="throttle", throttle_kbps=512)
    costs = story.cost_by_level(plan, [0.5, 50], 60, **DRAWN, **RULE)
    assert costs.iloc[0].item() == pytest.approx(20)  # two purchases in 60 days
    assert np.isnan(costs.iloc[1].item())


def test_cost_by_level_bills_what_follows_an_offer():
    plan = one_plan(offer="promo", offer_terms=1, renews_at_usd=30.0)
    assert story.cost_by_level(plan, [0.5], 90, **DRAWN, **RULE).iloc[0, 0] == 10 + 30 + 30


def costs_of(**columns):
    return pd.DataFrame(columns, index=pd.Index([4.0, 8.0, 16.0], name="monthly_gb"))


def test_the_cheapest_of_each_level_stands_with_its_price_and_day():
    plans = pd.DataFrame(
        {
            "price_usd": [3.0, 90.0],
            "name": ["Small", "Big"],
            "as_of": pd.to_datetime(["2026-05-01", "2026-06-02"]),
        },
        index=["small", "big"],
    )
    found = story.cheapest_by_level(costs_of(small=[36.0, 40.0, NAN], big=[90.0, 90.0, NAN]), plans)
    assert found["total_usd"].to_dict() == {4: 36, 8: 40}  # nobody serves 16 GB
    found = story.cheapest_by_level(costs_of(small=[36.0, NAN, NAN], big=[90.0] * 3), plans)
    assert found["name"].tolist() == ["Small", "Big", "Big"]
    assert found["at_once_usd"].tolist() == [3, 90, 90]
    assert [str(day) for day in found["seen"]] == ["2026-05-01", "2026-06-02", "2026-06-02"]


def test_if_wrong_keeps_the_plan_of_the_middle():
    names = pd.Series({"small": "Small", "middle": "Middle", "big": "Big"})
    costs = costs_of(small=[10.0, NAN, NAN], middle=[20.0, 20.0, NAN], big=[30.0] * 3)
    found = story.if_wrong(costs, names)
    assert found["usage"].tolist() == ["half: 4 GB", "as expected: 8 GB", "double: 16 GB"]
    assert found["cheapest"].tolist() == ["Small", "Middle", "Big"]
    assert found["cheapest_usd"].tolist() == [10, 20, 30]
    assert found["kept_usd"].tolist() == pytest.approx([20, 20, NAN], nan_ok=True)


def test_the_plans_for_a_log_are_those_that_serve_by_the_month():
    dear, cheap = one_plan(price_usd=20.0, data_gb=50.0), one_plan(price_usd=10.0, data_gb=50.0)
    slow = one_plan(price_usd=1.0, data_gb=1.0, after_allowance="throttle", throttle_kbps=512)
    plans = pd.concat([dear, cheap, slow]).set_axis(["dear", "cheap", "slow"])
    found = story.cheapest_for(plans, np.full((4, 60), 0.5), **RULE)
    assert found["mean_cost_usd"].to_dict() == {"cheap": 10, "dear": 20}
    assert found["p95_cost_usd"].tolist() == [10, 20]


def test_the_rates_of_brands_that_charge_by_the_gb_are_their_lowest():
    rows = {"provider": ["A", "B", "B", "C"], "overage_usd_per_gb": [10.0, 3.0, 2.0, NAN]}
    assert list(story.overage_rates(pd.DataFrame(rows)).items()) == [("B", 2), ("A", 10)]


def test_same_pack_under_every_rule():
    usage = np.array([[2.0, 2.0, 2.0, 2.0, 2.0]])
    pack = {"price_usd": 15, "data_gb": 5, "term_days": 30}
    rules = story.same_pack(pack, usage, {"A": 10, "B": 2})
    assert rules["cost_usd"].tolist() == [15, 15, 15, 30, 65, 25]
    assert rules["slow_gb"].tolist() == pytest.approx([0, 1 + 2 * 1.3824, 5, 0, 0, 0])
    assert rules["unmet_gb"].tolist() == pytest.approx([5, 2 * 0.6176, 0, 0, 0, 0])
    assert rules["short_days"].tolist() == [3, 3, 3, 0, 0, 0]
    assert rules.index[-1] == "Pay on: $2 per GB (B)"


def test_steps_are_the_fewest_plans_within_a_dollar_of_the_cheapest():
    levels = pd.Index([1.0, 2.0, 4.0, 8.0], name="monthly_gb")
    columns = {"small": [10.0, 10.0, 20.0, NAN], "middle": [10.5, 10.5, 22.0, NAN], "flat": 20.2}
    costs = pd.DataFrame(columns, levels)
    found = story.steps_by_usage(costs)
    assert found["plan_id"].tolist() == ["small", "flat"]
    assert found[["from_gb", "to_gb"]].to_numpy().tolist() == [[1, 4], [8, 8]]
    tie = costs.assign(small=[10.0, 10.6, 25.0, NAN], middle=[10.5, 10.5, 20.0, NAN])
    assert story.steps_by_usage(tie)["plan_id"].tolist() == [
        "middle",
        "flat",
    ]  # small is cheaper at first, ends sooner


def test_a_bar_spans_the_usage_for_which_its_plan_is_the_cheapest():
    levels = pd.Index([1.0, 2.0, 4.0, 8.0], name="monthly_gb")
    costs = pd.DataFrame({"small": [8.5, 9.0, NAN, NAN], "flat": 20.4}, levels)
    ax = story.cost_by_appetite(costs, pd.Series({"small": "Small", "flat": "Flat"}), mine_gb=3)
    assert [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches] == [(1, 4), (4, 8)]
    assert words(ax) == ["$9", "$20", "you: 3 GB"]
    assert list(ax.named_rows.values()) == ["Small", "Flat"]


def test_one_pack_stacks_what_is_carried():
    pack = {"price_usd": 15, "data_gb": 5, "term_days": 30}
    rules = story.same_pack(pack, np.full((1, 5), 2.0), {"A": 10})
    ax = story.one_pack(rules, "The same pack", "Source: a test.")
    full, slow, unmet = (np.array([bar.get_width() for bar in bars]) for bars in ax.containers)
    np.testing.assert_allclose(full + slow + unmet, 10)
    np.testing.assert_allclose(slow, rules["slow_gb"])
    assert "$65, 0 short days" in words(ax)
    assert "The same pack costs $15 to $65 a month" in ax.figure.subtitle.get_text()


@pytest.fixture
def own():
    money = {"mean_cost_usd": [5.0, 12.5], "p95_cost_usd": [6.0, 20.0]}
    return pd.DataFrame({"name": ["A", "B"], "provider_kind": ["travel_esim", "mvno"], **money})


def test_the_plans_for_a_log_are_drawn_with_mean_and_percentile(own):
    caption = story.simulated(DATA.plans, 1_000, "persons")
    ax = story.cheapest_stays(own, caption)
    assert [bar.get_width() for bar in ax.patches] == [5, 12.5]
    assert ax.lines[0].get_xdata().tolist() == [6, 20]
    assert words(ax) == ["$5", "at most $6", "$12", "at most $20"]
    assert ax.figure.get_supxlabel().replace("\n", " ") == caption
    assert "1,000 simulated persons" in caption


def test_nothing_to_draw_is_said(own):
    assert words(story.cheapest_stays(own.iloc[:0])) == [
        "Nothing to draw: no row fits the parameters."
    ]
