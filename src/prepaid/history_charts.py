"""The charts of notebook 05: each takes a table of `prepaid.history`, draws on an Axes and returns it."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator
from matplotlib.ticker import PercentFormatter

from prepaid.charts import (
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
from prepaid.history import steady_shares

SMALL = {"fontsize": 8, "color": GREY, "va": "center"}
percent = PercentFormatter(1, decimals=0)
# Name, colour and mark of a price that rose, fell or stayed.
DIRECTIONS = {1: ("dearer", RED, "^"), -1: ("cheaper", BLUE, "v"), 0: ("the same", GREY, "o")}


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
