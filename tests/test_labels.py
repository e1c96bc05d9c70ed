"""What tables call their rows and columns: the names that docstrings promise, in their order."""

import numpy as np
import pandas as pd
import pytest
from made_up import ASSUMED, BASE, DATA, one_plan
from test_channels import PARTS

from prepaid.billing import bill, compare
from prepaid.channels import landed_cost, usable_channels
from prepaid.prices import age_days
from prepaid.story.keep_your_number import cost_of_keeping, number_survival
from prepaid.story.price_per_gb import unit_prices
from prepaid.usage import activity_gb_per_day, daily_gb

PLANS, USAGE = one_plan(), np.full((3, 20), 0.2)
PLAN = PLANS.iloc[0]
ALL_IN = ["low_usd", "own_low_usd", "base_usd", "high_usd", "own_high_usd"]
MEANS = [
    "mean_cost_usd",
    "median_cost_usd",
    "p95_cost_usd",
    "mean_purchases",
    "short_share",
    "full_speed_share",
]
UNITS = ["term_gb", "usd_per_gb", "usd_per_day", "usd_per_30_days", "refreshes", "stale"]
LOG = pd.Series([0.2] * 28, pd.date_range("2026-01-01", periods=28))
LABELS = {
    "bill": (
        lambda: bill(PLAN, USAGE),
        (None, ["cost_usd", "purchases", "full_speed_gb", "slow_gb", "unmet_gb", "short_days"]),
    ),
    "compare": (
        lambda: compare(PLANS, USAGE, assumptions=BASE),
        ("plan_id", [*MEANS, "usd_per_carried_gb", "unused_usd", "cheapest_share", "assumed"]),
    ),
    "unit_prices": (lambda: unit_prices(PLANS), ("plan_id", UNITS)),
    "age_days": (lambda: age_days(PLANS).to_frame(), ("plan_id", ["age_days"])),
    "landed_cost": (
        lambda: landed_cost(30, DATA.channels, DATA.state_fees, ASSUMED),
        ("channel_id", [*PARTS, "known_usd", *ALL_IN, "missing", "offered", "reason"]),
    ),
    "usable_channels": (
        lambda: usable_channels(DATA.channels),
        ("channel_id", ["evidence", "reason"]),
    ),
    "number_survival": (
        lambda: number_survival(DATA.expiry_rules),
        ("brand", ["shortest_days", "longest_days", "figures"]),
    ),
    "cost_of_keeping": (
        lambda: cost_of_keeping(DATA.keep_number, DATA),
        (
            None,
            [
                *DATA.keep_number,
                *("codes", "low_year_usd", "base_year_usd", "high_year_usd", "payments"),
                *("low_usd", "base_usd", "high_usd", "missing"),
            ],
        ),
    ),
    "daily_gb": (lambda: daily_gb(LOG).to_frame(), ("date", ["gb"])),
    "activity_gb_per_day": (
        lambda: activity_gb_per_day({DATA.activities.index[0]: 1}, DATA.activities).to_frame().T,
        (None, ["low", "base", "high"]),
    ),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_table_has_the_names_that_its_docstring_promises(name):
    make, (index, columns) = LABELS[name]
    found = make()
    assert (found.index.name, list(found)) == (index, columns)
