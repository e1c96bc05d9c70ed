"""What the charts draw: the figures of their tables, nothing else."""

import numpy as np
import pytest
from made_up import DATA

from prepaid import prices
from prepaid.story import price_per_gb

pytestmark = pytest.mark.usefixtures("house_style")


@pytest.fixture(scope="module")
def plans():
    return DATA.plans.join(prices.unit_prices(DATA.plans))


@pytest.fixture(scope="module")
def priced(plans):
    return plans[plans["usd_per_gb"].notna() & (plans["offer"] == "standard")]


def points(ax):
    """Return the (x, y) of all marks of a scatter plot."""
    return np.concatenate([collection.get_offsets() for collection in ax.collections])


def words(ax):
    """Return all text in and around the axes."""
    return [text.get_text() for text in [*ax.texts, *ax.get_yticklabels(), ax.title, ax.figure._supxlabel] if text]


def test_price_against_gb_draws_every_plan(priced):
    ax = price_per_gb.price_against_gb(priced)
    expected = priced[["term_gb", "price_usd"]].to_numpy()
    assert sorted(map(tuple, points(ax))) == sorted(map(tuple, expected))
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_lines_of_equal_price_are_where_they_say(priced):
    for line in price_per_gb.price_against_gb(priced).lines:
        assert np.ptp(line.get_ydata() / line.get_xdata()) == pytest.approx(0)


def test_cheapest_by_term_draws_the_lowest_prices(priced):
    axes = price_per_gb.cheapest_by_term(priced, {"short": (1, 5), "month": (16, 31)}, rows=3)
    for ax, days in zip(axes, [(1, 5), (16, 31)], strict=True):
        rows = priced[priced["term_days"].between(*days)].nsmallest(3, "usd_per_gb")
        assert [bar.get_width() for bar in ax.patches] == rows["usd_per_gb"].tolist()
        assert [bar.get_hatch() == "///" for bar in ax.patches] == rows["refreshes"].tolist()


def test_ranges_without_any_plan_are_drawn_empty(priced):
    axes = price_per_gb.cheapest_by_term(priced[priced["term_days"].isna()], {"short": (1, 5), "month": (16, 31)})
    assert [len(ax.patches) for ax in axes] == [0, 0]


def test_groups_show_their_median(priced):
    ax = price_per_gb.price_per_gb_by(priced, "provider_kind")
    medians = priced.groupby("provider_kind", observed=True)["usd_per_gb"].median()
    assert sorted(line.get_xdata()[0] for line in ax.lines) == sorted(medians)
    assert len(points(ax)) == len(priced)


def test_sizes_show_their_median(priced):
    packs = priced[(priced["provider_kind"] == "travel_esim") & ~priced["refreshes"]]
    ax = price_per_gb.price_per_gb_by_size(packs)
    sizes = packs.groupby("term_gb")["usd_per_gb"]
    expected = sizes.median()[sizes.size() >= 10]
    np.testing.assert_allclose(ax.lines[0].get_xydata(), list(expected.items()))


def test_unlimited_shows_published_amounts_and_names_the_silent(plans):
    unlimited = plans[plans["unlimited"]]
    ax = price_per_gb.unlimited_limits(unlimited)
    drawn = np.concatenate([line.get_xdata() for line in ax.lines])
    expected = (unlimited["data_gb"] / unlimited["allowance_days"].astype(float) * 30).dropna()
    assert sorted(drawn[~np.isnan(drawn)]) == sorted(expected)
    silent = unlimited.groupby("provider", observed=True)["data_gb"].max().isna()
    for provider, says_nothing in silent.items():
        drawn_as_row = provider in [label.get_text() for label in ax.get_yticklabels()]
        assert drawn_as_row != says_nothing
        assert not says_nothing or provider in " ".join(words(ax)).replace("\n", " ")


def test_speeds_are_megabytes_per_hour_as_kilobits_per_second():
    uses = price_per_gb.steady_kbps(DATA.activities.loc[["netflix-480p"]])
    assert uses[["low_kbps", "high_kbps"]].iloc[0].tolist() == pytest.approx(
        [200 * 8e6 / 3600 / 1e3, 350 * 8e6 / 3600 / 1e3]
    )
    assert uses["name"].tolist() == ["Netflix, 480p"]


def test_a_speed_allows_what_needs_no_more():
    uses = price_per_gb.steady_kbps(DATA.activities)
    allows = price_per_gb.speed_allows(uses, [1, 128, 1_000_000])
    assert allows["uses_work"].tolist() == [0, (uses["high_kbps"] <= 128).sum(), len(uses)]
    assert allows.loc[128, "most_gb_per_day"] == pytest.approx(128 * 86_400 / 8e6)
    assert allows["hardest_use"].isna().tolist() == [True, False, False]


def test_speed_needs_draws_ranges_and_limits():
    uses = price_per_gb.steady_kbps(DATA.activities)
    ax = price_per_gb.speed_needs(uses, [128, 1000])
    segments = ax.collections[0].get_segments()
    assert sorted((s[0][0], s[1][0]) for s in segments) == sorted(zip(uses["low_kbps"], uses["high_kbps"], strict=True))
    assert [line.get_xdata()[0] for line in ax.lines[:2]] == [128, 1000]


def test_two_prices_are_drawn_per_30_days(plans):
    offers = price_per_gb.offers_and_usual(plans)
    ax = price_per_gb.two_prices(offers, "price_usd", "usual_price_usd", ("offer", "standard"), "The offer")
    low, high = (sorted(line.get_xdata()) for line in ax.lines)
    assert low == pytest.approx(sorted(offers["price_usd"] / offers["term_days"].astype(float) * 30))
    assert high == pytest.approx(sorted(offers["usual_price_usd"] / offers["term_days"].astype(float) * 30))


def test_unknown_tax_is_drawn_as_unknown(plans):
    ax = price_per_gb.age_and_tax(plans)
    labels = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    included, silent = plans["taxes_included"].sum(), plans[plans["taxes_included"].isna()]
    on_top = len(plans) - included - len(silent)
    expected = [
        f"tax included ({included} plans)",
        f"tax on top ({on_top} plans)",
        f"tax not said ({len(silent)} plans)",
    ]
    assert sorted(labels) == sorted(expected)
    assert len(labels[expected[2]].get_xdata()) == len(silent.drop_duplicates(["provider", "as_of"]))


def test_stale_prices_are_counted(plans):
    aged = plans.assign(as_of=plans["as_of"].where(plans["provider"] != "Mint Mobile", "2026-01-01"))
    count = (plans["provider"] == "Mint Mobile").sum()
    assert price_per_gb.age_and_tax(aged).get_title(loc="left").startswith(f"{count} stale prices")


def test_every_chart_names_its_source_and_dates(priced):
    caption = price_per_gb.price_against_gb(priced).figure._supxlabel.get_text()
    assert caption.startswith(f"Source: data/plans.csv; {len(priced)} plans, prices of ")
    assert caption.endswith("7 October 2026, before tax unless included.")


@pytest.mark.parametrize(
    "chart", [price_per_gb.price_against_gb, price_per_gb.price_per_gb_by_size, price_per_gb.unlimited_limits]
)
def test_nothing_to_draw_is_said(priced, chart):
    assert words(chart(priced[:0]))[0] == "Nothing to draw: no row fits the parameters."


def test_a_dollar_sign_is_a_dollar_sign(priced):
    assert not any(text.get_parse_math() for text in price_per_gb.price_against_gb(priced).texts)


def test_the_plan_is_named_once_with_its_provider(plans):
    names = prices.full_name(plans)
    assert names["visible-plus"] == "Visible+"
    assert names["airalo-5gb-30d"] == "Airalo 5 GB, 30 days"
