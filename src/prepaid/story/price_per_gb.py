"""Notebook 01, What does a gigabyte cost: unit prices, tables and charts."""

import datetime as dt
import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from prepaid import show
from prepaid.billing import compare
from prepaid.offers import take_part
from prepaid.prices import STALE_AFTER_DAYS, age_days, full_name
from prepaid.recommend import serving
from prepaid.show import (
    ACCENT,
    GREY,
    KINDS,
    MID,
    PALE,
    UNKNOWN,
    claim,
    dates,
    dollars,
    legend,
    legend_of_kinds,
    note,
    plain,
    says_when_empty,
)
from prepaid.usage import MONTH_DAYS

# Shortest and longest term in days, as travellers and residents look for one.
TERM_RANGES = {
    "A few days (1 to 5)": (1, 5),
    "A week or two (6 to 15)": (6, 15),
    "A month (16 to 31)": (16, 31),
    "Longer": (32, 365),
}
# Rows of data/activities.csv, one or two of each sort of use.
EVERYDAY = [
    "maps-navigation",
    "music-96-kbps",
    "whatsapp-voice-call",
    "web-phone",
    "instagram-feed",
    "netflix-480p",
    "whatsapp-video-call",
    "youtube-1080p",
]
# When a plan called unlimited slows down: three things that can be said, and nothing.
SLOWS = ["after a stated amount", "never", "after an amount not said", "not said"]


def unit_prices(plans: pd.DataFrame, *, on: dt.date | None = None) -> pd.DataFrame:
    """Return what each plan costs per unit, at the price of one purchase and before tax.

    Parameters
    ----------
    plans
        The catalogue, or rows of it.
    on
        The day of the reader, from which the age of a price counts; None: today.

    Returns
    -------
    DataFrame
        Indexed like `plans`:

        term_gb
            Full-speed GB of one purchase: the allowance times the whole allowance periods in the
            term. (A 365-day plan with a 30-day allowance is sold as twelve months, so its last five
            days add nothing.) Missing where no limit is stated: unlimited data has no price per GB.
        usd_per_gb
            Price per full-speed GB if every GB is used; missing without `term_gb`, where all data
            is charged on top, and for credit whose GB are notional.
        usd_per_day, usd_per_30_days
            Price of the term spread over its days; missing for packs that never expire.
        refreshes
            Whether the allowance comes in several periods, so that what is left of one is lost
            before the next.
        stale
            Whether the price was seen more than 150 days before `on`.
    """
    price_usd = plans["price_usd"]
    term_days = plans["term_days"].astype(float)
    allowance_days = plans["allowance_days"].astype(float)
    periods = (term_days // allowance_days).fillna(1)
    term_gb = plans["data_gb"] * periods
    usd_per_day = price_usd / term_days
    return pd.DataFrame(
        {
            "term_gb": term_gb,
            "usd_per_gb": price_usd / term_gb.where((term_gb > 0) & ~plans["notional_data"]),
            "usd_per_day": usd_per_day,
            "usd_per_30_days": usd_per_day * 30,
            "refreshes": periods > 1,
            "stale": age_days(plans, on) > STALE_AFTER_DAYS,
        }
    )


def cheapest_per_gb(plans: pd.DataFrame, term_days: tuple[int, int], rows: int) -> pd.DataFrame:
    """Return the `rows` plans with the lowest `usd_per_gb` whose term is in the range."""
    own = plans[plans["term_days"].between(*term_days)]
    return own.nsmallest(rows, "usd_per_gb").dropna(subset="usd_per_gb")


def slows_down(unlimited: pd.DataFrame) -> pd.Series:
    """Return when each plan called unlimited slows down, in the words of SLOWS."""
    threshold = unlimited["threshold"]
    no, yes = (~threshold).fillna(False).astype(bool), threshold.fillna(False).astype(bool)
    said = np.select([unlimited["data_gb"].notna(), no, yes], SLOWS[:3], SLOWS[3])
    return pd.Series(pd.Categorical(said, SLOWS), unlimited.index, name="plans that slow down")


def limits_by_brand(unlimited: pd.DataFrame) -> pd.DataFrame:
    """Return what each brand says of the full-speed data of its plans called unlimited.

    Returns
    -------
    DataFrame
        Indexed by brand. slows: the first of SLOWS that holds for one of its plans; never: whether
        one of them never slows down; provider_kind, data_gb, allowance_days and throttle_kbps of
        the plan with the most GB a day.
    """
    brand, slows = unlimited["provider"].astype(str).rename("brand"), slows_down(unlimited)
    per_day = unlimited["data_gb"] / unlimited["allowance_days"].astype(float)
    order = per_day.sort_values(ascending=False, kind="stable").index
    most = unlimited.assign(brand=brand, slows=slows).loc[order].sort_values("slows", kind="stable")
    best = most.drop_duplicates("brand").set_index("brand")
    columns = ["provider_kind", "slows", "data_gb", "allowance_days", "throttle_kbps"]
    return best[columns].assign(never=slows.eq("never").groupby(brand).any())


def what_works(activities: pd.DataFrame, speeds_kbps: list[int]) -> pd.DataFrame:
    """Return whether each use works on a line of each speed, by its MB per hour as a steady speed.

    Returns
    -------
    DataFrame
        Indexed by use, a column per speed: "yes" where the line carries the highest figure,
        "slowly" from nine tenths of the lowest (sources differ by more), else "no".
    """
    quality = activities["quality"].fillna("")
    use = activities["activity"].astype(str) + (", " + quality).where(quality != "", "")
    low, high = (activities[f"{end}_mb_per_hour"] * 8_000 / 3_600 for end in ("low", "high"))
    answers = {
        _speed(speed): np.select([high <= speed, 0.9 * low <= speed], ["yes", "slowly"], "no")
        for speed in sorted(speeds_kbps)
    }
    table = pd.DataFrame(answers, index=use.rename("use").to_numpy()).rename_axis("use")
    return table.iloc[high.argsort(kind="stable")]


def _speed(kbps: float) -> str:
    """Return a speed as sellers write it."""
    return f"{kbps / 1000:g} Mbit/s" if kbps >= 1000 else f"{kbps:g} kbit/s"


def advert_prices(plans: pd.DataFrame, rows: int = 8) -> pd.DataFrame:
    """Return plans whose price needs AutoPay or ends, those that rise most first.

    One plan for each brand and reason.

    Returns
    -------
    DataFrame
        Indexed by `plan_id`: name, advert_usd and paid_usd per 30 days, and `when` the second is
        paid.
    """
    months = plans["term_days"].astype(float) / MONTH_DAYS
    offer = plans["offer"] != "standard"
    advert = plans["price_usd"].where(offer, plans["autopay_price_usd"])
    paid = plans["renews_at_usd"].where(offer, plans["price_usd"])
    lasts = (months * plans["offer_terms"].astype(float).fillna(1)).round()
    after = lasts.map(lambda n: "after a month" if n <= 1 else f"after {n:.0f} months")
    table = pd.DataFrame(
        {
            "name": full_name(plans),
            "advert_usd": advert / months,
            "paid_usd": paid / months,
            "when": after.where(offer, "without AutoPay"),
            "brand": plans["provider"],
            "rises": paid / advert,
        }
    )
    table = table[table["rises"] > 1].sort_values("rises", ascending=False, kind="stable")
    table = table.loc[~table.assign(offer=offer).duplicated(["brand", "offer"])]
    return table.head(rows).drop(columns=["brand", "rises"])


def headline_choice(plans: pd.DataFrame, days: int) -> str | None:
    """Return the `plan_id` with the lowest `usd_per_gb` that covers the stay with one purchase.

    Terms longer than a month do not count, unless the stay is: few visitors look on that shelf.
    None where no plan with a price per GB covers the stay.
    """
    term_days = plans["term_days"].astype(float).fillna(math.inf)
    shelf = term_days.between(days, max(days, MONTH_DAYS + 1)) | (term_days == math.inf)
    prices = plans.loc[shelf, "usd_per_gb"].dropna()
    return None if prices.empty else prices.idxmin()


def headline_regret(
    plans: pd.DataFrame,
    usages: Mapping[str, np.ndarray],
    most_short_share: float,
    assumptions: Mapping,
) -> pd.DataFrame:
    """Return what it costs to choose by price per GB instead of by simulation.

    Parameters
    ----------
    plans
        Standard offers with `usd_per_gb`; `take_part` picks among them.
    usages
        GB per day, of shape (stays, days), by the name of a case.
    most_short_share
        The share of stays that the plan chosen by simulation may leave short.
    assumptions
        As in `compare`.

    Returns
    -------
    DataFrame
        Indexed by `case`: plan_id and mean_cost_usd of the cheapest plan that serves;
        headline_plan_id, headline_cost_usd and headline_short_share of the plan with the lowest
        price per GB; regret_usd, the difference of both costs. A case that lacks either plan is
        left out.
    """
    rows, candidates = {}, take_part(plans)
    for case, usage in usages.items():
        choice = headline_choice(candidates, usage.shape[1])
        if choice is None:
            continue
        compared = compare(candidates, usage, assumptions=assumptions)
        served, headline = serving(compared, most_short_share), compared.loc[choice]
        if served.empty:
            continue
        rows[case] = {
            "plan_id": served.index[0],
            "mean_cost_usd": served["mean_cost_usd"].iloc[0],
            "headline_plan_id": choice,
            "headline_cost_usd": headline["mean_cost_usd"],
            "headline_short_share": headline["short_share"],
            "regret_usd": headline["mean_cost_usd"] - served["mean_cost_usd"].iloc[0],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("case")


def source(plans: pd.DataFrame) -> str:
    """Return the caption of a chart of plans: the file, how many rows, the dates of the prices."""
    told = f"{len(plans)} plans, prices of {dates(plans)}"
    return f"Source: data/plans.csv; {told}, before tax unless included."


@says_when_empty
def price_per_gb_by_size(packs: pd.DataFrame, least: int = 10) -> Axes:
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
    ax.set(xlabel="Size of the pack in GB (log scale)", ylabel="Price per GB (log scale)")
    told = f"{len(packs)} travel eSIM packs"
    if len(medians) > 1:
        (small, dear), (large, cheap) = medians.iloc[[0, -1]].items()
        told += f"; line: median of each size that {least} or more have, at {small:g} GB "
        told += f"{dear / cheap:.1f} times that at {large:g} GB"
    claim(
        ax,
        "Small packs are the dear ones",
        holds=len(medians) > 1 and medians.is_monotonic_decreasing and medians.is_unique,
        neutral="Price per GB by size of the pack",
        subtitle=told,
        caption=source(packs),
    )
    return ax


def cheapest_by_term(
    plans: pd.DataFrame, terms: Mapping[str, tuple[int, int]], rows: int = 3
) -> np.ndarray:
    """Draw the lowest prices per GB for each range of terms; return the array of Axes.

    `terms` maps a name to the shortest and longest term in days. Plans whose allowance comes in
    several periods are hatched: their price holds only if all of each period's GB are used. A stale
    price is marked so. The title holds while the cheapest of each range costs less than a dollar.
    """
    best = {name: cheapest_per_gb(plans, days, rows) for name, days in terms.items()}
    ratios = [0.3 + 0.24 * max(1, len(table)) for table in best.values()]
    size = (8, 1.6 + sum(ratios) + 0.32 * len(ratios))
    _, axes = plt.subplots(
        len(terms), 1, figsize=size, sharex=True, squeeze=False, height_ratios=ratios
    )
    for ax, (name, table) in zip(axes[:, 0], best.items(), strict=True):
        colors = [KINDS[kind][1] for kind in table["provider_kind"]]
        style = {"edgecolor": "white", "height": 0.7}
        bars = ax.barh(range(len(table)), table["usd_per_gb"], color=colors, **style)
        for row, (bar, plan) in enumerate(zip(bars, table.itertuples(), strict=True)):
            bar.set_hatch("///" if plan.refreshes else "")
            old = f", seen {plan.as_of:%b %Y}" if plan.stale else ""
            words = f"${plan.usd_per_gb:.2f} ({plan.term_gb:g} GB{old})"
            note(ax, plan.usd_per_gb, row, words)
        show.rows(ax, full_name(table))
        ax.set_title(name, fontsize=10, pad=4)
        ax.margins(x=0.36)
    ax.xaxis.set_ticklabels([])
    leaders = pd.Series([table["usd_per_gb"].min() for table in best.values()], dtype=float)
    drawn = pd.concat(best.values())
    claim(
        axes[0, 0],
        "Under a dollar a gigabyte, if you use every one",
        holds=bool((leaders < 1).all()),
        neutral="The lowest price per GB, by term",
        subtitle=f"Price per full-speed GB of the {rows} cheapest plans of each term, of "
        f"{len(plans)}; in brackets: the GB to be used up",
        caption=source(drawn),
    )
    parts = "in daily or monthly parts"
    hatched = Patch(facecolor=MID, edgecolor="white", hatch="///", label=parts)
    legend_of_kinds(axes[0, 0], drawn["provider_kind"], [hatched])
    return axes[:, 0]


@says_when_empty
def full_speed_until(unlimited: pd.DataFrame) -> Axes:
    """Draw for each brand the full-speed GB of its most generous plan called unlimited.

    Below stand the brands that state no amount: those with a plan said to have no limit, those that
    slow down after an amount not said, and those that say nothing. The title holds while there are
    brands with an amount and brands without any figure.
    """
    brands = limits_by_brand(unlimited)
    own = brands[brands["slows"] == SLOWS[0]]
    own = own.sort_values(["allowance_days", "data_gb"], ascending=False, kind="stable")
    passes = own["allowance_days"].astype(float) < MONTH_DAYS
    daily = own["allowance_days"].astype(float) == 1
    heights = [*np.arange(len(own)) + 0.4 * passes + 0.4 * daily]
    widest = own["data_gb"].max() if len(own) else 1.0
    named = [*own.index]
    others = {
        SLOWS[1]: ("no limit on some plans", {"color": PALE}),
        SLOWS[2]: ("slows down; when? (?)", UNKNOWN),
        SLOWS[3]: ("no figure (?)", UNKNOWN),
    }
    bars = {slows: sorted(brands.index[brands["slows"] == slows]) for slows in others}
    bars = {slows: names for slows, names in bars.items() if names}
    ax = plt.figure(figsize=(8, 2.2 + 0.27 * (len(own) + len(bars)))).add_subplot()
    colors = [KINDS[kind][1] for kind in own["provider_kind"]]
    ax.barh(heights, own["data_gb"], color=colors, height=0.66)
    for height, plan in zip(heights, own.itertuples(), strict=True):
        note(ax, plan.data_gb, height, _until(plan))
    for slows, names in bars.items():
        first = len(heights) == len(own)
        heights.append((heights[-1] if heights else -1) + 1 + 0.4 * first)
        words, style = others[slows]
        ax.barh(heights[-1], widest, height=0.66, **style)
        note(ax, widest, heights[-1], words)
        named.append(", ".join(names) if len(names) < 3 else f"{len(names)} more brands")
    show.rows(ax, named, heights)
    ax.margins(x=0.36)
    ax.set_xlabel("Full-speed GB of each month, pass or day")
    ax.xaxis.set_major_formatter(plain)
    nothing = bars.get(SLOWS[3], [])
    silent = [*bars.get(SLOWS[2], []), *nothing]
    more = f"{len(nothing)} more: {', '.join(nothing)}. " if len(nothing) > 2 else ""
    claim(
        ax,
        "What “unlimited” means: full speed until here",
        holds=len(own) > 0 and len(silent) > 0,
        neutral="Full-speed data of plans called unlimited",
        subtitle=f"The most that a plan of each brand states; {len(silent)} of {len(brands)} give "
        "no figure. (?): our source does not say",
        caption=more + source(unlimited),
    )
    legend_of_kinds(ax, own["provider_kind"])
    return ax


def _until(plan) -> str:
    """Return in words the full-speed data of a row of `limits_by_brand`, and what follows."""
    period = {1: "a day", MONTH_DAYS: "a month"}.get(plan.allowance_days)
    period = period or f"in {plan.allowance_days} days"
    then = "slow (?)" if pd.isna(plan.throttle_kbps) else _speed(plan.throttle_kbps)
    never = "; some plans: no limit" if plan.never else ""
    return f"{plan.data_gb:g} GB {period}, then {then}{never}"


@says_when_empty
def poor_guide(regrets: pd.DataFrame, most_short_share: float, caption: str) -> Axes:
    """Draw what the plan with the lowest price per GB costs beside the cheapest that serves.

    `regrets` as `headline_regret` returns them. The title holds while the first is worse in half of
    the cases: it costs a dollar more, or leaves more than `most_short_share` of stays short.
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
    ax.set(xlim=(0, 1.3 * max(end.max() for end in ends)), xlabel="Mean cost of the stay")
    ax.xaxis.set_major_formatter(dollars)
    worse = int((short | (regrets["regret_usd"] >= 1)).sum())
    claim(
        ax,
        "Why the lowest price per GB is a poor guide",
        holds=2 * worse >= len(regrets),
        neutral="Chosen by price per GB, and by simulation",
        subtitle=f"Mean cost of a stay; in {worse} of {len(regrets)} cases the lowest price per GB "
        "costs more, or runs short",
        caption=caption,
    )
    names = ["cheapest that serves", "lowest price per GB", "lowest price per GB, runs short"]
    legend(ax, marks if short.any() else marks[:2], names if short.any() else names[:2])
    return ax
