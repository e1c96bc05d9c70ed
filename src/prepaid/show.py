"""Charts as the notebooks show them: one way to write figures, one house style."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import rc_params_from_file
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, PercentFormatter

# Okabe and Ito's palette, told apart by colour-blind readers. Black, blue and orange, with their
# shapes, mean the three kinds of provider; all else is grey and one accent.
BLACK, BLUE, ORANGE = "#000000", "#0072B2", "#E69F00"
GREY, MID, PALE, ACCENT = "#6B6B6B", "#A6A6A6", "#D9D9D9", "#B2182B"
KINDS = {
    "carrier": ("Carrier", BLACK, "s"),
    "mvno": ("MVNO", BLUE, "o"),
    "travel_esim": ("Travel eSIM", ORANGE, "^"),
}
HOUSE_STYLE = rc_params_from_file(
    Path(__file__).with_name("house.mplstyle"), use_default_template=False
)
dollars = FuncFormatter(
    lambda value, _: f"${value:,.0f}" if value >= 1 or value == 0 else f"${value:.2f}"
)
plain = FuncFormatter(lambda value, _: f"{value:g}")
percent = PercentFormatter(1, decimals=0)
NOTE = {"fontsize": 9, "bbox": {"color": "white", "alpha": 0.8, "pad": 0.6}}
# What nobody states.
UNKNOWN = {"facecolor": "white", "edgecolor": MID, "hatch": "////", "linewidth": 0.5}
MARGIN = 0.14  # inches from the edge of a figure to its words


def use_house_style() -> None:
    """Draw charts and show tables in the house style from here on."""
    plt.style.use(["default", HOUSE_STYLE])
    pd.set_option("display.html.use_mathjax", False)  # dollars are no formula
    with suppress(ImportError):  # only notebooks have it
        from IPython import get_ipython
        from matplotlib_inline.config import InlineBackend

        # zlib's default strategy (0) makes charts a fifth smaller than the one for photographs.
        smaller = {"compress_level": 9, "compress_type": 0}
        InlineBackend.instance().print_figure_kwargs = {"bbox_inches": None, "pil_kwargs": smaller}
        if shell := get_ipython():  # exported pages have these words where a picture is not seen
            bundles = shell.display_formatter.mimebundle_formatter
            bundles.for_type(Figure, lambda figure: ({}, {"image/png": about(figure)}))


def claim(
    ax: Axes, title: str, *, holds: bool, neutral: str, subtitle: str = "", caption: str = ""
) -> None:
    """Title the figure with a sentence that stands only while it holds, else in neutral words.

    The grey subtitle says what is drawn, its unit and how many; the caption, below, where the data
    is from. `figure.claim_holds`, which outputs of notebooks store, says whether the sentence
    stood, so that a test can go red.
    """
    figure, (width, height) = ax.figure, ax.figure.get_size_inches()
    figure.claim_holds, words = bool(holds), title if holds else neutral
    x, y = MARGIN / width, MARGIN / height
    figure.suptitle(words, x=x, y=1 - y, ha="left", va="top", fontsize=13, weight="bold")
    below = 1 - y - (0.06 + 0.2 * (words.count("\n") + 1)) / height
    figure.subtitle = figure.text(x, below, fill(subtitle, 105), color=GREY, va="top", fontsize=10)
    style = {"ha": "left", "va": "bottom", "fontsize": 8, "color": GREY}
    figure.supxlabel(fill(caption, 128), x=x, y=y, **style)
    _make_room(figure)


def legend(ax: Axes, handles: list, names: list[str] | None = None) -> None:
    """Put the legend in one row outside the axes, below the title."""
    names = [handle.get_label() for handle in handles] if names is None else names
    style = {"ncols": len(names), "fontsize": 9, "columnspacing": 1.4, "handletextpad": 0.5}
    style |= {"loc": "upper left", "borderpad": 0, "borderaxespad": 0}
    ax.figure.legend(handles, names, **style).set_in_layout(False)
    _make_room(ax.figure)


def legend_of_kinds(ax: Axes, kinds: pd.Series, others: Sequence = ()) -> None:
    """Name the kinds of provider that occur, as the colours of bars, then `others`, with labels."""
    present = [KINDS[kind][:2] for kind in KINDS if (kinds == kind).any()]
    legend(ax, [*(Patch(color=color, label=name) for name, color in present), *others])


def _make_room(figure: Figure) -> None:
    """Keep the axes from the title, the subtitle, the legend, the caption and the edges."""
    width, height = figure.get_size_inches()

    def room(text: Text) -> float:
        text.set_in_layout(False)
        return 0.06 + len(text.get_text().splitlines()) * 1.3 * text.get_fontsize() / 72

    above = MARGIN + room(figure._suptitle) + room(figure.subtitle)
    below = MARGIN + room(figure._supxlabel)
    for own in figure.legends:
        own.set_bbox_to_anchor((MARGIN / width, 1 - (above + 0.06) / height), figure.transFigure)
        above += 0.3
    rect = (MARGIN / width, below / height, 1 - 2 * MARGIN / width, 1 - (above + below) / height)
    figure.get_layout_engine().set(rect=rect)


def rows(ax: Axes, names: list[str], heights: list[float] | None = None) -> None:
    """Name the rows of a chart from the top, without lines across."""
    heights = range(len(names)) if heights is None else heights
    ax.named_rows = dict(zip(heights, names, strict=True))
    ax.set_yticks(list(ax.named_rows), list(ax.named_rows.values()))
    ax.set_ylim(max(heights, default=0) + 0.6, -0.6)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)


def note(ax: Axes, x: float, y: float, words: str, offset=(6, 0), **style) -> None:
    """Write a few words beside a mark (`offset` in points), legible across lines."""
    style = {"va": "center", **NOTE, **style}
    ax.annotate(words, (x, y), offset, textcoords="offset points", annotation_clip=False, **style)


def mark_on_band(
    ax: Axes, row: float, usd: Sequence[float], *, filled: bool, kind: str | None = None
) -> None:
    """Draw three figures: a band and, for the middle one, the mark of a kind (none: the accent)."""
    low, base, high = usd
    _, color, marker = KINDS[kind] if kind else ("", ACCENT, "o")
    band = {"color": color, "alpha": 0.35} if kind else {"color": PALE}
    ax.barh(row, high - low, left=low, height=0.24, **band)
    style = {"markersize": 9, "markeredgecolor": color, "markeredgewidth": 1.8}
    ax.plot(base, row, marker, markerfacecolor=color if filled else "white", **style)


def mean_costs(ax: Axes, plans: pd.DataFrame, heights: Sequence[float], said: list[str]) -> None:
    """Draw the mean cost of plans by kind, a tick at the 95th percentile, and words beside it."""
    colors = [KINDS[kind][1] for kind in plans["provider_kind"]]
    ax.barh(heights, plans["mean_cost_usd"], color=colors, height=0.62)
    ax.plot(plans["p95_cost_usd"], heights, "|", color=BLACK, markersize=13, markeredgewidth=2.4)
    for height, plan, words in zip(heights, plans.itertuples(), said, strict=True):
        ink = BLACK if plan.provider_kind == "travel_esim" else "white"
        inside = {"color": ink, "weight": "bold", "bbox": None, "ha": "right"}
        note(ax, plan.mean_cost_usd, height, f"${plan.mean_cost_usd:.0f}", (-5, 0), **inside)
        note(ax, max(plan.mean_cost_usd, plan.p95_cost_usd), height, words, (8, 0))
    ax.set_xlim(0, 1.36 * plans[["mean_cost_usd", "p95_cost_usd"]].max(axis=None))
    ax.xaxis.set_major_formatter(dollars)
    legend_of_kinds(ax, plans["provider_kind"])


def words_in_cells(ax: Axes, answers: pd.DataFrame) -> None:
    """Draw a table of words, yes on grey and no on white; its index names the rows."""
    styles = {"yes": (GREY, "white", "bold"), "no": ("white", GREY, "normal")}
    for column, words in enumerate(answers):
        for row, word in enumerate(answers[words]):
            face, ink, weight = styles.get(word, (PALE, BLACK, "normal"))
            ax.barh(row, 0.94, left=column - 0.47, height=0.86, color=face)
            style = {"ha": "center", "va": "center", "fontsize": 9}
            ax.text(column, row, word, color=ink, weight=weight, **style)
    rows(ax, answers.index)
    ax.set_xticks(range(answers.shape[1]), answers.columns)
    ax.set_xlim(-0.55, answers.shape[1] - 0.45)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)


def about(figure: Figure) -> dict:
    """Return what is stored with a picture: its alternative text, and whether its claim holds.

    The text has the titles, and the notes of each row; where there are no rows, all notes in order.
    """
    subtitle = getattr(figure, "subtitle", None)
    said = [figure.get_suptitle() or "Chart", subtitle.get_text() if subtitle else ""]
    for ax in figure.axes:
        named, told = getattr(ax, "named_rows", {}), {}
        for text in ax.texts:
            height = text.xy[1] if isinstance(text, Annotation) else text.get_position()[1]
            told.setdefault(named.get(height, ""), []).append(text.get_text())
        said.append(ax.get_title(loc="left"))
        said += [f"{name}: {', '.join(words)}".removeprefix(": ") for name, words in told.items()]
    parts = [" ".join(part.split()) for part in said if part]
    text = " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts)
    return {"alt": text, "claim_holds": getattr(figure, "claim_holds", True)}


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


def dates(plans: pd.DataFrame) -> str:
    """Return the days of the oldest and the newest price, as a reader writes them."""
    ends = plans["as_of"].agg(["min", "max"]).dropna()
    return " to ".join(f"{day.day} {day:%B %Y}" for day in ends) or "no day"
