"""Tables and charts as the notebooks show them: one way to write figures, one house style."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import ScaledTranslation

# The unit is part of a column's name: prefix or suffix, and how a value is written.
UNITS = {
    "usd": lambda value: f"${value:,.2f}",
    "gb": lambda value: f"{value:,.1f} GB",
    "mb": lambda value: f"{value:,.0f} MB",
    "days": lambda value: f"{value:,.0f} days",
    "minutes": lambda value: f"{value:,g} min",
    "kbps": lambda value: f"{value:,.0f} kbit/s",
    "share": lambda value: f"{value:.1%}",
    "ratio": lambda value: f"{value:.3f}",
}
# Okabe and Ito's palette: told apart by colour-blind readers; marks differ in shape too, for prints in grey.
BLACK, ORANGE, GREEN, BLUE, RED, GREY = "#000000", "#E69F00", "#009E73", "#0072B2", "#D55E00", "#767676"
KINDS = {
    "carrier": ("Carrier", BLACK, "s"),
    "mvno": ("MVNO", BLUE, "o"),
    "travel_esim": ("Travel eSIM", ORANGE, "^"),
}
STYLE = {
    "figure.figsize": (8, 5),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same letters
    "font.size": 10,
    "text.parse_math": False,  # a $ is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "axes.axisbelow": True,
    "legend.frameon": False,
}
dollars = FuncFormatter(lambda value, _: f"${value:,.0f}" if value >= 1 or value == 0 else f"${value:.2f}")
plain = FuncFormatter(lambda value, _: f"{value:g}")


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text, each value written with the unit in its column's name; missing is a dash.

    Of several units in a name the first counts (`usd_per_gb` is money). Columns without a unit stay as they are.
    """
    written = table.astype(object).where(table.notna(), "-")
    for column in table:
        unit = next((word for word in str(column).split("_") if word in UNITS), None)
        if unit:
            written[column] = ["-" if pd.isna(value) else UNITS[unit](value) for value in table[column]]
    return written


def use_house_style() -> None:
    """Draw charts and show tables in the house style from here on, whatever the reader's own settings."""
    plt.style.use(["default", STYLE])
    pd.set_option("display.html.use_mathjax", False)  # dollars are dollars, not the ends of a formula
    with suppress(ImportError):  # only notebooks have it
        from matplotlib_inline.config import InlineBackend

        # zlib's default strategy (0) makes charts a fifth smaller than the one chosen for photographs.
        smaller = {"compress_level": 9, "compress_type": 0}
        InlineBackend.instance().print_figure_kwargs = {"bbox_inches": "tight", "pil_kwargs": smaller}


def label(ax: Axes, title: str, x: str, y: str, caption: str) -> Axes:
    """Title the chart, name its axes (empty: the tick labels speak for themselves), and say where the data is from."""
    ax.set(title=title, xlabel=x, ylabel=y)
    caption_figure(ax, caption)
    return ax


def title_figure(figure: plt.Figure, title: str) -> None:
    """Title a figure of several panels, or of one with long names, from its left edge."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")


def caption_figure(ax: Axes, caption: str) -> None:
    """Write where the data is from below the figure."""
    ax.figure.supxlabel(caption, x=0.01, ha="left", fontsize=8, color=GREY)


def says_when_empty(chart: Callable) -> Callable:
    """Let a chart of no rows say so, as when a reader's parameters leave nothing."""

    @wraps(chart)
    def draw(rows: pd.DataFrame, *args, **kwargs):
        if len(rows):
            return chart(rows, *args, **kwargs)
        ax = plt.figure(figsize=(8, 1)).add_subplot()
        ax.set_axis_off()
        ax.text(0, 0.5, "Nothing to draw: no row fits the parameters.", color=GREY)
        return ax

    return draw


def source(plans: pd.DataFrame) -> str:
    """Return the caption of a chart of plans: the file, how many rows, and the dates of the prices."""
    return f"Source: data/plans.csv; {len(plans)} plans, prices of {dates(plans)}, before tax unless included."


def dates(plans: pd.DataFrame) -> str:
    """Return the days of the oldest and the newest price, as a reader writes them."""
    if plans.empty:
        return "no day"
    oldest, newest = (f"{date.day} {date:%B %Y}" for date in (plans["as_of"].min(), plans["as_of"].max()))
    return f"{oldest} to {newest}"


def legend_below(ax: Axes, handles: list, names: list[str]) -> None:
    """Put the legend in one row below the label of the x axis."""
    below = ax.transAxes + ScaledTranslation(0, -0.5, ax.figure.dpi_scale_trans)
    style = {"loc": "upper right", "bbox_to_anchor": (1, 0), "borderaxespad": 0, "fontsize": 8}
    ax.legend(handles, names, ncols=len(names), bbox_transform=below, **style)
