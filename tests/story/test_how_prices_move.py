"""What a diff of two catalogues says, and the figures of the price history against slow references."""

import itertools
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA

from prepaid.catalog import upkeep
from prepaid.prices import pack_names
from prepaid.story import how_prices_move

PLANS = DATA.plans
# Four plans that are the same in all but name, offer and price.
TWINS = PLANS.loc[["mint-unlimited-3-month"] * 4].assign(plan=list("ABCD"), price_usd=[10.0, 20.0, 30.0, 40.0])
TWINS = TWINS.assign(offer=pd.Categorical(["standard", "standard", "promo", "promo"], PLANS["offer"].cat.categories))
SEEN = DATA.price_history


def named(plans, *plan_ids):
    """Return the plans with these identifiers."""
    return plans.set_axis(pd.Index(plan_ids, name="plan_id"))


def changed(plan_id, **cells):
    """Return the catalogue with one plan's cells changed."""
    plans = PLANS.copy()
    for column, value in cells.items():
        plans[column] = plans[column].astype(object)
        plans.loc[plan_id, column] = value
    return plans


def rows(changes):
    """Return changes as tuples, missing as None."""
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in changes.to_numpy()]


# --- what changed between two catalogues ---


def test_equal_catalogues_have_no_difference():
    assert upkeep.diff_catalogs(PLANS, PLANS.copy()).empty


@pytest.mark.parametrize(
    ("plan_id", "column", "value", "change", "percent"),
    [
        ("tello-2gb", "price_usd", 11.0, "dearer", 10),
        ("tello-2gb", "price_usd", 9.0, "cheaper", -10),
        ("att-unlimited-saver", "autopay_price_usd", 33.0, "terms", None),
        ("google-fi-flexible", "overage_usd_per_gb", 12.0, "dearer", 20),
        ("tello-2gb", "data_gb", 3.0, "terms", None),
        ("tello-2gb", "term_days", 28, "terms", None),
        ("tello-2gb", "after_allowance", "throttle", "terms", None),
        ("visible-plus", "data_gb", 50.0, "terms", None),
        ("visible-plus", "tourist_only", True, "terms", None),
        ("visible-plus", "offer", "promo", "terms", None),
        ("tello-2gb", "plan", "2 GB, new name", "renamed", None),
        ("tello-2gb", "provider", "Tello Mobile", "renamed", None),
        ("tello-2gb", "as_of", pd.Timestamp("2026-11-01"), "record", None),
        ("tello-2gb", "source_id", "tello-payg", "record", None),
        ("visible-plus", "note", "checked", "record", None),
    ],
)
def test_each_kind_of_change(plan_id, column, value, change, percent):
    before = PLANS.loc[plan_id, column]
    changes = upkeep.diff_catalogs(PLANS, changed(plan_id, **{column: value}))
    found = (change, plan_id, plan_id, column, None if pd.isna(before) else before, value)
    assert rows(changes.drop(columns="percent")) == [found]
    assert changes["percent"].iloc[0] == pytest.approx(percent or np.nan, nan_ok=True)


def test_a_plan_can_get_dearer_and_change_its_terms_at_once():
    changes = upkeep.diff_catalogs(PLANS, changed("tello-2gb", price_usd=12.0, data_gb=3.0))
    assert changes["change"].tolist() == ["dearer", "terms"]


def test_a_price_that_was_zero_has_no_percentage():
    changes = upkeep.diff_catalogs(changed("tello-2gb", price_usd=0.0), PLANS)
    assert changes["change"].tolist() == ["dearer"]
    assert changes["percent"].isna().all()


def test_added_and_gone_show_their_price_and_stand_in_the_order_of_the_files():
    ids = ["visible-plus", "tello-2gb"]
    old, new = PLANS.drop(ids), PLANS
    in_order = [plan_id for plan_id in PLANS.index if plan_id in ids]
    prices = PLANS["price_usd"]
    assert rows(upkeep.diff_catalogs(old, new)) == [
        ("added", one, None, "price_usd", None, prices[one], None) for one in in_order
    ]
    assert rows(upkeep.diff_catalogs(new, old)) == [
        ("gone", None, one, "price_usd", prices[one], None, None) for one in in_order
    ]


def test_a_new_identifier_is_a_rename_and_hides_no_other_change():
    new = changed("visible-plus", price_usd=40.0).rename(index={"visible-plus": "visible-two"})
    assert rows(upkeep.diff_catalogs(PLANS, new)[["change", "plan_id", "old_plan_id", "column"]]) == [
        ("renamed", "visible-two", "visible-plus", "plan_id"),
        ("dearer", "visible-two", "visible-plus", "price_usd"),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [("data_gb", 3.0), ("term_days", 28), ("voice_text", False), ("provider", "Else"), ("unlimited", True)],
)
def test_another_identifier_and_another_thing_are_gone_and_added(column, value):
    new = changed("tello-2gb", **{column: value}).rename(index={"tello-2gb": "tello-new"})
    assert upkeep.diff_catalogs(PLANS, new)["change"].tolist() == ["added", "gone"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"plan": "C"}, "c"),  # the name goes before offer and price
        ({"plan": "E", "offer": "promo", "price_usd": 11.0}, "c"),  # then the offer
        ({"plan": "E", "price_usd": 19.0}, "b"),  # then the price
        ({"plan": "E", "price_usd": 15.0}, "a"),  # then the order of the file
    ],
)
def test_of_several_candidates_the_likest_is_taken(now, expected):
    new = named(TWINS.head(1).assign(**{"offer": "standard", "price_usd": 10.0} | now), "x")
    changes = upkeep.diff_catalogs(named(TWINS, *"abcd"), new)
    assert changes.loc[changes["column"] == "plan_id", "old"].tolist() == [expected]
    assert set(changes.loc[changes["change"] == "gone", "old_plan_id"]) == set("abcd") - {expected}


def test_duplicates_are_matched_once_each_by_their_names():
    shuffled = TWINS.iloc[[2, 0, 3, 1]]
    changes = upkeep.diff_catalogs(named(TWINS, *"abcd"), named(shuffled, *"wxyz"))
    assert dict(zip(changes["plan_id"], changes["old_plan_id"], strict=True)) == dict(zip("wxyz", "cadb", strict=True))
    assert set(changes["change"]) == {"renamed"}


def test_an_equal_identifier_is_never_matched_to_another_plan():
    old, new = named(TWINS, *"abcd"), named(TWINS, *"badc")
    changes = upkeep.diff_catalogs(old, new)
    assert (changes["plan_id"] == changes["old_plan_id"]).all()


plan_lists = st.lists(st.integers(0, 20), unique=True, max_size=8).flatmap(
    lambda ids: st.tuples(
        *[st.tuples(st.just(i), st.integers(0, 1), st.integers(0, 2), st.integers(1, 3)) for i in ids]
    )
)


@given(plan_lists, plan_lists)
def test_no_plan_is_matched_twice_and_none_is_lost(before, after):
    """Each plan is one (identifier, size, name, price); few sizes make many duplicates."""
    old, new = (
        named(
            PLANS.loc[["tello-2gb"] * len(plans)].assign(
                data_gb=[float(plan[1]) for plan in plans],
                plan=[str(plan[2]) for plan in plans],
                price_usd=[float(plan[3]) for plan in plans],
            ),
            *[f"p-{plan[0]}" for plan in plans],
        )
        for plans in (before, after)
    )
    changes = upkeep.diff_catalogs(old, new)
    added, gone = (changes.loc[changes["change"] == kind] for kind in ("added", "gone"))
    matched = changes.dropna(subset=["plan_id", "old_plan_id"]).drop_duplicates(["plan_id", "old_plan_id"])
    assert matched["plan_id"].is_unique
    assert matched["old_plan_id"].is_unique
    assert len(new) - len(added) == len(old) - len(gone)
    left_over = {(*row,) for row in new.loc[added["plan_id"], "data_gb"].to_frame().to_numpy()}
    assert left_over.isdisjoint((*row,) for row in old.loc[gone["old_plan_id"], "data_gb"].to_frame().to_numpy())


def test_the_way_back_is_the_same_way():
    new = PLANS.drop("tello-2gb").rename(index={"visible-plus": "visible-two"})
    there, back = upkeep.diff_catalogs(PLANS, new), upkeep.diff_catalogs(new, PLANS)
    assert set(there["change"]) == {"gone", "renamed"}
    assert set(back["change"]) == {"added", "renamed"}


def test_frames_that_no_loader_returns_are_refused_all_at_once():
    twice = pd.concat([PLANS, PLANS.loc[["tello-2gb"]]]).drop(columns="note")
    with pytest.raises(ValueError, match=r"columns differ in \['note'\].*old: plan_id \['tello-2gb'\] more than once"):
        upkeep.diff_catalogs(twice, PLANS)


# --- packs and their sources ---


def test_a_pack_is_named_by_what_it_is():
    names = pack_names(PLANS)
    assert names["airalo-5gb-30d"] == "Airalo 5 GB, 30 days"
    assert names["airalo-5gb-30d-voice"] == "Airalo 5 GB, 30 days, calls"
    assert names["ubigi-500mb-1d"] == "Ubigi 0.5 GB, 1 day"
    assert names["gigsky-1gb-7d"] == "GigSky 1 GB, 7 days", "calls are blank in the catalogue"
    assert names["airalo-unlimited-7d"] == "Airalo unlimited, 7 days", "5 GB a day, which the history does not say"
    assert names["roamless-payg-1gb"] == "Roamless 1 GB, no end"


def test_every_pack_of_the_history_has_a_name_of_its_own():
    assert pack_names(SEEN).nunique() == len(SEEN[upkeep.WHAT].drop_duplicates())


@pytest.mark.parametrize("days", [0, 79, 180])
def test_a_second_source_is_another_one_with_the_same_price_near_in_time(days):
    found = upkeep.seen_elsewhere(PLANS, SEEN, days)
    packs, seen_packs = pack_names(PLANS), pack_names(SEEN)
    for plan_id, plan in PLANS.iterrows():
        expected = "-na-" not in plan_id and any(
            pack == packs[plan_id]
            and one.price_usd == plan["price_usd"]
            and one.source_id != plan["source_id"]
            and abs((one.observed_on - plan["as_of"]).days) <= days
            for pack, one in zip(seen_packs, SEEN.itertuples(), strict=True)
        )
        assert found[plan_id] == expected, plan_id
    assert found.any() == (days > 0)


def test_a_north_american_plan_is_not_confirmed_by_a_pack_for_the_usa():
    plans = PLANS.loc[["gigsky-3gb-15d"]]
    seen = SEEN[pack_names(SEEN) == "GigSky 3 GB, 15 days"].tail(1).assign(source_id="else")
    assert upkeep.seen_elsewhere(plans, seen, 10).all()
    assert not upkeep.seen_elsewhere(plans.rename(index=lambda one: "gigsky-na-3gb-15d"), seen, 10).any()


# --- two prices of the same pack ---


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
    paired = how_prices_move.pairs(seen)
    columns = ["pack", "first_on", "then_on", "before_usd", "after_usd"]
    assert list(paired[columns].itertuples(index=False, name=None)) == slow_pairs(seen)
    np.testing.assert_allclose(paired["before_usd"] * (1 + paired["change_share"]), paired["after_usd"])
    assert (paired["first_on"] + pd.to_timedelta(paired["days"], "D") == paired["then_on"]).all()


def prices(*packs):
    """Return a history of packs of Airalo or another provider, each a dict from day of 2026 to price."""
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
    assert how_prices_move.pairs(prices({"usd": {0: 0, 7: 5, 14: 6}}))["before_usd"].tolist() == [5]


def test_longest_apart_is_the_first_and_last_price():
    paired = how_prices_move.longest_apart(
        how_prices_move.pairs(prices({"usd": {0: 1, 7: 2, 20: 3}}, {"usd": {0: 5, 3: 4}}))
    )
    assert paired[["before_usd", "after_usd", "days"]].to_numpy().tolist() == [[1, 3, 20], [5, 4, 3]]


def test_between_sources_takes_the_nearest_prices_of_each_two():
    source = {10: "esimdb-airalo", 50: "orange-travel"}
    seen = prices({"usd": {0: 10, 8: 11, 10: 12, 50: 13}, "source": source})
    near = how_prices_move.between_sources(how_prices_move.pairs(seen), DATA.sources, 41)
    assert near[["days", "before_usd", "after_usd", "methods"]].to_numpy().tolist() == [
        [40, 12, 13, "aggregator, then transcribed"],
        [2, 11, 12, "third-party, then aggregator"],
    ]


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        ({0: 100, 7: 105, 14: 95}, [(14, None)]),  # exactly 5 per cent is no move
        ({0: 100, 7: 80, 14: 100}, [(7, 14), (14, None)]),
        ({0: 100, 7: 80, 14: 80, 21: 96, 28: 100}, [(7, 21), (21, None)]),  # back to within 5 per cent counts
        ({0: 100, 7: 80, 14: 120}, [(7, None), (14, None)]),
        ({0: 100, 7: 104, 14: 108}, []),  # slow creep is no move from one day to the next
        ({0: 100}, []),
    ],
)
def test_moves_are_between_neighbours_and_know_what_came_back(usd, expected):
    moved = how_prices_move.moves(how_prices_move.pairs(prices({"usd": usd})), 0.05)
    start = pd.Timestamp("2026-01-01")
    found = [
        ((one.then_on - start).days, None if pd.isna(one.back_on) else (one.back_on - start).days)
        for one in moved.itertuples()
    ]
    assert found == expected


def test_waves_count_the_packs_that_moved_together():
    moved = how_prices_move.moves(
        how_prices_move.pairs(prices({"usd": {0: 10, 7: 8, 9: 10}}, {"usd": {0: 10, 7: 9}}, {"usd": {0: 9, 7: 9}})),
        0.05,
    )
    assert how_prices_move.waves(moved).iloc[0].tolist() == [
        *("Airalo", "2026-01-01", "2026-01-08", 2),
        *(pytest.approx(-0.2), pytest.approx(-0.1), 1, "2026-01-10"),
    ]


def test_ranges_span_from_the_lowest_to_the_highest_price():
    ranges = how_prices_move.price_ranges(prices({"usd": {0: 10, 7: 8, 9: 12}}, {"usd": {0: 10}}))
    columns = ["observations", "lowest_usd", "highest_usd", "range_share"]
    assert ranges[columns].to_numpy().tolist() == [[3, 8, 12, 0.5], [1, 10, 10, 0]]


AGES = [(1, 7), (8, 14), (15, 28), (29, 60), (141, 330), (331, 500)]


def test_each_pack_counts_once_in_the_share_that_changed():
    found = how_prices_move.changed_share(how_prices_move.pairs(SEEN), AGES, 0.1, draws=10)
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
    paired = how_prices_move.pairs(SEEN)
    one, same, other = (how_prices_move.changed_share(paired, AGES, 0.05, 200, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one["low_share"].equals(other["low_share"])
    known = one.dropna()
    assert ((known["low_share"] <= known["share"]) & (known["share"] <= known["high_share"])).all()


def test_the_interval_draws_providers_not_only_packs():
    """Ten packs that move together tell less than ten that move by themselves."""
    moved, still = {"usd": {0: 10, 7: 12}}, {"usd": {0: 10, 7: 10}}
    together = prices(*[moved | {"provider": "Airalo"}] * 10, *[still | {"provider": "Saily"}] * 10)
    mixed = prices(*[moved, still, moved | {"provider": "Saily"}, still | {"provider": "Saily"}] * 5)
    bounds = {}
    for name, seen in {"together": together, "mixed": mixed}.items():
        row = how_prices_move.changed_share(how_prices_move.pairs(seen), [(1, 7)], 0.05, 500).iloc[0]
        assert (row["share"], row["providers"]) == (0.5, 2)
        bounds[name] = (row["low_share"], row["high_share"])
    assert bounds["together"] == (0, 1)
    assert 0.1 < bounds["mixed"][0] < bounds["mixed"][1] < 0.9


def test_a_steady_rate_goes_through_the_oldest_row():
    shares = how_prices_move.changed_share(how_prices_move.pairs(SEEN), [(15, 28), (401, 500), (501, 600)], 0.05, 50)
    oldest = shares.iloc[1]
    steady = how_prices_move.steady_shares(shares, [0, oldest["mean_days"], 2 * oldest["mean_days"]])
    for name in ("share", "low_share", "high_share"):
        assert steady[name].tolist() == pytest.approx([0, oldest[name], 1 - (1 - oldest[name]) ** 2])


def test_a_steady_rate_needs_a_pair():
    with pytest.raises(ValueError, match="no pair of prices in any row"):
        how_prices_move.steady_shares(
            how_prices_move.changed_share(how_prices_move.pairs(SEEN), [(501, 600)], 0.05), [1]
        )
