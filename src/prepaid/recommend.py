"""What to buy: two picks for a person's wishes, and what is known for and against each plan.

`recommend` goes step by step, and what it calls stands in that order: what is on offer and what
sources say of it (`offers`), what simulated stays cost (`_drawn`, `_billed`, `_costs`), what is
best (`_with_doubts`, `_ordered`, `_picked`), what if more is used (`_twice`, `_second`), when to
top up (`_top_ups`). A first reader can stop after `recommend`.
"""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from prepaid.billing import compare, short_shares
from prepaid.catalog import Catalog
from prepaid.channels import (
    LIKELY,
    MINUTES_A_DAY,
    NO,
    STATED,
    all_say,
    landed_cost,
    longest_waits,
    sellers_say,
)
from prepaid.offers import OWN_FEES, WISH_NAMES, on_offer, said_to_wishes, where_to_buy
from prepaid.tariffs import after_allowance
from prepaid.top_up import BurnDowns, burn_downs, simulate
from prepaid.usage import MONTH_DAYS, UsageModel
from prepaid.wishes import Wishes

# Simulated days in all, cut into stays: enough for a steady answer, few enough for one in a moment.
DAYS_IN_ALL, FEWEST_STAYS, MOST_STAYS = 90_000, 250, 2_000
# From this length on, what as many days more cost is told too: an offer may end.
LONG_STAY_DAYS = 180
# Plans that are billed at a time for twice the usage, the best first: more are rarely needed.
PLANS_AT_ONCE = 32
# A difference for which nobody changes a plan.
ABOUT_EQUAL_USD = 1.0
# A promotion is sure for so long after it was seen: that it runs for a month is an assumption. (Of
# list prices a third moves by more than 5 % within 150 days; a promotion is there to end.)
PROMOTION_DAYS = 30
# A phone shows all day what is left; that somebody looks every hour is an assumption.
LOOK_EVERY_DAYS = 1 / 24
# Doubts that keep a plan from being the surest, and those that do not: they are asked about, and
# what has a figure is in the plan's own high cost.
DECIDING_DOUBTS = ("assumed_limit", "stale", "old_promotion", "only_refills")
PRICED_DOUBTS = ("tax", "bound", "sim_cost", "sim_post", "other_price", "promotion")


@dataclass(frozen=True)
class TopUp:
    """When to buy the next pack, and what becomes of the old one.

    Parameters
    ----------
    at_gb
        Buy when this much is left; None where a pack is rarely empty before its time.
    spare
        Have the next pack ready instead, because that much would be over half of a pack, and only
        an assumed wait asks for it.
    every_days, days_ahead
        Buy every so many days, so many days ahead; None where one purchase covers the stay.
    wait_minutes, wait_stated
        From payment to data, at the longest, and whether a source says so.
    left_over
        What early renewal does to what is left: "adds", "stacks", "queues", "replaces" or "lost";
        None: not said, or sources differ.
    balance
        Where the seller shows what is left, in its own words; None: not said.
    activate_in_us
        Whether a source says that the first activation has to happen in the USA.
    """

    at_gb: float | None
    spare: bool
    every_days: int | None
    days_ahead: int | None
    wait_minutes: float
    wait_stated: bool
    left_over: str | None
    balance: str | None
    activate_in_us: bool


@dataclass(frozen=True)
class Answer:
    """What `recommend` answers, as data; `prepaid.words.told` says it.

    Parameters
    ----------
    wishes, on
        What was asked, and the day from which ages count.
    stays, uses_data
        How many stays were simulated, and whether any of them uses data.
    plans
        The plans that nothing contradicts and that rarely run short, best first, by `plan_id`: the
        columns of `data.plans` and of `compare`, and

        - name; face_usd (paid for the first purchase); age_days, stale; other_price_usd and
          other_price_on, what another source showed;
        - channel_id, channel (missing: the seller's own site, of which nothing is known),
          channel_kind, its fees; url, the seller's or the channel's; load_usd, what has to be
          loaded at least, where that is more than the price; taxes (in the price: True, False,
          "likely");
        - a column per wish, and pay: what the sources say, a place in `EVIDENCE`; evidence, the
          worst of them; open, the names of all that is neither stated nor likely, with stale,
          old_promotion, assumed_limit, only_refills (where a first SIM is sold is not known),
          tax (in the price or not is not said), bound (a commitment that weak evidence reports),
          sim_cost (not said), sim_post (when the card comes is not said), other_price and
          promotion;
        - low_usd, base_usd, high_usd: the stay all in, whatever is unknown; own_low_usd and
          own_high_usd: by what is unknown of this plan alone; one_off_usd: of base, SIM and
          activation;
        - short_share, of stays; accepted_share, that which is held against the accepted risk.
    surest
        The cheapest, at its own worst, of the plans of which all asked for is stated or likely, and
        which no stale price, old promotion or assumption decides; None if there is none.
    cheaper
        The cheapest if all that is open turns out well; None where it saves less than a dollar.
    otherwise
        The best of all others.
    twice
        With twice the usage, the best plan's `plan_id`, name and base_usd; None if none serves
        or no data is used.
    missing
        Where there is no surest: of how many plans each set of facts is all that is missing.
    ruled_out
        Where nothing fits: the smallest sets of wishes without which something would, with counts.
    top_up
        When to buy the next, by `plan_id` of the picks: a `TopUp`.
    second_usd
        For a stay of half a year and more, what as many days more cost, by `plan_id` of the picks;
        missing where nobody says what comes after an offer.
    """

    wishes: Wishes
    on: dt.date
    stays: int
    uses_data: bool
    plans: pd.DataFrame
    surest: str | None = None
    cheaper: str | None = None
    otherwise: str | None = None
    twice: tuple[str, str, float] | None = None
    missing: tuple[tuple[tuple[str, ...], int], ...] = ()
    ruled_out: tuple[tuple[tuple[str, ...], int], ...] = ()
    top_up: dict[str, TopUp] | None = None
    second_usd: dict[str, float] | None = None

    @property
    def picks(self) -> list[str]:
        """The `plan_id` of the surest and of the cheaper pick, as far as there are any."""
        return [pick for pick in (self.surest, self.cheaper) if pick is not None]


def recommend(
    data: Catalog,
    wishes: Wishes,
    *,
    on: dt.date | None = None,
    seed: int = 0,
    kept: dict | None = None,
) -> Answer:
    """Recommend a plan that is safe to buy and, where there is one, a cheaper one to ask about.

    What a source says against a wish excludes a plan. All else is ordered by evidence (`EVIDENCE`).
    Costs are the mean bill over simulated stays, in equal sales, each with what comes on top
    (`landed_cost`), and one-off costs; an empty pack is bought again.

    Parameters
    ----------
    data
        All tables, as `load()` returns them; `take_part` picks among its plans.
    wishes
        What the person wants.
    on
        The day from which ages count; by default today.
    seed
        The same whole number gives the same figures.
    kept
        A dictionary for many answers from the same `data`, unchanged: the last prices, routes and
        bills are kept in it, and serve again while nothing that moves them is asked otherwise.

    Raises
    ------
    ValueError
        If no plan takes part, or the state is unknown.
    """
    on = dt.date.today() if on is None else on
    key = (on, wishes.pays_automatically, wishes.stated_only, wishes.esim_phone)
    takers = _kept(kept, "takers", key, lambda: on_offer(data, wishes, on))
    key = (*key, wishes.payment, wishes.state)
    routed = _kept(kept, "routed", key, lambda: takers.join(where_to_buy(takers, data, wishes)))
    evidence = said_to_wishes(routed, data, wishes)
    key = (wishes.billed_days, *_source(wishes), seed, wishes.pays_automatically)
    stays = _kept(kept, "stays", key, lambda: _billed(takers, data, wishes, *_drawn(wishes, seed)))
    costs = _costs(routed, data, wishes, stays)
    known = costs["mean_cost_usd"].notna()  # what a further purchase costs is known
    serves = costs["accepted_share"] <= wishes.most_short_share
    fits = known & serves & (evidence < NO).all(axis=1)
    plans = pd.concat([routed, evidence.drop(columns="pay"), costs], axis=1)[fits]
    plans = _ordered(_with_doubts(_hoped(plans, data, wishes, stays.stays_gb)))
    answer = Answer(wishes, on, len(stays.stays_gb), bool(stays.stays_gb.any()), plans)
    if plans.empty:
        evidence["risk"] = np.where(serves, STATED, NO)
        return replace(answer, ruled_out=_ruled_out(evidence[known]))
    answer = replace(answer, **_picked(plans))
    picks = plans.loc[answer.picks]
    return replace(
        answer,
        twice=_twice(plans, data, wishes, stays) if answer.uses_data else None,
        top_up=_top_ups(picks, data, wishes, stays.stays_gb),
        second_usd=_second(picks, data, wishes, stays.stays_gb),
    )


def _kept(kept: dict | None, what: str, moved_by: tuple, make: Callable[[], object]) -> object:
    """Return what was made last, if it was moved by the same; else make it anew."""
    kept = {} if kept is None else kept
    if what not in kept or kept[what][0] != moved_by:
        kept[what] = moved_by, make()
    return kept[what][1]


# What usage is drawn from: a model, or the days of a log, of which only the order counts.
Source = UsageModel | tuple[float, ...]


def _source(wishes: Wishes) -> tuple[float, Source]:
    """Return what drawn usage is multiplied by, and what it is drawn from."""
    if isinstance(wishes.usage, pd.Series):
        return 1.0, tuple(wishes.usage)
    if isinstance(wishes.usage, UsageModel):
        return 1.0, wishes.usage
    return float(wishes.usage), UsageModel.known_average(MONTH_DAYS)


def _dated(source: Source) -> UsageModel | pd.Series:
    """Return a log with days again, whichever."""
    if isinstance(source, UsageModel):
        return source
    return pd.Series(source, pd.date_range("2026-01-01", periods=len(source)))


def _drawn(wishes: Wishes, seed: int) -> list[np.ndarray]:
    """Return GB per day of simulated stays and, drawn apart, first months: (stays, days) each."""
    factor, source = _source(wishes)
    months = min(wishes.billed_days, MONTH_DAYS)
    return [factor * _drawn_once(source, days, seed) for days in (wishes.billed_days, months)]


@lru_cache(maxsize=4)
def _drawn_once(source: Source, days: int, seed: int) -> np.ndarray:
    stays = int(np.clip(DAYS_IN_ALL // days, FEWEST_STAYS, MOST_STAYS))
    return simulate(_dated(source), days, stays, seed)


# The columns of `landed_cost` with all that is paid.
ALL_IN = ("low_usd", "base_usd", "high_usd", "own_low_usd", "own_high_usd")


class _BilledStays(NamedTuple):
    """What `_drawn` returns, and `compare` of the stays.

    Its accepted_share is the risk that is held against the accepted one: of first months.
    """

    stays_gb: np.ndarray
    months_gb: np.ndarray
    billed: pd.DataFrame


def _rule(data: Catalog, wishes: Wishes, level: str = "base") -> dict:
    """Return by what rule stays are billed: options of `compare` and `short_shares`."""
    return {"autopay": wishes.pays_automatically, "assumptions": data.assumptions[level]}


def _billed(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays_gb: np.ndarray, months_gb: np.ndarray
) -> _BilledStays:
    billed = compare(plans, stays_gb, progress=False, **_rule(data, wishes))
    risks = billed["short_share"]
    if stays_gb.shape[1] > MONTH_DAYS:
        risks = short_shares(plans, months_gb, **_rule(data, wishes))
    return _BilledStays(stays_gb, months_gb, billed.assign(accepted_share=risks))


def _costs(plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays: _BilledStays) -> pd.DataFrame:
    """Return `compare` of the stays, whether an assumption decides the risk, and costs all in."""
    billed, paid = stays.billed, _all_in(plans, stays.billed, data, wishes)
    lowest = billed["accepted_share"].copy()
    doubtful = billed["assumed"] & (lowest <= wishes.most_short_share)
    if doubtful.any():
        rule = _rule(data, wishes, "low")
        lowest.update(short_shares(plans[doubtful], stays.months_gb, **rule))
    # At its worst, a plan costs what another source showed, if that is more.
    dearer = (plans["other_price_usd"] - plans["price_usd"]).clip(lower=0).fillna(0)
    at_worst = plans["one_off_high_usd"] + dearer * billed["mean_purchases"]
    for column in ALL_IN:
        paid[column] += at_worst if "high" in column else plans["one_off_usd"]
    return billed.assign(assumed_limit=lowest > wishes.most_short_share, **paid)


def _hoped(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays_gb: np.ndarray
) -> pd.DataFrame:
    """Return the plans with a low that leaves out commitments which only weak evidence reports."""
    unbound = plans[plans["bound"]].assign(minimum_terms=pd.NA)
    if unbound.empty:
        return plans
    billed = compare(unbound, stays_gb, progress=False, **_rule(data, wishes))
    paid = _all_in(unbound, billed, data, wishes)
    lows = paid.filter(like="low").add(unbound["one_off_usd"], axis=0)
    return plans.assign(**lows.reindex(plans.index).fillna(plans[[*lows]]))


def _all_in(
    plans: pd.DataFrame, billed: pd.DataFrame, data: Catalog, wishes: Wishes
) -> pd.DataFrame:
    """Return the levels of `landed_cost` for the mean bill, paid in equal sales."""
    sales, cost_usd = billed["mean_purchases"], billed["mean_cost_usd"]
    term_days = plans["term_days"].astype(float).fillna(math.inf)
    through = data.channels.reindex(plans["channel_id"]).set_axis(plans.index)
    through = through.assign(
        **plans[OWN_FEES],
        kind=plans["channel_kind"].fillna("carrier"),
        provider_kind=plans["provider_kind"],
    )
    costs = landed_cost(
        # Rounded, or the mean of many $10 sales is a hair below the $10 from which a fee is due.
        *((cost_usd / sales).fillna(0).round(6), through, data.state_fees, data.assumptions),
        state=wishes.state,
        taxes_included=list(plans["taxes"]),
        months=(term_days.clip(upper=wishes.billed_days) / MONTH_DAYS).round().clip(lower=1),
    )
    # Nobody charges a fee for what costs nothing.
    return costs[[*ALL_IN]].mul(sales.mask(cost_usd == 0, 0), axis=0)


def serving(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans that run short in at most this share of stays, the cheapest first.

    Prices count to the cent. Of plans that tie, those with an allowance, stated or assumed, come
    first: the others never run short only because nothing is known that could slow them down. Then
    comes the one that runs short less.
    """
    served = compared[
        (compared["short_share"] <= most_short_share) & compared["mean_cost_usd"].notna()
    ]
    cents, silent = (100 * served["mean_cost_usd"]).round(), served["unused_usd"].isna()
    rank = pd.DataFrame({"cents": cents, "silent": silent, "short": served["short_share"]})
    return served.loc[rank.sort_values(list(rank), kind="stable").index]


def _with_doubts(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans with evidence, open and sure, and the facts that are open."""
    promotion, old = plans["offer"] == "promo", plans["age_days"] > PROMOTION_DAYS
    plans = plans.assign(
        old_promotion=promotion & old,
        promotion=promotion & ~old,
        other_price=plans["other_price_usd"].notna(),
        tax=~plans["taxes"].isin([True, False]),
        sim_post=plans["needs_sim"] & (plans["channel_kind"] != "store"),
    )
    asked = plans[[name for name in WISH_NAMES if name in plans]]
    doubts = (asked > LIKELY).join(plans[[*DECIDING_DOUBTS, *PRICED_DOUBTS]].astype(bool))
    return plans.assign(
        evidence=asked.max(axis=1),
        open=[tuple(doubts.columns[row]) for row in doubts.to_numpy(bool)],
        sure=~doubts.drop(columns=[*PRICED_DOUBTS]).any(axis=1),
    )


def _ordered(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans, the best first: sure, then by evidence, then by cost at their own worst."""
    cheapest = serving(plans.assign(mean_cost_usd=plans["own_high_usd"]), 1)
    return plans.loc[_place(cheapest).sort_values(kind="stable").index]


def _place(plans: pd.DataFrame) -> pd.Series:
    """Return the number by which plans are ordered: cents, more for evidence, most for doubts."""
    tier = 10 * ~plans["sure"] + plans["evidence"].clip(lower=LIKELY)
    return 1e12 * tier + (100 * plans["own_high_usd"]).round()


def _picked(plans: pd.DataFrame) -> dict:
    """Return four fields of `Answer`: surest, cheaper, otherwise and missing."""
    first, hoped = plans.index[0], plans["own_low_usd"]
    surest = first if plans["sure"][first] else None
    cheaper = hoped.idxmin()
    if surest is not None and hoped[cheaper] > hoped[surest] - ABOUT_EQUAL_USD:
        cheaper = None
    otherwise = next((key for key in plans.index if key not in (surest, cheaper)), None)
    missing = _missing(plans) if surest is None else ()
    return {"surest": surest, "cheaper": cheaper, "otherwise": otherwise, "missing": missing}


def _missing(plans: pd.DataFrame) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Return of how many plans each set of facts is all that is missing; only the smallest sets."""
    wanting = plans["open"].map(
        lambda facts: tuple(one for one in facts if one not in PRICED_DOUBTS)
    )
    fewest = wanting[wanting.map(len) == wanting.map(len).min()]
    return tuple(fewest.value_counts().items())


def _ruled_out(evidence: pd.DataFrame) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Return the smallest sets of wishes without which a plan would fit, and how many would."""
    fits = evidence < NO
    for size in range(1, len(fits.columns) + 1):
        ways = {names: fits.drop(columns=[*names]) for names in combinations(fits, size)}
        counts = {names: int(left.all(axis=1).sum()) for names, left in ways.items()}
        if any(counts.values()):
            return tuple((names, count) for names, count in counts.items() if count)
    return ()


def _twice(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays: _BilledStays
) -> tuple[str, str, float] | None:
    """Return the best plan for twice the usage, its name and cost; None if none serves.

    More usage never costs less, runs short less, or takes a doubt away. So only plans that serve
    can, and once the best of some comes before all others as they are now, it is the best. Of plans
    that tie, the one that is best now.
    """
    gb, best = (2 * stays.stays_gb, 2 * stays.months_gb), None
    for first in range(0, len(plans), PLANS_AT_ONCE):
        some, rest = plans.iloc[first : first + PLANS_AT_ONCE], plans.iloc[first + PLANS_AT_ONCE :]
        costs = _costs(some, data, wishes, _billed(some, data, wishes, *gb))
        some = some[["name", "sure", "evidence"]].join(costs)
        some["sure"] &= ~some["assumed_limit"]
        serves = some["accepted_share"] <= wishes.most_short_share
        best = _ordered(pd.concat([best, some[serves & some["mean_cost_usd"].notna()]])).head(1)
        if _place(best).max() < _place(rest).min():
            break
    return next(best[["name", "base_usd"]].itertuples(name=None), None)


def _second(plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays_gb: np.ndarray) -> dict:
    """Return what as many days again cost, all in, by plan; after an offer, what follows it."""
    if wishes.billed_days < LONG_STAY_DAYS:
        return {}
    sums = ["mean_cost_usd", "mean_purchases"]
    twice = compare(plans, np.tile(stays_gb, (1, 2)), progress=False, **_rule(data, wishes))
    later = (twice[sums] - plans[sums].astype(float)).clip(lower=0)
    paid = _all_in(plans, later, data, wishes)["base_usd"]
    return paid.where(twice["mean_cost_usd"].notna()).to_dict()


def _top_ups(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, stays_gb: np.ndarray
) -> dict[str, TopUp]:
    """Say when to buy again, so that it arrives in time; not where a pack is rarely empty early."""
    sellers, days = (plans["provider"], plans.index), stays_gb.shape[1]
    left_over, balance, in_us = (
        all_say(sellers_say(data.seller_facts, topic, *sellers)).replace({math.nan: None})
        for topic in ("early_renewal", "balance_check", "activate_in_us")
    )
    through = data.channels.reindex(plans["channel_id"]).set_axis(plans.index)
    through = through.assign(kind=plans["channel_kind"])
    travel = (plans["provider_kind"] == "travel_esim").to_numpy()
    waits = longest_waits(through, data.assumptions, travel_esim=travel)["base"].astype(float)
    stated = through["worst_minutes"].notna()
    term, period = (
        plans[f"{gap}_days"].astype(float).fillna(math.inf) for gap in ("term", "allowance")
    )
    first_gb = [stays_gb[:, : int(min(days, end))].sum(axis=1) for end in term]
    emptied = (np.array(first_gb) > plans["data_gb"].to_numpy()[:, None]).mean(axis=1)
    one_shot = (after_allowance(plans) == "stop") & (period >= term)
    early = one_shot & (emptied > wishes.most_short_share)
    again = (term < days) & (plans["face_usd"] > 0)
    points_gb = _points_gb(wishes, waits[early] / MINUTES_A_DAY)
    found = {}
    for plan_id, pack_gb in plans["data_gb"].items():
        at_gb, minutes = points_gb.get(plan_id), waits[plan_id]
        spare = at_gb is not None and at_gb > pack_gb / 2 and not stated[plan_id]
        found[plan_id] = TopUp(
            at_gb=None if spare else at_gb,
            spare=spare,
            every_days=int(term[plan_id]) if again[plan_id] else None,
            days_ahead=max(1, math.ceil(minutes / MINUTES_A_DAY)) if again[plan_id] else None,
            wait_minutes=float(minutes),
            wait_stated=bool(stated[plan_id]),
            left_over=left_over[plan_id],
            balance=balance[plan_id],
            activate_in_us=in_us[plan_id] == "yes",
        )
    return found


def _points_gb(wishes: Wishes, lead_days: pd.Series) -> dict[str, float]:
    """Return the remaining GB at which to top up, by plan, for somebody who looks every hour."""
    if lead_days.empty:
        return {}
    factor, source = _source(wishes)
    risk, leads = min(max(wishes.most_short_share, 0.001), 0.999), sorted({*lead_days})
    months = math.ceil((leads[-1] + LOOK_EVERY_DAYS) / MONTH_DAYS)
    points = _burnt_once(source, months * MONTH_DAYS).points(leads, [risk])[risk]
    return {plan_id: float(factor * points[lead]) for plan_id, lead in lead_days.items()}


@lru_cache(maxsize=2)
def _burnt_once(source: Source, days: int) -> BurnDowns:
    """Burn data down, which takes longer than all else here, for all leads of less than so long."""
    return burn_downs(_dated(source), days - LOOK_EVERY_DAYS, LOOK_EVERY_DAYS)
