"""Checks of readings after paying."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA

from prepaid import channels
from prepaid.confirm import Reading, confirm_top_up

PLAN = {
    "price_usd": 30.0,
    "data_gb": 5.0,
    "term_days": 30,
    "allowance_days": 30,
    "after_allowance": "throttle",
    "throttle_kbps": 128,
}
CHANNEL = {"typical_minutes": 5.0, "worst_minutes": 60.0, "refund": "failed", "hours": "9am-5pm ET"}


def confirm(before, after, channel=CHANNEL, **plan):
    after = Reading(**{"minutes_since_payment": 10, **after})
    return confirm_top_up(Reading(**before), after, {**PLAN, **plan}, DATA.assumptions, channel)


def money(before, after):
    return {"balance_usd": before}, {"balance_usd": after}


def data(before, after):
    return {"remaining_gb": before}, {"remaining_gb": after}


def speed(before, after):
    return {"speed_mbps": before}, {"speed_mbps": after}


def together(*pairs):
    before, after = zip(*pairs, strict=True)
    return {name: value for part in before for name, value in part.items()}, {
        name: value for part in after for name, value in part.items()
    }


@pytest.mark.parametrize(
    ("readings", "status", "says"),
    [
        (money(2, 32), "arrived", "rose by $30.00"),
        (money(0, 27), "arrived", "rose by $27.00"),
        (money(0, 26.9), "arrived", "what was taken out"),
        (money(2, 2), "pending", "No sign of the payment in the balance"),
        (money(2, 2.004), "pending", "No sign"),
        (money(2, 0), "pending", "fell by $2.00: something else was charged"),
        (data(0, 5), "arrived", "rose by 5.0 GB"),
        (data(0, 4.4), "arrived", "part is used already"),
        (data(0, 4.5), "arrived", "The data rose by 4.5 GB.|"),
        (data(1.2, 5), "arrived", "replaced what was left"),
        (data(1.2, 1.1), "pending", "No sign of the payment in the data"),
        (together(money(2, 32), data(1.2, 1.1)), "arrived", "rose by $30.00"),
        (together(money(5, 0), data(0, 5)), "arrived", "rose by 5.0 GB"),
        (together(money(30, 3.01), data(0, 5)), "arrived", "rose by 5.0 GB"),
        (together(money(30, 3), data(0, 5)), "pending", "fell by $27.00: it paid"),
        (together(money(2, 2), data(0, 0)), "pending", "the balance and the data"),
        (speed(0.16, 0.256), "arrived", "throttled to full"),
        (speed(0.161, 40), "pending", "the speed"),
        (speed(0.12, 0.255), "pending", "the speed"),
        (together(speed(0.12, 40), data(0, 0)), "pending", "the data and the speed"),
        (together(speed(0.12, 40), money(30, 0)), "pending", "fell by $30.00: it paid"),
        (({}, {"sms_received": True}), "pending", "alone is no proof"),
        (({"balance_usd": 2}, {"sms_received": False}), "pending", "Neither balance nor data"),
    ],
)
def test_evidence_decides_in_the_order_of_the_docstring(readings, status, says):
    answer = confirm(*readings)
    assert answer.status == status
    assert says in answer.reason + "|"


def test_an_old_balance_that_paid_the_autopay_price_proves_no_payment():
    readings = together(money(40, 5), data(0, 5))
    assert confirm(*readings, price_usd=45.0).status == "arrived"
    assert confirm(*readings, price_usd=45.0, autopay_price_usd=35.0).status != "arrived"


def test_a_text_message_does_not_outweigh_a_balance_that_did_not_move():
    before, after = money(2, 2)
    answer = confirm(before, {**after, "sms_received": True, "minutes_since_payment": 61})
    assert answer.status == "failed"
    assert "A text message alone is no proof" in answer.reason
    assert "text message" not in confirm(before, after).reason


@pytest.mark.parametrize("after_allowance", ["stop", "deprioritize", None, pd.NA])
def test_speed_says_nothing_about_a_plan_that_is_never_throttled(after_allowance):
    assert confirm(*speed(0.12, 40), after_allowance=after_allowance).status == "pending"


def test_a_throttled_speed_that_is_not_published_is_the_assumed_one():
    assumed = DATA.assumptions.loc["blank_throttle_kbps", "base"] / 1000
    assert confirm(*speed(assumed, 2 * assumed), throttle_kbps=pd.NA).status == "arrived"
    assert confirm(*speed(2 * assumed, 40), throttle_kbps=pd.NA).status == "pending"


def test_data_that_starts_anew_by_itself_asks_for_a_look_at_the_end_date():
    assert (
        "anew every 24 hours without a payment" in confirm(*data(0, 5), allowance_days=1).next_step
    )
    assert "anew" not in confirm(*data(0, 5)).next_step


@pytest.mark.parametrize("blank", [None, np.nan, pd.NA])
def test_a_plan_without_stated_data_or_term_arrives_without_remark(blank):
    answer = confirm(*data(0, 1), data_gb=blank, term_days=blank, allowance_days=blank)
    assert (answer.status, answer.reason) == ("arrived", "The data rose by 1.0 GB.")


def test_a_free_plan_can_arrive():
    assert confirm(*together(money(2, 2), data(0, 1)), price_usd=0.0).status == "arrived"


@pytest.mark.parametrize(
    ("minutes", "status"), [(0, "pending"), (60, "pending"), (60.1, "failed"), (None, "pending")]
)
def test_time_decides_where_nothing_rose(minutes, status):
    before, after = money(2, 2)
    answer = confirm(before, {**after, "minutes_since_payment": minutes})
    assert answer.status == status
    assert "this channel may take 60 minutes" in answer.reason
    assert "Do not pay again" in answer.next_step
    assert ("Usual here: 5 minutes." in answer.reason) == (
        status == "pending" and minutes is not None
    )
    assert ("How long ago you paid is not given" in answer.reason) == (minutes is None)


@pytest.mark.parametrize(
    "channel", [None, {"worst_minutes": np.nan}, {"typical_minutes": 5.0, "worst_minutes": None}]
)
def test_a_limit_that_no_source_gives_is_assumed_and_said_so(channel):
    limit = DATA.assumptions.loc["unstated_wait_third_party_minutes", "base"]  # the slowest kind
    before, after = money(2, 2)
    answers = [
        confirm(before, {**after, "minutes_since_payment": limit + late}, channel)
        for late in (0, 1)
    ]
    assert [answer.status for answer in answers] == ["pending", "failed"]
    assert all("are assumed (range: " in answer.reason for answer in answers)


@pytest.mark.parametrize(
    ("channel_kind", "provider_kind", "row"),
    [
        ("carrier", "mvno", "carrier"),
        ("carrier", "travel_esim", "travel_esim"),
        ("store", "travel_esim", "store"),
    ],
)
def test_the_assumed_limit_is_that_of_the_kind_of_channel(channel_kind, provider_kind, row):
    limit = DATA.assumptions.loc[f"unstated_wait_{row}_minutes", "base"]
    before, after = money(2, 2)
    told = {"channel": {"kind": channel_kind}, "provider_kind": provider_kind}
    status = [
        confirm(before, {**after, "minutes_since_payment": limit + late}, **told).status
        for late in (0, 1)
    ]
    assert status == ["pending", "failed"]


def test_a_channel_that_usually_takes_longer_than_assumed_gets_that_time():
    before, after = money(2, 2)
    slow = {"typical_minutes": 14_400.0}  # a cheque by mail
    assert confirm(before, {**after, "minutes_since_payment": 14_400}, slow).status == "pending"
    assert confirm(before, {**after, "minutes_since_payment": 14_401}, slow).status == "failed"


def test_a_failed_top_up_names_refund_and_hours_of_the_channel():
    late = {**money(2, 2)[1], "minutes_since_payment": 61}
    step = confirm(money(2, 2)[0], late).next_step
    assert "What this channel refunds: a top-up that failed." in step
    assert "9am-5pm ET" in step
    blank = confirm(
        money(2, 2)[0], late, {"worst_minutes": 60, "refund": np.nan, "hours": np.nan}
    ).next_step
    assert "refunds: our source does not say." in blank
    assert "hours" not in blank


def test_every_refund_word_of_the_channels_has_a_sentence():
    assert set(DATA.channels["refund"].dropna()) <= set(channels.REFUNDS)


def test_rows_of_the_tables_are_understood():
    plans, ways, assumed = DATA.plans, DATA.channels, DATA.assumptions
    before, after = (
        Reading(balance_usd=2.0, remaining_gb=0.0),
        Reading(balance_usd=2.0, remaining_gb=0.0),
    )
    answers = [
        confirm_top_up(before, after, plan, assumed, ways.iloc[0]) for _, plan in plans.iterrows()
    ]
    late = Reading(balance_usd=2.0, minutes_since_payment=1e6)
    answers += [
        confirm_top_up(before, late, plans.iloc[0], assumed, channel)
        for _, channel in ways.iterrows()
    ]
    assert [answer.status for answer in answers] == ["pending"] * len(plans) + ["failed"] * len(
        ways
    )
    words = " ".join(answer.reason + answer.next_step for answer in answers)
    assert not {"nan", "<NA>", "None"} & set(words.replace(".", " ").replace(",", " ").split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"balance_usd": 2}, {}),
        ({"balance_usd": 2}, {"remaining_gb": 1}),
        ({}, {"minutes_since_payment": 5}),
    ],
)
def test_nothing_to_compare_names_what_to_read(before, after):
    with pytest.raises(
        ValueError, match="balance_usd or remaining_gb or speed_mbps before and after"
    ):
        confirm_top_up(Reading(**before), Reading(**after), PLAN, DATA.assumptions)


def test_a_plan_that_lacks_columns_is_refused():
    with pytest.raises(ValueError, match="lacks data_gb, term_days"):
        confirm_top_up(
            Reading(balance_usd=1), Reading(balance_usd=2), {"price_usd": 30.0}, DATA.assumptions
        )


def test_impossible_readings_are_named_all_at_once():
    with pytest.raises(
        ValueError, match=r"balance_usd is -1 .*remaining_gb is nan .*sms_received is 'yes'"
    ):
        Reading(balance_usd=-1, remaining_gb=np.nan, sms_received="yes")


@given(
    st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.floats(0, 1e5)
)
def test_more_money_never_makes_the_answer_worse(old, new, gb, extra, minutes):
    order = ["failed", "pending", "arrived"]
    answers = [
        confirm(
            {"balance_usd": old, "remaining_gb": 0},
            {"balance_usd": balance, "remaining_gb": gb, "minutes_since_payment": minutes},
        )
        for balance in (new, new + extra)
    ]
    assert order.index(answers[0].status) <= order.index(answers[1].status)
