"""The billing rules as the obvious loop over days: slow, and plain enough to be checked by eye.

Written from the rules alone, it shares no code with `prepaid.billing`. The tests compare the two,
and the benchmark compiles `bill_stay` with numba as it stands here.
"""

import math

import pandas as pd

NOTHING_GB = 1e-9  # about a byte: less than this is rounding, and never buys a pack
STOP, THROTTLE, DEPRIORITIZE, PAYG = range(4)


def read_plan(plan, autopay=False, blank_throttle_kbps=128.0):
    """Numbers of a plan in the order in which `bill_stay` takes them; no limit becomes infinity."""

    def number(column, blank):
        return blank if pd.isna(plan.get(column)) else float(plan[column])

    after = plan["after_allowance"]
    if pd.isna(after):
        after = "deprioritize" if not pd.isna(plan["unlimited"]) and plan["unlimited"] else "stop"
    price = number("price_usd", math.nan)
    term = number("term_days", math.inf)
    # Where nobody says what an offer costs later, its later purchases cost the unknown.
    later = number("renews_at_usd", math.nan)
    is_offer = "renews_at_usd" in plan and plan.get("offer", "standard") != "standard"
    return (
        number("autopay_price_usd", price) if autopay else price,
        term,
        number("data_gb", math.inf),
        number("allowance_days", term),
        {"stop": STOP, "throttle": THROTTLE, "deprioritize": DEPRIORITIZE, "payg": PAYG}[after],
        number("throttle_kbps", blank_throttle_kbps),
        number("overage_usd_per_gb", 0.0),
        number("overage_cap_usd", math.inf),
        number("full_speed_gb", math.inf),
        number("minimum_terms", 1.0),
        number("offer_terms", 1.0 if is_offer or later >= 0 else math.inf),
        later,
    )


def bill_stay(
    usage,
    rebuy,
    price,
    term,
    allowance,
    period,
    after,
    kbps,
    usd_per_gb,
    cap_usd,
    full_speed_gb,
    owed,
    offered,
    later,
):
    """Bill one stay: cost, purchases, full-speed, slow and unmet GB, short days."""
    cost = full = slow = unmet = 0.0
    purchases = short_days = 0
    left = full_in_period = overage = 0.0
    next_purchase = next_period = 0.0
    free = price == 0 and (offered == math.inf or later == 0)  # given away, but once a term
    for day in range(len(usage)):
        if day >= next_purchase:
            cost += price if purchases < offered else later
            purchases += 1
            next_purchase = day + term
            next_period = day
        if day >= next_period:
            left = allowance
            full_in_period = overage = 0.0
            next_period = day + period

        served = min(usage[day], left)
        left -= served
        excess = usage[day] - served

        if after == STOP and rebuy and not free and period >= term and allowance > 0:
            while excess > NOTHING_GB:
                cost += price if purchases < offered else later
                purchases += 1
                next_purchase = day + term
                next_period = day + period
                from_pack = min(excess, allowance)
                left = allowance - from_pack
                excess -= from_pack

        if after == PAYG:
            full_in_period += served
            paid = min(excess, max(full_speed_gb - full_in_period, 0.0))
            full_in_period += paid
            excess -= paid
            charge = min(paid * usd_per_gb, cap_usd - overage)
            overage += charge
            cost += charge

        if excess <= NOTHING_GB:
            excess = 0.0
        carried = 0.0
        if after == DEPRIORITIZE:
            carried = excess
        elif after in (THROTTLE, PAYG):
            carried = min(excess, kbps * 0.0108)
        full += usage[day] - excess
        slow += carried
        unmet += excess - carried
        if excess > 0:
            short_days += 1
    while purchases < owed:  # a commitment is paid for, whether the stay needs it or not
        cost += price if purchases < offered else later
        purchases += 1
    return cost, purchases, full, slow, unmet, short_days
