"""Notebook 01, What does a gigabyte cost: its tables and charts."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from prepaid.billing import GB_PER_DAY_PER_KBPS
from prepaid.prices import STALE_AFTER_DAYS, full_name
from prepaid.show import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    KINDS,
    ORANGE,
    RED,
    caption_figure,
    dollars,
    label,
    legend_below,
    plain,
    says_when_empty,
    source,
    title_figure,
)

# Shortest and longest term in days, as travellers and residents look for one.
TERM_RANGES = {
    "A few days (1 to 5)": (1, 5),
    "A week or two (6 to 15)": (6, 15),
    "A month (16 to 31)": (16, 31),
    "Longer": (32, 365),
}
# Rows of data/activities.csv for a chart of what a slow line is good for: one or two of each sort of use.
EVERYDAY = [
    "maps-navigation",
    "maps-browsing",
    "music-96-kbps",
    "music-320-kbps",
    "web-phone",
    "whatsapp-voice-call",
    "whatsapp-video-call",
    "zoom-call",
    "x-feed",
    "instagram-feed",
    "netflix-480p",
    "youtube-480p",
    "youtube-1080p",
]


def offers_and_usual(plans: pd.DataFrame) -> pd.DataFrame:
    """Return introductory and promotional offers beside the standard offer of the same plan.

    Plans match by provider, name and term. Returns the offers' rows of `plans` with the column `usual_price_usd`;
    offers without a standard counterpart are left out.
    """
    same = ["provider", "plan", "term_days"]
    standard = plans.loc[plans["offer"] == "standard", [*same, "price_usd"]]
    usual = standard.rename(columns={"price_usd": "usual_price_usd"})
    offers = plans[plans["offer"] != "standard"].reset_index()
    return offers.merge(usual, on=same, how="inner", validate="many_to_one").set_index("plan_id")


def cheapest_per_gb(plans: pd.DataFrame, term_days: tuple[int, int], rows: int) -> pd.DataFrame:
    """Return the `rows` plans with the lowest `usd_per_gb` whose term is in the range, cheapest first."""
    return plans[plans["term_days"].between(*term_days)].nsmallest(rows, "usd_per_gb").dropna(subset="usd_per_gb")


def price_spread(priced: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return how far `usd_per_gb` spreads within each group, and in all: plans, lowest, percentiles, highest."""
    groups = [*priced.groupby(group, observed=True)["usd_per_gb"], ("all", priced["usd_per_gb"])]
    steps = {"lowest_usd": 0, "p5_usd": 0.05, "median_usd": 0.5, "p95_usd": 0.95, "highest_usd": 1}
    rows = {
        name: {"plans": len(prices), **{step: prices.quantile(q) for step, q in steps.items()}}
        for name, prices in groups
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(group)


def term_range(plans: pd.DataFrame) -> pd.Series:
    """Return the name in TERM_RANGES of each plan's term; missing for packs that never expire."""
    ends = [0, *(longest for _, longest in TERM_RANGES.values())]
    return pd.cut(plans["term_days"].astype(float), ends, labels=list(TERM_RANGES)).rename("term")


def by_network(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans with one row for each network they name, so that a plan on three networks stands three times."""
    names = plans["network"].astype(object).fillna("not named").replace("multi", "several, not named")
    return plans.assign(network=names.str.split("+")).explode("network")


def steady_kbps(activities: pd.DataFrame) -> pd.DataFrame:
    """Return the steady speed behind an activity's MB per hour: columns name, low_kbps and high_kbps.

    It is an average: video that must not stutter needs more at moments, and a page at this speed loads slowly.
    """
    quality = activities["quality"].fillna("")
    name = activities["activity"].astype(str) + (", " + quality).where(quality != "", "")
    kbps = activities[["low_mb_per_hour", "high_mb_per_hour"]] * 8_000 / 3_600
    return kbps.set_axis(["low_kbps", "high_kbps"], axis=1).assign(name=name)


def speed_allows(activities: pd.DataFrame, speeds_kbps: list[int]) -> pd.DataFrame:
    """Return what each speed still carries: `most_gb_per_day`, how many `uses_work` in full, and the `hardest_use`.

    `activities` as `steady_kbps` returns them; a use works in full where the speed covers even its high figure.
    """
    rows = {}
    for speed in speeds_kbps:
        works = activities[activities["high_kbps"] <= speed].sort_values("high_kbps")
        hardest = works["name"].iloc[-1] if len(works) else None
        most_gb = speed * GB_PER_DAY_PER_KBPS
        rows[speed] = {"most_gb_per_day": most_gb, "uses_work": len(works), "hardest_use": hardest}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("speed_kbps")


@says_when_empty
def price_against_gb(priced: pd.DataFrame) -> Axes:
    """Draw price against full-speed GB of a purchase on log axes, with lines of equal price per GB.

    `priced` has the columns of the catalogue and of `unit_prices`, and a price per GB in every row.
    """
    ax = plt.figure().add_subplot(xscale="log", yscale="log")
    limits = np.array([priced["term_gb"].min() * 0.8, priced["term_gb"].max() * 1.3])
    top = priced["price_usd"].max() * 1.3
    bottom = priced["price_usd"].min() * 0.8
    # Lines of slope 1 on log axes, about 7 by 4.1 inches.
    angle = np.degrees(np.arctan2(4.1 / np.log(top / bottom), 7 / np.log(limits[1] / limits[0])))
    for usd_per_gb in (0.3, 1, 3, 10, 30, 100):
        ax.plot(limits, limits * usd_per_gb, color="#BBBBBB", linewidth=0.8, zorder=1)
        start = max(limits[0] * 2.2, bottom / usd_per_gb * 1.1)
        style = {"fontsize": 8, "color": GREY, "va": "bottom", "rotation_mode": "anchor"}
        ax.annotate(f"${usd_per_gb:g} per GB", (start, start * usd_per_gb), rotation=angle, **style)
    for kind, (name, color, marker) in KINDS.items():
        rows = priced[priced["provider_kind"] == kind]
        style = {"marker": marker, "s": 26, "edgecolors": "white", "linewidths": 0.4}
        ax.scatter(rows["term_gb"], rows["price_usd"], label=name, color=color, alpha=0.85, **style)
    # The cheapest plan of each kind is named where the chart is empty: on the right, below the marks.
    best = priced.loc[priced.groupby("provider_kind", observed=True)["usd_per_gb"].idxmin()].sort_values("price_usd")
    for height, (name, gb, price) in enumerate(zip(full_name(best), best["term_gb"], best["price_usd"], strict=True)):
        style = {"arrowprops": {"arrowstyle": "-", "color": GREY, "linewidth": 0.6}, "fontsize": 8, "ha": "right"}
        ax.annotate(name, (gb, price), xytext=(0.995, 0.27 + 0.055 * height), textcoords="axes fraction", **style)
    ax.set(xlim=limits, ylim=(bottom, top))
    ax.xaxis.set_major_formatter(plain)
    ax.yaxis.set_major_formatter(dollars)
    ax.legend(loc="lower right")
    low, high = priced["usd_per_gb"].quantile([0.05, 0.95])
    title = f"Nine plans in ten cost between ${low:.2f} and ${high:.2f} per full-speed GB"
    return label(
        ax, title, "Full-speed GB in one purchase (log scale)", "Price of one purchase (log scale)", source(priced)
    )


def cheapest_by_term(plans: pd.DataFrame, terms: dict[str, tuple[int, int]], rows: int = 5) -> np.ndarray:
    """Draw the plans with the lowest price per GB for each range of terms; return the array of Axes.

    `terms` maps a name to the shortest and longest term in days. Plans whose allowance comes in several periods are
    hatched: their price holds only if all of each period's GB are used.
    """
    figure, axes = plt.subplots(len(terms), 1, figsize=(8, 1.9 * len(terms)), sharex=True, squeeze=False)
    leaders, drawn = [], []
    for ax, (name, days) in zip(axes[:, 0], terms.items(), strict=True):
        best = cheapest_per_gb(plans, days, rows).iloc[::-1]
        colors = [KINDS[kind][1] for kind in best["provider_kind"]]
        bars = ax.barh(full_name(best), best["usd_per_gb"], color=colors, edgecolor="white")
        for bar, refreshes in zip(bars, best["refreshes"], strict=True):
            bar.set_hatch("///" if refreshes else "")
        ax.bar_label(bars, [f"${value:.2f}" for value in best["usd_per_gb"]], padding=3, fontsize=9)
        ax.grid(axis="y", visible=False)
        ax.set_title(name, fontsize=10)
        leaders += [f"${price:.2f}" for price in best["usd_per_gb"].tail(1)]
        drawn.append(best)
    ax.xaxis.set_major_formatter("${x:.2f}")
    ax.set_xlabel("Price per full-speed GB")
    caption_figure(ax, source(pd.concat(drawn)))
    patches = [plt.Rectangle((0, 0), 1, 1, color=color) for _, color, _ in KINDS.values()]
    patches.append(plt.Rectangle((0, 0), 1, 1, facecolor="#999999", edgecolor="white", hatch="///"))
    names = [*(name for name, _, _ in KINDS.values()), "if all GB of each day or month are used"]
    legend_below(ax, patches, names)
    title = f"Lowest price per GB by term: {', '.join(leaders)}"
    title_figure(figure, title)
    return axes[:, 0]


@says_when_empty
def price_per_gb_by(priced: pd.DataFrame, group: str) -> Axes:
    """Draw each plan's price per GB in one row per group, with the median; groups are sorted by it.

    `priced` has the columns usd_per_gb, provider_kind, as_of and the one named by `group`.
    """
    medians = priced.groupby(group, observed=True)["usd_per_gb"].median().sort_values(ascending=False)
    ax = plt.figure(figsize=(8, 1.4 + 0.55 * len(medians))).add_subplot(xscale="log")
    for row, (name, median) in enumerate(medians.items()):
        values = priced.loc[priced[group] == name].sort_values("usd_per_gb")
        # Neighbours are spread over five heights so that equal prices stay visible.
        values = values.assign(height=row + (np.arange(len(values)) % 5 - 2) * 0.08)
        for kind, (_, color, marker) in KINDS.items():
            own = values[values["provider_kind"] == kind]
            ax.scatter(own["usd_per_gb"], own["height"], s=12, color=color, marker=marker, alpha=0.6, linewidths=0)
        ax.plot([median, median], [row - 0.36, row + 0.36], color=BLACK, linewidth=2)
        ax.annotate(f"${median:.2f}", (median, row + 0.37), ha="center", va="bottom", fontsize=9)
    counts = priced[group].value_counts()
    names = [KINDS[name][0] if name in KINDS else name for name in medians.index]
    ax.set_yticks(
        range(len(medians)), [f"{name} ({counts[key]})" for name, key in zip(names, medians.index, strict=True)]
    )
    ax.set_ylim(-0.6, len(medians) - 0.2)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(dollars)
    ax.legend(handles=_kind_handles(priced), loc="upper right", fontsize=8)
    least, most = medians.iloc[-1], medians.iloc[0]
    title = f"Medians from ${least:.2f} to ${most:.2f}, single plans from ${priced['usd_per_gb'].min():.2f}"
    return label(ax, title, "Price per full-speed GB (log scale); the bar is the median", "", source(priced))


@says_when_empty
def price_per_gb_by_size(packs: pd.DataFrame) -> Axes:
    """Draw price per GB against pack size, with the median of each size that at least ten packs have."""
    ax = plt.figure().add_subplot(xscale="log", yscale="log")
    ax.scatter(packs["term_gb"], packs["usd_per_gb"], color=ORANGE, marker="^", s=26, alpha=0.7, linewidths=0)
    sizes = packs.groupby("term_gb")["usd_per_gb"].agg(["median", "size"])
    medians = sizes.loc[sizes["size"] >= 10, "median"]
    ax.plot(medians.index, medians, color=BLACK, linewidth=1.6, marker="o", markersize=4)
    for size, median in medians.items():
        ax.annotate(
            f"${median:.2f}", (size, median), xytext=(5, 6), textcoords="offset points", fontsize=9, weight="bold"
        )
    ax.set_xticks(medians.index if len(medians) else sizes.index)
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(plain)
    ax.set_yticks([0.4, 0.6, 1, 2, 4, 6])
    ax.yaxis.set_major_formatter(dollars)
    title = "Price per GB by size of the pack"
    if len(medians) > 1:
        (small, dear), (large, cheap) = medians.iloc[[0, -1]].items()
        title = f"The median GB costs {dear / cheap:.1f} times as much in a {small:g} GB pack as in one of {large:g} GB"
    return label(
        ax, title, "Size of the pack in GB (log scale)", "Price per GB (log scale); line: median", source(packs)
    )


@says_when_empty
def unlimited_limits(plans: pd.DataFrame) -> Axes:
    """Draw the full-speed GB per 30 days of plans called unlimited, one row per provider that publishes any."""
    gb_per_30_days = plans["data_gb"] / plans["allowance_days"].astype(float) * 30
    highest = gb_per_30_days.groupby(plans["provider"], observed=True).max().sort_values()
    order = highest.dropna().index
    ax = plt.figure(figsize=(8, 2 + 0.27 * len(order))).add_subplot(xscale="log")
    for row, provider in enumerate(order):
        own = plans[plans["provider"] == provider]
        _, color, marker = KINDS[own["provider_kind"].iloc[0]]
        ax.plot(gb_per_30_days[own.index], [row] * len(own), marker, color=color, markersize=6, markeredgecolor="white")
        style = {"xytext": (8, 0), "textcoords": "offset points", "fontsize": 8, "va": "center", "color": GREY}
        ax.annotate(_then(own), (highest[provider], row), **style)
    ax.set_yticks(range(len(order)), order)
    ax.set(xlim=(9, 1_500), ylim=(-2.2, len(order) - 0.3))
    ax.set_xticks([10, 20, 30, 50, 100, 200])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(plain)
    ax.grid(axis="y", visible=False)
    ax.legend(handles=_kind_handles(plans), loc="lower right", fontsize=8)
    silent = ", ".join(highest.index[highest.isna()])
    ax.text(
        0.01,
        0.01,
        fill(f"No amount in our source for any plan of {silent}.", 75),
        transform=ax.transAxes,
        fontsize=8,
        color=GREY,
    )
    share = plans["data_gb"].isna().mean()
    title = f"For {share:.0%} of “unlimited” plans our source states no full-speed amount"
    x = "Full-speed GB per 30 days (log scale; shorter passes scaled up), then the speed that is left"
    return label(ax, title, x, "", source(plans))


def _then(plans: pd.DataFrame) -> str:
    """Return in words what the plans of one provider say of the speed after the full-speed data."""
    stated = plans[plans["data_gb"].notna()]
    speeds = stated["throttle_kbps"].value_counts()
    words = [f"{speed:,} kbit/s" + ("" if count == len(stated) else f" ({count})") for speed, count in speeds.items()]
    silent = len(stated) - speeds.sum()
    if silent:
        words.append("speed not said" + ("" if silent == len(stated) else f" ({silent})"))
    if len(stated) < len(plans):
        words.append(f"amount not said for {len(plans) - len(stated)} more")
    return ", ".join(words)


def _kind_handles(plans: pd.DataFrame) -> list[Line2D]:
    """Return a legend entry for each kind of provider that occurs."""
    present = [KINDS[kind] for kind in KINDS if (plans["provider_kind"] == kind).any()]
    return [Line2D([], [], linestyle="", marker=marker, color=color, label=name) for name, color, marker in present]


@says_when_empty
def speed_needs(activities: pd.DataFrame, speeds_kbps: list[int]) -> Axes:
    """Draw the steady speed that activities need, from their MB per hour, beside the speeds of throttled plans.

    `activities` has the columns low_kbps and high_kbps.
    """
    rows = activities.sort_values("high_kbps", ascending=False)
    ax = plt.figure(figsize=(8, 1.6 + 0.28 * len(rows))).add_subplot(xscale="log")
    positions = np.arange(len(rows))
    for speed in speeds_kbps:
        ax.axvline(speed, color=RED, linewidth=1, linestyle="--", zorder=1)
        ax.annotate(
            f"{speed:,}",
            (speed, len(rows) - 0.4),
            fontsize=8,
            color=RED,
            rotation=90,
            ha="center",
            bbox={"color": "white", "pad": 1},
        )
    ax.hlines(positions, rows["low_kbps"], rows["high_kbps"], color=BLUE, linewidth=6)
    ax.plot(rows["low_kbps"], positions, "|", color=BLUE, markersize=9, markeredgewidth=2)
    ax.set_yticks(positions, rows["name"])
    ax.set_ylim(-0.7, len(rows) + 1)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    slowest = min(speeds_kbps)
    fits = int((rows["high_kbps"] <= slowest).sum())
    title = f"{slowest} kbit/s carries {fits} of {len(rows)} everyday uses in full"
    caption = (
        "Source: data/activities.csv, low to high MB per hour as a steady speed; dashed: speeds of data/plans.csv."
    )
    return label(ax, title, "Speed needed in kbit/s (log scale)", "", caption)


@says_when_empty
def two_prices(plans: pd.DataFrame, low: str, high: str, names: tuple[str, str], what: str) -> Axes:
    """Draw two prices of each plan per 30 days, the columns `low` and `high`, as `names`; `what` lowers the price.

    Rows are sorted by the difference in per cent.
    """
    per_30_days = 30 / plans["term_days"].astype(float)
    rows = pd.DataFrame(
        {"name": full_name(plans), "low_usd": plans[low] * per_30_days, "high_usd": plans[high] * per_30_days}
    )
    rows = rows.assign(share=1 - rows["low_usd"] / rows["high_usd"]).sort_values(["share", "high_usd"])
    positions = np.arange(len(rows))
    ax = plt.figure(figsize=(8, 1.4 + 0.26 * len(rows))).add_subplot()
    ax.hlines(positions, rows["low_usd"], rows["high_usd"], color="#999999", linewidth=1.5, zorder=1)
    ax.plot(rows["low_usd"], positions, "o", color="white", markeredgecolor=BLUE, markeredgewidth=1.6, label=names[0])
    ax.plot(rows["high_usd"], positions, "s", color=BLUE, label=names[1])
    for row, (share, high) in enumerate(zip(rows["share"], rows["high_usd"], strict=True)):
        ax.annotate(f"-{share:.1%}", (high, row), xytext=(8, 0), textcoords="offset points", fontsize=8, va="center")
    ax.set_yticks(positions, rows["name"])
    ax.set_xlim(0, rows["high_usd"].max() * 1.12)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(dollars)
    legend_below(ax, *ax.get_legend_handles_labels())
    title = f"{what} takes {rows['share'].min():.1%} to {rows['share'].max():.1%} off"
    return label(ax, title, "Price per 30 days", "", source(plans))


@says_when_empty
def age_and_tax(plans: pd.DataFrame) -> Axes:
    """Draw for each provider the dates of its prices, and whether tax is in them, on top, or not said."""
    newest = plans["as_of"].max()
    order = plans.groupby("provider", observed=True)["as_of"].max().sort_values(ascending=False).index
    row_of = {provider: row for row, provider in enumerate(order)}
    states = {"tax included": (GREEN, "o"), "tax on top": (RED, "X"), "tax not said": ("#999999", ".")}
    state = (
        plans["taxes_included"].map({True: "tax included", False: "tax on top"}).astype(object).fillna("tax not said")
    )
    ax = plt.figure(figsize=(8, 1.4 + 0.23 * len(order))).add_subplot()
    for name, (color, marker) in states.items():
        rows = plans[state == name].drop_duplicates(["provider", "as_of"])
        heights = rows["provider"].astype(object).map(row_of)
        ax.plot(
            rows["as_of"], heights, marker, color=color, markersize=7, label=f"{name} ({(state == name).sum()} plans)"
        )
    limit = newest - pd.Timedelta(days=STALE_AFTER_DAYS)
    ax.axvline(limit, color=BLACK, linestyle="--", linewidth=1)
    ax.annotate(" stale before this day", (limit, len(order) - 0.3), fontsize=8, va="bottom")
    ax.set_yticks(range(len(order)), order)
    ax.set_ylim(-0.7, len(order) + 0.6)
    ax.margins(x=0.03)
    ax.grid(axis="y", visible=False)
    ax.legend(loc="upper right", fontsize=8)
    stale = int((plans["as_of"] < limit).sum())
    silent = (state == "tax not said").mean()
    title = f"{stale or 'No'} stale prices; for {silent:.0%} of plans our source is silent on tax"
    return label(ax, title, "Date on which the source showed the price", "", source(plans))
