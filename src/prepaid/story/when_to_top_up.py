"""Notebook 04, When do I top up: its tables and charts."""

import math
from collections.abc import Mapping
from dataclasses import replace
from textwrap import shorten

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from prepaid.prices import plan_names, select_plans
from prepaid.recommend import take_part
from prepaid.show import BLACK, BLUE, GREEN, GREY, ORANGE, RED, caption_figure, dates, dollars, label, title_figure
from prepaid.story.which_plan_fits import cost_by_level
from prepaid.top_up import TopUpBy, reorder_point, run_out_days, top_up_cost
from prepaid.usage import MONTH_DAYS, YEAR_DAYS, UsageModel, activity_gb_per_day

SKY = "#56B4E9"
NOTE = {"fontsize": 8, "bbox": {"color": "white", "alpha": 0.8, "pad": 0.6}}
MINUTES_PER_DAY = 1440
WAITS = {1: "1 min", 10: "10 min", 60: "1 h", 360: "6 h", 1440: "1 day", 4320: "3 days", 14400: "10 days"}


def known(plans: pd.DataFrame, channels: pd.DataFrame, survival: pd.DataFrame) -> str:
    """Say how much the tables know, and of which days: two lines."""
    undated = f"{channels['as_of'].isna().sum()} without a date"
    return (
        f"{len(plans)} plans, prices of {dates(plans)}; "
        f"how long the number is kept, for {len(survival)} brands\n"
        f"{len(channels)} ways to top up, as of {dates(channels)}; {undated}"
    )


def best_top_up_day(plan: Mapping, usage: np.ndarray, **values) -> pd.DataFrame:
    """Return the mean `top_up_cost` of ordering on each day, indexed by `day`: the lowest total_usd is the best day.

    `values` are those of `top_up_cost`. The curve ends half a term after the term.
    """
    days = pd.RangeIndex(int(plan["term_days"] * 1.5) + 1, name="day")
    return pd.DataFrame([top_up_cost(plan, usage, day, **values).mean() for day in days], index=days)


def timing_costs(
    plan: Mapping, usage: np.ndarray, looking: np.ndarray, curves: Mapping[float, pd.DataFrame], **values
) -> pd.DataFrame:
    """Compare the best fixed day with looking and ordering at a reorder point.

    Parameters
    ----------
    plan, usage, values
        As in `top_up_cost`.
    looking
        Days of the order, as `order_day` returns them.
    curves
        As `best_top_up_day` returns them, by the dollars that a dry day is worth.

    Returns
    -------
    DataFrame
        Indexed by `dry_day_usd`, mean costs beside the pack: best_day and fixed_usd, of ordering on it; at_end_usd, of
        ordering when the term ends; when_empty_usd, of ordering once the data is used up or, if earlier, so that it
        arrives as the term ends; looking_usd, and queued_usd, the same where the new pack waits for the old to end.
    """
    rows = {}
    latest = float(plan["term_days"]) - values["lead_days"]
    empty = np.clip(np.minimum(run_out_days(plan, usage), latest), 0, None)
    for usd, curve in curves.items():
        at_once, queued = (
            top_up_cost(plan, usage, looking, dry_day_usd=usd, queues=queues, **values) for queues in (False, True)
        )
        rows[usd] = {
            "best_day": curve["total_usd"].idxmin(),
            "fixed_usd": curve["total_usd"].min(),
            "at_end_usd": curve["total_usd"][int(plan["term_days"])],
            "when_empty_usd": top_up_cost(plan, usage, empty, dry_day_usd=usd, **values)["total_usd"].mean(),
            "looking_usd": at_once["total_usd"].mean(),
            "queued_usd": queued["total_usd"].mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("dry_day_usd")


def points_if_wrong(monthly_gb: float, **rule) -> pd.DataFrame:
    """Return the reorder point of a known average if what the usage model assumes is otherwise: point_gb by `assumed`.

    `rule` as in `reorder_point`.
    """
    model = UsageModel.known_average(monthly_gb)
    models = {
        "As assumed": model,
        "Spikier days (gamma shape 0.3, not 0.58)": replace(model, day_shape=0.3),
        "Steadier days (gamma shape 1.2)": replace(model, day_shape=1.2),
        "All months alike (sigma 0, not 0.34)": replace(model, month_sigma=0.0),
        "Twice the usage": UsageModel.known_average(2 * monthly_gb),
    }
    points = {name: reorder_point(one, **rule) for name, one in models.items()}
    return pd.DataFrame({"point_gb": points}).rename_axis("assumed")


def savings(
    hours_per_day: Mapping[str, float],
    activities: pd.DataFrame,
    wifi_share: float,
    background_share: Mapping[str, float],
    *,
    video: str,
    more_wifi: float,
) -> pd.DataFrame:
    """Return what tips save in GB per day.

    Parameters
    ----------
    hours_per_day, activities, wifi_share
        As in `activity_gb_per_day`: what the person does now.
    background_share
        Share of all mobile data that apps use in the background, as "low", "base" and "high".
    video
        The `activity_id` of which an hour a day is left out, or as much as there is.
    more_wifi
        How much the share on Wi-Fi rises, as far as it can.

    Returns
    -------
    DataFrame
        The columns low, base and high of each `tip`. In the first row, all mobile data as it is now: low and high by
        the published ranges of the activities, with the base share in the background.
    """
    now = activity_gb_per_day(hours_per_day, activities, wifi_share)
    hours = min(1.0, hours_per_day[video])
    more = min(more_wifi, 1 - wifi_share)
    total = now / (1 - background_share["base"])
    tips = {
        "As it is": total,
        f"{hours:g} h less video a day": activity_gb_per_day({video: hours}, activities, wifi_share),
        "Background data off": total["base"] * pd.Series(dict(background_share))[["low", "base", "high"]],
        f"Wi-Fi {wifi_share + more:.0%} of the time": activity_gb_per_day(hours_per_day, activities, 1 - more),
    }
    return pd.DataFrame(tips).T.rename_axis("tip")


def tip_effects(plan: Mapping, saved: pd.DataFrame, usage: np.ndarray) -> pd.DataFrame:
    """Return how tips move the day on which an allowance is used up.

    Parameters
    ----------
    plan
        A row of `data.plans` with a stated allowance and a term.
    saved
        As `savings` returns it.
    usage
        GB per day as it is now, (stays, days), some terms long. A tip takes the same part off every day: what it saves,
        divided by the base of the first row.

    Returns
    -------
    DataFrame
        Indexed by `tip`: monthly_gb that remain in 30 days; low_days, base_days and high_days, until half the stays
        have used up the allowance, were there no term (infinite if that is later than `usage` goes); dry_share, of
        stays, those that use it up within the term. monthly_gb and dry_share are those of the base.
    """
    endless = {**plan, "term_days": None, "allowance_days": None}
    rows = {}
    for tip, levels in saved.iterrows():
        kept = {level: max(1 - gb / saved["base"].iloc[0], 0) if rows else 1.0 for level, gb in levels.items()}
        empty = {level: run_out_days(endless, share * usage) for level, share in kept.items()}
        rows[tip] = {
            "monthly_gb": MONTH_DAYS * kept["base"] * usage.mean(),
            **{f"{level}_days": np.median(at) for level, at in empty.items()},
            "dry_share": (empty["base"] < plan["term_days"]).mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("tip")


def best_plans(plans: pd.DataFrame, monthly_gb: pd.Series, seed: int, assumptions: Mapping) -> pd.DataFrame:
    """Return the cheapest plan with calls and texts that serves a year of each use: usd_per_month and best_plan.

    `monthly_gb` are GB per 30 days, above 0; `assumptions` as in `compare`. A plan serves if 95 % of the year's data
    run at full speed and at most 1 % is missing.
    """
    residents = take_part(select_plans(plans, needs_voice=True, visitor=False), YEAR_DAYS)
    limits = {"assumptions": assumptions, "least_full_speed_share": 0.95, "most_unmet_share": 0.01}
    costs = cost_by_level(residents, list(monthly_gb), YEAR_DAYS, persons=200, seed=seed, **limits)
    found = costs.loc[list(monthly_gb)].set_axis(monthly_gb.index)
    cheapest = found.idxmin(axis=1).map(plan_names(residents))
    return pd.DataFrame({"usd_per_month": found.min(axis=1), "best_plan": cheapest})


def of_plan(plan: pd.Series, what: str) -> str:
    """Return the caption of a simulated chart of one plan."""
    date = plan["as_of"]
    bought = f"{plan['provider']} {plan['plan']}, ${plan['price_usd']:.2f}, price of {date.day} {date:%B %Y}"
    return f"Source: data/plans.csv: {bought}; {what}."


def burn_down_fan(left: pd.DataFrame, empty: np.ndarray, plan: Mapping, caption: str) -> np.ndarray:
    """Draw the spread of what is left of an allowance, and below it the share of purchases that have run out.

    Parameters
    ----------
    left
        As `reorder.remaining` returns it for several stays.
    empty
        As `reorder.run_out_days` returns it for the same stays.
    plan
        The plan's row.
    caption
        Where the figures are from.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6.2), sharex=True, height_ratios=(3, 2))
    days = np.arange(len(left) + 1)
    paths = np.vstack([np.full(left.shape[1], plan["data_gb"]), left])
    low, early, middle, late, high = np.quantile(paths, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
    top.fill_between(days, low, high, color=SKY, alpha=0.35, linewidth=0)
    top.fill_between(days, early, late, color=SKY, linewidth=0)
    top.plot(days, middle, color=BLACK, linewidth=1.8)
    at = len(left) // 2
    for values, words in ((high, "19 purchases in 20"), (late, "3 in 4"), (middle, "half"), (low, "1 in 20")):
        top.annotate(f"{words} have at most this", (at, values[at]), (4, 5), textcoords="offset points", **NOTE)
    top.set(ylim=(0, plan["data_gb"] * 1.05), ylabel="GB left at the end of the day")
    dry = np.array([(empty <= day).mean() for day in days])
    bottom.plot(days, dry, color=RED, linewidth=1.8)
    for day in sorted({int(np.argmax(dry >= share)) for share in (0.05, 0.25, 0.5) if dry[-1] >= share}):
        bottom.plot(day, dry[day], "o", color=RED, markersize=5)
        style = {"textcoords": "offset points", "ha": "right", **NOTE}
        bottom.annotate(f"day {day}: {dry[day]:.0%}", (day, dry[day]), (-6, 4), **style)
    bottom.set(ylim=(0, max(0.1, 1.2 * dry[-1])), xlim=(0, len(left)), ylabel="Purchases that ran out")
    bottom.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    bottom.set_xlabel("Days since the purchase")
    caption_figure(bottom, caption)
    title = f"{dry[-1]:.0%} of purchases are empty before their {len(left)} days are over"
    title_figure(figure, title)
    return np.array([top, bottom])


def reorder_by_lead(points: pd.DataFrame, channels: pd.DataFrame, caption: str) -> np.ndarray:
    """Draw the reorder point against lead time, one line per risk, and below it how long channels take.

    Parameters
    ----------
    points
        As `reorder.reorder_points` returns it.
    channels
        Rows of `data.channels`: those without any time are not drawn, and counted in the caption.
    caption
        Where the figures are from.
    """
    timed = channels[channels[["typical_minutes", "worst_minutes"]].notna().any(axis=1)]
    timed = timed.assign(last=timed[["typical_minutes", "worst_minutes"]].max(axis=1)).sort_values("last")
    heights = (3.4, 0.6 + 0.2 * len(timed))
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 1.2 + sum(heights)), sharex=True, height_ratios=heights)
    minutes = points.index.to_numpy() * MINUTES_PER_DAY
    styles = (("-", RED, 2.2), ("-", BLACK, 1.8), ("--", BLUE, 1.6), (":", GREY, 1.6))
    for (risk, gb), (line, color, width) in zip(points.items(), styles, strict=False):
        top.plot(minutes, gb, linestyle=line, color=color, linewidth=width)
        style = {"textcoords": "offset points", "va": "center", "color": color, **NOTE}
        top.annotate(f"dry in\n{one_case_in(risk)}", (minutes[-1], gb.iloc[-1]), (6, 0), **style)
    top.set(xscale="log", ylim=(0, None), ylabel="Top up at this many GB left")
    first = minutes[0]
    rows = np.arange(len(timed))
    typical, worst = (np.maximum(timed[column], first) for column in ("typical_minutes", "worst_minutes"))
    bottom.hlines(rows, typical.fillna(worst), worst.fillna(typical), color=GREY, linewidth=2)
    bottom.plot(typical, rows, "o", color=BLUE, markersize=6, label="typical")
    bottom.plot(worst, rows, "X", color=RED, markersize=7, label="worst")
    bottom.set_yticks(rows, [shorten(name, 40, placeholder=" ...") for name in timed["channel"]], fontsize=8)
    bottom.set(ylim=(len(timed) - 0.3, -0.8), xlim=(first * 0.85, minutes[-1] * 4))
    bottom.grid(axis="y", visible=False)
    bottom.legend(loc="lower left", fontsize=8)
    bottom.set_xlabel("From payment to data (log scale)")
    bottom.set_xticks([minute for minute in WAITS if minute <= minutes[-1]])
    bottom.minorticks_off()
    bottom.xaxis.set_major_formatter(lambda minute, _: WAITS.get(round(minute), ""))
    silent = f"{len(channels) - len(timed)} of {len(channels)} channels: our source states no time."
    caption_figure(bottom, f"{caption}\nBelow: data/channels.csv; at once is drawn as {first:g} min. {silent}")
    risk = points.columns[len(points.columns) // 2]
    gb = [np.interp(lead, points.index, points[risk]) for lead in (1 / 24, 3)]
    title = (
        f"Top up at {gb[0]:.1f} GB if it takes an hour, at {gb[1]:.1f} GB if it takes three days ({one_case_in(risk)})"
    )
    title_figure(figure, title)
    return np.array([top, bottom])


def one_case_in(risk: float) -> str:
    """Return a probability as one case in so many."""
    return f"1 case in {1 / risk:.0f}"


def cost_by_day(curves: Mapping[float, pd.DataFrame], base: float, costs: pd.DataFrame, caption: str) -> Axes:
    """Draw what ordering on each day costs on average beyond the price of the pack, and the cheapest days.

    Parameters
    ----------
    curves
        As `reorder.best_top_up_day` returns them, by the dollars that a dry day is worth.
    base
        The one of these dollars whose parts are drawn.
    costs
        As `reorder.timing_costs` returns them: the line of looking and ordering at the reorder point.
    caption
        Where the figures are from.
    """
    rule_usd = costs.loc[base, "looking_usd"]
    ax = plt.figure(figsize=(8, 5)).add_subplot(yscale="log")
    curve = curves[base]
    lowest = min(0.5, max(0.05, 0.5 * rule_usd))
    style = {"textcoords": "offset points", "va": "center", **NOTE}
    for column, name, color, line, end, offset, ha in (
        ("early_usd", "thrown away", BLUE, "--", -1, (6, 0), "left"),
        ("dry_usd", "dry days", ORANGE, "-.", 0, (-6, 0), "right"),
        ("number_usd", "number lost", RED, ":", -1, (0, -9), "right"),
    ):
        cost = curve[column][curve[column] > 1.2 * lowest]
        ax.plot(cost.index, cost, color=color, linestyle=line, linewidth=1.6)
        if len(cost):
            ax.annotate(name, (cost.index[end], cost.iloc[end]), offset, ha=ha, color=color, **style)
    for usd, table in curves.items():
        total, best = table["total_usd"].clip(lower=lowest), table["total_usd"].idxmin()
        ax.plot(total.index, total, color=BLACK, linewidth=2.2 if usd == base else 0.8)
        ax.plot(best, total[best], "o", color=BLACK, markersize=7 if usd == base else 4)
        weight = "bold" if usd == base else "normal"
        above = (0, 16 if usd > base else 11 if usd == base else -11)
        ax.annotate(
            f"day {best}: ${table['total_usd'][best]:.2f}",
            (best, total[best]),
            above,
            ha="center",
            weight=weight,
            **style,
        )
        ax.annotate(f"${usd:g} a dry day", (total.index[-1], total.iloc[-1]), (4, 0), **style)
    ax.axhline(max(rule_usd, lowest), color=GREEN, linewidth=1.8, linestyle="--")
    words = f"looking and ordering by what is left: ${rule_usd:.2f}"
    ax.annotate(words, (curve.index[-1] * 1.15, max(rule_usd, lowest)), (0, -9), ha="right", color=GREEN, **style)
    highest = max(lowest, *(table["total_usd"].max() for table in curves.values()))
    ax.set(xlim=(0, curve.index[-1] * 1.15), ylim=(lowest, 1.4 * highest))
    ax.yaxis.set_major_formatter(dollars)
    best = curve["total_usd"].idxmin()
    fixed_usd = curve["total_usd"][best]
    title = f"A dry day at ${base:g}: best fixed day ${fixed_usd:.2f}, ordering by what is left ${rule_usd:.2f}"
    return label(ax, title, "Day of the order after the purchase", "Mean cost beyond the pack (log scale)", caption)


def run_out_by_tip(effects: pd.DataFrame, plan: Mapping, caption: str) -> Axes:
    """Draw how far each tip moves the day on which half the stays have used up the allowance.

    `effects` as `timing.tip_effects` returns it: base as a dot, low to high as a line.
    """
    term_days = plan["term_days"]
    days = effects[["low_days", "base_days", "high_days"]].set_axis(["low", "base", "high"], axis=1)
    finite = days.replace(math.inf, np.nan)
    ax = plt.figure(figsize=(8, 1.5 + 0.5 * len(days))).add_subplot()
    rows = np.arange(len(days))
    ax.axvline(term_days, color=RED, linewidth=1.2, linestyle="--")
    ax.annotate("term ends", (term_days, len(days) - 0.6), (4, 0), textcoords="offset points", color=RED, **NOTE)
    ax.hlines(rows, finite["low"], finite["high"], color=BLUE, linewidth=5, alpha=0.5)
    ax.plot(finite["base"], rows, "o", color=BLUE, markersize=8)
    words = [f"day {low:.0f}" + (f" to {high:.0f}" if high > low else "") for low, _, high in days.to_numpy()]
    for row, (text, at) in enumerate(zip(words, finite.max(axis=1).fillna(0), strict=True)):
        text = text.replace("day inf", "not within a year").replace("inf", "beyond a year")
        ax.annotate(text, (at, row), (8, 0), textcoords="offset points", va="center", **NOTE)
    ax.set_yticks(rows, days.index)
    ax.set(xlim=(0, 1.25 * np.nanmax([finite.max(axis=None), term_days])), ylim=(len(days) - 0.4, -0.6))
    ax.grid(axis="y", visible=False)
    best = days["base"].iloc[1:].idxmax()
    now, then = effects.loc[[days.index[0], best], "dry_share"]
    title = f"{best}: {then:.0%} are empty before the term ends, not {now:.0%}"
    return label(ax, title, "Day on which half the purchases would be empty, were there no term", "", caption)


def in_words(rule: TopUpBy) -> str:
    """Say when to top up, why, and how long the number survives."""
    if rule.day is None:
        return "Nothing ends within a year: no need to top up."
    when = ("today", "tomorrow", f"in {rule.day} days")[min(rule.day, 2)] + (
        f", on {rule.date.day} {rule.date:%B %Y}" if rule.date else ""
    )
    first = f"Too late to be safe: top up today; the {rule.binds} ends first." if rule.late else ""
    first = first or f"Top up at the latest {when}: the {rule.binds} ends first."
    if rule.number_kept_days is None:
        return f"{first} Our source does not say how long the number is kept."
    kept = (
        f"{rule.number_kept_days} days from now"
        if rule.number_kept_until is None
        else f"{rule.number_kept_until.day} {rule.number_kept_until:%B %Y}"
    )
    return f"{first} Unpaid, the number is kept until {kept}, by our source."
