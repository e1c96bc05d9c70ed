"""What a plan costs per GB and per day, and which plans a reader can use."""

from collections.abc import Iterable

import pandas as pd

from prepaid.schema import LONGEST_TERM_DAYS, NETWORKS, OFFERS

# A price this much older than the catalogue's newest date is marked: by then a third of list prices has moved by more
# than 5 % (notebook 05, finding 5).
STALE_AFTER_DAYS = 150
# Shortest and longest term in days, as travellers and residents look for one.
TERM_RANGES = {
    "A few days (1 to 5)": (1, 5),
    "A week or two (6 to 15)": (6, 15),
    "A month (16 to 31)": (16, 31),
    "Longer": (32, 365),
}


def unit_prices(plans: pd.DataFrame, *, autopay: bool = False) -> pd.DataFrame:
    """Return what each plan costs per unit, at the price of one purchase and before tax.

    Parameters
    ----------
    plans
        The catalogue, or rows of it.
    autopay
        Take the AutoPay price where the plan has one.

    Returns
    -------
    DataFrame
        Indexed like `plans`:

        term_gb
            Full-speed GB of one purchase: the allowance times the whole allowance periods in the term. (A 365-day plan
            with a 30-day allowance is sold as twelve months, so its last five days add nothing.) Missing where no limit
            is stated: unlimited data has no price per GB.
        usd_per_gb
            Price per full-speed GB if every GB is used; missing without `term_gb`, or where all data is charged on top.
        usd_per_day, usd_per_30_days
            Price of the term spread over its days; missing for packs that never expire.
        refreshes
            Whether the allowance comes in several periods, so that what is left of one is lost before the next.
        stale
            Whether the price is more than 150 days older than the newest one.
    """
    price_usd = plans["price_usd"]
    if autopay:
        price_usd = plans["autopay_price_usd"].fillna(price_usd)
    term_days = plans["term_days"].astype(float)
    allowance_days = plans["allowance_days"].astype(float)
    periods = (term_days // allowance_days).fillna(1)
    term_gb = plans["data_gb"] * periods
    usd_per_day = price_usd / term_days
    return pd.DataFrame(
        {
            "term_gb": term_gb,
            "usd_per_gb": price_usd / term_gb.where(term_gb > 0),
            "usd_per_day": usd_per_day,
            "usd_per_30_days": usd_per_day * 30,
            "refreshes": periods > 1,
            "stale": (plans["as_of"].max() - plans["as_of"]).dt.days > STALE_AFTER_DAYS,
        }
    )


def select_plans(
    plans: pd.DataFrame,
    *,
    term_days: tuple[int, int] = (1, LONGEST_TERM_DAYS),
    esim_only: bool = False,
    network: str | None = None,
    needs_voice: bool = False,
    visitor: bool = True,
    offers: Iterable[str] = OFFERS,
) -> pd.DataFrame:
    """Return the plans that a reader can use. What a source does not say never counts as yes.

    Parameters
    ----------
    plans
        The catalogue, or rows of it.
    term_days
        Shortest and longest term, both included; a pack that never expires fits every range.
    esim_only
        Keep plans that are delivered as an eSIM.
    network
        Keep plans on this network, such as "T-Mobile", possibly beside others.
    needs_voice
        Keep plans with calls and texts.
    visitor
        False leaves out what only visitors may buy.
    offers
        Kinds of offer to keep.

    Raises
    ------
    ValueError
        If the range of terms is empty, a network or kind of offer is unknown, or no plan fits all wishes.
    """
    shortest, longest = term_days
    if not 1 <= shortest <= longest:
        raise ValueError(f"term_days: {term_days} is no range (expected 1 ≤ shortest ≤ longest)")
    offers = list(offers)
    unknown = sorted(set(offers) - set(OFFERS))
    if unknown:
        raise ValueError(f"offers: {unknown} unknown (expected some of {', '.join(OFFERS)})")
    wishes = {
        "term_days": plans["term_days"].between(shortest, longest) | plans["term_days"].isna(),
        "offers": plans["offer"].isin(offers),
    }
    if esim_only:
        wishes["esim_only"] = plans["sim"].isin(["esim", "both"])
    if network is not None:
        if network not in NETWORKS:
            raise ValueError(f"network: '{network}' is unknown (expected one of {', '.join(NETWORKS)})")
        names = plans["network"].astype(object).fillna("").str.split("+")
        wishes["network"] = names.map(lambda names: network in names)
    if needs_voice:
        wishes["needs_voice"] = plans["voice_text"].fillna(False)
    if not visitor:
        wishes["visitor"] = ~plans["tourist_only"]
    keep = pd.DataFrame(wishes).astype(bool).all(axis=1)
    if not keep.any():
        alone = ", ".join(f"{wish} {fits.sum()}" for wish, fits in wishes.items())
        raise ValueError(f"no plan fits all wishes; of {len(plans)} plans each wish alone leaves: {alone}")
    return plans[keep]


def full_name(plans: pd.DataFrame) -> pd.Series:
    """Return provider and plan as one name; a plan that starts with its provider's name keeps it once."""
    provider, plan = plans["provider"].astype(str), plans["plan"].astype(str)
    repeated = [name.startswith(brand) for name, brand in zip(plan, provider, strict=True)]
    return plan.where(repeated, provider + " " + plan)


def offers_and_usual(plans: pd.DataFrame) -> pd.DataFrame:
    """Return introductory and promotional offers beside the standard offer of the same plan.

    Plans match by provider, name and term. Returns the offers' rows of `plans` with the column `usual_price_usd`;
    offers without a standard counterpart are left out.
    """
    same = ["provider", "plan", "term_days"]
    standard = plans.loc[plans["offer"] == "standard", [*same, "price_usd"]]
    usual = standard.rename(columns={"price_usd": "usual_price_usd"})
    offers = plans[plans["offer"] != "standard"].reset_index()
    return offers.merge(usual, on=same, how="inner", validate="many_to_one").set_index("plan_id")


def cheapest_per_gb(plans: pd.DataFrame, term_days: tuple[int, int], rows: int) -> pd.DataFrame:
    """Return the `rows` plans with the lowest `usd_per_gb` whose term is in the range, cheapest first."""
    return plans[plans["term_days"].between(*term_days)].nsmallest(rows, "usd_per_gb").dropna(subset="usd_per_gb")


def price_spread(priced: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return how far `usd_per_gb` spreads within each group, and in all: plans, lowest, percentiles, highest."""
    groups = [*priced.groupby(group, observed=True)["usd_per_gb"], ("all", priced["usd_per_gb"])]
    steps = {"lowest_usd": 0, "p5_usd": 0.05, "median_usd": 0.5, "p95_usd": 0.95, "highest_usd": 1}
    rows = {
        name: {"plans": len(prices), **{step: prices.quantile(q) for step, q in steps.items()}}
        for name, prices in groups
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(group)


def term_range(plans: pd.DataFrame) -> pd.Series:
    """Return the name in TERM_RANGES of each plan's term; missing for packs that never expire."""
    ends = [0, *(longest for _, longest in TERM_RANGES.values())]
    return pd.cut(plans["term_days"].astype(float), ends, labels=list(TERM_RANGES)).rename("term")


def by_network(plans: pd.DataFrame) -> pd.DataFrame:
    """Return the plans with one row for each network they name, so that a plan on three networks stands three times."""
    names = plans["network"].astype(object).fillna("not named").replace("multi", "several, not named")
    return plans.assign(network=names.str.split("+")).explode("network")
