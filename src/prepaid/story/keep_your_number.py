"""Notebook 05, Keep your number: what that costs, payment days, tables and charts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from icalendar import Alarm, Calendar, Event
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from prepaid import show
from prepaid.catalog import Catalog
from prepaid.channels import (
    EVIDENCE,
    LEVELS,
    NO,
    PARTLY,
    SILENT,
    STATED,
    landed_cost,
    sellers_say,
    taxes_in_price,
    usable_channels,
    with_own_fees,
)
from prepaid.prices import STALE_AFTER_DAYS, age_days
from prepaid.show import (
    ACCENT,
    GREY,
    PALE,
    UNKNOWN,
    claim,
    dollars,
    legend,
    note,
    plain,
    says_when_empty,
)
from prepaid.story.compare_channels import ANSWERS
from prepaid.usage import MONTH_DAYS

CALENDAR_YEAR_DAYS = 365
TEXTS = {"included": "yes", "paid": "paid", "no": "no"}
SAID = {"yes": "yes", "partial": "partly", "no": "no"}
# A way that must be activated inside the USA cannot be started abroad.
TURNED = {"yes": "no", "partial": "partly", "no": "yes"}
SILENT_WORD = "?"


def cost_of_keeping(
    ways: pd.DataFrame, data: Catalog, *, years: int = 1, state: str | None = None
) -> pd.DataFrame:
    """Return what each way to keep a number costs, those whose codes are said to arrive first.

    Each payment is one sale on the brand's own site, taxed as in `landed_cost`. A fee that nobody
    states is not counted: `missing` names it.

    Parameters
    ----------
    ways
        Rows of `data.keep_number`.
    years
        Whole years from the first payment, at least 1.
    state
        Where taxes are due, such as "CA"; None: not known, then low, base and high are the lowest,
        the median and the highest over all states.

    Returns
    -------
    DataFrame
        The rows of `ways`, ordered by codes, then by high_year_usd, with:

        - codes: what sources say on texts abroad, one of `EVIDENCE` (`codes_abroad`);
        - low_year_usd, base_year_usd, high_year_usd: 365 / `every_days` payments;
        - payments: how many are due within the years, the first on their first day;
        - low_usd, base_usd, high_usd: these payments;
        - missing: what is not said of the cost, joined by "; ".

    Raises
    ------
    ValueError
        If `years` is no whole number of at least 1, or the state is unknown.
    """
    if not (isinstance(years, int | np.integer) and years >= 1):
        raise ValueError(f"years is {years!r} (allowed: a whole number of at least 1)")
    every_days = ways["every_days"].astype(float)
    sites = pd.DataFrame(index=ways.index, columns=data.channels.columns)
    sites = sites.astype(data.channels.dtypes).assign(kind="carrier", term_days=every_days)
    sites = with_own_fees(sites.assign(**ways[["provider", "plan_id"]]), data.seller_facts)
    no_fee = sites[["fee_usd", "fee_percent"]].isna().all(axis=1)
    own = ways["plan_id"].map(data.plans["taxes_included"])
    taxes = taxes_in_price(own, data.seller_facts, ways["provider"], ways["plan_id"])
    each = landed_cost(
        *(ways["price_usd"], sites.fillna({"fee_usd": 0}), data.state_fees, data.assumptions),
        state=state,
        taxes_included=list(taxes),
        months=(every_days / MONTH_DAYS).round().clip(lower=1),
    )
    payments = np.ceil(CALENDAR_YEAR_DAYS * years / every_days)
    table = ways.assign(codes=codes_abroad(ways))
    for level in LEVELS:
        table[f"{level}_year_usd"] = each[f"{level}_usd"] * CALENDAR_YEAR_DAYS / every_days
    table["payments"] = payments.astype(int)
    for level in LEVELS:
        table[f"{level}_usd"] = each[f"{level}_usd"] * payments
    missing = each["missing"].where(~no_fee, "service fee; " + each["missing"])
    table["missing"] = missing.str.rstrip("; ")
    return table.sort_values(["codes", "high_year_usd"], kind="stable")


def codes_abroad(ways: pd.DataFrame) -> pd.Series:
    """Return whether texts are said to arrive abroad, by roaming or Wi-Fi calling, as `EVIDENCE`.

    One way that is stated is enough; "no" only where both are denied. What a roaming text costs,
    and whether a bank sends its codes to such a line at all, is another question.
    """
    roaming, wifi = ways["roaming_texts"].astype(object), ways["wifi_calling_abroad"].astype(object)
    masks = [
        roaming.isin(["included", "paid"]) | (wifi == "yes"),
        wifi == "partial",
        (roaming == "no") & (wifi == "no"),
    ]
    found = np.select(masks, [STATED, PARTLY, NO], SILENT)
    return pd.Series(pd.Categorical.from_codes(found, EVIDENCE, ordered=True), ways.index)


def named(ways: pd.DataFrame) -> pd.Series:
    """Return who is paid how much, how often: "Tello, $10 each 90 days"."""
    paid = (
        ways["price_usd"].map("{:g}".format) + " each " + ways["every_days"].astype(str) + " days"
    )
    return ways["provider"].astype(str) + ", $" + paid


def counted_ways(ways: pd.DataFrame, on: dt.date) -> str:
    """Return how many ways there are, and how many of them were seen long before a day."""
    old = (age_days(ways, on) > STALE_AFTER_DAYS).sum()
    since = f"{old} seen over {STALE_AFTER_DAYS} days before {on.day} {on:%B %Y}"
    return f"{len(ways)} ways; {since}"


def foreign_card(ways: pd.DataFrame, data: Catalog) -> pd.Series:
    """Return what is said of foreign cards, in `ANSWERS`, through the way's own channel.

    That is the one channel that sells the plan, if there is one, or else the brand's own site.
    """
    shop = ways["plan_id"].map(data.plans["only_through"])
    sites = data.channels.reindex(shop).set_axis(ways.index)
    sites = sites.assign(kind=sites["kind"].astype(object).fillna("carrier"))
    sites = sites.assign(**ways[["provider", "plan_id"]])
    fits = usable_channels(sites, payment="foreign_card", seller_facts=data.seller_facts)
    return fits["evidence"].astype(str).map(ANSWERS)


def how_it_works(ways: pd.DataFrame, data: Catalog) -> pd.DataFrame:
    """Return in words what is said of each way from abroad, by its name; "?": nobody says."""
    columns = {
        "text by roaming": ways["roaming_texts"].astype(object).map(TEXTS),
        "text over Wi-Fi": ways["wifi_calling_abroad"].astype(object).map(SAID),
        "foreign card": foreign_card(ways, data),
        "start abroad": ways["activate_in_us"].astype(object).map(TURNED),
    }
    return pd.DataFrame(columns).fillna(SILENT_WORD).set_axis(named(ways))


def contradictions(ways: pd.DataFrame, data: Catalog) -> pd.DataFrame:
    """Return where sources differ on a way: provider, about, and what each of them says."""
    rows = []
    for topic in ("roaming_texts", "wifi_calling_abroad", "activate_in_us"):
        said = sellers_say(data.seller_facts, topic, ways["provider"], ways["plan_id"])
        for way, told in zip(ways.to_dict("records"), said, strict=True):
            rows.append((way["provider"], topic, (way[topic], *told)))
    graces = data.expiry_rules.dropna(subset="grace_days").groupby("brand")["grace_days"].agg(list)
    for way in ways.dropna(subset="grace_days").to_dict("records"):
        told = graces.get(way["provider"], [])
        rows.append((way["provider"], "grace_days", (way["grace_days"], *told)))
    table = pd.DataFrame(rows, columns=["provider", "about", "said"])
    told = table["said"].map(lambda words: {*map(str, words)} - {"nan", "<NA>", "None", "unclear"})
    table["said"] = told.map(
        lambda words: " / ".join(sorted(words, key=lambda word: (len(word), word)))
    )
    return table[told.map(len) > 1].drop_duplicates(ignore_index=True)


def foreign_routes(ways: pd.DataFrame, data: Catalog) -> pd.DataFrame:
    """Return the brands' own channels that take foreign cards or PayPal, at least in part."""
    own = data.channels[data.channels["brands"].isin(ways["provider"])]
    own = own.assign(provider=own["brands"], plan_id=pd.NA)
    for payment in ("foreign_card", "paypal"):
        fits = usable_channels(own, payment=payment, seller_facts=data.seller_facts)
        own[payment] = fits["evidence"].astype(str).map(ANSWERS)
    taken = own[["foreign_card", "paypal"]].isin(["yes", "partly"]).any(axis=1)
    columns = ["provider", "channel", "foreign_card", "paypal", "min_usd", "max_usd"]
    return own.loc[taken, columns].sort_values("provider", kind="stable").reset_index(drop=True)


def payment_days(start: dt.date, every_days: int, years: int = 1) -> list[dt.date]:
    """Return the days, within so many years of 365 days, on which the next payment is due.

    Each is the last day that is paid for, if the last payment covers `start` as its first day.
    Where a seller lets an early payment begin anew, the days after it move.
    """
    step = int(every_days)
    last = range(step - 1, step * (CALENDAR_YEAR_DAYS * years // step), step)
    return [start + dt.timedelta(days) for days in last]


def calendar(way: Mapping, start: dt.date, *, years: int = 1, alarm_days: int = 3) -> bytes:
    """Return the payment days as an iCalendar file (RFC 5545) with an alarm ahead of each.

    `way` is a row of `data.keep_number`, `start` and `years` are as in `payment_days`, and
    `alarm_days` whole days from alarm to payment. The same arguments give the same bytes, whatever
    the day.
    """
    name = "-".join([*way["provider"].lower().split(), str(way["every_days"])])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"In {alarm_days} days: pay {way['provider']}")
    alarm.add("trigger", dt.timedelta(-alarm_days))
    calendar = Calendar()  # Calendar.new would add a random identifier
    calendar.add("prodid", "-//prepaid//keep a number//EN")
    calendar.add("version", "2.0")
    for day in payment_days(start, way["every_days"], years):
        event = Event.new(
            uid=f"{day:%Y%m%d}-{name}@prepaid",
            stamp=dt.datetime.combine(start, dt.time(), dt.UTC),
            start=day,
            end=day + dt.timedelta(1),
            summary=f"Pay {way['provider']} ${way['price_usd']:g} and tax",
            description=_unpaid(way, day),
            subcomponents=[alarm],
        )
        calendar.add_component(event)
    return calendar.to_ical()


def _unpaid(way: Mapping, day: dt.date) -> str:
    """Say what is stated of a payment that is missed; nothing is promised that no source states."""
    if pd.isna(way["grace_days"]):
        return "How long an unpaid number lives, our source does not say."
    last = day + dt.timedelta(int(way["grace_days"]))
    return f"Unpaid, the number is lost after {last.day} {last:%B %Y}, as {way['source']} says."


def payment_plan(way: pd.Series, start: dt.date, years: int, ics_file: str | None = None) -> str:
    """Return when a way must be paid, and write the days as an .ics file if one is named."""
    days = payment_days(start, way["every_days"], years)
    if ics_file:
        Path(ics_file).write_bytes(calendar(way, start, years=years))
    said = f"{named(way.to_frame().T).iloc[0]}: {len(days)} payments in {years} years"
    return f"{said}, the next on {days[0]}, the last on {days[-1]}" if days else said


def number_survival(rules: pd.DataFrame) -> pd.DataFrame:
    """Return the shortest and the longest time that sources give a number to live without payment.

    `rules` are rows of `data.expiry_rules`. The result is indexed by `brand`, the longest first:
    shortest_days and longest_days (missing where no rule gives a figure) and figures, how many do.
    """
    days = rules.groupby("brand")["grace_days"].agg(["min", "max", "count"])
    days.columns = ["shortest_days", "longest_days", "figures"]
    return days.sort_values(["longest_days", "shortest_days"], ascending=False, kind="stable")


def survival_of(rules: pd.DataFrame) -> pd.DataFrame:
    """Return `number_survival`, and `official`: whether the brand's own page gives a figure."""
    host = rules["source_url"].str.split("/").str[2].str.replace("-", "")
    brand = rules["brand"].str.lower().str.replace(r"[^a-z0-9 ]", "", regex=True)
    whole, first = brand.str.replace(" ", ""), brand.str.split().str[0]
    own = [
        site is not None and (name in site or (len(word) > 2 and word in site))
        for site, name, word in zip(host, whole, first, strict=True)
    ]
    figures = rules[own].dropna(subset="grace_days")
    survival = number_survival(rules)
    return survival.assign(official=survival.index.isin(figures["brand"]))


@says_when_empty
def cost_bars(
    costs: pd.DataFrame,
    card: pd.Series,
    caption: str,
    *,
    title: str = "A US number can be kept for about a dollar a week",
    neutral: str = "What it costs to keep a US number for a year",
    subtitle: str = "Dollars a year with tax, {ways} ways, by the highest; band: states; day seen",
    x: str = "Dollars a year",
    legend_names: tuple[str, str] = ("takes foreign cards", "in part, not, or not said"),
) -> Axes:
    """Draw what each way costs a year: a mark for the base on its band, and the day it was seen.

    `costs` as `cost_of_keeping` returns them, `card` as `foreign_card`. The title holds while
    the cheapest way, at its highest, rounds to a dollar a week or less.
    """
    ax = plt.figure(figsize=(8, 2 + 0.36 * len(costs))).add_subplot()
    for row, (way, taken) in enumerate(zip(costs.itertuples(), card, strict=True)):
        usd = way.low_year_usd, way.base_year_usd, way.high_year_usd
        show.mark_on_band(ax, row, usd, filled=taken == "yes")
        note(ax, way.high_year_usd, row, f"${way.base_year_usd:.0f}", (8, 0), weight="bold")
        if pd.notna(way.as_of):
            seen = {"xycoords": ("axes fraction", "data"), "ha": "right", "color": GREY}
            note(ax, 1, row, f"{way.as_of.day} {way.as_of:%b %Y}", (0, 0), **seen)
    show.rows(ax, named(costs))
    ax.set(xlim=(0, 1.6 * costs["high_year_usd"].max()), xlabel=x)
    ax.xaxis.set_major_formatter(dollars)
    holds = costs["high_year_usd"].min() < 1.5 * 52
    told = subtitle.format(ways=len(costs))
    claim(ax, title, holds=holds, neutral=neutral, subtitle=told, caption=caption)
    dot = {"ls": "", "marker": "o", "color": ACCENT}
    marks = [Line2D([], [], **dot), Line2D([], [], markerfacecolor="white", **dot)]
    legend(ax, marks, [*legend_names])
    return ax


@says_when_empty
def codes_matrix(
    words: pd.DataFrame,
    caption: str,
    *,
    title: str = "Most numbers get texts abroad; none is said to start there",
    neutral: str = "What is said of a US number abroad",
    subtitle: str = "What is said of {ways} ways; ?: nobody says; paid: a text or a day pass costs",
) -> Axes:
    """Draw what is said of each way from abroad; `words` as `how_it_works` returns them.

    The title holds while most ways get texts by roaming or Wi-Fi calling, and none starts abroad.
    """
    ax = plt.figure(figsize=(8, 1.7 + 0.29 * len(words))).add_subplot()
    show.words_in_cells(ax, words)
    ax.xaxis.tick_top()
    arrive = words[["text by roaming", "text over Wi-Fi"]].isin(["yes", "paid"]).any(axis=1).mean()
    starts = words["start abroad"].isin(["yes", "partly"]).any()
    told = subtitle.format(ways=len(words))
    claim(
        ax,
        title,
        holds=arrive > 0.5 and not starts,
        neutral=neutral,
        subtitle=told,
        caption=caption,
    )
    return ax


@says_when_empty
def survival_bars(
    survival: pd.DataFrame,
    silent: Sequence[str],
    caption: str,
    *,
    title: str = "How long your number survives if you stop paying",
    neutral: str = "Days that a number is kept without payment",
    subtitle: str = "Days without payment until the number is lost, {brands} brands",
    names: tuple[str, str, str] = (
        "the brand's own page",
        "another page only",
        "up to the longest figure",
    ),
    days: str = "days",
    nothing: str = "No number of days in our sources for {names}.",
) -> Axes:
    """Draw the days a number lives without payment: the shortest figure; what others add, hatched.

    `survival` as `number_survival` returns it; with the column `official`, bars of brands
    whose own page says nothing are paler. `silent` are further brands of which nothing is known.
    The title holds while brands differ.
    """
    stated = survival.dropna(subset="shortest_days")
    heights = np.arange(len(stated))
    shortest, longest = (
        stated[column].to_numpy(float) for column in ("shortest_days", "longest_days")
    )
    official = stated.get("official", pd.Series(True, stated.index)).to_numpy(bool)
    ax = plt.figure(figsize=(8, 1.8 + 0.27 * len(stated))).add_subplot()
    ax.barh(heights, shortest, color=np.where(official, GREY, PALE), height=0.7)
    differ = longest > shortest
    left = shortest[differ]
    ax.barh(heights[differ], longest[differ] - left, left=left, height=0.7, **UNKNOWN)
    for row, low, high in zip(heights, shortest, longest, strict=True):
        note(
            ax, high, row, f"{low:.0f} to {high:.0f} {days}" if high > low else f"{low:.0f} {days}"
        )
    show.rows(ax, stated.index)
    ax.margins(x=0.14)
    ax.xaxis.set_major_formatter(plain)
    none = [*survival.index[survival["shortest_days"].isna()], *silent]
    words = f"{nothing.format(names=', '.join(none))} {caption}" if none else caption
    holds = len(stated) > 1 and shortest.min() < shortest.max()
    claim(
        ax,
        title,
        holds=holds,
        neutral=neutral,
        subtitle=subtitle.format(brands=len(stated)),
        caption=words,
    )
    patches = [Patch(color=GREY), Patch(color=PALE), Patch(**UNKNOWN)]
    if "official" not in stated:  # whose page it is, nobody has said
        names = ("shortest figure", *names[1:])
    shown = [official.any(), (~official).any(), differ.any()]
    parts = [
        pair for pair, there in zip(zip(patches, names, strict=True), shown, strict=True) if there
    ]
    legend(ax, *map(list, zip(*parts, strict=True)))
    return ax
