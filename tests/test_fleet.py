"""A fleet's usage, whatever its files look like: as `compare` and `bill`, nothing dropped."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from distributed.diagnostics.plugin import WorkerPlugin
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import DATA

import prepaid
from prepaid import UsageModel, bill, compare
from prepaid.catalog import line_usage
from prepaid.fleet import compare_fleet
from prepaid.tariffs import with_fair_use

BASE = DATA.assumptions["base"]
# Of every kind: packs, throttles, pay as you go, limitless, offers, and with assumptions.
PLANS = DATA.plans.iloc[::12]
PERIOD = pd.date_range("2026-01-01", periods=60)
LINES = [f"line-{number:02d}" for number in range(30)]
GB = UsageModel.us_unlimited_2026().sample(len(PERIOD), len(LINES), seed=3)
TODAY = pd.Series(PLANS.index[np.arange(len(LINES)) % 5], LINES)


def long(gb=GB, lines=LINES, period=PERIOD):
    """Return usage in long form, a row per line and day."""
    return (
        pd.DataFrame(gb * 1000, lines, period)
        .rename_axis("line")
        .melt(ignore_index=False, var_name="date", value_name="mb")
        .reset_index()
    )


USAGE = long()


def fleet_of(usage, **options):
    return compare_fleet(
        PLANS, usage, PERIOD, options.pop("today", TODAY), assumptions=BASE, **options
    )


def assert_same(fleet, other):
    for name in ("lines", "listed"):
        ours, its = (getattr(one, name) for one in (fleet, other))
        keys = ["line", "problem"] if name == "listed" else "line"
        pd.testing.assert_frame_equal(
            ours.sort_values(keys, ignore_index=name == "listed"),
            its.sort_values(keys, ignore_index=name == "listed"),
        )
    pd.testing.assert_frame_equal(fleet.choices(), other.choices())
    pd.testing.assert_frame_equal(fleet.tally.table(), other.tally.table())


def write(usage, path):
    """Write usage to a file of the kind that its name says."""
    if path.suffix == ".csv":
        usage.to_csv(path, index=False)
    else:
        with duckdb.connect() as db:
            db.sql("SELECT * FROM usage").write_parquet(str(path), row_group_size=2048)
    return path


# --- In memory, without the extra


def test_a_fleet_is_compared_like_stays():
    pd.testing.assert_frame_equal(
        fleet_of(USAGE).tally.table(), compare(PLANS, GB, assumptions=BASE)
    )


def test_each_line_is_billed_like_a_stay_of_its_own():
    lines = fleet_of(USAGE).lines
    filled = with_fair_use(PLANS, BASE)
    bills = {
        plan_id: bill(filled.loc[plan_id], GB, assumptions=BASE).set_axis(LINES)
        for plan_id in PLANS.index
    }
    costs = pd.DataFrame(
        {plan_id: one["cost_usd"].where(one["short_days"] == 0) for plan_id, one in bills.items()}
    )
    np.testing.assert_allclose(lines["cheapest_cost_usd"], costs.min(axis=1), atol=0.005)
    for line, row in lines.iterrows():
        assert row["cheapest_cost_usd"] == pytest.approx(costs.loc[line, row["cheapest_plan_id"]])
        assert row["today_plan_id"] == TODAY[line]
        assert row["today_cost_usd"] == pytest.approx(bills[TODAY[line]].loc[line, "cost_usd"])
        assert row["today_short_days"] == bills[TODAY[line]].loc[line, "short_days"]
    np.testing.assert_allclose(lines["used_gb"], GB.sum(axis=1))


def test_the_choices_are_sums_over_the_lines():
    fleet = fleet_of(USAGE)
    table, lines = compare(PLANS, GB, assumptions=BASE), fleet.lines
    full = table[table["short_share"] == 0]
    choices = fleet.choices()
    assert choices["plan_id"].fillna("").tolist() == ["", full["mean_cost_usd"].idxmin(), ""]
    sums = (
        lines["today_cost_usd"].sum(),
        full["mean_cost_usd"].min() * len(LINES),
        lines["cheapest_cost_usd"].sum(),
    )
    np.testing.assert_allclose(choices["cost_usd"], sums)
    assert choices["short_lines"].tolist() == [(lines["today_short_days"] > 0).sum(), 0, 0]
    assert 0 < choices["short_lines"].iloc[0] < len(LINES), "else this test sees nothing"


def test_of_plans_that_tie_the_first_is_the_cheapest_of_a_line():
    twins = pd.concat([PLANS, PLANS.rename(lambda plan_id: f"{plan_id}-again")])
    fleet = compare_fleet(twins, USAGE, PERIOD, TODAY, assumptions=BASE)
    assert (
        fleet.lines["cheapest_plan_id"].tolist()
        == fleet_of(USAGE).lines["cheapest_plan_id"].tolist()
    )


def test_where_no_plan_keeps_all_lines_full_there_is_no_cost():
    slow = PLANS[PLANS["after_allowance"] == "throttle"].assign(
        data_gb=0.001, allowance_days=30, unlimited=False
    )
    choices = compare_fleet(
        slow, USAGE, PERIOD, pd.Series(slow.index[0], LINES), assumptions=BASE
    ).choices()
    assert choices.loc["one plan for all", "plan_id"] is None
    assert choices["cost_usd"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_fleets_add_up_in_any_order(order):
    parts = [
        fleet_of(USAGE[USAGE["line"].isin(LINES[part::3])], today=TODAY[part::3]) for part in order
    ]
    whole = fleet_of(USAGE)
    added = parts[0] + parts[1] + parts[2]
    pd.testing.assert_frame_equal(added.tally.table(), whole.tally.table())
    pd.testing.assert_frame_equal(added.lines.loc[LINES], whole.lines.loc[LINES])


def test_a_table_needs_no_extra(monkeypatch):
    for name in ("dask", "distributed", "duckdb"):
        monkeypatch.setitem(sys.modules, name, None)
    assert len(fleet_of(USAGE).lines) == len(LINES)


def test_a_worker_does_without_matplotlib():
    code = "import prepaid.fleet, sys; assert 'matplotlib' not in sys.modules; prepaid.show.KINDS"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert prepaid.readable(pd.DataFrame({"cost_usd": [1.5]}))["cost_usd"].tolist() == ["$1.50"]
    with pytest.raises(AttributeError, match="module 'prepaid' has no attribute 'readible'"):
        prepaid.readible  # noqa: B018


def test_missing_days_are_days_without_use_and_counted():
    row = USAGE["line"] == LINES[0]
    some = USAGE[~row | (USAGE["date"] < PERIOD[20])]
    zeros = USAGE.assign(mb=USAGE["mb"].mask(row & (USAGE["date"] >= PERIOD[20]), 0.0))
    lines = fleet_of(some).lines
    assert lines["missing_days"].to_dict() == {**dict.fromkeys(LINES, 0), LINES[0]: 40}
    columns = lines.columns.drop("missing_days")
    pd.testing.assert_frame_equal(lines[columns], fleet_of(zeros).lines[columns])


def test_a_line_with_a_plan_and_no_usage_pays():
    lines = fleet_of(USAGE[USAGE["line"] != LINES[4]]).lines
    assert lines.loc[LINES[4], ["used_gb", "missing_days"]].tolist() == [0, 60]
    assert (
        lines.loc[LINES[4], "today_cost_usd"]
        == bill(PLANS.loc[TODAY[LINES[4]]], np.zeros(60))["cost_usd"].item()
    )


def test_rows_outside_the_period_are_counted_and_left_out():
    later = long(np.ones((1, 3)), LINES[1:2], pd.date_range(PERIOD[-1], periods=4)[1:])
    lines = fleet_of(pd.concat([USAGE, later])).lines
    assert lines["other_rows"].to_dict() == {**dict.fromkeys(LINES, 0), LINES[1]: 3}
    pd.testing.assert_series_equal(lines["used_gb"], fleet_of(USAGE).lines["used_gb"])


# Cells of the row that is wrong, and what is said about it.
WRONG = {
    "negative": {"mb": "-0.5"},
    "no number": {"mb": "a lot"},
    "no date": {"date": "2026-02-30"},
    "more than a day can carry": {"mb": "1080001"},
    "no plan today": {"line": "stranger"},
    "no line": {"line": None},
}


def broken(*problems):
    """Return usage as text with a wrong row per problem, each on its own line, and what to list."""
    usage, expected = USAGE.astype({"date": str, "mb": str}), []
    for number, problem in enumerate(problems):
        at = usage.index[usage["line"] == LINES[number]][7]
        cells = {**usage.loc[at].to_dict(), **WRONG.get(problem, {})}
        if problem == "a day more than once":
            usage.loc[len(usage)] = cells
        else:
            usage.loc[at] = cells
        expected.append(
            (
                cells["line"],
                problem,
                cells["date"],
                cells["mb"],
                2 if "more than once" in problem else 1,
            )
        )
    return usage, pd.DataFrame(expected, columns=["line", "problem", "date", "mb", "rows"])


@pytest.mark.parametrize("problem", [*WRONG, "a day more than once"])
def test_a_line_with_impossible_usage_is_listed_and_in_no_sum(problem):
    usage, expected = broken(problem)
    fleet = fleet_of(usage)
    if problem == "no line":
        assert fleet.listed["problem"].tolist() == ["no line"]
    else:
        pd.testing.assert_frame_equal(fleet.listed, expected, check_dtype=False)
    left = (
        LINES[1:] if expected["line"][0] == LINES[0] else LINES
    )  # a stranger's row is missing from nobody
    assert fleet.lines.index.tolist() == left
    assert fleet.tally.stays == len(left)


@pytest.mark.parametrize(
    ("value", "problem"),
    [(np.inf, "more than a day can carry"), (-np.inf, "negative"), (np.nan, "no number")],
)
def test_numbers_that_are_none_are_listed(value, problem):
    usage = USAGE.assign(mb=USAGE["mb"].mask(USAGE.index == 5, value))
    assert fleet_of(usage).listed[["line", "problem"]].to_numpy().tolist() == [
        [USAGE["line"][5], problem]
    ]


def test_a_line_with_several_problems_lists_each_with_its_count():
    usage = USAGE.assign(
        mb=USAGE["mb"].mask(USAGE["line"] == LINES[2], -1).mask(USAGE.index == 2, np.nan)
    )
    listed = fleet_of(usage).listed.set_index("problem")
    assert listed["rows"].to_dict() == {"no number": 1, "negative": 59}


def test_where_no_line_can_be_billed_the_choices_say_why():
    fleet = fleet_of(USAGE.assign(mb=-1))
    assert len(fleet.listed) == len(LINES)
    with pytest.raises(ValueError, match=r"(?s)no line can be billed:.*negative"):
        fleet.choices()
    assert_same(fleet_of(USAGE) + replace_names(fleet), fleet_of(USAGE))


def replace_names(fleet):
    return type(fleet)(None, fleet.lines, fleet.listed.iloc[:0])


@pytest.mark.parametrize(
    ("usage", "today", "message"),
    [
        (USAGE.iloc[:0], TODAY, "no rows"),
        (USAGE[["line", "mb"]], TODAY, "no column date"),
        (USAGE, TODAY.replace(TODAY.iloc[0], "gone"), "not in `plans`.*\n.*line-00 +gone"),
        (USAGE, pd.concat([TODAY, TODAY[:1]]), "a line has two.*\n.*line-00"),
    ],
)
def test_what_makes_no_fleet_is_refused(usage, today, message):
    with pytest.raises(ValueError, match=message):
        fleet_of(usage, today=today)


# --- Rows become a table of days, from memory and from files


CELLS = {
    "line": ["line-00", "line-01", "line-02", "stranger", "", None],
    "date": ["2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "soon", None],
    "mb": ["0", "1.5", "20", "1080000", "1080001", "-1", "much", "inf", None],
}
FEW_DAYS, FEW_LINES = PERIOD[:3], pd.Index(CELLS["line"][:3], name="line")


def by_hand(rows):
    """Return GB, lines and counted problems of rows, one row after the other."""
    used, twice, others, problems, seen = {}, set(), Counter(), Counter(), []
    for line, date, mb in rows.itertuples(index=False):
        day = str(date) in {str(day.date()) for day in FEW_DAYS}
        try:
            figure = float(mb)
        except (TypeError, ValueError):
            figure = np.nan
        said = {
            "no line": line is None or line == "",
            "no date": date in ("soon", None),
            "no number": np.isnan(figure),
            "negative": figure < 0,
            "more than a day can carry": figure > line_usage.MOST_MB,
        }
        problem = next((words for words, holds in said.items() if holds), None)
        if problem is None and day:
            twice |= {(line, date)} & set(used)
            used[line, date] = figure / 1000
        elif problem is None:
            others[line] += 1
        seen.append((line, date, problem, day))
    for line, date, problem, day in seen:
        if problem is None and day and (line, date) in twice:
            problem = "a day more than once"
        elif problem is None and line not in FEW_LINES:
            problem = "no plan today"
        if problem:
            problems["blank" if line is None else line, problem] += 1
    good = [line for line in FEW_LINES if line not in {line for line, _ in problems}]
    gb = [[used.get((line, str(day.date())), 0.0) for day in FEW_DAYS] for line in good]
    missing = [sum((line, str(day.date())) not in used for day in FEW_DAYS) for line in good]
    return good, gb, missing, [others[line] for line in good], problems


def assert_by_hand(parts, rows):
    """Compare what `wide_usage` returns for parts of rows with `by_hand` of all of them."""
    good, gb, missing, others, problems = by_hand(rows)
    lines = pd.concat([lines for _, lines, _ in parts])
    listed = pd.concat([listed for *_, listed in parts])
    assert lines.index.tolist() == good
    np.testing.assert_array_equal(np.concatenate([gb for gb, *_ in parts]).tolist(), gb)
    assert lines["missing_days"].tolist() == missing
    assert lines["other_rows"].tolist() == others
    names = listed["line"].replace({"None": "blank", "nan": "blank"})
    assert (
        listed["rows"].set_axis([*zip(names, listed["problem"], strict=True)]).to_dict() == problems
    )


ROWS = st.lists(st.tuples(*map(st.sampled_from, CELLS.values())), min_size=1, max_size=25)


@given(ROWS)
@settings(max_examples=200)
def test_any_table_of_rows_becomes_what_a_loop_says(rows):
    rows = pd.DataFrame(rows, columns=[*CELLS], dtype=object)
    assert_by_hand([line_usage.wide_usage(rows, FEW_DAYS, FEW_LINES)], rows)


@pytest.mark.parametrize(
    ("kind", "is_sorted"), [("csv", False), ("parquet", False), ("parquet", True)]
)
@given(ROWS)
@settings(max_examples=15)
def test_any_files_of_rows_become_what_a_loop_says(kind, is_sorted, rows):
    rows = pd.DataFrame(rows, columns=[*CELLS], dtype=object)
    if kind == "csv":
        rows["line"] = rows["line"].replace("", None)  # CSV has one kind of blank
    if is_sorted and rows["line"].notna().any():  # these are read where they stand
        rows = rows.dropna(subset="line").sort_values("line", ignore_index=True)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_usage, "BLOCK_ROWS", 4)
        parts = [rows.iloc[at] for at in np.array_split(np.arange(len(rows)), 3)]
        paths = [
            str(write(part.astype("str"), Path(folder, f"{number}.{kind}")))
            for number, part in enumerate(parts)
            if len(part)
        ]
        blocks = line_usage.blocks_of_lines(paths, Path(folder))
        starts = FEW_LINES.searchsorted([low for _, low, _ in blocks])
        wide = [
            line_usage.wide_usage(line_usage.read_lines(*block), FEW_DAYS, FEW_LINES[start:end])
            for block, start, end in zip(blocks, starts, [*starts[1:], None], strict=True)
        ]
    assert_by_hand(wide, rows)


# --- Files, on a cluster of two local workers


@pytest.fixture(scope="module")
def address():
    with LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(line_usage, "BLOCK_ROWS", 100)


def by_lines(usage, folder, kind):
    """Write a file for each two lines: enough to merge in a tree."""
    sorted_ = usage.sort_values(["line", "date"])
    return [
        write(sorted_[sorted_["line"].isin(LINES[first : first + 2])], folder / f"{first}.{kind}")
        for first in range(0, len(LINES), 2)
    ]


def by_months(usage, folder, kind):
    """Write a file for each 20 days, last days first, lines in no order."""
    mixed = usage.sample(frac=1, random_state=1)
    parts = [mixed[mixed["date"].between(*PERIOD[[at, at + 19]])] for at in (40, 20, 0)]
    return [write(part, folder / f"{number}.{kind}") for number, part in enumerate(parts)]


def one_file(usage, folder, kind):
    return write(usage, folder / f"usage.{kind}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("split", [one_file, by_lines, by_months])
def test_files_in_any_split_and_order_give_the_same_fleet(split, kind, tmp_path, address):
    fleet = fleet_of(split(USAGE, tmp_path, kind), address=address)
    assert_same(fleet, fleet_of(USAGE))
    assert {path.suffix for path in tmp_path.iterdir()} == {f".{kind}"}, "what was sorted is away"


def test_parquet_sorted_by_lines_is_read_where_it_stands_once(tmp_path):
    files = [str(path) for path in by_lines(USAGE, tmp_path, "parquet")]
    blocks = line_usage.blocks_of_lines(files, tmp_path / "not there")
    assert sorted(file for block in blocks for file in block[0]) == sorted(files)
    assert len(blocks) > 8
    assert blocks[0][1] == blocks[-1][2] == ""


def test_scattered_lines_are_sorted_into_blocks_of_whole_lines(tmp_path, monkeypatch):
    """Names may be numbers, which are texts from there on; rows without a name are not lost."""
    monkeypatch.setattr(line_usage, "BLOCK_ROWS", 10**5)
    with duckdb.connect() as db:
        line, date = "nullif(i % 1000, 999) AS line", "DATE '2026-01-01' + (i // 1000)::INT AS date"
        scattered = f"SELECT {line}, {date}, i AS mb FROM range(400000) AS t(i)"
        db.sql(scattered).write_parquet(str(tmp_path / "a.parquet"))
    blocks = line_usage.blocks_of_lines([str(tmp_path / "a.parquet")], tmp_path)
    rows = [line_usage.read_lines(*block) for block in blocks]
    lines = [line for part in rows for line in part["line"].cat.categories]
    assert sorted(lines) == sorted(map(str, range(999))), "each in one block"
    assert sorted(np.concatenate([part["mb"] for part in rows])) == [*range(400000)]
    assert len(rows) > 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_impossible_usage_in_files_is_listed_as_in_memory(kind, tmp_path, address):
    usage, _ = broken(*WRONG, "a day more than once")
    odd = write(usage[~usage["line"].isin(LINES)], tmp_path / f"odd.{kind}")
    fleet = fleet_of([*by_lines(usage, tmp_path, kind), odd], address=address)
    expected = fleet_of(usage)
    columns = ["problem", "date", "mb", "rows"]
    ours, its = (
        one.listed.sort_values("problem")[columns].reset_index(drop=True)
        for one in (fleet, expected)
    )
    pd.testing.assert_frame_equal(ours, its)
    pd.testing.assert_frame_equal(fleet.lines.sort_index(), expected.lines)


def test_all_files_that_cannot_be_read_are_named(tmp_path):
    good = write(USAGE, tmp_path / "good.parquet")
    cut, lacking, gone = (tmp_path / f"{name}.parquet" for name in ("cut", "lacking", "gone"))
    cut.write_bytes(good.read_bytes()[:-20])
    write(USAGE.rename(columns={"mb": "gb"}), lacking)
    with pytest.raises(
        ValueError, match=r"(?s)cut.parquet.*lacking.parquet has no column mb.*gone.parquet"
    ):
        fleet_of([good, cut, lacking, gone])


def test_a_broken_row_of_a_csv_file_is_named(tmp_path):
    files = by_lines(USAGE, tmp_path, "csv")
    lines = files[1].read_text().splitlines()
    files[1].write_text("\n".join([*lines[:50], lines[50] + ",7", *lines[51:]]))
    with pytest.raises(ValueError, match=r"(?s)Line: 51\nOriginal Line: line-.*/2\.csv"):
        fleet_of(files)
    assert list(tmp_path.glob("*.parquet")) == []


@pytest.mark.slow
def test_a_file_that_breaks_off_inside_is_named(tmp_path, address):
    files = by_lines(USAGE, tmp_path, "parquet")
    content = files[2].read_bytes()
    files[2].write_bytes(content[:4] + b"\xff" * 1000 + content[1004:])
    with pytest.raises(ValueError, match=r"/4\.parquet"):
        fleet_of(files, address=address)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_without_rows_are_no_usage(kind, tmp_path):
    with pytest.raises(ValueError, match=f"no rows in .*usage.{kind}|no rows in .*sorted.parquet"):
        fleet_of(one_file(USAGE.iloc[:0], tmp_path, kind))
    with pytest.raises(ValueError, match="no files"):
        fleet_of([])


class Dies(WorkerPlugin):
    """Kills the process of the worker at its first bill, as often as told."""

    def __init__(self, folder, times):
        self.folder, self.times = folder, times

    def transition(self, key, start, finish, **_):
        if finish == "executing" and key.startswith("_bill"):
            died = len(list(Path(self.folder).iterdir()))
            if died < self.times:
                Path(self.folder, str(died)).touch()
                os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_blocks_of_a_lost_worker_are_billed_by_another(tmp_path, address):
    files = by_lines(USAGE, tmp_path, "parquet")
    (tmp_path / "died").mkdir()
    with Client(address) as client:
        client.register_plugin(Dies(tmp_path / "died", 1))
    with pytest.warns(UserWarning, match="1 workers were lost"):
        fleet = fleet_of(files, address=address)
    assert_same(fleet, fleet_of(USAGE))


@pytest.mark.slow
def test_a_run_at_home_takes_the_whole_catalogue_and_shows_its_progress(tmp_path, capsys):
    files = by_lines(USAGE, tmp_path, "parquet")
    fleet = compare_fleet(DATA.plans, files, PERIOD, TODAY, assumptions=BASE, progress=True)
    assert_same(fleet, compare_fleet(DATA.plans, USAGE, PERIOD, TODAY, assumptions=BASE))
    assert "15/15" in capsys.readouterr().err
