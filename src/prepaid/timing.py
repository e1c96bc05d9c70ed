"""What else notebook 04 tells: how tips move the day on which data runs out."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from prepaid.fit import cost_by_level, plan_names, take_part
from prepaid.prices import select_plans
from prepaid.reorder import YEAR_DAYS, reorder_point, run_out_days
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
