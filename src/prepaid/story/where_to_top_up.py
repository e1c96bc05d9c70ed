"""Notebook 02, Where to top up: its tables and charts."""

from collections.abc import Mapping, Sequence
from textwrap import fill, shorten

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from prepaid.channels import REFUNDS, landed_cost, usable_channels
from prepaid.show import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    caption_figure,
    dollars,
    label,
    legend_below,
    plain,
    says_when_empty,
    title_figure,
)
from prepaid.story.which_plan_fits import PALE

ON_TOP = {
    "service_fee_usd": ("service fee", ORANGE),
    "prepaid_911_usd": ("911 fee", BLACK),
    "other_fee_usd": ("other state fee", "#F0E442"),
    "state_tax_usd": ("state sales tax", BLUE),
}
UNKNOWN = {"color": RED, "weight": "bold", "fontsize": 9, "va": "center", "ha": "center"}
ASSUMED = {"facecolor": "white", "edgecolor": GREY, "hatch": "////", "linewidth": 0.5}
KIND_WORDS = {"carrier": "carrier", "third_party": "third party", "store": "shop"}
# A wait of less than this (two seconds) is drawn here, because a log axis has no zero.
AT_ONCE_MINUTES = 1 / 30
WAITS = {AT_ONCE_MINUTES: "at once", 1: "1 min", 15: "15 min", 180: "3 h", 1440: "1 day", 14400: "10 days"}
MARKS = {
    "yes": {"marker": "o", "color": BLUE, "fillstyle": "full"},
    "partly": {"marker": "o", "color": BLUE, "fillstyle": "left", "markerfacecoloralt": "white"},
    "no": {"marker": "x", "color": BLACK},
}


def cost_by_state(
    face_usd: float, channel: pd.DataFrame, state_fees: pd.DataFrame, assumptions: pd.DataFrame
) -> pd.DataFrame:
    """Return `landed_cost` through one channel (one row) in every state, indexed by `state`."""
    tables = channel, state_fees, assumptions
    rows = [landed_cost(face_usd, *tables, state=state) for state in state_fees.index]
    return pd.concat(rows).set_axis(pd.Index(state_fees.index.astype(str), name="state"))


def who_can_pay(channels: pd.DataFrame) -> pd.DataFrame:
    """Return for each channel "yes", "no", "partly" or "unknown" to each way to pay, and to having no account."""
    wishes = {
        **{"foreign card": "foreign_card", "US card": "us_card", "PayPal": "paypal", "cash": "cash_only"},
        "no account": "no_account",
    }
    answers = {name: usable_channels(channels, **{wish: True})["usable"] for name, wish in wishes.items()}
    answers["foreign card"] = answers["foreign card"].mask(channels["foreign_card"] == "partial", "partly")
    return pd.DataFrame(answers)


def sensible_channels(channels: pd.DataFrame, costs: pd.DataFrame, persons: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return for each person the cheapest channel that fits or, if none is known to, the one that leaves least open.

    Parameters
    ----------
    channels
        Rows of `data.channels`.
    costs
        As `landed_cost` returns them for these channels, row by row.
    persons
        Wishes of `usable_channels` by the name of a person.

    Returns
    -------
    DataFrame
        Indexed by `person`: channel_id, channel, low_usd, base_usd, high_usd, why, and still_open (what to find out
        before paying). Of channels that leave as much open, those that name the brand come first, for cash those with
        a counter; then the lower base_usd counts and, to the cent, a fee that is stated.
    """
    rows = {}
    for person, wishes in persons.items():
        fits = usable_channels(channels, **wishes)
        left_open = [filter(None, reasons) for reasons in zip(fits["reason"], costs["reason"], strict=True)]
        left_open = pd.Series(["; ".join(reasons) for reasons in left_open], channels.index)
        rank = pd.DataFrame(
            {
                "questions": left_open.str.count("; ") + (left_open != ""),
                "brand_open": channels["brands"].isna(),
                "no_counter": (channels["kind"] != "store") & wishes.get("cash_only", False),
                "cents": (100 * costs["base_usd"]).round(),
                "fee_open": costs["service_fee_usd"].isna(),
            }
        )
        rank = rank[(fits["usable"] != "no") & costs["offered"].fillna(True)].sort_values(list(rank))
        if rank.empty:
            rows[person] = {"why": "no channel fits"}
            continue
        best, known = rank.index[0], rank[rank["questions"] == 0]
        why = f"least left open, of {len(rank)} that may fit"
        if len(known):
            cheapest = known.loc[best, "cents"] == known["cents"].min()
            why = f"{'cheapest' if cheapest else 'names the brand, or has a counter,'} of {len(known)} known to fit"
        rows[person] = {
            "channel_id": best,
            **channels.loc[best, ["channel"]],
            **costs.loc[best, ["low_usd", "base_usd", "high_usd"]],
        }
        rows[person] |= {"why": why, "still_open": left_open[best]}
    columns = ["channel_id", "channel", "low_usd", "base_usd", "high_usd", "why", "still_open"]
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns).rename_axis("person")


def refunds(channels: pd.DataFrame) -> pd.DataFrame:
    """Return what is refunded, in words, with the number of channels of each kind; silence is a row of its own."""
    words = channels["refund"].astype(object).map(REFUNDS).fillna("not said")
    counts = pd.crosstab(words, channels["kind"].astype(str)).reindex([*REFUNDS.values(), "not said"]).dropna()
    return counts.astype(int).assign(channels=lambda rows: rows.sum(axis=1)).rename_axis("refunded", columns=None)


def dated(rows: pd.DataFrame, column: str = "as_of") -> str:
    """Return the years of the sources and how many rows have no date, for a caption."""
    years = rows[column].dropna().dt.year
    span = (
        " to ".join(dict.fromkeys(str(year) for year in (years.min(), years.max()))) if len(years) else "unknown years"
    )
    return f"sources of {span}, {len(rows) - len(years)} of {len(rows)} without a date"


def assumed(assumptions: pd.DataFrame) -> str:
    """Return for a caption what a landed cost assumes: low, base and high, as `data.assumptions` has them."""

    def span(parameter: str) -> str:
        return "/".join(f"{value:g}" for value in assumptions.loc[parameter, ["low", "base", "high"]])

    fees = ", ".join(f"{word} ${span(f'unstated_fee_{kind}_usd')}" for kind, word in KIND_WORDS.items())
    local, emergency = span("local_sales_tax_percent"), span("unstated_911_usd")
    return f"Assumed (low/base/high): fee if not said: {fees}; local sales tax {local} %; 911 fee ${emergency}."


def _names(channels: pd.Series) -> list[str]:
    return [shorten(name.split(" (")[0], 38, placeholder=" …") for name in channels]


def _stack(ax: Axes, rows: np.ndarray, costs: pd.DataFrame) -> np.ndarray:
    """Draw what comes on top of the face value: stated parts, the assumed part hatched, and the range below them.

    Return where the stated parts end.
    """
    style = {"height": 0.56}
    end = np.zeros(len(costs))
    for part, (_, color) in ON_TOP.items():
        stated = costs[part].notna().to_numpy()
        ax.barh(rows[stated], costs.loc[stated, part], left=end[stated], color=color, **style)
        end += costs[part].fillna(0).to_numpy()
    discounted = costs["discount_usd"].notna().to_numpy()
    ax.barh(rows[discounted], costs.loc[discounted, "discount_usd"], color=GREEN, **style)
    low, known, base, high = (
        (costs[f"{level}_usd"] - costs["face_usd"]).to_numpy() for level in ("low", "known", "base", "high")
    )
    ax.barh(rows, base - known, left=end, **ASSUMED, **style)
    ax.hlines(rows + 0.39, low, high, color=BLACK, linewidth=1)
    for ends in (low, high):
        ax.plot(ends, rows + 0.39, "|", color=BLACK, markersize=5)
    ax.grid(axis="y", visible=False)
    ax.set_ylim(len(costs) - 0.3, -0.6)
    return end


def _stack_legend(ax: Axes, costs: pd.DataFrame) -> None:
    """Name the parts that occur, the assumed part and the range, below the chart."""
    drawn = {
        name: color for part, (name, color) in ON_TOP.items() if (costs[part] != 0).any() and costs[part].notna().any()
    }
    handles = [Patch(color=color) for color in drawn.values()]
    handles += [Patch(**ASSUMED), Line2D([], [], color=BLACK, marker="|")]
    names = [*drawn, "assumed", "low to high"]
    if (costs["discount_usd"] < 0).any():
        handles, names = [Patch(color=GREEN), *handles], ["discount", *names]
    legend_below(ax, handles, names)


@says_when_empty
def cost_by_channel(costs: pd.DataFrame, caption: str) -> Axes:
    """Draw what each channel adds to the face value, the cheapest on top.

    `costs` as `channels.landed_cost` returns them, with the column `channel`.
    """
    costs = costs.sort_values(["base_usd", "known_usd"], kind="stable")
    rows = np.arange(len(costs))
    ax = plt.figure(figsize=(8, 1.8 + 0.27 * len(costs))).add_subplot()
    face, ends = costs["face_usd"].iloc[0], _stack(ax, rows, costs)
    for row, end, cost in zip(rows, ends, costs.itertuples(), strict=True):
        style = {"textcoords": "offset points", "fontsize": 8, "va": "center"}
        if pd.isna(cost.service_fee_usd):
            ax.text(end, row, "?", bbox={"color": "white", "pad": 0.6}, **UNKNOWN)
            fee, style["color"] = "fee not said", RED
        else:
            fee = f"fee ${cost.service_fee_usd:.2f}"
        ax.annotate(f"${cost.base_usd:.2f}, {fee}", (cost.high_usd - face, row), (6, 0), **style)
    ax.set_yticks(rows, _names(costs["channel"]))
    ax.set_xlim(min(0, (costs["low_usd"] - face).min()), max(1, (costs["high_usd"] - face).max() * 1.35))
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.xaxis.set_major_formatter(lambda value, at: ("-" if value < 0 else "") + dollars(abs(value), at))
    _stack_legend(ax, costs)
    silent = costs["service_fee_usd"].isna().sum()
    missing = dict.fromkeys(gap for gaps in costs["missing"] if gaps for gap in gaps.split("; "))
    if missing:
        caption = f"Not said, so assumed: {', '.join(missing)}.\n{caption}"
    span = f"${costs['low_usd'].min():.2f} to ${costs['high_usd'].max():.2f}"
    title_figure(ax.figure, f"${face:g} costs {span} all in; for {silent} of {len(costs)} the fee is not said")
    return label(ax, "", f"Paid on top of ${face:g}; ? a fee that our source does not say", "", caption)


def added_by_state(costs: pd.DataFrame, caption: str) -> np.ndarray:
    """Draw what each state adds to the face value, in two columns, the most first; return the array of Axes.

    `costs` as `channels.cost_by_state` returns them for a channel without a fee of its own.
    """
    no_figure = costs["missing"].str.contains("911 fee")
    # Local sales tax is missing everywhere.
    silent = ~costs["missing"].isin(["", "local sales tax"])
    costs = costs.assign(silent=silent).sort_values(["known_usd", "base_usd"], ascending=False, kind="stable")
    half = (len(costs) + 1) // 2
    figure, axes = plt.subplots(1, 2, figsize=(8, 1.6 + 0.2 * half), sharex=True)
    face = costs["face_usd"].iloc[0]
    for ax, part in zip(axes, (costs.iloc[:half], costs.iloc[half:]), strict=True):
        rows = np.arange(len(part))
        _stack(ax, rows, part)
        for row, cost in zip(rows, part.itertuples(), strict=True):
            text = f"${cost.known_usd - face:.2f}" + (" + ?" if cost.silent else "")
            style = {"textcoords": "offset points", "fontsize": 8, "va": "center"}
            ax.annotate(text, (cost.high_usd - face, row), (5, 0), color=RED if cost.silent else BLACK, **style)
        ax.set_yticks(rows, part.index)
        ax.set_ylim(half - 0.4, -0.6)
        ax.set_xlabel(
            "Paid on top; the number is what is stated\n\n"
        )  # room for the legend, which is wider than its panel
    axes[0].set_xlim(0, max(1, (costs["high_usd"] - face).max() * 1.25))
    axes[0].xaxis.set_major_formatter(dollars)
    _stack_legend(axes[1], costs)
    axes[1].get_legend().set_in_layout(False)
    caption_figure(axes[0], caption)
    most = costs.iloc[0]
    added = f"{most.name} adds ${most['known_usd'] - face:.2f} on top of ${face:g}, as stated"
    title_figure(figure, f"{added}; no 911 figure for {no_figure.sum()} of {len(costs)}")
    return axes


@says_when_empty
def cost_and_wait(rows: pd.DataFrame, caption: str) -> np.ndarray:
    """Draw for each channel what it costs and, beside it, how long it takes; return the array of Axes.

    `rows` has the columns of `channels.landed_cost`, and channel, typical_minutes and worst_minutes. Those with a time
    come first.
    """
    silent = rows[["typical_minutes", "worst_minutes"]].isna().all(axis=1)
    rows = rows.assign(silent=silent).sort_values(
        ["silent", "base_usd", "worst_minutes", "typical_minutes"], kind="stable"
    )
    heights = np.arange(len(rows)) + 0.8 * rows["silent"].to_numpy()
    figure, axes = plt.subplots(1, 2, figsize=(8, 1.7 + 0.26 * len(rows)), sharey=True, width_ratios=(2, 3))
    money, time = axes
    money.hlines(heights, rows["low_usd"], rows["high_usd"], color=GREY, linewidth=1.5)
    money.plot(rows["base_usd"], heights, "o", color=BLUE, markersize=5)
    money.xaxis.set_major_formatter(dollars)
    money.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    money.set_xlabel("Cost, low to high")
    time.set_xscale("log")
    for height, row in zip(heights, rows.itertuples(), strict=True):
        ends = [
            max(minutes, AT_ONCE_MINUTES)
            for minutes in (row.typical_minutes, row.worst_minutes)
            if not np.isnan(minutes)
        ]
        if not ends:
            time.text(
                0.02, height, "not said", transform=time.get_yaxis_transform(), fontsize=8, va="center", color=RED
            )
            continue
        time.hlines(height, ends[0], ends[-1], color=ORANGE, linewidth=3)
        if not np.isnan(row.typical_minutes):
            time.plot(ends[0], height, "o", color=ORANGE, markersize=7)
        if not np.isnan(row.worst_minutes):
            time.plot(ends[-1], height, "D", color=BLACK, markersize=6)
        else:
            style = {"textcoords": "offset points", "fontsize": 8, "va": "center", "color": RED}
            time.annotate("longest not said", (ends[-1], height), (8, 0), **style)
    time.set_xticks(list(WAITS), list(WAITS.values()), fontsize=8)
    time.minorticks_off()
    time.set_xlim(AT_ONCE_MINUTES / 2, 4 * max(WAITS))
    time.set_xlabel("Wait (log scale)\n\n")
    money.set_yticks(heights, _names(rows["channel"]), fontsize=8)
    money.set_ylim(heights[-1] + 0.6, -0.6)
    for ax in axes:
        ax.grid(axis="y", visible=False)
    handles = [
        Line2D([], [], ls="", marker=mark, color=color) for mark, color in (("o", BLUE), ("o", ORANGE), ("D", BLACK))
    ]
    legend_below(time, handles, ["cost with base assumptions", "typical wait", "longest wait"])
    time.get_legend().set_in_layout(False)
    caption_figure(money, caption)
    stated, limited = len(rows) - silent.sum(), rows["worst_minutes"].notna().sum()
    title_figure(figure, f"{stated} of {len(rows)} channels give a time, {limited} the longest one")
    return axes


@says_when_empty
def payment_matrix(answers: pd.DataFrame, names: pd.Series, caption: str) -> Axes:
    """Draw who can pay how: a full, half or crossed mark for yes, partly and no, a question mark for unknown.

    `answers` as `channels.who_can_pay` returns them; `names` are the channels' names by `channel_id`.
    """
    ax = plt.figure(figsize=(8, 1.8 + 0.25 * len(answers))).add_subplot()
    for column, way in enumerate(answers):
        for row, answer in enumerate(answers[way]):
            if answer in MARKS:
                ax.plot(column, row, markersize=8, linestyle="", **MARKS[answer])
            else:
                ax.text(column, row, "?", **UNKNOWN)
    ax.set_xticks(range(answers.shape[1]), answers.columns)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(answers)), _names(names[answers.index]))
    ax.set(xlim=(-0.6, answers.shape[1] - 0.4), ylim=(len(answers) - 0.4, -0.6))
    ax.tick_params(length=0)
    handles = [Line2D([], [], linestyle="", markersize=8, **mark) for mark in MARKS.values()]
    handles.append(Line2D([], [], linestyle=""))
    legend_below(ax, handles, [*MARKS, "?  not said"])
    counts = ", ".join(f"{way} {(answers[way] == 'yes').sum()}" for way in answers)
    title_figure(ax.figure, f"Said to work, of {len(answers)}: {counts}")
    return label(ax, "", " ", "", caption)


@says_when_empty
def survival_bars(survival: pd.DataFrame, silent: Sequence[str], caption: str) -> Axes:
    """Draw how many days a number lives without payment: the shortest figure, and what others add, hatched.

    `survival` as `channels.number_survival` returns it; `silent` are further brands of which nothing is known.
    """
    stated = survival.dropna(subset="shortest_days")
    rows = np.arange(len(stated))
    shortest, longest = (stated[column].to_numpy(float) for column in ("shortest_days", "longest_days"))
    ax = plt.figure(figsize=(8, 1.9 + 0.27 * len(stated))).add_subplot()
    ax.barh(rows, shortest, color=BLUE)
    differ = longest > shortest
    style = {"facecolor": PALE, "hatch": "////", "edgecolor": GREY, "linewidth": 0.5}
    ax.barh(rows[differ], (longest - shortest)[differ], left=shortest[differ], **style)
    for row, low, high in zip(rows, shortest, longest, strict=True):
        text = f"{low:.0f} to {high:.0f} days" if high > low else f"{low:.0f} days"
        ax.annotate(text, (high, row), (5, 0), textcoords="offset points", fontsize=9, va="center")
    ax.set_yticks(rows, stated.index)
    ax.set_ylim(len(stated) - 0.4, -0.6)
    ax.margins(x=0.12)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(plain)
    none = [*survival.index[survival["shortest_days"].isna()], *silent]
    if none:
        caption = f"{fill('No number of days in our sources for ' + ', '.join(none) + '.', 125)}\n{caption}"
    legend_below(ax, [Patch(color=BLUE), Patch(**style)], ["shortest figure", "up to the longest figure"])
    lives = f"{shortest.min():.0f} to {longest.max():.0f} days"
    title_figure(ax.figure, f"Unpaid, numbers of {len(stated)} brands live {lives}; for {differ.sum()} sources differ")
    return label(ax, "", "Days without payment until the number is lost", "", caption)
