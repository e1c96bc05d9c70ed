"""Controls for a person's wishes, and below them what `recommend` answers: words, then a chart."""

import datetime as dt
import io
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from numbers import Real
from pathlib import Path
from textwrap import fill
from urllib.parse import urlsplit

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prepaid import show
from prepaid.catalog import DATA, Catalog
from prepaid.catalog.kinds import NETWORKS
from prepaid.catalog.own_usage import read_usage
from prepaid.recommend import Answer, recommend
from prepaid.show import ACCENT, GREY, KINDS, claim, dollars, legend, note, says_when_empty
from prepaid.usage import MONTH_DAYS, activity_gb_per_day
from prepaid.wishes import LONGEST_STAY_DAYS, PAYMENTS, Wishes
from prepaid.words import LANGUAGES, Words, told

LENGTHS_DAYS = (3, 5, 7, 10, 14, 21, 30, 60, 90, 180, 360)
RISKS = (0.01, 0.02, 0.05, 0.1, 0.2)
# What an hour of each habit is taken for: rows of data/activities.csv.
HABITS = ("youtube-480p", "whatsapp-video-call", "maps-browsing", "instagram-feed")
# The controls of each source of usage.
SOURCES = {"usage": ("usage",), "habits": HABITS, "file": ("file", "upload")}
TICKS = ("us_number", "esim_phone", "autopay", "stated_only")
USAGE_FILES = (".csv", ".tsv", ".txt", ".json")
# Plans in the table and in the chart.
FEW = 6
STYLE = """<style>
.prepaid-answer .widget-html-content { font-size: 13px; line-height: 1.35 }
.prepaid-answer p { margin: 2px 0 }
.prepaid-answer h4 { margin: 4px 0 }
.prepaid-answer b { margin-right: 4px }
.prepaid-answer .picks { display: flex; flex-wrap: wrap; gap: 4px 24px }
.prepaid-answer .picks > div { flex: 1 1 320px }
.prepaid-answer table { width: 100%; border-spacing: 6px 2px; font-size: 12px }
.prepaid-answer th, .prepaid-answer td {
    text-align: left; vertical-align: top; white-space: nowrap }
.prepaid-answer :is(th, td):is(:first-child, :last-child) { white-space: normal }
.prepaid-answer img { width: 100%; max-width: 540px }
</style>"""


def best(answer: Answer, count: int = FEW) -> pd.DataFrame:
    """Return the picks and the next plans, as many as wanted, with second_usd (picks only)."""
    others = [key for key in answer.plans.index if key not in answer.picks]
    rows = answer.plans.loc[[*answer.picks, *others][:count]]
    return rows.assign(second_usd=pd.Series(answer.second_usd or {}, dtype=float))


class Chooser:
    """Controls that ask for the wishes of `recommend` and show its answer with every change.

    Show it as the last expression of a cell. `answer` is the one on screen, or None after an error.

    Parameters
    ----------
    data
        All tables, as `load()` returns them.
    wishes
        Where the controls start.
    language
        A key of `LANGUAGES`; a control changes it.
    on
        The day from which ages count; by default the day on which a control is moved.
    """

    def __init__(
        self,
        data: Catalog,
        wishes: Wishes | None = None,
        *,
        language: str = "en",
        on: dt.date | None = None,
    ):
        self.data, self.start, self.on = data, wishes or Wishes(), on
        self.answer, self.log, self.uploads, self.kept, self.busy = None, None, {}, {}, True
        self.controls = self._controls(language)
        self.words, self.table, self.picture = (widgets.HTML() for _ in range(3))
        self.words.layout.width = "98%"
        for box in (self.table, self.picture):
            box.layout.width, box.layout.flex = "auto", "1 1 380px"
        columns = "repeat(auto-fill, minmax(250px, 1fr))"
        grid = {"display": "grid", "grid_template_columns": columns, "width": "98%"}
        asked = widgets.Box([*self.controls.values()], layout=grid)
        wrapped = {"display": "flex", "flex_flow": "row wrap", "width": "98%"}
        below = widgets.Box([self.table, self.picture], layout=wrapped)
        answer = widgets.VBox([self.words, below])
        answer.add_class("prepaid-answer")
        self.view = widgets.VBox([asked, answer])
        self.view.add_class("prepaid-chooser")
        for name, control in self.controls.items():
            control.observe(getattr(self, f"_{name}_moved", self._moved), "value")
        self.controls["length"]._view_count = 0  # so that browsers count
        self.controls["length"].observe(self._first_seen, "_view_count")
        self._speak()
        self.busy = False
        self._update()

    def _controls(self, language: str) -> dict[str, widgets.Widget]:
        """Return the controls where the wishes start, as yet without labels and choices."""
        start, given = self.start, not isinstance(self.start.usage, Real)
        self.choices = {
            "length": (0, *LENGTHS_DAYS),
            "visitor": (True, False),
            "payment": PAYMENTS,
            "state": ("", *self.data.state_fees.index),
            "source": tuple(SOURCES),
            "network": ("", *NETWORKS),
            "most_short_share": tuple(sorted({*RISKS, start.most_short_share})),
            "language": tuple(LANGUAGES),
        }
        chosen = {
            "length": start.days if start.days in LENGTHS_DAYS else 0,
            "visitor": start.visitor,
            "payment": start.payment,
            "state": start.state or "",
            "source": "file" if given else "usage",
            "network": start.network or "",
            "most_short_share": start.most_short_share,
            "language": language,
        }
        made = {
            name: widgets.Dropdown(options=options, value=chosen[name])
            for name, options in self.choices.items()
        }
        made["typed_days"] = widgets.BoundedIntText(start.days, min=1, max=LONGEST_STAY_DAYS)
        usage = 1.0 if given else start.usage
        made["usage"] = widgets.BoundedFloatText(usage, min=0, max=1_000, step=0.1)
        hotspot = round(start.hotspot_gb * MONTH_DAYS, 6)
        made["hotspot_gb"] = widgets.BoundedFloatText(hotspot, min=0, max=30_000, step=1)
        made |= {name: widgets.BoundedFloatText(0.5, min=0, max=24, step=0.25) for name in HABITS}
        files = sorted(path.name for path in Path().iterdir() if path.suffix in USAGE_FILES)
        made["file"] = widgets.Combobox(options=files, continuous_update=False)
        made["upload"] = widgets.FileUpload(accept=",".join(USAGE_FILES))
        made |= {name: widgets.Checkbox(getattr(start, name), indent=False) for name in TICKS}
        order = ("length", "typed_days", "language", "visitor", "payment", "state", "source")
        order += (*sum(SOURCES.values(), ()), "hotspot_gb", "network", "most_short_share", *TICKS)
        for name in order:
            made[name].layout.width = "98%"
            made[name].style.description_width = "122px"
        return {name: made[name] for name in order}

    def _first_seen(self, _: dict) -> None:
        """Bring the controls into view: "Run All Cells" ends at the last cell."""
        first = self.controls["length"]
        first.unobserve(self._first_seen, "_view_count")
        first.focus()

    def _speak(self) -> None:
        """Label the controls and their choices in the language chosen."""
        words = Words(self.controls["language"].value)
        named = {
            "length": lambda days: words.days(days) if days else words("other_length"),
            "visitor": lambda visitor: words("a_visitor" if visitor else "a_resident"),
            "payment": lambda payment: words(f"by_{payment}"),
            "state": lambda state: state or words("any_state"),
            "source": lambda source: words(f"from_{source}"),
            "network": lambda network: network or words("any_network"),
            "most_short_share": lambda risk: words("one_in", n=f"{1 / risk:g}" if risk else "∞"),
            # Who reads only one of them finds it.
            "language": lambda own: " / ".join(
                sorted(LANGUAGES.values(), key=LANGUAGES[own].__ne__)
            ),
        }
        for name, control in self.controls.items():
            control.description = control.tooltip = words(name)
            if name in named:
                value = control.value
                control.options = [(named[name](one), one) for one in self.choices[name]]
                control.value = value
        self.controls["file"].placeholder = words("example_file")

    def _language_moved(self, _: dict) -> None:
        if not self.busy:
            self.busy = True
            self._speak()
            self.busy = False
            self._show() if self.answer else self._update()

    def _length_moved(self, change: dict) -> None:
        if change["new"] and not self.busy:
            self.controls["typed_days"].value = change["new"]

    def _typed_days_moved(self, change: dict) -> None:
        self.busy, busy = True, self.busy
        days = change["new"]
        self.controls["length"].value = days if days in LENGTHS_DAYS else 0
        self.busy = busy
        self._moved()

    def _upload_moved(self, change: dict) -> None:
        """Keep what was uploaded under its name, and take it."""
        for file in change["new"]:
            self.uploads[file["name"]] = bytes(file["content"])
            self.busy, self.controls["file"].value = True, file["name"]
            self.busy = False
            self._file_moved()

    def _file_moved(self, _: dict | None = None) -> None:
        if not self.busy:
            self.log = None
            self._update()

    def _moved(self, _: dict | None = None) -> None:
        if not self.busy:
            self._update()

    def _read_file(self) -> None:
        """Read the file of one's own usage once; keep it, or what is wrong with it."""
        name, given = self.controls["file"].value, not isinstance(self.start.usage, Real)
        try:
            if not name and given:
                self.log = self.start.usage
            elif name in self.uploads:
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder, Path(name).name)
                    path.write_bytes(self.uploads[name])
                    self.log = read_usage(path)
            else:
                self.log = read_usage(name or DATA / "example-usage-log.csv")
        except (ValueError, OSError) as error:
            self.log = error

    def wishes(self) -> Wishes:
        """Return what the controls say; raise what is wrong with them, or with the log's file."""
        # A Dropdown shows None as nothing chosen, so that an empty text stands for it.
        values = {name: control.value or None for name, control in self.controls.items()}
        words = Words(values["language"])
        asked = {name: values[name] for name in ("payment", "state", "network")}
        asked |= {name: bool(values[name]) for name in ("visitor", *TICKS)}
        asked |= {
            "days": values["typed_days"],
            "most_short_share": values["most_short_share"] or 0.0,
        }
        hotspot_gb, usage = (values["hotspot_gb"] or 0.0) / MONTH_DAYS, values["usage"] or 0.0
        if values["source"] == "habits":
            hours = {name: values[name] or 0.0 for name in HABITS}
            usage = activity_gb_per_day(hours, self.data.activities)["base"]
        elif values["source"] == "file":
            if self.log is None:
                self._read_file()
            usage = self.log
            if isinstance(usage, Exception):
                raise usage
            if isinstance(usage, pd.DataFrame):
                raise ValueError(
                    words("several_persons", names=words("list").join(map(str, usage)))
                )
        if isinstance(usage, Real) and hotspot_gb > usage:
            raise ValueError(words("hotspot_above_usage", month=f"{usage * MONTH_DAYS:g}"))
        return replace(self.start, **asked, hotspot_gb=hotspot_gb, usage=usage)

    def _update(self) -> None:
        """Show only the controls that count, and the answer to what they say."""
        for source, names in SOURCES.items():
            for name in names:
                hidden = self.controls["source"].value != source
                self.controls[name].layout.display = "none" if hidden else None
        self.controls["autopay"].disabled = self.controls["payment"].value == "cash"
        self.answer, self.error = None, None
        try:
            self.answer = recommend(self.data, self.wishes(), on=self.on, kept=self.kept)
        except Exception as error:  # a traceback in a callback would be seen by nobody
            self.error = error
        self._show()

    def _show(self) -> None:
        """Show the words, and then, which takes as long again, the picture."""
        language = self.controls["language"].value
        if self.answer is None:
            said = Words(language)("no_answer", error=self.error)
            self.words.value = f"{STYLE}<p>{escape(said)}</p>"
            self.table.value = self.picture.value = ""
            return
        usage = self.answer.wishes.usage
        read = usage.attrs.get("understood", "") if isinstance(usage, pd.Series) else ""

        def spoken(html: str) -> str:  # or a browser may take another language's form of a sign
            return html and f'<div lang="{language}">{html}</div>'

        answer = spoken(answer_as_html(self.answer, language))
        self.words.value = f"{STYLE}<p>{escape(read)}</p>{answer}"
        self.table.value = spoken(table_as_html(self.answer, language))
        self.picture.value = spoken(picture_as_html(best(self.answer), language))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """Return the controls for a notebook that runs, and text for one that is only read."""
        labels = [control.description for control in self.controls.values()]
        text = f"Controls. Run this cell to use them: {', '.join(labels)}."
        return {**self.view._repr_mimebundle_(), "text/plain": fill(text, 100)}


def answer_as_html(answer: Answer, language: str = "en") -> str:
    """Return the lines of `told`, the picks side by side, with links to sellers where known."""
    sections = told(answer, language)
    keys = [None] * (len(sections) - len(answer.picks)) + answer.picks
    picks = []
    for key, (heading, lines) in zip(keys, sections, strict=True):
        said = [
            f"<p>{f'<b>{escape(name)}</b> ' if name else ''}{escape(text)}</p>"
            for name, text in lines
        ]
        if key is not None:
            plan = answer.plans.loc[key]
            said[0] = said[0].replace(*_linked(plan, plan["channel"]), 1)
        picks.append(f"<div><h4>{escape(heading)}</h4>{''.join(said)}</div>")
    return f'<div class="picks">{"".join(picks)}</div>'


def table_as_html(answer: Answer, language: str = "en") -> str:
    """Return a table of the best plans: what they cost, the day seen, and what is open."""
    words, rows = Words(language), []
    for plan in best(answer).to_dict("records"):
        open_ = words("list").join(
            words(f"name_{fact}", payment=words(answer.wishes.payment)) for fact in plan["open"]
        )
        _, name = _linked(plan, plan["name"])
        levels = {name: f"{plan[f'{name}_usd']:,.0f}" for name in ("low", "base", "high")}
        span = words("low_to_high", **levels)
        cells = (name, f"${levels['base']}", span, f"{plan['as_of']:%Y-%m-%d}", escape(open_))
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    head = ("plan", "all_in", "from_to", "price_seen", "open")
    titles = "".join(f"<th>{words(name)}</th>" for name in head)
    many = words("many_fit", n=len(answer.plans), sure=answer.plans["sure"].sum())
    body = f"<table><tr>{titles}</tr><tr>{'</tr><tr>'.join(rows)}</tr></table>"
    return f"<p>{many}</p>{body}" if rows else ""


def _linked(plan: Mapping, text: str) -> tuple[str, str]:
    """Return a text ready for a page, and the same as a link where the seller's page is known."""
    shown, address = escape(str(text)), seller_page(plan)
    if address is None:
        return shown, shown
    return shown, f'<a href="{escape(address)}" target="_blank" rel="noopener">{shown}</a>'


def seller_page(plan: Mapping) -> str | None:
    """Return the seller's or the channel's own page, as far as its address is theirs."""
    address = plan["url"]
    if pd.isna(address):
        return None
    names = [plan[one].split()[0] for one in ("provider", "channel") if pd.notna(plan[one])]
    host, *ours = map(_letters, [urlsplit(address).netloc, *names])
    return address if any(word and word in host for word in ours) else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def small_chart(plans: pd.DataFrame) -> Figure:
    """Return the bars of `bars_with_bands` 540 pixels wide, without words of any language."""
    height = 0.4 + 0.44 * len(plans)
    figure = Figure(figsize=(5.4, height), dpi=100, layout="none")
    FigureCanvasAgg(figure)  # draws at once, whatever else draws
    with plt.rc_context({**show.HOUSE_STYLE, "font.size": 9}):
        # A fixed place: half of the time to draw is saved.
        ax = figure.add_axes((0.38, 0.32 / height, 0.46, 1 - 0.36 / height))
        _draw_bars(ax, plans, names=[fill(name, 30) for name in plans["name"]], old="")
        ax.tick_params(labelsize=8)
    return figure


def picture_as_html(plans: pd.DataFrame, language: str = "en") -> str:
    """Return the chart of plans with its key; words stand beside it, in letters of any language."""
    if plans.empty:
        return ""
    words, picture = Words(language), io.BytesIO()
    small_chart(plans).canvas.print_png(picture)
    marks = dict(zip(KINDS, "■●▲", strict=True))
    kinds = [
        f'<span style="color:{KINDS[kind][1]};background:white">{mark}</span> {words(kind)}'
        for kind, mark in marks.items()
        if (plans["provider_kind"] == kind).any()
    ]
    key = (
        words("key")
        + words("gap")
        + (words("key_second") if plans["second_usd"].notna().any() else "")
    )
    about = escape(words("list").join(plans["name"] + plans["base_usd"].map(" ${:,.0f}".format)))
    source = f"data:image/png;base64,{b64encode(picture.getvalue()).decode()}"
    image = f'<img class="prepaid-chart" src="{source}" alt="{about}">'
    return f"{image}<p>{words('list').join(kinds)}. {key}</p>"


@says_when_empty
def bars_with_bands(
    plans: pd.DataFrame,
    *,
    title: str = "A sure plan costs about ${surest:,.0f}, one to ask about first ${cheaper:,.0f}",
    holds: bool | None = None,
    neutral: str = "{plans} plans cost about ${least:,.0f} to ${most:,.0f} all in",
    subtitle: str = "All in, in dollars; mark: most likely, band: from the lowest to the highest "
    "taxes and fees",
    second: str = "as long again",
    seen: str = "price seen",
    old: str = "(old)",
    hollow: str = "hollow: something to ask first",
    caption: str = "Source: data/plans.csv, data/channels.csv; simulated.",
) -> Axes:
    """Draw plans in the order given: the base cost on a band from low to high, and the day seen.

    Parameters
    ----------
    plans
        As `best` returns them: name, provider_kind, low_usd, base_usd, high_usd, as_of (a day),
        stale, sure (fills the mark: nothing but what has a figure is open) and second_usd, a second
        mark where it is known and differs.
    title, holds
        The title stands while this is true. None: while the first plan is sure, and the second is
        not and costs less.
    """
    figure = plt.figure(figsize=(8, 1.75 + 0.4 * len(plans)), layout="constrained")
    ax = figure.add_subplot()
    drawn = _draw_bars(ax, plans, names=plans["name"], old=old)
    right = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
    ax.annotate(seen, (1.02, -0.72), color=GREY, fontsize=9, **right)
    base, sure = plans["base_usd"], plans["sure"]
    values = {"plans": len(plans), "least": base.min(), "most": base.max()}
    values |= {"surest": base.iloc[0], "cheaper": base.iloc[min(1, len(base) - 1)]}
    if holds is None:
        holds = len(plans) > 1 and sure.iloc[0] and not sure.iloc[1] and base.iloc[1] < base.iloc[0]
    title, neutral = title.format(**values), neutral.format(**values)
    claim(ax, title, holds=holds, neutral=neutral, subtitle=subtitle, caption=caption)
    kinds = [KINDS[kind] for kind in KINDS if (plans["provider_kind"] == kind).any()]
    shown = [(Line2D([], [], ls="", marker=mark, color=color), name) for name, color, mark in kinds]
    shown.append((Line2D([], [], ls="", marker="o", color=GREY, markerfacecolor="white"), hollow))
    if drawn.notna().any():
        line = Line2D([], [], ls="", marker="|", color=ACCENT, markersize=12, markeredgewidth=2.4)
        shown.append((line, second))
    legend(ax, *map(list, zip(*shown, strict=True)))
    return ax


def _draw_bars(ax: Axes, plans: pd.DataFrame, *, names: list[str], old: str) -> pd.Series:
    """Draw a row for each plan; return the second marks that were drawn."""
    second_usd = plans["second_usd"].astype(float)
    second_usd = second_usd.where((second_usd - plans["base_usd"]).abs() >= 0.5)
    over = {"ha": "center", "bbox": None}
    for row, (plan, next_usd) in enumerate(zip(plans.itertuples(), second_usd, strict=True)):
        usd = plan.low_usd, plan.base_usd, plan.high_usd
        show.mark_on_band(ax, row, usd, filled=plan.sure, kind=plan.provider_kind)
        note(ax, plan.base_usd, row, f"${plan.base_usd:,.0f}", (0, 11), weight="bold", **over)
        if not np.isnan(next_usd):
            ax.plot(next_usd, row, "|", color=ACCENT, markersize=14, markeredgewidth=2.4)
            note(ax, next_usd, row, f"${next_usd:,.0f}", (0, 11), color=ACCENT, **over)
        day = f"{plan.as_of:%Y-%m-%d}"
        words, ink = (f"{day} {old}".strip(), ACCENT) if plan.stale else (day, GREY)
        right = {"xycoords": ("axes fraction", "data"), "annotation_clip": False, "va": "center"}
        ax.annotate(words, (1.02, row), color=ink, fontsize=9, **right)
    show.rows(ax, names)
    ax.set_ylim(len(plans) - 0.5, -0.8)
    low = plans["low_usd"].min()
    high = np.nanmax([plans["high_usd"].max(), *second_usd])
    ax.set_xlim(max(0, low - 0.12 * (high - low) - 0.5), high + 0.1 * (high - low) + 0.5)
    ax.xaxis.set_major_formatter(dollars)
    return second_usd


def as_text(answer: Answer, language: str = "en") -> str:
    """Return the lines of `told` as text, 100 letters wide."""
    said = []
    for heading, lines in told(answer, language):
        parts = [f"{name}: {text}" if name else text for name, text in lines]
        said += [heading.upper(), *(fill(part, 100, subsequent_indent="  ") for part in parts), ""]
    return "\n".join(said).strip()


def said_of_seller(answer: Answer, seller_facts: pd.DataFrame) -> str:
    """Return what is said of the first pick and its seller: topic, value, words and date."""
    if not answer.picks:
        return "no pick, so no seller"
    plan = answer.plans.loc[answer.picks[0]]
    facts = seller_facts[seller_facts["provider"].astype(str) == plan["provider"]]
    facts = facts[facts["plan_id"].isna() | (facts["plan_id"] == plan.name)]
    said = []
    for fact in facts.itertuples():
        words = "" if pd.isna(fact.words) else f". {fact.words}"
        when = "no date" if pd.isna(fact.as_of) else f"{fact.as_of:%Y-%m-%d}"
        line = f"{fact.topic.replace('_', ' ')}: {fact.value}{words} ({when})"
        said.append(fill(line, 100, subsequent_indent="  "))
    return "\n".join([f"{plan['provider']}: {len(said)} facts", *said])


def side_by_side(answers: Mapping[str, Answer]) -> pd.DataFrame:
    """Return the picks of several persons, a column each: what to buy, what it costs, and why."""
    told_of = {}
    for person, answer in answers.items():
        plans, key = answer.plans, answer.surest
        if key is None:
            told_of[person] = {"Pick": "none is sure"}
            continue
        plan, cheaper = plans.loc[key], answer.cheaper
        times, again = plan["mean_purchases"], (answer.second_usd or {}).get(key)
        low, base, high = (f"${plan[f'{level}_usd']:,.0f}" for level in ("low", "base", "high"))
        told_of[person] = {
            "Pick": plan["name"],
            "Pay": f"${plan['face_usd']:,.2f} "
            + (f"{times:.0f} times" if times >= 1.5 else "once"),
            "In all": f"{base} ({low} to {high})",
            "Why": f"cheapest at its worst of {plans['sure'].sum()} sure",
            "As long again": "-" if pd.isna(again) else f"${again:,.0f}",
            "Cheaper, ask first": "-"
            if cheaper is None
            else f"{plans.loc[cheaper, 'name']}, ${plans.loc[cheaper, 'base_usd']:,.0f}",
        }
    return pd.DataFrame(told_of)
