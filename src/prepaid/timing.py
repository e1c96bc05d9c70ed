"""What else notebook 04 tells: how tips move the day on which data runs out, and what mixing packs saves on a trip."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from prepaid.billing import compare
from prepaid.fit import cost_by_level, plan_names, serving, take_part
from prepaid.prices import select_plans
from prepaid.reorder import YEAR_DAYS, reorder_point, run_out_days
from prepaid.sequence import cheapest_sequence, robustness
from prepaid.usage import MONTH_DAYS, UsageModel, activity_gb_per_day


def points_if_wrong(monthly_gb: float, **rule) -> pd.DataFrame:
    """Return the reorder point of a known average if what the usage model assumes is otherwise: point_gb by `assumed`.

    `rule` as in `reorder_point`.
    """
    model = UsageModel.known_average(monthly_gb)
    models = {
        "As assumed": model,
        "Spikier days (gamma shape 0.3, not 0.58)": replace(model, day_shape=0.3),
        "Steadier days (gamma shape 1.2)": replace(model, day_shape=1.2),
        "All months alike (sigma 0, not 0.34)": replace(model, month_sigma=0.0),
        "Twice the usage": UsageModel.known_average(2 * monthly_gb),
    }
    points = {name: reorder_point(one, **rule) for name, one in models.items()}
    return pd.DataFrame({"point_gb": points}).rename_axis("assumed")


def savings(
    hours_per_day: Mapping[str, float],
    wifi_share: float,
    background_share: Mapping[str, float],
    *,
    video: str,
    more_wifi: float,
) -> pd.DataFrame:
    """Return what tips save in GB per day.

    Parameters
    ----------
    hours_per_day, wifi_share
        As in `activity_gb_per_day`: what the person does now.
    background_share
        Share of all mobile data that apps use in the background, as "low", "base" and "high".
    video
        The `activity_id` of which an hour a day is left out, or as much as there is.
    more_wifi
        How much the share on Wi-Fi rises, as far as it can.

    Returns
    -------
    DataFrame
        The columns low, base and high of each `tip`. In the first row, all mobile data as it is now: low and high by
        the published ranges of the activities, with the base share in the background.
    """
    now = activity_gb_per_day(dict(hours_per_day), wifi_share)
    hours = min(1.0, hours_per_day[video])
    more = min(more_wifi, 1 - wifi_share)
    total = now / (1 - background_share["base"])
    tips = {
        "As it is": total,
        f"{hours:g} h less video a day": activity_gb_per_day({video: hours}, wifi_share),
        "Background data off": total["base"] * pd.Series(dict(background_share))[["low", "base", "high"]],
        f"Wi-Fi {wifi_share + more:.0%} of the time": activity_gb_per_day(dict(hours_per_day), 1 - more),
    }
    return pd.DataFrame(tips).T.rename_axis("tip")


def tip_effects(plan: Mapping, saved: pd.DataFrame, usage: np.ndarray) -> pd.DataFrame:
    """Return how tips move the day on which an allowance is used up.

    Parameters
    ----------
    plan
        A row of `load_plans()` with a stated allowance and a term.
    saved
        As `savings` returns it.
    usage
        GB per day as it is now, (stays, days), some terms long. A tip takes the same part off every day: what it saves,
        divided by the base of the first row.

    Returns
    -------
    DataFrame
        Indexed by `tip`: monthly_gb that remain in 30 days; low_days, base_days and high_days, until half the stays
        have used up the allowance, were there no term (infinite if that is later than `usage` goes); dry_share, of
        stays, those that use it up within the term. monthly_gb and dry_share are those of the base.
    """
    endless = {**plan, "term_days": None, "allowance_days": None}
    rows = {}
    for tip, levels in saved.iterrows():
        kept = {level: max(1 - gb / saved["base"].iloc[0], 0) if rows else 1.0 for level, gb in levels.items()}
        empty = {level: run_out_days(endless, share * usage) for level, share in kept.items()}
        rows[tip] = {
            "monthly_gb": MONTH_DAYS * kept["base"] * usage.mean(),
            **{f"{level}_days": np.median(at) for level, at in empty.items()},
            "dry_share": (empty["base"] < plan["term_days"]).mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("tip")


def best_plans(
    plans: pd.DataFrame,
    monthly_gb: pd.Series,
    seed: int,
    *,
    least_full_speed_share: float = 0.95,
    most_unmet_share: float = 0.01,
) -> pd.DataFrame:
    """Return the cheapest plan with calls and texts that serves a year of each use: usd_per_month and best_plan.

    `monthly_gb` are GB per 30 days, above 0; the shares are those of `fit.cost_by_level`.
    """
    residents = take_part(select_plans(plans, needs_voice=True, visitor=False), YEAR_DAYS)
    limits = {"least_full_speed_share": least_full_speed_share, "most_unmet_share": most_unmet_share}
    costs = cost_by_level(residents, list(monthly_gb), YEAR_DAYS, persons=200, seed=seed, **limits)
    found = costs.loc[list(monthly_gb)].set_axis(monthly_gb.index)
    cheapest = found.idxmin(axis=1).map(plan_names(residents))
    return pd.DataFrame({"usd_per_month": found.min(axis=1), "best_plan": cheapest})


def mixing_saves(
    plans: pd.DataFrame, model: UsageModel, trip_days: Sequence[int], stays: int, seed: int
) -> pd.DataFrame:
    """Return what the best sequence of packs saves against the best single plan, bought again when it is empty.

    Five of the simulated stays stand for all: those with a tenth, three tenths, half, seven and nine tenths of the
    stays below them in total use. For each, both are chosen with its usage known beforehand, and carry it at full
    speed. Then what was chosen for the middle one meets all stays.

    Returns
    -------
    DataFrame
        Indexed by `days`: single_usd and sequence_usd, means over the five; cheaper_stays, of the five; most_saved_usd
        in one of them; single and sequence, in words, those of the middle stay; planned_usd, what this sequence costs
        there, single_mean_usd and sequence_mean_usd, what both cost over all stays, single_short_share, of stays with a
        day that is short of full speed, and more_purchases_share, of stays that need more purchases than the sequence
        has.
    """
    rows = {}
    for days in trip_days:
        usages = model.sample(days, stays, seed)
        candidates = take_part(plans, days)
        names = plan_names(candidates)
        order = np.argsort(usages.sum(axis=1))
        chosen = []
        for place in (0.1, 0.3, 0.5, 0.7, 0.9):
            stay = usages[order[int(place * (stays - 1))]]
            served = serving(compare(candidates, stay), 0)
            tied = served[served["mean_cost_usd"].round(2) == served["mean_cost_usd"].iloc[0].round(2)]
            # Of plans that cost the same in this stay, the one that runs short least in all, then the cheapest there.
            in_all = compare(candidates.loc[tied.index], usages).sort_values(["short_share", "mean_cost_usd"])
            single = tied.loc[in_all.index[0]]
            chosen.append((single, cheapest_sequence(candidates, stay)))
        costs = np.array([(single["mean_cost_usd"], sequence["cost_usd"].sum()) for single, sequence in chosen])
        single, sequence = chosen[2]
        bought = Counter(names[sequence["plan_id"]])
        alone = compare(candidates.loc[[single.name]], usages).iloc[0]
        robust = robustness(sequence, candidates, usages)
        rows[days] = {
            "single_usd": costs[:, 0].mean(),
            "sequence_usd": costs[:, 1].mean(),
            "cheaper_stays": int((costs[:, 1] < costs[:, 0] - 0.005).sum()),
            "most_saved_usd": (costs[:, 0] - costs[:, 1]).max(),
            "single": names[single.name],
            "sequence": ", ".join(f"{count} x {name}" if count > 1 else name for name, count in bought.items()),
            "planned_usd": robust["planned_usd"],
            "single_mean_usd": alone["mean_cost_usd"],
            "single_short_share": alone["short_share"],
            "sequence_mean_usd": robust["mean_cost_usd"],
            "more_purchases_share": robust["more_purchases_share"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("days")
