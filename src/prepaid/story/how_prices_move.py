"""Notebook 05, How do prices move: its tables and charts."""

from collections.abc import Iterable, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator

from prepaid import show
from prepaid.prices import STALE_AFTER_DAYS, pack_names
from prepaid.show import (
    ACCENT,
    BLACK,
    GREY,
    MID,
    PALE,
    claim,
    label,
    note,
    percent,
    says_when_empty,
)

SHARES = ["share", "low_share", "high_share"]
# Name, colour and mark of a price that rose, fell or stayed.
DIRECTIONS = {1: ("dearer", ACCENT, "^"), -1: ("cheaper", GREY, "v"), 0: ("the same", MID, "o")}


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
    paired: pd.DataFrame, ages: Sequence[tuple[int, int]], over_share: float, draws: int = 1000, seed: int = 0
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
def changes_by(
    changes: pd.DataFrame,
    group: str,
    when: str,
    caption: str = "Source: data/price_history.csv.",
    *,
    title: str = "A year on, most travel packs cost something else",
    neutral: str = "{when}: dearer, cheaper and the same",
    subtitle: str = "{when}: of {packs} packs {dearer} dearer, {cheaper} cheaper, {same} the same",
    holds: bool | None = None,
    x: str = "Change of the price",
) -> Axes:
    """Draw each pack's change of price, a row per group by median; `when` opens the subtitle.

    `changes` has the columns change_share and the one named by `group`. The title stands while
    `holds`; None: while more than half of the packs changed.
    """
    direction = np.sign(changes["change_share"].round(4)).rename("direction")
    ax, groups = _rows(changes, group, "change_share", direction)
    ax.axvline(0, color=BLACK, linewidth=0.8, zorder=1)
    counts = pd.crosstab(changes[group], direction).reindex(columns=list(DIRECTIONS), fill_value=0)
    words = [", ".join(f"{n} {DIRECTIONS[way][0]}" for way, n in counts.loc[one].items() if n) for one in groups]
    _write_right(ax, words)
    dearer, cheaper, same = counts.sum()
    ax.set_xlabel(x)
    told = subtitle.format(when=when, packs=len(changes), dearer=dearer, cheaper=cheaper, same=same)
    if holds is None:
        holds = dearer + cheaper > same
    claim(ax, title, holds=holds, neutral=neutral.format(when=when), subtitle=told, caption=caption)
    return ax


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
    """Draw a mark for each row of the table, a line per group; return axes, groups from below."""
    groups = table.groupby(group, observed=True)[column].median().sort_values(kind="stable").index.tolist()
    sizes = table[group].value_counts()
    names = [f"{one} ({sizes[one]})" for one in groups]
    lines = max((name.count("\n") for name in names), default=0)
    ax = plt.figure(figsize=(8, 1.7 + (0.42 + 0.12 * lines) * len(groups))).add_subplot()
    for row, one in enumerate(groups):
        values = table.loc[table[group] == one, column].sort_values()
        # Neighbours are spread over five heights so that equal changes stay visible.
        heights = row + (np.arange(len(values)) % 5 - 2) * 0.12
        for way, (_, color, marker) in DIRECTIONS.items():
            own = (direction[values.index] == way).to_numpy()
            ax.plot(values[own], heights[own], marker, color=color, markersize=6, alpha=0.7, markeredgewidth=0)
    show.rows(ax, names)
    ax.set_ylim(-0.6, len(groups) - 0.4)
    ax.xaxis.set_major_formatter(percent)
    return ax, groups


def _write_right(ax: Axes, words: list[str]) -> None:
    """Write a note at the right of each row."""
    style = {"annotation_clip": False, "va": "center", "fontsize": 9, "color": GREY}
    for row, text in enumerate(words):
        ax.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), **style)


@says_when_empty
def price_paths(
    history: pd.DataFrame,
    moved: pd.DataFrame,
    over_share: float,
    *,
    providers: Sequence[str] | None = None,
    title: str = "Sales come and go within weeks",
    neutral: str = "Prices against the first one seen",
    subtitle: str = "{packs} of {all} packs moved by over {over:.0%}; {back} came back to within {over:.0%}",
    y: str = "Price against the first one seen",
    last_seen: str = "not seen after {day}",
    caption: str = "{observed} A mark is a day on which a price was seen; the darker, the more packs.",
) -> np.ndarray:
    """Draw each pack's price against its first, a panel per provider; return the array of Axes.

    `history` has the column `pack`; `moved` is the result of `moves` for the same rows. The title
    holds while more than half of the packs that moved came back.
    """
    if providers is not None:
        history, moved = (table[table["provider"].isin(list(providers))] for table in (history, moved))
    names = list(dict.fromkeys(history["provider"].astype(str)))
    lines = -(-len(names) // 2)
    size = (8, 1.3 + 2.3 * lines)
    _, axes = plt.subplots(lines, min(2, len(names)), figsize=size, sharex=True, squeeze=False)
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    for ax, provider in zip(axes.flat, names, strict=False):
        own = history[history["provider"] == provider].sort_values("observed_on")
        for _, pack in own.groupby("pack"):
            change = pack["price_usd"] / pack["price_usd"].iloc[0] - 1
            ax.plot(pack["observed_on"], change, "o-", color=ACCENT, linewidth=1.2, markersize=3.5, alpha=0.45)
        number = moved.loc[moved["provider"] == provider, "pack"].nunique()
        ax.set_title(f"{provider}: {number} of {own['pack'].nunique()} packs moved", fontsize=10, pad=4)
        last = own["observed_on"].max()
        if last < history["observed_on"].max():
            place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "va": "center"}
            words = last_seen.format(day=f"{last.day} {last:%B}")
            ax.annotate(words, (last, 0.9), (8, 0), fontsize=9, color=GREY, **place)
        ax.margins(y=0.12)
        ax.yaxis.set_major_formatter(percent)
        ax.xaxis.set_major_locator(MonthLocator())
        ax.xaxis.set_major_formatter(DateFormatter("%b"))
    for line in axes:
        line[0].set_ylabel(y if lines == 1 else fill(y, 20), fontsize=9)
    packs, back = moved["pack"].nunique(), moved.loc[moved["back_on"].notna(), "pack"].nunique()
    values = {"packs": packs, "all": history["pack"].nunique(), "over": over_share, "back": back}
    claim(
        axes[0, 0],
        title,
        holds=2 * back > packs,
        neutral=neutral,
        subtitle=subtitle.format(**values),
        caption=caption.format(observed=observed(history)),
    )
    return axes


@says_when_empty
def changed_by_age(
    shares: pd.DataFrame,
    by_provider: pd.DataFrame,
    over_share: float,
    caption: str = "Source: data/price_history.csv.",
    *,
    title: str = "How fast a noted price goes stale",
    neutral: str = "Packs whose price had changed, by age of the price",
    subtitle: str = "Share of travel packs whose price had changed by over {over:.0%}; band: 95 of 100 samples; "
    "grey: single sellers",
    age: str = "{first} to {last} days",
    none: str = "no pair of prices",
    x: str = "Packs whose price had changed",
) -> Axes:
    """Draw the share of packs whose price had changed by age, its interval and each seller's share.

    `shares` as `changed_share` returns them, three rows best; `by_provider` has such rows for each
    provider. The title holds while every older row with pairs has a higher share.
    """
    ax = plt.figure(figsize=(8, 1.8 + 0.55 * len(shares))).add_subplot()
    words = []
    for row, one in enumerate(shares.itertuples()):
        own = by_provider.loc[by_provider["from_days"] == one.from_days, "share"].dropna().sort_values()
        heights = row + (np.arange(len(own)) % 3 - 1) * 0.2
        ax.barh(row, one.high_share - one.low_share, left=one.low_share, height=0.3, color=PALE)
        ax.plot(own, heights, "o", color=MID, markersize=5)
        ax.plot(one.share, row, "D", color=ACCENT, markersize=8)
        sellers = f"{one.providers} seller{'s' * (one.providers > 1)}"
        words.append(f"{one.share:.0%} of {one.packs} packs, {sellers}" if one.pairs else none)
    _write_right(ax, words)
    show.rows(ax, [age.format(first=one.from_days, last=one.to_days) for one in shares.itertuples()])
    ax.set(xlim=(-0.03, 1.03), xlabel=x)
    ax.xaxis.set_major_formatter(percent)
    known = shares.loc[shares["pairs"] > 0, "share"]
    rises = len(known) > 1 and (known.diff().iloc[1:] > 0).all()
    claim(ax, title, holds=rises, neutral=neutral, subtitle=subtitle.format(over=over_share), caption=caption)
    return ax


@says_when_empty
def ages_of_prices(
    plans: pd.DataFrame,
    today: pd.Timestamp,
    *,
    stale_after_days: int = STALE_AFTER_DAYS,
    title: str = "How old our prices are: {old} of {plans} are too old to trust",
    neutral: str = "How old our prices are: none is older than {days} days",
    subtitle: str = "Day on which each seller's prices were seen, {sellers} sellers; older than {days} days counts as "
    "old",
    line: str = "old before {day}",
    now: str = "today",
    x: str = "Day on which the source showed the price",
    caption: str = "Source: data/plans.csv.",
) -> Axes:
    """Draw the days of each seller's prices, today, and the day before which a price is old.

    Rows run from the oldest price; old ones are in the accent. The title holds while there is an
    old price.
    """
    limit = today - pd.Timedelta(days=stale_after_days)
    seen = plans.assign(provider=plans["provider"].astype(str)).groupby("provider")["as_of"]
    order = seen.min().sort_values(kind="stable").index
    ax = plt.figure(figsize=(8, 1.9 + 0.2 * len(order))).add_subplot()
    for row, provider in enumerate(order):
        days = pd.Series(seen.get_group(provider).unique())
        for own, color in ((days[days >= limit], GREY), (days[days < limit], ACCENT)):
            ax.plot(own, [row] * len(own), "o", color=color, markersize=6)
    show.rows(ax, order)
    ax.tick_params(axis="y", labelsize=9)
    ax.set_ylim(len(order) - 0.4, -1.8)
    for day, words in ((limit, line.format(day=f"{limit.day} {limit:%B}")), (today, now)):
        ax.axvline(day, color=BLACK, linewidth=1, linestyle="--" if day == limit else "-", zorder=1)
        note(ax, day, -1.2, words, (-5, 0), ha="right")
    ax.set_xlabel(x)
    ax.xaxis.set_major_locator(MonthLocator())
    ax.xaxis.set_major_formatter(DateFormatter("%b"))
    old = int((plans["as_of"] < limit).sum())
    values = {"old": old, "plans": len(plans), "days": stale_after_days, "sellers": len(order)}
    title, neutral, subtitle = (words.format(**values) for words in (title, neutral, subtitle))
    claim(ax, title, holds=old > 0, neutral=neutral, subtitle=subtitle, caption=caption)
    return ax
