"""Notebook 01: unit prices worked by hand, its tables by small cases, and what its charts draw."""

import numpy as np
import pandas as pd
import pytest
from figures import title, words
from made_up import BASE, DATA, ON, plans

from prepaid.story import price_per_gb

pytestmark = pytest.mark.usefixtures("house_style")
HINT = "Nothing to draw: no row fits the parameters."


def priced(**rows):
    """Return made-up plans with their unit prices."""
    made = plans(**rows)
    return made.join(price_per_gb.unit_prices(made, on=ON))


def unlimited(**rows):
    """Return plans called unlimited, each of a brand of its own that is silent, changed as told."""
    silent = {"unlimited": True, "data_gb": None}
    return plans(**{name: {"provider": name, **silent, **cells} for name, cells in rows.items()})


# price, term, allowance and its period; worked out on paper: GB of the term, $/GB, $/day
BY_HAND = {
    "one pack: $20, 30 days, 5 GB": ((20, 30, 5, 30), (5, 4.00, 20 / 30)),
    "daily: $12, 3 days, 1 GB a day": ((12, 3, 1, 1), (3, 4.00, 4.00)),
    "a year of 360 days, 6 GB a month: $180": ((180, 360, 6, 30), (72, 2.50, 0.50)),
    "a year of 365 days holds twelve months: $44, 5 GB": (
        (44, 365, 5, 30),
        (60, 44 / 60, 44 / 365),
    ),
    "never expires: $1.95 for 1 GB": ((1.95, None, 1, None), (1, 1.95, np.nan)),
    "no amount published: $60, 30 days": ((60, 30, None, 30), (np.nan, np.nan, 2.00)),
    "all data on top: $20, 0 GB included": ((20, 30, 0, 30), (0, np.nan, 20 / 30)),
    "free": ((0, 30, 5, 30), (5, 0, 0)),
}


@pytest.mark.parametrize(("terms", "expected"), BY_HAND.values(), ids=BY_HAND)
def test_prices_worked_by_hand(terms, expected):
    columns = ("price_usd", "term_days", "data_gb", "allowance_days")
    prices = price_per_gb.unit_prices(
        plans(one=dict(zip(columns, terms, strict=True))), on=ON
    ).iloc[0]
    term_gb, usd_per_gb, usd_per_day = expected
    assert prices["term_gb"] == pytest.approx(term_gb, nan_ok=True)
    assert prices["usd_per_gb"] == pytest.approx(usd_per_gb, nan_ok=True)
    assert prices["usd_per_day"] == pytest.approx(usd_per_day, nan_ok=True)
    assert prices["usd_per_30_days"] == pytest.approx(usd_per_day * 30, nan_ok=True)


def test_notional_gigabytes_have_no_price():
    credit = price_per_gb.unit_prices(plans(credit={"notional_data": True}, pack={}), on=ON)
    assert credit["usd_per_gb"].isna().tolist() == [True, False]
    assert credit["term_gb"].tolist() == [5, 5]


@pytest.mark.parametrize("threshold", [True, False, None], ids=["some", "none", "not said"])
def test_no_number_stands_for_unlimited(threshold):
    prices = price_per_gb.unit_prices(
        plans(one={"data_gb": None, "unlimited": True, "threshold": threshold}), on=ON
    )
    assert prices[["term_gb", "usd_per_gb"]].isna().all(axis=None)


@pytest.mark.parametrize(("days", "stale"), [(150, False), (151, True)])
def test_a_price_is_stale_after_150_days_whatever_the_newest_one(days, stale):
    alone = plans(one={"as_of": pd.Timestamp(ON) - pd.Timedelta(days=days)})
    assert price_per_gb.unit_prices(alone, on=ON)["stale"].tolist() == [stale]


def test_refreshes_marks_what_comes_in_periods():
    rows = plans(
        daily={"allowance_days": 1},
        months={"term_days": 90},
        pack={},
        for_ever={"term_days": None, "allowance_days": None},
    )
    assert price_per_gb.unit_prices(rows, on=ON)["refreshes"].tolist() == [True, True, False, False]


def test_the_cheapest_come_first_and_unpriced_never():
    rows = priced(
        dear={},
        cheap={"price_usd": 2.0},
        free={"price_usd": 5.0},
        silent={"data_gb": None},
        long={"term_days": 90},
    )
    assert price_per_gb.cheapest_per_gb(rows, (1, 31), rows=9).index.tolist() == [
        "cheap",
        "free",
        "dear",
    ]
    assert price_per_gb.cheapest_per_gb(rows, (1, 31), rows=1).index.tolist() == ["cheap"]


def test_no_limit_a_limit_not_said_and_silence_are_three_things():
    rows = unlimited(a={"data_gb": 50.0}, b={"threshold": False}, c={"threshold": True}, d={})
    assert price_per_gb.slows_down(rows).tolist() == price_per_gb.SLOWS


def test_a_brand_stands_with_the_most_it_states_and_knows_of_plans_without_a_limit():
    daily, month = {"data_gb": 5.0, "allowance_days": 1}, {"data_gb": 50.0}
    rows = unlimited(month=month, daily=daily, none={"threshold": False}, silent={})
    brands = price_per_gb.limits_by_brand(rows.assign(provider=["A", "A", "A", "D"]))
    assert brands.loc["A", ["data_gb", "allowance_days", "never"]].tolist() == [5, 1, True]
    assert brands["slows"].to_dict() == {"A": "after a stated amount", "D": "not said"}
    assert not brands.loc["D", "never"]


def test_brands_without_a_figure_are_drawn_apart_and_named():
    rows = unlimited(
        A={"data_gb": 50.0, "throttle_kbps": 1000},
        B={"threshold": False},
        C={"threshold": True},
        D={},
        E={},
        F={},
    )
    ax = price_per_gb.full_speed_until(rows)
    told = dict(zip(ax.named_rows.values(), words(ax), strict=True))
    assert told == {
        "A": "50 GB a month, then 1 Mbit/s",
        "B": "no limit on some plans",
        "C": "slows down; when? (?)",
        "3 more brands": "no figure (?)",
    }
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True, True]
    assert ax.figure.get_supxlabel().startswith("3 more: D, E, F.")
    assert "4 of 6 give no figure" in ax.figure.subtitle.get_text()


def test_brands_that_all_say_nothing_are_drawn_too():
    ax = price_per_gb.full_speed_until(unlimited(A={}, B={}))
    assert (list(ax.named_rows.values()), words(ax)) == (["A, B"], ["no figure (?)"])


def test_what_works_goes_by_megabytes_per_hour():
    """45 MB an hour are 100 kbit/s."""
    ranges = {"web": (45, 45), "feed": (90, 180), "call": (18, 45)}
    uses = DATA.activities.iloc[:3].assign(activity=list(ranges), quality=None)
    uses[["low_mb_per_hour", "high_mb_per_hour"]] = list(ranges.values())
    works = price_per_gb.what_works(uses, [2000, 89, 90, 100])
    assert works.columns.tolist() == ["89 kbit/s", "90 kbit/s", "100 kbit/s", "2 Mbit/s"]
    assert works.loc["web"].tolist() == ["no", "slowly", "yes", "yes"]
    assert works.loc["call"].tolist() == ["slowly", "slowly", "yes", "yes"]
    assert works.loc["feed"].tolist() == ["no", "no", "no", "yes"]
    assert works.index[-1] == "feed"


def test_every_use_of_the_notebook_is_in_the_data():
    assert set(price_per_gb.EVERYDAY) <= set(DATA.activities.index)


def test_adverts_are_one_per_brand_and_reason_with_when_the_other_price_is_paid():
    brand = {"provider": "A", "autopay_price_usd": 8.0}
    offer = {"provider": "A", "offer": "new_customer", "renews_at_usd": 14.0}
    adverts = price_per_gb.advert_prices(
        plans(
            intro={**offer, "offer_terms": 3},
            less={**offer, "renews_at_usd": 13.0},
            autopay=brand,
            quarter={
                **offer,
                "provider": "B",
                "price_usd": 15.0,
                "term_days": 90,
                "renews_at_usd": 45.0,
            },
            lasts={**offer, "provider": "C", "renews_at_usd": 10.0},
            silent={**offer, "provider": "D", "renews_at_usd": None},
        )
    )
    assert adverts["when"].to_dict() == {
        "quarter": "after 3 months",
        "intro": "after 3 months",
        "autopay": "without AutoPay",
    }
    assert adverts.loc["quarter", ["advert_usd", "paid_usd"]].tolist() == [5, 15]
    assert adverts.loc["autopay", ["advert_usd", "paid_usd"]].tolist() == [8, 10]


def test_the_headline_choice_covers_the_stay_with_a_term_of_a_month_or_less():
    terms = {"short": (7, 1.0), "month": (30, 4.0), "lasting": (None, 5.0), "year": (365, 2.0)}
    columns = ["term_days", "allowance_days", "price_usd"]
    cells = {
        name: dict(zip(columns, (days, days, usd), strict=True))
        for name, (days, usd) in terms.items()
    }
    rows = priced(**cells)
    assert price_per_gb.headline_choice(rows, 14) == "month"
    assert price_per_gb.headline_choice(rows, 5) == "short"
    assert price_per_gb.headline_choice(rows, 31) == "lasting"
    assert price_per_gb.headline_choice(rows, 365) == "year"
    assert price_per_gb.headline_choice(rows.loc[["short"]], 14) is None


def regret(rows, gb_per_day, days=14, most_short_share=0.05):
    usage = np.full((4, days), gb_per_day)
    return price_per_gb.headline_regret(rows, {"case": usage}, most_short_share, BASE)


def test_regret_is_what_the_headline_choice_costs_more():
    stops = {"after_allowance": "stop", "provider_kind": "travel_esim"}
    small, large = {"price_usd": 6.0, "data_gb": 2.0}, {"price_usd": 25.0, "data_gb": 50.0}
    row = regret(priced(small={**stops, **small}, large={**stops, **large}), 0.1).loc["case"]
    assert row[["plan_id", "headline_plan_id"]].tolist() == ["small", "large"]
    assert row[["mean_cost_usd", "headline_cost_usd", "regret_usd"]].tolist() == [6, 25, 19]


def test_a_case_that_no_priced_plan_covers_is_left_out():
    rows = priced(week={"provider_kind": "travel_esim", "after_allowance": "stop", "term_days": 7})
    assert regret(rows, 0.1).empty


def test_a_case_that_no_plan_serves_is_left_out():
    slow = {
        "after_allowance": "throttle",
        "throttle_kbps": 128,
        "provider_kind": "travel_esim",
        "unlimited": True,
    }
    assert regret(priced(slow=slow), 5.0).empty
    assert not regret(priced(slow=slow), 5.0, most_short_share=1.0).empty


def test_a_lowest_price_per_gb_that_runs_short_counts_as_worse():
    table = pd.DataFrame(
        {
            "mean_cost_usd": 10.0,
            "headline_cost_usd": [8.0, 10.2],
            "headline_short_share": [0.4, 0.0],
        }
    )
    ax = price_per_gb.poor_guide(table.assign(regret_usd=[-2.0, 0.2]), 0.05, "Source: a test.")
    assert words(ax) == ["runs short in 40% of stays", "as good"]
    assert "in 1 of 2 cases" in ax.figure.subtitle.get_text().replace("\n", " ")
    assert len(ax.figure.legends[0].get_texts()) == 3
    table = table.assign(headline_short_share=0.0, regret_usd=[2.0, 0.2])
    assert len(price_per_gb.poor_guide(table, 0.05, "").figure.legends[0].get_texts()) == 2


def test_cheapest_by_term_draws_the_lowest_prices_with_what_must_be_used():
    old = pd.Timestamp(ON) - pd.Timedelta(days=151)
    rows = priced(
        daily={"allowance_days": 1, "term_days": 3, "price_usd": 3.0},
        old={"term_days": 30, "as_of": old},
        dear={"term_days": 30, "price_usd": 90.0},
    )
    short, month = price_per_gb.cheapest_by_term(rows, {"short": (1, 5), "month": (16, 31)}, rows=1)
    assert (words(short), words(month)) == (["$0.20 (15 GB)"], [f"$2.00 (5 GB, seen {old:%b %Y})"])
    assert [bar.get_hatch() == "///" for ax in (short, month) for bar in ax.patches] == [
        True,
        False,
    ]


def test_ranges_without_any_plan_are_drawn_empty():
    axes = price_per_gb.cheapest_by_term(
        priced(one={"term_days": None}), {"short": (1, 5), "month": (16, 31)}
    )
    assert [len(ax.patches) for ax in axes] == [0, 0]
    assert title(axes[0]) == "The lowest price per GB, by term"


def test_sizes_show_their_median_where_enough_packs_share_one():
    sizes = [1.0, 1.0, 1.0, 50.0, 50.0, 100.0]
    rows = priced(**{f"p{n}": {"data_gb": gb, "price_usd": n + gb} for n, gb in enumerate(sizes)})
    ax = price_per_gb.price_per_gb_by_size(rows, least=2)
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[1, 2], [50, 53.5 / 50]])
    assert len(ax.collections[0].get_offsets()) == 6


def test_a_chart_names_its_source_and_dates():
    rows = plans(a={}, b={"as_of": pd.Timestamp(2026, 6, 11)})
    told = "2 plans, prices of 11 June 2026 to 26 November 2026, before tax unless included."
    assert price_per_gb.source(rows) == f"Source: data/plans.csv; {told}"


@pytest.mark.parametrize(
    "chart", [price_per_gb.price_per_gb_by_size, price_per_gb.full_speed_until]
)
def test_nothing_to_draw_is_said(chart):
    assert words(chart(plans()))[0] == HINT
