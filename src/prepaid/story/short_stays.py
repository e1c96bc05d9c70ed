"""Appendix a1, Short stays: its tables and charts."""

import dataclasses
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from prepaid import show
from prepaid.billing import compare
from prepaid.recommend import serving
from prepaid.show import (
    ACCENT,
    GREY,
    UNKNOWN,
    claim,
    dollars,
    legend,
    note,
    says_when_empty,
)
from prepaid.usage import MONTH_DAYS, UsageModel

# Enough for the 99th percentile of a month.
PERSONS = 200_000


def travellers(usage_benchmarks: pd.DataFrame) -> dict[str, UsageModel]:
    """Return the models of light, moderate and heavy travellers by their names."""
    names = ("light", "moderate", "heavy")
    return {name: UsageModel.traveller(name, usage_benchmarks) for name in names}


def compare_cases(
    plans: pd.DataFrame,
    usages: Mapping[str, np.ndarray],
    assumptions: Mapping,
    when_empty: str = "rebuy",
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
        Indexed by `case` and `plan_id`: the columns of `compare`, then those of `plans`. Plans
        whose cost nobody can know, offers without a later price, are left out.
    """
    rule = {"assumptions": assumptions, "when_empty": when_empty}
    compared = {case: compare(plans, usage, **rule).join(plans) for case, usage in usages.items()}
    return pd.concat(compared, names=["case"]).dropna(subset="mean_cost_usd")


def cheapest_serving(
    compared: pd.DataFrame, most_short_share: float, rows: int = 1
) -> pd.DataFrame:
    """Return the first `rows` of `serving` for every case of `compare_cases`."""
    cases = [level for level in compared.index.names if level != "plan_id"]
    groups = compared.groupby(level=cases, sort=False)
    return pd.concat([serving(case, most_short_share).head(rows) for _, case in groups])


def limit_silent(plans: pd.DataFrame, gb_per_30_days: float) -> pd.DataFrame:
    """Return the plans as if silent unlimited phone plans were throttled after this amount.

    `compare` assumes a limit for silent travel eSIMs only; this tries one on silent plans of
    carriers and MVNOs.
    """
    silent = plans["unlimited"].astype(bool) & plans["data_gb"].isna()
    silent &= plans["provider_kind"] != "travel_esim"
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
    """Compare the plans on stays of each model, as assumed and with one assumption changed.

    Returns
    -------
    DataFrame
        As `compare_cases`, indexed by `scenario`, `case` (the name of the model) and `plan_id`.
    """
    spiky_models = {
        case: dataclasses.replace(model, day_shape=0.3) for case, model in models.items()
    }
    usages, spiky = (
        {case: model.sample(days, stays, seed) for case, model in by_case.items()}
        for by_case in (models, spiky_models)
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
        name: compare_cases(table, cases, assumptions[level])
        for name, (table, cases, level) in scenarios.items()
    }
    return pd.concat(compared, names=["scenario"])


def flips(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the winner of every scenario of `what_if`, and what keeping the first one would mean.

    Returns
    -------
    DataFrame
        Indexed by `scenario` and `case`: plan_id, name and mean_cost_usd of the winner; flipped,
        whether the first scenario's winner now costs more (by a cent) or runs short too often;
        stay_cost_usd and stay_short_share of that first winner.
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


def winners_by_usage(winners: pd.DataFrame) -> pd.DataFrame:
    """Return name and cost of the winners of `flips`: usage as assumed, half, double by case."""
    rows = winners.loc[["As assumed", "Half the usage", "Double the usage"]]
    words = rows["name"] + rows["mean_cost_usd"].map(", ${:.0f}".format)
    cases = {case: words.xs(case, level="case") for case in words.index.unique("case")}
    return pd.DataFrame(cases)


def calibration(
    model: UsageModel, usage_benchmarks: pd.DataFrame, seed: int | np.random.Generator = 0
) -> pd.DataFrame:
    """Compare a simulated month of many persons with what US Mobile's unlimited lines used.

    Returns
    -------
    One row per published `metric`, with `unit`, `published`, `simulated` and `ratio` (simulated to
    published). The standard error of a ratio is 0.9 % for p99 and 0.3 % for the others.
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


@says_when_empty
def short_stays(
    best: pd.DataFrame,
    most_short_share: float,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    title: str = "{days} days in America: the cheap plans that rarely run dry",
    neutral: str = "{days} days in America: the cheapest plans",
    days: int = 14,
    subtitle: str = "Mean cost; tick: 19 stays in 20 cost at most this; how often it runs short",
    x: str = "Mean cost of the stay",
    never: str = "never short",
    often: str = "short in 1 of {stays:.0f}",
) -> Axes:
    """Draw the cheapest plans of each case: mean cost, 95th percentile, how often they run short.

    `best` as `cheapest_serving` returns it, indexed by `case` and `plan_id`. The title holds while
    no plan runs short in more than `most_short_share` of the stays.
    """
    heights = _heights(best)
    ax = plt.figure(figsize=(8, 2 + 0.33 * (heights[-1] + 1))).add_subplot()
    said = [often.format(stays=1 / share) if share > 0 else never for share in best["short_share"]]
    show.rows(ax, _row_names(best), heights)
    ax.set_xlabel(x)
    rarely = (best["short_share"] <= most_short_share).all()
    title, neutral = title.format(days=days), neutral.format(days=days)
    claim(ax, title, holds=rarely, neutral=neutral, subtitle=subtitle, caption=caption)
    show.mean_costs(ax, best, heights, said)
    return ax


@says_when_empty
def paid_for_nothing(
    best: pd.DataFrame,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    title: str = "Wasting data can be the cheap choice",
    neutral: str = "What of the price pays for data that is left over",
    subtitle: str = "Mean cost, for data used and for data that expired or was left at the end",
    names: tuple[str, str, str] = ("used", "left over", "no allowance stated"),
    x: str = "Mean cost of the stay",
) -> Axes:
    """Draw mean cost of plans, split into data used and data that expired unused.

    `best` as in `short_stays`; where no allowance is stated, nothing can be said of waste. The
    title holds while the cheapest plan of a case spends half of its cost on data left over.
    """
    heights, unknown = _heights(best), best["unused_usd"].isna()
    ax = plt.figure(figsize=(8, 2 + 0.33 * (heights[-1] + 1))).add_subplot()
    unused = best["unused_usd"].fillna(0)
    used, silent = best["mean_cost_usd"] - unused, best["mean_cost_usd"].where(unknown, 0)
    bars = [
        ax.barh(heights, used.mask(unknown, 0), height=0.66, color=GREY),
        ax.barh(heights, unused, left=used, height=0.66, color=ACCENT, hatch="//", ec="white"),
        ax.barh(heights, silent, height=0.66, **UNKNOWN),
    ]
    for height, plan in zip(heights, best.itertuples(), strict=True):
        share = plan.unused_usd / plan.mean_cost_usd if plan.mean_cost_usd else 0
        words = "" if pd.isna(plan.unused_usd) else f", {share:.0%} left over"
        note(ax, plan.mean_cost_usd, height, f"${plan.mean_cost_usd:.0f}{words}")
    show.rows(ax, _row_names(best), heights)
    ax.set(xlim=(0, 1.42 * best["mean_cost_usd"].max()), xlabel=x)
    ax.xaxis.set_major_formatter(dollars)
    first = best.groupby(level="case", sort=False).head(1)
    holds = (first["unused_usd"] >= 0.5 * first["mean_cost_usd"]).any()
    claim(ax, title, holds=holds, neutral=neutral, subtitle=subtitle, caption=caption)
    legend(ax, bars, list(names))
    return ax


def _heights(best: pd.DataFrame) -> np.ndarray:
    """Return where the rows of a table by `case` stand, with a gap between cases."""
    cases = best.index.get_level_values("case")
    return np.arange(len(best)) + 0.9 * np.cumsum(np.r_[0, cases[1:] != cases[:-1]])


def _row_names(best: pd.DataFrame) -> list[str]:
    cases = best.index.get_level_values("case")
    return [f"{case}: {name}" for case, name in zip(cases, best["name"], strict=True)]
