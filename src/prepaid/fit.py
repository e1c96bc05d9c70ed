"""Which plan fits a usage: who takes part, which plan wins a stay or a year, and what changes the winner."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from prepaid.billing import NOTHING_GB, bill, compare, with_fair_use
from prepaid.catalog import load_assumptions
from prepaid.prices import full_name
from prepaid.usage import MONTH_DAYS, UsageModel

OFFER_NAMES = {"new_customer": " (new customers)", "promo": " (promotion)"}


def plan_names(plans: pd.DataFrame) -> pd.Series:
    """Return provider and plan as one name, marked where the price holds for the first purchase only."""
    return full_name(plans) + plans["offer"].astype(object).map(OFFER_NAMES).fillna("")


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


def compare_cases(plans: pd.DataFrame, usages: Mapping[str, np.ndarray], **options) -> pd.DataFrame:
    """Compare the plans on the stays of each case.

    Parameters
    ----------
    plans
        The catalogue, or rows of it.
    usages
        GB per day, of shape (stays, days), by the name of a case.
    options
        As in `compare`.

    Returns
    -------
    DataFrame
        Indexed by `case` and `plan_id`: the columns of `compare`, then those of `plans`.
    """
    compared = {case: compare(plans, usage, **options).join(plans) for case, usage in usages.items()}
    return pd.concat(compared, names=["case"])


def serving(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the plans that run short in at most this share of stays, the cheapest first.

    Prices count to the cent. Of plans that tie, those with an allowance, stated or assumed, come first: the others
    never run short only because nothing is known that could slow them down. Then comes the one that runs short less.
    """
    served = compared[compared["short_share"] <= most_short_share]
    rank = pd.DataFrame({"cents": (100 * served["mean_cost_usd"]).round(), "short": served["short_share"]})
    rank.insert(1, "silent", served["unused_usd"].isna())
    return served.loc[rank.sort_values(["cents", "silent", "short"], kind="stable").index]


def cheapest_serving(compared: pd.DataFrame, most_short_share: float, rows: int = 1) -> pd.DataFrame:
    """Return the first `rows` of `serving` for every case of `compare_cases`."""
    cases = [level for level in compared.index.names if level != "plan_id"]
    served = [serving(case, most_short_share).head(rows) for _, case in compared.groupby(level=cases, sort=False)]
    return pd.concat(served)


def frontier(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that no other beats on mean cost (to the cent) and on the share of short stays, cheapest first.

    A plan is beaten by one that is as good on both and better on one; plans that tie on both stay.
    """
    cost, short = compared["mean_cost_usd"].round(2), compared["short_share"]
    best = short.groupby(cost).min()
    for_less = best.cummin().shift(fill_value=math.inf)
    keep = (short == cost.map(best)) & (short < cost.map(for_less))
    return compared[keep].sort_values("mean_cost_usd", kind="stable")


def unmet_share(compared: pd.DataFrame, usage: np.ndarray) -> pd.Series:
    """Return the share of all data that each plan of `compare(plans, usage)` leaves unmet."""
    carried_gb = compared["mean_cost_usd"] / compared["usd_per_carried_gb"].fillna(math.inf)
    return 1 - carried_gb / (usage.sum() / len(usage))


def cost_by_level(
    plans: pd.DataFrame,
    monthly_gb: Sequence[float],
    days: int,
    persons: int,
    seed: int,
    least_full_speed_share: float,
    most_unmet_share: float,
) -> pd.DataFrame:
    """Return what each plan costs per 30 days, by the known monthly average of its user.

    Parameters
    ----------
    plans
        Rows of the catalogue.
    monthly_gb
        Averages to try, GB per 30 days.
    days, persons, seed
        Each average is tried on so many persons for so many days. All averages share their random numbers.
    least_full_speed_share, most_unmet_share
        A plan serves an average if, over all its persons, this share of data runs at full speed and no more is unmet.

    Returns
    -------
    DataFrame
        Dollars per 30 days, indexed by `monthly_gb`, one column per plan, those with a stated amount first; missing
        where the plan does not serve.
    """
    plans = plans.sort_values("data_gb", key=pd.isna, kind="stable")  # of plans that tie, the first is the answer
    unit = UsageModel.known_average(1).sample(days, persons, seed)
    costs = {}
    for gb in monthly_gb:
        compared = compare(plans, gb * unit)
        served = compared["full_speed_share"] >= least_full_speed_share - NOTHING_GB
        served &= unmet_share(compared, gb * unit) <= most_unmet_share + NOTHING_GB
        costs[gb] = (compared["mean_cost_usd"] * MONTH_DAYS / days).where(served)
    return pd.DataFrame(costs).T.rename_axis("monthly_gb")


def break_evens(costs: pd.DataFrame) -> pd.DataFrame:
    """Return where the cheapest plan changes, as usage grows.

    Parameters
    ----------
    costs
        As `cost_by_level` returns them.

    Returns
    -------
    DataFrame
        One row per change, and a first row for the plan that starts: at_gb, plan_id, usd_per_month (just from there
        on) and why: "cheaper" (the lines cross between two levels) or "serves more" (at_gb is the last level at which
        the plan before it serves). The cheapest plan stays the answer until another is cheaper by a cent.
    """
    known = costs.dropna(how="all")
    rows, holder, before = [], None, None
    for gb, at_level in known.iterrows():
        if holder is None or not at_level[holder] < at_level.min() + 0.01:
            best = at_level.idxmin()
            if holder is None:
                rows.append((gb, best, at_level[best], "first level"))
            elif math.isnan(at_level[holder]) or math.isnan(before[best]):
                rows.append((before.name, best, at_level[best], "serves more"))
            else:
                behind, ahead = before[best] - before[holder], at_level[holder] - at_level[best]
                at_gb = before.name + (gb - before.name) * behind / (behind + ahead)
                rows.append((at_gb, best, at_level[best], "cheaper"))
            holder = best
        before = at_level
    return pd.DataFrame(rows, columns=["at_gb", "plan_id", "usd_per_month", "why"])


def cost_if_served(
    plans: pd.DataFrame, usage: np.ndarray, least_full_speed_share: float, most_unmet_share: float
) -> pd.DataFrame:
    """Return the cost of every stay on every plan, missing where the plan does not serve that stay.

    Parameters
    ----------
    plans
        Rows of the catalogue; what they leave open is assumed as in `compare`.
    usage
        GB per day, of shape (stays, days).
    least_full_speed_share, most_unmet_share
        A plan serves a stay if this share of its data runs at full speed and no more is unmet.

    Returns
    -------
    DataFrame of shape (stays, plans): dollars per stay, one column per plan.
    """
    used_gb = usage.sum(axis=1)
    costs = {}
    for plan_id, plan in with_fair_use(plans, load_assumptions()["base"]).iterrows():
        billed = bill(plan, usage)
        served = billed["full_speed_gb"] >= least_full_speed_share * used_gb - NOTHING_GB
        served &= billed["unmet_gb"] <= most_unmet_share * used_gb + NOTHING_GB
        costs[plan_id] = billed["cost_usd"].where(served)
    return pd.DataFrame(costs)


def cheapest_by_tenth(costs: pd.DataFrame, monthly_gb: np.ndarray) -> pd.DataFrame:
    """Return the two plans that are most often the cheapest in each tenth of the persons, sorted by their usage.

    Parameters
    ----------
    costs
        As `cost_if_served` returns them; prices count to the cent, and plans that tie are all the cheapest.
    monthly_gb
        GB per 30 days of each person, of shape (persons,).

    Returns
    -------
    DataFrame
        Indexed by `tenth` (1 to 10): from_gb, to_gb, plan_id, share (of the tenth's persons for whom no plan that
        serves costs less), next_plan_id and next_share.
    """
    cents = (100 * costs).round()
    cheapest = cents.eq(cents.min(axis=1), axis=0)
    rows = {}
    for tenth, persons in enumerate(np.array_split(np.argsort(monthly_gb), 10), start=1):
        first, second = cheapest.iloc[persons].mean().sort_values(ascending=False, kind="stable").head(2).items()
        rows[tenth] = (monthly_gb[persons].min(), monthly_gb[persons].max(), *first, *second)
    columns = ["from_gb", "to_gb", "plan_id", "share", "next_plan_id", "next_share"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("tenth")


def headline_choice(plans: pd.DataFrame, days: int, longest_term_days: int = 31) -> str:
    """Return the `plan_id` with the lowest price per GB among the plans that cover the stay with one purchase.

    Terms longer than a month do not count, unless the stay is: few visitors look on that shelf. `plans` has the column
    usd_per_gb of `unit_prices`.
    """
    term_days = plans["term_days"].astype(float).fillna(math.inf)
    shelf = term_days.between(days, max(days, longest_term_days)) | (term_days == math.inf)
    if not plans.loc[shelf, "usd_per_gb"].notna().any():
        raise ValueError(f"no plan with a price per GB covers {days} days (expected at least one among {len(plans)})")
    return plans.loc[shelf, "usd_per_gb"].idxmin()


def headline_regret(plans: pd.DataFrame, usages: Mapping[str, np.ndarray], most_short_share: float) -> pd.DataFrame:
    """Return what it costs to choose by price per GB instead of by simulation.

    Parameters
    ----------
    plans
        Rows of the catalogue with the columns of `unit_prices`; `take_part` picks among them for each case.
    usages
        GB per day, of shape (stays, days), by the name of a case.
    most_short_share
        The share of stays that the plan chosen by simulation may leave short.

    Returns
    -------
    DataFrame
        Indexed by `case`: plan_id and mean_cost_usd of the cheapest plan that serves; headline_plan_id,
        headline_cost_usd and headline_short_share of the plan with the lowest price per GB; regret_usd, the difference
        of both costs.
    """
    rows = {}
    for case, usage in usages.items():
        candidates = take_part(plans, usage.shape[1])
        compared = compare(candidates, usage)
        best = serving(compared, most_short_share).iloc[0]
        headline = compared.loc[headline_choice(candidates, usage.shape[1])]
        rows[case] = {
            "plan_id": best.name,
            "mean_cost_usd": best["mean_cost_usd"],
            "headline_plan_id": headline.name,
            "headline_cost_usd": headline["mean_cost_usd"],
            "headline_short_share": headline["short_share"],
            "regret_usd": headline["mean_cost_usd"] - best["mean_cost_usd"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("case")


def same_pack(pack: Mapping[str, float], usage: np.ndarray, overage_usd_per_gb: float) -> pd.DataFrame:
    """Bill one made-up pack under every rule for what happens when it is empty.

    Parameters
    ----------
    pack
        Its price_usd, data_gb and term_days.
    usage
        GB per day, of shape (stays, days).
    overage_usd_per_gb
        The price of further data where the pack is topped up by the GB.

    Returns
    -------
    DataFrame
        One row per rule, indexed by its name: the means of `bill` over the stays, and short_share, the share of stays
        with a short day.
    """
    blank = dict.fromkeys(("throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"))
    pack = {**blank, **pack, "allowance_days": pack["term_days"], "unlimited": False}
    rules = {
        "Stops, wait": ({"after_allowance": "stop"}, "wait"),
        "Throttled to 128 kbit/s": ({"after_allowance": "throttle", "throttle_kbps": 128}, "rebuy"),
        "Throttled to 1,000 kbit/s": ({"after_allowance": "throttle", "throttle_kbps": 1000}, "rebuy"),
        "Stops, buy again": ({"after_allowance": "stop"}, "rebuy"),
        f"Overage at ${overage_usd_per_gb:g} per GB": (
            {"after_allowance": "payg", "overage_usd_per_gb": overage_usd_per_gb},
            "rebuy",
        ),
    }
    rows = {}
    for name, (rule, when_empty) in rules.items():
        billed = bill({**pack, **rule}, usage, when_empty=when_empty)
        rows[name] = {**billed.mean(), "short_share": (billed["short_days"] > 0).mean()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")


def limit_silent(plans: pd.DataFrame, gb_per_30_days: float) -> pd.DataFrame:
    """Return the plans as if unlimited phone plans that state no amount were throttled after this one.

    `compare` assumes a limit for silent travel eSIMs only; this tries one on silent plans of carriers and MVNOs.
    """
    silent = (plans["provider_kind"] != "travel_esim") & plans["unlimited"].astype(bool) & plans["data_gb"].isna()
    allowance_gb = gb_per_30_days * plans["allowance_days"].astype(float) / MONTH_DAYS
    return plans.assign(
        data_gb=plans["data_gb"].mask(silent, allowance_gb),
        after_allowance=plans["after_allowance"].astype(object).mask(silent, "throttle"),
    )


def what_if(plans: pd.DataFrame, profiles: Sequence[str], days: int, stays: int, seed: int) -> pd.DataFrame:
    """Compare the plans on travellers' stays, as assumed and with one assumption changed at a time.

    Returns
    -------
    DataFrame
        As `compare_cases`, indexed by `scenario`, `case` (the profile) and `plan_id`.
    """
    models = {profile: UsageModel.traveller(profile) for profile in profiles}
    spiky_models = {profile: dataclasses.replace(model, day_shape=0.3) for profile, model in models.items()}
    usages, spiky = (
        {profile: model.sample(days, stays, seed) for profile, model in by_profile.items()}
        for by_profile in (models, spiky_models)
    )
    half, double = ({profile: factor * usage for profile, usage in usages.items()} for factor in (0.5, 2))
    assumed = load_assumptions()
    scenarios = {
        "As assumed": (plans, usages, "base"),
        "Half the usage": (plans, half, "base"),
        "Double the usage": (plans, double, "base"),
        "Spikier days": (plans, spiky, "base"),
        "Low fair use": (plans, usages, "low"),
        "High fair use": (plans, usages, "high"),
        "Silent phone plans: 50 GB": (limit_silent(plans, 50), usages, "base"),
    }
    compared = {
        name: compare_cases(table, cases, assumptions=assumed[level])
        for name, (table, cases, level) in scenarios.items()
    }
    return pd.concat(compared, names=["scenario"])


def flips(compared: pd.DataFrame, most_short_share: float) -> pd.DataFrame:
    """Return the winner of every scenario of `what_if`, and what staying with the first scenario's winner would mean.

    Returns
    -------
    DataFrame
        Indexed by `scenario` and `case`: plan_id, name and mean_cost_usd of the winner; flipped, whether the first
        scenario's winner now costs more (by a cent) or runs short too often; stay_cost_usd and stay_short_share of that
        first winner.
    """
    winners = cheapest_serving(compared, most_short_share).reset_index("plan_id")
    first = compared.index[0][0]
    rows = winners[["plan_id", "name", "mean_cost_usd"]].copy()
    kept = [compared.loc[(*key, winners.loc[(first, key[1]), "plan_id"])] for key in rows.index]
    rows["stay_cost_usd"] = [plan["mean_cost_usd"] for plan in kept]
    rows["stay_short_share"] = [plan["short_share"] for plan in kept]
    dearer = rows["stay_cost_usd"] >= rows["mean_cost_usd"] + 0.01
    rows["flipped"] = dearer | (rows["stay_short_share"] > most_short_share)
    return rows
