"""What `python -m prepaid diff` says of two catalogues."""

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from editing import edit, git, set_cell
from hypothesis import given
from hypothesis import strategies as st
from made_up import plans

from prepaid.catalog import DATA
from upkeep import diff

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
    assert diff.diff_catalogs(PLANS, PLANS.copy()).empty


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
    changes = diff.diff_catalogs(PLANS, changed(plan_id, **{column: value}))
    found = (change, plan_id, plan_id, column, None if pd.isna(before) else before, value)
    assert rows(changes.drop(columns="percent")) == [found]
    assert changes["percent"].iloc[0] == pytest.approx(percent or np.nan, nan_ok=True)


def test_a_plan_can_get_dearer_and_change_its_terms_at_once():
    changes = diff.diff_catalogs(PLANS, changed("tello-2gb", price_usd=12.0, data_gb=3.0))
    assert changes["change"].tolist() == ["dearer", "terms"]


def test_a_price_that_was_zero_has_no_percentage():
    changes = diff.diff_catalogs(changed("tello-2gb", price_usd=0.0), PLANS)
    assert changes["change"].tolist() == ["dearer"]
    assert changes["percent"].isna().all()


def test_added_and_gone_show_their_price_and_stand_in_the_order_of_the_files():
    ids = ["visible-plus", "tello-2gb"]
    old, new = PLANS.drop(ids), PLANS
    in_order = [plan_id for plan_id in PLANS.index if plan_id in ids]
    prices = PLANS["price_usd"]
    assert rows(diff.diff_catalogs(old, new)) == [
        ("added", one, None, "price_usd", None, prices[one], None) for one in in_order
    ]
    assert rows(diff.diff_catalogs(new, old)) == [
        ("gone", None, one, "price_usd", prices[one], None, None) for one in in_order
    ]


def test_a_new_identifier_is_a_rename_and_hides_no_other_change():
    new = changed("visible-plus", price_usd=40.0).rename(index={"visible-plus": "visible-two"})
    assert rows(diff.diff_catalogs(PLANS, new)[["change", "plan_id", "old_plan_id", "column"]]) == [
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
    assert diff.diff_catalogs(PLANS, new)["change"].tolist() == ["added", "gone"]


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
    changes = diff.diff_catalogs(named(TWINS, *"abcd"), new)
    assert changes.loc[changes["column"] == "plan_id", "old"].tolist() == [expected]
    assert set(changes.loc[changes["change"] == "gone", "old_plan_id"]) == set("abcd") - {expected}


def test_duplicates_are_matched_once_each_by_their_names():
    shuffled = TWINS.iloc[[2, 0, 3, 1]]
    changes = diff.diff_catalogs(named(TWINS, *"abcd"), named(shuffled, *"wxyz"))
    assert dict(zip(changes["plan_id"], changes["old_plan_id"], strict=True)) == dict(
        zip("wxyz", "cadb", strict=True)
    )
    assert set(changes["change"]) == {"renamed"}


def test_an_equal_identifier_is_never_matched_to_another_plan():
    old, new = named(TWINS, *"abcd"), named(TWINS, *"badc")
    changes = diff.diff_catalogs(old, new)
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
    changes = diff.diff_catalogs(old, new)
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
    there, back = diff.diff_catalogs(PLANS, new), diff.diff_catalogs(new, PLANS)
    assert set(there["change"]) == {"gone", "renamed"}
    assert set(back["change"]) == {"added", "renamed"}


def test_frames_that_no_loader_returns_are_refused_all_at_once():
    twice = pd.concat([PLANS, PLANS.loc[["tello-2gb"]]]).drop(columns="note")
    with pytest.raises(
        ValueError,
        match=r"columns differ in \['note'\].*old: plan_id \['tello-2gb'\] more than once",
    ):
        diff.diff_catalogs(twice, PLANS)


# --- the command ---


def raise_price(folder, plan_id, price_usd):
    """Change one price in a folder's plans.csv."""
    edit(
        folder / "plans.csv",
        lambda rows: [row.update(price_usd=price_usd) for row in rows if row["plan_id"] == plan_id],
    )


@pytest.mark.parametrize("as_file", [True, False])
def test_diff_of_files_and_folders(run, data, as_file):
    raise_price(data, "tello-2gb", "11")
    code, out, err = run("diff", DATA, data / "plans.csv" if as_file else data)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["dearer", "tello-2gb", "price_usd", "10", "11", "+10.0"]
    assert "\n1 dearer.\n" in out


def test_diff_of_equal_catalogues(run):
    assert run("diff", DATA, DATA) == (
        0,
        "Nothing changed in plans.csv (other tables are not compared).\n",
        "",
    )


def test_diff_shows_both_identifiers_and_prices_of_what_came_and_went(run, data):
    def change(rows):
        rows[0]["plan_id"] = "att-unlimited-2"
        del rows[1]
        rows.append(rows[-1] | {"plan_id": "brand-new", "provider": "Brand", "plan": "New"})

    edit(data / "plans.csv", change)
    lines = [line.split() for line in run("diff", DATA, data)[1].splitlines()[1:4]]
    assert lines[0] == [
        "renamed",
        "att-unlimited-2",
        "plan_id",
        "att-unlimited-new",
        "att-unlimited-2",
    ]
    assert lines[1][:3] == ["added", "brand-new", "price_usd"]
    assert lines[2] == ["gone", "att-unlimited-saver", "price_usd", "35"]


def test_diff_counts_new_dates_without_listing_them(run, data):
    edit(
        data / "plans.csv",
        lambda rows: [row.update(as_of="2026-11-01", note="x") for row in rows[:7]],
    )
    out = run("diff", DATA, data)[1]
    assert "7 plans with a new source, date or note." in out
    assert "as_of" not in out


def test_diff_lists_other_sources_and_earlier_days_for_a_person_to_look_at(run, data):
    with (data / "plans.csv").open(encoding="utf-8") as file:
        first, second, *_ = csv.DictReader(file)

    def swap(rows):
        rows[0].update(source_id="esim-price-monitor")
        rows[1].update(as_of="2020-01-01")
        rows[2].update(as_of="2026-11-25")  # seen again

    edit(data / "plans.csv", swap)
    told = [line for line in run("diff", DATA, data)[1].splitlines() if line.startswith("Look at")]
    assert told == [
        f"Look at source_id: {first['source_id']} became esim-price-monitor in {first['plan_id']}",
        f"Look at as_of: {second['as_of']} became 2020-01-01 in {second['plan_id']}",
    ]


def test_diff_of_a_broken_catalogue_says_what_is_wrong(run, data):
    raise_price(data, "tello-2gb", "abc")
    code, out, err = run("diff", DATA, data)
    assert (code, out) == (1, "")
    assert "price_usd: 'abc' is not a number" in err


def notebook(path, code, text):
    """Write a notebook of one cell with its output."""
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    cells = [{"cell_type": "code", "source": [code], "outputs": [output]}]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def repository(tmp_path, data, monkeypatch):
    """Make data/ and two notebooks a git repository of their own, with one commit."""
    (tmp_path / "notebooks").mkdir()
    notebook(
        tmp_path / "notebooks" / "01-all.ipynb",
        "plans = load_plans()",
        "Tello       2 GB  $10.00\nVisible+",
    )
    notebook(tmp_path / "notebooks" / "02-some.ipynb", "prepaid.load_plans(path)", "343 plans")
    notebook(
        tmp_path / "notebooks" / "03-none.ipynb", "load_channels()", "Tello 2 GBit, MyTello 2 GB"
    )
    git(tmp_path, "init", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--message=one")
    for module in ("diff", "repository"):
        monkeypatch.setattr(f"upkeep.{module}.ROOT", tmp_path)
    monkeypatch.setattr("upkeep.__main__.DATA", data)
    return tmp_path


@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD~0"])
def test_diff_of_a_revision_against_the_working_tree(run, data, repository, revision):
    raise_price(data, "tello-2gb", "11")
    code, out, err = run("diff", revision)
    assert (code, err) == (0, "")
    assert "\n1 dearer.\n" in out


def test_diff_of_two_revisions(run, data, repository):
    raise_price(data, "tello-2gb", "9")
    git(repository, "commit", "--all", "--message=two")
    raise_price(data, "tello-2gb", "50")
    assert "\n1 cheaper.\n" in run("diff", "HEAD~1", "HEAD")[1]


def test_a_revision_needs_no_other_table(run, data, repository):
    git(repository, "rm", "-r", "--quiet", "data")
    assert run("diff", "HEAD", DATA)[:2] == (
        0,
        "Nothing changed in plans.csv (other tables are not compared).\n",
    )


def test_diff_says_which_notebooks_read_and_which_name_a_changed_plan(run, data, repository):
    raise_price(data, "tello-2gb", "11")
    out = run("diff", "HEAD")[1]
    assert "may move: 01-all, 02-some\n" in out
    assert "they will probably: 01-all\n" in out


@pytest.mark.parametrize("order", [1, -1], ids=["gone", "added"])
def test_a_plan_that_came_or_went_counts_as_changed(run, data, repository, order):
    old_and_new = [data, repository / "new"]
    shutil.copytree(*old_and_new)
    edit(
        repository / "new" / "plans.csv",
        lambda rows: rows.remove(next(r for r in rows if r["plan_id"] == "tello-2gb")),
    )
    assert "they will probably: 01-all\n" in run("diff", *old_and_new[::order])[1]


def test_of_names_that_begin_alike_the_longer_one_counts(run, data, repository):
    """Visible is a plan, Visible+ Pro another."""
    raise_price(data, "visible-monthly", "26")
    notebook(repository / "notebooks" / "01-all.ipynb", "load_plans()", "Visible+ Pro")
    assert "they will probably: no notebook\n" in run("diff", "HEAD")[1]


def test_a_new_price_of_an_old_day_is_pointed_out(run, data, repository):
    raise_price(data, "visible-monthly", "26")
    said = "A price changed, but not the day on which it was seen (as_of): visible-monthly\n"
    assert said in run("diff", "HEAD")[1]

    def seen_later(rows):
        next(row for row in rows if row["plan_id"] == "visible-monthly")["as_of"] = "2026-11-01"

    edit(data / "plans.csv", seen_later)
    assert said not in run("diff", "HEAD")[1]


@pytest.mark.parametrize("content", ["{", "[]", "<<<<<<< HEAD"])
def test_a_notebook_that_is_none_is_named(run, data, repository, content):
    raise_price(data, "visible-monthly", "26")
    (repository / "notebooks" / "01-all.ipynb").write_text(content, encoding="utf-8")
    code, _, err = run("diff", "HEAD")
    assert (code, err) == (2, "01-all.ipynb is not a notebook (left-over marks of a merge?)\n")


def test_a_revision_without_tables_or_of_other_rules_is_refused(run, data, repository):
    text = (data / "plans.csv").read_text(encoding="utf-8")
    (data / "plans.csv").write_text(text.replace("price_usd", "price", 1), encoding="utf-8")
    git(repository, "commit", "--all", "--message=old rules")
    code, _, err = run("diff", "HEAD")
    assert code == 2
    assert (
        "'HEAD' does not load with the rules of today:\nplans.csv:1: unknown column 'price'" in err
    )
    git(repository, "rm", "-r", "--quiet", "data")
    git(repository, "commit", "--message=none")
    code, _, err = run("diff", "HEAD", DATA)
    assert code == 2
    assert "'HEAD' has no data/" in err


def test_a_name_that_looks_like_an_option_is_not_passed_on(run, repository):
    code, _, err = run("diff", "--", "--output=/tmp/x")
    assert code == 2
    assert "is not a file, a folder with plans.csv, or a git revision" in err


def test_without_git_a_revision_is_refused_plainly(run, repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = run("diff", "HEAD")
    assert code == 2
    assert "git is not installed" in err


def test_a_price_that_was_not_known_has_no_percentage(run, data):
    set_cell(data / "plans.csv", 0, "autopay_price_usd", "20")
    code, out, err = run("diff", DATA, data)
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split() == ["terms", "att-unlimited-new", "autopay_price_usd", "20"]
