"""Notebook a2, How fast do prices age: its tables and charts."""

import datetime as dt
from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator

from prepaid import show
from prepaid.prices import STALE_AFTER_DAYS, age_days
from prepaid.show import (
    ACCENT,
    BLACK,
    GREY,
    MID,
    PALE,
    claim,
    dates,
    note,
    percent,
    says_when_empty,
)

SHARES = ["share", "low_share", "high_share"]
# Name, colour and mark of a price that rose, fell or stayed.
DIRECTIONS = {
    1: ("dearer", ACCENT, "^"),
    -1: ("cheaper", GREY, "v"),
    0: ("the same", MID, "o"),
}


def pack_names(packs: pd.DataFrame) -> pd.Series:
    """Return what rows of the catalogue or the history are: "Airalo 5 GB, 30 days, calls".

    An unlimited pack is named without its GB, because the history does not tell them; blank calls
    count as none.
    """
    gb = packs["data_gb"].map("{:g} GB".format).mask(packs["unlimited"].astype(bool), "unlimited")
    days = packs["term_days"]
    term = days.map(lambda days: f"{days} day{'' if days == 1 else 's'}", na_action="ignore")
    calls = np.where(packs["voice_text"].fillna(False).astype(bool), ", calls", "")
    names = packs["provider"].astype(str) + " " + gb + ", " + term.fillna("no end") + calls
    return names.rename("pack")


def pairs(history: pd.DataFrame) -> pd.DataFrame:
    """Return every two prices of a pack, seen on different days, unless the first is 0.

    Returns
    -------
    DataFrame
        One row per pair, sorted by pack and the two days: provider, pack, first_on, then_on, days,
        before_usd, after_usd, change_share (0.1: a tenth dearer), source_id, then_source_id.
    """
    columns = ["provider", "pack", "observed_on", "price_usd", "source_id"]
    seen = history.assign(pack=pack_names(history))[columns]
    first = seen.rename(columns={"observed_on": "first_on", "price_usd": "before_usd"})
    later = {"observed_on": "then_on", "price_usd": "after_usd", "source_id": "then_source_id"}
    then = seen.drop(columns="provider").rename(columns=later)
    both = first.merge(then, on="pack").query("first_on < then_on and before_usd > 0")
    both = both.sort_values(["pack", "first_on", "then_on"])
    both = both.assign(
        days=(both["then_on"] - both["first_on"]).dt.days,
        # 105/100 is 5 per cent, not a little more
        change_share=(both["after_usd"] / both["before_usd"] - 1).round(9),
        provider=both["provider"].astype(str),
    )
    order = ["provider", "pack", "first_on", "then_on", "days", "before_usd", "after_usd"]
    order += ["change_share", "source_id", "then_source_id"]
    return both[order].reset_index(drop=True)


def longest_apart(paired: pd.DataFrame) -> pd.DataFrame:
    """Return of `pairs` the first and last price of each pack."""
    return paired.loc[paired.groupby("pack")["days"].idxmax()]


def between_sources(paired: pd.DataFrame, sources: pd.DataFrame, most_days: int) -> pd.DataFrame:
    """Return of `pairs` the two prices nearest in time of each pack and two sources.

    At most `most_days` lie between them. `sources` is `data.sources`; the column `methods` says how
    the two were read.
    """
    other = paired[paired["source_id"].astype(str) != paired["then_source_id"].astype(str)]
    other = other[other["days"] <= most_days]
    groups = other.groupby(["pack", "source_id", "then_source_id"], observed=True)
    nearest, method = other.loc[groups["days"].idxmin()], sources["method"].astype(str)
    first, then = (nearest[f"{which}source_id"].astype(str).map(method) for which in ("", "then_"))
    return nearest.assign(methods=first + ", then " + then)


def moves(paired: pd.DataFrame, over_share: float) -> pd.DataFrame:
    """Return the changes by more than `over_share` from one price to the next, and what came back.

    Parameters
    ----------
    paired
        The result of `pairs`.
    over_share
        0.05: a change by more than 5 per cent counts.

    Returns
    -------
    DataFrame
        Rows of `paired`, with `back_on`: the first later day on which the price was within
        `over_share` of what it was before the change; missing if it never was.
    """
    start = ["pack", "first_on"]
    changed = paired["change_share"].abs() > over_share
    back_on = paired[~changed].groupby(start)["then_on"].min().rename("back_on")
    following = paired.groupby(start)["days"].idxmin()
    return paired.loc[following[changed[following].to_numpy()]].join(back_on, on=start)


def waves(moved: pd.DataFrame) -> pd.DataFrame:
    """Return `moves` summed up, one row for each seller and two days, dates as YYYY-MM-DD.

    packs moved by lowest_share to highest_share; came_back of them did so, the last on back_on.
    """
    days = moved[["first_on", "then_on"]].astype("str")
    groups = moved.assign(**days).groupby(["provider", "first_on", "then_on"])
    table = groups.agg(
        packs=("pack", "size"),
        lowest_share=("change_share", "min"),
        highest_share=("change_share", "max"),
        came_back=("back_on", "count"),
        back_on=("back_on", "max"),
    )
    return table.assign(back_on=table["back_on"].dt.strftime("%Y-%m-%d")).reset_index()


def changed_share(
    paired: pd.DataFrame,
    ages: Sequence[tuple[int, int]],
    over_share: float,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return how many packs had changed their price, by the days between two observations.

    Each pack counts once: with the share of its pairs that changed. The interval is a bootstrap
    that draws sellers, then packs of each, because a seller moves many of its prices on one day.
    With few sellers it is little more than the range between them.

    Parameters
    ----------
    paired
        The result of `pairs`, or rows of it.
    ages
        Fewest and most days of each row, both included.
    over_share
        0.05: a change by more than 5 per cent counts.
    draws, seed
        Number of bootstrap samples, and the seed of their random generator.

    Returns
    -------
    DataFrame
        One row per age: from_days and to_days as given, mean_days of its pairs, pairs, packs,
        providers, share, and low_share and high_share, between which 95 of 100 samples lie; missing
        where there is no pair.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for fewest, most in ages:
        chosen = paired[paired["days"].between(fewest, most)]
        changed = chosen["change_share"].abs() > over_share
        changed = changed.groupby([chosen["provider"], chosen["pack"]]).mean()
        sellers = [packs.to_numpy() for _, packs in changed.groupby(level="provider")]
        samples = [np.nan]
        if sellers:
            drawn = rng.integers(len(sellers), size=(draws, len(sellers)))
            samples = [
                np.concatenate([rng.choice(sellers[n], len(sellers[n])) for n in one]).mean()
                for one in drawn
            ]
        low, high = np.quantile(samples, [0.025, 0.975])
        counts = (len(chosen), len(changed), len(sellers))
        rows.append((fewest, most, chosen["days"].mean(), *counts, changed.mean(), low, high))
    columns = ["from_days", "to_days", "mean_days", "pairs", "packs", "providers", *SHARES]
    return pd.DataFrame(rows, columns=columns)


def steady_shares(shares: pd.DataFrame, days: Iterable[float]) -> pd.DataFrame:
    """Return the share of packs that would have changed after so many days, at one steady rate.

    The rate is that of the oldest row of `shares`, the result of `changed_share`: if a share s had
    changed after d days, 1 - (1 - s) ** (x / d) has after x. Sales come on top; they begin and end
    within weeks.

    Returns
    -------
    DataFrame
        days, share, low_share and high_share.

    Raises
    ------
    ValueError
        If `shares` counts no pair.
    """
    if not shares["pairs"].sum():
        expected = "expected at least one pack with two prices"
        raise ValueError(f"shares: no pair of prices in any row ({expected})")
    oldest = shares[shares["pairs"] > 0].iloc[-1]
    days = pd.Series(list(days), dtype=float)
    columns = {name: 1 - (1 - oldest[name]) ** (days / oldest["mean_days"]) for name in SHARES}
    return pd.DataFrame({"days": days} | columns)


def observed(history: pd.DataFrame) -> str:
    """Return the caption of a chart of observed prices."""
    seen = history.rename(columns={"observed_on": "as_of"})
    told = f"{len(history)} prices of travel packs seen from {dates(seen)}"
    return f"Source: data/price_history.csv; {told}."


@says_when_empty
def changes_by_seller(changes: pd.DataFrame, when: str, caption: str) -> Axes:
    """Draw each pack's change of price, a row per seller by median; `when` opens the subtitle.

    `changes` has the columns provider and change_share. The title stands while more than half of
    the packs changed.
    """
    sellers = changes.groupby("provider")["change_share"]
    order = sellers.median().sort_values(ascending=False, kind="stable").index
    ax = plt.figure(figsize=(8, 1.7 + 0.42 * len(order))).add_subplot()
    totals, words = dict.fromkeys(DIRECTIONS, 0), []
    for row, seller in enumerate(order):
        values = sellers.get_group(seller).sort_values()
        ways, told = np.sign(values.round(4)), []
        # Neighbours are spread over five heights so that equal changes stay visible.
        heights = row + (np.arange(len(values)) % 5 - 2) * 0.12
        for way, (name, color, marker) in DIRECTIONS.items():
            own = (ways == way).to_numpy()
            style = {"color": color, "markersize": 6, "alpha": 0.7, "markeredgewidth": 0}
            ax.plot(values[own], heights[own], marker, **style)
            told += [f"{own.sum()} {name}"] if own.any() else []
            totals[way] += own.sum()
        words.append(", ".join(told))
    ax.axvline(0, color=BLACK, linewidth=0.8, zorder=1)
    _write_right(ax, words)
    show.rows(ax, [f"{seller} ({len(sellers.get_group(seller))})" for seller in order])
    ax.set_xlabel("Change of the price")
    ax.xaxis.set_major_formatter(percent)
    counts = ", ".join(f"{totals[way]} {name}" for way, (name, *_) in DIRECTIONS.items())
    claim(
        ax,
        "A year or more on, most travel packs cost something else",
        holds=totals[1] + totals[-1] > totals[0],
        neutral=f"{when}: dearer, cheaper and the same",
        subtitle=f"{when}: of {len(changes)} packs {counts}",
        caption=caption,
    )
    return ax


def _write_right(ax: Axes, words: list[str]) -> None:
    """Write a note at the right of each row."""
    style = {"annotation_clip": False, "va": "center", "fontsize": 9, "color": GREY}
    for row, text in enumerate(words):
        ax.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), **style)


@says_when_empty
def price_paths(history: pd.DataFrame, moved: pd.DataFrame, over_share: float) -> np.ndarray:
    """Draw each pack's price against its first, a panel per seller; return the array of Axes.

    `history` has the column `pack`; `moved` is the result of `moves` for the same rows. The title
    holds while more than half of the packs that moved came back, and not all.
    """
    names = list(dict.fromkeys(history["provider"].astype(str)))
    lines = -(-len(names) // 2)
    size = (8, 1.3 + 2.3 * lines)
    _, axes = plt.subplots(lines, min(2, len(names)), figsize=size, sharex=True, squeeze=False)
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    for ax, provider in zip(axes.flat, names, strict=False):
        own = history[history["provider"] == provider].sort_values("observed_on")
        style = {"color": ACCENT, "linewidth": 1.2, "markersize": 3.5, "alpha": 0.45}
        for _, pack in own.groupby("pack"):
            change = pack["price_usd"] / pack["price_usd"].iloc[0] - 1
            ax.plot(pack["observed_on"], change, "o-", **style)
        number = moved.loc[moved["provider"] == provider, "pack"].nunique()
        told = f"{provider}: {number} of {own['pack'].nunique()} packs moved"
        ax.set_title(told, fontsize=10, pad=4)
        last = own["observed_on"].max()
        if last < history["observed_on"].max():
            place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            words = f"not seen after {last.day} {last:%B}"
            ax.annotate(words, (last, 0.9), (8, 0), fontsize=9, color=GREY, va="center", **place)
        ax.margins(y=0.12)
        ax.yaxis.set_major_formatter(percent)
        ax.xaxis.set_major_locator(MonthLocator())
        ax.xaxis.set_major_formatter(DateFormatter("%b"))
    for line in axes:
        line[0].set_ylabel("Price against\nthe first one seen", fontsize=9)
    packs, back = moved["pack"].nunique(), moved.loc[moved["back_on"].notna(), "pack"].nunique()
    claim(
        axes[0, 0],
        "Sales come and go within weeks, other changes stay",
        holds=packs < 2 * back < 2 * packs,
        neutral="Prices against the first one seen",
        subtitle=f"{packs} of {history['pack'].nunique()} packs moved by over {over_share:.0%}; "
        f"{back} came back to within {over_share:.0%}",
        caption=f"{observed(history)} A mark is a day on which a price was seen.",
    )
    return axes


@says_when_empty
def changed_by_age(
    shares: pd.DataFrame, by_seller: pd.DataFrame, over_share: float, caption: str
) -> Axes:
    """Draw the share of packs whose price had changed by age, its interval and each seller's share.

    `shares` as `changed_share` returns them, few rows best; `by_seller` has such rows for each
    seller. The title holds while every older row with pairs has a higher share.
    """
    ax = plt.figure(figsize=(8, 1.8 + 0.55 * len(shares))).add_subplot()
    words = []
    for row, one in enumerate(shares.itertuples()):
        own = by_seller.loc[by_seller["from_days"] == one.from_days, "share"].dropna().sort_values()
        heights = row + (np.arange(len(own)) % 3 - 1) * 0.2
        ax.barh(row, one.high_share - one.low_share, left=one.low_share, height=0.3, color=PALE)
        ax.plot(own, heights, "o", color=MID, markersize=5)
        ax.plot(one.share, row, "D", color=ACCENT, markersize=8)
        sellers = f"{one.providers} seller{'s' * (one.providers > 1)}"
        none = "no pair of prices"
        words.append(f"{one.share:.0%} of {one.packs} packs, {sellers}" if one.pairs else none)
    _write_right(ax, words)
    show.rows(ax, [f"{one.from_days} to {one.to_days} days" for one in shares.itertuples()])
    ax.set(xlim=(-0.03, 1.03), xlabel="Packs whose price had changed")
    ax.xaxis.set_major_formatter(percent)
    known = shares.loc[shares["pairs"] > 0, "share"]
    claim(
        ax,
        "How fast a noted price goes stale",
        holds=len(known) > 1 and (known.diff().iloc[1:] > 0).all(),
        neutral="Packs whose price had changed, by age of the price",
        subtitle=f"Share of travel packs whose price had changed by over {over_share:.0%}; "
        "band: 95 of 100 samples; grey: single sellers",
        caption=caption,
    )
    return ax


@says_when_empty
def ages_of_prices(plans: pd.DataFrame, on: dt.date | None = None) -> Axes:
    """Draw when the prices of the catalogue were seen, by week, and the reader's day `on`.

    None: today. Old prices are in the accent, left of the day before which a price is old. The
    title holds while there is one.
    """
    today = pd.Timestamp(on or dt.date.today())
    limit = today - pd.Timedelta(days=STALE_AFTER_DAYS)
    old = age_days(plans, today) > STALE_AFTER_DAYS
    ax = plt.figure(figsize=(8, 3.6)).add_subplot()
    week = plans["as_of"].dt.to_period("W").dt.start_time
    counts = pd.crosstab(week, old.rename("old"))
    below = 0
    for is_old, color in ((True, ACCENT), (False, GREY)):
        own = counts[is_old] if is_old in counts else 0 * counts.iloc[:, 0]
        ax.bar(counts.index, own, width=6, align="edge", bottom=below, color=color)
        below = own
    for day, count in counts.sum(axis=1).items():
        middle = day + pd.Timedelta(days=3)
        note(ax, middle, count, f"{count}", (0, 7), ha="center", fontsize=8)
    top = 1.3 * counts.sum(axis=1).max()
    ax.set(ylim=(0, top), ylabel="Prices seen in a week")
    lines = {limit: f"old before {limit.day} {limit:%B}", today: f"read on {today.day} {today:%B}"}
    for day, words in lines.items():
        ax.axvline(day, color=BLACK, linewidth=1, linestyle="--" if day == limit else "-", zorder=1)
        note(ax, day, 0.94 * top, words, (-5, 0), ha="right")
    ax.grid(axis="x", visible=False)
    first = min(plans["as_of"].min(), limit - pd.Timedelta(days=50))
    ax.set_xlim(first, today + pd.Timedelta(days=5))
    ax.xaxis.set_major_locator(MonthLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%b"))
    claim(
        ax,
        f"How old our prices are: {old.sum()} of {len(plans)} are too old to trust",
        holds=old.any(),
        neutral=f"How old our prices are: none is older than {STALE_AFTER_DAYS} days",
        subtitle=f"Days on which {len(plans)} prices were seen; older than {STALE_AFTER_DAYS} days "
        "counts as old",
        caption=f"Source: data/plans.csv, prices of {dates(plans)}.",
    )
    return ax
