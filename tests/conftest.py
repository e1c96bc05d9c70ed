"""What the tests share: charts without a screen, in the house style, and no stop-watch."""

import gc

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from hypothesis import settings

from prepaid import show

mpl.use("Agg")
# Speed is a matter of benchmarks; the same examples are tried on every machine.
settings.register_profile("prepaid", deadline=None, derandomize=True, database=None)
settings.load_profile("prepaid")


def pytest_collection_modifyitems(items):
    """Start with the files that take long, so that all workers end at about the same time."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish():
    """Look less often for what can be thrown away: a seventh of all processor time."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)


@pytest.fixture
def house_style():
    show.use_house_style()
    yield
    plt.close("all")
