"""What to buy: the plans that fit a person's wishes, by what the whole stay costs with all charges.

`recommend` goes step by step, and the functions stand in that order: who takes part (`take_part`),
through which channel (`_routes`), what the sources answer to each wish (`_answers`), what simulated
stays cost (`_simulated`), in which order (`_ranked`), and why (`_explained`, `_sentence`).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from numbers import Real

import numpy as np
import pandas as pd

from prepaid.billing import compare, stops, with_fair_use
from prepaid.catalog import Catalog
from prepaid.catalog.kinds import NETWORKS
from prepaid.channels import MINUTES_A_DAY, landed_cost, longest_waits, usable_channels
from prepaid.prices import plan_names, unit_prices
from prepaid.top_up import reorder_point, simulate
from prepaid.usage import MONTH_DAYS, YEAR_DAYS, UsageModel

LONGEST_STAY_DAYS = 365
PAYMENTS = {"foreign_card": "a foreign card", "us_card": "a US card", "cash": "cash"}
# The same means in the words of `usable_channels`.
PAYS = {"foreign_card": "foreign_card", "us_card": "us_card", "cash": "cash_only"}
# Simulated days in all, cut into stays: enough for a steady answer, few enough for one in a moment.
DAYS_IN_ALL, FEWEST_STAYS, MOST_STAYS = 90_000, 250, 2_000
COSTS = ["name", "all_in_usd", "low_usd", "high_usd", "short_share", "usd_per_carried_gb"]
SOURCE = ["source", "source_url", "as_of"]
BEST = [*COSTS, "channel", "top_up", "to_check", "caveats", *SOURCE]
# Stands in for the channel of a brand whose own site or app is not in channels.csv.
SELLER = "seller"


@dataclass(frozen=True)
class Wishes:
    """What a person wants.

    Parameters
    ----------
    days
        Length of the stay, 1 to 365. From 360 on it counts as a year of twelve 30-day months.
    usage
        GB per day on average (0: only the number matters), a model, or a log (`read_usage`).
    visitor
        False leaves out what only visitors may buy.
    esim_phone
        False leaves out what comes as an eSIM only.
    us_number
        The plan has calls and texts and is a carrier's or an MVNO's; whether a travel eSIM's number
        is a US one, our sources do not say.
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
        Accepted chance that the stay has a day with slow or missing data; of a stay beyond 30 days,
        that its first 30 have one: over a year, hardly any plan is never short.
    rows
        How many plans to recommend.
    seed
        The same integer gives the same figures.

    Raises
    ------
    ValueError
        With every field that is not allowed.
    """

    days: int = 10
    usage: float | UsageModel | pd.Series = 1.0
    visitor: bool = True
    esim_phone: bool = True
    us_number: bool = False
    hotspot_gb: float = 0.0
    network: str | None = None
    payment: str = "foreign_card"
    state: str | None = None
    autopay: bool = False
    most_short_share: float = 0.05
    rows: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is not allowed, all at once."""

        def number(name: str, low: float, high: float, kind: type = Real) -> bool:
            value = getattr(self, name)
            plain = isinstance(value, kind | np.integer) and not isinstance(value, bool)
            return plain and low <= value <= high

        ticks = ("visitor", "esim_phone", "us_number", "autopay")
        is_source = isinstance(self.usage, UsageModel | pd.Series) or number("usage", 0, 1_000)
        is_code = isinstance(self.state, str) and len(self.state) == 2 and self.state.isupper()
        networks, payments = ", ".join(NETWORKS), ", ".join(PAYMENTS)
        checks = {
            "days": (number("days", 1, LONGEST_STAY_DAYS, int), "a whole number from 1 to 365"),
            "usage": (is_source, "0 to 1000 GB per day, a UsageModel, or a log"),
            **{name: (isinstance(getattr(self, name), bool), "True or False") for name in ticks},
            "hotspot_gb": (number("hotspot_gb", 0, 1_000), "0 to 1000 GB per day"),
            "network": (self.network in (None, *NETWORKS), f"{networks}, or None"),
            "payment": (self.payment in PAYMENTS, payments),
            "state": (self.state is None or is_code, "a postal code such as 'CA', or None"),
            "most_short_share": (number("most_short_share", 0, 1), "0 to 1"),
            "rows": (number("rows", 1, math.inf, int), "a whole number of at least 1"),
            "seed": (number("seed", 0, math.inf, int), "a whole number of at least 0"),
        }
        problems = [
            f"{name} is {getattr(self, name)!r} (allowed: {allowed})"
            for name, (holds, allowed) in checks.items()
            if not holds
        ]
        if not problems and isinstance(self.usage, Real) and self.hotspot_gb > self.usage:
            allowed = f"at most the usage, {self.usage:g} GB per day: it is part of it"
            problems = [f"hotspot_gb is {self.hotspot_gb:g} (allowed: {allowed})"]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def billed_days(self) -> int:
        """Days that are paid for: plans are sold by 30, 90, 180 and 360, not by 365."""
        return min(self.days, YEAR_DAYS)

    @property
    def pays_automatically(self) -> bool:
        """Whether AutoPay prices hold."""
        return self.autopay and self.payment != "cash"


@dataclass(frozen=True)
class Recommendation:
    """The answer of `recommend`.

    Parameters
    ----------
    best
        The best plans, best first, indexed by `plan_id`: name; all_in_usd, low_usd and high_usd of
        the stay; short_share; usd_per_carried_gb (all in); channel and top_up in words; to_check
        (wishes on which the sources are silent) and caveats; source, source_url and as_of.
    everyone
        All plans that may fit, whatever their risk, with the columns of the catalogue, of `compare`
        and of `best` up to usd_per_carried_gb, and to_check.
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


def recommend(data: Catalog, wishes: Wishes) -> Recommendation:
    """Recommend plans for a stay, by simulation.

    What a source says against a wish excludes a plan; where it is silent, the plan stands behind
    all that are known to fit, with the wish under `to_check`. One exception: few sources say which
    cards a seller takes, so their silence moves no plan, and stands beside the channel.

    The order is that of all-in cost: the mean bill of the stay with the base of `landed_cost`,
    through the channel that is best known to take the payment, then cheapest; ties as in `serving`.
    Empty packs are bought again. `top_up` leaves time for the channel's longest wait, or an assumed
    one.

    Parameters
    ----------
    data
        All tables, as `load()` returns them; `take_part` picks among its plans.
    wishes
        What the person wants.

    Raises
    ------
    ValueError
        If no plan takes part.
    """
    data = replace(data, channels=_with_seller(data.channels))
    risk, days = wishes.most_short_share, wishes.billed_days
    takers = _takers(data.plans, wishes)
    takers = takers.join(_routes(takers, data, wishes))
    answers = _answers(takers, wishes)
    takers["to_check"] = _to_check(answers, takers["pay_reason"], wishes)
    everyone = _simulated(takers, data, wishes)
    may_fit = (answers != "no").all(axis=1)
    ranked = _ranked(everyone[may_fit], risk)
    if ranked.empty:
        within = np.where(everyone["short_share"] > risk, "no", "yes")
        answers[f"short in at most {risk:.0%} of {_unit(days)}s"] = within
        sentence = ruled_out = _ruled_out(answers)
        best = ranked.reindex(columns=BEST)
    else:
        stays_gb = _drawn(wishes, days)
        twice = _simulated(takers[may_fit], data, wishes, times=2) if stays_gb.any() else None
        sentence = _sentence(ranked, None if twice is None else _ranked(twice, risk), wishes)
        best, ruled_out = _explained(ranked.head(wishes.rows), stays_gb, data, wishes)[BEST], ""
    return Recommendation(best, everyone[may_fit], sentence, ruled_out, days, risk)


def take_part(plans: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return the plans that a phone can be on for a stay of so many days.

    Two kinds of rows are left out. Tablet lines: plans of a carrier or an MVNO without calls and
    texts. And introductory or promotional prices, which hold for the first purchase, unless that
    one covers the stay and nothing is bought on top: a one-shot pack that stops when empty would be
    bought again at a price that nobody gets.
    """
    tablet = (plans["provider_kind"] != "travel_esim") & (~plans["voice_text"]).fillna(False)
    lengths = _lengths(plans)
    one_shot = stops(plans) & (lengths["allowance_days"] >= lengths["term_days"])
    once = (lengths["term_days"] >= days) & ~one_shot
    return plans[~tablet & ((plans["offer"] == "standard") | once)]


def _lengths(plans: pd.DataFrame) -> pd.DataFrame:
    """Return term_days and allowance_days as numbers; what never ends is infinite."""
    return plans[["term_days", "allowance_days"]].astype(float).fillna(math.inf)


def _takers(plans: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """Return the plans that take part, with name and face_usd, the price of one purchase."""
    takers = take_part(plans, wishes.billed_days)
    face_usd = takers["price_usd"]
    if wishes.pays_automatically:
        face_usd = takers["autopay_price_usd"].fillna(face_usd)
    return takers.assign(name=plan_names(takers), face_usd=face_usd)


def _with_seller(channels: pd.DataFrame) -> pd.DataFrame:
    """Return the channels and one more, of which nothing is known: the seller's own site or app."""
    channels = channels.reindex([*channels.index, SELLER])
    channels.loc[SELLER, ["channel", "kind"]] = ["the seller's own site or app", "carrier"]
    return channels


def _routes(plans: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return for each plan the channel to buy through.

    Left out are channels for a saved card or automatic renewal (unless by AutoPay), those that sell
    credit only where the plan is none, and those whose limits exclude its price. A plan that none
    of the brand's own channels can sell is bought on the seller's own site or app, of which nothing
    is known. Columns: channel_id, seller, channel (with notes), usable, pay_reason.
    """
    channels, usable = data.channels, usable_channels(data.channels, **{PAYS[wishes.payment]: True})
    first = ~channels["payment_methods"].str.startswith("saved").fillna(False)
    first &= wishes.pays_automatically | ~channels["automatic"].fillna(False)
    serves = channels[first].assign(provider=channels["brands"].str.split("; ")).explode("provider")
    wanted = plans[["face_usd", "taxes_included", "provider"]].astype({"provider": str})
    wanted["credit"] = plans["plan"].str.contains("pay as you go|paygo", case=False)
    wanted = wanted.reset_index()
    limits = ["provider", "kind", "credit_only", "min_usd", "max_usd"]
    pairs = wanted.merge(serves[limits].reset_index(), on="provider")
    excluded = (pairs["face_usd"] < pairs["min_usd"]) | (pairs["face_usd"] > pairs["max_usd"])
    pairs = pairs[~excluded & (pairs["credit"] | ~pairs["credit_only"].fillna(False))]
    own_sold = pairs.loc[pairs["kind"] == "carrier", "plan_id"]
    others = wanted[~wanted["plan_id"].isin(own_sold)].assign(channel_id=SELLER)
    pairs = pd.concat([pairs, others], ignore_index=True)
    through = channels.loc[pairs["channel_id"]]
    costs = _landed(pairs["face_usd"], through, pairs["taxes_included"], data, wishes)
    fits = usable.loc[pairs["channel_id"]]
    pairs["seller"] = through["channel"].to_numpy()
    pairs["usable"], pairs["pay_reason"] = fits["usable"].to_numpy(), fits["reason"].to_numpy()
    notes = (" (" + pairs["pay_reason"] + ")").where(pairs["pay_reason"] != "", "")
    pairs["channel"] = pairs["seller"] + notes
    pairs["rank"] = pairs["usable"].map({"yes": 0, "unknown": 1, "no": 2})
    pairs["cents"] = (100 * costs["base_usd"]).round().to_numpy()
    chosen = pairs.sort_values(["rank", "cents"], kind="stable").drop_duplicates("plan_id")
    return chosen.set_index("plan_id")[["channel_id", "seller", "channel", "usable", "pay_reason"]]


def _landed(face_usd, through, taxes_included, data, wishes: Wishes, months=1) -> pd.DataFrame:
    """Return `landed_cost` in the person's state."""
    options = {"state": wishes.state, "taxes_included": taxes_included, "months": months}
    return landed_cost(face_usd, through, data.state_fees, data.assumptions, **options)


def _answer(yes: pd.Series, no: pd.Series) -> np.ndarray:
    """Return "yes", "no" or, where neither holds for certain, "unknown"."""
    holds = [mask.fillna(False).to_numpy(bool) for mask in (yes, no)]
    return np.select(holds, ["yes", "no"], "unknown")


def _paying(wishes: Wishes) -> str:
    return f"paying with {PAYMENTS[wishes.payment]}"


def _answers(plans: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """Return what each plan's source answers: "yes", "no" or "unknown", a column per wish."""
    answers = {}
    if not wishes.visitor:
        answers["open to residents"] = _answer(~plans["tourist_only"], plans["tourist_only"])
    if not wishes.esim_phone:
        physical = plans["sim"].isin(["physical", "both"])
        answers["a SIM for a phone without eSIM"] = _answer(physical, plans["sim"] == "esim")
    if wishes.us_number:
        from_home = plans["provider_kind"] != "travel_esim"
        answers["a US number"] = _answer(plans["voice_text"] & from_home, ~plans["voice_text"])
    if wishes.hotspot_gb:
        days = wishes.billed_days
        period_days = plans["allowance_days"].astype(float).fillna(days).clip(upper=days)
        needed_gb = wishes.hotspot_gb * period_days
        enough = plans["hotspot_unlimited"] | (plans["hotspot_gb"] >= needed_gb)
        wish = f"{wishes.hotspot_gb:g} GB of hotspot a day"
        answers[wish] = _answer(enough, plans["hotspot_gb"] < needed_gb)
    if wishes.network is not None:
        names = plans["network"].astype(object).fillna("multi")
        on_it = names.str.split("+").map(lambda names: wishes.network in names)
        answers[f"{wishes.network}'s network"] = _answer(on_it, ~on_it & (names != "multi"))
    answers[_paying(wishes)] = plans["usable"]
    return pd.DataFrame(answers, index=plans.index)


def _to_check(answers: pd.DataFrame, pay_reason: pd.Series, wishes: Wishes) -> pd.Series:
    """Return the wishes that a plan's sources leave open; of cards, only what is taken in part."""
    left_open = answers == "unknown"
    if wishes.payment != "cash":
        left_open[_paying(wishes)] &= pay_reason.str.contains("in part")
    return _words(left_open)


def _words(holds: pd.DataFrame) -> pd.Series:
    """Return for each row the names of the columns that hold, joined by "; "."""
    return holds.apply(lambda row: "; ".join(holds.columns[row]), axis=1)


def _ruled_out(answers: pd.DataFrame) -> str:
    """Say which smallest sets of wishes would leave a plan if they were given up."""
    fits = answers != "no"
    for size in range(1, len(fits.columns) + 1):
        ways = []
        for names in combinations(fits, size):
            if count := fits.drop(columns=[*names]).all(axis=1).sum():
                ways.append(f"“{'” and “'.join(names)}” (leaves {count})")
        if ways:
            return f"Nothing fits all wishes. Something would without {', or without '.join(ways)}."
    raise AssertionError("without any wish, every plan fits")


def _source(wishes: Wishes) -> tuple[float, UsageModel | pd.Series]:
    """Return what usage is drawn from, and what it is multiplied by."""
    if isinstance(wishes.usage, Real):
        return wishes.usage, UsageModel.known_average(MONTH_DAYS)
    return 1.0, wishes.usage


def _drawn(wishes: Wishes, days: int) -> np.ndarray:
    """Return simulated GB per day: (stays, days)."""
    stays = int(np.clip(DAYS_IN_ALL // days, FEWEST_STAYS, MOST_STAYS))
    factor, source = _source(wishes)
    return factor * simulate(source, days, stays, wishes.seed)


def _simulated(plans: pd.DataFrame, data: Catalog, wishes: Wishes, times: float = 1) -> pd.DataFrame:
    """Return the plans with the figures of `compare` and `_all_in` for so many times the usage."""

    def compared(days: int) -> pd.DataFrame:
        options = {"autopay": wishes.pays_automatically, "progress": False}
        usage = times * _drawn(wishes, days)
        return compare(plans, usage, assumptions=data.assumptions["base"], **options)

    billed = compared(wishes.billed_days)
    if wishes.billed_days > MONTH_DAYS:
        billed["short_share"] = compared(MONTH_DAYS)["short_share"]
    paid = _all_in(plans.join(billed), data, wishes)
    billed["usd_per_carried_gb"] *= paid["all_in_usd"] / billed["mean_cost_usd"]
    return plans.join(billed).join(paid)


def _all_in(billed: pd.DataFrame, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return all_in_usd, low_usd and high_usd: the mean bill, in equal sales, with all charges.

    Overage is paid with each term's bill; what else costs more than one purchase is further ones.
    """
    days, term_days = wishes.billed_days, billed["term_days"].astype(float).fillna(math.inf)
    by_term = np.ceil(days / term_days)
    by_pack = billed["mean_cost_usd"] / billed["face_usd"].where(billed["face_usd"] > 0)
    sales = by_term.where(billed["after_allowance"] == "payg", by_pack.fillna(by_term)).to_numpy()
    months = (term_days.clip(upper=days) / MONTH_DAYS).round().clip(lower=1)
    through, each_usd = data.channels.loc[billed["channel_id"]], billed["mean_cost_usd"] / sales
    cost = _landed(each_usd, through, billed["taxes_included"], data, wishes, months)
    levels = cost[["base_usd", "low_usd", "high_usd"]].mul(sales, axis=0)
    return levels.set_axis(["all_in_usd", "low_usd", "high_usd"], axis=1).set_axis(billed.index)


def serving(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans that run short in at most this share of stays, the cheapest first.

    Prices count to the cent. Of plans that tie, those with an allowance, stated or assumed, come
    first: the others never run short only because nothing is known that could slow them down. Then
    comes the one that runs short less.
    """
    served = compared[compared["short_share"] <= most_short_share]
    cents, silent = (100 * served["mean_cost_usd"]).round(), served["unused_usd"].isna()
    rank = pd.DataFrame({"cents": cents, "silent": silent, "short": served["short_share"]})
    return served.loc[rank.sort_values(list(rank), kind="stable").index]


def _ranked(table: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans within the accepted risk, by all-in cost, those known to fit first."""
    order = serving(table.assign(mean_cost_usd=table["all_in_usd"]), most_short_share).index
    return table.loc[order].sort_values("to_check", key=lambda wishes: wishes != "", kind="stable")


def _explained(best: pd.DataFrame, stays_gb: np.ndarray, data: Catalog, wishes: Wishes) -> pd.DataFrame:
    """Return the best plans with top_up, caveats and source."""
    through, esim = data.channels.loc[best["channel_id"]], best["provider_kind"] == "travel_esim"
    waits = longest_waits(through, data.assumptions, travel_esim=esim)["base"]
    wait_days = waits.set_axis(best.index) / MINUTES_A_DAY
    plans = best.assign(**_lengths(best), wait_days=wait_days, stops=stops(best))
    top_up = [_top_up(plan, stays_gb, wishes) for _, plan in plans.iterrows()]
    told = caveats(best.assign(stale=unit_prices(data.plans)["stale"]), data.assumptions["base"])
    sources = data.sources[["title", "url"]].set_axis(["source", "source_url"], axis=1)
    return best.assign(top_up=top_up, caveats=told).join(sources, on="source_id")


def caveats(plans: pd.DataFrame, assumptions: pd.Series) -> pd.Series:
    """Say in a few words what stands beside each plan's price; nothing to say is an empty text.

    `plans` has the columns of the catalogue and `stale` of `unit_prices`; `assumptions` as in
    `with_fair_use`.
    """
    filled, names = with_fair_use(plans, assumptions), plans["plan"].str
    no_limit = plans["unlimited"].astype(bool) & plans["data_gb"].isna()
    fair_use = filled["data_gb"].notna() & plans["data_gb"].isna()
    speed = filled["throttle_kbps"].notna() & plans["throttle_kbps"].isna()
    told = {
        "new customers": plans["offer"] == "new_customer",
        "promotion": plans["offer"] == "promo",
        "needs a promotional code": plans["note"].str.contains("promotional code", na=False),
        "visitors only": plans["tourist_only"],
        "subscription: buying it twice in a term is assumed": names.contains("subscription"),
        "paid for more than a month at once": plans["term_days"] > MONTH_DAYS + 1,
        "tax on top": ~plans["taxes_included"],
        "tax not said": plans["taxes_included"].isna(),
        "full-speed limit not said": no_limit & ~fair_use,
        "fair use assumed": fair_use,
        "slow speed assumed": speed & ~fair_use,
        "after the allowance: not said": plans["after_allowance"].isna() & plans["data_gb"].notna(),
        "stale price": plans["stale"],
    }
    holds = {words: mask.fillna(False).astype(bool) for words, mask in told.items()}
    return _words(pd.DataFrame(holds)).rename("caveats")


def _top_up(plan: pd.Series, stays_gb: np.ndarray, wishes: Wishes) -> str:
    """Say when to buy again, so that it arrives in time; not where a pack is rarely empty early."""
    days, when = stays_gb.shape[1], []
    term_days, allowance_days = plan["term_days"], plan["allowance_days"]
    first_gb = stays_gb[:, : int(min(days, term_days))].sum(axis=1)
    often_empty = (first_gb > plan["data_gb"]).mean() > wishes.most_short_share
    if plan["stops"] and allowance_days >= term_days and often_empty:
        point_gb = _point_gb(wishes, plan["wait_days"])
        spare = point_gb >= plan["data_gb"]
        when.append("keep a spare pack" if spare else f"at {point_gb:.1f} GB left")
        when[0] += ", unless the stay is nearly over" if term_days >= days else ""
    if term_days < days:
        ahead = max(1, math.ceil(plan["wait_days"]))
        when.append(f"every {_days(term_days)}, {_days(ahead)} ahead")
    return " or ".join(when) or "not in this stay"


def _point_gb(wishes: Wishes, lead_days: float) -> float:
    """Return the remaining GB at which to top up, looking once a day."""
    factor, source = _source(wishes)
    risk = min(max(wishes.most_short_share, 0.001), 0.999)
    source = tuple(source) if isinstance(source, pd.Series) else source
    return factor * _kept_point_gb(source, lead_days, risk)


@lru_cache(maxsize=64)
def _kept_point_gb(usage: UsageModel | tuple[float, ...], lead_days: float, risk: float) -> float:
    """Reckon a reorder point, which takes longer than all else here, once."""
    if isinstance(usage, tuple):  # a log, of which only the order counts
        usage = pd.Series(usage, pd.date_range("2026-01-01", periods=len(usage)))
    return reorder_point(usage, lead_days=lead_days, check_every_days=1, risk=risk)


def _sentence(ranked: pd.DataFrame, twice: pd.DataFrame | None, wishes: Wishes) -> str:
    """Say what to buy, why, and what would change the answer."""
    first, known, days = ranked.iloc[0], ranked["to_check"] == "", wishes.billed_days
    term = "" if pd.isna(first["term_days"]) else f" for {_days(first['term_days'])}"
    code = " with a promotional code" if "promotional code" in str(first["note"]) else ""
    price = f"${first['face_usd']:,.2f}{term}, seen on {first['as_of'].day} {first['as_of']:%B %Y}"
    said = (
        f"Buy {first['name']}{code} ({price}) through {first['seller']}: about "
        f"${first['all_in_usd']:,.2f} all in for {'a year' if days == YEAR_DAYS else _days(days)}, "
        f"between ${first['low_usd']:,.2f} and ${first['high_usd']:,.2f}, the cheapest of "
        f"{known.sum() or len(ranked)} plans that {'fit' if known.any() else 'may fit'}"
    )
    if first["usable"] == "unknown" and wishes.payment != "cash":
        not_said = "not said" in first["pay_reason"]
        doubt = "which our source does not say" if not_said else first["pay_reason"]
        said += f", if the seller takes {PAYMENTS[wishes.payment]} ({doubt})"
    if twice is not None:
        said += f", {odds(first['short_share'], _unit(days))}"
    if not known.any():
        said += f"; none is known to fit, so check first: {first['to_check']}"
    if len(ranked) > 1:
        second = ranked.iloc[1]
        more = second["all_in_usd"] - first["all_in_usd"]
        dearer = f"${abs(more):,.2f} {'more' if more > 0 else 'less'}"
        said += f"; {second['name']} costs {'the same' if abs(more) < 0.005 else dearer}"
        if second["to_check"] != first["to_check"]:
            said += f", but check: {second['to_check']}"
    if twice is not None and twice.empty:
        said += "; with twice the usage nothing would fit"
    elif twice is not None:
        other = twice.iloc[0]
        same = other.name == first.name
        change = "it stays first, at" if same else f"the answer is {other['name']},"
        said += f"; with twice the usage {change} ${other['all_in_usd']:,.2f}"
    return said + "."


def _days(count: float) -> str:
    return f"{count:g} day{'' if count == 1 else 's'}"


def _unit(days: int) -> str:
    """Return of what the risk is told: of stays, or of the months that a long one has."""
    return "stay" if days <= MONTH_DAYS else "month"


def odds(share: float, unit: str) -> str:
    """Say a chance of running short in words."""
    if share == 0:
        return f"running short in no simulated {unit}"
    return f"running short in {f'1 {unit} in {1 / share:,.0f}' if share < 0.4 else f'{share:.0%} of {unit}s'}"
