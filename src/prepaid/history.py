"""How prices move: what changed between two catalogues, and how far the price of the same pack moved over time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

# What a plan is, whatever it is called.
WHAT = ["provider", "unlimited", "data_gb", "term_days", "voice_text"]
# Columns that name a plan, and columns that say where and when its figures were seen; all others are terms.
NAMES, RECORD = ("plan_id", "provider", "plan"), ("source_id", "as_of", "note")
SHARES = ["share", "low_share", "high_share"]
COLUMNS = ["change", "percent", "plan_id", "old_plan_id", "column", "old", "new"]


def diff_catalogs(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return what changed from one catalogue to another.

    Plans are the same if their `plan_id` is. Those left over are the same if provider, GB, days, unlimited and voice
    are, blank being equal to blank. Where several would do, the pair with an equal name goes first, then an equal
    offer, then the nearest price, then the order of the files. No plan is matched twice.

    Parameters
    ----------
    old, new
        Two catalogues as `load_plans` returns them.

    Returns
    -------
    DataFrame
        One row per changed cell, in the order of `new`, then what is gone in the order of `old`:

        change
            added or gone (the row shows its price); dearer or cheaper, for a column in dollars that is known on both
            sides; renamed, for plan_id, provider or plan; record, for source_id, as_of or note; terms, for the rest.
        plan_id, old_plan_id
            The plan's identifier in the two catalogues; missing where it has none.
        column, old, new
            What changed, from what to what; missing is None.
        percent
            Change of a price in per cent; missing where it was 0 or unknown.

    Raises
    ------
    ValueError
        If the columns differ or a `plan_id` stands twice.
    """
    problems = []
    if set(old) != set(new):
        problems.append(f"columns differ in {sorted(set(old) ^ set(new))} (expected those of load_plans in both)")
    for name, plans in (("old", old), ("new", new)):
        if not plans.index.is_unique:
            twice = sorted(set(plans.index[plans.index.duplicated()]))
            problems.append(f"{name}: plan_id {twice} more than once (expected once)")
    if problems:
        raise ValueError("; ".join(problems))
    before, after = (plans.astype(object).where(plans.notna(), None).to_dict("index") for plans in (old, new))
    old_ids = _same_plans(before, after)
    rows = []
    for plan_id, plan in after.items():
        if plan_id in old_ids:
            old_id = old_ids[plan_id]
            was, now = {"plan_id": old_id} | before[old_id], {"plan_id": plan_id} | plan
            changed = [column for column in was if was[column] != now[column]]
            rows += [(plan_id, old_id, column, was[column], now[column]) for column in changed]
        else:
            rows.append((plan_id, None, "price_usd", None, plan["price_usd"]))
    kept = set(old_ids.values())
    rows += [
        (None, old_id, "price_usd", was["price_usd"], None) for old_id, was in before.items() if old_id not in kept
    ]
    changes = pd.DataFrame([(*_kind_and_percent(*row), *row) for row in rows], columns=COLUMNS)
    types = dict.fromkeys(("change", "plan_id", "old_plan_id", "column"), "str") | {"old": object, "new": object}
    return changes[["change", *COLUMNS[2:], "percent"]].astype(types | {"percent": float})


def _same_plans(before: dict[str, dict], after: dict[str, dict]) -> dict[str, str]:
    """Return the old identifier of each new plan that is an old one."""
    same = {plan_id: plan_id for plan_id in after if plan_id in before}
    unmatched = defaultdict(list)
    for old_id in before.keys() - same.keys():
        unmatched[_what(before[old_id])].append(old_id)
    places = {old_id: place for place, old_id in enumerate(before)}
    candidates = []
    for place, (plan_id, now) in enumerate(after.items()):
        for old_id in () if plan_id in same else unmatched[_what(now)]:
            was = before[old_id]
            unlike = (
                now["plan"] != was["plan"],
                now["offer"] != was["offer"],
                abs(now["price_usd"] - was["price_usd"]),
            )
            candidates.append((*unlike, place, places[old_id], plan_id, old_id))
    taken = set()
    for *_, plan_id, old_id in sorted(candidates):
        if plan_id not in same and old_id not in taken:
            same[plan_id] = old_id
            taken.add(old_id)
    return same


def _what(plan: dict) -> tuple:
    return tuple(plan[column] for column in WHAT)


def _kind_and_percent(plan_id, old_id, column, was, now) -> tuple[str, float]:
    """Return the kind of one change and, for a price, the change in per cent."""
    if old_id is None:
        return "added", np.nan
    if plan_id is None:
        return "gone", np.nan
    if column in NAMES or column in RECORD:
        return ("renamed" if column in NAMES else "record"), np.nan
    if "usd" not in column or was is None or now is None:
        return "terms", np.nan
    return ("dearer" if now > was else "cheaper"), 100 * (now / was - 1) if was else np.nan


def pack_names(packs: pd.DataFrame) -> pd.Series:
    """Return what each row of the history, or of the catalogue, is in words: "Airalo 5 GB, 30 days, calls".

    An unlimited pack is named without its GB, because the history does not tell them; blank calls count as none.
    """
    gb = packs["data_gb"].map("{:g} GB".format).mask(packs["unlimited"].astype(bool), "unlimited")
    term = packs["term_days"].map(lambda days: f"{days} day{'' if days == 1 else 's'}", na_action="ignore")
    calls = np.where(packs["voice_text"].fillna(False).astype(bool), ", calls", "")
    names = packs["provider"].astype(str) + " " + gb + ", " + term.fillna("no end") + calls
    return names.rename("pack")


def seen_elsewhere(plans: pd.DataFrame, history: pd.DataFrame, within_days: int) -> pd.Series:
    """Return for each plan whether another source showed the same pack at the same price within so many days.

    The history holds packs for the USA only, so plans for North America (`-na-` in their identifier) are never in it.
    """
    rows = plans.assign(pack=pack_names(plans))[["pack", "price_usd", "source_id", "as_of"]].reset_index()
    rows = rows[~rows["plan_id"].str.contains("-na-")]
    seen = history.assign(pack=pack_names(history))[["pack", "price_usd", "source_id", "observed_on"]]
    both = rows.merge(seen, on=["pack", "price_usd"], suffixes=("", "_seen"))
    near = (both["as_of"] - both["observed_on"]).abs() <= pd.Timedelta(days=within_days)
    other = both["source_id"].astype(str) != both["source_id_seen"].astype(str)
    return pd.Series(plans.index.isin(both.loc[near & other, "plan_id"]), index=plans.index, name="seen_elsewhere")


def pairs(history: pd.DataFrame) -> pd.DataFrame:
    """Return every two observations of the same pack on different days, unless the first price is 0.

    Returns
    -------
    DataFrame
        One row per pair, sorted by pack and the two days: provider, pack, first_on, then_on, days, before_usd,
        after_usd, change_share (0.1: a tenth dearer), source_id, then_source_id.
    """
    seen = history.assign(pack=pack_names(history))[["provider", "pack", "observed_on", "price_usd", "source_id"]]
    first = seen.rename(columns={"observed_on": "first_on", "price_usd": "before_usd"})
    then = seen.drop(columns="provider").rename(
        columns={"observed_on": "then_on", "price_usd": "after_usd", "source_id": "then_source_id"}
    )
    both = first.merge(then, on="pack").query("first_on < then_on and before_usd > 0")
    both = both.sort_values(["pack", "first_on", "then_on"])
    both = both.assign(
        days=(both["then_on"] - both["first_on"]).dt.days,
        change_share=(both["after_usd"] / both["before_usd"] - 1).round(9),  # 105/100 is 5 per cent, not a little more
        provider=both["provider"].astype(str),
    )
    order = ["provider", "pack", "first_on", "then_on", "days", "before_usd", "after_usd", "change_share"]
    return both[[*order, "source_id", "then_source_id"]].reset_index(drop=True)


def longest_apart(paired: pd.DataFrame) -> pd.DataFrame:
    """Return of `pairs` the first and last observation of each pack."""
    return paired.loc[paired.groupby("pack")["days"].idxmax()]


def between_sources(paired: pd.DataFrame, sources: pd.DataFrame, most_days: int) -> pd.DataFrame:
    """Return of `pairs` the two prices nearest in time of each pack and two sources, at most so many days apart.

    `sources` is the result of `load_sources`; the column `methods` says how the two were read.
    """
    other = paired[paired["source_id"].astype(str) != paired["then_source_id"].astype(str)]
    other = other[other["days"] <= most_days]
    nearest = other.loc[other.groupby(["pack", "source_id", "then_source_id"], observed=True)["days"].idxmin()]
    method = sources["method"].astype(str)
    first, then = (nearest[column].astype(str).map(method) for column in ("source_id", "then_source_id"))
    return nearest.assign(methods=first + ", then " + then)


def moves(paired: pd.DataFrame, over_share: float) -> pd.DataFrame:
    """Return the changes by more than `over_share` from one observation to the next, and what came back.

    Parameters
    ----------
    paired
        The result of `pairs`.
    over_share
        0.05: a change by more than 5 per cent counts.

    Returns
    -------
    DataFrame
        Rows of `paired`, with `back_on`: the first later day on which the price was within `over_share` of what it was
        before the change; missing if it never was.
    """
    start = ["pack", "first_on"]
    changed = paired["change_share"].abs() > over_share
    back_on = paired[~changed].groupby(start)["then_on"].min().rename("back_on")
    following = paired.groupby(start)["days"].idxmin()
    return paired.loc[following[changed[following].to_numpy()]].join(back_on, on=start)


def waves(moved: pd.DataFrame) -> pd.DataFrame:
    """Return the result of `moves` summed up: one row for each provider and two days, dates as YYYY-MM-DD.

    packs moved by lowest_share to highest_share; came_back of them did so, the last on back_on.
    """
    days = moved[["first_on", "then_on"]].astype("str")
    groups = moved.assign(**days).groupby(["provider", "first_on", "then_on"])
    table = groups.agg(
        packs=("pack", "size"),
        lowest_share=("change_share", "min"),
        highest_share=("change_share", "max"),
        came_back=("back_on", "count"),
        back_on=("back_on", "max"),
    )
    return table.assign(back_on=table["back_on"].dt.strftime("%Y-%m-%d")).reset_index()


def price_ranges(history: pd.DataFrame) -> pd.DataFrame:
    """Return lowest_usd, highest_usd, range_share (highest over lowest, less one) and observations of each pack."""
    prices = history.assign(pack=pack_names(history)).groupby(["provider", "pack"], observed=True)["price_usd"]
    table = prices.agg(observations="size", lowest_usd="min", highest_usd="max").reset_index()
    return table.assign(range_share=table["highest_usd"] / table["lowest_usd"] - 1)


def changed_share(
    paired: pd.DataFrame, ages: Sequence[tuple[int, int]], over_share: float, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return how many packs had changed their price by more than `over_share`, by the days between two observations.

    Each pack counts once: with the share of its pairs that changed. The interval is a bootstrap that draws providers,
    then packs of each, because a seller moves many of its prices on one day. With few providers it is little more than
    the range between them.

    Parameters
    ----------
    paired
        The result of `pairs`, or rows of it.
    ages
        Fewest and most days of each row, both included.
    over_share
        0.05: a change by more than 5 per cent counts.
    draws, seed
        Number of bootstrap samples, and the seed of their random generator.

    Returns
    -------
    DataFrame
        One row per age: from_days and to_days as given, mean_days of its pairs, pairs, packs, providers, share, and
        low_share and high_share, between which 95 of 100 samples lie; missing where there is no pair.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for fewest, most in ages:
        chosen = paired[paired["days"].between(fewest, most)]
        changed = (chosen["change_share"].abs() > over_share).groupby([chosen["provider"], chosen["pack"]]).mean()
        by_provider = [packs.to_numpy() for _, packs in changed.groupby(level="provider")]
        samples = [np.nan]
        if by_provider:
            samples = [
                np.concatenate([rng.choice(by_provider[one], len(by_provider[one])) for one in drawn]).mean()
                for drawn in rng.integers(len(by_provider), size=(draws, len(by_provider)))
            ]
        low, high = np.quantile(samples, [0.025, 0.975])
        counts = (len(chosen), len(changed), len(by_provider))
        rows.append((fewest, most, chosen["days"].mean(), *counts, changed.mean(), low, high))
    columns = ["from_days", "to_days", "mean_days", "pairs", "packs", "providers", *SHARES]
    return pd.DataFrame(rows, columns=columns)


def steady_shares(shares: pd.DataFrame, days: Iterable[float]) -> pd.DataFrame:
    """Return the share of packs that would have changed after so many days, had prices moved at one steady rate.

    The rate is that of the oldest row of `shares`, the result of `changed_share`: if a share s had changed after d
    days, 1 - (1 - s) ** (x / d) has after x. Sales come on top; they begin and end within weeks. Returns days, share,
    low_share and high_share. Raises ValueError if `shares` counts no pair.
    """
    if not shares["pairs"].sum():
        raise ValueError("shares: no pair of prices in any row (expected at least one pack with two prices)")
    oldest = shares[shares["pairs"] > 0].iloc[-1]
    days = pd.Series(list(days), dtype=float)
    columns = {name: 1 - (1 - oldest[name]) ** (days / oldest["mean_days"]) for name in SHARES}
    return pd.DataFrame({"days": days} | columns)
