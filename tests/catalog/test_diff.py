"""What a diff of two catalogues says, and which prices have a second source."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA, plans

from prepaid.catalog import upkeep
from prepaid.prices import pack_names

ROWS = {
    "fi-flexible": {"data_gb": 0.0, "after_allowance": "payg", "overage_usd_per_gb": 10.0},
    "tello-2gb": {
        "provider": "Tello",
        "data_gb": 2.0,
        "after_allowance": "stop",
        "voice_text": True,
    },
    "visible-plus": {"provider": "Visible", "unlimited": True, "data_gb": None},
}
PLANS = plans(
    **{name: {"source_id": "page", "note": name, **cells} for name, cells in ROWS.items()}
)
# Four plans that are the same in all but name, offer and price.
TWINS = PLANS.loc[["visible-plus"] * 4].assign(
    plan=list("ABCD"), price_usd=[10.0, 20.0, 30.0, 40.0]
)
TWINS = TWINS.assign(
    offer=pd.Categorical(["standard", "standard", "promo", "promo"], PLANS["offer"].cat.categories)
)
SEEN, NOTHING = DATA.price_history, DATA.second_sources.head(0)


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


def test_equal_catalogues_have_no_difference():
    assert upkeep.diff_catalogs(PLANS, PLANS.copy()).empty


@pytest.mark.parametrize(
    ("plan_id", "column", "value", "change", "percent"),
    [
        ("tello-2gb", "price_usd", 11.0, "dearer", 10),
        ("tello-2gb", "price_usd", 9.0, "cheaper", -10),
        ("visible-plus", "autopay_price_usd", 8.0, "terms", None),
        ("fi-flexible", "overage_usd_per_gb", 12.0, "dearer", 20),
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
    assert rows(
        upkeep.diff_catalogs(PLANS, new)[["change", "plan_id", "old_plan_id", "column"]]
    ) == [
        ("renamed", "visible-two", "visible-plus", "plan_id"),
        ("dearer", "visible-two", "visible-plus", "price_usd"),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data_gb", 3.0),
        ("term_days", 28),
        ("voice_text", False),
        ("provider", "Else"),
        ("unlimited", True),
    ],
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
    assert dict(zip(changes["plan_id"], changes["old_plan_id"], strict=True)) == dict(
        zip("wxyz", "cadb", strict=True)
    )
    assert set(changes["change"]) == {"renamed"}


def test_an_equal_identifier_is_never_matched_to_another_plan():
    old, new = named(TWINS, *"abcd"), named(TWINS, *"badc")
    changes = upkeep.diff_catalogs(old, new)
    assert (changes["plan_id"] == changes["old_plan_id"]).all()


plan_lists = st.lists(st.integers(0, 20), unique=True, max_size=8).flatmap(
    lambda ids: st.tuples(
        *[
            st.tuples(st.just(i), st.integers(0, 1), st.integers(0, 2), st.integers(1, 3))
            for i in ids
        ]
    )
)


@pytest.mark.slow
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
    matched = changes.dropna(subset=["plan_id", "old_plan_id"]).drop_duplicates(
        ["plan_id", "old_plan_id"]
    )
    assert matched["plan_id"].is_unique
    assert matched["old_plan_id"].is_unique
    assert len(new) - len(added) == len(old) - len(gone)
    left_over = {(*row,) for row in new.loc[added["plan_id"], "data_gb"].to_frame().to_numpy()}
    assert left_over.isdisjoint(
        (*row,) for row in old.loc[gone["old_plan_id"], "data_gb"].to_frame().to_numpy()
    )


def test_the_way_back_is_the_same_way():
    new = PLANS.drop("tello-2gb").rename(index={"visible-plus": "visible-two"})
    there, back = upkeep.diff_catalogs(PLANS, new), upkeep.diff_catalogs(new, PLANS)
    assert set(there["change"]) == {"gone", "renamed"}
    assert set(back["change"]) == {"added", "renamed"}


def test_frames_that_no_loader_returns_are_refused_all_at_once():
    twice = pd.concat([PLANS, PLANS.loc[["tello-2gb"]]]).drop(columns="note")
    with pytest.raises(
        ValueError,
        match=r"columns differ in \['note'\].*old: plan_id \['tello-2gb'\] more than once",
    ):
        upkeep.diff_catalogs(twice, PLANS)


def test_every_pack_of_the_history_has_a_name_of_its_own():
    assert pack_names(SEEN).nunique() == len(SEEN[upkeep.WHAT].drop_duplicates())


@pytest.mark.parametrize("days", [0, 79, 180])
def test_a_second_source_is_another_one_with_the_same_price_near_in_time(days):
    plans = DATA.plans
    found = upkeep.seen_elsewhere(plans, SEEN, NOTHING, days)
    packs, seen = pack_names(plans), defaultdict(list)
    for pack, one in zip(pack_names(SEEN), SEEN.itertuples(), strict=True):
        seen[pack, one.price_usd].append(one)
    for plan_id, plan in plans.iterrows():
        expected = "-na-" not in plan_id and any(
            one.source_id != plan["source_id"]
            and abs((one.observed_on - plan["as_of"]).days) <= days
            for one in seen[packs[plan_id], plan["price_usd"]]
        )
        assert found[plan_id] == expected, plan_id
    assert found.any() == (days > 0)


def test_a_north_american_plan_is_not_confirmed_by_a_pack_for_the_usa():
    row = plans(**{"gigsky-5gb-30d": {"provider": "GigSky", "source_id": "one"}})
    seen = SEEN.iloc[[0]].assign(
        provider="GigSky", data_gb=5.0, term_days=30, unlimited=False, price_usd=10.0
    )
    seen = seen.assign(observed_on=row["as_of"].iloc[0], source_id="else", voice_text=False)
    assert upkeep.seen_elsewhere(row, seen, NOTHING, 10).all()
    assert not upkeep.seen_elsewhere(
        row.rename(index=lambda one: "gigsky-na-5gb-30d"), seen, NOTHING, 10
    ).any()
