"""The cheapest sequence of packs, held beside a search that tries everything, and what becomes of it."""

import math
from itertools import accumulate

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_reference import best_of_all, ways_to_leave

import prepaid
from prepaid import fit
from prepaid.sequence import cheapest_sequence, robustness

# The same cases on every run, so that a red test is about the code.
cases = settings(max_examples=150, deadline=None, derandomize=True, database=None)
few_cases = settings(cases, max_examples=50)
BLANK = dict.fromkeys(("autopay_price_usd", "throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"))


def pack(price_usd, term_days, data_gb, allowance_days=None, after_allowance="stop", provider="a", **more):
    terms = {
        "price_usd": price_usd,
        "term_days": term_days,
        "data_gb": data_gb,
        "allowance_days": term_days if allowance_days is None else allowance_days,
        "after_allowance": after_allowance,
        "provider": provider,
        "offer": "standard",
        "unlimited": False,
        "provider_kind": "mvno",
    }
    return {**BLANK, **terms, **more}


def table(*packs):
    ids = pd.Index([f"plan-{number}" for number in range(len(packs))], name="plan_id")
    return pd.DataFrame([{"plan": plan_id, **terms} for plan_id, terms in zip(ids, packs, strict=True)], index=ids)


def payg(price_usd, term_days, data_gb, usd_per_gb, cap_usd=None, full_speed_gb=None, **more):
    overage = {"overage_usd_per_gb": usd_per_gb, "overage_cap_usd": cap_usd, "full_speed_gb": full_speed_gb}
    return pack(price_usd, term_days, data_gb, after_allowance="payg", **overage, **more)


prices = st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0, 6.0])
amounts = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, 5.0])
lengths = st.sampled_from([1, 2, 3, 4, 7])
providers = st.sampled_from("abc")
offers = st.sampled_from(["standard"] * 5 + ["promo"])
one_shot = st.builds(pack, prices, lengths, amounts, provider=providers, offer=offers)
endless = st.builds(pack, prices, st.none(), amounts, provider=providers, offer=offers)
unlimited = st.builds(
    pack, prices, lengths, st.none(), provider=providers, unlimited=st.just(True), after_allowance=st.none()
)


@st.composite
def refreshing(draw, **more):
    term = draw(st.integers(2, 7))
    period = draw(st.integers(1, term - 1))
    return pack(draw(prices), term, draw(amounts), period, "throttle", draw(providers), offer=draw(offers), **more)


@st.composite
def with_overage(draw):
    base = draw(st.one_of(one_shot, endless, refreshing()))
    terms = {
        "after_allowance": "payg",
        "data_gb": draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])),
        "overage_usd_per_gb": draw(st.sampled_from([0.5, 1.0, 3.0])),
        "overage_cap_usd": draw(st.sampled_from([None, 1.0, 3.0])),
        "full_speed_gb": draw(st.sampled_from([None, 1.0, 3.0])),
    }
    return {**base, **terms}


packs = st.lists(st.one_of(one_shot, endless, unlimited, refreshing(), with_overage()), min_size=1, max_size=5)
daily = st.one_of(st.sampled_from([0.0, 0.0, 0.5, 1.0, 1.5, 2.0]), st.floats(0.01, 3))
stays = st.lists(daily, min_size=1, max_size=7)


def check(plans, usage, most_sims=None, switch_usd=0.0):
    """Compare cost (with switches), purchases and providers with the best of all."""
    expected = best_of_all(plans, usage, most_sims or math.inf, switch_usd)
    if expected[0] == math.inf:
        with pytest.raises(ValueError, match="at full speed"):
            cheapest_sequence(plans, np.array(usage), most_sims=most_sims, switch_usd=switch_usd)
        return
    best = cheapest_sequence(plans, np.array(usage), most_sims=most_sims, switch_usd=switch_usd)
    switches = (best["provider"] != best["provider"].shift()).sum() - 1
    cost = round((best["cost_usd"].sum() + switches * switch_usd) * 10**6)
    assert (cost, len(best), best["provider"].nunique()) == expected


def ids(sequence):
    return [int(plan_id.split("-")[1]) for plan_id in sequence["plan_id"]]


# --- Held beside the search that tries everything


@cases
@given(packs, stays)
def test_no_sequence_is_better(chosen, usage):
    check(table(*chosen), usage)


@cases
@given(packs, stays, st.integers(1, 3), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_sequence_is_better_with_few_sims_or_dear_switches(chosen, usage, most_sims, switch_usd):
    check(table(*chosen), usage, most_sims, switch_usd)


@cases
@given(st.lists(refreshing(), min_size=2, max_size=5), st.lists(daily, min_size=5, max_size=9))
def test_no_sequence_is_better_where_periods_matter(chosen, usage):
    check(table(*chosen), usage)


@cases
@given(st.lists(with_overage(), min_size=1, max_size=4), st.lists(daily, min_size=3, max_size=6))
def test_no_sequence_is_better_where_overage_matters(chosen, usage):
    check(table(*chosen), usage)


@few_cases
@given(packs, stays)
def test_every_row_is_a_purchase_that_the_rules_allow(chosen, usage):
    plans, used = table(*chosen), [0.0, *accumulate(usage), sum(usage)]
    try:
        best = cheapest_sequence(plans, np.array(usage))
    except ValueError:
        return
    day, left, carried = 0, usage[0], 0.0
    for row, next_day in zip(best.itertuples(), [*best["first_day"][1:], len(usage)], strict=True):
        carried += row.used_gb
        left_next = used[next_day + 1] - carried
        ways = ways_to_leave(plans.loc[row.plan_id], usage, day, left)
        assert any(
            way[:2] == (round(row.cost_usd * 10**6), next_day) and way[2] == pytest.approx(left_next, abs=1e-8)
            for way in ways
        )
        assert row.first_day == day
        assert row.last_day in (next_day - 1, next_day)
        day, left = next_day, left_next
    assert carried == pytest.approx(sum(usage))


@few_cases
@given(packs, stays, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(chosen, usage, random):
    plans = table(*chosen)
    shuffled = plans.loc[random.sample(list(plans.index), len(plans))]
    try:
        best = cheapest_sequence(plans, np.array(usage))
    except ValueError:
        return
    pd.testing.assert_frame_equal(cheapest_sequence(shuffled, np.array(usage)), best)


# --- By hand


def test_the_columns_say_what_to_buy_when():
    plans = table(pack(4, 7, 3), pack(1, None, 0.5, provider="b"))
    best = cheapest_sequence(plans, np.array([1.0, 1.0, 1.5, 0.0, 0.0]))
    assert best.to_dict("list") == {
        "plan_id": ["plan-1", "plan-0"],
        "provider": ["b", "a"],
        "first_day": [0, 0],
        "last_day": [0, 4],
        "cost_usd": [1.0, 4.0],
        "used_gb": [0.5, 3.0],
        "allowance": ["stated", "stated"],
    }


def test_a_pack_that_is_over_is_followed_the_day_after():
    best = cheapest_sequence(table(pack(1, 2, 5)), np.ones(4))
    assert best[["first_day", "last_day"]].to_numpy().tolist() == [[0, 1], [2, 3]]


def test_a_stay_without_usage_is_covered_all_the_same():
    best = cheapest_sequence(table(pack(1, 1, 1), pack(2.5, 3, 1)), np.zeros(4))
    assert best["cost_usd"].sum() == 3.5
    assert best["used_gb"].sum() == 0


def test_slow_data_does_not_count():
    slow = pack(1, 7, 1, after_allowance="throttle", throttle_kbps=5000)
    best = cheapest_sequence(table(slow, pack(5, 7, 7)), np.ones(7))
    assert ids(best) == [1]


@pytest.mark.parametrize(("kind", "told"), [("mvno", "silent"), ("travel_esim", "assumed")])
def test_unlimited_data_without_a_limit_is_told_apart(kind, told):
    plans = table(pack(5, 7, None, unlimited=True, after_allowance=None, provider_kind=kind))
    assert set(cheapest_sequence(plans, np.ones(7))["allowance"]) == {told}


def test_assumed_fair_use_limits_full_speed():
    esim = pack(5, 7, None, 1, unlimited=True, after_allowance=None, provider_kind="travel_esim")
    few = {"fair_use_gb_per_day": 1.0, "fair_use_kbps": 1000, "blank_throttle_kbps": 128}
    plans, usage = table(esim, pack(8, 7, 20)), np.full(7, 1.5)
    assert ids(cheapest_sequence(plans, usage, assumptions={**few, "fair_use_gb_per_day": 2.0})) == [0]
    assert ids(cheapest_sequence(plans, usage, assumptions=few)) == [1]


def test_a_daily_allowance_that_is_too_small_is_given_up():
    daily_pack = pack(1, 4, 1, 1, "throttle")
    best = cheapest_sequence(table(daily_pack, pack(2, 4, 3)), np.array([1.0, 1.0, 3.0, 1.0]))
    assert ids(best) == [0, 1]
    assert best["first_day"].tolist() == [0, 2]
    assert best["used_gb"].tolist() == [3, 3]


def test_payg_is_left_before_it_charges():
    best = cheapest_sequence(table(payg(2, 30, 1, 10), pack(3, 30, 2)), np.ones(3))
    assert sorted(best["cost_usd"]) == [2, 3]


def test_payg_charges_where_that_is_cheaper():
    best = cheapest_sequence(table(payg(2, 30, 1, 1), pack(3, 30, 2)), np.array([1.0, 1.0, 0.5]))
    assert best["cost_usd"].tolist() == [3.5]


def test_payg_may_be_left_in_the_evening():
    day_pass = pack(4, 1, None, unlimited=True, after_allowance=None)
    best = cheapest_sequence(table(payg(1, 30, 0, 1), day_pass), np.array([1.0, 1.0, 10.0]))
    assert best[["first_day", "cost_usd"]].to_numpy().tolist() == [[0, 3], [2, 4]]


def test_payg_charges_no_more_than_its_cap_in_each_period():
    capped = payg(1, 4, 0, 1, cap_usd=2, allowance_days=2)
    best = cheapest_sequence(table(capped, pack(1.5, 2, 2)), np.array([3.0, 3.0, 1.0, 1.0]))
    assert best[["first_day", "cost_usd"]].to_numpy().tolist() == [[0, 3], [2, 1.5]]
    assert cheapest_sequence(table(capped), np.full(4, 3.0))["cost_usd"].tolist() == [5]


@pytest.mark.parametrize(("gb", "cheapest"), [(2, 1), (10, 0)])
def test_a_cap_and_a_low_rate_are_weighed(gb, cheapest):
    plans = table(payg(1, 30, 0, 2, cap_usd=3), payg(1, 30, 0, 1))
    assert ids(cheapest_sequence(plans, np.array([gb]))) == [cheapest]


def test_payg_whose_full_speed_ends_early_is_no_replacement():
    plans = table(payg(1, 30, 0, 1, full_speed_gb=2), payg(1.5, 30, 0, 1))
    assert ids(cheapest_sequence(plans, np.array([5]))) == [1]


@pytest.mark.parametrize("offer", ["promo", "new_customer"])
def test_an_offer_is_bought_first_or_not_at_all(offer):
    plans = table(pack(1, 3, 1, offer=offer), pack(2, 3, 1), pack(1.5, None, 0.1, provider="b"))
    best = cheapest_sequence(plans, np.full(3, 0.9))
    assert ids(best) == [0, 1, 1]


def test_rounding_buys_no_pack():
    assert len(cheapest_sequence(table(pack(1, 3, 0.3)), np.full(3, 0.1))) == 1


def test_of_equal_sums_the_one_with_fewer_purchases_wins():
    # Ten times a tenth is not one for binary floats.
    best = cheapest_sequence(table(pack(0.1, 1, 1), pack(1.0, 10, 10)), np.ones(10))
    assert ids(best) == [1]


def test_of_equal_sums_and_purchases_fewer_providers_win():
    plans = table(pack(2, 3, 2, provider="a"), pack(2, 3, 2, provider="b"), pack(1, 3, 1, provider="b"))
    best = cheapest_sequence(plans, np.ones(3))
    assert set(best["provider"]) == {"b"}


def test_of_equal_plans_the_first_plan_id_wins():
    plans = table(pack(2, 3, 3, provider="z"), pack(2, 3, 3, provider="a"))
    assert ids(cheapest_sequence(plans.iloc[::-1], np.ones(3))) == [0]


def test_switching_counts_but_is_not_paid():
    plans = table(pack(2, 2, 2), pack(1, 1, 1, provider="b", offer="promo"))
    assert cheapest_sequence(plans, np.ones(3), switch_usd=0.5)["cost_usd"].tolist() == [1, 2]
    assert cheapest_sequence(plans, np.ones(3), switch_usd=1.5)["cost_usd"].tolist() == [2, 2]


def test_a_dearer_start_may_spare_a_switch():
    plans = table(pack(1, 2, 2), pack(1.5, 2, 2, provider="b"), pack(2, 1, 9, provider="b"), pack(5, 1, 30))
    usage = np.array([1.0, 1.0, 9.0, 30.0])
    assert ids(cheapest_sequence(plans, usage, switch_usd=0.4)) == [0, 2, 3]
    assert ids(cheapest_sequence(plans, usage, switch_usd=0.6)) == [1, 2, 3]


def test_a_dearer_pack_may_spare_two_switches():
    plans = table(pack(2, 1, 9, provider="b"), pack(5, 1, 30), pack(1.5, 1, 1), pack(1, 1, 1, provider="b"))
    usage = np.array([9.0, 30.0, 1.0, 30.0])
    assert ids(cheapest_sequence(plans, usage, switch_usd=0.2)) == [0, 1, 3, 1]
    assert ids(cheapest_sequence(plans, usage, switch_usd=0.3)) == [0, 1, 2, 1]


def test_autopay_takes_the_lower_price():
    plans = table(pack(5, 7, 7, autopay_price_usd=3), pack(4, 7, 7))
    assert cheapest_sequence(plans, np.ones(7), autopay=True)["cost_usd"].tolist() == [3]
    assert cheapest_sequence(plans, np.ones(7))["cost_usd"].tolist() == [4]


# --- The whole catalogue


@pytest.fixture(scope="module")
def catalogue():
    return prepaid.load_plans()


@pytest.mark.parametrize("monthly_gb", [3, 12, 40])
@pytest.mark.parametrize("days", [7, 60])
def test_mixing_never_costs_more_than_one_plan_and_more_sims_never_more_than_fewer(catalogue, monthly_gb, days):
    plans = fit.take_part(catalogue, days)
    usage = prepaid.UsageModel.known_average(monthly_gb).sample(days, 1, seed=4)
    one_plan = fit.serving(prepaid.compare(plans, usage), 0)["mean_cost_usd"].iloc[0]
    by_sims = [cheapest_sequence(plans, usage[0], most_sims=most)["cost_usd"].sum() for most in (1, 2, 3, None)]
    assert by_sims == sorted(by_sims, reverse=True)
    assert by_sims[0] <= one_plan + 1e-6


# --- Errors


def test_a_stay_that_no_plan_carries_is_refused():
    with pytest.raises(ValueError, match="none of the 1 plans carries 3 GB in 3 days at full speed"):
        cheapest_sequence(table(pack(1, 1, 1, offer="promo")), np.ones(3))


def test_all_wrong_options_are_named_at_once():
    with pytest.raises(ValueError, match=r"2 dimensions.*provider.*switch_usd is -1.*most_sims is 0"):
        cheapest_sequence(table(pack(1, 1, 1)).drop(columns="provider"), np.ones((2, 3)), switch_usd=-1, most_sims=0)


@pytest.mark.parametrize("most_sims", [0, -1, 1.5, "2"])
def test_a_limit_of_sims_is_a_whole_number(most_sims):
    with pytest.raises(ValueError, match="most_sims"):
        cheapest_sequence(table(pack(1, 1, 1)), np.ones(3), most_sims=most_sims)


def test_a_plan_that_stands_twice_is_refused():
    plans = table(pack(1, 1, 1))
    with pytest.raises(ValueError, match="'plan-0' stands twice"):
        cheapest_sequence(pd.concat([plans, plans]), np.ones(3))


def test_what_cannot_be_billed_is_refused():
    with pytest.raises(ValueError, match="negative"):
        cheapest_sequence(table(pack(1, 1, 1)), np.array([1.0, -1.0]))


# --- Robustness


def live(plans, bought, usage):
    """Return cost and purchases of a stay that uses up the packs in order, and then the last one again and again."""
    day, left, cost, purchases = 0, usage[0], 0, 0
    while day < len(usage):
        plan = plans.loc[bought[min(purchases, len(bought) - 1)]]
        *_, (its_cost, day, left) = ways_to_leave(plan, usage, day, left)
        cost, purchases = cost + its_cost, purchases + 1
    return cost / 10**6, purchases


@few_cases
@given(
    st.lists(st.one_of(one_shot, endless, refreshing()), min_size=1, max_size=4),
    st.lists(st.lists(daily, min_size=4, max_size=4), min_size=2, max_size=5),
)
def test_robustness_is_the_mean_of_stays_lived_one_by_one(chosen, usages):
    plans = table(*chosen).assign(offer="standard")
    best = cheapest_sequence(plans, np.array(usages[0]))
    lived = [live(plans, list(best["plan_id"]), usage) for usage in usages]
    figures = robustness(best, plans, np.array(usages))
    cost = [cost for cost, _ in lived]
    assert figures["planned_usd"] == best["cost_usd"].sum()
    assert figures["mean_cost_usd"] == pytest.approx(np.mean(cost))
    assert figures["p95_cost_usd"] == pytest.approx(np.quantile(cost, 0.95))
    assert figures["more_purchases_share"] == np.mean([purchases > len(best) for _, purchases in lived])


@few_cases
@given(st.lists(st.one_of(one_shot, endless), min_size=1, max_size=4), stays)
def test_one_shot_packs_cost_as_planned_if_usage_is_as_planned(chosen, usage):
    plans = table(*chosen).assign(offer="standard")
    best = cheapest_sequence(plans, np.array(usage))
    figures = robustness(best, plans, np.array(usage))
    assert figures["mean_cost_usd"] == pytest.approx(figures["planned_usd"])
    assert figures["more_purchases_share"] == 0


def test_waste_is_the_allowance_of_packs_that_expire():
    plans = table(pack(3, 4, 2, 2), pack(1, None, 5), pack(9, 4, None, unlimited=True, after_allowance=None))
    sequence = pd.DataFrame({"plan_id": ["plan-0", "plan-1"], "cost_usd": [3.0, 1.0]})
    usages = np.array([[1, 1, 1, 0], [0, 3, 1, 0]])  # the second stay leaves plan-0 on day 1 after 2 of 4 GB
    assert robustness(sequence, plans, usages)["mean_wasted_gb"] == pytest.approx((1 + 2) / 2)
    unlimited = pd.DataFrame({"plan_id": ["plan-2"], "cost_usd": [9.0]})
    assert robustness(unlimited, plans, usages)["mean_wasted_gb"] == 0


def test_payg_charges_again_only_if_it_was_planned_to():
    plans, usages = table(payg(2, 30, 1, 1.0)), np.full((1, 3), 0.5)
    planned = pd.DataFrame({"plan_id": ["plan-0"], "cost_usd": [2.0]})
    assert robustness(planned, plans, usages)["mean_cost_usd"] == 4
    assert robustness(planned.assign(cost_usd=2.25), plans, usages)["mean_cost_usd"] == 2.5


def test_an_offer_is_bought_again_at_the_usual_price():
    plans = table(pack(1, 3, 1, offer="promo"), pack(4, 3, 1)).assign(plan="the same")
    planned = pd.DataFrame({"plan_id": ["plan-0"], "cost_usd": [1.0]})
    assert robustness(planned, plans, np.ones((1, 2)))["mean_cost_usd"] == 5
    assert robustness(planned, plans.iloc[:1], np.ones((1, 2)))["mean_cost_usd"] == 2


@pytest.mark.parametrize(("plan_id", "message"), [([], "one or more"), (["plan-9"], "unknown plans .'plan-9'")])
def test_a_sequence_of_unknown_plans_is_refused(plan_id, message):
    sequence = pd.DataFrame({"plan_id": plan_id, "cost_usd": [1.0] * len(plan_id)})
    with pytest.raises(ValueError, match=message):
        robustness(sequence, table(pack(1, 1, 1)), np.ones((1, 2)))


def test_a_sequence_that_ends_without_data_is_refused():
    sequence = pd.DataFrame({"plan_id": ["plan-0"], "cost_usd": [1.0]})
    with pytest.raises(ValueError, match="no data at full speed"):
        robustness(sequence, table(pack(1, 1, 0)), np.ones((1, 2)))
