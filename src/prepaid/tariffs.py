"""What a plan's row means for a bill: each blank read, each distinct tariff once.

Plans that differ in price alone share a tariff, so that their stays are billed once.
"""

import math
from collections.abc import Mapping
from functools import cache, partial
from numbers import Real
from types import EllipsisType
from typing import NamedTuple

import numpy as np
import pandas as pd

# The columns of a plan that its bill depends on.
TARIFF_COLUMNS = ("price_usd", "term_days", "data_gb", "allowance_days", "unlimited")
TARIFF_COLUMNS += ("after_allowance", "throttle_kbps", "overage_usd_per_gb", "overage_cap_usd")
TARIFF_COLUMNS += ("full_speed_gb",)
# Those of offers and commitments, which it may lack: minimum_terms are owed at least, offer_terms
# cost price_usd, each purchase after them renews_at_usd.
TERM_COLUMNS = ("offer", "minimum_terms", "offer_terms", "renews_at_usd")
# 1 kbit/s for the 86,400 seconds of a day.
GB_PER_DAY_PER_KBPS = 0.0108


def with_fair_use(plans: pd.DataFrame, assumptions: Mapping) -> pd.DataFrame:
    """Fill in what nobody publishes, and mark the plans that rest on it.

    An unlimited travel eSIM without a stated allowance, which would be billed as limitless, gets
    `fair_use_gb_per_day`, then `fair_use_kbps`. A throttle without a stated speed gets
    `blank_throttle_kbps`. `assumptions` are a column of `load().assumptions` such as "base", or a
    mapping with these three keys. A copy is returned, with a boolean column `assumed`.
    """
    _check_has("the table of plans", plans, *TARIFF_COLUMNS, "provider_kind")
    needed = ("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps")
    _check_has("the assumptions", assumptions, *needed)
    after, kbps = plans["after_allowance"].astype(object), plans["throttle_kbps"].astype("Float64")
    unlimited = plans["unlimited"].fillna(False).astype(bool)
    no_limit = (plans["provider_kind"] == "travel_esim") & unlimited & plans["data_gb"].isna()
    limit = plans["data_gb"].mask(after == "payg", plans["full_speed_gb"])
    no_speed = after.isin(["throttle", "payg"]) & limit.notna() & kbps.isna()
    kbps = kbps.mask(no_limit & kbps.isna(), assumptions["fair_use_kbps"])
    return plans.assign(
        data_gb=plans["data_gb"].mask(no_limit, assumptions["fair_use_gb_per_day"]),
        allowance_days=plans["allowance_days"].mask(no_limit, 1),
        after_allowance=after.mask(no_limit, "throttle"),
        throttle_kbps=kbps.mask(no_speed, assumptions["blank_throttle_kbps"]),
        assumed=(no_limit | no_speed | plans.get("assumed", False)).astype(bool),
    )


class Tariff(NamedTuple):
    """All that decides a stay's GB and packs, fitted to its length; no limit is infinite."""

    clock: tuple[int, int]  # days of a term and of an allowance period, one of which begins it
    bought_again: bool  # a pack, as soon as it is empty
    allowance_gb: float  # per period
    full_speed_gb: float  # per period, with what is paid for besides: overage, another pack
    slow_gb_per_day: float  # once full speed is over: 0 where it stops, infinite if deprioritised
    overage_usd_per_gb: float
    overage_cap_usd: float  # per period


class Plans(NamedTuple):
    """Plans side by side: each distinct tariff once, and arrays of what is each plan's own.

    The first `offer_terms` purchases cost `price_usd`, all others `renews_at_usd`, which is NaN
    where nobody says it.
    """

    index: pd.Index
    assumed: pd.Series | None
    tariffs: tuple[Tariff, ...]
    days: int
    row: np.ndarray  # of each plan's tariff
    price_usd: np.ndarray
    renews_at_usd: np.ndarray
    offer_terms: np.ndarray
    minimum_terms: np.ndarray
    purchases_per_pack: np.ndarray  # 1; where packs are not counted, all that the stay needs
    expiring_gb: np.ndarray  # of a purchase, allowance that can expire; infinite: not stated
    varies: np.ndarray  # whether packs are counted that do not all cost the same

    def bought(self, packs: np.ndarray, plan: np.ndarray | EllipsisType = ...) -> np.ndarray:
        """Return how many purchases are paid for where a stay takes so many packs of a plan."""
        return np.maximum(packs * self.purchases_per_pack[plan], self.minimum_terms[plan])

    def cost_usd(self, packs: np.ndarray, plan: np.ndarray | EllipsisType = ...) -> np.ndarray:
        """Return what they cost, without overage."""
        bought, price_usd = self.bought(packs, plan), self.price_usd[plan]
        later, more = bought - self.offer_terms[plan], self.renews_at_usd[plan] - price_usd
        more_usd = np.multiply(later, more, where=later > 0, out=np.zeros(later.shape))
        return bought * price_usd + more_usd

    @property
    def charged(self) -> list[int]:
        """The rows of the tariffs with overage."""
        return [row for row, tariff in enumerate(self.tariffs) if tariff.overage_usd_per_gb]

    def bill_like(self, other: "Plans") -> bool:
        """Tell whether both bill the same plans in the same way."""
        alike = self.index.equals(other.index) and self[2:4] == other[2:4]  # tariffs and days
        return alike and np.array_equal(self[4:], other[4:], equal_nan=True)  # from `row` on


def tariff_of(
    plan: Mapping, days: int, assumptions: Mapping | None, when_empty: str, autopay: bool
) -> Plans:
    """Read the arguments of `bill`, for stays of so many days."""
    if isinstance(plan, pd.DataFrame):
        allowed = "one row, such as plans.iloc[0]"
        raise ValueError(f"the plan is a table of {len(plan)} rows (allowed: {allowed})")
    name = plan.get("plan_id", getattr(plan, "name", None))
    _check_has(_named(name), plan, *TARIFF_COLUMNS, *("autopay_price_usd",) * autopay)
    known = (*TARIFF_COLUMNS, *TERM_COLUMNS, "autopay_price_usd")
    row = {column: plan[column] for column in known if column in plan}
    if assumptions is not None and pd.isna(row["throttle_kbps"]):
        row["throttle_kbps"] = assumptions.get("blank_throttle_kbps")
    return _read(pd.DataFrame(row, index=[name], dtype=object), days, when_empty, autopay)


def tariffs_of(
    plans: pd.DataFrame, days: int, assumptions: Mapping, when_empty: str, autopay: bool
) -> Plans:
    """Read the arguments of `compare`, for stays of so many days."""
    if not isinstance(plans, pd.DataFrame):
        allowed = "a table, such as load().plans or rows of it"
        raise ValueError(f"plans is a {type(plans).__name__} (allowed: {allowed})")
    if not len(plans):
        raise ValueError("there are no plans to compare")
    _check_has("the table of plans", plans, *TARIFF_COLUMNS, *("autopay_price_usd",) * autopay)
    filled = with_fair_use(plans, assumptions)
    if autopay and "renews_as" in filled:
        renewed = filled["renews_as"].map(filled["autopay_price_usd"]).astype("Float64")
        filled["renews_at_usd"] = renewed.fillna(filled["renews_at_usd"])
    return _read(filled, days, when_empty, autopay)


def _read(plans: pd.DataFrame, days: int, when_empty: str, autopay: bool) -> Plans:
    """Give every blank of the plans its meaning, and fit tariffs to stays of so many days."""
    number, refuse = partial(_number, plans), partial(_refuse, plans.index)
    price_usd = number("price_usd", math.nan)
    if autopay:
        price_usd = number("autopay_price_usd", price_usd)
    refuse(np.isnan(price_usd), " has no price: price_usd is blank", price_usd)
    after = after_allowance(plans)
    term = number("term_days", math.inf, whole=True)
    period = np.minimum(number("allowance_days", term, whole=True), term)
    short = " has a term or allowance period of {:g} days (allowed: 1 or more)"
    refuse(period < 1, short, period)
    allowance = number("data_gb", math.inf)
    limited, expires = allowance < math.inf, term < math.inf
    periods = np.ceil(np.divide(term, period, out=np.ones(len(plans)), where=expires))
    expiring = np.where(limited & ~expires, 0, allowance * periods)
    # The price lasts unless a later one is stated, or could be but is not, for an offer.
    later = number("renews_at_usd", math.nan)
    lasts = np.isnan(later)
    if {"offer", "renews_at_usd"} <= {*plans}:
        lasts &= (plans["offer"].isna() | (plans["offer"] == "standard")).to_numpy(bool)
    offer_terms = number("offer_terms", np.where(lasts, math.inf, 1), whole=True)
    minimum_terms = number("minimum_terms", 1, whole=True)

    payg = limited & (after == "payg")
    unstated = np.where(payg, math.inf, allowance)
    full_speed = np.maximum(allowance, number("full_speed_gb", unstated, of=payg))
    rate = number("overage_usd_per_gb", math.nan, of=payg)
    cap = number("overage_cap_usd", math.inf, of=payg)
    refuse(payg & np.isnan(rate), " is payg without a rate: overage_usd_per_gb is blank", rate)
    charged = full_speed > allowance
    throttled = (payg | (after == "throttle")) & (full_speed < math.inf)
    kbps = number("throttle_kbps", math.nan, of=throttled)
    told = ": throttle_kbps is blank (allowed: a speed, or assumptions with blank_throttle_kbps)"
    refuse(throttled & np.isnan(kbps), told, kbps)
    slow = np.where(throttled, kbps * GB_PER_DAY_PER_KBPS, 0)
    slow[limited & (after == "deprioritize")] = math.inf

    # What is given away is not given twice.
    free = (price_usd == 0) & ((offer_terms == math.inf) | (later == 0))
    again = (after == "stop") & limited & (allowance > 0) & (period >= term) & ~free
    again &= when_empty == "rebuy"
    varies = again & ((offer_terms < math.inf) | (minimum_terms > 1))
    full_speed = np.where(again, math.inf, full_speed)
    # Beyond the stay no length matters, and without a limit none at all; where periods start as if
    # there were no terms, a term is a period. All that makes more tariffs equal.
    term = np.minimum(term, days)
    per_pack = np.where(again, 1, np.ceil(days / term))
    period = np.where(limited, np.minimum(period, days), days)
    term = np.where(~limited | (term == days) | (term % period == 0), period, term)
    clock = zip(term.astype(int).tolist(), period.astype(int).tolist(), strict=True)
    rate, cap = np.where(charged, rate, 0), np.where(charged, cap, math.inf)
    columns = (figures.tolist() for figures in (again, allowance, full_speed, slow, rate, cap))
    rows = {}
    row = [rows.setdefault(tariff, len(rows)) for tariff in map(Tariff, clock, *columns)]
    own = (price_usd, later, offer_terms, minimum_terms, per_pack, expiring, varies)
    return Plans(plans.index, plans.get("assumed"), tuple(rows), days, np.array(row), *own)


def _number(
    plans: pd.DataFrame,
    column: str,
    blank: float | np.ndarray,
    whole: bool = False,
    of: bool | np.ndarray = True,
) -> np.ndarray:
    """Return the figures `of` some plans, blanks filled in, or say which one is impossible."""
    if column not in plans:
        return np.full(len(plans), blank)
    cells = plans[column]
    if cells.dtype.kind in "iuf":
        figures = cells.to_numpy(float, na_value=math.nan)
        stated = ~np.isnan(figures)
    else:
        stated = ~pd.isna(cells.to_numpy(object))
        plain = [isinstance(one, Real) and not isinstance(one, bool | np.bool_) for one in cells]
        figures = np.where(plain, cells.to_numpy(object), math.nan).astype(float)
    stated &= of
    fine = (figures >= 0) & (figures < math.inf)
    if whole:
        fine &= figures == np.floor(figures)
    allowed = f"a {'whole ' * whole}number of at least 0, or blank"
    _refuse(plans.index, stated & ~fine, f": {column} is {{!r}} (allowed: {allowed})", cells)
    return np.where(stated, figures, blank)


def after_allowance(plans: pd.DataFrame) -> np.ndarray:
    """Return what happens when each allowance is used up: (plans,).

    Where nothing is said, it stops; an unlimited plan is deprioritised.
    """
    after, unlimited = (plans[name].to_numpy(object) for name in ("after_allowance", "unlimited"))
    unlimited = np.where(pd.isna(unlimited), False, unlimited)
    wrong = np.array([not isinstance(one, bool | np.bool_) for one in unlimited])
    told = ": unlimited is {!r} (allowed: True, False or blank)"
    _refuse(plans.index, wrong, told, unlimited)
    silent = np.where(unlimited.astype(bool), "deprioritize", "stop")
    after = np.where(pd.isna(after), silent, after)
    kinds = ("stop", "throttle", "deprioritize", "payg")
    told = f": after_allowance is {{!r}} (allowed: {', '.join(kinds)} or blank)"
    _refuse(plans.index, ~np.isin(after, kinds), told, after)
    return after


def _named(plan_id: object) -> str:
    return "the plan" if plan_id is None else f"plan {plan_id!r}"


def _refuse(index: pd.Index, wrong: np.ndarray, what: str, cells: np.ndarray | pd.Series) -> None:
    """Raise an error that names the first plan of which something is wrong, and its cell."""
    if wrong.any():
        plan_id, cell = (values.tolist()[wrong.argmax()] for values in (index, cells))
        raise ValueError(_named(plan_id) + what.format(cell))


def _check_has(name: str, given: Mapping, *needed: str) -> None:
    missing = [column for column in needed if column not in given]
    if missing:
        raise ValueError(f"missing from {name}: {', '.join(missing)}")


@cache
def period_starts(days: int, term_days: int, period_days: int) -> tuple[int, ...]:
    """Return the days of a stay on which allowance periods start, unless a pack is empty early."""
    terms = range(0, days, term_days)
    return tuple(day for s in terms for day in range(s, min(s + term_days, days), period_days))
