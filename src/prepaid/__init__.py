"""What US prepaid mobile data really costs, for whoever buys a plan and tops it up.

>>> import prepaid
>>> data = prepaid.load()  # all tables of data/, checked
>>> answer = prepaid.recommend(data, prepaid.Wishes(days=10, usage=1.0))  # what to buy for a stay
>>> prepaid.told(answer, "en")  # the same in words, in English or Chinese ("zh")
>>> usage = prepaid.UsageModel.known_average(8).sample(days=30, stays=1_000, seed=0)
>>> assumptions = data.assumptions["base"]
>>> prepaid.bill(data.plans.loc["tello-5gb"], usage, assumptions=assumptions)  # one plan
>>> prepaid.compare(data.plans, usage, assumptions=assumptions)  # all plans on the same days

`landed_cost` says what one top-up costs through each channel, `usable_channels` which of them take
a card, `reorder_point` how much data must be left when the next pack is ordered.

The code is read in this order: `load` in `catalog` (from CSV files to tables), `UsageModel` in
`usage` (GB per day of a person), `bill`, `compare` and `Tally` in `billing` (what given days cost
on a plan), `wishes`, and `recommend` to the end of the function of that name (what to buy). What
follows there says how costs (`_costs`), doubts and order (`_with_doubts` to `_picked`) come about.
Who asks how a plan's row becomes a tariff reads `tariffs`; where it is sold, `offers`; what a
channel costs and what sources say, `channels`. Then the story of the notebook that is open: `story`
has one module a notebook, under its name. All other names are imported from their module.
"""

from importlib import import_module

from prepaid.billing import bill, compare
from prepaid.catalog import load
from prepaid.catalog.own_usage import read_usage
from prepaid.catalog.read import CatalogError
from prepaid.channels import landed_cost, usable_channels
from prepaid.recommend import recommend
from prepaid.tables import readable
from prepaid.top_up import reorder_point
from prepaid.usage import UsageModel
from prepaid.wishes import Wishes
from prepaid.words import told

__all__ = [
    "CatalogError",
    "UsageModel",
    "Wishes",
    "bill",
    "compare",
    "landed_cost",
    "load",
    "read_usage",
    "readable",
    "recommend",
    "reorder_point",
    "told",
    "usable_channels",
]


def __getattr__(name: str) -> object:
    """Import `show` with its first use: matplotlib takes 36 MB in each worker of a fleet."""
    if name == "show":
        return import_module("prepaid.show")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
