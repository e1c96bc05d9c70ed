"""Notebook 03, Which plan fits my usage: its tables and charts."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from textwrap import shorten

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, PercentFormatter

from prepaid.billing import NOTHING_GB, bill, compare, with_fair_use
from prepaid.recommend import serving, take_part
from prepaid.show import (
    BLACK,
    BLUE,
    GREY,
    KINDS,
    ORANGE,
    RED,
    caption_figure,
    dates,
    dollars,
    label,
    legend_below,
    plain,
    says_when_empty,
    title_figure,
)
from prepaid.usage import MONTH_DAYS, UsageModel

# Enough for the 99th percentile of a month.
PERSONS = 200_000
# Okabe and Ito's lighter blue, and a grey that prints lighter still.
SKY, PALE = "#56B4E9", "#D9D9D9"
SMALL = {"fontsize": 8, "bbox": {"color": "white", "alpha": 0.8, "pad": 0.6}}


def compare_cases(
    plans: pd.DataFrame, usages: Mapping[str, np.ndarray], assumptions: Mapping, when_empty: str = "rebuy"
) -> pd.DataFrame:
    """Compare the plans on the stays of each case.

    Parameters
    ----------
    plans
        The catalogue, or rows of it.
    usages
        GB per day, of shape (stays, days), by the name of a case.
    assumptions, when_empty
        As in `compare`.

    Returns
    -------
    DataFrame
        Indexed by `case` and `plan_id`: the columns of `compare`, then those of `plans`.
    """
    rule = {"assumptions": assumptions, "when_empty": when_empty}
    compared = {case: compare(plans, usage, **rule).join(plans) for case, usage in usages.items()}
    return pd.concat(compared, names=["case"])


def cheapest_serving(compared: pd.DataFrame, most_short_share: float, rows: int = 1) -> pd.DataFrame:
    """Return the first `rows` of `serving` for every case of `compare_cases`."""
    cases = [level for level in compared.index.names if level != "plan_id"]
    served = [serving(case, most_short_share).head(rows) for _, case in compared.groupby(level=cases, sort=False)]
    return pd.concat(served)


def frontier(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that no other beats on mean cost (to the cent) and on the share of short stays, cheapest first.

    A plan is beaten by one that is as good on both and better on one; plans that tie on both stay.
    """
    cost, short = compared["mean_cost_usd"].round(2), compared["short_share"]
    best = short.groupby(cost).min()
    for_less = best.cummin().shift(fill_value=math.inf)
    keep = (short == cost.map(best)) & (short < cost.map(for_less))
    return compared[keep].sort_values("mean_cost_usd", kind="stable")


def unmet_share(compared: pd.DataFrame, usage: np.ndarray) -> pd.Series:
    """Return the share of all data that each plan of `compare(plans, usage)` leaves unmet."""
    carried_gb = compared["mean_cost_usd"] / compared["usd_per_carried_gb"].fillna(math.inf)
    return 1 - carried_gb / (usage.sum() / len(usage))


def cost_by_level(
    plans: pd.DataFrame,
    monthly_gb: Sequence[float],
    days: int,
    persons: int,
    seed: int,
    assumptions: Mapping,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.DataFrame:
    """Return what each plan costs per 30 days, by the known monthly average of its user.

    Parameters
    ----------
    plans
        Rows of the catalogue.
    monthly_gb
        Averages to try, GB per 30 days.
    days, persons, seed
        Each average is tried on so many persons for so many days. All averages share their random numbers.
    assumptions
        As in `compare`.
    least_full_speed_share, most_unmet_share
        A plan serves an average if, over all its persons, this share of data runs at full speed and no more is unmet.

    Returns
    -------
    DataFrame
        Dollars per 30 days, indexed by `monthly_gb`, one column per plan, those with a stated amount first; missing
        where the plan does not serve.
    """
    plans = plans.sort_values("data_gb", key=pd.isna, kind="stable")  # of plans that tie, the first is the answer
    unit = UsageModel.known_average(1).sample(days, persons, seed)
    costs = {}
    for gb in monthly_gb:
        compared = compare(plans, gb * unit, assumptions=assumptions)
        served = compared["full_speed_share"] >= least_full_speed_share - NOTHING_GB
        served &= unmet_share(compared, gb * unit) <= most_unmet_share + NOTHING_GB
        costs[gb] = (compared["mean_cost_usd"] * MONTH_DAYS / days).where(served)
    return pd.DataFrame(costs).T.rename_axis("monthly_gb")


def break_evens(costs: pd.DataFrame) -> pd.DataFrame:
    """Return where the cheapest plan changes, as usage grows.

    Parameters
    ----------
    costs
        As `cost_by_level` returns them.

    Returns
    -------
    DataFrame
        One row per change, and a first row for the plan that starts: at_gb, plan_id, usd_per_month (just from there
        on) and why: "cheaper" (the lines cross between two levels) or "serves more" (at_gb is the last level at which
        the plan before it serves). The cheapest plan stays the answer until another is cheaper by a cent.
    """
    known = costs.dropna(how="all")
    rows, holder, before = [], None, None
    for gb, at_level in known.iterrows():
        if holder is None or not at_level[holder] < at_level.min() + 0.01:
            best = at_level.idxmin()
            if holder is None:
                rows.append((gb, best, at_level[best], "first level"))
            elif math.isnan(at_level[holder]) or math.isnan(before[best]):
                rows.append((before.name, best, at_level[best], "serves more"))
            else:
                behind, ahead = before[best] - before[holder], at_level[holder] - at_level[best]
                at_gb = before.name + (gb - before.name) * behind / (behind + ahead)
                rows.append((at_gb, best, at_level[best], "cheaper"))
            holder = best
        before = at_level
    return pd.DataFrame(rows, columns=["at_gb", "plan_id", "usd_per_month", "why"])


def cost_if_served(
    plans: pd.DataFrame,
    usage: np.ndarray,
    assumptions: Mapping,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.DataFrame:
    """Return the cost of every stay on every plan, missing where the plan does not serve that stay.

    Parameters
    ----------
    plans
        Rows of the catalogue.
    usage
        GB per day, of shape (stays, days).
    assumptions
        As in `compare`.
    least_full_speed_share, most_unmet_share
        A plan serves a stay if this share of its data runs at full speed and no more is unmet.

    Returns
    -------
    DataFrame of shape (stays, plans): dollars per stay, one column per plan.
    """
    used_gb = usage.sum(axis=1)
    costs = {}
    for plan_id, plan in with_fair_use(plans, assumptions).iterrows():
        billed = bill(plan, usage)
        served = billed["full_speed_gb"] >= least_full_speed_share * used_gb - NOTHING_GB
        served &= billed["unmet_gb"] <= most_unmet_share * used_gb + NOTHING_GB
        costs[plan_id] = billed["cost_usd"].where(served)
    return pd.DataFrame(costs)


def cheapest_by_tenth(costs: pd.DataFrame, monthly_gb: np.ndarray) -> pd.DataFrame:
    """Return the two plans that are most often the cheapest in each tenth of the persons, sorted by their usage.

    Parameters
    ----------
    costs
        As `cost_if_served` returns them; prices count to the cent, and plans that tie are all the cheapest.
    monthly_gb
        GB per 30 days of each person, of shape (persons,).

    Returns
    -------
    DataFrame
        Indexed by `tenth` (1 to 10): from_gb, to_gb, plan_id, share (of the tenth's persons for whom no plan that
        serves costs less), next_plan_id and next_share.
    """
    cents = (100 * costs).round()
    cheapest = cents.eq(cents.min(axis=1), axis=0)
    rows = {}
    for tenth, persons in enumerate(np.array_split(np.argsort(monthly_gb), 10), start=1):
        first, second = cheapest.iloc[persons].mean().sort_values(ascending=False, kind="stable").head(2).items()
        rows[tenth] = (monthly_gb[persons].min(), monthly_gb[persons].max(), *first, *second)
    columns = ["from_gb", "to_gb", "plan_id", "share", "next_plan_id", "next_share"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("tenth")


def headline_choice(plans: pd.DataFrame, days: int) -> str:
    """Return the `plan_id` with the lowest price per GB among the plans that cover the stay with one purchase.

    Terms longer than a month do not count, unless the stay is: few visitors look on that shelf. `plans` has the column
    usd_per_gb of `unit_prices`.
    """
    term_days = plans["term_days"].astype(float).fillna(math.inf)
    shelf = term_days.between(days, max(days, MONTH_DAYS + 1)) | (term_days == math.inf)
    if not plans.loc[shelf, "usd_per_gb"].notna().any():
        raise ValueError(f"no plan with a price per GB covers {days} days (expected at least one among {len(plans)})")
    return plans.loc[shelf, "usd_per_gb"].idxmin()


def headline_regret(
    plans: pd.DataFrame, usages: Mapping[str, np.ndarray], most_short_share: float, assumptions: Mapping
) -> pd.DataFrame:
    """Return what it costs to choose by price per GB instead of by simulation.

    Parameters
    ----------
    plans
        Rows of the catalogue with the columns of `unit_prices`; `take_part` picks among them for each case.
    usages
        GB per day, of shape (stays, days), by the name of a case.
    most_short_share
        The share of stays that the plan chosen by simulation may leave short.
    assumptions
        As in `compare`.

    Returns
    -------
    DataFrame
        Indexed by `case`: plan_id and mean_cost_usd of the cheapest plan that serves; headline_plan_id,
        headline_cost_usd and headline_short_share of the plan with the lowest price per GB; regret_usd, the difference
        of both costs.
    """
    rows = {}
    for case, usage in usages.items():
        candidates = take_part(plans, usage.shape[1])
        compared = compare(candidates, usage, assumptions=assumptions)
        best = serving(compared, most_short_share).iloc[0]
        headline = compared.loc[headline_choice(candidates, usage.shape[1])]
        rows[case] = {
            "plan_id": best.name,
            "mean_cost_usd": best["mean_cost_usd"],
            "headline_plan_id": headline.name,
            "headline_cost_usd": headline["mean_cost_usd"],
            "headline_short_share": headline["short_share"],
            "regret_usd": headline["mean_cost_usd"] - best["mean_cost_usd"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("case")


def same_pack(pack: Mapping[str, float], usage: np.ndarray, overage_usd_per_gb: float) -> pd.DataFrame:
    """Bill one made-up pack under every rule for what happens when it is empty.

    Parameters
    ----------
    pack
        Its price_usd, data_gb and term_days.
    usage
        GB per day, of shape (stays, days).
    overage_usd_per_gb
        The price of further data where the pack is topped up by the GB.

    Returns
    -------
    DataFrame
        One row per rule, indexed by its name: the means of `bill` over the stays, and short_share, the share of stays
        with a short day.
    """
    blank = dict.fromkeys(("throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"))
    pack = {**blank, **pack, "allowance_days": pack["term_days"], "unlimited": False}
    rules = {
        "Stops, wait": ({"after_allowance": "stop"}, "wait"),
        "Throttled to 128 kbit/s": ({"after_allowance": "throttle", "throttle_kbps": 128}, "rebuy"),
        "Throttled to 1,000 kbit/s": ({"after_allowance": "throttle", "throttle_kbps": 1000}, "rebuy"),
        "Stops, buy again": ({"after_allowance": "stop"}, "rebuy"),
        f"Overage at ${overage_usd_per_gb:g} per GB": (
            {"after_allowance": "payg", "overage_usd_per_gb": overage_usd_per_gb},
            "rebuy",
        ),
    }
    rows = {}
    for name, (rule, when_empty) in rules.items():
        billed = bill({**pack, **rule}, usage, when_empty=when_empty)
        rows[name] = {**billed.mean(), "short_share": (billed["short_days"] > 0).mean()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def limit_silent(plans: pd.DataFrame, gb_per_30_days: float) -> pd.DataFrame:
    """Return the plans as if unlimited phone plans that state no amount were throttled after this one.

    `compare` assumes a limit for silent travel eSIMs only; this tries one on silent plans of carriers and MVNOs.
    """
    silent = (plans["provider_kind"] != "travel_esim") & plans["unlimited"].astype(bool) & plans["data_gb"].isna()
    allowance_gb = gb_per_30_days * plans["allowance_days"].astype(float) / MONTH_DAYS
    return plans.assign(
        data_gb=plans["data_gb"].mask(silent, allowance_gb),
        after_allowance=plans["after_allowance"].astype(object).mask(silent, "throttle"),
    )


def what_if(
    plans: pd.DataFrame,
    models: Mapping[str, UsageModel],
    days: int,
    stays: int,
    seed: int,
    assumptions: pd.DataFrame,
) -> pd.DataFrame:
    """Compare the plans on stays of each model, as assumed and with one assumption changed at a time.

    Returns
    -------
    DataFrame
        As `compare_cases`, indexed by `scenario`, `case` (the name of the model) and `plan_id`.
    """
    spiky_models = {case: dataclasses.replace(model, day_shape=0.3) for case, model in models.items()}
    usages, spiky = (
        {case: model.sample(days, stays, seed) for case, model in by_case.items()} for by_case in (models, spiky_models)
    )
    half, double = ({case: factor * usage for case, usage in usages.items()} for factor in (0.5, 2))
    scenarios = {
        "As assumed": (plans, usages, "base"),
        "Half the usage": (plans, half, "base"),
        "Double the usage": (plans, double, "base"),
        "Spikier days": (plans, spiky, "base"),
        "Low fair use": (plans, usages, "low"),
        "High fair use": (plans, usages, "high"),
        "Silent phone plans: 50 GB": (limit_silent(plans, 50), usages, "base"),
    }
    compared = {
        name: compare_cases(table, cases, assumptions[level]) for name, (table, cases, level) in scenarios.items()
    }
    return pd.concat(compared, names=["scenario"])


def flips(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the winner of every scenario of `what_if`, and what staying with the first scenario's winner would mean.

    Returns
    -------
    DataFrame
        Indexed by `scenario` and `case`: plan_id, name and mean_cost_usd of the winner; flipped, whether the first
        scenario's winner now costs more (by a cent) or runs short too often; stay_cost_usd and stay_short_share of that
        first winner.
    """
    winners = cheapest_serving(compared, most_short_share).reset_index("plan_id")
    first = compared.index[0][0]
    rows = winners[["plan_id", "name", "mean_cost_usd"]].copy()
    kept = [compared.loc[(*key, winners.loc[(first, key[1]), "plan_id"])] for key in rows.index]
    rows["stay_cost_usd"] = [plan["mean_cost_usd"] for plan in kept]
    rows["stay_short_share"] = [plan["short_share"] for plan in kept]
    dearer = rows["stay_cost_usd"] >= rows["mean_cost_usd"] + 0.01
    rows["flipped"] = dearer | (rows["stay_short_share"] > most_short_share)
    return rows


def calibration(model: UsageModel, usage_benchmarks: pd.DataFrame, seed: int | np.random.Generator = 0) -> pd.DataFrame:
    """Compare one simulated month of many persons with the published figures of US Mobile's unlimited lines.

    Returns
    -------
    One row per published `metric`, with `unit`, `published`, `simulated` and `ratio` (simulated to published). The
    standard error of a ratio is 0.9 % for p99 and 0.3 % for the others.
    """
    month_gb = np.sort(model.sample(MONTH_DAYS, PERSONS, seed).sum(axis=1))
    tenth, half = len(month_gb) // 10, len(month_gb) // 2
    simulated = {
        "us-mobile-median": np.median(month_gb),
        "us-mobile-mean": month_gb.mean(),
        "us-mobile-p90": np.quantile(month_gb, 0.9),
        "us-mobile-p99": np.quantile(month_gb, 0.99),
        "us-mobile-lines-under-10-gb": 100 * (month_gb < 10).mean(),
        "us-mobile-lines-under-15-gb": 100 * (month_gb < 15).mean(),
        "us-mobile-traffic-of-top-tenth": 100 * month_gb[-tenth:].sum() / month_gb.sum(),
        "us-mobile-traffic-of-bottom-half": 100 * month_gb[:half].sum() / month_gb.sum(),
    }
    table = usage_benchmarks.loc[list(simulated), ["unit", "value"]]
    table = table.rename(columns={"value": "published"})
    table["simulated"] = pd.Series(simulated)
    table["ratio"] = table["simulated"] / table["published"]
    return table


def simulated(plans: pd.DataFrame, stays: int, what: str = "stays") -> str:
    """Return the caption of a simulated chart."""
    return f"Source: data/plans.csv, prices of {dates(plans)}, before tax unless included; {stays:,} simulated {what}."


@says_when_empty
def cost_against_short(compared: pd.DataFrame, most_short_share: float, caption: str) -> np.ndarray:
    """Draw each plan's mean cost against its share of stays that run short; return the array of Axes.

    `compared` is indexed by `when_empty`, `case` and `plan_id`: a column of panels for each of the first, a row for
    each of the second. The efficient frontier is a line; its plans that serve at least one stay in ten are named.
    """
    columns, cases = (compared.index.unique(level) for level in ("when_empty", "case"))
    figure, axes = plt.subplots(
        len(cases), len(columns), figsize=(8, 2.8 * len(cases)), sharex=True, sharey=True, squeeze=False
    )
    # The cheap end is what the panels are for: dearer stays are left out.
    groups = compared.groupby(level=["when_empty", "case"], sort=False)
    dearest = 12 * max(frontier(plans)["mean_cost_usd"].max() for _, plans in groups)
    for (row, case), (column, when_empty) in ((r, c) for r in enumerate(cases) for c in enumerate(columns)):
        ax, plans = axes[row, column], compared.loc[(when_empty, case)]
        for kind, (_, color, marker) in KINDS.items():
            rows = plans[plans["provider_kind"] == kind]
            style = {"marker": marker, "s": 12, "alpha": 0.5, "linewidths": 0}
            ax.scatter(rows["mean_cost_usd"], rows["short_share"], color=color, **style)
        best = frontier(plans)
        # The corner below and left of the line is out of reach.
        ends = [best["mean_cost_usd"].iloc[0], *best["mean_cost_usd"], dearest]
        ax.step(ends, [1, *best["short_share"], best["short_share"].iloc[-1]], where="post", color=BLACK, linewidth=1.2)
        ax.plot(best["mean_cost_usd"], best["short_share"], "o", markersize=5, color="none", markeredgecolor=BLACK)
        _name_frontier(ax, best)
        ax.axhline(most_short_share, color=RED, linewidth=0.8, linestyle="--")
        ax.set_title(f"{case}, {when_empty}", fontsize=10)
    axes[0, 0].set(
        xscale="log",
        ylim=(-0.06, 1.5),
        yticks=np.arange(0, 1.01, 0.25),
        xlim=(0.75 * compared["mean_cost_usd"].min(), dearest),
    )
    axes[0, 0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0, 0].xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes[0, 0].minorticks_off()
    axes[0, 0].xaxis.set_major_formatter(dollars)
    axes[len(cases) // 2, 0].set_ylabel("Stays that run short")
    beyond = (compared["mean_cost_usd"] > dearest).groupby(level=["when_empty", "case"]).sum().max()
    caption_figure(
        axes[0, 0],
        f"{caption}\nTitle: {columns[0]}. Up to {beyond} plans a panel cost over ${dearest:,.0f} and are not drawn.",
    )
    handles = [Line2D([], [], linestyle="", marker=marker, color=color) for _, color, marker in KINDS.values()]
    handles += [Line2D([], [], color=BLACK, marker="o", markerfacecolor="none"), Line2D([], [], color=RED, ls="--")]
    names = [*(name for name, _, _ in KINDS.values()), "efficient frontier", f"{most_short_share:.0%} of stays"]
    _legend_across(axes[-1], "Mean cost of the stay (log scale)", handles, names)
    winners = cheapest_serving(compared.loc[columns[0]], most_short_share)
    costs = ", ".join(f"${cost:.2f} {case}" for (case, _), cost in winners["mean_cost_usd"].items())
    title_figure(figure, f"Rarely running short costs {costs}")
    return axes


def _name_frontier(ax: Axes, best: pd.DataFrame) -> None:
    """Write numbers at the plans on the frontier that serve at least one stay in ten, and list their names."""
    named = best[best["short_share"] < 0.9].groupby(["mean_cost_usd", "short_share"])["name"]
    for number, ((cost, short), names) in enumerate(named, start=1):
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        # The last number stands to the right, because the last two plans can be close neighbours.
        last = 1 < number == len(named)
        style = {"textcoords": "offset points", "ha": "left" if last else "right", "weight": "bold", **SMALL}
        ax.annotate(str(number), (cost, short), (4 if last else -4, 4), **style)
        text = f"{number}) ${cost:.2f}, {short:.1%}: {names.iloc[0]}{others}"
        text = shorten(text, 56, placeholder=" …")
        ax.text(0.99, 1.02 - 0.09 * number, text, transform=ax.transAxes, ha="right", zorder=4, **SMALL)


def _legend_across(axes: Sequence[Axes], x: str, handles: list, names: list[str]) -> None:
    """Name the x axis of panels that stand side by side, and put one legend below them."""
    for ax in axes:
        ax.set_xlabel(x + "\n\n")  # room for the legend, which is wider than its panel and left out of the layout
    legend_below(axes[-1], handles, names)
    axes[-1].get_legend().set_in_layout(False)


def cost_by_usage(panels: dict[str, pd.DataFrame], names: pd.Series, caption: str) -> np.ndarray:
    """Draw what the plans that are cheapest somewhere cost per month, by usage; return the array of Axes.

    Parameters
    ----------
    panels
        For each panel's title, costs as `cost_by_level` returns them. A title's words up to a colon name it short.
    names
        A plan's name by `plan_id`.
    caption
        Where the figures are from.
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(8, 3.1 * len(panels)), sharex=True, sharey=True, squeeze=False)
    ranges = {}
    for ax, (panel, costs) in zip(axes[:, 0], panels.items(), strict=True):
        changes = break_evens(costs)
        ends = [*changes["at_gb"].iloc[1:], costs.index[-1]]
        for number, (change, end) in enumerate(zip(changes.itertuples(), ends, strict=True), start=1):
            line = costs[change.plan_id].dropna()
            ax.plot(line.index, line, color=GREY, linewidth=0.8, linestyle=":")
            best = np.linspace(change.at_gb, end)
            ax.plot(best, np.interp(best, line.index, line), color=(BLUE, RED)[number % 2], linewidth=3)
            middle = (np.sqrt(change.at_gb * end), np.interp(np.sqrt(change.at_gb * end), line.index, line))
            ax.annotate(str(number), middle, (0, 6), textcoords="offset points", ha="center", weight="bold", **SMALL)
            text = f"{number}  from {change.at_gb:.1f} GB: {names[change.plan_id]}"
            ax.text(1.02, 1.03 - 0.093 * number, text, transform=ax.transAxes, fontsize=8, va="top")
            if number > 1:
                ax.axvline(change.at_gb, color=BLACK, linewidth=0.6, zorder=1)
        ax.set_title(panel, fontsize=10)
        ax.set_ylabel("Cost per 30 days")
        ranges[panel.split(":")[0].lower()] = (changes["usd_per_month"].min(), changes["usd_per_month"].max())
    axes[0, 0].yaxis.set_major_formatter(dollars)
    axes[0, 0].set(xscale="log", xlim=(costs.index[0], costs.index[-1]), ylim=(0, 1.5 * max(ranges.values())[1]))
    axes[0, 0].set_xticks([1, 2, 5, 10, 20, 50])
    axes[0, 0].minorticks_off()
    axes[0, 0].xaxis.set_major_formatter(plain)
    axes[-1, 0].set_xlabel("The user's average, GB per 30 days (log scale)")
    caption_figure(axes[0, 0], caption)
    title_figure(
        figure,
        "Cheapest month: " + ", ".join(f"{name} ${low:.2f} to ${high:.2f}" for name, (low, high) in ranges.items()),
    )
    return axes[:, 0]


@says_when_empty
def most_often_cheapest(tenths: pd.DataFrame, caption: str) -> Axes:
    """Draw for each tenth of the persons how often the first and the second plan is the cheapest that serves.

    `tenths` as `cheapest_by_tenth` returns it, with `name` and `next_name`.
    """
    ax = plt.figure(figsize=(8, 5.4)).add_subplot()
    rows = np.arange(len(tenths))
    bars = {"share": (rows - 0.2, BLUE, "name"), "next_share": (rows + 0.2, SKY, "next_name")}
    for share, (heights, color, name) in bars.items():
        ax.barh(heights, tenths[share], height=0.38, color=color)
        for height, value, plan in zip(heights, tenths[share], tenths[name], strict=True):
            if value > 0:
                ax.annotate(
                    f"{value:.0%}  {plan}", (value, height), (4, 0), textcoords="offset points", fontsize=8, va="center"
                )
    ticks = [f"{tenth}: from {row.from_gb:.1f} GB" for tenth, row in tenths.iterrows()]
    ax.set_yticks(rows, ticks)
    ax.set(xlim=(0, 1.6), ylim=(len(tenths) - 0.4, -0.6))
    ax.set_xticks(np.arange(0, 1.01, 0.25))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", visible=False)
    sure = (tenths["share"] >= 0.9).sum()
    title = f"In {sure} of {len(tenths)} tenths, one plan is as cheap as any for nine persons in ten"
    x = "Persons for whom no plan that serves costs less (ties count for each)"
    return label(ax, title, x, "Tenth of persons: GB per 30 days", caption)


@says_when_empty
def paid_for_nothing(compared: pd.DataFrame, caption: str) -> Axes:
    """Draw mean cost of plans, split into data used and data that expired unused, in groups by `case`.

    `compared` is indexed by `case` and `plan_id`; where no allowance is stated, nothing can be said of waste.
    """
    ax = plt.figure(figsize=(8, 1.6 + 0.34 * len(compared))).add_subplot()
    cases = compared.index.get_level_values("case")
    gaps = np.cumsum(np.r_[0, cases[1:] != cases[:-1]])
    heights = np.arange(len(compared)) + 0.7 * gaps
    unknown = compared["unused_usd"].isna()
    unused = compared["unused_usd"].fillna(0)
    used = (compared["mean_cost_usd"] - unused).where(~unknown, 0)
    ax.barh(heights, used, color=BLUE, label="paid for data used")
    ax.barh(heights, unused, left=used, color=ORANGE, hatch="///", edgecolor="white", label="paid for data unused")
    style = {"color": PALE, "label": "allowance not said"}
    if unknown.any():
        ax.barh(heights[unknown], compared.loc[unknown, "mean_cost_usd"], **style)
    for height, plan in zip(heights, compared.itertuples(), strict=True):
        words = f"{plan.unused_usd / plan.mean_cost_usd:.0%} unused"
        if pd.isna(plan.unused_usd):
            words = "not said"
        text = f"${plan.mean_cost_usd:.2f}, {words}"
        ax.annotate(text, (plan.mean_cost_usd, height), (4, 0), textcoords="offset points", fontsize=9, va="center")
    ax.set_yticks(heights, [f"{case}: {name}" for case, name in zip(cases, compared["name"], strict=True)])
    ax.set(xlim=(0, compared["mean_cost_usd"].max() * 1.35), ylim=(heights[-1] + 0.6, -0.6))
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(dollars)
    legend_below(ax, *ax.get_legend_handles_labels())
    share = (compared["unused_usd"] / compared["mean_cost_usd"]).dropna()
    title = f"Where an allowance is stated, {share.min():.0%} to {share.max():.0%} of the price pays for unused data"
    title_figure(ax.figure, title)
    return label(ax, "", "Mean cost of the stay", "", caption)


def regret_by_case(panels: dict[str, pd.DataFrame], most_short_share: float, caption: str) -> np.ndarray:
    """Draw for each case the cost of choosing by simulation and by price per GB; return the array of Axes.

    `panels` holds a table of `headline_regret` for each panel's title.
    """
    tables = list(panels.values())
    figure, axes = plt.subplots(
        1, len(panels), figsize=(8, 2.2 + 0.3 * len(tables[0])), sharex=True, sharey=True, squeeze=False
    )
    for ax, (name, table) in zip(axes[0], panels.items(), strict=True):
        rows = np.arange(len(table))
        short = table["headline_short_share"] > most_short_share
        ax.hlines(rows, table["mean_cost_usd"], table["headline_cost_usd"], color="#999999", linewidth=1.5, zorder=1)
        headline = ax.plot(table["headline_cost_usd"], rows, "s", markersize=9, color=ORANGE)[0]
        failing = ax.plot(table.loc[short, "headline_cost_usd"], rows[short], "X", markersize=10, color=RED)[0]
        chosen = ax.plot(table["mean_cost_usd"], rows, "o", color=BLUE)[0]
        for row, case in zip(rows, table.itertuples(), strict=True):
            text = f"+${case.regret_usd:.2f}"
            if abs(case.regret_usd) < 0.01:
                text = "same plan" if case.plan_id == case.headline_plan_id else "same price"
            if case.headline_short_share > most_short_share:
                text = f"short in {case.headline_short_share:.0%}"
            right = max(case.headline_cost_usd, case.mean_cost_usd)
            ax.annotate(text, (right, row), (8, 0), textcoords="offset points", fontsize=8, va="center")
        ax.set_title(name, fontsize=10)
        ax.grid(axis="y", visible=False)
    most = max(table[["mean_cost_usd", "headline_cost_usd"]].max(axis=None) for table in tables)
    axes[0, 0].set_yticks(rows, table.index)
    axes[0, 0].set(xlim=(0, most * 1.5), ylim=(len(table) - 0.5, -0.5))
    axes[0, 0].xaxis.set_major_formatter(dollars)
    caption_figure(axes[0, 0], caption)
    words = [
        "chosen by simulation",
        "lowest price per GB",
        f"lowest price per GB, short in over {most_short_share:.0%} of stays",
    ]
    _legend_across(axes[0], "Mean cost of the stay", [chosen, headline, failing], words)
    both = pd.concat(tables)
    failed = (both["headline_short_share"] > most_short_share).sum()
    served = both[both["headline_short_share"] <= most_short_share]
    title = f"The lowest price per GB costs up to ${served['regret_usd'].max():.2f} more, or runs short"
    title_figure(figure, f"{title} ({failed} of {len(both)} cases)")
    return axes[0]


@says_when_empty
def one_pack(rules: pd.DataFrame, what: str, caption: str) -> Axes:
    """Draw how much of the data one pack carries fast, slowly and not at all under each rule of `same_pack`."""
    ax = plt.figure(figsize=(8, 3.8)).add_subplot()
    parts = {
        "full_speed_gb": ("at full speed", BLUE, ""),
        "slow_gb": ("slow", SKY, ""),
        "unmet_gb": ("unmet", PALE, "..."),
    }
    left = np.zeros(len(rules))
    for column, (name, color, hatch) in parts.items():
        bars = ax.barh(rules.index, rules[column], left=left, color=color, hatch=hatch, edgecolor="white", label=name)
        written = [f"{value:.1f}" if value >= 0.35 else "" for value in rules[column]]
        ax.bar_label(bars, written, label_type="center", fontsize=9, color="white" if color == BLUE else BLACK)
        left += rules[column].to_numpy()
    for row, rule in enumerate(rules.itertuples()):
        text = f"${rule.cost_usd:.2f}, {rule.short_days:.1f} short days"
        ax.annotate(text, (left[row], row), (6, 0), textcoords="offset points", fontsize=9, va="center")
    ax.invert_yaxis()
    ax.set_xlim(0, left.max() * 1.45)
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(plain)
    legend_below(ax, *ax.get_legend_handles_labels())
    title = f"{what} costs ${rules['cost_usd'].min():.2f} to ${rules['cost_usd'].max():.2f}, by the rule that follows"
    return label(ax, title, "Mean GB of the month", "", caption)


@says_when_empty
def winners_when_wrong(winners: pd.DataFrame, caption: str) -> np.ndarray:
    """Draw the winner's cost in every scenario of `flips`, a panel per case; return the array of Axes."""
    cases = winners.index.unique("case")
    figure, axes = plt.subplots(len(cases), 1, figsize=(8, 2.1 * len(cases)), sharex=True, squeeze=False)
    for ax, case in zip(axes[:, 0], cases, strict=True):
        rows = winners.xs(case, level="case")
        heights = np.arange(len(rows))
        flipped = rows["flipped"].to_numpy()
        ax.plot(rows.loc[~flipped, "mean_cost_usd"], heights[~flipped], "o", color=BLUE, markersize=7)
        ax.plot(rows.loc[flipped, "mean_cost_usd"], heights[flipped], "D", color=RED, markersize=8)
        for height, row in zip(heights, rows.itertuples(), strict=True):
            text = f"${row.mean_cost_usd:.2f} {row.name}"
            style = {"fontsize": 8, "va": "center", "weight": "bold" if row.flipped else "normal"}
            ax.annotate(text, (row.mean_cost_usd, height), (8, 0), textcoords="offset points", **style)
        ax.set_yticks(heights, rows.index)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(axis="y", visible=False)
        ax.set_title(case, fontsize=10)
    axes[-1, 0].set_xlim(0, winners["mean_cost_usd"].max() * 1.9)
    axes[-1, 0].xaxis.set_major_formatter(dollars)
    axes[-1, 0].set_xlabel("Mean cost of the cheapest plan that serves")
    caption_figure(axes[0, 0], caption)
    handles = [Line2D([], [], linestyle="", marker=marker, color=color) for marker, color in (("o", BLUE), ("D", RED))]
    legend_below(axes[-1, 0], handles, ["winner as before", "winner flips"])
    changed = winners.index.get_level_values("scenario") != winners.index[0][0]
    count = winners["flipped"].sum()
    title_figure(figure, f"The winner flips in {count} of {changed.sum()} cases in which we may be wrong")
    return axes[:, 0]


@says_when_empty
def cheapest_stays(plans: pd.DataFrame, caption: str) -> Axes:
    """Draw mean cost and 95th percentile of plans, the cheapest on top."""
    ax = plt.figure(figsize=(8, 1.6 + 0.36 * len(plans))).add_subplot()
    rows = np.arange(len(plans))
    ax.barh(rows, plans["mean_cost_usd"], color=[KINDS[kind][1] for kind in plans["provider_kind"]])
    ax.plot(plans["p95_cost_usd"], rows, "|", color=BLACK, markersize=14, markeredgewidth=2)
    for row, plan in zip(rows, plans.itertuples(), strict=True):
        right = max(plan.mean_cost_usd, plan.p95_cost_usd)
        text = f"${plan.mean_cost_usd:.2f}; 19 stays in 20 at most ${plan.p95_cost_usd:.2f}"
        ax.annotate(text, (right, row), (8, 0), textcoords="offset points", fontsize=8, va="center")
    ax.set_yticks(rows, plans["name"])
    ax.set(xlim=(0, plans["p95_cost_usd"].max() * 1.8), ylim=(len(plans) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(dollars)
    handles = [Patch(color=KINDS[kind][1]) for kind in KINDS if (plans["provider_kind"] == kind).any()]
    names = [KINDS[kind][0] for kind in KINDS if (plans["provider_kind"] == kind).any()]
    legend_below(ax, [*handles, Line2D([], [], ls="", marker="|", color=BLACK)], [*names, "95th percentile"])
    best = plans.iloc[0]
    title = f"Cheapest for this log: {best['name']}, ${best['mean_cost_usd']:.2f}"
    title_figure(ax.figure, title)
    return label(ax, "", "Mean cost of the stay", "", caption)
