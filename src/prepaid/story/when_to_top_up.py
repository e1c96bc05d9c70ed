"""Notebook 04, When do I top up: what the moment of a top-up costs, tables and charts."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from prepaid import show, top_up
from prepaid.channels import sellers_say
from prepaid.show import ACCENT, GREY, MID, PALE, claim, note, percent
from prepaid.usage import MINUTES_A_DAY, MONTH_DAYS, YEAR_DAYS, UsageModel, activity_gb_per_day

# Minutes that the axis of waits names.
WAITS = {1: "1 min", 10: "10 min", 60: "1 h", 360: "6 h"}
WAITS |= {MINUTES_A_DAY * days: f"{days} day{'s' * (days > 1)}" for days in (1, 3, 10)}
# What paying early does to what is left of the old pack: values of data/seller_facts.csv.
EARLY_RENEWAL = ("adds", "stacks", "queues", "replaces", "lost")
# What a seller says of top-ups: topics of data/seller_facts.csv.
SAID_OF_TOP_UPS = {
    "early_renewal": "what paying early does",
    "balance_check": "where to see what is left",
    "low_data_warning": "warning when little is left",
}
# Rows of data/assumptions.csv: how long a top-up takes where a channel of this kind does not say.
KINDS_OF_WAIT = {
    "travel_esim": "App or site of a travel eSIM seller",
    "carrier": "The brand's own site, app or phone line",
    "store": "Card or PIN from a shop",
    "third_party": "Another website or app",
}


def points_by_kind(
    usage_source: UsageModel | pd.Series, assumptions: pd.DataFrame, *, risk: float, **rule
) -> pd.DataFrame:
    """Return the reorder point by kind of channel (`through`), where the channel states no wait.

    Columns are low_minutes, wait_minutes and high_minutes, as assumed, and order_at_mb for the
    middle one, to 10 MB; `risk` and `rule` as in `reorder_point`.
    """
    waits = assumptions.loc[[f"unstated_wait_{kind}_minutes" for kind in KINDS_OF_WAIT]]
    waits = waits[["low", "base", "high"]].set_axis([*KINDS_OF_WAIT.values()])
    waits.columns = ["low_minutes", "wait_minutes", "high_minutes"]
    days = list(waits["wait_minutes"] / MINUTES_A_DAY)
    points = top_up.reorder_points(usage_source, lead_days=days, risks=[risk], **rule)[risk]
    return waits.assign(order_at_mb=np.round(1000 * points.to_numpy(), -1)).rename_axis("through")


def points_by_use(
    daily_gb: Sequence[float], waits: Mapping[str, float], *, risk: float, **rule
) -> pd.DataFrame:
    """Return the reorder point in GB by daily use (rows) and wait (columns): days by its name."""
    # Who uses twice as much needs twice as much.
    one_gb = UsageModel.known_average(MONTH_DAYS)
    points = top_up.reorder_points(one_gb, lead_days=[*waits.values()], risks=[risk], **rule)[risk]
    table = pd.DataFrame(np.outer(daily_gb, points), daily_gb, list(waits))
    return table.rename_axis("daily_use_gb")


def points_if_wrong(monthly_gb: float, **rule) -> pd.DataFrame:
    """Return order_at_mb, to 10 MB, by what is `assumed`; `rule` as in `reorder_point`."""
    model = UsageModel.known_average(monthly_gb)
    models = {
        "As assumed": model,
        "Spikier days": replace(model, day_shape=0.3),
        "Steadier days": replace(model, day_shape=1.2),
        "All months alike": replace(model, month_sigma=0.0),
        "Twice the usage": UsageModel.known_average(2 * monthly_gb),
    }
    points = {name: 1000 * top_up.reorder_point(one, **rule) for name, one in models.items()}
    return pd.DataFrame({"order_at_mb": points}).round(-1).rename_axis("assumed")


def run_out_days(
    plan: Mapping,
    usage: np.ndarray,
    *,
    remaining_gb: float | None = None,
    days_left: int | None = None,
) -> np.ndarray:
    """Return when each stay has used up an allowance: days from now; infinite if it lasts the term.

    `plan` is a row of `data.plans` with a stated allowance, `usage` GB per day from today on, of
    shape (stays, days) or (days,). `remaining_gb` and `days_left` are left of the allowance period
    and of the term (today counts), by default those of a fresh purchase. Raises ValueError if the
    plan states no allowance, or usage is negative, not finite, empty or misshapen.
    """
    stays = _stays(usage)
    empty = np.full(len(stays), math.inf)
    for start, end, gb in allowance_periods(plan, stays.shape[1], remaining_gb, days_left):
        used = top_up.used_before(stays[:, start:end])
        empty = np.minimum(empty, start + top_up.time_of(used, gb))
    return empty


def remaining(plan: Mapping, usage: np.ndarray) -> pd.DataFrame:
    """Return the GB left of one purchase at the end of each `day` (rows) of each stay (columns).

    `plan` and `usage` as in `run_out_days`. Nothing is bought again: 0 is left after the term.
    """
    return pd.DataFrame(_left(plan, usage, 1).T).rename_axis("day")


def _left(plan: Mapping, usage: np.ndarray, at_end: int) -> np.ndarray:
    """Return the GB left at the start (0) or the end (1) of each day: (stays, days)."""
    used = top_up.used_before(_stays(usage))
    left = np.zeros((len(used), used.shape[1] - 1))
    for start, end, allowance_gb in allowance_periods(plan, left.shape[1]):
        since_start = used[:, start + at_end : end + at_end] - used[:, [start]]
        left[:, start:end] = np.maximum(allowance_gb - since_start, 0)
    return left


def _stays(usage: np.ndarray | pd.Series) -> np.ndarray:
    """Return usage with shape (stays, days), or say what is wrong with it."""
    stays = np.atleast_2d(np.asarray(usage, dtype=float))
    if stays.ndim != 2 or not stays.size:
        allowed = "(days,) or (stays, days), not empty"
        raise ValueError(f"usage has the shape {np.shape(usage)} (allowed: {allowed})")
    if not (stays.min() >= 0 and stays.max() < math.inf):  # NaN fails both
        raise ValueError("usage has negative, infinite or missing days (allowed: finite GB >= 0)")
    return stays


def allowance_periods(
    plan: Mapping, days: int, remaining_gb: float | None = None, days_left: int | None = None
) -> list[tuple[int, int, float]]:
    """Return first day, day after the last, and GB of each allowance period within so many days."""
    if pd.isna(plan["data_gb"]):
        name = plan.get("plan_id", getattr(plan, "name", "the plan"))
        raise ValueError(f"{name} states no allowance: data_gb is blank")
    if remaining_gb is not None and not 0 <= remaining_gb < math.inf:
        raise ValueError(f"remaining_gb is {remaining_gb} (allowed: GB >= 0)")
    term = math.inf if pd.isna(plan["term_days"]) else int(plan["term_days"])
    if days_left is not None and not 1 <= days_left <= term:
        raise ValueError(f"days_left is {days_left!r} (allowed: 1 to {term}, the plan's term)")
    length = term if pd.isna(plan["allowance_days"]) else int(plan["allowance_days"])
    over = 0 if days_left is None else term - days_left
    end = min(days, term - over)
    starts = [0] if length == math.inf else [0, *range(length - over % length, end, length)]
    fresh_gb = float(plan["data_gb"])
    first_gb = fresh_gb if remaining_gb is None else float(remaining_gb)
    allowances = [first_gb, *[fresh_gb] * (len(starts) - 1)]
    return list(zip(starts, [*starts[1:], end], allowances, strict=True))


def order_day(
    plan: Mapping,
    usage: np.ndarray,
    point_gb: float,
    *,
    lead_days: float,
    check_every_days: float = 1,
) -> np.ndarray:
    """Return the day on which each stay orders: at a look at `point_gb` or less, or the term's end.

    Looks are on days 0, 1 x, 2 x, ... `check_every_days` of the purchase. The first counts that
    shows the point, or after which the next look would be too late for `lead_days`.
    """
    top_up.check_rule([lead_days], check_every_days, [0.5])
    top_up.require((point_gb >= 0, f"point_gb is {point_gb!r} (allowed: GB >= 0)"))
    at_start, usage = _left(plan, usage, 0), np.atleast_2d(usage)
    in_a_day, every = top_up.looks_in(check_every_days)
    looks = np.arange(0, usage.shape[1] * in_a_day, every) / in_a_day
    day = looks.astype(int)
    term = math.inf if pd.isna(plan["term_days"]) else plan["term_days"]
    seen_gb = at_start[:, day] - (looks - day) * usage[:, day]
    orders = (seen_gb <= point_gb) | (looks + check_every_days + lead_days > term)
    return np.where(orders.any(axis=1), looks[orders.argmax(axis=1)], math.inf)


def top_up_cost(
    plan: Mapping,
    usage: np.ndarray,
    ordered_on: float | np.ndarray,
    *,
    lead_days: float,
    dry_day_usd: float,
    early_renewal: str | None = None,
) -> pd.DataFrame:
    """Return what the moment of one top-up costs, beside the pack itself: a row for each stay.

    Costs are early_usd (days of service lost by paying early, at the price of the pack divided by
    the days that it serves on average), dry_usd, and total_usd, their sum.

    `plan` is a row of `data.plans` with a term and a stated allowance, bought on day 0; `usage` GB
    per day, (stays, days), as long as the term, or twice where data left is added; `ordered_on` the
    day of the order, with fractions, one for all or one for each stay; `lead_days` from then to
    arrival; `dry_day_usd` what a day without data is worth to the reader.

    `early_renewal` is what paying early does, as data/README.md tells. "queues" and "stacks" lose
    nothing. "adds" keeps the data but starts the term anew: what is lost is how much sooner the new
    pack ends than one bought when the old one has ended. "replaces" and "lost" lose the rest of the
    old pack; so does, to be careful, None: not said.
    """
    usage, moments = np.atleast_2d(usage), np.asarray(ordered_on, dtype=float)
    term = math.inf if pd.isna(plan["term_days"]) else plan["term_days"]
    least, at_least = (2 * term, "twice the") if early_renewal == "adds" else (term, "the")
    too_short = (
        f"usage has {usage.shape[1]} days (allowed: at least {at_least} plan's term of {term})"
    )
    rules = (None, *EARLY_RENEWAL)
    top_up.require(
        (usage.shape[1] >= least, too_short),
        (lead_days >= 0, f"lead_days is {lead_days!r} (allowed: 0 or more)"),
        (dry_day_usd >= 0, f"dry_day_usd is {dry_day_usd!r} (allowed: 0 or more)"),
        (early_renewal in rules, f"early_renewal is {early_renewal!r} (allowed: {rules})"),
        ((moments >= 0).all(), "ordered_on has negative or missing days (allowed: 0 or more)"),
    )
    served = np.minimum(run_out_days(plan, usage), float(term))
    arrives = np.broadcast_to(moments + lead_days, served.shape)
    day_usd = plan["price_usd"] / served.mean()
    early_usd = _lost_days(plan, usage, served, arrives, early_renewal) * day_usd
    dry_usd = np.maximum(arrives - served, 0) * dry_day_usd
    costs = pd.DataFrame({"early_usd": early_usd, "dry_usd": dry_usd})
    return costs.assign(total_usd=early_usd + dry_usd)


def _lost_days(
    plan: Mapping, usage: np.ndarray, served: np.ndarray, arrives: np.ndarray, rule: str | None
) -> np.ndarray:
    """Return the days of service that each stay loses by paying before the old pack has ended."""
    if rule in ("queues", "stacks"):
        return np.zeros(len(usage))
    if rule != "adds" or len(allowance_periods(plan, usage.shape[1])) > 1:
        return np.maximum(served - arrives, 0)  # data that starts anew has no rest to be added to
    used, term, pack_gb = top_up.used_before(usage), int(plan["term_days"]), float(plan["data_gb"])
    old_gb = np.minimum(used[:, term], pack_gb)
    in_time = np.minimum(top_up.time_of(used, old_gb + pack_gb), served + term)
    # What was left and the new data are together two packs, less what was used before.
    added = np.minimum(top_up.time_of(used, 2 * pack_gb), arrives + term)
    return np.where(arrives < served, np.maximum(in_time - added, 0), 0)


def timing_costs(
    plan: Mapping, usage: np.ndarray, looking: np.ndarray, rules: Sequence[str], **values
) -> pd.DataFrame:
    """Return mean costs beside the pack by `order`: a column such as lost_usd for each rule.

    `rules` are values of `early_renewal`, `looking` the days of `order_day`; all else is as in
    `top_up_cost`. The best fixed day is that where the rest is lost; an order once the data is used
    up arrives at the latest as the term ends.
    """
    term = int(plan["term_days"])

    def cost(days: float | np.ndarray, rule: str) -> float:
        return top_up_cost(plan, usage, days, early_renewal=rule, **values)["total_usd"].mean()

    best = min(range(term + 1), key=lambda day: cost(day, "lost"))
    empty = np.clip(np.minimum(run_out_days(plan, usage), term - values["lead_days"]), 0, None)
    orders = {
        "on the first day": 0,
        f"on day {best}, the best fixed day": best,
        "when the term ends": term,
        "once the data is used up": empty,
        "by what is left": looking,
    }
    costs = {f"{rule}_usd": [cost(days, rule) for days in orders.values()] for rule in rules}
    return pd.DataFrame(costs, pd.Index([*orders], name="order"))


def what_is_stated(facts: pd.DataFrame, topic: str) -> pd.DataFrame:
    """Return the `brands` by what is stated of them on a topic, a `value` of each or several."""
    facts = facts.loc[facts["topic"] == topic, ["value", "provider"]].astype(str).drop_duplicates()
    return facts.groupby("value")["provider"].agg(", ".join).to_frame("brands")


def of_brand(facts: pd.DataFrame, plan: pd.Series) -> pd.DataFrame:
    """Return all that is stated of a plan, or else of its brand: `stated` by `topic`."""
    one = pd.Series([plan["provider"]])
    said = {
        words: " / ".join(dict.fromkeys(sellers_say(facts, topic, one, [plan.name])[0]))
        for topic, words in SAID_OF_TOP_UPS.items()
    }
    return pd.DataFrame({"stated": said}).replace("", "not said").rename_axis("topic")


def savings(
    hours_per_day: Mapping[str, float],
    activities: pd.DataFrame,
    wifi_share: float,
    background_share: Mapping[str, float],
    *,
    video: str,
    more_wifi: float,
) -> pd.DataFrame:
    """Return what each `tip` saves in GB per day: low, base and high.

    The first row is all mobile data as it is now, by `hours_per_day`, `activities` and `wifi_share`
    as in `activity_gb_per_day`: low and high by the published ranges, with the base share in the
    background. `background_share`, of all mobile data, is that of apps in the background: "low",
    "base" and "high". Left out is an hour a day of the activity `video`, or as much as there is;
    the share on Wi-Fi rises by `more_wifi`, as far as it can.
    """
    now = activity_gb_per_day(hours_per_day, activities, wifi_share)
    hours, more = min(1.0, hours_per_day[video]), min(more_wifi, 1 - wifi_share)
    total = now / (1 - background_share["base"])
    less_video = activity_gb_per_day({video: hours}, activities, wifi_share)
    less_mobile = activity_gb_per_day(hours_per_day, activities, 1 - more)
    background = total["base"] * pd.Series(dict(background_share))[["low", "base", "high"]]
    tips = {
        "As it is": total,
        f"{hours:g} h less video a day": less_video,
        "Background data off": background,
        f"Wi-Fi {wifi_share + more:.0%} of the time": less_mobile,
    }
    return pd.DataFrame(tips).T.rename_axis("tip")


def tip_effects(plan: Mapping, saved: pd.DataFrame, usage: np.ndarray) -> pd.DataFrame:
    """Return how each `tip` moves the day on which an allowance is used up.

    `plan` is a row of `data.plans` with a stated allowance and a term, `saved` as from `savings`,
    `usage` GB per day as it is now, (stays, days), some terms long. A tip takes the same part off
    every day: what it saves, divided by the base of the first row.

    Columns are low_days, base_days and high_days, until half the stays have used up the allowance,
    were there no term (infinite if later than `usage` goes), and of the base monthly_gb, what
    remains in 30 days, and dry_share, of stays, those that use it up within the term.
    """
    endless = {**plan, "term_days": None, "allowance_days": None}
    kept = (1 - saved / saved["base"].iloc[0]).clip(lower=0)
    kept.iloc[0] = 1.0
    rows = {}
    for tip, shares in kept.iterrows():
        empty = {level: run_out_days(endless, share * usage) for level, share in shares.items()}
        rows[tip] = {
            "monthly_gb": MONTH_DAYS * shares["base"] * usage.mean(),
            **{f"{level}_days": np.median(at) for level, at in empty.items()},
            "dry_share": (empty["base"] < plan["term_days"]).mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("tip")


def of_plan(plan: pd.Series, what: str) -> str:
    """Return the caption of a simulated chart of one plan."""
    date = plan["as_of"]
    bought = f"{plan['provider']} {plan['plan']}, ${plan['price_usd']:.2f}"
    return f"Source: data/plans.csv: {bought}, price of {date.day} {date:%B %Y}; {what}."


def burn_down_fan(
    left: pd.DataFrame,
    empty: np.ndarray,
    plan: Mapping,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    title: str = "A {gb:g} GB pack rarely lasts exactly {term}",
    neutral: str = "How a {gb:g} GB pack runs down",
    subtitle: str = "{purchases:,} simulated purchases; dark: half of them, pale: nine in ten; "
    "{share:.0%} are empty on day {last}",
    x: str = "Day after the purchase",
    y: str = "GB left at the end of the day",
    ran_out: str = "Purchases that ran out",
    edges: tuple[str, str, str] = ("19 in 20 have at most this", "half", "1 in 20"),
) -> np.ndarray:
    """Draw the spread of what is left of an allowance, and the share of purchases that ran out.

    `left` and `empty` are what `remaining` and `run_out_days` return for the same purchases of
    `plan`. The title stands while a tenth of them end in the first nine tenths of the term, and as
    many never. The share that ran out is written at the term's half, seven tenths and end.
    """
    _, (top, bottom) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 2))
    term = len(left)
    times = np.arange(term + 1)
    paths = np.vstack([np.full(left.shape[1], plan["data_gb"]), left])
    low, early, middle, late, high = np.quantile(paths, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1)
    top.fill_between(times, low, high, color=PALE, linewidth=0)
    top.fill_between(times, early, late, color=MID, linewidth=0)
    top.plot(times, middle, color=ACCENT, linewidth=2)
    for values, words in zip((high, middle, low), edges, strict=True):
        note(top, term // 3, values[term // 3], words, (4, 6))
    top.set(ylim=(0, plan["data_gb"] * 1.05), ylabel=y)
    dry = np.array([(empty <= day).mean() for day in times])
    bottom.plot(times, dry, color=ACCENT, linewidth=2)
    style = {"ha": "right", "weight": "bold"}
    for day in sorted({max(1, round(share * term)) for share in (0.5, 0.7, 1)}):
        if dry[day] > 0:
            bottom.plot(day, dry[day], "o", color=ACCENT, markersize=6)
            note(bottom, day, dry[day], f"day {day}: {dry[day]:.0%}", (-7, 7), **style)
    bottom.set(xlim=(0, term + 0.5), ylim=(0, max(0.1, 1.3 * dry[-1])), xlabel=x, ylabel=ran_out)
    bottom.yaxis.set_major_formatter(percent)
    values = {"gb": plan["data_gb"], "term": "a month" if term == 30 else f"{term} days"}
    title, neutral = title.format(**values), neutral.format(**values)
    told = subtitle.format(purchases=left.shape[1], share=dry[-1], last=term)
    holds = dry[int(0.9 * term)] >= 0.1 and dry[-1] <= 0.9
    claim(top, title, holds=holds, neutral=neutral, subtitle=told, caption=caption)
    return np.array([top, bottom])


def reorder_curve(
    points: pd.DataFrame,
    caption: str = "Simulated.",
    *,
    risk: float = 0.05,
    marks: tuple[str, str, str] = ("an hour", "a day", "three days"),
    title: str = "How much must be left when you order",
    neutral: str = "What must be left when you order hardly depends on the wait",
    subtitle: str = "GB left at which to order, by how long a pack takes; numbers: {odds} runs dry",
    x: str = "From payment to data (log scale)",
    y: str = "Order at this many GB left",
) -> Axes:
    """Draw the reorder point by the time from payment to data: a line per risk.

    That of `risk` is in the accent. `points` as `reorder_points` returns them; `marks` name an
    hour, a day and three days. The title holds while waiting longer asks for a tenth more at least.
    """
    ax = plt.figure(figsize=(8, 4.6)).add_subplot(xscale="log")
    minutes = points.index.to_numpy() * MINUTES_A_DAY
    for one, gb in points.items():
        base = one == risk
        ax.plot(minutes, gb, color=ACCENT if base else MID, linewidth=2.4 if base else 1.6)
        style = {"color": ACCENT if base else GREY, "weight": "bold" if base else "normal"}
        note(ax, minutes[-1], gb.iloc[-1], f"dry in\n1 case in {1 / one:.0f}", **style)
    top = 1.16 * points.max(axis=None)
    for days, words in zip((1 / 24, 1, 3), marks, strict=True):
        if points.index[0] <= days <= points.index[-1]:
            gb, at = np.interp(days, points.index, points[risk]), days * MINUTES_A_DAY
            ax.plot(at, gb, "o", color=ACCENT, markersize=7)
            ax.vlines(at, gb, 0.87 * top, color=ACCENT, linewidth=1, linestyle=":")
            amount = f"{gb:.1f} GB" if gb >= 1 else f"{np.round(1000 * gb, -1):.0f} MB"
            style = {"ha": "center", "va": "bottom", "weight": "bold"}
            note(ax, at, 0.87 * top, f"{words}\n{amount}", (0, 2), **style)
    ax.set(ylim=(0, top), xlim=(minutes[0] * 0.85, minutes[-1] * 1.15), xlabel=x, ylabel=y)
    ax.set_xticks([minute for minute in WAITS if minutes[0] <= minute <= minutes[-1]])
    ax.minorticks_off()
    ax.xaxis.set_major_formatter(lambda minute, _: WAITS.get(round(minute), ""))
    grows = points[risk].iloc[-1] >= 1.1 * points[risk].iloc[0]
    told = subtitle.format(odds=f"1 case in {1 / risk:.0f}")
    claim(ax, title, holds=grows, neutral=neutral, subtitle=told, caption=caption)
    return ax


def run_out_by_tip(
    effects: pd.DataFrame,
    plan: Mapping,
    caption: str = "Source: data/plans.csv; simulated.",
    *,
    title: str = "Less video does more than any other tip",
    neutral: str = "What each tip does to the day the data runs out",
    subtitle: str = "Day on which half the packs are empty; {best}: {then:.0%} are empty before "
    "the term ends, not {now:.0%}",
    term: str = "term ends",
    x: str = "Day after the purchase, were there no term",
) -> Axes:
    """Draw how far each tip moves the day on which half the purchases have used up the allowance.

    `effects` as `tip_effects` returns it: base as a mark, low to high as a band. The title holds
    while less video moves that day the most.
    """
    days = effects[["low_days", "base_days", "high_days"]].set_axis(["low", "base", "high"], axis=1)
    finite = days.replace(math.inf, np.nan)
    ax = plt.figure(figsize=(8, 1.7 + 0.5 * len(days))).add_subplot()
    ax.axvline(plan["term_days"], color=GREY, linewidth=1.2, linestyle="--")
    heights = range(len(days))
    ax.barh(heights, finite["high"] - finite["low"], left=finite["low"], height=0.3, color=PALE)
    ax.plot(finite["base"], heights, "o", color=ACCENT, markersize=9)
    for row, (low, base, high) in enumerate(days.to_numpy()):
        words = f"day {base:.0f}" + (f" ({low:.0f} to {high:.0f})" if high > low else "")
        words = words.replace("day inf", "not within a year").replace(" to inf", " to over a year")
        note(ax, np.nan_to_num(finite.iloc[row].max()), row, words, (10, 0))
    show.rows(ax, days.index)
    ax.set_ylim(len(days) - 0.4, -0.9)
    note(ax, plan["term_days"], -0.72, term, (5, 0), color=GREY)
    ax.set(xlim=(0, 1.35 * np.nanmax([finite.max(axis=None), plan["term_days"]])), xlabel=x)
    best = days["base"].iloc[1:].idxmax()
    now, then = effects.loc[[days.index[0], best], "dry_share"]
    told = subtitle.format(best=best, then=then, now=now)
    claim(ax, title, holds="video" in best, neutral=neutral, subtitle=told, caption=caption)
    return ax


@dataclass(frozen=True)
class TopUpBy:
    """The latest day to top up, counted from today (day 0), with dates where today's is known."""

    day: int | None  # None: nothing ends within a year
    date: dt.date | None
    binds: str  # "data" or "term", whichever ends first
    # How long an order can wait for either: negative if it is too late, infinite if nothing ends.
    data_days: float
    term_days: float
    late: bool
    number_kept_days: int | None  # last day on which the number lives; None: not known, or no end
    number_kept_until: dt.date | None


def top_up_by(
    plan: Mapping,
    remaining_gb: float,
    days_left: int | None,
    *,
    usage_source: UsageModel | pd.Series,
    lead_days: float,
    check_every_days: float = 1,
    risk: float = 0.05,
    grace_days: float | None = None,
    today: dt.date | str | None = None,
    seed: int = 0,
) -> TopUpBy:
    """Return the latest day on which to order, so that it arrives before data and term end.

    `plan` is a row of `data.plans`; that its allowance starts anew inside the term is counted in.
    `remaining_gb` and `days_left` are left of the allowance period and of the term with today
    (None: the plan never expires). The user acts on days 0, 1 x, 2 x, ... `check_every_days` only;
    on any day if it is below 1. The data ends before the order of `data_days` arrives at a chance
    of `risk`; the brand keeps the number for `grace_days` after the term (None or missing: not
    known); `today` is the date of day 0; all else is as in `reorder_point`. Raises ValueError with
    what is out of its range, or if the plan states no allowance.
    """
    top_up.check_rule([lead_days], check_every_days, [risk])
    term, is_date = plan["term_days"], isinstance(today, dt.date | str | None)
    expires, kept_fits = pd.notna(term), pd.isna(grace_days) or 0 <= grace_days < math.inf
    left = f"1 to {term}, the plan's term" if expires else "None: the plan never expires"
    top_up.require(
        (remaining_gb is not None, "remaining_gb is None (allowed: GB >= 0)"),
        (expires != (days_left is None), f"days_left is {days_left!r} (allowed: {left})"),
        (kept_fits, f"grace_days is {grace_days!r} (allowed: 0 or more, or None)"),
        (is_date, f"today is {today!r} (allowed: a date, YYYY-MM-DD, or None)"),
    )
    allowance_periods(plan, 1, remaining_gb, days_left)  # for its checks, before simulating
    usage = top_up.simulate(usage_source, days_left or YEAR_DAYS, top_up.CASES, seed)
    empty = np.sort(run_out_days(plan, usage, remaining_gb=remaining_gb, days_left=days_left))
    data_days = float(empty[int(risk * len(empty))] - lead_days)
    term_days = float(days_left - lead_days) if expires else math.inf
    latest = min(data_days, term_days)
    _, every = top_up.looks_in(check_every_days)
    day = None if latest == math.inf else max(0, int(latest // every) * every)
    kept = days_left - 1 + int(grace_days) if expires and pd.notna(grace_days) else None
    date, kept_until = (
        None if None in (today, days) else pd.Timestamp(today).date() + dt.timedelta(days)
        for days in (day, kept)
    )
    binds = "data" if data_days <= term_days else "term"
    return TopUpBy(day, date, binds, data_days, term_days, latest < 0, kept, kept_until)


def in_words(rule: TopUpBy) -> str:
    """Say when to top up, why, and how long the number survives."""
    if rule.day is None:
        return "Nothing ends within a year: no need to top up."
    when = ("today", "tomorrow", f"in {rule.day} days")[min(rule.day, 2)]
    when += f", on {rule.date.day} {rule.date:%B %Y}" if rule.date else ""
    first = f"Too late to be safe: top up today; the {rule.binds} ends first." if rule.late else ""
    first = first or f"Top up at the latest {when}: the {rule.binds} ends first."
    if rule.number_kept_days is None:
        return f"{first} Our source does not say how long the number is kept."
    until = rule.number_kept_until
    kept = f"{until.day} {until:%B %Y}" if until else f"{rule.number_kept_days} days from now"
    return f"{first} Unpaid, the number is kept until {kept}, by our source."
