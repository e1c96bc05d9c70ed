"""Notebook 02, Compare channels: its tables and charts, and the check of what you type."""

import datetime as dt
import re
import unicodedata
from dataclasses import replace
from textwrap import shorten
from urllib.parse import unquote

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from stdnum import luhn

from prepaid import show
from prepaid.catalog import Catalog
from prepaid.channels import (
    LEVELS,
    MEANS_OF_PAYMENT,
    best_first,
    landed_cost,
    longest_waits,
    paid_by_hand,
    usable_channels,
    with_own_fees,
)
from prepaid.confirm import Reading, confirm_top_up
from prepaid.prices import STALE_AFTER_DAYS, age_days
from prepaid.show import ACCENT, GREY, MID, PALE, claim, dollars, legend, note, says_when_empty

ANSWERS = {
    "stated": "yes",
    "likely by kind": "likely",
    "in part": "partly",
    "not said": "?",
    "no": "no",
}
# An area code that ends in two equal digits is for a service; three kinds have a name.
SERVICE = re.compile(r"[2-9]([02-8])\1")
SERVICES = {"5": "a personal number", "8": "a toll-free number", "900": "a premium-rate number"}
PHONE = re.compile(r"(?i:tel: ?)?(\+?[0-9()\s./·•-]+)")
# North American Numbering Plan: area code and exchange are N00 to N99 without N11, N is 2 to 9;
# area codes N9X are kept for longer numbers.
NANP = re.compile(r"(?!.11)[2-9][0-8][0-9](?!.11)[2-9][0-9]{6}")
CHINESE = re.compile(r"8986[0-9]{2}[0-9A-F]{13,14}")
ICCID = (
    "The ICCID has 19 or 20 digits, starts with 89 and is printed on the SIM card or its package."
)
HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
OID = re.compile(r"\d+(\.\d+)+", re.ASCII)
UNUSUAL = re.compile(r"[^A-Za-z0-9-]")
SECRET = "Keep it secret: whoever has it can install your line."
HIDDEN = "****"


def ways_for(brand: str, data: Catalog) -> pd.DataFrame:
    """Return the channels with which a brand's plan can be bought, also those that name no brand.

    Left out are those for a saved card, automatic renewal, or pay-as-you-go credit only. Where no
    own channel is left, it is the brand's own site, of which nothing is known. Columns as
    `data.channels`, and provider, provider_kind, plan_id and names_brand.
    """
    ways = data.channels
    serves = usable_channels(ways, brand=brand, brands=data.plans["provider"])["evidence"]
    credit_only = ways["credit_only"].fillna(False).astype(bool)
    ways = ways[(serves != "no") & paid_by_hand(ways) & ~credit_only]
    if not (ways["kind"] == "carrier").any():
        own = {"channel": f"{brand} website", "kind": "carrier", "brands": brand}
        own = pd.DataFrame([own], ["own-site"], columns=ways.columns).astype(ways.dtypes)
        ways = pd.concat([own, ways]).rename_axis(ways.index.name)
    kind = data.plans.loc[data.plans["provider"] == brand, "provider_kind"].iloc[0]
    ways = ways.assign(provider=brand, provider_kind=kind, plan_id=pd.NA)
    return with_own_fees(ways.assign(names_brand=ways["brands"].notna()), data.seller_facts)


def taxes_of(brand: str, plans: pd.DataFrame) -> bool | str | None:
    """Return what a brand's plans say of taxes, as `landed_cost` asks; None: not said, or both."""
    own = plans[plans["provider"] == brand]
    said = own["taxes_included"].drop_duplicates()
    if len(said) != 1:
        return None
    if pd.notna(said.iloc[0]):
        return bool(said.iloc[0])
    return "likely" if (own["provider_kind"] == "travel_esim").all() else None


def in_order(
    ways: pd.DataFrame,
    data: Catalog,
    face_usd: float,
    *,
    payment: str | None = None,
    state: str | None = None,
) -> pd.DataFrame:
    """Return the ways to top up, the best first (`best_first`), as `recommend` orders its routes.

    A wallet whose smallest amount is higher is loaded with that; the rest stays and is no cost.

    Parameters
    ----------
    ways, data
        As `ways_for` returns them, and all tables.
    face_usd
        Amount of the top-up.
    payment, state
        As in `usable_channels` and `landed_cost`.

    Returns
    -------
    DataFrame
        Indexed like `ways`, without those that do not take the payment or the amount: the columns
        of `ways` and of `landed_cost` for `face_usd`, evidence, ask (what is not said) and load_usd
        (missing where the amount itself can be paid).
    """
    loads = ways["min_usd"].astype(float).clip(lower=face_usd).fillna(face_usd)
    brand = ways["provider"].iloc[0] if len(ways) else None
    costs = landed_cost(
        *(loads, ways, data.state_fees, data.assumptions),
        state=state,
        taxes_included=taxes_of(brand, data.plans),
    )
    money = ["face_usd", "known_usd", *(f"{level}_usd" for level in LEVELS)]
    money += ["own_low_usd", "own_high_usd"]
    costs[money] = costs[money].sub(loads - face_usd, axis=0)
    wishes = {"brand": brand, "brands": data.plans["provider"], "payment": payment}
    fits = usable_channels(ways, **wishes, seller_facts=data.seller_facts)
    fits = fits.rename(columns={"reason": "ask"})
    table = ways.join(costs.drop(columns=["reason", "offered"])).join(fits)
    table["load_usd"] = loads.where(loads > face_usd)
    table = table[(table["evidence"] != "no") & ~(loads > table["max_usd"]).fillna(False)]
    evidence, costs = table["evidence"].cat.codes, table["own_high_usd"]
    return table.iloc[best_first(evidence, costs, table["worst_minutes"])]


def first_choices(
    ways: pd.DataFrame, data: Catalog, face_usd: float, state: str | None, rows: int = 2
) -> pd.DataFrame:
    """Return the first ways of `in_order` for each means of payment, as a notebook shows them.

    Only ways that name the brand count, as in `recommend`.
    """
    found = []
    for payment, words in MEANS_OF_PAYMENT.items():
        best = in_order(ways[ways["names_brand"]], data, face_usd, payment=payment, state=state)
        best = best.assign(taken=best["evidence"].astype(str).map(ANSWERS)).head(rows)
        best = best if len(best) else pd.DataFrame([{"channel": "none that we know"}])
        found.append(best.assign(pay_with=words.removesuffix("s")))
    named = {"own_low_usd": "from_usd", "own_high_usd": "to_usd", "load_usd": "load_usd"}
    table = pd.concat(found, ignore_index=True).rename(columns=named)
    return table.reindex(columns=["pay_with", "channel", "taken", *named.values()])


def who_can_pay(ways: pd.DataFrame, data: Catalog) -> pd.DataFrame:
    """Return what is said of each means of payment, and of having no account, in `ANSWERS`."""
    facts = {"seller_facts": data.seller_facts}
    wishes = {means: {"payment": payment, **facts} for payment, means in MEANS_OF_PAYMENT.items()}
    wishes["no account"] = {"no_account": True}
    said = {name: usable_channels(ways, **wish)["evidence"] for name, wish in wishes.items()}
    return pd.DataFrame({name: one.astype(str).map(ANSWERS) for name, one in said.items()})


def waits_by_kind(ways: pd.DataFrame, assumptions: pd.DataFrame) -> pd.DataFrame:
    """Return how long top-ups take by kind of channel: what is stated, and what is assumed else.

    Columns: channels, stated (how many say a longest time), stated_minutes (the highest of them),
    base_minutes and high_minutes (assumed where nothing is stated).
    """
    kinds, esim = ways["kind"].astype(str), ways["provider_kind"] == "travel_esim"
    silent = ways.assign(typical_minutes=np.nan, worst_minutes=np.nan)
    assumed = longest_waits(silent, assumptions, travel_esim=esim).groupby(kinds).first()
    stated = ways.groupby(kinds)["worst_minutes"].agg(["size", "count", "max"])
    stated.columns = ["channels", "stated", "stated_minutes"]
    table = stated.join(assumed.drop(columns="low").add_suffix("_minutes"))
    words = {"carrier": "brand's own", "third_party": "other site", "store": "shop"}
    table = table.reindex([*words]).dropna(how="all")
    return table.rename(index=words).rename_axis("kind")


def when_it_fails(ways: pd.DataFrame, failed_top_ups: pd.DataFrame) -> pd.DataFrame:
    """Return what the channels say of a top-up that does not arrive, indexed by channel_id."""
    told = failed_top_ups[["wait_minutes", "action", "refund"]]
    return ways[["channel"]].join(told, how="inner")


def three_readings(plan: pd.Series, channel: pd.Series, assumptions: pd.DataFrame) -> pd.DataFrame:
    """Return what `confirm_top_up` says to three people, who read balance and data twice."""
    before = Reading(balance_usd=2, remaining_gb=0.3)
    cases = {
        "8 GB more": Reading(balance_usd=2, remaining_gb=8.3, minutes_since_payment=10),
        "only a text came": Reading(balance_usd=2, sms_received=True, minutes_since_payment=20),
        "nothing, after 45 minutes": replace(before, minutes_since_payment=45),
    }
    told = [confirm_top_up(before, after, plan, assumptions, channel) for after in cases.values()]
    index = pd.Index([*cases], name="after paying")
    return pd.DataFrame(told, index)[["status", "next_step"]]


def sellers_words(seller_facts: pd.DataFrame, brand: str, topics: list[str]) -> pd.DataFrame:
    """Return what is said of a brand on some topics, each source in a row of its own."""
    own = seller_facts[(seller_facts["provider"] == brand) & seller_facts["topic"].isin(topics)]
    own = own.assign(year=own["as_of"].dt.year.astype("Int64"))
    return own[["topic", "value", "words", "basis", "year"]].reset_index(drop=True)


def cost_by_state(
    face_usd: float, channel: pd.DataFrame, state_fees: pd.DataFrame, assumptions: pd.DataFrame
) -> pd.DataFrame:
    """Return `landed_cost` through one channel (one row) in every state, indexed by `state`."""
    tables = channel, state_fees, assumptions
    rows = [landed_cost(face_usd, *tables, state=state) for state in state_fees.index]
    return pd.concat(rows).set_axis(pd.Index(state_fees.index.astype(str), name="state"))


def dated(rows: pd.DataFrame, column: str = "as_of", *, on: dt.date | None = None) -> str:
    """Return of which years pages are, how many have no date, and how many are old, for a caption.

    `on` is the day of the reader, from which ages count; None: today.
    """
    read = rows[column].dropna()
    years = sorted({*read.dt.year})
    span = " to ".join(str(year) for year in dict.fromkeys(years[:1] + years[-1:]))
    old = (age_days(pd.DataFrame({"as_of": read}), on) > STALE_AFTER_DAYS).sum()
    words = f"pages of {span or 'unknown years'}, {len(rows) - len(read)} without a date"
    return f"{words}, {old} older than {STALE_AFTER_DAYS} days"


def counted(
    channels: pd.DataFrame, ways: pd.DataFrame, brand: str, on: dt.date | None = None
) -> str:
    """Return how many channels there are, how old their pages, and how many may serve a brand."""
    return f"{len(channels)} channels, {dated(channels, on=on)}; {len(ways)} may serve {brand}"


def _names(channels: pd.Series) -> list[str]:
    return [shorten(name.split(" (")[0], 38, placeholder=" …") for name in channels]


@says_when_empty
def payment_matrix(
    answers: pd.DataFrame,
    names: pd.Series,
    caption: str,
    *,
    title: str = "Which card works where",
    neutral: str = "What channels say of ways to pay",
    subtitle: str = "What our sources say of {channels} ways to top up; ?: not said",
    silent: str = "Of {count} more we know nothing: {names}.",
) -> Axes:
    """Draw who can pay how: only the channels with an answer, those with most that works first.

    `answers` as `who_can_pay` returns them; `names` are the channels' names by `channel_id`. The
    title holds while some way to pay is known to work.
    """
    known = answers[(answers != "?").any(axis=1)]
    works, unsaid = (known == "yes").sum(axis=1), (known == "?").sum(axis=1)
    known = known.iloc[np.lexsort([unsaid, -works])]
    ax = plt.figure(figsize=(8, 1.7 + 0.29 * len(known))).add_subplot()
    show.words_in_cells(ax, known.set_axis(_names(names[known.index])))
    ax.xaxis.tick_top()
    nothing = _names(names[answers.index.difference(known.index, sort=False)])
    if nothing:
        caption = f"{silent.format(count=len(nothing), names=', '.join(nothing))} {caption}"
    told = subtitle.format(channels=len(known))
    claim(ax, title, holds=works.any(), neutral=neutral, subtitle=told, caption=caption)
    return ax


def kinds_of_channel(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the five kinds of channel with what a top-up costs through them, the cheapest first.

    Parameters
    ----------
    costs
        As `landed_cost` returns them, with the columns kind and delivery of `data.channels`.

    Returns
    -------
    DataFrame
        Indexed by `way`: channels (how many), low_usd (the lowest of all), base_usd (the median),
        high_usd (the highest), face_usd, and least_fee_usd and most_fee_usd as stated, missing
        where no channel of the kind states one.
    """
    shop, stated = costs["kind"] == "store", costs["service_fee_usd"].notna()
    counter, other = shop & (costs["delivery"] == "direct"), costs["kind"] == "third_party"
    ways = {
        "The brand's own site, app or phone": costs["kind"] == "carrier",
        "The brand's own store": counter,
        "Card or PIN from a shop": shop & ~counter,
        "Other site that states its fee": other & stated,
        "Other site that does not": other & ~stated,
    }
    by_way = pd.concat({way: costs[own] for way, own in ways.items()}, names=["way"])
    table = by_way.groupby("way", sort=False).agg(
        channels=("kind", "size"),
        low_usd=("low_usd", "min"),
        base_usd=("base_usd", "median"),
        high_usd=("high_usd", "max"),
        face_usd=("face_usd", "first"),
        least_fee_usd=("service_fee_usd", "min"),
        most_fee_usd=("service_fee_usd", "max"),
    )
    return table.sort_values(["base_usd", "high_usd"], kind="stable")


@says_when_empty
def top_up_by_kind(
    ways: pd.DataFrame,
    caption: str = "Source: data/channels.csv, data/state_fees.csv.",
    *,
    title: str = "What a ${face:g} top-up really costs",
    neutral: str = "What a ${face:g} top-up costs, by kind of channel",
    subtitle: str = "Dollars all in, {channels} channels; mark: most likely, band: low to high",
    x: str = "All in",
) -> Axes:
    """Draw what a top-up costs through each kind of channel: a mark for the base cost on its band.

    `ways` as `kinds_of_channel` returns them. A hollow mark: no channel of the kind states its fee.
    The title holds while every kind costs more than the face value.
    """
    ax = plt.figure(figsize=(8, 1.9 + 0.42 * len(ways))).add_subplot()
    face = ways["face_usd"].iloc[0]
    ax.axvline(face, color=GREY, linewidth=1)
    for row, way in enumerate(ways.itertuples()):
        silent, over = pd.isna(way.least_fee_usd), {"ha": "center", "weight": "bold", "bbox": None}
        show.mark_on_band(ax, row, (way.low_usd, way.base_usd, way.high_usd), filled=not silent)
        note(ax, way.base_usd, row, f"${way.base_usd:.2f}", (0, 12), **over)
        fees = dict.fromkeys(f"${fee:.2f}" for fee in (way.least_fee_usd, way.most_fee_usd))
        words = "fee not said" if silent else f"fee {' to '.join(fees)}"
        note(ax, way.high_usd, row, words, color=GREY)
    show.rows(ax, [f"{name} ({count})" for name, count in ways["channels"].items()])
    ax.set_ylim(len(ways) - 0.5, -0.8)
    low = min(face, ways["low_usd"].min())
    high = max(ways["high_usd"].max(), low + 1)
    ax.set(xlim=(low - 0.06 * (high - low), high + 0.3 * (high - low)), xlabel=x)
    ax.xaxis.set_major_formatter(dollars)
    dearer = (ways["base_usd"] > face).all()
    told = subtitle.format(channels=ways["channels"].sum())
    title, neutral = title.format(face=face), neutral.format(face=face)
    claim(ax, title, holds=dearer, neutral=neutral, subtitle=told, caption=caption)
    dot = {"ls": "", "marker": "o", "color": ACCENT}
    marks = [Line2D([], [], **dot), Line2D([], [], markerfacecolor="white", **dot)]
    legend(ax, marks, ["fee stated", "fee not said, so assumed"])
    return ax


@says_when_empty
def state_adds(
    costs: pd.DataFrame,
    state: str | None = None,
    caption: str = "Source: data/state_fees.csv.",
    *,
    title: str = "What your state adds to a ${face:g} top-up",
    neutral: str = "What states add to a ${face:g} top-up",
    subtitle: str = "Stated fees and state sales tax of {known} states, in dollars{yours}",
    yours: str = "; {state}: {usd}",
    unknown: str = "not said",
    x: str = "Added to ${face:g}; pale: up to this with local sales tax",
    silent: str = "No 911 fee found for {count}: {names}.",
) -> Axes:
    """Draw what each state with a stated 911 fee adds, the most first, `state` in the accent.

    `costs` as `cost_by_state` returns them for a channel without a fee of its own. The title holds
    while states differ by more than a dollar.
    """
    no_figure = costs["missing"].str.contains("911 fee")
    known = costs[~no_figure].sort_values(["known_usd", "base_usd"], ascending=False, kind="stable")
    face = costs["face_usd"].iloc[0]
    added = known["known_usd"] - face
    ax = plt.figure(figsize=(8, 2 + 0.2 * len(known))).add_subplot()
    mine = known.index == state
    heights = np.arange(len(known))
    ax.barh(heights, known["high_usd"] - face, color=PALE, height=0.66)
    ax.barh(heights, added, color=np.where(mine, ACCENT, MID), height=0.66)
    for row, (usd, own) in enumerate(zip(added, mine, strict=True)):
        style = {"weight": "bold", "color": ACCENT} if own else {}
        note(ax, usd, row, f"${usd:.2f}", (4, 0), bbox=None, **style)
    show.rows(ax, known.index)
    ax.tick_params(axis="y", labelsize=9)
    ax.margins(x=0.1)
    ax.set_xlabel(x.format(face=face))
    ax.xaxis.set_major_formatter(dollars)
    here = ""
    if state in costs.index:
        here = yours.format(state=state, usd=f"${added[state]:.2f}" if state in added else unknown)
    told = subtitle.format(known=len(known), yours=here)
    differ = len(added) > 1 and added.max() - added.min() > 1
    if nobody := list(costs.index[no_figure]):
        caption = f"{silent.format(count=len(nobody), names=', '.join(nobody))} {caption}"
    title, neutral = title.format(face=face), neutral.format(face=face)
    claim(ax, title, holds=differ, neutral=neutral, subtitle=told, caption=caption)
    return ax


def check_identifiers(
    *, phone: str | None = None, iccid: str | None = None, activation_code: str | None = None
) -> pd.DataFrame:
    """Check the form of the numbers that sellers ask for, however they were typed or scanned.

    Parameters
    ----------
    phone
        A US number of ten digits, with or without +1. Which state or country an area code belongs
        to changes over the years and is not checked.
    iccid
        19 or 20 digits that start with 89, the last one a check digit (ITU-T E.118, Luhn). Cards
        printed without check digit or with one digit more, and numbers that a phone cut short,
        cannot be checked.
    activation_code
        ``1$address$matching-id``, in a QR code after ``LPA:``, in a link after ``carddata=``; then
        optionally ``$OID`` and ``$1`` where the seller adds a confirmation code (GSMA SGP.22). The
        matching ID may be empty.

    Returns
    -------
    DataFrame
        One row per identifier given: kind, shown (only part of what is secret), valid (missing if
        it cannot be checked), message, used_for.

    Raises
    ------
    ValueError
        If nothing is given, or something other than text; the values themselves are never repeated.
    """
    given = {"phone": phone, "iccid": iccid, "activation_code": activation_code}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        raise ValueError("nothing to check (give at least one of phone, iccid, activation_code)")
    types = {name: type(value) for name, value in given.items() if not isinstance(value, str)}
    if types:
        not_text = "; ".join(f"{name} is a {one.__name__}" for name, one in types.items())
        raise ValueError(f"{not_text} (allowed: text in quotes, or numbers lose digits)")
    kinds = {
        "phone": ("phone number", _check_phone, "every top-up"),
        "iccid": ("ICCID", _check_iccid, "activating a SIM card, never a top-up"),
        "activation_code": ("activation code", _check_code, "installing an eSIM, never a top-up"),
    }
    rows = []
    for name, value in given.items():
        kind, check, used_for = kinds[name]
        rows.append((kind, *check(_plain(value)), used_for))
    columns = ["kind", "shown", "valid", "message", "used_for"]
    return pd.DataFrame(rows, columns=columns).astype({"valid": "boolean"})


def _plain(text: str) -> str:
    """Return text with plain digits, hyphens and spaces for all their kinds, nothing invisible."""
    plain = {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " ", "Cc": " ", "Cf": ""}
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    text = "".join(plain.get(unicodedata.category(char), char) for char in text)
    return re.sub(r"\d", lambda digit: str(int(digit[0])), text).strip()


def _check_phone(text: str) -> tuple[str, bool, str]:
    """Return what to show of a phone number, whether it is valid, and why."""
    found, digits = PHONE.fullmatch(text), re.sub("[^0-9]", "", text)
    # Anything else may be a secret pasted into the wrong place: it is not shown.
    if not found or not digits:
        message = "write the ten digits of the US number, with or without +1."
        return HIDDEN, False, f"This is not a phone number: {message}"
    dialled = f"+{digits}" if found[1][0] == "+" else re.sub("^(011|00)", "+", digits)
    number = re.sub(r"^\+?1", "", dialled)
    if number.startswith("+"):
        return HIDDEN, False, "Its country code is not +1, so it is not of the USA."
    if len(number) != 10:
        return HIDDEN, False, f"It has {len(number)} digits; a US number has ten, after the +1."
    shown = f"+1 {number[:3]}-{number[3:6]}-{number[6:]}"
    if SERVICE.match(number):
        service = SERVICES.get(number[:3]) or SERVICES.get(number[:1], "a number of a service")
        return shown, False, f"This is {service}, not a mobile line."
    if not NANP.fullmatch(number):
        return shown, False, "No such number can exist: check the area code and every digit."
    unchecked = "Not checked: whose it is, and whether it is of the USA or of Canada, say, also +1."
    return shown, True, f"The number may exist. {unchecked} Read it once more, digit by digit."


def _check_iccid(text: str) -> tuple[str, bool | None, str]:
    """Return what to show of an ICCID, whether it is valid (None: unknown), and why."""
    digits = re.sub(r"[\s./-]", "", text).upper().rstrip("F")
    length, fits, shorter_fits = len(digits), luhn.is_valid(digits), luhn.is_valid(digits[:-1])
    shown = f"{digits[:4]}{HIDDEN}{digits[-4:]}" if length >= 12 else HIDDEN
    if CHINESE.fullmatch(digits):
        # Letters stand in many of these, and then no check digit.
        rest = "The check digit fits." if fits else "It cannot be checked."
        return shown, fits or None, f"A card of a Chinese operator (8986), not of the USA. {rest}"
    if not re.fullmatch("[0-9]+", digits):
        return HIDDEN, False, f"This is not a row of digits. {ICCID}"
    imsi, imei = length == 15 and "310" <= digits[:3] <= "316", length == 15 and fits
    is_card = digits.startswith("89")
    wrong = {
        "This looks like an IMSI, which is never needed for a top-up.": imsi,
        "This looks like an IMEI, the number of the phone and not of the SIM card.": imei,
        "This looks like an EID, the number of the phone's eSIM chip.": is_card and length == 32,
        "It does not start with 89.": not is_card,
        f"It has {length} digits.": not 12 <= length <= (21 if shorter_fits else 20),
    }
    if problem := next((problem for problem, holds in wrong.items() if holds), None):
        return shown, False, f"{problem} {ICCID}"
    if length < 19:
        short = "digits and cannot be checked: phones often cut it short."
        return shown, None, f"It has {length} {short} {ICCID}"
    if fits and length < 21:
        keep = "A top-up does not need it: keep it for activation."
        return shown, True, f"The check digit fits. {keep}"
    if length == 19 or shorter_fits:
        printed = f"{'no check digit' if length == 19 else 'one digit too many'} is printed"
        return shown, None, f"It cannot be checked: a digit is wrong, or {printed}. Read it again."
    return shown, False, "The check digit does not fit: a digit is wrong. Read it again."


def _check_code(text: str) -> tuple[str, bool, str]:
    """Check an activation code; nothing of it is shown but its address, where it is one."""
    code = re.sub(r"\s", "", text)
    if "carddata=" in code:
        code = unquote(code.rpartition("carddata=")[2])
    parts = re.sub("^(?i:LPA:)", "", code).split("$")
    scheme, address, matching_id, oid, flag = [*parts, "", "", "", ""][:5]
    if scheme != "1" or not HOST.fullmatch(address):
        form = "LPA:1$address$matching-id, where the address is like rsp.example.com"
        return HIDDEN, False, f"This is not an activation code: it reads {form}. {SECRET}"
    problems = {
        "nothing follows the address, not even a $": len(parts) == 2,
        "the matching ID is not made of letters, digits and hyphens": UNUSUAL.search(matching_id),
        "the OID is not made of numbers and dots": oid and not OID.fullmatch(oid),
        "the confirmation flag is not 1": flag not in ("", "1"),
        "there are too many $": len(parts) > 5,
    }
    shown = f"LPA:1${address}${HIDDEN}"
    if wrong := "; ".join(problem for problem, holds in problems.items() if holds):
        return shown, False, f"Copy the code again: {wrong}. {SECRET}"
    remarks = {
        "The form is right; whether the code was used already, only its server knows.": True,
        "It has no matching ID, so the seller must know your phone's EID.": not matching_id,
        "The seller must give you a confirmation code as well.": flag,
        SECRET: True,
    }
    return shown, True, " ".join(remark for remark, holds in remarks.items() if holds)
