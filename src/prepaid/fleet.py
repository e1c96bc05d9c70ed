"""Compare plans on the usage of many lines: a table in memory, or files of any size on Dask."""

import pickle
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from tqdm import tqdm

from prepaid.billing import Tally, bill, tally
from prepaid.catalog.line_usage import Block, blocks_of_lines, read_lines, wide_usage
from prepaid.tariffs import with_fair_use

MERGED = 8  # blocks that become one on a worker, before parts of like size do so here


@dataclass(frozen=True, eq=False)
class Fleet:
    """What lines use and pay in a period; `+` joins different lines.

    Columns of `lines`: used_gb, missing_days, other_rows (outside the period), today_ and cheapest_
    (without a short day) plan_id and cost_usd, today_short_days; of `listed`, what keeps others
    out: line, problem, date and mb of the first such row, rows (how many).
    """

    tally: Tally | None  # None: no line is billed
    lines: pd.DataFrame
    listed: pd.DataFrame

    def __add__(self, other: "Fleet") -> "Fleet":
        """Return the fleet of the lines of both."""
        return _merge([self, other])

    def choices(self) -> pd.DataFrame:
        """Compare today, the cheapest plan that leaves no line short, and the cheapest of each.

        Columns: plan_id (of one), cost_usd (missing if it is for a line), short_lines (of today).
        """
        if not self.tally:
            raise ValueError(f"no line can be billed:\n{self.listed}")
        one = self.tally.table().query("short_share == 0")["mean_cost_usd"].nsmallest(1)
        today, each = self.lines[["today_cost_usd", "cheapest_cost_usd"]].sum(skipna=False)
        table = {
            "plan_id": [None, next(iter(one.index), None), None],
            "cost_usd": [today, one.sum(min_count=1) * len(self.lines), each],
            "short_lines": [(self.lines["today_short_days"] > 0).sum(), 0, 0],
        }
        return pd.DataFrame(table, ["today", "one plan for all", "the cheapest of each"])


def compare_fleet(
    plans: pd.DataFrame,
    usage: pd.DataFrame | str | Path | Iterable[str | Path],
    period: pd.DatetimeIndex,
    today: pd.Series,
    *,
    assumptions: Mapping,
    address: str | None = None,
    progress: bool | None = None,
) -> Fleet:
    """Compare plans on what lines used; `plans`, `assumptions`, `progress` are as in `compare`.

    Parameters
    ----------
    usage
        A row for each line and day: line, date (2026-11-30), mb (1 GB = 1000 MB); no row is 0 MB,
        impossible ones are listed. CSV or Parquet files, split anyhow, take the extra `fleet`.
    period, today
        Its days, as of `pandas.date_range`; the plan_id by line, where lines without usage count.
    address
        Of the scheduler of a cluster that sees the files; by default, a process per core here.

    Raises
    ------
    ValueError
        As `compare`; with all files that lack a column or rows, or are broken; for plans of today
        that are not in `plans`.
    """
    today = today.rename(str).sort_index()
    if len(wrong := today[today.index.duplicated(keep=False) | ~today.isin(plans.index)]):
        raise ValueError(f"today's plans are not in `plans`, or a line has two:\n{wrong}")
    if isinstance(usage, pd.DataFrame):
        given = with_fair_use(plans, assumptions), assumptions, period, progress
        return _merge([_bill_block(usage, pickle.dumps((0, today)), given)], today.index)
    from dask import config
    from distributed import Client

    files = [str(file) for file in ([usage] if isinstance(usage, str | Path) else usage)]
    beside = address and files and Path(files[0]).parent  # where the cluster sees it
    parts, hidden = [], progress if progress is None else not progress
    local = {} if address else {"threads_per_worker": 1, "dashboard_address": ":0"}
    # Else Dask warns of many names, and workers give memory back at once, 3 times slower.
    quiet = {"distributed.admin.large-graph-warning-threshold": "1GB"}
    quiet["distributed.nanny.pre-spawn-environ"] = {}
    with TemporaryDirectory(dir=beside or None) as scratch:
        blocks = blocks_of_lines(files, Path(scratch))
        # Todays as bytes, of which the scheduler keeps fewer copies than of names.
        cuts = [*today.index.searchsorted([low for _, low, _ in blocks]), len(today)]
        todays = [pickle.dumps((at, today.iloc[at:end])) for at, end in pairwise(cuts)]
        with config.set(quiet), Client(address, **local) as client:
            before = len(client.get_events("all"))
            filled = client.submit(with_fair_use, plans, assumptions, pure=False)
            given = filled, assumptions, period, False
            fleets = client.map(_bill_block, blocks, todays, given=given, pure=False)
            groups = [fleets[at : at + MERGED] for at in range(0, len(fleets), MERGED)]
            merged = [client.submit(_merge, group, pure=False) for group in groups]
            del todays, fleets, groups  # what no name holds leaves the workers once it is merged
            with tqdm(total=len(blocks), unit="block", disable=hidden) as shown:
                while merged:
                    parts.append(merged.pop(0).result())  # raises what one of its blocks raised
                    while len(parts) > 1 and len(parts[-2].lines) < 2 * len(parts[-1].lines):
                        parts[-2:] = [_merge(parts[-2:])]
                    shown.update(min(MERGED, shown.total - shown.n))
            events = client.get_events("all")[before:]
    if lost := sum(event["action"] == "remove-worker" for _, event in events):
        warnings.warn(f"{lost} workers were lost; others billed their blocks", stacklevel=2)
    return _merge(parts, today.index)


def _bill_block(usage: pd.DataFrame | Block, today: bytes, given: tuple) -> Fleet:
    """Bill rows of lines, known by number from here on; `today` is pickled, as workers get it."""
    (first, today), (plans, assumptions, period, progress) = pickle.loads(today), given
    usage = usage if isinstance(usage, pd.DataFrame) else read_lines(*usage)
    gb, lines, listed = wide_usage(usage, period, today.index)
    del usage  # of a block, as large as all that follows
    lines["today_plan_id"] = pd.Categorical(today[lines.index], plans.index)
    lines.index = first + today.index.get_indexer(lines.index)
    if not len(gb):
        return Fleet(None, lines, listed)
    today = pd.concat(
        bill(plans.loc[plan_id], gb[at], assumptions=assumptions).set_axis(lines.index[at])
        for plan_id, at in lines.groupby("today_plan_id", observed=True).indices.items()
    )[["cost_usd", "short_days"]]
    added = tally(plans, gb, assumptions=assumptions, progress=progress)
    cheapest = added.cheapest().set_axis(lines.index)
    lines = lines.join([today.add_prefix("today_"), cheapest.add_prefix("cheapest_")])
    return Fleet(added, lines, listed)


def _merge(fleets: list[Fleet], names: pd.Index | None = None) -> Fleet:
    """Return the fleet of the lines of all, with names for their numbers if they are given."""
    tallies = [one.tally for one in fleets if one.tally]
    tables = zip(*((one.lines, one.listed) for one in fleets), strict=True)
    lines, listed = (pd.concat([one for one in parts if len(one)] or parts[:1]) for parts in tables)
    lines = lines if names is None else lines.set_axis(names[lines.index].rename("line"))
    return Fleet(sum(tallies[1:], tallies[0]) if tallies else None, lines, listed)
