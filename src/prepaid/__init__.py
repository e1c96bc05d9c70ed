"""What US prepaid mobile data really costs: the catalogue."""

from prepaid.catalog import load_assumptions, load_plans, load_sources
from prepaid.cells import CatalogError

__all__ = ["CatalogError", "load_assumptions", "load_plans", "load_sources"]
