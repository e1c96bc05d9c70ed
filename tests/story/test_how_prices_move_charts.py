"""What the charts of the price history draw: the figures of their tables, nothing else."""

import numpy as np
import pandas as pd
import pytest
from made_up import DATA
from matplotlib.colors import to_rgb

from prepaid import prices
from prepaid.show import ACCENT, MID
from prepaid.story import how_prices_move

pytestmark = pytest.mark.usefixtures("house_style")

SEEN = DATA.price_history
SEEN = SEEN.assign(pack=prices.pack_names(SEEN))
PAIRED = how_prices_move.pairs(SEEN)
YEAR = how_prices_move.longest_apart(PAIRED).query("days >= 330")


def marks(ax, color=None, marker=None):
    """Return the sorted x values of the marks that can be seen, of one colour or shape only where asked for."""
    lines = [line for line in ax.lines if line.get_marker() not in ("None", None)]
    lines = [line for line in lines if color is None or to_rgb(line.get_color()) == to_rgb(color)]
    lines = [line for line in lines if marker is None or line.get_marker() == marker]
    return sorted(value for line in lines for value in line.get_xdata() if not np.isnan(value))


def notes(ax):
    """Return the notes beside the rows, from below."""
    return [text.get_text() for text in ax.texts]


def test_changes_are_drawn_each_once_with_its_direction():
    ax = how_prices_move.changes_by(YEAR, "provider", "Then", "caption")
    assert marks(ax, marker="^") == sorted(YEAR["change_share"][YEAR["change_share"] > 0])
    assert marks(ax, marker="v") == sorted(YEAR["change_share"][YEAR["change_share"] < 0])
    assert marks(ax, marker="o") == [0] * (YEAR["change_share"] == 0).sum()
    dearer, cheaper, same = (sum(len(marks(ax, marker=shape)) for shape in one) for one in "^vo")
    told = f"Then: of {len(YEAR)} packs {dearer} dearer, {cheaper} cheaper, {same} the same"
    assert ax.figure.subtitle.get_text() == told


def test_rows_of_changes_are_sorted_by_their_median_and_counted():
    ax = how_prices_move.changes_by(YEAR, "provider", "Then", "caption")
    groups = YEAR.groupby("provider")["change_share"]
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    medians = [groups.median()[name.rpartition(" (")[0]] for name in names]
    assert medians == sorted(medians)
    assert names[-1] == "Jetpac (6)"
    assert notes(ax)[-1] == "6 dearer"
    assert "2 dearer, 2 cheaper, 2 the same" in notes(ax)


def test_ranges_show_every_pack_and_the_median():
    ranges = how_prices_move.price_ranges(SEEN)
    ax = how_prices_move.ranges_by_provider(ranges, "caption")
    assert marks(ax) == pytest.approx(sorted(ranges["range_share"]))
    medians = ranges.groupby("provider", observed=True)["range_share"].median()
    bars = sorted(line.get_xdata()[0] for line in ax.lines if line.get_marker() == "None")
    assert bars == pytest.approx(sorted(medians))
    assert f"{medians.max():.0%} at {medians.idxmax()}" in ax.get_title(loc="left")


def test_paths_start_at_nothing_and_follow_the_prices():
    recent = SEEN[(SEEN["observed_on"] >= "2026") & SEEN["provider"].isin(["Saily", "Vodafone Travel"])]
    moved = how_prices_move.moves(how_prices_move.pairs(recent), 0.05)
    axes = how_prices_move.price_paths(recent, moved, 0.05)
    drawn = [line.get_ydata() for ax in axes.flat for line in ax.lines]
    assert len(drawn) == recent["pack"].nunique()
    assert all(path[0] == 0 for path in drawn)
    expected = recent["price_usd"] / recent.groupby("pack")["price_usd"].transform("first") - 1
    assert sorted(np.concatenate(drawn)) == pytest.approx(sorted(expected))
    assert [ax.get_title(loc="left") for ax in axes.flat] == [
        "Saily: 9 of 12 packs moved",
        "Vodafone Travel: 5 of 5 packs moved",
    ]
    assert axes[0, 0].figure.subtitle.get_text() == "14 of 17 packs moved by over 5%; 9 came back to within 5%"


def test_a_panel_says_when_its_packs_were_last_seen():
    recent = SEEN[SEEN["provider"].isin(["Saily", "Vodafone Travel"])]
    axes = how_prices_move.price_paths(recent, how_prices_move.moves(how_prices_move.pairs(recent), 0.05), 0.05)
    assert [notes(ax) for ax in axes.flat] == [[], ["not seen after 7 July"]]


@pytest.fixture(scope="module")
def shares():
    ages = [(1, 7), (8, 14), (141, 330), (401, 500)]
    each = [how_prices_move.changed_share(rows, ages, 0.05, 50, 0) for _, rows in PAIRED.groupby("provider")]
    return how_prices_move.changed_share(PAIRED, ages, 0.05, 50, 0), pd.concat(each)


def test_ageing_shows_shares_intervals_and_sellers(shares):
    total, each = shares
    ax = how_prices_move.changed_by_age(total, each, 0.05, "caption")
    assert marks(ax, ACCENT, "D") == pytest.approx(sorted(total["share"].dropna()))
    assert marks(ax, MID) == pytest.approx(sorted(each["share"].dropna()))
    bands = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    np.testing.assert_allclose(bands, total[["low_share", "high_share"]])


def test_ageing_counts_packs_and_says_where_there_are_none(shares):
    total, each = shares
    ax = how_prices_move.changed_by_age(total, each, 0.05, "caption")
    assert notes(ax) == [
        "8% of 49 packs, 3 sellers",
        "19% of 53 packs, 4 sellers",
        "no pair of prices",
        "71% of 41 packs, 7 sellers",
    ]


def test_the_caption_has_the_file_the_number_of_prices_and_the_dates():
    assert how_prices_move.observed(SEEN) == (
        "Source: data/price_history.csv; 441 prices of travel packs seen from 17 June 2025 to 7 October 2026."
    )


def test_charts_of_nothing_say_so():
    ranges = how_prices_move.price_ranges(SEEN)
    for ax in (
        how_prices_move.changes_by(YEAR.head(0), "provider", "Then", "caption"),
        how_prices_move.ranges_by_provider(ranges.head(0), "caption"),
        how_prices_move.price_paths(SEEN.head(0), PAIRED.head(0), 0.05),
    ):
        assert "no row fits" in ax.texts[0].get_text()
