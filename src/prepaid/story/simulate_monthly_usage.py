"""Notebook 03, What would my month cost: its tables and charts."""

import math
from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from prepaid import show
from prepaid.billing import NOTHING_GB, bill, compare
from prepaid.show import (
    ACCENT,
    BLACK,
    GREY,
    NOTE,
    PALE,
    UNKNOWN,
    claim,
    dates,
    legend,
    note,
    plain,
    says_when_empty,
)
from prepaid.usage import MONTH_DAYS, YEAR_DAYS, UsageModel


def serves(
    compared: pd.DataFrame,
    usage: np.ndarray,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.Series:
    """Tell which plans of `compare(plans, usage)` serve these stays, taken together.

    A plan serves if at least one share of all data runs at full speed, at most another is missing,
    and what it costs is known: an offer whose later price nobody states cannot be compared.
    """
    carried_gb = compared["mean_cost_usd"] / compared["usd_per_carried_gb"].fillna(math.inf)
    unmet_share = 1 - carried_gb / (usage.sum() / len(usage))
    fast = compared["full_speed_share"] >= least_full_speed_share - NOTHING_GB
    free = compared["mean_cost_usd"] == 0  # its cost per GB says nothing
    unmet_share = unmet_share.mask(free, 1 - compared["full_speed_share"])
    return fast & (unmet_share <= most_unmet_share + NOTHING_GB)  # an unknown cost fails this


def cost_by_level(
    plans: pd.DataFrame,
    monthly_gb: Sequence[float],
    days: int = YEAR_DAYS,
    *,
    persons: int,
    seed: int,
    assumptions: Mapping,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.DataFrame:
    """Return what each plan costs in all, by the known monthly average of its user.

    Parameters
    ----------
    plans
        Rows of the catalogue.
    monthly_gb
        Averages to try, GB per 30 days.
    days, persons, seed
        Each average is tried on so many persons for so many days. All averages share their random
        numbers.
    assumptions
        As in `compare`.
    least_full_speed_share, most_unmet_share
        As in `serves`.

    Returns
    -------
    DataFrame
        Mean dollars of all these days, indexed by `monthly_gb`, one column per plan, those with a
        stated amount first; missing where the plan does not serve.
    """
    # Of plans that tie, the first is the answer.
    plans = plans.sort_values("data_gb", key=pd.isna, kind="stable")
    unit = UsageModel.known_average(1).sample(days, persons, seed)
    costs = {}
    for gb in monthly_gb:
        compared = compare(plans, gb * unit, assumptions=assumptions)
        served = serves(compared, gb * unit, least_full_speed_share, most_unmet_share)
        costs[gb] = compared["mean_cost_usd"].where(served)
    return pd.DataFrame(costs).T.rename_axis("monthly_gb")


def cheapest_by_level(costs: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """Return the cheapest plan of each average: total_usd, at_once_usd (one purchase), name, seen.

    `costs` as `cost_by_level` returns them; `plans` has their columns `price_usd`, `name` and
    `as_of`. An average that no plan serves is missing.
    """
    known = costs.dropna(how="all")
    found = plans.loc[known.idxmin(axis=1), ["price_usd", "name", "as_of"]].set_axis(known.index)
    found.columns = ["at_once_usd", "name", "seen"]
    found["seen"] = found["seen"].dt.date
    found.insert(0, "total_usd", known.min(axis=1))
    return found


def cheapest_for(
    plans: pd.DataFrame,
    usage: np.ndarray,
    *,
    assumptions: Mapping,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.DataFrame:
    """Return the plans that serve years of one person, by what a month costs, the cheapest first.

    `usage` are GB per day, (years, days); limits as in `serves`. The columns of `plans`, and
    mean_cost_usd and p95_cost_usd: of the years, those per 30 days.
    """
    compared = compare(plans, usage, assumptions=assumptions)
    served = serves(compared, usage, least_full_speed_share, most_unmet_share)
    money = compared.loc[served, ["mean_cost_usd", "p95_cost_usd"]] * MONTH_DAYS / usage.shape[1]
    return plans.join(money, how="right").sort_values("mean_cost_usd", kind="stable")


def if_wrong(costs: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return what half and double the usage do to the choice of who expects the middle one.

    Parameters
    ----------
    costs
        As `cost_by_level` returns them, of three averages: half, as expected, double.
    names
        A plan's name by `plan_id`.

    Returns
    -------
    DataFrame
        One row per average: usage in words, cheapest_usd and its name, and kept_usd, the cost of
        the plan that is the cheapest as expected; missing where that one does not serve.
    """
    best = costs.idxmin(axis=1)
    words = ["half", "as expected", "double"]
    return pd.DataFrame(
        {
            "usage": [f"{word}: {gb:g} GB" for word, gb in zip(words, costs.index, strict=True)],
            "cheapest_usd": costs.min(axis=1),
            "cheapest": best.map(names),
            "kept_usd": costs[best.iloc[1]],
        }
    )


def steps_by_usage(costs: pd.DataFrame, least_usd: float = 1.0) -> pd.DataFrame:
    """Return the fewest steps of plans as cheap as any, to within `least_usd`, as usage grows.

    Parameters
    ----------
    costs
        As `cost_by_level` returns them, per month.
    least_usd
        A plan that costs so many dollars a month more than the cheapest ends its step, as one that
        no longer serves.

    Returns
    -------
    DataFrame
        One row per step, by rising usage: from_gb and to_gb (levels of `costs`), plan_id, from_usd
        and to_usd.
    """
    known = costs.dropna(how="all")
    as_good = known.lt(known.min(axis=1) + least_usd, axis=0)
    holders, holder = [], None
    for place, gb in enumerate(known.index):
        if holder is None or not as_good.loc[gb, holder]:
            # How many levels from here on each plan is as good as any; of those that last equally,
            # the cheapest.
            lasts = as_good.iloc[place:].cummin().sum()
            holder = known.loc[gb, lasts[lasts == lasts.max()].index].idxmin()
        holders.append(holder)
    paid = [known.loc[gb, plan] for gb, plan in zip(known.index, holders, strict=True)]
    paid, plans = pd.Series(paid, known.index), pd.Series(holders, known.index)
    rows = [
        (own.index[0], own.index[-1], own.iloc[0], paid[own.index[0]], paid[own.index[-1]])
        for _, own in plans.groupby((plans != plans.shift()).cumsum())
    ]
    return pd.DataFrame(rows, columns=["from_gb", "to_gb", "plan_id", "from_usd", "to_usd"])


def overage_rates(plans: pd.DataFrame) -> dict[str, float]:
    """Return what brands that charge by the GB ask for it at the least, the cheapest first."""
    charged = plans.dropna(subset="overage_usd_per_gb").astype({"provider": str})
    return charged.groupby("provider")["overage_usd_per_gb"].min().sort_values().to_dict()


def same_pack(
    pack: Mapping[str, float], usage: np.ndarray, overage_usd_per_gb: Mapping[str, float]
) -> pd.DataFrame:
    """Bill one made-up pack under every rule for what happens when it is empty.

    Parameters
    ----------
    pack
        Its price_usd, data_gb and term_days.
    usage
        GB per day, of shape (stays, days).
    overage_usd_per_gb
        Prices of further data where the pack is topped up by the GB, by whose rate it is.

    Returns
    -------
    DataFrame
        One row per rule, indexed by its name: the means of `bill` over the stays.
    """
    blank = dict.fromkeys(
        ("throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb")
    )
    pack = {**blank, **pack, "allowance_days": pack["term_days"], "unlimited": False}
    throttle = {"after_allowance": "throttle"}
    rules = {
        "Stops, wait": ({"after_allowance": "stop"}, "wait"),
        "Slow: 128 kbit/s": ({**throttle, "throttle_kbps": 128}, "rebuy"),
        "Slow: 1,000 kbit/s": ({**throttle, "throttle_kbps": 1000}, "rebuy"),
        "Stops, buy again": ({"after_allowance": "stop"}, "rebuy"),
    }
    for whose, usd in overage_usd_per_gb.items():
        overage = {"after_allowance": "payg", "overage_usd_per_gb": usd}
        rules[f"Pay on: ${usd:g} per GB ({whose})"] = (overage, "rebuy")
    rows = {}
    for name, (rule, when_empty) in rules.items():
        rows[name] = bill({**pack, **rule}, usage, when_empty=when_empty).mean()
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def simulated(plans: pd.DataFrame, stays: int, what: str = "stays") -> str:
    """Return the caption of a simulated chart."""
    seen = f"Source: data/plans.csv, prices of {dates(plans)}, before tax unless included"
    return f"{seen}; {stays:,} simulated {what}."


@says_when_empty
def cost_by_appetite(
    costs: pd.DataFrame,
    names: pd.Series,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    mine_gb: float | None = None,
    least_usd: float = 1.0,
    title: str = "How much you use decides what is cheapest",
    neutral: str = "The cheapest plan, by how much you use",
    subtitle: str = "Cheapest of {plans} plans, dollars a month; a plan stays until another is "
    "cheaper by ${least_usd:g}",
    mine: str = "you: {gb:g} GB",
    x: str = "Your average, GB per 30 days (log scale)",
) -> Axes:
    """Draw from which usage to which each plan is the cheapest: a bar per plan, its cost behind it.

    `costs` as `cost_by_level` returns them, per month, `names` by `plan_id`; `mine_gb` is the
    reader's average. The title holds while there are two bars.
    """
    found = steps_by_usage(costs, least_usd)
    ax = plt.figure(figsize=(8, 2.2 + 0.46 * len(found))).add_subplot(xscale="log")
    ends = [*found["from_gb"].iloc[1:], costs.index[-1]]
    ax.barh(
        range(len(found)), ends - found["from_gb"], left=found["from_gb"], height=0.6, color=GREY
    )
    for row, (step, end) in enumerate(zip(found.itertuples(), ends, strict=True)):
        whole = [f"${math.floor(usd + 0.5)}" for usd in (step.from_usd, step.to_usd)]
        usd = " to ".join(dict.fromkeys(whole))
        note(ax, end, row, usd, weight="bold")
    show.rows(ax, [fill(names[plan_id], 34) for plan_id in found["plan_id"]])
    if mine_gb is not None:
        ax.axvline(mine_gb, color=ACCENT, linewidth=1.4)
        ax.set_ylim(len(found) - 0.4, -1.1)
        note(ax, mine_gb, -0.8, mine.format(gb=mine_gb), (5, 0), color=ACCENT, weight="bold")
    ax.set(xlim=(costs.index[0], 1.6 * costs.index[-1]), xlabel=x)
    ticks = (0.5, 1, 2, 5, 10, 20, 50)
    ax.set_xticks([tick for tick in ticks if costs.index[0] <= tick <= costs.index[-1]])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(plain)
    told = subtitle.format(plans=costs.shape[1], least_usd=least_usd)
    claim(ax, title, holds=len(found) > 1, neutral=neutral, subtitle=told, caption=caption)
    return ax


@says_when_empty
def one_pack(
    rules: pd.DataFrame,
    what: str = "The same pack",
    caption: str = "A made-up pack; simulated months.",
    *,
    title: str = "Five gigabytes for $15: what happens on the sixth?",
    neutral: str = "One pack, by the rule that follows when it is empty",
    subtitle: str = "{what} costs ${least:.0f} to ${most:.0f} a month, by the rule; bars: mean GB",
    names: tuple[str, str, str] = ("at full speed", "slow", "missing"),
    end: str = "${cost:.0f}, {days:.0f} short days",
    x: str = "Mean GB of the month",
) -> Axes:
    """Draw what one pack carries fast, slowly and not at all under each rule of `same_pack`.

    The title holds while the rules' costs differ by half.
    """
    ax = plt.figure(figsize=(8, 1.9 + 0.36 * len(rules))).add_subplot()
    columns = ("full_speed_gb", "slow_gb", "unmet_gb")
    styles = ({"color": GREY}, {"color": PALE}, UNKNOWN)
    left, bars = np.zeros(len(rules)), []
    for column, style, ink in zip(columns, styles, ("white", BLACK, BLACK), strict=True):
        bars.append(ax.barh(range(len(rules)), rules[column], left=left, height=0.7, **style))
        for row, value in enumerate(rules[column]):
            if value >= 0.35:
                box = {"bbox": NOTE["bbox"] if style is UNKNOWN else None, "color": ink}
                note(ax, left[row] + value / 2, row, f"{value:.1f}", (0, 0), ha="center", **box)
        left += rules[column].to_numpy()
    for row, rule in enumerate(rules.itertuples()):
        words = end.format(cost=rule.cost_usd, days=rule.short_days)
        note(ax, left[row], row, words, weight="bold")
    show.rows(ax, rules.index)
    ax.set(xlim=(0, left.max() * 1.42), xlabel=x)
    ax.xaxis.set_major_formatter(plain)
    least, most = rules["cost_usd"].min(), rules["cost_usd"].max()
    told = subtitle.format(what=what, least=least, most=most)
    claim(ax, title, holds=most >= 1.5 * least, neutral=neutral, subtitle=told, caption=caption)
    legend(ax, bars, list(names))
    return ax


@says_when_empty
def cheapest_stays(
    plans: pd.DataFrame,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    title: str = "The cheapest plans for your own log",
    neutral: str = "One plan is left for your own log",
    subtitle: str = "Mean cost of a month over a year; tick: 19 years in 20 cost at most this",
    x: str = "Mean cost of a month",
) -> Axes:
    """Draw mean cost and 95th percentile of plans; the title holds while there are several."""
    ax = plt.figure(figsize=(8, 1.9 + 0.36 * len(plans))).add_subplot()
    show.rows(ax, plans["name"])
    ax.set_xlabel(x)
    claim(ax, title, holds=len(plans) > 1, neutral=neutral, subtitle=subtitle, caption=caption)
    said = [f"at most ${most:.0f}" for most in plans["p95_cost_usd"]]
    show.mean_costs(ax, plans, range(len(plans)), said)
    return ax
