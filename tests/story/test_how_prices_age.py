"""Notebook a2: figures of the price history against slow references, and what charts draw."""

import datetime as dt
import itertools
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from figures import title, words
from made_up import DATA, ON, plans
from matplotlib.colors import to_rgb

from prepaid.show import ACCENT, GREY, MID
from prepaid.story import how_prices_age
from prepaid.story.how_prices_age import pack_names

pytestmark = pytest.mark.usefixtures("house_style")
SEEN = DATA.price_history


def test_a_pack_is_named_by_what_it_is():
    rows = plans(
        pack={},
        calls={"voice_text": True, "term_days": 1, "data_gb": 0.5},
        daily={"unlimited": True, "allowance_days": 1},
        for_ever={"term_days": None, "voice_text": False},
    )
    expected = ["5 GB, 30 days", "0.5 GB, 1 day, calls", "unlimited, 30 days", "5 GB, no end"]
    assert pack_names(rows).tolist() == [f"Brand {name}" for name in expected]


def slow_pairs(seen):
    """Return (pack, first day, later day, price, later price) of every two observations."""
    observations = list(zip(pack_names(seen), seen["observed_on"], seen["price_usd"], strict=True))
    return sorted(
        (one[0], one[1], two[1], one[2], two[2])
        for one, two in itertools.permutations(observations, 2)
        if one[0] == two[0] and one[1] < two[1]
    )


def test_pairs_are_every_two_observations_of_a_pack():
    seen = SEEN[SEEN["provider"].isin(["Saily", "Vodafone Travel"])]
    paired = how_prices_age.pairs(seen)
    columns = ["pack", "first_on", "then_on", "before_usd", "after_usd"]
    assert list(paired[columns].itertuples(index=False, name=None)) == slow_pairs(seen)
    np.testing.assert_allclose(
        paired["before_usd"] * (1 + paired["change_share"]), paired["after_usd"]
    )
    assert (paired["first_on"] + pd.to_timedelta(paired["days"], "D") == paired["then_on"]).all()


def prices(*packs):
    """Return a history of packs of Airalo or another, each a dict from day of 2026 to price."""
    day = SEEN.iloc[[0]]
    return pd.concat(
        [
            day.assign(
                provider=pack.get("provider", "Airalo"),
                data_gb=float(number + 1),
                observed_on=pd.Timestamp("2026-01-01") + pd.Timedelta(days=on),
                price_usd=float(usd),
                source_id=pack.get("source", {}).get(on, "weekly-competitor-scrape"),
            )
            for number, pack in enumerate(packs)
            for on, usd in pack["usd"].items()
        ]
    )


def test_a_pair_does_not_start_from_a_price_of_zero():
    assert how_prices_age.pairs(prices({"usd": {0: 0, 7: 5, 14: 6}}))["before_usd"].tolist() == [5]


def test_longest_apart_is_the_first_and_last_price():
    paired = how_prices_age.longest_apart(
        how_prices_age.pairs(prices({"usd": {0: 1, 7: 2, 20: 3}}, {"usd": {0: 5, 3: 4}}))
    )
    assert paired[["before_usd", "after_usd", "days"]].to_numpy().tolist() == [
        [1, 3, 20],
        [5, 4, 3],
    ]


def test_between_sources_takes_the_nearest_prices_of_each_two():
    source = {10: "esimdb-airalo", 50: "orange-travel"}
    seen = prices({"usd": {0: 10, 8: 11, 10: 12, 50: 13}, "source": source})
    near = how_prices_age.between_sources(how_prices_age.pairs(seen), DATA.sources, 41)
    assert near[["days", "before_usd", "after_usd", "methods"]].to_numpy().tolist() == [
        [40, 12, 13, "aggregator, then transcribed"],
        [2, 11, 12, "third-party, then aggregator"],
    ]


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        ({0: 100, 7: 105, 14: 95}, [(14, None)]),  # exactly 5 per cent is no move
        ({0: 100, 7: 80, 14: 100}, [(7, 14), (14, None)]),
        (
            {0: 100, 7: 80, 14: 80, 21: 96, 28: 100},
            [(7, 21), (21, None)],
        ),  # back to within 5 per cent counts
        ({0: 100, 7: 80, 14: 120}, [(7, None), (14, None)]),
        ({0: 100, 7: 104, 14: 108}, []),  # slow creep is no move from one day to the next
        ({0: 100}, []),
    ],
)
def test_moves_are_between_neighbours_and_know_what_came_back(usd, expected):
    moved = how_prices_age.moves(how_prices_age.pairs(prices({"usd": usd})), 0.05)
    start = pd.Timestamp("2026-01-01")
    found = [
        ((one.then_on - start).days, None if pd.isna(one.back_on) else (one.back_on - start).days)
        for one in moved.itertuples()
    ]
    assert found == expected


def test_waves_count_the_packs_that_moved_together():
    moved = how_prices_age.moves(
        how_prices_age.pairs(
            prices({"usd": {0: 10, 7: 8, 9: 10}}, {"usd": {0: 10, 7: 9}}, {"usd": {0: 9, 7: 9}})
        ),
        0.05,
    )
    assert how_prices_age.waves(moved).iloc[0].tolist() == [
        *("Airalo", "2026-01-01", "2026-01-08", 2),
        *(pytest.approx(-0.2), pytest.approx(-0.1), 1, "2026-01-10"),
    ]


AGES = [(1, 7), (8, 14), (15, 28), (29, 60), (141, 330), (331, 500)]


def test_each_pack_counts_once_in_the_share_that_changed():
    found = how_prices_age.changed_share(how_prices_age.pairs(SEEN), AGES, 0.1, draws=10)
    everything = slow_pairs(SEEN)
    for (fewest, most), row in zip(AGES, found.itertuples(), strict=True):
        by_pack = {}
        for pack, first, then, before, after in everything:
            if fewest <= (then - first).days <= most:
                by_pack.setdefault(pack, []).append(round(abs(after / before - 1), 9) > 0.1)
        assert (row.packs, row.pairs) == (len(by_pack), sum(map(len, by_pack.values())))
        if by_pack:
            assert row.share == pytest.approx(mean(map(mean, by_pack.values())))
        else:
            assert np.isnan([row.share, row.low_share, row.high_share, row.mean_days]).all()


def test_the_interval_is_the_same_for_the_same_seed_and_holds_the_share():
    paired = how_prices_age.pairs(SEEN)
    one, same, other = (
        how_prices_age.changed_share(paired, AGES, 0.05, 200, seed) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same)
    assert not one["low_share"].equals(other["low_share"])
    known = one.dropna()
    assert ((known["low_share"] <= known["share"]) & (known["share"] <= known["high_share"])).all()


def test_the_interval_draws_providers_not_only_packs():
    """Ten packs that move together tell less than ten that move by themselves."""
    moved, still = {"usd": {0: 10, 7: 12}}, {"usd": {0: 10, 7: 10}}
    together = prices(*[moved | {"provider": "Airalo"}] * 10, *[still | {"provider": "Saily"}] * 10)
    mixed = prices(
        *[moved, still, moved | {"provider": "Saily"}, still | {"provider": "Saily"}] * 5
    )
    bounds = {}
    for name, seen in {"together": together, "mixed": mixed}.items():
        row = how_prices_age.changed_share(how_prices_age.pairs(seen), [(1, 7)], 0.05, 500).iloc[0]
        assert (row["share"], row["providers"]) == (0.5, 2)
        bounds[name] = (row["low_share"], row["high_share"])
    assert bounds["together"] == (0, 1)
    assert 0.1 < bounds["mixed"][0] < bounds["mixed"][1] < 0.9


def test_a_steady_rate_goes_through_the_oldest_row():
    shares = how_prices_age.changed_share(
        how_prices_age.pairs(SEEN), [(15, 28), (401, 500), (501, 600)], 0.05, 50
    )
    oldest = shares.iloc[1]
    steady = how_prices_age.steady_shares(shares, [0, oldest["mean_days"], 2 * oldest["mean_days"]])
    for name in ("share", "low_share", "high_share"):
        assert steady[name].tolist() == pytest.approx(
            [0, oldest[name], 1 - (1 - oldest[name]) ** 2]
        )


def test_a_steady_rate_needs_a_pair():
    with pytest.raises(ValueError, match="no pair of prices in any row"):
        how_prices_age.steady_shares(
            how_prices_age.changed_share(how_prices_age.pairs(SEEN), [(501, 600)], 0.05), [1]
        )


# --- what the charts draw ---


def marks(ax, color=None, marker=None):
    """Return the sorted x values of the marks that can be seen, of one colour or shape if asked."""
    lines = [line for line in ax.lines if line.get_marker() not in ("None", None)]
    lines = [line for line in lines if color is None or to_rgb(line.get_color()) == to_rgb(color)]
    lines = [line for line in lines if marker is None or line.get_marker() == marker]
    return sorted(value for line in lines for value in line.get_xdata() if not np.isnan(value))


YEAR = pd.DataFrame({"provider": ["A", "A", "A", "B"], "change_share": [0.1, -0.2, 0.0, 0.5]})


def test_changes_are_drawn_each_once_with_its_direction_and_counted():
    ax = how_prices_age.changes_by_seller(YEAR, "Then", "caption")
    assert marks(ax, marker="^") == [0.1, 0.5]
    assert marks(ax, marker="v") == [-0.2]
    assert marks(ax, marker="o") == [0]
    assert ax.figure.subtitle.get_text() == "Then: of 4 packs 2 dearer, 1 cheaper, 1 the same"


def test_rows_of_changes_are_sorted_by_their_median_and_counted():
    ax = how_prices_age.changes_by_seller(YEAR, "Then", "caption")
    assert list(ax.named_rows.values()) == ["B (1)", "A (3)"]
    assert words(ax) == ["1 dearer", "1 dearer, 1 cheaper, 1 the same"]


def watched():
    """Return a history with names, and its moves: a seller with a sale, one seen for less time."""
    sale, still, gone = {0: 10, 7: 8, 14: 10, 90: 10}, {0: 5, 90: 5}, {0: 4, 7: 8}
    packs = [{"usd": sale}, {"usd": still}, {"usd": gone, "provider": "Saily"}]
    history = prices(*packs)
    history = history.assign(pack=pack_names(history))
    return history, how_prices_age.moves(how_prices_age.pairs(history), 0.05)


def test_paths_start_at_nothing_and_follow_the_prices():
    axes = how_prices_age.price_paths(*watched(), 0.05)
    drawn = [line.get_ydata().tolist() for ax in axes.flat for line in ax.lines]
    assert drawn == [[0, pytest.approx(-0.2), 0, 0], [0, 0], [0, 1]]
    told = [ax.get_title(loc="left") for ax in axes.flat]
    assert told == ["Airalo: 1 of 2 packs moved", "Saily: 1 of 1 packs moved"]
    assert (
        axes[0, 0].figure.subtitle.get_text()
        == "2 of 3 packs moved by over 5%; 1 came back to within 5%"
    )
    assert axes[0, 0].get_ylim() != axes[0, 1].get_ylim()


def test_a_panel_says_when_its_packs_were_last_seen():
    axes = how_prices_age.price_paths(*watched(), 0.05)
    assert [words(ax) for ax in axes.flat] == [[], ["not seen after 8 January"]]


def test_ageing_shows_shares_intervals_sellers_and_where_there_are_none():
    moved, still = {"usd": {0: 10, 7: 12}}, {"usd": {0: 10, 7: 10}, "provider": "Saily"}
    paired = how_prices_age.pairs(prices(moved, still, still))
    ages = [(1, 7), (141, 330)]
    total = how_prices_age.changed_share(paired, ages, 0.05, 50)
    each = pd.concat(
        how_prices_age.changed_share(own, ages, 0.05, 50) for _, own in paired.groupby("provider")
    )
    ax = how_prices_age.changed_by_age(total, each, 0.05, "caption")
    assert marks(ax, ACCENT, "D") == pytest.approx([1 / 3])
    assert marks(ax, MID) == [0, 1]
    bands = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(bands, total[["low_share", "high_share"]])
    assert words(ax) == ["33% of 3 packs, 2 sellers", "no pair of prices"]


def ages(*days_old):
    day = pd.Timestamp(ON)
    return plans(
        **{f"p{n}": {"as_of": day - pd.Timedelta(days=days)} for n, days in enumerate(days_old)}
    )


def test_old_prices_are_in_the_accent_and_counted_from_the_day_of_the_reader():
    ax = how_prices_age.ages_of_prices(ages(151, 150, 150, 10), ON)
    drawn = {(bar.get_facecolor()[:3], bar.get_height()) for bar in ax.patches if bar.get_height()}
    assert drawn == {(to_rgb(ACCENT), 1), (to_rgb(GREY), 2), (to_rgb(GREY), 1)}
    assert title(ax) == "How old our prices are: 1 of 4 are too old to trust"
    assert {"old before 29 June", "read on 26 November"} <= set(words(ax))
    later = how_prices_age.ages_of_prices(ages(151, 150, 150, 10), ON + dt.timedelta(days=1))
    assert title(later) == "How old our prices are: 3 of 4 are too old to trust"


def test_old_and_fresh_prices_of_one_week_are_stacked():
    ax = how_prices_age.ages_of_prices(ages(150, 148, 148), ON + dt.timedelta(days=2))
    assert [(bar.get_y(), bar.get_height()) for bar in ax.patches] == [(0, 1), (1, 2)]


def test_the_caption_has_the_file_the_number_of_prices_and_the_dates():
    told = "2 prices of travel packs seen from 1 January 2026 to 8 January 2026."
    assert (
        how_prices_age.observed(prices({"usd": {0: 1, 7: 2}}))
        == f"Source: data/price_history.csv; {told}"
    )


def test_charts_of_nothing_say_so():
    history, moved = watched()
    for ax in (
        how_prices_age.changes_by_seller(YEAR.head(0), "Then", "caption"),
        how_prices_age.price_paths(history.head(0), moved, 0.05),
    ):
        assert "no row fits" in words(ax)[0]
