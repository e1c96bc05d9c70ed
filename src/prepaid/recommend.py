"""What to buy: the plans that fit a person's wishes, ranked by what the whole stay costs with taxes and fees."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from numbers import Real

import numpy as np
import pandas as pd

from prepaid.billing import compare, with_fair_use
from prepaid.catalog import load_assumptions, load_channels, load_sources, load_state_fees
from prepaid.catalog.kinds import NETWORKS
from prepaid.channels import landed_cost, usable_channels
from prepaid.prices import plan_names, unit_prices
from prepaid.top_up import reorder_point
from prepaid.usage import MONTH_DAYS, UsageModel, resample_usage

# Plans are sold by 30, 90, 180 and 360 days: on day 361 a yearly one would be paid twice.
YEAR_DAYS = 360
LONGEST_DAYS = 365
MINUTES_A_DAY = 1440
PAYMENTS = {"foreign_card": "a foreign card", "us_card": "a US card", "cash": "cash"}
# Simulated days in all, cut into stays: enough for a steady answer, few enough for one in a moment.
DAYS_IN_ALL, FEWEST_STAYS, MOST_STAYS = 90_000, 250, 2_000
BEST_COLUMNS = ["name", "all_in_usd", "low_usd", "high_usd", "short_share", "usd_per_carried_gb", "channel", "top_up"]
BEST_COLUMNS += ["to_check", "caveats", "source", "source_url", "as_of"]
# Stands in for the channel of a brand whose own site or app is not in channels.csv.
SELLER = "seller"


@dataclass(frozen=True)
class Recommendation:
    """The answer of `recommend`.

    Parameters
    ----------
    best
        The best plans, best first, indexed by `plan_id`: name; all_in_usd, low_usd and high_usd of the stay;
        short_share; usd_per_carried_gb (all in); channel and top_up in words; to_check (wishes on which the sources are
        silent) and caveats; source, source_url and as_of.
    everyone
        All plans that may fit, whatever their risk, with the columns of the catalogue, of `compare` and of `best` up to
        usd_per_carried_gb, and to_check.
    sentence
        What to buy, why, and what would change the answer; or that nothing fits.
    ruled_out
        The smallest sets of wishes without which something would fit; empty if something does.
    days, most_short_share
        Days that were billed, and the risk that was accepted.
    """

    best: pd.DataFrame
    everyone: pd.DataFrame
    sentence: str
    ruled_out: str
    days: int
    most_short_share: float


def recommend(
    plans: pd.DataFrame,
    *,
    days: int,
    usage: float | UsageModel | pd.Series,
    visitor: bool = True,
    esim_phone: bool = True,
    us_number: bool = False,
    hotspot_gb: float = 0.0,
    network: str | None = None,
    payment: str = "foreign_card",
    state: str | None = None,
    autopay: bool = False,
    most_short_share: float = 0.05,
    rows: int = 5,
    seed: int = 0,
) -> Recommendation:
    """Recommend plans for a stay, by simulation.

    What a source says against a wish excludes a plan; where it is silent, the plan stands behind all that are known to
    fit, with the wish under `to_check`. One exception: few sources say which cards a seller takes, so their silence
    moves no plan, and stands beside the channel.

    Parameters
    ----------
    plans
        Rows of `load_plans()`; `fit.take_part` picks among them.
    days
        Length of the stay, 1 to 365. From 360 on it counts as a year of twelve 30-day months, as plans are sold.
    usage
        GB per day on average (0: only the number matters), a model, or a person's own log (`load_usage_log`).
    visitor
        False leaves out what only visitors may buy.
    esim_phone
        False leaves out what comes as an eSIM only.
    us_number
        The plan has calls and texts and is a carrier's or an MVNO's; whether a travel eSIM's number is a US one, our
        sources do not say.
    hotspot_gb
        GB per day that other devices use through the phone: a part of the usage, spread evenly.
    network
        "AT&T", "T-Mobile" or "Verizon".
    payment
        "foreign_card", "us_card" or "cash".
    state
        Where taxes are due, such as "CA"; None: not known, then the median over the states counts.
    autopay
        Take AutoPay prices, unless cash is paid.
    most_short_share
        Accepted chance that the stay has a day with slow or missing data; of a stay beyond 30 days, that its first 30
        have one: over a year, hardly any plan is never short.
    rows
        How many plans to recommend.
    seed
        The same integer gives the same figures.

    Returns
    -------
    Recommendation
        Ranked by all-in cost: the mean bill of the stay with the base of `landed_cost`, through the channel that is
        best known to take the payment, then cheapest; ties as in `fit.serving`. Empty packs are bought again. `top_up`
        leaves time for the channel's longest wait, or an assumed one.

    Raises
    ------
    ValueError
        With every argument that is not allowed, or if no plan takes part.
    """
    fees, assumed, channels = load_state_fees(), load_assumptions(), _with_seller(load_channels())
    _check(days, usage, hotspot_gb, network, payment, state, most_short_share, rows, list(fees.index))
    days, autopay = min(days, YEAR_DAYS), autopay and payment != "cash"
    takers = take_part(plans, days)
    takers = takers.assign(name=plan_names(takers), face_usd=takers["price_usd"])
    if autopay:
        takers["face_usd"] = takers["autopay_price_usd"].fillna(takers["price_usd"])
    taxes = {"state": state, "state_fees": fees, "assumptions": assumed}
    takers = takers.join(_routes(takers, channels, payment, autopay, taxes))
    answers = _answers(takers, days, visitor, esim_phone, us_number, hotspot_gb, network)
    answers[f"paying with {PAYMENTS[payment]}"] = takers["usable"]
    open_wishes = answers == "unknown"
    if payment != "cash":
        open_wishes.iloc[:, -1] &= takers["pay_reason"].str.contains("in part")
    takers["to_check"] = open_wishes.apply(lambda row: "; ".join(answers.columns[row]), axis=1)
    stays_gb, months_gb = (_simulate(usage, length, seed) for length in (days, min(days, MONTH_DAYS)))

    def simulated(candidates: pd.DataFrame, times: float = 1) -> pd.DataFrame:
        options = {"autopay": autopay, "assumptions": assumed["base"], "progress": False}
        compared = compare(candidates, times * stays_gb, **options)
        if days > MONTH_DAYS:
            compared["short_share"] = compare(candidates, times * months_gb, **options)["short_share"]
        paid = _all_in(candidates.join(compared), days, channels, taxes)
        compared["usd_per_carried_gb"] *= paid["all_in_usd"] / compared["mean_cost_usd"]
        return candidates.join(compared).join(paid)

    everyone = simulated(takers)
    may_fit = (answers != "no").all(axis=1)
    ranked = _ranked(everyone[may_fit], most_short_share)
    unit = "stay" if days <= MONTH_DAYS else "month"
    if ranked.empty:
        short = everyone["short_share"] > most_short_share
        answers[f"short in at most {most_short_share:.0%} of {unit}s"] = np.where(short, "no", "yes")
        ruled_out = _ruled_out(answers)
        nothing = ranked.reindex(columns=BEST_COLUMNS)
        return Recommendation(nothing, everyone[may_fit], ruled_out, ruled_out, days, most_short_share)
    best = ranked.head(rows)
    leads = channels["worst_minutes"].fillna(assumed.loc["unstated_wait_minutes", "base"]) / MINUTES_A_DAY
    best = best.assign(
        top_up=[
            _top_up(plan, stays_gb, usage, leads[plan["channel_id"]], most_short_share) for _, plan in best.iterrows()
        ],
        caveats=caveats(best.assign(stale=unit_prices(plans)["stale"])),
    ).join(load_sources()[["title", "url"]].set_axis(["source", "source_url"], axis=1), on="source_id")
    twice = _ranked(simulated(takers[may_fit], times=2), most_short_share) if stays_gb.any() else None
    sentence = _sentence(ranked, twice, days, unit, payment)
    return Recommendation(best[BEST_COLUMNS], everyone[may_fit], sentence, "", days, most_short_share)


def _check(days, usage, hotspot_gb, network, payment, state, most_short_share, rows, states: list[str]) -> None:
    """Raise ValueError with every argument that is not allowed."""

    def number(value: object, low: float, high: float, kind: type = Real) -> bool:
        return isinstance(value, kind | np.integer) and not isinstance(value, bool) and low <= value <= high

    is_source = isinstance(usage, UsageModel | pd.Series) or number(usage, 0, 1_000)
    checks = {
        f"days is {days!r} (allowed: a whole number from 1 to {LONGEST_DAYS})": number(days, 1, LONGEST_DAYS, int),
        f"usage is {usage!r} (allowed: 0 to 1000 GB per day, a UsageModel, or a log)": is_source,
        f"hotspot_gb is {hotspot_gb!r} (allowed: 0 to 1000 GB per day)": number(hotspot_gb, 0, 1_000),
        f"network is {network!r} (allowed: {', '.join(NETWORKS)}, or None)": network is None or network in NETWORKS,
        f"payment is {payment!r} (allowed: {', '.join(PAYMENTS)})": payment in PAYMENTS,
        f"state is {state!r} (allowed: a postal code such as 'CA', or None)": state is None or state in states,
        f"most_short_share is {most_short_share!r} (allowed: 0 to 1)": number(most_short_share, 0, 1),
        f"rows is {rows!r} (allowed: a whole number of at least 1)": number(rows, 1, math.inf, int),
    }
    problems = [problem for problem, holds in checks.items() if not holds]
    if not problems and isinstance(usage, Real) and hotspot_gb > usage:
        problems = [
            f"hotspot_gb is {hotspot_gb:g} (allowed: at most the usage, {usage:g} GB per day: it is part of it)"
        ]
    if problems:
        raise ValueError("; ".join(problems))


def _simulate(usage: float | UsageModel | pd.Series, days: int, seed: int) -> np.ndarray:
    """Return GB per day: (stays, days)."""
    stays = int(np.clip(DAYS_IN_ALL // days, FEWEST_STAYS, MOST_STAYS))
    if isinstance(usage, pd.Series):
        return resample_usage(usage, days, stays, seed)
    if isinstance(usage, UsageModel):
        return usage.sample(days, stays, seed)
    return usage * UsageModel.known_average(MONTH_DAYS).sample(days, stays, seed)


def _with_seller(channels: pd.DataFrame) -> pd.DataFrame:
    """Return the channels and one more, of which nothing is known: the seller's own site or app."""
    channels = channels.reindex([*channels.index, SELLER])
    channels.loc[SELLER, ["channel", "kind"]] = ["the seller's own site or app", "carrier"]
    return channels


def _routes(plans: pd.DataFrame, channels: pd.DataFrame, payment: str, autopay: bool, taxes: Mapping) -> pd.DataFrame:
    """Return for each plan the channel to buy through: channel_id, seller, channel (with notes), usable, pay_reason.

    Left out are channels for a saved card or automatic renewal (unless `autopay`), those that sell credit only where
    the plan is none, and those whose limits exclude its price. A plan that none of the brand's own channels can sell is
    bought on the seller's own site or app, of which nothing is known.
    """
    wish = {"foreign_card": "foreign_card", "us_card": "us_card", "cash": "cash_only"}[payment]
    fits = usable_channels(channels, **{wish: True})
    first = ~channels["payment_methods"].str.startswith("saved").fillna(False)
    first &= autopay | ~channels["automatic"].fillna(False)
    serves = channels.loc[first, "brands"].str.split("; ").explode().dropna().rename("provider").reset_index()
    wanted = plans[["face_usd", "taxes_included", "provider"]].astype({"provider": str})
    wanted = wanted.assign(credit=plans["plan"].str.contains("pay as you go|paygo", case=False)).reset_index()
    pairs = wanted.merge(serves, on="provider").join(
        channels[["kind", "credit_only", "min_usd", "max_usd"]], on="channel_id"
    )
    excluded = (pairs["face_usd"] < pairs["min_usd"]) | (pairs["face_usd"] > pairs["max_usd"])
    pairs = pairs[~excluded & (pairs["credit"] | ~pairs["credit_only"].fillna(False))]
    others = wanted[~wanted["plan_id"].isin(pairs.loc[pairs["kind"] == "carrier", "plan_id"])]
    pairs = pd.concat([pairs, others.assign(channel_id=SELLER)], ignore_index=True)
    costs = landed_cost(
        pairs["face_usd"], channels.loc[pairs["channel_id"]], taxes_included=pairs["taxes_included"], **taxes
    )
    pairs["usable"], pairs["pay_reason"] = (fits[column].loc[pairs["channel_id"]].to_numpy() for column in fits)
    pairs["rank"] = pairs["usable"].map({"yes": 0, "unknown": 1, "no": 2})
    pairs["seller"] = pairs["channel_id"].map(channels["channel"])
    noted = zip(pairs["seller"], pairs["pay_reason"], strict=True)
    pairs["channel"] = [f"{name} ({reason})" if reason else name for name, reason in noted]
    pairs["cents"] = (100 * costs["base_usd"]).round().to_numpy()
    chosen = pairs.sort_values(["rank", "cents"], kind="stable").drop_duplicates("plan_id").set_index("plan_id")
    return chosen[["channel_id", "seller", "channel", "usable", "pay_reason"]]


def _all_in(billed: pd.DataFrame, days: int, channels: pd.DataFrame, taxes: Mapping) -> pd.DataFrame:
    """Return all_in_usd, low_usd and high_usd of the stay: the mean bill, paid in equal sales, with what comes on top.

    Overage is paid with each term's bill; all else that costs more than one purchase is further purchases.
    """
    term_days = billed["term_days"].astype(float).fillna(math.inf)
    by_term = np.ceil(days / term_days)
    by_pack = billed["mean_cost_usd"] / billed["face_usd"].where(billed["face_usd"] > 0)
    sales = by_term.where(billed["after_allowance"] == "payg", by_pack.fillna(by_term)).to_numpy()
    cost = landed_cost(
        billed["mean_cost_usd"] / sales,
        channels.loc[billed["channel_id"]],
        taxes_included=billed["taxes_included"],
        months=(term_days.clip(upper=days) / MONTH_DAYS).round().clip(lower=1),
        **taxes,
    )
    levels = cost[["base_usd", "low_usd", "high_usd"]].mul(sales, axis=0)
    return levels.set_axis(["all_in_usd", "low_usd", "high_usd"], axis=1).set_axis(billed.index)


def _answer(yes: pd.Series, no: pd.Series) -> np.ndarray:
    """Return "yes", "no" or, where neither holds for certain, "unknown"."""
    return np.select([mask.fillna(False).to_numpy(bool) for mask in (yes, no)], ["yes", "no"], "unknown")


def _answers(
    plans: pd.DataFrame,
    days: int,
    visitor: bool,
    esim_phone: bool,
    us_number: bool,
    hotspot_gb: float,
    network: str | None,
) -> pd.DataFrame:
    """Return what each plan's source answers to each wish: "yes", "no" or "unknown", a column per wish."""
    answers = {}
    if not visitor:
        answers["open to residents"] = _answer(~plans["tourist_only"], plans["tourist_only"])
    if not esim_phone:
        physical = plans["sim"].isin(["physical", "both"])
        answers["a SIM for a phone without eSIM"] = _answer(physical, plans["sim"] == "esim")
    if us_number:
        from_home = plans["provider_kind"] != "travel_esim"
        answers["a US number"] = _answer(plans["voice_text"] & from_home, ~plans["voice_text"])
    if hotspot_gb:
        needed_gb = hotspot_gb * plans["allowance_days"].astype(float).fillna(days).clip(upper=days)
        enough = plans["hotspot_unlimited"] | (plans["hotspot_gb"] >= needed_gb)
        answers[f"{hotspot_gb:g} GB of hotspot a day"] = _answer(enough, plans["hotspot_gb"] < needed_gb)
    if network is not None:
        names = plans["network"].astype(object).fillna("multi")
        on_it = names.str.split("+").map(lambda names: network in names)
        answers[f"{network}'s network"] = _answer(on_it, ~on_it & (names != "multi"))
    return pd.DataFrame(answers, index=plans.index)


def _ranked(table: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans within the accepted risk, by all-in cost, those known to fit first."""
    order = serving(table.assign(mean_cost_usd=table["all_in_usd"]), most_short_share)
    return table.loc[order.index].sort_values("to_check", key=lambda wishes: wishes != "", kind="stable")


def _ruled_out(answers: pd.DataFrame) -> str:
    """Say which smallest sets of wishes would leave a plan if they were given up."""
    fits = answers != "no"
    for size in range(1, len(fits.columns) + 1):
        left = {names: fits.drop(columns=[*names]).all(axis=1).sum() for names in combinations(fits, size)}
        ways = [f"“{'” and “'.join(names)}” (leaves {count})" for names, count in left.items() if count]
        if ways:
            return f"Nothing fits all wishes. Something would without {', or without '.join(ways)}."
    raise AssertionError("without any wish, every plan fits")


def _top_up(
    plan: pd.Series, stays_gb: np.ndarray, usage: float | UsageModel | pd.Series, wait_days: float, risk: float
) -> str:
    """Say when to buy again, so that it arrives in time; not where a pack is rarely empty before its time."""
    days = stays_gb.shape[1]
    term_days, allowance_days = (
        math.inf if pd.isna(plan[column]) else plan[column] for column in ("term_days", "allowance_days")
    )
    after, when = plan["after_allowance"], []
    stops = after == "stop" or (pd.isna(after) and not plan["unlimited"])
    empty_share = (stays_gb[:, : int(min(days, term_days))].sum(axis=1) > plan["data_gb"]).mean()
    if stops and allowance_days >= term_days and empty_share > risk:
        point_gb = _point_gb(usage, wait_days, risk)
        when.append("keep a spare pack" if point_gb >= plan["data_gb"] else f"at {point_gb:.1f} GB left")
        when[0] += ", unless the stay is nearly over" if term_days >= days else ""
    if term_days < days:
        ahead = max(1, math.ceil(wait_days))
        when.append(f"every {term_days:g} days, {ahead} day{'s' * (ahead > 1)} ahead")
    return " or ".join(when) or "not in this stay"


def _point_gb(usage: float | UsageModel | pd.Series, lead_days: float, risk: float) -> float:
    """Return the remaining GB at which to top up, looking once a day."""
    risk = min(max(risk, 0.001), 0.999)
    if isinstance(usage, UsageModel):
        return _kept_point_gb(usage, lead_days, risk)
    if isinstance(usage, pd.Series):
        return _kept_point_gb(tuple(usage), lead_days, risk)
    return usage * _kept_point_gb(UsageModel.known_average(MONTH_DAYS), lead_days, risk)


@lru_cache(maxsize=64)
def _kept_point_gb(usage: UsageModel | tuple[float, ...], lead_days: float, risk: float) -> float:
    """Reckon a reorder point, which takes longer than all else here, once."""
    # Any days will do: what counts is their order.
    days = pd.date_range("2026-01-01", periods=len(usage)) if isinstance(usage, tuple) else None
    source = usage if days is None else pd.Series(usage, days)
    return reorder_point(source, lead_days=lead_days, check_every_days=1, risk=risk)


def _sentence(ranked: pd.DataFrame, twice: pd.DataFrame | None, days: int, unit: str, payment: str) -> str:
    """Say what to buy, why, and what would change the answer."""
    first, known = ranked.iloc[0], ranked["to_check"] == ""
    term = "" if pd.isna(first["term_days"]) else f" for {_days(first['term_days'])}"
    code = " with a promotional code" if "promotional code" in str(first["note"]) else ""
    stay = "a year" if days == YEAR_DAYS else _days(days)
    seen = f"seen on {first['as_of'].day} {first['as_of']:%B %Y}"
    said = (
        f"Buy {first['name']}{code} (${first['face_usd']:,.2f}{term}, {seen}) through {first['seller']}: about "
        f"${first['all_in_usd']:,.2f} all in for {stay}, between ${first['low_usd']:,.2f} and "
        f"${first['high_usd']:,.2f}, the cheapest of {known.sum() or len(ranked)} plans that "
        f"{'fit' if known.any() else 'may fit'}"
    )
    if first["usable"] == "unknown" and payment != "cash":
        doubt = "which our source does not say" if "not said" in first["pay_reason"] else first["pay_reason"]
        said += f", if the seller takes {PAYMENTS[payment]} ({doubt})"
    if twice is not None:
        said += f", {odds(first['short_share'], unit)}"
    if not known.any():
        said += f"; none is known to fit, so check first: {first['to_check']}"
    if len(ranked) > 1:
        second = ranked.iloc[1]
        more = second["all_in_usd"] - first["all_in_usd"]
        costs = "costs the same" if abs(more) < 0.005 else f"costs ${abs(more):,.2f} {'more' if more > 0 else 'less'}"
        said += f"; {second['name']} {costs}"
        if second["to_check"] != first["to_check"]:
            said += f", but check: {second['to_check']}"
    if twice is not None and twice.empty:
        said += "; with twice the usage nothing would fit"
    elif twice is not None:
        other = twice.iloc[0]
        change = "it stays first, at" if other.name == first.name else f"the answer is {other['name']},"
        said += f"; with twice the usage {change} ${other['all_in_usd']:,.2f}"
    return said + "."


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def odds(share: float, unit: str) -> str:
    """Say a chance of running short in words."""
    if share == 0:
        return f"running short in no simulated {unit}"
    return f"running short in {f'1 {unit} in {1 / share:,.0f}' if share < 0.4 else f'{share:.0%} of {unit}s'}"


def take_part(plans: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return the plans that a phone can be on for a stay of so many days.

    Two kinds of rows are left out. Tablet lines: plans of a carrier or an MVNO without calls and texts. And
    introductory or promotional prices, which hold for the first purchase, unless that one covers the stay and nothing
    is bought on top: a one-shot pack that stops when empty would be bought again at a price that nobody gets.
    """
    tablet = (plans["provider_kind"] != "travel_esim") & (~plans["voice_text"]).fillna(False)
    term_days, allowance_days = (
        plans[column].astype(float).fillna(math.inf) for column in ("term_days", "allowance_days")
    )
    after = plans["after_allowance"]
    stops = (after == "stop") | (after.isna() & ~plans["unlimited"].astype(bool))
    once = (term_days >= days) & ~(stops & (allowance_days >= term_days))
    return plans[~tablet & ((plans["offer"] == "standard") | once)]


def caveats(plans: pd.DataFrame) -> pd.Series:
    """Say in a few words what stands beside each plan's price; nothing to say is an empty text.

    `plans` has the columns of the catalogue and `stale` of `unit_prices`.
    """
    filled = with_fair_use(plans, load_assumptions()["base"])
    no_limit = plans["unlimited"].astype(bool) & plans["data_gb"].isna()
    fair_use = filled["data_gb"].notna() & plans["data_gb"].isna()
    speed = filled["throttle_kbps"].notna() & plans["throttle_kbps"].isna()
    told = {
        "new customers": plans["offer"] == "new_customer",
        "promotion": plans["offer"] == "promo",
        "needs a promotional code": plans["note"].str.contains("promotional code", na=False),
        "visitors only": plans["tourist_only"],
        "subscription: buying it twice in a term is assumed": plans["plan"].str.contains("subscription"),
        "paid for more than a month at once": plans["term_days"] > MONTH_DAYS + 1,
        "tax on top": ~plans["taxes_included"],
        "tax not said": plans["taxes_included"].isna(),
        "full-speed limit not said": no_limit & ~fair_use,
        "fair use assumed": fair_use,
        "slow speed assumed": speed & ~fair_use,
        "after the allowance: not said": plans["after_allowance"].isna() & plans["data_gb"].notna(),
        "stale price": plans["stale"],
    }
    holds = pd.DataFrame({words: mask.fillna(False).astype(bool) for words, mask in told.items()})
    return holds.apply(lambda row: "; ".join(holds.columns[row]), axis=1).rename("caveats")


def serving(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans that run short in at most this share of stays, the cheapest first.

    Prices count to the cent. Of plans that tie, those with an allowance, stated or assumed, come first: the others
    never run short only because nothing is known that could slow them down. Then comes the one that runs short less.
    """
    served = compared[compared["short_share"] <= most_short_share]
    rank = pd.DataFrame({"cents": (100 * served["mean_cost_usd"]).round(), "short": served["short_share"]})
    rank.insert(1, "silent", served["unused_usd"].isna())
    return served.loc[rank.sort_values(["cents", "silent", "short"], kind="stable").index]
