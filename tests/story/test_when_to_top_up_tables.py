"""The tables of notebook 04: when to order, what a day of ordering costs, what tips change."""

import math

import numpy as np
import pandas as pd
import pytest
from made_up import DATA, plan_like

import prepaid
from prepaid import top_up
from prepaid.story import when_to_top_up
from prepaid.story.when_to_top_up import EARLY_RENEWAL, order_day, remaining, top_up_cost

MONTH = plan_like(term_days=30, allowance_days=30)
RULE = {"lead_days": 1 / 24, "check_every_days": 1 / 24, "risk": 0.05}


def test_a_purchase_burns_down_and_ends_with_its_term():
    left = remaining(plan_like(term_days=4, allowance_days=4), [1, 0, 3, 2, 1, 1])
    assert left[0].tolist() == [4, 4, 1, 0, 0, 0]
    assert left.index.tolist() == [0, 1, 2, 3, 4, 5]


def test_an_allowance_starts_anew_inside_the_term_and_its_rest_is_lost():
    left = remaining(plan_like(term_days=5, allowance_days=2, data_gb=3.0), [1, 1, 4, 0, 1, 1])
    assert left[0].tolist() == [2, 1, 0, 0, 2, 0]


def test_credit_that_never_expires_burns_on():
    left = remaining(plan_like(term_days=pd.NA, allowance_days=pd.NA), np.full(400, 0.01))
    assert left[0].iloc[-1] == pytest.approx(1)


def test_many_stays_are_as_many_single_ones():
    usage = prepaid.UsageModel.known_average(8).sample(40, 5, 1)
    together = remaining(MONTH, usage)
    assert together.shape == (40, 5)
    for stay in range(5):
        alone = remaining(MONTH, usage[stay])
        pd.testing.assert_series_equal(together[stay], alone[0], check_names=False)


def test_a_plan_that_states_no_allowance_cannot_burn_down():
    with pytest.raises(ValueError, match="made-up states no allowance"):
        remaining(plan_like(data_gb=math.nan), [1.0])


@pytest.mark.parametrize("usage", [[-1.0], [math.nan], [math.inf], [], np.zeros((2, 2, 2))])
def test_usage_that_is_none_is_refused(usage):
    with pytest.raises(ValueError, match=r"^usage has "):
        remaining(MONTH, usage)


def moment_cost(plan, usages, arrives, rule):
    """Return the mean cost of early and of dry days, a dollar each, by walks over day/16."""
    term, size = plan["term_days"], plan["data_gb"]

    def end(start, gb, until):
        """Return when so many GB from `start` on are used up, or `until`."""
        for tick in range(round(16 * start), round(16 * until)):
            gb -= usage[tick // 16] / 16
            if gb < 1e-9:
                return (tick + 1) / 16
        return until

    served, early, dry = [], [], []
    for usage in usages:
        old_end = end(0, size, term)
        left = (
            size - sum(usage[tick // 16] / 16 for tick in range(round(16 * arrives)))
            if arrives < old_end
            else 0
        )
        soon = max(old_end - arrives, 0)
        new_end = end(arrives, left + size, arrives + term)
        days = {
            "queues": 0,
            "stacks": 0,
            "adds": max(end(old_end, size, old_end + term) - new_end, 0) if soon else 0,
        }
        served.append(old_end)
        early.append(days.get(rule, soon))
        dry.append(max(arrives - old_end, 0))
    return np.mean(early) * plan["price_usd"] / np.mean(served), np.mean(dry)


@pytest.mark.parametrize("rule", [None, *EARLY_RENEWAL])
@pytest.mark.parametrize(
    ("day", "lead_days"), [(0, 0), (0, 0.5), (3, 0.5), (6, 0), (9, 3), (15, 0)]
)
def test_the_cost_of_a_moment_is_that_of_a_walk_through_time(rule, day, lead_days):
    usage = np.array([[1.0] * 40, [0.125] * 40, [0.625] * 40])  # lasts 5 days, the term, and 8 days
    told = {"lead_days": lead_days, "dry_day_usd": 1.0, "early_renewal": rule}
    cost = top_up_cost(plan_like(), usage, day, **told).mean()
    expected = moment_cost(plan_like(), usage, day + lead_days, rule)
    assert cost[["early_usd", "dry_usd"]].tolist() == pytest.approx(expected, abs=0.02)
    assert cost["total_usd"] == pytest.approx(sum(expected), abs=0.02)


def test_data_that_starts_anew_is_not_added_to():
    plan, usage = plan_like(allowance_days=5), np.full((2, 40), 0.1)
    told = {"lead_days": 0, "dry_day_usd": 1.0}
    added, lost = (
        top_up_cost(plan, usage, 4, **told, early_renewal=rule) for rule in ("adds", "lost")
    )
    assert added["early_usd"].tolist() == lost["early_usd"].tolist() == [6, 6]


def test_usage_shorter_than_the_term_is_refused():
    with pytest.raises(
        ValueError, match=r"usage has 20 days \(allowed: at least the plan's term of 30\)"
    ):
        top_up_cost(MONTH, np.ones(20), 3, lead_days=1, dry_day_usd=1)
    with pytest.raises(
        ValueError, match=r"usage has 59 days \(allowed: at least twice the plan's term of 30\)"
    ):
        top_up_cost(MONTH, np.ones(59), 3, lead_days=1, dry_day_usd=1, early_renewal="adds")


def test_a_rule_of_early_renewal_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match=r"^early_renewal is 'doubles' \(allowed: .*'queues'"):
        top_up_cost(MONTH, np.ones(30), 3, lead_days=1, dry_day_usd=1, early_renewal="doubles")


def test_an_order_is_placed_at_the_first_look_at_the_point_or_at_the_last_in_time():
    usage = np.array([[1.0] * 10, [0.1] * 10])
    assert order_day(plan_like(), usage, 2.0, lead_days=1).tolist() == [3, 9]
    every_other = order_day(plan_like(), usage, 2.0, lead_days=1, check_every_days=2)
    assert every_other.tolist() == [4, 8]
    # 5 GB at 1 GB a day show 2.25 GB or less from the sixth hour of day 2 on.
    often = order_day(plan_like(), usage, 2.25, lead_days=1, check_every_days=1 / 4)
    assert often.tolist() == [2.75, 9]


@pytest.mark.parametrize("check_every_days", [1, 1 / 8])
def test_obeying_the_reorder_point_keeps_its_risk(check_every_days):
    rule = {"lead_days": 1, "check_every_days": check_every_days}
    plan = plan_like(term_days=360, allowance_days=360, data_gb=40.0)
    user = prepaid.UsageModel.known_average(8)
    usage = user.sample(360, 5_000, np.random.default_rng(5))
    point = top_up.reorder_point(user, **rule, risk=0.05)
    late = order_day(plan, usage, point, **rule) + 1 > when_to_top_up.run_out_days(plan, usage)
    assert late.mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value"), [("dry_day_usd", np.nan), ("dry_day_usd", -1), ("lead_days", -1)]
)
def test_amounts_that_are_none_are_refused(name, value):
    values = {"lead_days": 1, "dry_day_usd": 5} | {name: value}
    with pytest.raises(ValueError, match=rf"^{name} is .* \(allowed: 0 or more\)"):
        top_up_cost(plan_like(price_usd=10), np.ones((2, 40)), 3, **values)


@pytest.mark.parametrize("day", [np.nan, -1])
def test_an_order_on_no_day_is_refused(day):
    with pytest.raises(ValueError, match=r"^ordered_on has negative or missing days"):
        top_up_cost(plan_like(price_usd=10), np.ones((2, 40)), day, lead_days=1, dry_day_usd=5)


@pytest.mark.parametrize(
    "options",
    [{"point_gb": np.nan}, {"check_every_days": 0}, {"check_every_days": 0.3}, {"lead_days": -5}],
)
def test_a_rule_that_is_none_is_refused(options):
    options = {"point_gb": 1.0, "lead_days": 1, "check_every_days": 1} | options
    with pytest.raises(ValueError, match="allowed:"):
        order_day(plan_like(), np.ones((2, 30)), options.pop("point_gb"), **options)


def test_ordering_by_what_is_left_is_compared_with_days_of_the_calendar():
    plan = plan_like()
    usage = np.array([[1.0] * 20, [0.1] * 20])  # lasts 5 days, and the term
    looking = order_day(plan, usage, 1.0, lead_days=1)
    costs = when_to_top_up.timing_costs(
        plan, usage, looking, ["queues", "lost"], lead_days=1, dry_day_usd=1
    )
    assert costs.index[1] == "on day 9, the best fixed day"
    # Days of the pack cost 10 / 7.5 dollars; a fixed day fits both only by dry days for one.
    assert costs["lost_usd"].tolist() == pytest.approx(
        [(4 + 9) / 7.5 * 5, 5 / 2, (6 + 1) / 2, 1 / 2, 0]
    )
    assert costs["queues_usd"].tolist() == pytest.approx([0, 5 / 2, (6 + 1) / 2, 1 / 2, 0])


def test_dear_dry_days_bring_the_best_fixed_day_forward():
    usage = prepaid.UsageModel.known_average(6).sample(30, 2_000, 1)
    costs = [
        when_to_top_up.timing_costs(
            MONTH, usage, np.zeros(len(usage)), ["lost"], lead_days=1, dry_day_usd=usd
        )
        for usd in (1, 5, 50)
    ]
    days = [int(table.index[1].split(",")[0].removeprefix("on day ")) for table in costs]
    assert days[0] > days[1] > days[2]


def test_spikier_days_need_more_and_twice_the_usage_twice_as_much():
    assumed, spikier, steadier, even_months, twice = when_to_top_up.points_if_wrong(6, **RULE)[
        "order_at_mb"
    ]
    assert spikier > assumed > steadier
    assert assumed > even_months
    assert twice == pytest.approx(2 * assumed, abs=10)
    point_gb = top_up.reorder_point(prepaid.UsageModel.known_average(6), **RULE)
    assert assumed == pytest.approx(1000 * point_gb, abs=5)


def test_each_kind_of_channel_has_the_wait_that_is_assumed_of_it():
    user = prepaid.UsageModel.known_average(6)
    found = when_to_top_up.points_by_kind(user, DATA.assumptions, check_every_days=1, risk=0.05)
    base = DATA.assumptions["base"]
    for kind, through in when_to_top_up.KINDS_OF_WAIT.items():
        minutes = base[f"unstated_wait_{kind}_minutes"]
        point_gb = top_up.reorder_point(user, lead_days=minutes / 1440, check_every_days=1)
        assert found.loc[through, "wait_minutes"] == minutes
        assert found.loc[through, "order_at_mb"] == pytest.approx(1000 * point_gb, rel=0.05)


def test_the_table_of_uses_is_the_reorder_point_of_each():
    found = when_to_top_up.points_by_use(
        [0.2, 0.5], {"1day_gb": 1, "3day_gb": 3}, check_every_days=1, risk=0.05
    )
    rule = {"check_every_days": 1, "risks": [0.05]}
    points = top_up.reorder_points(prepaid.UsageModel.known_average(15), lead_days=[1, 3], **rule)
    assert found.loc[0.5].tolist() == pytest.approx(points[0.05].tolist())
    assert found.loc[0.2].tolist() == pytest.approx((0.4 * points[0.05]).tolist())


def facts(*rows):
    return pd.DataFrame(rows, columns=["provider", "plan_id", "topic", "value"])


def test_what_brands_state_is_listed_by_what_they_state():
    stated = facts(("A", None, "early_renewal", "adds"), ("A", "a-1", "early_renewal", "adds"))
    stated = pd.concat(
        [stated, facts(("B", None, "early_renewal", "adds"), ("B", "b-1", "early_renewal", "lost"))]
    )
    found = when_to_top_up.what_is_stated(stated, "early_renewal")
    assert found["brands"].to_dict() == {"adds": "A, B", "lost": "B"}


def test_what_is_stated_of_a_plan_goes_before_its_brand_and_silence_is_said():
    stated = facts(
        ("A", None, "early_renewal", "adds"),
        ("A", "own", "early_renewal", "lost"),
        ("A", None, "balance_check", "app"),
        ("A", None, "balance_check", "text"),
    )
    own, other = (
        when_to_top_up.of_brand(stated, plan_like(provider="A").rename(name))
        for name in ("own", "other")
    )
    assert own["stated"].tolist() == ["lost", "app / text", "not said"]
    assert other["stated"].iloc[0] == "adds"


HABITS = {"netflix-720p": 0.5, "music-96-kbps": 2.0}


BACKGROUND = {"low": 0.1, "base": 0.2, "high": 0.4}


def test_tips_save_what_the_table_of_activities_says():
    saved = when_to_top_up.savings(
        HABITS, DATA.activities, 0.5, BACKGROUND, video="netflix-720p", more_wifi=0.25
    )
    # On mobile data: a quarter of an hour of video at 650 to 750 MB per hour, music at 43 MB.
    base = 0.25 * 0.7 + 0.043
    assert saved.loc["As it is"].tolist() == pytest.approx(
        [(0.25 * gb + 0.043) / 0.8 for gb in (0.65, 0.7, 0.75)]
    )
    assert saved.loc["0.5 h less video a day"].tolist() == pytest.approx([0.1625, 0.175, 0.1875])
    assert saved.loc["Background data off"].tolist() == pytest.approx(
        [base / 0.8 * share for share in (0.1, 0.2, 0.4)]
    )
    assert saved.loc["Wi-Fi 75% of the time", "base"] == pytest.approx(base / 2)


def test_wifi_cannot_rise_above_all_hours():
    saved = when_to_top_up.savings(
        HABITS, DATA.activities, 0.9, BACKGROUND, video="netflix-720p", more_wifi=0.5
    )
    assert saved.loc["Wi-Fi 100% of the time", "base"] == pytest.approx(
        0.8 * saved.loc["As it is", "base"]
    )


def test_who_saves_half_lasts_twice_as_long():
    saved = pd.DataFrame(
        {"low": [9, 0.05, 0.0], "base": [0.2, 0.1, 0.2], "high": [9, 0.1, 9]}, ["now", "tip", "all"]
    )
    usage = np.array([[0.1] * 100, [0.2] * 100, [0.4] * 100])
    effects = when_to_top_up.tip_effects(MONTH, saved, usage)
    assert effects["low_days"].tolist() == pytest.approx([25, 5 / 0.15, 25])
    assert effects["base_days"].tolist() == pytest.approx([25, 50, math.inf])
    assert effects["high_days"].tolist() == pytest.approx([25, 50, math.inf])
    assert effects["dry_share"].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert effects["monthly_gb"].tolist() == pytest.approx([7, 3.5, 0])
