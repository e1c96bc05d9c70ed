"""Notebook 01, What does a gigabyte cost: its tables and charts."""

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from prepaid import show
from prepaid.billing import GB_PER_DAY_PER_KBPS
from prepaid.prices import STALE_AFTER_DAYS, full_name
from prepaid.show import (
    ACCENT,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    KINDS,
    MID,
    PALE,
    RED,
    UNKNOWN,
    claim,
    dates,
    dollars,
    label,
    legend,
    legend_below,
    legend_of_kinds,
    note,
    plain,
    says_when_empty,
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


def source(plans: pd.DataFrame) -> str:
    """Return the caption of a chart of plans: the file, how many rows, the dates of the prices."""
    told = f"{len(plans)} plans, prices of {dates(plans)}"
    return f"Source: data/plans.csv; {told}, before tax unless included."


def cells(ax: Axes, answers: pd.DataFrame, dark: str = "yes", light: str = "no") -> None:
    """Draw a table of words, the `dark` one on grey and the `light` one on white; index: rows."""
    styles = {dark: (GREY, "white", "bold"), light: ("white", GREY, "normal")}
    for column, words in enumerate(answers):
        for row, word in enumerate(answers[words]):
            face, ink, weight = styles.get(word, (PALE, BLACK, "normal"))
            ax.barh(row, 0.94, left=column - 0.47, height=0.86, color=face)
            style = {"ha": "center", "va": "center", "fontsize": 9}
            ax.text(column, row, word, color=ink, weight=weight, **style)
    show.rows(ax, answers.index)
    ax.set_xticks(range(answers.shape[1]), answers.columns)
    ax.set_xlim(-0.55, answers.shape[1] - 0.45)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


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


def cheapest_by_term(
    plans: pd.DataFrame,
    terms: dict[str, tuple[int, int]],
    rows: int = 3,
    *,
    title: str = "The longer you commit, the cheaper the gigabyte",
    neutral: str = "The lowest price per GB, by term",
    subtitle: str = "Price per full-speed GB of the {rows} cheapest plans of each term, of {plans}",
    used: str = "only if all GB of each day or month are used",
    caption: str | None = None,
) -> np.ndarray:
    """Draw the lowest prices per GB for each range of terms; return the array of Axes.

    `terms` maps a name to the shortest and longest term in days. Plans whose allowance comes in
    several periods are hatched: their price holds only if all of each period's GB are used. A stale
    price (column `stale`) is marked so. The title holds while the cheapest of every longer range
    costs less.
    """
    best = {name: cheapest_per_gb(plans, days, rows) for name, days in terms.items()}
    size = (8, 1.6 + sum(0.62 + 0.24 * max(1, len(table)) for table in best.values()))
    ratios = [0.3 + 0.24 * max(1, len(table)) for table in best.values()]
    _, axes = plt.subplots(len(terms), 1, figsize=size, sharex=True, squeeze=False, height_ratios=ratios)
    stale = plans["stale"] if "stale" in plans else pd.Series(False, plans.index)
    for ax, (name, table) in zip(axes[:, 0], best.items(), strict=True):
        colors = [KINDS[kind][1] for kind in table["provider_kind"]]
        bars = ax.barh(range(len(table)), table["usd_per_gb"], color=colors, edgecolor="white", height=0.7)
        for row, (bar, (plan_id, plan)) in enumerate(zip(bars, table.iterrows(), strict=True)):
            bar.set_hatch("///" if plan["refreshes"] else "")
            old = f", seen {plan['as_of']:%B %Y}" if stale[plan_id] else ""
            note(ax, plan["usd_per_gb"], row, f"${plan['usd_per_gb']:.2f}{old}")
        show.rows(ax, full_name(table))
        ax.set_title(name, fontsize=10, pad=4)
        ax.margins(x=0.14)
    ax.xaxis.set_ticklabels([])
    leaders = pd.Series([table["usd_per_gb"].min() for table in best.values()])
    drawn = pd.concat(best.values())
    told = subtitle.format(rows=rows, plans=len(plans))
    falls = len(leaders) > 1 and (leaders.diff().iloc[1:] < 0).all()
    claim(
        axes[0, 0],
        title,
        holds=falls,
        neutral=neutral,
        subtitle=told,
        caption=source(drawn) if caption is None else caption,
    )
    hatched = Patch(facecolor=MID, edgecolor="white", hatch="///", label=used)
    legend_of_kinds(ax, drawn["provider_kind"], [hatched])
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
def price_per_gb_by_size(
    packs: pd.DataFrame,
    *,
    title: str = "Small packs are the dear ones",
    neutral: str = "Price per GB by size of the pack",
    subtitle: str = "{packs} travel eSIM packs; line: median of sizes with at least {least} packs, {times:.1f} "
    "times as much at {small:g} as at {large:g} GB",
    x: str = "Size of the pack in GB (log scale)",
    y: str = "Price per GB (log scale)",
    caption: str | None = None,
    least: int = 10,
) -> Axes:
    """Draw price per GB against pack size, with the median of each size that `least` packs have.

    The title holds while every larger size has a lower median.
    """
    ax = plt.figure(figsize=(8, 4.8)).add_subplot(xscale="log", yscale="log")
    _, color, marker = KINDS["travel_esim"]
    points = {"color": color, "marker": marker, "s": 26, "alpha": 0.6, "linewidths": 0}
    ax.scatter(packs["term_gb"], packs["usd_per_gb"], **points)
    sizes = packs.groupby("term_gb")["usd_per_gb"].agg(["median", "size"])
    medians = sizes.loc[sizes["size"] >= least, "median"]
    ax.plot(medians.index, medians, color=ACCENT, linewidth=2, marker="o", markersize=5)
    for size, median in medians.items():
        note(ax, size, median, f"${median:.2f}", (7, 9), weight="bold", fontsize=10, color=ACCENT)
    ax.set_xticks(sorted({*medians.index, *sizes.index[[0, -1]]}))
    ax.set_yticks([0.4, 0.6, 1, 2, 4, 6])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(plain)
    ax.yaxis.set_major_formatter(dollars)
    ax.set(xlabel=x, ylabel=y)
    told, falls = f"{len(packs)} packs", len(medians) > 1 and medians.is_monotonic_decreasing
    if len(medians) > 1:
        (small, dear), (large, cheap) = medians.iloc[[0, -1]].items()
        values = {"times": dear / cheap, "small": small, "large": large, "least": least}
        told = subtitle.format(packs=len(packs), **values)
    claim(
        ax,
        title,
        holds=falls and medians.is_unique,
        neutral=neutral,
        subtitle=told,
        caption=source(packs) if caption is None else caption,
    )
    return ax


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


@says_when_empty
def full_speed_until(
    unlimited: pd.DataFrame,
    *,
    title: str = "What “unlimited” means: full speed until here",
    neutral: str = "Full-speed data of plans called unlimited",
    subtitle: str = "The most that a plan called unlimited states, by brand; {silent} of {brands} state nothing.\n"
    "(?): how slow is not said",
    x: str = "Full-speed GB in the period beside the bar",
    silent: str = "{count} brands say nothing",
    caption: str | None = None,
) -> Axes:
    """Draw for each brand the full-speed GB of its most generous plan called unlimited.

    Per brand, the plan with the most GB per day counts. The title holds while brands of both sorts
    exist.
    """
    per_day = unlimited["data_gb"] / unlimited["allowance_days"].astype(float)
    best = unlimited.loc[per_day.dropna().groupby(unlimited["provider"].astype(str)).idxmax()]
    best = best.sort_values(["allowance_days", "data_gb"], ascending=False, kind="stable")
    nobody = sorted(set(unlimited["provider"]) - set(best["provider"]))
    ax = plt.figure(figsize=(8, 2 + 0.27 * (len(best) + bool(nobody)))).add_subplot()
    heights = list(np.arange(len(best)) + 0.5 * (best["allowance_days"] < 5))
    colors = [KINDS[kind][1] for kind in best["provider_kind"]]
    ax.barh(heights, best["data_gb"], color=colors, height=0.66)
    for height, plan in zip(heights, best.itertuples(), strict=True):
        period = "a day" if plan.allowance_days == 1 else f"in {plan.allowance_days} days"
        then = "then slow (?)" if pd.isna(plan.throttle_kbps) else f"then {_speed(plan.throttle_kbps)}"
        note(ax, plan.data_gb, height, f"{plan.data_gb:g} GB {period}, {then}")
    names = [*best["provider"]]
    if nobody:
        heights.append((heights[-1] if heights else -1) + 1.5)
        names.append(silent.format(count=len(nobody)))
        widest = best["data_gb"].max() if len(best) else 1
        ax.barh(heights[-1], widest, height=0.66, **UNKNOWN)
        note(ax, widest, heights[-1], "?", weight="bold")
    show.rows(ax, names, heights)
    ax.margins(x=0.3)
    ax.set_xlabel(x)
    ax.xaxis.set_major_formatter(plain)
    brands = unlimited["provider"].nunique()
    told = subtitle.format(silent=len(nobody), brands=brands)
    words = f"Silent: {', '.join(nobody)}. " if nobody else ""
    claim(
        ax,
        title,
        holds=len(best) > 0 and bool(nobody),
        neutral=neutral,
        subtitle=told,
        caption=words + source(unlimited) if caption is None else caption,
    )
    legend_of_kinds(ax, best["provider_kind"])
    return ax


def _speed(kbps: float) -> str:
    """Return a speed as sellers write it."""
    return f"{kbps / 1000:g} Mbit/s" if kbps >= 1000 else f"{kbps:g} kbit/s"


@says_when_empty
def works_at_speed(
    uses: pd.DataFrame,
    speeds_kbps: list[int],
    *,
    title: str = "After the limit: what still works on a slow line",
    neutral: str = "What a line of each speed carries",
    subtitle: str = "yes: at its best quality; slowly: at its lowest, or nearly; no: not even that",
    x: str = "Speed that is left, as plans state it",
    caption: str = "Source: data/activities.csv, MB per hour taken as a steady speed; speeds of data/plans.csv.",
) -> Axes:
    """Draw for each use and each speed whether it works: a table of yes, slowly and no.

    `uses` as `steady_kbps` returns them. The title holds while the slowest line carries some of the
    uses, not all.
    """
    uses = uses.sort_values(["high_kbps", "low_kbps"])
    speeds = sorted(speeds_kbps)
    ax = plt.figure(figsize=(8, 1.7 + 0.29 * len(uses))).add_subplot()
    answers = {
        _speed(speed): np.select([uses["high_kbps"] <= speed, 0.9 * uses["low_kbps"] <= speed], ["yes", "slowly"], "no")
        for speed in speeds
    }
    cells(ax, pd.DataFrame(answers, index=uses["name"].to_numpy()))
    ax.set_xlabel(x)
    some = (uses["high_kbps"] <= speeds[0]).any() and (uses["high_kbps"] > speeds[0]).any()
    claim(ax, title, holds=some, neutral=neutral, subtitle=subtitle, caption=caption)
    return ax


@says_when_empty
def poor_guide(
    regrets: pd.DataFrame,
    most_short_share: float,
    *,
    title: str = "Why the lowest price per GB is a poor guide",
    neutral: str = "Chosen by price per GB, and by simulation",
    subtitle: str = "Mean cost of a stay on both plans; in {worse} of {cases} cases the lowest price per GB costs more "
    "or runs short",
    x: str = "Mean cost of the stay",
    caption: str = "Source: data/plans.csv; simulated.",
) -> Axes:
    """Draw what the plan with the lowest price per GB costs beside the cheapest that serves.

    `regrets` as `headline_regret` returns them. The title holds while the first is worse in a
    quarter of the cases: it costs a dollar more, or leaves more than `most_short_share` of stays
    short.
    """
    ax = plt.figure(figsize=(8, 1.9 + 0.32 * len(regrets))).add_subplot()
    heights = np.arange(len(regrets))
    short = (regrets["headline_short_share"] > most_short_share).to_numpy()
    ends = regrets["mean_cost_usd"], regrets["headline_cost_usd"]
    ax.hlines(heights, *ends, color=MID, linewidth=2, zorder=1)
    marks = [ax.plot(ends[0], heights, "D", color=GREY, markersize=7)[0]]
    for own, marker, face in ((~short, "o", ACCENT), (short, "X", "white")):
        style = {"color": ACCENT, "markersize": 10, "markerfacecolor": face}
        marks += ax.plot(ends[1][own], heights[own], marker, **style)
    for row, case in enumerate(regrets.itertuples()):
        words = f"${case.regret_usd:.0f} more" if case.regret_usd >= 0.5 else "as good"
        if short[row]:
            words = f"runs short in {case.headline_short_share:.0%} of stays"
        note(ax, max(case.mean_cost_usd, case.headline_cost_usd), row, words, (10, 0))
    show.rows(ax, regrets.index)
    ax.set(xlim=(0, 1.3 * max(end.max() for end in ends)), xlabel=x)
    ax.xaxis.set_major_formatter(dollars)
    worse = int((short | (regrets["regret_usd"] >= 1)).sum())
    told = subtitle.format(worse=worse, cases=len(regrets))
    claim(ax, title, holds=4 * worse >= len(regrets), neutral=neutral, subtitle=told, caption=caption)
    legend(ax, marks, ["cheapest that serves", "lowest price per GB", "lowest price per GB, runs short"])
    return ax


def advert_prices(plans: pd.DataFrame, rows: int = 8) -> pd.DataFrame:
    """Return plans whose advert needs AutoPay or a new customer, one per brand and reason.

    Returns
    -------
    DataFrame
        Indexed by `plan_id`: name, advert_usd and paid_usd per 30 days, and `why`: when the second
        is paid.
    """
    month = 30 / plans["term_days"].astype(float)
    autopay = plans[(plans["offer"] == "standard") & plans["autopay_price_usd"].notna()]
    autopay = autopay.assign(advert=autopay["autopay_price_usd"], paid=autopay["price_usd"], why="without AutoPay")
    offers = offers_and_usual(plans)
    days = offers["term_days"].astype(float)
    stated = offers["note"].astype(str).str.extract(r"months 1 to (\d+)")[0].astype(float)
    months = stated.fillna((days / 30).round())
    after = months.map(lambda months: "after the first month" if months < 2 else f"after {months:.0f} months")
    offers = offers.assign(advert=offers["price_usd"], paid=offers["usual_price_usd"], why=after)
    both = pd.concat([autopay, offers])
    both = both.assign(
        name=full_name(both), advert_usd=both["advert"] * month[both.index], paid_usd=both["paid"] * month[both.index]
    )
    both = both.assign(gap=both["advert_usd"] / both["paid_usd"]).sort_values("gap", kind="stable")
    both = both.drop_duplicates(["provider", "offer"])
    return both.head(rows)[["name", "advert_usd", "paid_usd", "why", "as_of"]]


@says_when_empty
def advert_and_paid(
    prices: pd.DataFrame,
    *,
    title: str = "The price in the advert is not the price you pay",
    neutral: str = "The price in the advert, and without its conditions",
    subtitle: str = "Price per 30 days in the advert and without its condition, {rows} plans, one per brand and reason",
    x: str = "Price per 30 days",
    caption: str | None = None,
) -> Axes:
    """Draw the price in the advert beside the one that is paid without its condition.

    `prices` as `advert_prices` returns them. The title holds while every advert is cheaper by a
    dollar.
    """
    ax = plt.figure(figsize=(8, 1.9 + 0.34 * len(prices))).add_subplot()
    heights = np.arange(len(prices))
    ax.hlines(heights, prices["advert_usd"], prices["paid_usd"], color=MID, linewidth=2, zorder=1)
    advert = ax.plot(prices["advert_usd"], heights, "o", color=GREY, markerfacecolor="white", markersize=8)[0]
    paid = ax.plot(prices["paid_usd"], heights, "D", color=ACCENT, markersize=7)[0]
    for row, plan in enumerate(prices.itertuples()):
        note(ax, plan.advert_usd, row, f"${plan.advert_usd:.0f}", (-8, 0), ha="right")
        note(ax, plan.paid_usd, row, f"${plan.paid_usd:.0f} {plan.why}", (8, 0))
    show.rows(ax, prices["name"])
    most = prices["paid_usd"].max()
    ax.set(xlim=(0, 1.45 * most), xlabel=x)
    ax.xaxis.set_major_formatter(dollars)
    dearer = (prices["paid_usd"] >= prices["advert_usd"] + 1).all()
    claim(
        ax,
        title,
        holds=dearer,
        neutral=neutral,
        subtitle=subtitle.format(rows=len(prices)),
        caption=source(prices) if caption is None else caption,
    )
    legend(ax, [advert, paid], ["in the advert", "what you pay without its condition"])
    return ax
