"""Notebook 05, How do prices move: its tables and charts."""

from collections.abc import Iterable, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator
from matplotlib.ticker import PercentFormatter

from prepaid.prices import pack_names
from prepaid.show import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    RED,
    caption_figure,
    label,
    legend_below,
    says_when_empty,
    title_figure,
)

SHARES = ["share", "low_share", "high_share"]
SMALL = {"fontsize": 8, "color": GREY, "va": "center"}
percent = PercentFormatter(1, decimals=0)
# Name, colour and mark of a price that rose, fell or stayed.
DIRECTIONS = {1: ("dearer", RED, "^"), -1: ("cheaper", BLUE, "v"), 0: ("the same", GREY, "o")}


def pairs(history: pd.DataFrame) -> pd.DataFrame:
    """Return every two observations of the same pack on different days, unless the first price is 0.

    Returns
    -------
    DataFrame
        One row per pair, sorted by pack and the two days: provider, pack, first_on, then_on, days, before_usd,
        after_usd, change_share (0.1: a tenth dearer), source_id, then_source_id.
    """
    seen = history.assign(pack=pack_names(history))[["provider", "pack", "observed_on", "price_usd", "source_id"]]
    first = seen.rename(columns={"observed_on": "first_on", "price_usd": "before_usd"})
    then = seen.drop(columns="provider").rename(
        columns={"observed_on": "then_on", "price_usd": "after_usd", "source_id": "then_source_id"}
    )
    both = first.merge(then, on="pack").query("first_on < then_on and before_usd > 0")
    both = both.sort_values(["pack", "first_on", "then_on"])
    both = both.assign(
        days=(both["then_on"] - both["first_on"]).dt.days,
        change_share=(both["after_usd"] / both["before_usd"] - 1).round(9),  # 105/100 is 5 per cent, not a little more
        provider=both["provider"].astype(str),
    )
    order = ["provider", "pack", "first_on", "then_on", "days", "before_usd", "after_usd", "change_share"]
    return both[[*order, "source_id", "then_source_id"]].reset_index(drop=True)


def longest_apart(paired: pd.DataFrame) -> pd.DataFrame:
    """Return of `pairs` the first and last observation of each pack."""
    return paired.loc[paired.groupby("pack")["days"].idxmax()]


def between_sources(paired: pd.DataFrame, sources: pd.DataFrame, most_days: int) -> pd.DataFrame:
    """Return of `pairs` the two prices nearest in time of each pack and two sources, at most so many days apart.

    `sources` is `data.sources`; the column `methods` says how the two were read.
    """
    other = paired[paired["source_id"].astype(str) != paired["then_source_id"].astype(str)]
    other = other[other["days"] <= most_days]
    nearest = other.loc[other.groupby(["pack", "source_id", "then_source_id"], observed=True)["days"].idxmin()]
    method = sources["method"].astype(str)
    first, then = (nearest[column].astype(str).map(method) for column in ("source_id", "then_source_id"))
    return nearest.assign(methods=first + ", then " + then)


def moves(paired: pd.DataFrame, over_share: float) -> pd.DataFrame:
    """Return the changes by more than `over_share` from one observation to the next, and what came back.

    Parameters
    ----------
    paired
        The result of `pairs`.
    over_share
        0.05: a change by more than 5 per cent counts.

    Returns
    -------
    DataFrame
        Rows of `paired`, with `back_on`: the first later day on which the price was within `over_share` of what it was
        before the change; missing if it never was.
    """
    start = ["pack", "first_on"]
    changed = paired["change_share"].abs() > over_share
    back_on = paired[~changed].groupby(start)["then_on"].min().rename("back_on")
    following = paired.groupby(start)["days"].idxmin()
    return paired.loc[following[changed[following].to_numpy()]].join(back_on, on=start)


def waves(moved: pd.DataFrame) -> pd.DataFrame:
    """Return the result of `moves` summed up: one row for each provider and two days, dates as YYYY-MM-DD.

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


def price_ranges(history: pd.DataFrame) -> pd.DataFrame:
    """Return lowest_usd, highest_usd, range_share (highest over lowest, less one) and observations of each pack."""
    prices = history.assign(pack=pack_names(history)).groupby(["provider", "pack"], observed=True)["price_usd"]
    table = prices.agg(observations="size", lowest_usd="min", highest_usd="max").reset_index()
    return table.assign(range_share=table["highest_usd"] / table["lowest_usd"] - 1)


def changed_share(
    paired: pd.DataFrame, ages: Sequence[tuple[int, int]], over_share: float, draws: int, seed: int
) -> pd.DataFrame:
    """Return how many packs had changed their price by more than `over_share`, by the days between two observations.

    Each pack counts once: with the share of its pairs that changed. The interval is a bootstrap that draws providers,
    then packs of each, because a seller moves many of its prices on one day. With few providers it is little more than
    the range between them.

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
        One row per age: from_days and to_days as given, mean_days of its pairs, pairs, packs, providers, share, and
        low_share and high_share, between which 95 of 100 samples lie; missing where there is no pair.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for fewest, most in ages:
        chosen = paired[paired["days"].between(fewest, most)]
        changed = (chosen["change_share"].abs() > over_share).groupby([chosen["provider"], chosen["pack"]]).mean()
        by_provider = [packs.to_numpy() for _, packs in changed.groupby(level="provider")]
        samples = [np.nan]
        if by_provider:
            samples = [
                np.concatenate([rng.choice(by_provider[one], len(by_provider[one])) for one in drawn]).mean()
                for drawn in rng.integers(len(by_provider), size=(draws, len(by_provider)))
            ]
        low, high = np.quantile(samples, [0.025, 0.975])
        counts = (len(chosen), len(changed), len(by_provider))
        rows.append((fewest, most, chosen["days"].mean(), *counts, changed.mean(), low, high))
    columns = ["from_days", "to_days", "mean_days", "pairs", "packs", "providers", *SHARES]
    return pd.DataFrame(rows, columns=columns)


def steady_shares(shares: pd.DataFrame, days: Iterable[float]) -> pd.DataFrame:
    """Return the share of packs that would have changed after so many days, had prices moved at one steady rate.

    The rate is that of the oldest row of `shares`, the result of `changed_share`: if a share s had changed after d
    days, 1 - (1 - s) ** (x / d) has after x. Sales come on top; they begin and end within weeks. Returns days, share,
    low_share and high_share. Raises ValueError if `shares` counts no pair.
    """
    if not shares["pairs"].sum():
        raise ValueError("shares: no pair of prices in any row (expected at least one pack with two prices)")
    oldest = shares[shares["pairs"] > 0].iloc[-1]
    days = pd.Series(list(days), dtype=float)
    columns = {name: 1 - (1 - oldest[name]) ** (days / oldest["mean_days"]) for name in SHARES}
    return pd.DataFrame({"days": days} | columns)


def observed(history: pd.DataFrame) -> str:
    """Return the caption of a chart of observed prices."""
    first, last = (f"{day.day} {day:%B %Y}" for day in (history["observed_on"].min(), history["observed_on"].max()))
    return f"Source: data/price_history.csv; {len(history)} prices of travel packs seen from {first} to {last}."


@says_when_empty
def changes_by(changes: pd.DataFrame, group: str, when: str, caption: str) -> Axes:
    """Draw each pack's change of price in one row per group, sorted by the median change; `when` opens the title.

    `changes` has the columns change_share and the one named by `group`.
    """
    direction = np.sign(changes["change_share"].round(4)).rename("direction")
    ax, groups = _rows(changes, group, "change_share", direction)
    ax.axvline(0, color=BLACK, linewidth=0.8, zorder=1)
    counts = pd.crosstab(changes[group], direction).reindex(columns=list(DIRECTIONS), fill_value=0)
    words = [", ".join(f"{n} {DIRECTIONS[way][0]}" for way, n in counts.loc[one].items() if n) for one in groups]
    _write_right(ax, words)
    dearer, cheaper, same = counts.sum()
    title = f"{when}: of {len(changes)} packs {dearer} dearer, {cheaper} cheaper, {same} the same"
    return label(ax, title, "Change of the price", "", caption)


@says_when_empty
def ranges_by_provider(ranges: pd.DataFrame, caption: str) -> Axes:
    """Draw how far each pack's highest price lies above its lowest, one row per provider, with the median.

    `ranges` is the result of `price_ranges`.
    """
    ax, providers = _rows(ranges, "provider", "range_share", pd.Series(0, ranges.index))
    groups = ranges.groupby("provider", observed=True)
    medians, seen = groups["range_share"].median(), groups["observations"].median()
    for row, provider in enumerate(providers):
        ax.plot([medians[provider]] * 2, [row - 0.36, row + 0.36], color=BLACK, linewidth=2)
    _write_right(ax, [f"{medians[one]:.0%}, from {seen[one]:g} prices each" for one in providers])
    widest = ranges.loc[ranges["range_share"].idxmax()]
    title = f"Median span {medians[providers[-1]]:.0%} at {providers[-1]}; "
    title += f"widest: {widest['range_share']:.0%}, {widest['pack']}"
    return label(ax, title, "Highest price over lowest, less one; the bar is the median", "", caption)


def _rows(table: pd.DataFrame, group: str, column: str, direction: pd.Series) -> tuple[Axes, list[str]]:
    """Draw a mark for each row of the table, in one line per group; return the axes and the groups from below."""
    groups = table.groupby(group, observed=True)[column].median().sort_values(kind="stable").index.tolist()
    ax = plt.figure(figsize=(8, 1.6 + 0.42 * len(groups))).add_subplot()
    for row, one in enumerate(groups):
        values = table.loc[table[group] == one, column].sort_values()
        # Neighbours are spread over five heights so that equal changes stay visible.
        heights = row + (np.arange(len(values)) % 5 - 2) * 0.12
        for way, (_, color, marker) in DIRECTIONS.items():
            own = (direction[values.index] == way).to_numpy()
            ax.plot(values[own], heights[own], marker, color=color, markersize=6, alpha=0.7, markeredgewidth=0)
    sizes = table[group].value_counts()
    ax.set_yticks(range(len(groups)), [f"{one} ({sizes[one]})" for one in groups])
    ax.set_ylim(-0.6, len(groups) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(percent)
    return ax, groups


def _write_right(ax: Axes, words: list[str]) -> None:
    """Write a note at the right of each row."""
    for row, text in enumerate(words):
        ax.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), annotation_clip=False, **SMALL)


@says_when_empty
def price_paths(history: pd.DataFrame, moved: pd.DataFrame, over_share: float) -> np.ndarray:
    """Draw each pack's price against its first one, a panel per provider; return the array of Axes.

    `history` has the column `pack`; `moved` is the result of `moves` for the same rows.
    """
    providers = history["provider"].astype(str).unique()
    lines = -(-len(providers) // 2)
    figure, axes = plt.subplots(lines, 2, figsize=(8, 2.3 * lines + 0.6), sharex=True, sharey=True, squeeze=False)
    for ax in axes.flat[len(providers) :]:
        ax.set_axis_off()
    for ax, provider in zip(axes.flat, providers, strict=False):
        own = history[history["provider"] == provider].sort_values("observed_on")
        for _, pack in own.groupby("pack"):
            change = pack["price_usd"] / pack["price_usd"].iloc[0] - 1
            ax.plot(pack["observed_on"], change, "o-", color=BLUE, linewidth=1, markersize=3, alpha=0.5)
        number = moved.loc[moved["provider"] == provider, "pack"].nunique()
        ax.set_title(f"{provider}: {number} of {own['pack'].nunique()} packs moved", fontsize=10)
        last = own["observed_on"].max()
        if last < history["observed_on"].max():
            place = {"xy": (last, 0.82), "xycoords": ("data", "axes fraction")}
            ax.annotate(f"not seen after {last.day} {last:%B}", **place, **SMALL)
        ax.yaxis.set_major_formatter(percent)
        ax.xaxis.set_major_locator(MonthLocator())
        ax.xaxis.set_major_formatter(DateFormatter("%b"))
    figure.supylabel("Price against the first one seen", fontsize=10)
    caption = f"{observed(history)} A mark is a day on which a price was seen; the darker, the more packs."
    caption_figure(axes[0, 0], fill(caption, 125))
    packs, back = moved["pack"].nunique(), moved.loc[moved["back_on"].notna(), "pack"].nunique()
    title = f"{packs} of {history['pack'].nunique()} packs moved by over {over_share:.0%}; {back} came back"
    title_figure(figure, title)
    return axes


@says_when_empty
def changed_by_age(shares: pd.DataFrame, by_provider: pd.DataFrame, over_share: float, caption: str) -> Axes:
    """Draw the share of packs whose price had changed, one row per age, with its interval and each provider's share.

    `shares` is the result of `changed_share`; `by_provider` has such rows for each provider. A hollow mark is the share
    at a steady rate, in the middle of the age.
    """
    steady = steady_shares(shares, (shares["from_days"] + shares["to_days"]) / 2)["share"]
    ax = plt.figure(figsize=(8, 1.9 + 0.5 * len(shares))).add_subplot()
    ages = shares[::-1]
    for row, age in enumerate(ages.itertuples()):
        own = by_provider.loc[by_provider["from_days"] == age.from_days, "share"].sort_values()
        heights = row + (np.arange(len(own)) % 3 - 1) * 0.17
        ax.plot(own, heights, "o", color=ORANGE, markersize=8, alpha=0.7, markeredgewidth=0)
        ax.plot([age.low_share, age.high_share], [row, row], color=BLACK, linewidth=1.6)
        ax.plot(age.share, row, "s", color=BLACK, markersize=6)
        ax.plot(steady[age.Index], row, "D", color="white", markeredgecolor=BLUE, markersize=6, zorder=1.9)
    counts = [
        f"{age.share:.0%}: {age.packs} packs of {age.providers} provider{'s' * (age.providers > 1)}"
        for age in ages.itertuples()
    ]
    _write_right(ax, [text if n else "no pair of prices" for text, n in zip(counts, ages["pairs"], strict=True)])
    ax.set_yticks(range(len(ages)), [f"{age.from_days} to {age.to_days} days" for age in ages.itertuples()])
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.6, len(ages) - 0.4))
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(percent)
    handles = [
        plt.Line2D([], [], marker="s", color=BLACK, linewidth=1.6),
        plt.Line2D([], [], marker="o", color=ORANGE, linestyle="", markersize=8),
        plt.Line2D([], [], marker="D", color="white", markeredgecolor=BLUE, linestyle="", markersize=6),
    ]
    legend_below(ax, handles, ["all packs, with interval", "one provider", "at a steady rate"])
    first, last = (shares[shares["pairs"] > 0].iloc[place] for place in (0, -1))
    title = f"{first['share']:.0%} had changed by over {over_share:.0%} within {first['to_days']:.0f} days, "
    title += f"{last['share']:.0%} after more than {last['from_days'] - 1:.0f}"
    return label(ax, title, "Packs whose price had changed", "", caption)
