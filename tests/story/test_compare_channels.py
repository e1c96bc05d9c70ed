"""What the charts of notebook 02 draw, and that none mixes an unknown with a zero or a no."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from figures import words
from made_up import DATA, channels

from prepaid.channels import landed_cost
from prepaid.story import compare_channels
from prepaid.story.compare_channels import cost_by_state, kinds_of_channel, who_can_pay

pytestmark = pytest.mark.usefixtures("house_style")
NAN = float("nan")


def bars(ax):
    """Return (left, width, row) of every bar that has a width."""
    found = [
        (bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches
    ]
    return [tuple(np.round(bar, 2)) for bar in found if bar[1] and not np.isnan(bar[1])]


def drawn(ax):
    """Return all that a chart shows in its axes, as plain values."""
    faces = [str(line.get_markerfacecolor()) for line in ax.lines]
    return [ax.figure.get_supxlabel(), words(ax), bars(ax), faces]


def one_way(**cells):
    """Return a carrier's way to top up that says nothing but these cells."""
    row = channels(**{"channel": "A", "brands": "Tello", **cells})
    return row.assign(provider="Tello", provider_kind="mvno", plan_id=pd.NA)


def fee(usd):
    way = one_way(fee_usd=usd)
    costs = landed_cost(30, way, DATA.state_fees, DATA.assumptions, taxes_included=True)
    return drawn(compare_channels.top_up_by_kind(kinds_of_channel(way.join(costs))))


def emergency(usd):
    states = DATA.state_fees.loc[["PA", "TX"]]
    states = states.assign(prepaid_911_usd=[usd, 1.0], prepaid_911_percent=NAN)
    return drawn(
        compare_channels.state_adds(
            cost_by_state(30, one_way(fee_usd=0.0), states, DATA.assumptions)
        )
    )


@pytest.mark.parametrize("chart", [fee, emergency])
def test_an_unknown_figure_is_not_drawn_as_a_zero(chart):
    assert chart(NAN) != chart(0.0)


@pytest.mark.parametrize(
    ("column", "no"),
    [
        ("foreign_card", "no"),
        ("cash", False),
        ("account_required", True),
        ("payment_methods", "check"),
    ],
)
def test_an_unknown_answer_is_not_drawn_as_a_no(column, no):
    nobody = DATA.seller_facts.iloc[:0]
    data = type(DATA)(**{**vars(DATA), "seller_facts": nobody})
    silent, denied = (
        drawn(
            compare_channels.payment_matrix(
                who_can_pay(way, data), way["channel"], "Source: a test."
            )
        )
        for way in (one_way(), one_way(**{column: no}))
    )
    assert silent != denied
    assert silent[0] == "Of 1 more we know nothing: A. Source: a test."
    assert denied[1].count("?") < 5


def test_captions_tell_the_years_and_how_many_have_none_or_are_old():
    rows = pd.DataFrame({"as_of": pd.to_datetime(["2009-03-19", None, "2026-01-01"])})
    on = dt.date(2026, 5, 31)  # 150 days after the last one
    assert compare_channels.dated(rows, on=on) == (
        "pages of 2009 to 2026, 1 without a date, 1 older than 150 days"
    )
    assert "2 older" in compare_channels.dated(rows, on=on + dt.timedelta(1))
    assert compare_channels.dated(rows.iloc[1:2], on=on).startswith(
        "pages of unknown years, 1 without"
    )


@pytest.mark.parametrize("chart", [compare_channels.top_up_by_kind, compare_channels.state_adds])
def test_nothing_to_draw_is_said(chart):
    assert "Nothing to draw" in words(chart(pd.DataFrame()))[0]
