"""How old a price is, which plans a reader can use, and what plans are called."""

import datetime as dt

import pandas as pd

from prepaid.catalog.kinds import LONGEST_TERM_DAYS, NETWORKS

# A price seen more days ago than this is marked: by then a third of list prices has moved by more
# than 5 % (notebook a2-how-prices-age).
STALE_AFTER_DAYS = 150
OFFER_NAMES = {"new_customer": " (new customers)", "promo": " (promotion)"}


def age_days(plans: pd.DataFrame, on: dt.date | None = None) -> pd.Series:
    """Return how many days before the day of the reader, `on`, each price was seen (`as_of`).

    None is today. Never counted from the newest row: a catalogue that nobody updates would not age.
    Negative where a price was seen later.
    """
    return (pd.Timestamp(on or dt.date.today()) - plans["as_of"]).dt.days.rename("age_days")


def select_plans(
    plans: pd.DataFrame,
    *,
    term_days: tuple[int, int] = (1, LONGEST_TERM_DAYS),
    esim_only: bool = False,
    network: str | None = None,
    needs_voice: bool = False,
    visitor: bool = True,
) -> pd.DataFrame:
    """Return the plans that a reader can use. What a source does not say never counts as yes.

    Parameters
    ----------
    plans
        Rows of `data.plans`.
    term_days
        Shortest and longest term, both included; a pack that never expires fits every range.
    esim_only, needs_voice
        Keep plans that come as an eSIM; that have calls and texts.
    network
        Keep plans on this network, such as "T-Mobile", possibly beside others.
    visitor
        False leaves out what only visitors may buy.

    Raises
    ------
    ValueError
        If the range of terms is empty, the network is unknown, or no plan fits all wishes.
    """
    shortest, longest = term_days
    if not 1 <= shortest <= longest:
        raise ValueError(f"term_days: {term_days} is no range (expected 1 ≤ shortest ≤ longest)")
    terms = plans["term_days"]
    wishes = {"term_days": terms.between(shortest, longest) | terms.isna()}
    if esim_only:
        wishes["esim_only"] = plans["sim"].isin(["esim", "both"])
    if network is not None:
        if network not in NETWORKS:
            expected = ", ".join(NETWORKS)
            raise ValueError(f"network: '{network}' is unknown (expected one of {expected})")
        wishes["network"] = plans["network"].str.contains(network, regex=False, na=False)
    if needs_voice:
        wishes["needs_voice"] = plans["voice_text"].fillna(False)
    if not visitor:
        wishes["visitor"] = ~plans["tourist_only"]
    keep = pd.DataFrame(wishes).astype(bool).all(axis=1)
    if not keep.any():
        alone = ", ".join(f"{wish} {fits.sum()}" for wish, fits in wishes.items())
        leaves = f"of {len(plans)} plans each wish alone leaves: {alone}"
        raise ValueError(f"no plan fits all wishes; {leaves}")
    return plans[keep]


def full_name(plans: pd.DataFrame) -> pd.Series:
    """Return provider and plan as one name; one that starts with the other keeps it once."""
    provider, plan = plans["provider"].astype(str), plans["plan"].astype(str)
    repeated = [name.startswith(brand) for name, brand in zip(plan, provider, strict=True)]
    return plan.where(repeated, provider + " " + plan)


def plan_names(plans: pd.DataFrame) -> pd.Series:
    """Return provider and plan, marked where the price holds for the first purchase only."""
    return full_name(plans) + plans["offer"].astype(object).map(OFFER_NAMES).fillna("")
