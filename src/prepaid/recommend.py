"""What to buy: two picks for a person's wishes, and what is known for and against each plan."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd

from prepaid.billing import compare, short_shares
from prepaid.catalog import Catalog
from prepaid.channels import LIKELY, NO, all_say, landed_cost, longest_waits, sellers_say
from prepaid.offers import OWN_FEES, WISH_NAMES, on_offer, said_to_wishes, where_to_buy
from prepaid.tariffs import after_allowance
from prepaid.top_up import BurnDowns, burn_downs, simulate
from prepaid.usage import MINUTES_A_DAY, MONTH_DAYS, UsageModel
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
# The columns of `landed_cost` with all that is paid.
ALL_IN = ["low_usd", "base_usd", "high_usd", "own_low_usd", "own_high_usd"]
# What usage is drawn from: a model, or the days of a log, of which only the order counts.
Source = UsageModel | tuple[float, ...]


@dataclass(frozen=True)
class TopUp:
    """When to buy the next pack, and what becomes of the old one; None: never, or nobody says."""

    at_gb: float | None  # buy when this much is left; never where a pack is rarely empty early
    spare: bool  # have the next one ready instead: only an assumed wait asks for over half a pack
    every_days: int | None  # buy so often; never where one purchase covers the stay
    days_ahead: int | None  # and so many days ahead
    wait_minutes: float  # from payment to data, at the longest
    wait_stated: bool  # whether a source says so
    # What early renewal does: "adds", "stacks", "queues", "replaces", "lost"; or sources differ.
    left_over: str | None
    balance: str | None  # where the seller shows what is left, in its own words
    activate_in_us: bool  # whether a source says that the first activation has to be in the USA


@dataclass(frozen=True)
class Answer:
    """What `recommend` answers, as data; `prepaid.words.told` says it.

    `on` is the day from which ages count, `stays` how many were simulated, `uses_data` whether any
    of them does. Picks are named by their `plan_id`, or None:

    - surest: the cheapest, at its own worst, of the plans of which all asked for is stated or
      likely, and which no stale price, old promotion or assumption decides;
    - cheaper: the cheapest if all that is open turns out well, if it saves a dollar or more;
    - otherwise: the best of all others;
    - twice: with twice the usage, the best plan's `plan_id`, name and base_usd; None if none serves
      or no data is used;
    - top_up, second_usd: of each pick, when to buy again, and from half a year on what as many days
      more cost; missing where nobody says;
    - missing, where there is no surest: of how many plans each set of facts is all that is missing;
    - ruled_out, where nothing fits: the smallest sets of wishes without which so many plans would.

    `plans` are those that nothing contradicts and that rarely run short, best first, by `plan_id`:
    the columns of `data.plans` and of `compare`, and

    - name; face_usd (paid for the first purchase); age_days, stale; other_price_usd and
      other_price_on, what another source showed;
    - channel_id, channel (missing: the seller's own site, of which nothing is known), channel_kind,
      its fees, url; load_usd, what has to be loaded at least, where that is more than the price;
      taxes (in the price: True, False, "likely");
    - a column per wish, and pay: what the sources say, a place in `EVIDENCE`; evidence, the worst
      of them; open, the names of all that is neither stated nor likely, with stale, old_promotion,
      assumed_limit, only_refills (where a first SIM is sold is not known), tax (in the price or not
      is not said), bound (a commitment that weak evidence reports), sim_cost (not said), sim_post
      (when the card comes is not said), other_price and promotion;
    - low_usd, base_usd, high_usd: the stay all in, whatever is unknown; own_low_usd, own_high_usd:
      by what is unknown of this plan alone; one_off_usd: of base, SIM and activation;
    - short_share, of stays; accepted_share, that which is held against the accepted risk.
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
    data, wishes
        All tables, as `load()` returns them (`take_part` picks plans), and what the person wants.
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
    (factor, source), days = _source(wishes), wishes.billed_days
    gb = factor * _drawn(source, days, seed)
    months_gb = factor * _drawn(source, min(days, MONTH_DAYS), seed)  # for the risk
    key = (factor, source, days, seed, wishes.pays_automatically)
    billed = _kept(kept, "billed", key, lambda: _billed(takers, data, wishes, gb, months_gb))
    costs = _costs(routed, billed, data, wishes, months_gb)
    known = costs["mean_cost_usd"].notna()  # what a further purchase costs is known
    met = (evidence < NO).assign(risk=costs["accepted_share"] <= wishes.most_short_share)
    plans = pd.concat([routed, evidence.drop(columns="pay"), costs], axis=1)
    plans = _hoped(plans[known & met.all(axis=1)], data, wishes, gb)
    plans = _ordered(_with_doubts(plans))
    answer = Answer(wishes, on, len(gb), bool(gb.any()), plans)
    if plans.empty:
        return replace(answer, ruled_out=_ruled_out(met[known]))
    answer = replace(answer, **_picked(plans))
    picks = plans.loc[answer.picks]
    return replace(
        answer,
        twice=_twice(plans, data, wishes, 2 * gb, 2 * months_gb) if answer.uses_data else None,
        top_up=_top_ups(picks, data, wishes, gb),
        second_usd=_second(picks, data, wishes, gb),
    )


def _kept(kept: dict | None, what: str, moved_by: tuple, make: Callable[[], object]) -> object:
    """Return what was made last, if it was moved by the same; else make it anew."""
    kept = {} if kept is None else kept
    if what not in kept or kept[what][0] != moved_by:
        kept[what] = moved_by, make()
    return kept[what][1]


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


@lru_cache(maxsize=4)
def _drawn(source: Source, days: int, seed: int) -> np.ndarray:
    """Return GB per day of simulated stays: (stays, days); other lengths are drawn apart."""
    stays = int(np.clip(DAYS_IN_ALL // days, FEWEST_STAYS, MOST_STAYS))
    return simulate(_dated(source), days, stays, seed)


def _billing(data: Catalog, wishes: Wishes, level: str = "base") -> dict:
    """Return how stays are billed: options of `compare` and `short_shares`."""
    return {"autopay": wishes.pays_automatically, "assumptions": data.assumptions[level]}


def _billed(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, gb: np.ndarray, months_gb: np.ndarray
) -> pd.DataFrame:
    """Return `compare` of the stays, and accepted_share: the risk of first months."""
    billed = compare(plans, gb, progress=False, **_billing(data, wishes))
    risks = billed["short_share"]
    if gb.shape[1] > MONTH_DAYS:
        risks = short_shares(plans, months_gb, **_billing(data, wishes))
    return billed.assign(accepted_share=risks)


def _costs(
    plans: pd.DataFrame, billed: pd.DataFrame, data: Catalog, wishes: Wishes, months_gb: np.ndarray
) -> pd.DataFrame:
    """Return `_billed`, whether an assumption decides the risk, and costs all in."""
    lowest = billed["accepted_share"].copy()
    doubtful = billed["assumed"] & (lowest <= wishes.most_short_share)
    if doubtful.any():
        lowest.update(short_shares(plans[doubtful], months_gb, **_billing(data, wishes, "low")))
    paid = _all_in(plans, billed, data, wishes)
    # At its worst, a plan costs what another source showed, if that is more.
    dearer = (plans["other_price_usd"] - plans["price_usd"]).clip(lower=0).fillna(0)
    at_worst = plans["one_off_high_usd"] + dearer * billed["mean_purchases"]
    for column in ALL_IN:
        paid[column] += at_worst if "high" in column else plans["one_off_usd"]
    return billed.assign(assumed_limit=lowest > wishes.most_short_share, **paid)


def _hoped(plans: pd.DataFrame, data: Catalog, wishes: Wishes, gb: np.ndarray) -> pd.DataFrame:
    """Return the plans with a low that leaves out commitments which only weak evidence reports."""
    unbound = plans[plans["bound"]].assign(minimum_terms=pd.NA)
    if unbound.empty:
        return plans
    billed = compare(unbound, gb, progress=False, **_billing(data, wishes))
    paid = _all_in(unbound, billed, data, wishes)
    lows = paid.filter(like="low").add(unbound["one_off_usd"], axis=0)
    return plans.assign(**lows.reindex(plans.index).fillna(plans[[*lows]]))


def _all_in(plans: pd.DataFrame, bill: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return the levels of `landed_cost` for the mean bill, paid in equal sales."""
    sales, cost_usd = bill["mean_purchases"], bill["mean_cost_usd"]
    term_days = plans["term_days"].astype(float).fillna(math.inf)
    through = data.channels.reindex(plans["channel_id"]).set_axis(plans.index)
    own = plans[[*OWN_FEES, "provider_kind"]]
    through = through.assign(**own, kind=plans["channel_kind"].fillna("carrier"))
    costs = landed_cost(
        # Rounded, or the mean of many $10 sales is a hair below the $10 from which a fee is due.
        *((cost_usd / sales).fillna(0).round(6), through, data.state_fees, data.assumptions),
        state=wishes.state,
        taxes_included=list(plans["taxes"]),
        months=(term_days.clip(upper=wishes.billed_days) / MONTH_DAYS).round().clip(lower=1),
    )
    # Nobody charges a fee for what costs nothing.
    return costs[ALL_IN].mul(sales.mask(cost_usd == 0, 0), axis=0)


def serving(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans that run short in at most this share of stays, the cheapest first.

    Prices count to the cent. Of plans that tie, those with an allowance, stated or assumed, come
    first: the others never run short only because nothing is known that could slow them down. Then
    comes the one that runs short less.
    """
    serves = compared["short_share"] <= most_short_share
    served = compared[serves & compared["mean_cost_usd"].notna()]
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
    wanting = [tuple(one for one in facts if one not in PRICED_DOUBTS) for facts in plans["open"]]
    fewest = min(map(len, wanting))
    return tuple(Counter(facts for facts in wanting if len(facts) == fewest).most_common())


def _ruled_out(met: pd.DataFrame) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Return the smallest sets of wishes without which a plan would fit, and how many would."""
    for size in range(1, len(met.columns) + 1):
        ways = {names: met.drop(columns=[*names]) for names in combinations(met, size)}
        counts = {names: int(left.all(axis=1).sum()) for names, left in ways.items()}
        if any(counts.values()):
            return tuple((names, count) for names, count in counts.items() if count)
    return ()


def _twice(
    plans: pd.DataFrame, data: Catalog, wishes: Wishes, gb: np.ndarray, months_gb: np.ndarray
) -> tuple[str, str, float] | None:
    """Return the best plan for `gb`, twice the usage, its name and cost; None if none serves.

    More usage never costs less, runs short less, or takes a doubt away. So only plans that serve
    can, and once the best of some comes before all others as they are now, it is the best. Of plans
    that tie, the one that is best now.
    """
    best = None
    for first in range(0, len(plans), PLANS_AT_ONCE):
        some, rest = plans.iloc[first : first + PLANS_AT_ONCE], plans.iloc[first + PLANS_AT_ONCE :]
        billed = _billed(some, data, wishes, gb, months_gb)
        costs = _costs(some, billed, data, wishes, months_gb)
        some = some[["name", "sure", "evidence"]].join(costs)
        some["sure"] &= ~some["assumed_limit"]
        serves = some["accepted_share"] <= wishes.most_short_share
        best = _ordered(pd.concat([best, some[serves & some["mean_cost_usd"].notna()]])).head(1)
        if _place(best).max() < _place(rest).min():
            break
    return next(best[["name", "base_usd"]].itertuples(name=None), None)


def _second(plans: pd.DataFrame, data: Catalog, wishes: Wishes, gb: np.ndarray) -> dict:
    """Return what as many days again cost, all in, by plan; after an offer, what follows it."""
    if wishes.billed_days < LONG_STAY_DAYS:
        return {}
    sums = ["mean_cost_usd", "mean_purchases"]
    twice = compare(plans, np.tile(gb, (1, 2)), progress=False, **_billing(data, wishes))
    later = (twice[sums] - plans[sums].astype(float)).clip(lower=0)
    paid = _all_in(plans, later, data, wishes)["base_usd"]
    return paid.where(twice["mean_cost_usd"].notna()).to_dict()


def _top_ups(plans: pd.DataFrame, data: Catalog, wishes: Wishes, gb: np.ndarray) -> dict:
    """Say when to buy again, so that it arrives in time; not where a pack is rarely empty early."""
    sellers, days = (plans["provider"], plans.index), gb.shape[1]
    left_over, balance, in_us = (
        all_say(sellers_say(data.seller_facts, topic, *sellers)).replace({math.nan: None})
        for topic in ("early_renewal", "balance_check", "activate_in_us")
    )
    through = data.channels.reindex(plans["channel_id"]).set_axis(plans.index)
    through = through.assign(kind=plans["channel_kind"])
    travel = plans["provider_kind"] == "travel_esim"
    waits = longest_waits(through, data.assumptions, travel_esim=travel)["base"].astype(float)
    stated = through["worst_minutes"].notna()
    lengths = plans[["term_days", "allowance_days"]].astype(float).fillna(math.inf)
    term, period = lengths["term_days"], lengths["allowance_days"]
    first_gb = [gb[:, : int(min(days, end))].sum(axis=1) for end in term]
    emptied = (np.array(first_gb) > plans["data_gb"].to_numpy()[:, None]).mean(axis=1)
    one_shot = (after_allowance(plans) == "stop") & (period >= term)
    early = one_shot & (emptied > wishes.most_short_share)
    again = (term < days) & (plans["face_usd"] > 0)
    points_gb = _points_gb(wishes, waits[early] / MINUTES_A_DAY) if early.any() else {}
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
    factor, source = _source(wishes)
    risk = min(max(wishes.most_short_share, 0.001), 0.999)
    months = math.ceil((lead_days.max() + LOOK_EVERY_DAYS) / MONTH_DAYS)
    points = _burnt_once(source, months).points(lead_days.unique(), [risk])[risk]
    return (factor * lead_days.map(points)).to_dict()


@lru_cache(maxsize=2)
def _burnt_once(source: Source, months: int) -> BurnDowns:
    """Burn data down, which takes longer than all else here, for all leads of less than so long."""
    return burn_downs(_dated(source), months * MONTH_DAYS - LOOK_EVERY_DAYS, LOOK_EVERY_DAYS)
