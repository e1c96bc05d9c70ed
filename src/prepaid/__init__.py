"""What US prepaid mobile data really costs, for whoever buys a plan and tops it up.

Start with the catalogue and a question:

- ``plans = load_plans()``, then ``recommend(plans, days=10, usage=1.0)``: what to buy for a stay;
- ``bill(plans.loc["tello-5gb"], usage)`` and ``compare(plans, usage)``: what given days cost on one plan or on all;
- ``landed_cost(30, load_channels(), state="CA")``: what a top-up costs with fees and taxes, through each channel;
- ``reorder_point(UsageModel.known_average(8), lead_days=1, check_every_days=1)``: how much must be left when you order;
"""

from prepaid.billing import bill, compare, with_fair_use
from prepaid.catalog import (
    load,
    load_assumptions,
    load_balance_codes,
    load_channels,
    load_expiry_rules,
    load_history,
    load_plans,
    load_sources,
    load_state_fees,
)
from prepaid.catalog.read import CatalogError
from prepaid.catalog.upkeep import diff_catalogs
from prepaid.channels import landed_cost, usable_channels
from prepaid.confirm import Confirmation, Reading, check_identifiers, confirm_top_up
from prepaid.prices import select_plans, unit_prices
from prepaid.recommend import Recommendation, recommend
from prepaid.show import readable
from prepaid.top_up import TopUpBy, remaining, reorder_point, reorder_points, run_out_days, top_up_by, top_up_cost
from prepaid.usage import (
    UsageModel,
    activity_gb_per_day,
    load_activities,
    load_usage_benchmarks,
    load_usage_log,
    resample_usage,
)

__all__ = [
    "CatalogError",
    "Confirmation",
    "Reading",
    "Recommendation",
    "TopUpBy",
    "UsageModel",
    "activity_gb_per_day",
    "bill",
    "check_identifiers",
    "compare",
    "confirm_top_up",
    "diff_catalogs",
    "landed_cost",
    "load",
    "load_activities",
    "load_assumptions",
    "load_balance_codes",
    "load_channels",
    "load_expiry_rules",
    "load_history",
    "load_plans",
    "load_sources",
    "load_state_fees",
    "load_usage_benchmarks",
    "load_usage_log",
    "readable",
    "recommend",
    "remaining",
    "reorder_point",
    "reorder_points",
    "resample_usage",
    "run_out_days",
    "select_plans",
    "top_up_by",
    "top_up_cost",
    "unit_prices",
    "usable_channels",
    "with_fair_use",
]
