"""What is on offer to a person: the plans, where each is bought, what sources say to each wish."""

import datetime as dt
import math
from numbers import Real

import numpy as np
import pandas as pd

from prepaid.catalog import Catalog
from prepaid.channels import (
    FACT_EVIDENCE,
    LIKELY,
    NO,
    PARTLY,
    SILENT,
    STATED,
    best_first,
    landed_cost,
    paid_by_hand,
    sellers_say,
    taxes_in_price,
    usable_channels,
    with_own_fees,
)
from prepaid.prices import STALE_AFTER_DAYS, age_days, plan_names
from prepaid.wishes import Wishes

OWN_FEES = ["fee_usd", "fee_low_usd", "fee_high_usd", "fee_percent"]
# What can be asked; `said_to_wishes` has a column for each that is.
WISH_NAMES = ("pay", "residents", "physical_sim", "us_number", "hotspot", "on_network")
WISH_NAMES += ("full_speed",)


def take_part(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that a phone can be on.

    Tablet lines are left out: plans of a carrier or an MVNO without calls and texts.
    """
    tablet = (plans["provider_kind"] != "travel_esim") & (~plans["voice_text"]).fillna(False)
    return plans[~tablet.astype(bool)]


def on_offer(data: Catalog, wishes: Wishes, on: dt.date) -> pd.DataFrame:
    """Return the plans that take part: their prices, taxes, and what is paid once."""
    takers = take_part(data.plans)
    if takers.empty:
        raise ValueError("no plan takes part (expected plans for a phone)")
    face_usd = takers["price_usd"]
    if wishes.pays_automatically:
        face_usd = takers["autopay_price_usd"].fillna(face_usd)
    age, own = age_days(takers, on), takers["taxes_included"]
    taxes = taxes_in_price(own, data.seller_facts, takers["provider"], takers.index)
    # Where nobody says it of a travel eSIM, its price is likely what is paid, as
    # `travel_esim_sales_tax_share` in assumptions.csv says.
    silent = taxes.isna() & (takers["provider_kind"] == "travel_esim") & (not wishes.stated_only)
    takers = takers.assign(
        name=plan_names(takers),
        face_usd=face_usd,
        age_days=age,
        stale=age > STALE_AFTER_DAYS,
        bound=(takers["terms_confidence"] == "medium") & (takers["minimum_terms"].fillna(1) > 1),
        taxes=taxes.mask(silent, "likely"),
    )
    parts = _other_price(takers, data, on), _one_off(takers, data, wishes)
    return pd.concat([takers, *parts], axis=1)


def _other_price(plans: pd.DataFrame, data: Catalog, on: dt.date) -> pd.DataFrame:
    """Return the newest price of second sources and its day, unless it is stale or equal."""
    prices = data.second_sources[data.second_sources["field"] == "price_usd"]
    fresh = prices[age_days(prices, on) <= STALE_AFTER_DAYS].sort_values("as_of", kind="stable")
    newest = fresh.drop_duplicates("plan_id", keep="last").set_index("plan_id").reindex(plans.index)
    price_usd = newest["value"].astype(float)
    other = pd.DataFrame({"other_price_usd": price_usd, "other_price_on": newest["as_of"]})
    return other[(price_usd - plans["price_usd"]).abs() >= 0.005]


def _one_off(plans: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return what SIM and activation cost once, at least and at most; sim_cost: none is said."""
    sellers = plans["provider"], plans.index
    activation = sellers_say(data.seller_facts, "activation_usd", *sellers)
    sim = sellers_say(data.seller_facts, "sim_usd", *sellers)
    said = pd.DataFrame({"activation": activation, "sim": sim})
    dollars = said.map(lambda words: [*map(float, words)] or [0.0])
    needs_sim = plans["sim"].isin(["physical"] if wishes.esim_phone else ["physical", "both"])
    low, high = (dollars.map(end).sum(axis=1) for end in (min, max))
    once = {"one_off_usd": low, "one_off_high_usd": high, "needs_sim": needs_sim}
    return pd.DataFrame({**once, "sim_cost": needs_sim & ~sim.astype(bool)})


def _sales(plans: pd.DataFrame, channels: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """Return each plan beside each channel that sells it.

    Left out are channels for a saved card, those of automatic renewal (unless by AutoPay), those
    that sell credit only where the plan is none, those whose largest amount is below the price, for
    an offer those that are not the seller's, and for a plan that is sold through one channel only
    all others. Only where no channel of the brand's own is known that sells plans, it is the
    seller's own site, of which nothing is known: the channel is missing.
    """
    channels = channels.astype({"kind": str})
    taken = paid_by_hand(channels, automatically=wishes.pays_automatically)
    brands = channels.loc[taken, "brands"].str.split("; ").explode().dropna().rename("provider")
    names = ["face_usd", "provider", "provider_kind", "offer", "only_through", "taxes", "term_days"]
    credit = plans["plan"].str.contains("pay as you go|paygo", case=False) | plans["notional_data"]
    wanted = plans[names].assign(credit=credit.astype(bool)).reset_index()
    pairs = wanted.merge(brands.reset_index(), on="provider").join(channels, on="channel_id")
    sold = pairs["credit"] | ~pairs["credit_only"].fillna(False).astype(bool)
    by_seller = (pairs["kind"] == "carrier") | (pairs["offer"] == "standard")
    through = pairs["only_through"]
    pairs = pairs[sold & ((through.isna() & by_seller) | (through == pairs["channel_id"]))]
    own = pairs.loc[pairs["kind"] == "carrier", "plan_id"]
    others = wanted[~wanted["plan_id"].isin(own) & wanted["only_through"].isna()]
    others = others.reindex(columns=pairs.columns).astype(channels.dtypes).assign(kind="carrier")
    return pd.concat([pairs[~(pairs["face_usd"] > pairs["max_usd"])], others], ignore_index=True)


def where_to_buy(plans: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return for each plan the channel to buy through, or pay: "no" where there is none.

    The one best known to take the payment, of those the cheapest at its worst, then the fastest. A
    smallest amount above the price is loaded, and the rest stays on the balance. What only refills
    a line counts as taking the payment in part: the first SIM is bought elsewhere.
    """
    pairs = with_own_fees(_sales(plans, data.channels, wishes), data.seller_facts)
    assumed = "store_cash" if wishes.payment == "cash" else "travel_esim_foreign_card"
    likely = not wishes.stated_only and data.assumptions.loc[assumed, "base"] == 1
    paying = {"payment": wishes.payment, "seller_facts": data.seller_facts}
    pay = usable_channels(pairs, likely_by_kind=likely, **paying)["evidence"].cat.codes
    # On a seller's own site or in its app nobody can pay with cash, unless somebody says how.
    no_cash = (wishes.payment == "cash") & (pairs["kind"] == "carrier") & (pay == SILENT)
    pairs["pay"] = pay.mask(no_cash, NO)
    taxed = {"state": wishes.state, "taxes_included": pairs["taxes"]}
    costs = landed_cost(pairs["face_usd"], pairs, data.state_fees, data.assumptions, **taxed)
    pairs["load_usd"] = pairs["min_usd"].where(pairs["min_usd"] > pairs["face_usd"])
    first = pairs["pay"].mask(pairs["only_refills"].fillna(False), pairs["pay"].clip(lower=PARTLY))
    order = best_first(first, costs["own_high_usd"], pairs["worst_minutes"])
    best = pairs.iloc[order].drop_duplicates("plan_id")
    best = best.rename(columns={"kind": "channel_kind", "source_url": "url"}).set_index("plan_id")
    shown = ["channel_id", "channel", "channel_kind", "url", "load_usd", "pay", "only_refills"]
    routes = best[[*shown, *OWN_FEES]].reindex(plans.index)
    # Nobody sells it to this person: only channels that the amount or the plan excludes.
    routes["pay"] = routes["pay"].fillna(NO).astype(int)
    return routes.assign(only_refills=routes["only_refills"].fillna(False).astype(bool))


def _level(**masks: pd.Series) -> np.ndarray:
    """Return the evidence for a wish: of no, yes and partly the first that holds, or not said."""
    levels = {"no": NO, "yes": STATED, "partly": PARTLY}
    holds = [mask.fillna(False).to_numpy(bool) for mask in masks.values()]
    return np.select(holds, [levels[name] for name in masks], SILENT)


def said_to_wishes(plans: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return what the sources say to each wish, a column per wish: places in `EVIDENCE`."""

    def said(topic: str) -> pd.Series:
        words = sellers_say(data.seller_facts, topic, plans["provider"], plans.index)
        return words.map(lambda told: max((FACT_EVIDENCE[word] for word in told), default=SILENT))

    travel = plans["provider_kind"] == "travel_esim"
    places = {"pay": plans["pay"]}
    if not wishes.visitor:
        places["residents"] = _level(no=plans["tourist_only"], yes=~plans["tourist_only"])
    if not wishes.esim_phone:
        esim = (plans["sim"] == "esim") | (travel & plans["sim"].isna())
        places["physical_sim"] = _level(no=esim, yes=plans["sim"].isin(["physical", "both"]))
    if wishes.us_number:
        calls, number = plans["voice_text"], said("number_included")
        apart = travel & calls.isna() & ~number.isin([STATED, SILENT])
        places["us_number"] = _level(no=~calls | apart, yes=calls & ~travel, partly=calls & travel)
    if wishes.hotspot_gb:
        days, hotspot = wishes.billed_days, said("hotspot")
        period_days = plans["allowance_days"].astype(float).fillna(days).clip(upper=days)
        shared_gb = plans["hotspot_gb"].mask(plans["hotspot_unlimited"].fillna(False), math.inf)
        silent, enough = shared_gb.isna(), shared_gb >= wishes.hotspot_gb * period_days
        too_little = ~enough & (~silent | (hotspot == NO))
        partly = silent & (hotspot <= PARTLY)
        places["hotspot"] = _level(no=too_little, yes=enough, partly=partly)
    if wishes.network is not None:
        names = plans["network"].fillna("multi")
        on_it = names.str.contains(wishes.network, regex=False)
        places["on_network"] = _level(no=~on_it & (names != "multi"), yes=on_it)
    if not isinstance(wishes.usage, Real) or wishes.usage:
        # How much runs at full speed: a figure, that there is no limit, or nothing.
        silent = plans["data_gb"].isna() & plans["threshold"].fillna(True).astype(bool)
        unsaid = np.where(travel & (not wishes.stated_only), LIKELY, SILENT)
        places["full_speed"] = np.where(silent, unsaid, STATED)
    return pd.DataFrame(places, index=plans.index)
