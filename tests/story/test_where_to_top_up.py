"""What the charts of notebook 02 draw, and that none mixes an unknown with a zero."""

import numpy as np
import pandas as pd
import pytest
from figures import title, words
from made_up import DATA, channels

from prepaid.channels import landed_cost, number_survival
from prepaid.story import where_to_top_up
from prepaid.story.where_to_top_up import cost_by_state, who_can_pay

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")
CAPTION = "Source: a test."


def bars(ax):
    """Return (left, width, row) of every bar that has a width."""
    found = [(patch.get_x(), patch.get_width(), patch.get_y() + patch.get_height() / 2) for patch in ax.patches]
    return [tuple(np.round(bar, 2)) for bar in found if bar[1] and not np.isnan(bar[1])]


def one_channel(**cells):
    """Return a carrier's channel that says nothing but these cells."""
    return channels(**{"channel": "A", **cells})


def costs(channel, state_fees=DATA.state_fees, **options):
    costs = landed_cost(30, channel, state_fees, DATA.assumptions, **options)
    return costs.join(channel[["channel", "typical_minutes", "worst_minutes"]])


def artists(chart, *args):
    """Return all that a chart shows in its axes, as plain values."""
    axes = np.ravel(chart(*args))
    axes[0].figure.canvas.draw()
    return [axes[0].figure.get_supxlabel()] + [
        (words(ax), bars(ax), [line.get_xydata().round(2).tolist() for line in ax.lines if len(line.get_xydata())])
        for ax in axes
    ]


def made_states(fee):
    """Return two states, of which one has this 911 fee."""
    states = DATA.state_fees.loc[["PA", "TX"]]
    return states.assign(prepaid_911_usd=[fee, 1.0], prepaid_911_percent=NAN)


UNKNOWN_AND_ZERO = {
    "service fee": lambda fee: (
        where_to_top_up.cost_by_channel,
        costs(one_channel(fee_usd=fee), taxes_included=True),
        CAPTION,
    ),
    "911 fee of a state": lambda fee: (
        where_to_top_up.added_by_state,
        cost_by_state(30, one_channel(fee_usd=0.0), made_states(fee), DATA.assumptions),
        CAPTION,
    ),
    "911 fee of the reader's state": lambda fee: (
        where_to_top_up.cost_by_channel,
        costs(one_channel(fee_usd=0.0), made_states(fee), state="PA"),
        CAPTION,
    ),
    "wait": lambda minutes: (
        where_to_top_up.cost_and_wait,
        costs(one_channel(fee_usd=0.0, typical_minutes=minutes), taxes_included=True),
        CAPTION,
    ),
    "longest wait": lambda minutes: (
        where_to_top_up.cost_and_wait,
        costs(one_channel(fee_usd=0.0, typical_minutes=0.0, worst_minutes=minutes), taxes_included=True),
        CAPTION,
    ),
    "days of survival": lambda days: (
        where_to_top_up.survival_bars,
        number_survival(pd.DataFrame({"brand": ["A", "B"], "grace_days": pd.array([60, days], dtype="Float64")})),
        [],
        CAPTION,
    ),
}


@pytest.mark.parametrize("figure", UNKNOWN_AND_ZERO)
def test_an_unknown_figure_is_not_drawn_as_a_zero(figure):
    unknown, zero = artists(*UNKNOWN_AND_ZERO[figure](NAN)), artists(*UNKNOWN_AND_ZERO[figure](0.0))
    assert unknown != zero


@pytest.mark.parametrize("column", ["foreign_card", "cash", "account_required", "payment_methods"])
def test_an_unknown_answer_is_not_drawn_as_a_no(column):
    channel = one_channel()
    no = one_channel(
        **{column: {"cash": False, "account_required": True, "payment_methods": "check"}.get(column, "no")}
    )
    drawn = [
        artists(where_to_top_up.payment_matrix, who_can_pay(rows), rows["channel"], CAPTION) for rows in (channel, no)
    ]
    assert drawn[0] != drawn[1]
    assert drawn[0][0] == f"Of 1 more we know nothing: A. {CAPTION}"
    assert drawn[1][1][0].count("?") < 5


def test_parts_are_stacked_and_what_is_assumed_follows_them():
    table = costs(one_channel(fee_usd=4.0), taxes_included=True)
    table = table.assign(prepaid_911_usd=1.95, state_tax_usd=1.8, known_usd=37.75, base_usd=38.35, high_usd=39.5)
    ax = where_to_top_up.cost_by_channel(table, CAPTION)
    assert bars(ax) == [(0, 4, 0), (4, 1.95, 0), (5.95, 1.8, 0), (7.75, 0.6, 0)]
    assert [bool(patch.get_hatch()) for patch in ax.patches if patch.get_width()] == [False, False, False, True]
    assert words(ax) == ["$38.35, fee $4.00"]


def test_the_range_is_drawn_from_low_to_high():
    table = costs(one_channel(kind="third_party", fee_usd=4.0), state="PA")
    ax = where_to_top_up.cost_by_channel(table, CAPTION)
    segment = ax.collections[0].get_segments()[0]
    assert segment[:, 0].tolist() == pytest.approx([table["low_usd"].iloc[0] - 30, table["high_usd"].iloc[0] - 30])


def test_a_discount_is_drawn_below_zero():
    ax = where_to_top_up.cost_by_channel(
        costs(one_channel(fee_usd=0.0, discount_percent=10.0), taxes_included=True), CAPTION
    )
    assert bars(ax) == [(0, -3, 0)]
    assert ax.get_xlim()[0] <= -3
    ax.figure.canvas.draw()
    assert "-$3" in [tick.get_text() for tick in ax.get_xticklabels()]


def test_a_fee_that_is_not_said_has_a_question_mark_where_the_stated_parts_end():
    table = costs(one_channel(), taxes_included=True).assign(prepaid_911_usd=1.95, known_usd=31.95)
    ax = where_to_top_up.cost_by_channel(table, CAPTION)
    mark = next(text for text in ax.texts if text.get_text() == "?")
    assert mark.get_position() == (1.95, 0)
    assert "fee not said" in words(ax)[1]
    assert ax.figure.get_supxlabel().startswith("Not said, so assumed: service fee.")


def test_the_cheapest_is_on_top_and_the_title_spans_them():
    table = pd.concat(
        [costs(one_channel(channel=name, fee_usd=fee), taxes_included=True) for name, fee in (("A", 5.0), ("B", 2.0))]
    )
    ax = where_to_top_up.cost_by_channel(table, CAPTION)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["B", "A"]
    assert title(ax) == "$30 costs $32.00 to $35.00 all in; for 0 of 2 the fee is not said"


def test_states_are_sorted_by_what_is_stated_over_two_columns():
    table = cost_by_state(30, one_channel(fee_usd=0.0), DATA.state_fees, DATA.assumptions)
    axes = where_to_top_up.added_by_state(table, CAPTION)
    states = [tick.get_text() for ax in axes for tick in ax.get_yticklabels()]
    assert sorted(states) == sorted(table.index)
    assert [len(ax.get_yticks()) for ax in axes] == [26, 25]
    assert table.loc[states, "known_usd"].is_monotonic_decreasing
    labels = dict(zip(states, [text for ax in axes for text in words(ax)], strict=True))
    missing = table.index[table["missing"].str.contains("911 fee")]
    assert {state for state, text in labels.items() if text.endswith("+ ?")} == {
        *missing,
        "NY",
        "IL",
        "CA",
    }  # local fees
    assert title(axes[0]).endswith(f"no 911 figure for {len(missing)} of {len(table)}")


def test_waits_run_from_typical_to_longest_and_silence_is_listed_apart():
    rows = [
        costs(one_channel(channel="known", fee_usd=4.0, typical_minutes=3.0, worst_minutes=15.0), taxes_included=True),
        costs(one_channel(channel="silent"), taxes_included=True),
        costs(one_channel(channel="at once", fee_usd=5.0, typical_minutes=0.0), taxes_included=True),
    ]
    axes = where_to_top_up.cost_and_wait(pd.concat(rows), CAPTION)
    assert [tick.get_text() for tick in axes[0].get_yticklabels()] == ["known", "at once", "silent"]
    waits = [line.get_xydata().tolist() for line in axes[1].lines]
    assert waits == [[[3, 0]], [[15, 0]], [[where_to_top_up.AT_ONCE_MINUTES, 1]]]
    assert words(axes[1]) == ["longest not said", "not said"]
    assert title(axes[0]) == "2 of 3 channels give a time, 1 the longest one"


def test_survival_shows_both_figures_and_names_the_silent():
    rules = pd.DataFrame({"brand": ["A", "A", "B", "C"], "grace_days": pd.array([60, 120, 30, None], dtype="Int64")})
    ax = where_to_top_up.survival_bars(number_survival(rules), ["D"], CAPTION)
    assert bars(ax) == [(0, 60, 0), (0, 30, 1), (60, 60, 0)]
    assert words(ax) == ["60 to 120 days", "30 days"]
    assert ax.figure.get_supxlabel() == f"No number of days in our sources for C, D. {CAPTION}"


def test_captions_tell_the_years_and_how_many_have_none():
    rows = pd.DataFrame({"as_of": pd.to_datetime(["2009-03-19", None, "2026-01-01"])})
    assert where_to_top_up.dated(rows) == "sources of 2009 to 2026, 1 of 3 without a date"
    assert where_to_top_up.dated(rows.iloc[:2]) == "sources of 2009, 1 of 2 without a date"
    assert where_to_top_up.dated(rows.iloc[1:2]) == "sources of unknown years, 1 of 1 without a date"


def test_the_caption_of_assumptions_follows_the_table():
    told = where_to_top_up.assumed(DATA.assumptions.assign(low=1, base=2, high=3.5))
    assert told.count("1/2/3.5") == 5


@pytest.mark.parametrize(
    "chart", [where_to_top_up.cost_by_channel, where_to_top_up.cost_and_wait, where_to_top_up.payment_matrix]
)
def test_nothing_to_draw_is_said(chart):
    names = (pd.Series(dtype=str),) if chart is where_to_top_up.payment_matrix else ()
    assert "Nothing to draw" in words(chart(costs(one_channel()).iloc[:0], *names, CAPTION))[0]
