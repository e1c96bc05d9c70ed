"""The cheapest sequence of packs by trying everything: slow, and plain enough to be checked by eye.

Written from the rules in the docstring of `prepaid.sequence.cheapest_sequence` alone, it shares no code with it.
"""

import math
from functools import cache

import pandas as pd

NOTHING_GB = 1e-9


def ways_to_leave(plan, usage, day, left_gb):
    """Yield (cost, day, GB left of that day) of each moment at which a pack bought on a day may be left."""

    def number(column, blank=math.inf):
        return blank if pd.isna(plan[column]) else float(plan[column])

    term, allowance = number("term_days"), number("data_gb")
    period = number("allowance_days", term)
    full_speed = max(allowance, number("full_speed_gb")) if plan["after_allowance"] == "payg" else allowance
    before = overage = used = 0.0  # dollars of earlier periods and of this one, GB of this one

    def cost():
        return round((number("price_usd") + before + overage) * 10**6)

    today = day
    while today < min(day + term, len(usage)):
        if (today - day) % period == 0:
            before, overage, used = before + overage, 0.0, 0.0
        need = left_gb if today == day else usage[today]
        yield cost(), today, need
        free = min(need, allowance - min(used, allowance))
        if need - free > NOTHING_GB:
            yield cost(), today, need - free
        used += need
        if used > allowance:
            paid = min(used, full_speed) - allowance
            overage = min(paid * number("overage_usd_per_gb", 0.0), number("overage_cap_usd"))
        if used > full_speed + NOTHING_GB:
            yield cost(), today, used - full_speed
            return
        yield cost(), today, 0.0
        today += 1
    yield cost(), today, usage[today] if today < len(usage) else 0.0


def best_of_all(plans, usage, most_sims=math.inf, switch_usd=0.0):
    """Return (millionths of a dollar, purchases, providers) of the best sequence; infinite if there is none."""
    usage, plans = tuple(map(float, usage)), plans.to_dict("records")

    @cache
    def best(day, left_gb, last, providers):
        if day == len(usage):
            return 0, 0, len(providers)
        found = [(math.inf, 0, 0)]
        for plan in plans:
            if last is not None and plan["offer"] != "standard":
                continue
            its_providers = providers | {plan["provider"]}
            if len(its_providers) > most_sims:
                continue
            switch = round(switch_usd * 10**6) if last not in (None, plan["provider"]) else 0
            for cost, to_day, to_gb in ways_to_leave(plan, usage, day, left_gb):
                if to_day > day or to_gb < left_gb - NOTHING_GB:
                    more, purchases, sims = best(to_day, round(to_gb, 9), plan["provider"], its_providers)
                    found.append((cost + switch + more, purchases + 1, sims))
        return min(found)

    return best(0, usage[0], None, frozenset())
