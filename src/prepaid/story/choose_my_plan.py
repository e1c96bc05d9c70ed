"""Controls for a person's wishes, and beside them what `recommend` answers: a sentence, five plans and a chart."""

import io
from dataclasses import replace
from html import escape
from textwrap import fill

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from prepaid.catalog import DATA, Catalog, load_usage_log
from prepaid.catalog.kinds import NETWORKS
from prepaid.recommend import LONGEST_STAY_DAYS, PAYMENTS, Recommendation, Wishes, recommend
from prepaid.show import BLACK, KINDS, RED, dates, dollars, label, legend_below, readable
from prepaid.usage import MONTH_DAYS, UsageModel

# One axis for every answer, so that a change is seen to move.
CHEAPEST_USD, DEAREST_USD = 1, 3_000
# What an hour of each habit is taken for in data/activities.csv.
HABITS = {
    "Video": "youtube-480p",
    "Calls": "whatsapp-video-call",
    "Maps": "maps-browsing",
    "Social": "instagram-feed",
}
RISKS = {0.01: "1 in 100", 0.02: "1 in 50", 0.05: "1 in 20", 0.1: "1 in 10", 0.2: "1 in 5"}
# JupyterLab at 1280 by 720 leaves about 848 pixels beside its side bar, and a height of 590.
COLUMN, CONTROL, TABLE, CHART = "282px", "276px", "448px", "392px"
STYLE = """<style>
.prepaid-answer .widget-html-content { font-size: 12px; line-height: 1.2 }
.prepaid-answer p { margin: 2px 0 }
.prepaid-answer table { width: 100%; border-spacing: 2px 0 }
.prepaid-answer td, .prepaid-answer th { text-align: right }
.prepaid-answer td[colspan], .prepaid-answer th:nth-child(2) { text-align: left }
.prepaid-answer td[colspan] { font-size: 11px }
</style>"""


def cost_and_risk(answer: Recommendation, figure: Figure | None = None) -> Axes:
    """Draw the chance of running short against the all-in cost of all plans that may fit, and number the best."""
    # Controls draw beside the cells, maybe in another thread: their figure is none of pyplot's.
    figure = figure or plt.figure(figsize=(8, 4))
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches()
    # A fixed place, in inches from the edges: so the axes stand still, and a third of the time to draw is saved.
    place = (0.75 / width, 1.1 / height, 1 - 0.85 / width, 1 - 1.45 / height)
    ax = figure.add_axes(place, xscale="log")
    plans, best = answer.everyone, answer.best
    to_check = plans["to_check"] != ""
    for kind, (_, color, marker) in KINDS.items():
        for rows, face in ((plans[~to_check], color), (plans[to_check], "none")):
            own = rows[rows["provider_kind"] == kind]
            style = {"marker": marker, "s": 16, "facecolors": face, "edgecolors": color, "linewidths": 0.8}
            ax.scatter(own["all_in_usd"], own["short_share"], alpha=0.6, **style)
    ax.axhline(answer.most_short_share, color=RED, linewidth=0.8, linestyle="--")
    accepted = f"accepted risk {answer.most_short_share:.0%}"
    ax.annotate(accepted, (1.1 * CHEAPEST_USD, answer.most_short_share + 0.01), fontsize=8, color=RED)
    ax.set(xlim=(CHEAPEST_USD, DEAREST_USD), ylim=(-0.04, 1.04))
    ax.minorticks_off()
    # Numbers stand side by side above the marks, in the order of cost, so that the lines to them do not cross.
    order = best["all_in_usd"].argsort(kind="stable").to_numpy()
    wanted = np.log(best["all_in_usd"].to_numpy()[order]) / np.log(DEAREST_USD)
    places = _apart(wanted, gap=0.4 / width)
    for place, rank in zip(places, order, strict=True):
        plan = best.iloc[rank]
        ax.annotate(
            str(rank + 1),
            (plan["all_in_usd"], plan["short_share"]),
            xytext=(place, min(0.9, best["short_share"].max() + 0.22)),
            textcoords=("axes fraction", "data"),
            ha="center",
            weight="bold",
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": BLACK},
            arrowprops={"arrowstyle": "-", "color": BLACK, "linewidth": 0.8},
        )
    ax.xaxis.set_major_formatter(dollars)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    handles = [Line2D([], [], linestyle="", marker=marker, color=color) for _, color, marker in KINDS.values()]
    handles += [Line2D([], [], linestyle="", marker="o", color=BLACK, markerfacecolor="none")]
    legend_below(ax, handles, [*(name for name, _, _ in KINDS.values()), "hollow: to check"])
    low, high = best["all_in_usd"].min(), best["all_in_usd"].max()
    title = f"The best {len(best)} cost ${low:,.2f} to ${high:,.2f} all in"
    if len(best) < 2:
        title = f"Only one fits: ${low:,.2f} all in" if len(best) else "No plan fits all wishes"
    beyond = (plans["all_in_usd"] > DEAREST_USD).sum()
    caption = f"Source: data/plans.csv, prices of {dates(plans)}; simulated."
    caption += f"\n{beyond} dearer plans not drawn." if beyond else ""
    unit = "Stays" if answer.days <= MONTH_DAYS else "Months"
    return label(ax, title, "All-in cost of the stay (log scale)", f"{unit} that run short", caption)


def _apart(wanted: np.ndarray, gap: float) -> np.ndarray:
    """Return places at least `gap` apart in the same order, near the wanted ones (sorted, from 0 to 1)."""
    steps = gap * np.arange(len(wanted))
    pushed = np.maximum.accumulate(wanted - steps) + steps
    pulled = np.minimum.accumulate((wanted - steps)[::-1])[::-1] + steps
    return np.clip((pushed + pulled) / 2, steps + gap, 1 - steps[::-1] - gap)


class Chooser:
    """Controls that ask for the wishes of `recommend` and show its answer with every change.

    Show it as the last expression of a cell. `answer` is the Recommendation on screen, or None after an error; `said`
    is the sentence.

    Parameters
    ----------
    data
        All tables, as `load()` returns them.
    wishes
        Where the controls start; its usage is a number or a log.
    """

    def __init__(self, data: Catalog, wishes: Wishes):
        self.data, self.start = data, wishes
        self.log = wishes.usage if isinstance(wishes.usage, pd.Series) else None
        gb = 1.0 if self.log is not None else wishes.usage
        states = [("don't know", ""), *((state, state) for state in data.state_fees.index)]
        risks = sorted({*RISKS, wishes.most_short_share})
        self.controls = {
            "days": _slider("Days in USA", wishes.days, 1, LONGEST_STAY_DAYS, 1),
            "visitor": _choice("I am", [("a visitor", True), ("a resident", False)], wishes.visitor),
            "payment": _choice("I pay with", [(words, key) for key, words in PAYMENTS.items()], wishes.payment),
            "state": _choice("State (taxes)", states, wishes.state or ""),
            "most_short_share": _choice(
                "Risk accepted", [(RISKS.get(risk, f"{risk:.1%}"), risk) for risk in risks], wishes.most_short_share
            ),
            "source": _choice(
                "Usage from",
                ["GB per day", "my habits", "my own log"],
                "GB per day" if self.log is None else "my own log",
            ),
            "usage": _slider("GB per day", gb, 0, max(10, gb), 0.1),
            **{habit: _slider(f"{habit}, h/day", 0.5, 0, 6, 0.25) for habit in HABITS},
            "log": widgets.Text(placeholder="a file; empty: made-up example", continuous_update=False, **_named("Log")),
            "network": _choice("Network", [("any", ""), *((name, name) for name in NETWORKS)], wishes.network or ""),
            "hotspot_gb": _slider("Hotspot GB/day", wishes.hotspot_gb, 0, max(5, wishes.hotspot_gb), 0.1),
            "esim_phone": _tick("My phone takes eSIMs", wishes.esim_phone),
            "us_number": _tick("I need a US number", wishes.us_number),
            "autopay": _tick("AutoPay is fine", wishes.autopay),
        }
        self.sentence, self.table = widgets.HTML(), widgets.HTML(layout={"width": TABLE})
        self.chart = widgets.Image(format="png", layout={"width": CHART})
        self.chart.add_class("prepaid-chart")
        columns = [
            ("days", "visitor", "payment", "state", "most_short_share"),
            ("source", "usage", *HABITS, "log"),
            ("network", "hotspot_gb", "esim_phone", "us_number", "autopay"),
        ]
        boxes = [widgets.VBox([self.controls[name] for name in names], layout={"width": COLUMN}) for names in columns]
        below = widgets.HBox([self.table, self.chart], layout={"align_items": "flex-start"})
        answer = widgets.VBox([self.sentence, below])
        answer.add_class("prepaid-answer")
        self.view = widgets.VBox([widgets.HBox(boxes), answer])
        for control in self.controls.values():
            control.observe(self._update, "value")
        self._update()

    def wishes(self) -> Wishes:
        """Return what the controls say."""
        # A Dropdown shows None as nothing chosen, so that an empty text stands for it.
        values = {name: None if control.value == "" else control.value for name, control in self.controls.items()}
        source, path = values.pop("source"), values.pop("log")
        hours = {activity: values.pop(habit) for habit, activity in HABITS.items()}
        if source == "my habits" and any(hours.values()):
            values["usage"] = UsageModel.from_activities(hours, self.data.activities)
        elif source == "my habits":
            values["usage"] = 0.0
        elif source == "my own log":
            given = path is None and self.log is not None
            values["usage"] = self.log if given else load_usage_log(path or DATA / "example-usage-log.csv")
        return replace(self.start, **values)

    def _update(self, change: dict | None = None) -> None:
        """Show only the controls that count, and the answer to what they say."""
        source = self.controls["source"].value
        for names, wanted in ((("usage",), "GB per day"), (HABITS, "my habits"), (("log",), "my own log")):
            for name in names:
                self.controls[name].layout.display = None if source == wanted else "none"
        self.controls["autopay"].disabled = self.controls["payment"].value == "cash"
        self.answer = None
        try:
            self.answer = recommend(self.data, self.wishes())
            shown = self.answer.sentence, best_as_html(self.answer), _png(self.answer)
        except Exception as error:  # a traceback in a callback would be seen by nobody
            shown = f"No answer: {error}", "", b""
        self.said, self.table.value, self.chart.value = shown
        self.chart.layout.display = None if self.chart.value else "none"
        self.sentence.value = f"{STYLE}<p>{escape(self.said)}</p>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """Return the controls for a notebook that runs, and text for one that is only read."""
        text = f"Controls: run this cell. As they stand, they answer:\n{fill(self.said, 100)}"
        return {**self.view._repr_mimebundle_(), "text/plain": text}


def _named(description: str) -> dict:
    """Return what gives a control its label, and its size."""
    return {
        "description": description,
        "tooltip": description,
        "style": {"description_width": "104px"},
        "layout": {"width": CONTROL},
    }


def _slider(description: str, value: float, low: float, high: float, step: float) -> widgets.Widget:
    kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    form = {} if isinstance(step, int) else {"readout_format": ".2f" if step < 0.1 or step == 0.25 else ".1f"}
    options = {"min": low, "max": high, "step": step, "continuous_update": False}
    return kind(value=value, **options, **form, **_named(description))


def _choice(description: str, options: list, value: object) -> widgets.Dropdown:
    return widgets.Dropdown(options=options, value=value, **_named(description))


def _tick(description: str, value: bool) -> widgets.Checkbox:
    return widgets.Checkbox(value=value, indent=False, **_named(description))


def best_as_html(answer: Recommendation) -> str:
    """Return a table of the best plans, two rows each, for a place 450 pixels wide."""
    shown = readable(answer.best)
    rows = []
    for number, (plan, figures) in enumerate(zip(shown.itertuples(), answer.best.itertuples(), strict=True), start=1):
        told = {"Check first": plan.to_check, "Buy": plan.channel, "Top up": plan.top_up, "Note": plan.caveats}
        notes = "".join(f"{name}: {escape(note)}. " for name, note in told.items() if note)
        source = f"{figures.as_of.day} {figures.as_of:%b %Y}"
        link = f'<a href="{escape(plan.source_url)}" title="{escape(plan.source)}" target="_blank">{source}</a>'
        cells = f"<td>{plan.all_in_usd}</td><td>{plan.short_share}</td><td>{plan.usd_per_carried_gb}</td>"
        rows.append(
            f"<tr><th>{number}</th><th>{escape(plan.name)}</th>{cells}</tr>"
            f'<tr><td></td><td colspan="4">{plan.low_usd} to {plan.high_usd}. {notes}Source: {link}.</td></tr>'
        )
    head = "".join(f"<th>{title}</th>" for title in ("", "Plan", "All in", "Short", "per GB"))
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>" if rows else ""


def _png(answer: Recommendation) -> bytes:
    """Return the chart of an answer as a picture for a place 390 pixels wide."""
    with plt.rc_context({"font.size": 9, "axes.titlesize": 10}):
        ax = cost_and_risk(answer, Figure(figsize=(4.4, 3.9)))
        picture = io.BytesIO()
        ax.figure.savefig(picture, format="png")
    return picture.getvalue()
