"""Charts of the notebooks: what they draw, and that a title stands only while it holds."""

import math

import numpy as np
import pandas as pd
import pytest
from figures import crowded, title, words

from prepaid import show
from prepaid.story import (
    compare_channels,
    how_prices_age,
    keep_your_number,
    price_per_gb,
    short_stays,
    when_to_top_up,
)
from prepaid.story import simulate_monthly_usage as monthly

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
DAY = pd.Timestamp("2026-10-07")


def table(index=None, **columns):
    return pd.DataFrame(columns, index=index)


def plans(usd_per_gb, terms=(3, 7, 30), **columns):
    names = [f"Plan {number}" for number in range(len(usd_per_gb))]
    base = {"provider": "Brand", "plan": names, "provider_kind": "travel_esim", "as_of": DAY}
    base |= {"refreshes": False, "stale": False, "term_gb": 5.0}
    return table(**base | columns, usd_per_gb=usd_per_gb, term_days=terms)


def packs(medians=(4.0, 2.0)):
    return plans(np.repeat(medians, 10), terms=7, term_gb=np.repeat([1.0, 50.0], 10))


def unlimited(*gb):
    brands = [f"Brand {number}" for number in range(len(gb))]
    rules = {"threshold": pd.array([None] * len(gb), "boolean"), "allowance_days": 30}
    rules |= {"throttle_kbps": pd.array([1000] + [None] * (len(gb) - 1), "Int64")}
    return table(provider=brands, provider_kind="mvno", data_gb=gb, as_of=DAY, **rules)


def regrets(*usd, short=0.0):
    cases = [f"{7 * (number + 1)} days" for number in range(len(usd))]
    return table(
        cases,
        mean_cost_usd=10.0,
        headline_cost_usd=10.0 + np.array(usd),
        headline_short_share=short,
        regret_usd=usd,
    )


def ways(base=33.9):
    money = {"low_usd": 30.0, "base_usd": base, "high_usd": 39.0, "face_usd": 30.0}
    fees = {"least_fee_usd": [0.0, NAN], "most_fee_usd": [3.99, NAN]}
    return table(["The brand's own site", "Card from a shop"], channels=[3, 9], **money, **fees)


def answers(*cells):
    return pd.DataFrame(
        [cells, ["?"] * len(cells)], index=["a", "b"], columns=["foreign card", "cash"]
    )


NAMES = pd.Series({"a": "Ding (an aside)", "b": "Own site"})


def states(*known):
    missing = ["", "local sales tax", "911 fee; local sales tax"]
    known = np.array([*known, 31.0])
    return table(
        ["PA", "TX", "NJ"],
        face_usd=30,
        known_usd=known,
        base_usd=known,
        high_usd=known + 1,
        missing=missing,
    )


def survival(*days):
    longest = [days[0] + 30, *days[1:]]
    official = [True, False, False]
    brands = ["Boost Mobile", "Mint", "Silent"]
    return table(
        brands, shortest_days=[*days, None], longest_days=[*longest, None], official=official
    ).convert_dtypes()


def kept(highest=52.0):
    money = {
        "low_year_usd": [30.0, 300.0],
        "base_year_usd": [34.0, 304.0],
        "high_year_usd": [highest, 310.0],
    }
    paid = {"price_usd": [30.0, 25.0], "every_days": [360, 30], "as_of": [DAY, pd.NaT]}
    return table(provider=["Red Pocket", "Visible"], **money, **paid)


def abroad(start="no"):
    words = {
        "text by roaming": ["no", "?"],
        "text over Wi-Fi": ["yes", "yes"],
        "foreign card": ["?", "partly"],
    }
    return pd.DataFrame(
        {**words, "start abroad": ["?", start]}, index=["Tello, $10 each 90 days", "Mint"]
    )


def costs(step=10.0):
    levels = pd.Index([1.0, 2.0, 4.0, 8.0], name="monthly_gb")
    return table(
        levels,
        small=[10.0, 10.0, 10 + step, NAN],
        middle=[10.5, 10.5, 12 + step, NAN],
        flat=10.2 + step,
    )


PLAN_NAMES = pd.Series({"small": "Small", "middle": "Middle", "flat": "Flat"})


def rules(most=46.0):
    gb = {"full_speed_gb": [4.8, 7.9], "slow_gb": [3.1, 0.0], "unmet_gb": [0.0, 0.0]}
    return table(["Throttled", "Overage"], cost_usd=[15.0, most], short_days=[9.0, 0.0], **gb)


def stays(rows=2, short=0.0, unused=6.0):
    cases = pd.MultiIndex.from_tuples(
        [("light", "a"), ("heavy", "b")][:rows], names=["case", "plan_id"]
    )
    money = {"mean_cost_usd": [12.4, 25.0][:rows], "p95_cost_usd": [18.0, 25.0][:rows]}
    shares = {"short_share": [0.0, short][:rows], "unused_usd": [unused, NAN][:rows]}
    return table(cases, name=["A", "B"][:rows], provider_kind="mvno", **shares, **money)


def fan(*daily):
    usage = np.array([[gb] * 10 for gb in daily])
    plan = pd.Series({"price_usd": 10.0, "term_days": 10, "data_gb": 5.0, "allowance_days": 10})
    left, empty = when_to_top_up.remaining(plan, usage), when_to_top_up.run_out_days(plan, usage)
    return when_to_top_up.burn_down_fan(left, empty, plan)[0]


def points(last=5.0):
    leads = pd.Index([1 / 1440, 1.0, 10.0], name="lead_days")
    return table(leads, **{"0.05": [1.0, min(1.5, last), last], "0.01": [2.0, 2.5, 7.0]}).rename(
        columns=float
    )


def tips(video=60.0):
    days = {
        "low_days": [29.0, video - 4, 30.0],
        "base_days": [29.0, video, 33.0],
        "high_days": [29.0, math.inf, 40.0],
    }
    return table(
        ["As it is", "1 h less video a day", "Background data off"],
        dry_share=[0.5, 0.1, 0.4],
        **days,
    )


def changes(*shares):
    return table(provider=["Saily"] * len(shares), change_share=shares)


def paths(*usd, back=2):
    days = pd.to_datetime(["2026-05-01", "2026-06-01", "2026-07-01"])
    packs = ["Saily 1 GB", "Saily 3 GB", "Saily 5 GB"]
    rows = [table(provider="Saily", pack=pack, observed_on=days, price_usd=usd) for pack in packs]
    history = pd.concat(rows, ignore_index=True)
    back_on = [days[-1] if number < back else pd.NaT for number in range(3)]
    moved = table(provider=["Saily"] * 3, pack=packs, back_on=pd.to_datetime(back_on))
    return how_prices_age.price_paths(history, moved, 0.05)[0, 0]


def shares(*share):
    days = {
        "from_days": [1, 22],
        "to_days": [7, 35],
        "pairs": [9, 9],
        "packs": [9, 9],
        "providers": [1, 2],
    }
    ages = table(**days, share=share, low_share=np.array(share) / 2, high_share=share)
    return how_prices_age.changed_by_age(ages, ages, 0.05, "Source: a test.")


def ages(days_old):
    seen = DAY - pd.to_timedelta([days_old, 10], "D")
    return how_prices_age.ages_of_prices(table(provider=["Tello", "Airalo"], as_of=seen), DAY)


# Each chart on a table for which its title holds, on one for which it does not, and both titles.
CLAIMS = {
    "price_per_gb_by_size": (
        lambda: price_per_gb.price_per_gb_by_size(packs()),
        lambda: price_per_gb.price_per_gb_by_size(packs((2.0, 4.0))),
        "Small packs are the dear ones",
        "Price per GB by size of the pack",
    ),
    "cheapest_by_term": (
        lambda: price_per_gb.cheapest_by_term(
            plans([0.7, 0.5, 0.3]), {"Week": (1, 7), "Month": (8, 31)}
        )[0],
        lambda: price_per_gb.cheapest_by_term(
            plans([0.7, 0.5, 1.0]), {"Week": (1, 7), "Month": (8, 31)}
        )[0],
        "Under a dollar a gigabyte, if you use every one",
        "The lowest price per GB, by term",
    ),
    "full_speed_until": (
        lambda: price_per_gb.full_speed_until(unlimited(50.0, NAN)),
        lambda: price_per_gb.full_speed_until(unlimited(50.0, 30.0)),
        "What “unlimited” means: full speed until here",
        "Full-speed data of plans called unlimited",
    ),
    "poor_guide": (
        lambda: price_per_gb.poor_guide(regrets(4.0, 0.0), 0.05, "Source: a test."),
        lambda: price_per_gb.poor_guide(regrets(0.9, 0.0), 0.05, "Source: a test."),
        "Why the lowest price per GB is a poor guide",
        "Chosen by price per GB, and by simulation",
    ),
    "top_up_by_kind": (
        lambda: compare_channels.top_up_by_kind(ways()),
        lambda: compare_channels.top_up_by_kind(ways(base=30.0)),
        "What a $30 top-up really costs",
        "What a $30 top-up costs, by kind of channel",
    ),
    "payment_matrix": (
        lambda: compare_channels.payment_matrix(answers("yes", "no"), NAMES, "Source: a test."),
        lambda: compare_channels.payment_matrix(answers("no", "?"), NAMES, "Source: a test."),
        "Which card works where",
        "What channels say of ways to pay",
    ),
    "state_adds": (
        lambda: compare_channels.state_adds(states(33.75, 32.0), "TX"),
        lambda: compare_channels.state_adds(states(32.5, 32.0), "TX"),
        "What your state adds to a $30 top-up",
        "What states add to a $30 top-up",
    ),
    "survival_bars": (
        lambda: keep_your_number.survival_bars(survival(60, 5), ["Tracfone"], "Source: a test."),
        lambda: keep_your_number.survival_bars(survival(60, 60), ["Tracfone"], "Source: a test."),
        "How long your number survives if you stop paying",
        "Days that a number is kept without payment",
    ),
    "cost_bars": (
        lambda: keep_your_number.cost_bars(kept(), ["yes", "?"], "Source: a test."),
        lambda: keep_your_number.cost_bars(kept(highest=78.0), ["yes", "?"], "Source: a test."),
        "A US number can be kept for about a dollar a week",
        "What it costs to keep a US number for a year",
    ),
    "codes_matrix": (
        lambda: keep_your_number.codes_matrix(abroad(), "Source: a test."),
        lambda: keep_your_number.codes_matrix(abroad(start="yes"), "Source: a test."),
        "Most numbers get texts abroad; none is said to start there",
        "What is said of a US number abroad",
    ),
    "cost_by_appetite": (
        lambda: monthly.cost_by_appetite(costs(), PLAN_NAMES),
        lambda: monthly.cost_by_appetite(costs()[["flat"]], PLAN_NAMES),
        "How much you use decides what is cheapest",
        "The cheapest plan, by how much you use",
    ),
    "one_pack": (
        lambda: monthly.one_pack(rules()),
        lambda: monthly.one_pack(rules(most=20.0)),
        "Five gigabytes for $15: what happens on the sixth?",
        "One pack, by the rule that follows when it is empty",
    ),
    "cheapest_stays": (
        lambda: monthly.cheapest_stays(stays()),
        lambda: monthly.cheapest_stays(stays(rows=1)),
        "The cheapest plans for your own log",
        "One plan is left for your own log",
    ),
    "short_stays": (
        lambda: short_stays.short_stays(stays(short=0.01), 0.05),
        lambda: short_stays.short_stays(stays(short=0.1), 0.05),
        "14 days in America: the cheap plans that rarely run dry",
        "14 days in America: the cheapest plans",
    ),
    "paid_for_nothing": (
        lambda: short_stays.paid_for_nothing(stays(unused=7.0)),
        lambda: short_stays.paid_for_nothing(stays(unused=6.0)),
        "Wasting data can be the cheap choice",
        "What of the price pays for data that is left over",
    ),
    "burn_down_fan": (
        lambda: fan(0.3, 0.6, 0.9, 0.4),
        lambda: fan(0.6, 0.7, 0.9, 0.8),
        "A 5 GB pack rarely lasts exactly 10 days",
        "How a 5 GB pack runs down",
    ),
    "reorder_curve": (
        lambda: when_to_top_up.reorder_curve(points()),
        lambda: when_to_top_up.reorder_curve(points(last=1.05)),
        "How much must be left when you order",
        "What must be left when you order hardly depends on the wait",
    ),
    "run_out_by_tip": (
        lambda: when_to_top_up.run_out_by_tip(tips(), {"term_days": 30}),
        lambda: when_to_top_up.run_out_by_tip(tips(video=32.0), {"term_days": 30}),
        "Less video does more than any other tip",
        "What each tip does to the day the data runs out",
    ),
    "changes_by_seller": (
        lambda: how_prices_age.changes_by_seller(
            changes(0.1, -0.2, 0.0), "A year on", "Source: a test."
        ),
        lambda: how_prices_age.changes_by_seller(
            changes(0.1, 0.0, 0.0), "A year on", "Source: a test."
        ),
        "A year or more on, most travel packs cost something else",
        "A year on: dearer, cheaper and the same",
    ),
    "price_paths": (
        lambda: paths(10.0, 8.0, 10.0),
        lambda: paths(10.0, 8.0, 8.0, back=3),
        "Sales come and go within weeks, other changes stay",
        "Prices against the first one seen",
    ),
    "changed_by_age": (
        lambda: shares(0.1, 0.5),
        lambda: shares(0.5, 0.1),
        "How fast a noted price goes stale",
        "Packs whose price had changed, by age of the price",
    ),
    "ages_of_prices": (
        lambda: ages(151),
        lambda: ages(150),
        "How old our prices are: 1 of 2 are too old to trust",
        "How old our prices are: none is older than 150 days",
    ),
}


@pytest.mark.parametrize("chart", CLAIMS)
def test_a_title_stands_only_while_it_holds(chart):
    held, broken, words, neutral = CLAIMS[chart]
    held, broken = held(), broken()
    assert (title(held), held.figure.claim_holds) == (words, True)
    assert (title(broken), broken.figure.claim_holds) == (neutral, False)


@pytest.mark.parametrize("chart", CLAIMS)
def test_words_have_room(chart):
    held, broken, *_ = CLAIMS[chart]
    assert crowded(held().figure) == []
    assert crowded(broken().figure) == []


@pytest.mark.parametrize("chart", CLAIMS)
def test_the_alternative_text_has_the_subtitle_and_every_note(chart):
    figure = CLAIMS[chart][0]().figure
    told = show.about(figure)["alt"]
    notes = [text for ax in figure.axes for text in words(ax)]
    said = [figure.get_suptitle(), figure.subtitle.get_text(), *notes]
    assert [one for one in said if " ".join(one.split()).rstrip(".") not in told] == []


def faces(ax):
    """Return whether each mark with an edge is filled."""
    return [str(line.get_markerfacecolor()) != "white" for line in ax.lines]


def test_kinds_of_channel_keep_stated_and_silent_fees_apart():
    kinds = {"kind": ["third_party", "third_party", "carrier", "store", "store"], "face_usd": 30.0}
    kinds |= {
        "service_fee_usd": [3.99, NAN, NAN, 5.0, NAN],
        "delivery": [None, None, "direct", "direct", "pin"],
    }
    money = {"low_usd": 30.0, "base_usd": [37.9, 35.9, 33.9, 38.9, 33.8], "high_usd": 40.0}
    found = compare_channels.kinds_of_channel(table(**kinds, **money))
    assert found["base_usd"].to_dict() == {
        "Card or PIN from a shop": 33.8,
        "The brand's own site, app or phone": 33.9,
        "Other site that does not": 35.9,
        "Other site that states its fee": 37.9,
        "The brand's own store": 38.9,
    }
    assert found["least_fee_usd"].isna().tolist() == [True, True, True, False, False]


def test_a_kind_without_a_stated_fee_is_hollow():
    ax = compare_channels.top_up_by_kind(ways())
    assert faces(ax)[1:] == [True, False]
    assert [text for text in words(ax) if "fee" in text] == ["fee $0.00 to $3.99", "fee not said"]


def test_the_matrix_has_only_channels_with_an_answer_and_names_the_others():
    ax = compare_channels.payment_matrix(answers("yes", "?"), NAMES, "Source: a test.")
    assert list(ax.named_rows.values()) == ["Ding"]
    assert words(ax) == ["yes", "?"]
    assert ax.figure.get_supxlabel() == "Of 1 more we know nothing: Own site. Source: a test."


def test_the_reader_s_state_is_told_and_states_without_a_911_figure_are_listed():
    ax = compare_channels.state_adds(states(33.75, 32.0), "TX")
    assert words(ax) == ["$3.75", "$2.00"]
    assert ax.figure.subtitle.get_text().endswith("TX: $2.00")
    assert "No 911 fee found for 1: NJ." in ax.figure.get_supxlabel()
    known = compare_channels.state_adds(states(33.75, 32.0).drop("NJ"), caption="Source: a test.")
    assert known.figure.get_supxlabel() == "Source: a test."
    assert (
        compare_channels.state_adds(states(33.75, 32.0), "NJ")
        .figure.subtitle.get_text()
        .endswith("NJ: not said")
    )


def test_bars_of_brands_whose_own_page_is_silent_are_paler():
    ax = keep_your_number.survival_bars(survival(60, 5), ["Tracfone"], "Source: a test.")
    own, other, longest = ax.patches
    assert own.get_facecolor() != other.get_facecolor()
    assert (longest.get_x(), longest.get_width(), bool(longest.get_hatch())) == (60, 30, True)
    assert words(ax) == ["60 to 90 days", "5 days"]


def test_the_curve_writes_the_gb_of_its_marks():
    ax = when_to_top_up.reorder_curve(points())
    assert "a day\n1.5 GB" in words(ax)
    assert "three days\n2.3 GB" in words(ax)
