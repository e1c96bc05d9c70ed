"""Appendix a3, Many lines: a made-up company, its tables and charts."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from prepaid import prices, show
from prepaid.fleet import Fleet
from prepaid.show import ACCENT, GREY, MID, claim, dollars, legend, note, says_when_empty
from prepaid.usage import MONTH_DAYS, UsageModel

# How far the average lines of one team lie apart: an assumption.
TEAM_SIGMA = 0.6


def company(
    teams: Mapping[str, tuple[int, float, str]], period: pd.DatetimeIndex, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Make up a company.

    Parameters
    ----------
    teams
        By name: how many lines, GB per month of the median line, plan_id of today.
    period
        Its days.
    seed
        The same integer gives the same company.

    Returns
    -------
    Usage as `compare_fleet` takes it, a row for each day with use; and the plan_id of each line.
    Two lines are spoilt as real ones are: the first has a day twice, the last a negative one.
    """
    rng, parts, today = np.random.default_rng(seed), [], {}
    for team, (lines, gb, plan_id) in teams.items():
        names = [f"{team} {number:02d}" for number in range(1, lines + 1)]
        mb = 1000 * UsageModel(gb, TEAM_SIGMA).sample(len(period), lines, rng)
        wide = pd.DataFrame(mb, pd.Index(names, name="line"), period)
        parts.append(wide.melt(var_name="date", value_name="mb", ignore_index=False))
        today |= dict.fromkeys(names, plan_id)
    usage = pd.concat(parts).reset_index().query("mb > 0").sort_values(["line", "date"])
    usage.loc[usage["line"].eq([*today][-1]).idxmax(), "mb"] *= -1
    twice = usage[usage["line"] == next(iter(today))].tail(1)
    return pd.concat([usage, twice], ignore_index=True), pd.Series(today, name="plan_id")


def regular(plans: pd.DataFrame) -> pd.DataFrame:
    """Return plans that a company could keep: with calls, for residents, at a standing price."""
    plans = prices.select_plans(plans, needs_voice=True, visitor=False)
    stands = (plans["offer"] == "standard") & plans["only_through"].isna()
    return plans[stands & (plans["price_usd"] > 0)]


def by_team(lines: pd.DataFrame, months: float) -> pd.DataFrame:
    """Return by team what the median line uses and what all pay; `lines` as `Fleet.lines`."""
    teams = lines.groupby(lines.index.str[:-3].rename("team"))
    columns = {
        "lines": teams.size().astype(str),
        "median_gb_per_month": teams["used_gb"].median() / months,
        "missing_days": teams["missing_days"].median(),
        "today_usd": teams["today_cost_usd"].sum(),
        "cheapest_usd": teams["cheapest_cost_usd"].sum(),
    }
    return pd.DataFrame(columns).sort_values("median_gb_per_month")


def by_plan(fleet: Fleet, names: pd.Series) -> pd.DataFrame:
    """Return how many lines each plan is the cheapest of, their mean gb_per_month, and cost_usd."""
    lines = fleet.lines.assign(plan=fleet.lines["cheapest_plan_id"].astype(object).map(names))
    months = fleet.tally.plans.days / MONTH_DAYS
    found = lines.groupby("plan", sort=False).agg(
        lines=("used_gb", "size"),
        gb_per_month=("used_gb", "mean"),
        cost_usd=("cheapest_cost_usd", "sum"),
    )
    found["gb_per_month"] /= months
    return found.sort_values(["lines", "cost_usd"], ascending=False)


@says_when_empty
def choice_bars(
    choices: pd.DataFrame,
    names: pd.Series,
    lines: int,
    caption: str,
    *,
    title: str = "One plan for all brings most of what can be saved",
    neutral: str = "What the company pays today, and could pay",
    subtitle: str = "Dollars for {lines} lines, before tax; on a new plan no line runs short",
    x: str = "Dollars for the period",
) -> Axes:
    """Draw what `Fleet.choices` compares.

    The title holds while one plan for all brings at least half of what a plan for each line saves.
    """
    ax = plt.figure(figsize=(8, 2.9)).add_subplot()
    today, one, each = choices["cost_usd"]
    ax.barh(range(3), choices["cost_usd"], color=[MID, ACCENT, ACCENT], height=0.55)
    short, plan_id = choices["short_lines"].iloc[0], choices["plan_id"].iloc[1]
    said = [f"{short} lines run short", names.get(plan_id, ""), ""]
    for row, (usd, words) in enumerate(zip(choices["cost_usd"], said, strict=True)):
        note(ax, usd, row, f"${usd:,.0f}" + (f", {words}" if words else ""), weight="bold")
    show.rows(ax, [*choices.index])
    ax.set(xlim=(0, 1.7 * choices["cost_usd"].max()), xlabel=x)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(dollars)
    holds = each <= one < today and today - one >= (today - each) / 2
    told = subtitle.format(lines=lines)
    claim(ax, title, holds=holds, neutral=neutral, subtitle=told, caption=caption)
    return ax


@says_when_empty
def line_dots(
    lines: pd.DataFrame,
    months: float,
    caption: str,
    *,
    title: str = "Nearly every line pays more than it has to",
    neutral: str = "What each line pays today, and could pay",
    subtitle: str = "Dollars a month of each of {lines} lines, by what it uses; lines are made up",
    x: str = "GB a month",
    y: str = "Dollars a month",
    legend_names: tuple[str, str] = ("today", "cheapest plan without a short day"),
) -> Axes:
    """Draw each line's cost today and on its cheapest plan over its use.

    The title holds while at least nine lines in ten could pay less.
    """
    ax = plt.figure(figsize=(8, 4.2)).add_subplot()
    gb = lines["used_gb"] / months
    today, best = (lines[f"{name}_cost_usd"] / months for name in ("today", "cheapest"))
    ax.vlines(gb, best, today, color=GREY, lw=0.5)
    marks = [{"marker": "s", "color": MID}, {"marker": "o", "color": ACCENT}]
    for usd, mark in zip((today, best), marks, strict=True):
        ax.scatter(gb, usd, s=18, zorder=3, **mark)
    ax.set(xscale="log", xlabel=x, ylabel=y, ylim=(0, None))
    ax.xaxis.set_major_formatter(show.plain)
    ax.yaxis.set_major_formatter(dollars)
    told, holds = subtitle.format(lines=len(lines)), (today > best).mean() >= 0.9
    claim(ax, title, holds=holds, neutral=neutral, subtitle=told, caption=caption)
    legend(ax, [Line2D([], [], ls="", **mark) for mark in marks], [*legend_names])
    return ax


@says_when_empty
def plan_bars(
    plans: pd.DataFrame,
    caption: str,
    *,
    title: str = "Three plans serve most lines",
    neutral: str = "Which plan is the cheapest for how many lines",
    subtitle: str = "Lines for which a plan is the cheapest without a short day, and what they use",
    x: str = "Lines",
) -> Axes:
    """Draw `by_plan`; the title holds while the first three plans serve over half of the lines."""
    ax = plt.figure(figsize=(8, 1.6 + 0.3 * len(plans))).add_subplot()
    ax.barh(range(len(plans)), plans["lines"], color=ACCENT, height=0.6)
    for row, plan in enumerate(plans.itertuples()):
        note(ax, plan.lines, row, f"{plan.lines}, at {plan.gb_per_month:.1f} GB a month")
    show.rows(ax, [*plans.index])
    ax.set(xlim=(0, 1.5 * plans["lines"].max()), xlabel=x)
    holds = plans["lines"].iloc[:3].sum() > plans["lines"].sum() / 2
    claim(ax, title, holds=holds, neutral=neutral, subtitle=subtitle, caption=caption)
    return ax
