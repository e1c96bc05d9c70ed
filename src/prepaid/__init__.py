"""What US prepaid mobile data really costs: the catalogue, and usage."""

from prepaid.catalog import load_assumptions, load_plans, load_sources
from prepaid.cells import CatalogError
from prepaid.usage import (
    UsageModel,
    activity_gb_per_day,
    calibration,
    load_activities,
    load_usage_benchmarks,
    load_usage_log,
    resample_usage,
    speed_allows,
    steady_kbps,
)

__all__ = [
    "CatalogError",
    "UsageModel",
    "activity_gb_per_day",
    "calibration",
    "load_activities",
    "load_assumptions",
    "load_plans",
    "load_sources",
    "load_usage_benchmarks",
    "load_usage_log",
    "resample_usage",
    "speed_allows",
    "steady_kbps",
]
