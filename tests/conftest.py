"""What the tests of charts share: no screen, the house style, and no figure left open."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from prepaid import charts

mpl.use("Agg")


@pytest.fixture
def house_style():
    charts.use_house_style()
    yield
    plt.close("all")
