"""Checks of identifiers before paying, and of readings after paying."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import DATA

from prepaid import channels
from prepaid.confirm import Reading, check_identifiers, confirm_top_up

GOOD_ICCIDS = ["89450421180216254864", "8943059000669007612"]
SECRET = "K2-1TB4ZL-9C8B0K"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"


def only(**given):
    (row,) = check_identifiers(**given).itertuples()
    return row


def luhn_digit_by_digit(number):
    """The check as a person does it: double every second digit from the right, add all digits."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(sum(map(int, str(figure))) for figure in doubled) % 10 == 0


# Before paying


@pytest.mark.parametrize(
    "phone",
    [
        "650-253-0000",
        "(650) 253-0000",
        "+1 650 253 0000",
        "1.650.253.0000",
        " 6502530000 ",
        "001 650 253 0000",
        "tel:+16502530000",
        "650\u2011253\u20110000",
        "650\u2013253\u22120000",
        "\u202a+1\u00a0650\u202f253\u20090000\u202c",
        "\uff0b\uff11\uff08\uff16\uff15\uff10\uff09\uff12\uff15\uff13\uff0d\uff10\uff10\uff10\uff10",
        "650\u00ad253\u200b0000\ufeff",
        "650·253·0000",
        "\u0666\u0665\u0660 \u0662\u0665\u0663 \u0660\u0660\u0660\u0660",
    ],
    ids=ascii,
)
def test_a_us_number_may_exist_however_it_is_written(phone):
    row = only(phone=phone)
    assert (row.valid, row.shown) == (True, "+1 650-253-0000")
    assert "may exist" in row.message


@pytest.mark.parametrize(
    "phone", ["436-217-0100", "861-305-1111", "416-967-1111", "+1 787 758 1234"]
)
def test_no_list_of_area_codes_is_kept(phone):
    """Ohio's 436 and Illinois' 861 are newer than many lists; Canada is told apart by none here."""
    row = only(phone=phone)
    assert row.valid
    assert "whether it is of the USA" in row.message


@pytest.mark.parametrize(
    ("phone", "says"),
    [
        ("800-253-0000", "toll-free"),
        ("833-253-0000", "toll-free"),
        ("900-555-1234", "premium-rate"),
        ("500-223-4567", "personal number"),
        ("577-223-4567", "personal number"),
        ("700-223-4567", "a number of a service"),
        ("911-253-0000", "No such number"),
        ("811-253-0000", "No such number"),
        ("650-911-0000", "No such number"),
        ("650-153-0000", "No such number"),
        ("650-053-0000", "No such number"),
        ("150-253-0000", "9 digits"),
        ("050-253-0000", "No such number"),
        ("690-253-0000", "No such number"),
        ("650-253-000", "9 digits"),
        ("650-253-00000", "11 digits"),
        ("+44 20 7946 0958", "country code is not +1"),
        ("0044 20 7946 0958", "country code is not +1"),
        ("011 86 138 0013 8000", "country code is not +1"),
        ("+", "not a phone number"),
        ("", "not a phone number"),
        ("my number", "not a phone number"),
        ("K6502530000", "not a phone number"),
    ],
)
def test_a_number_that_no_us_mobile_line_has_is_refused_with_the_reason(phone, says):
    row = only(phone=phone)
    assert not row.valid
    assert says in row.message


@pytest.mark.parametrize("iccid", GOOD_ICCIDS)
def test_an_iccid_is_good_as_printed_in_groups_and_with_its_filler(iccid):
    groups = " ".join(iccid[start : start + 4] for start in range(0, len(iccid), 4))
    assert [
        only(iccid=text).valid for text in (iccid, groups, groups.replace(" ", "-"), iccid + "F")
    ] == [True] * 4


@given(st.sampled_from(GOOD_ICCIDS), st.data())
def test_one_changed_digit_makes_an_iccid_doubtful(iccid, data):
    place = data.draw(st.integers(0, len(iccid) - 1))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != iccid[place]))
    assert only(iccid=iccid[:place] + digit + iccid[place + 1 :]).valid is not True


@given(st.from_regex("89[0-9]{17,18}", fullmatch=True).filter(lambda iccid: iccid[2:4] != "86"))
def test_the_check_digit_is_that_of_a_slow_count(iccid):
    """Where it does not fit, it may be missing from 19 digits, or be followed by another in 20."""
    fits, shorter_fits = luhn_digit_by_digit(iccid), luhn_digit_by_digit(iccid[:-1])
    unknown = len(iccid) == 19 or shorter_fits
    valid = only(iccid=iccid).valid
    assert (None if valid is pd.NA else valid) == (True if fits else None if unknown else False)


@pytest.mark.parametrize(
    ("iccid", "says"),
    [
        ("8943059000669007613", "no check digit is printed"),
        ("8945042118021625487", "no check digit is printed"),
        ("89430590006690076127", "one digit too many is printed"),
        ("894504211802162548641", "one digit too many is printed"),
        ("894305900066900761", "18 digits and cannot be checked"),
        ("898600B5000000000000", "Chinese operator (8986), not of the USA"),
        ("898604b7192271000012", "Chinese operator (8986), not of the USA"),
        ("8986 0012 3456 7890 123F", "Chinese operator (8986), not of the USA"),
    ],
)
def test_an_iccid_that_cannot_be_checked_is_neither_right_nor_wrong(iccid, says):
    row = only(iccid=iccid)
    assert row.valid is pd.NA
    assert says in row.message


def test_a_chinese_card_whose_check_digit_fits_is_still_not_of_the_usa():
    row = only(iccid="89860012345678901238")
    assert row.valid
    assert "not of the USA" in row.message


@pytest.mark.parametrize(
    ("iccid", "says"),
    [
        ("310260123456789", "IMSI, which is never needed for a top-up"),
        ("316010123456789", "IMSI"),
        ("356938035643809", "IMEI"),
        ("356938035643808", "does not start with 89"),
        ("89049032005008882600012345678901", "EID"),
        ("89450431180216254864", "check digit does not fit"),
        ("890430590006690076120", "21 digits"),
        ("89430590006", "11 digits"),
        ("7943059000669007612", "does not start with 89"),
        ("894305B000669007612", "not a row of digits"),
        ("SIM", "not a row of digits"),
        ("", "not a row of digits"),
    ],
)
def test_what_is_no_iccid_is_named(iccid, says):
    row = only(iccid=iccid)
    assert not row.valid
    assert says in row.message


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("LPA:1$rsp.example.com${}", "The form is right"),
        ("1$rsp.example.com${}", "The form is right"),
        ("lpa:1$rsp.example.com$\n {}\u200b", "The form is right"),
        ("\uff2c\uff30\uff21\uff1a1\uff04rsp.example.com\uff04{}", "The form is right"),
        ("https://example.com/install?carddata=LPA:1$rsp.example.com${}", "The form is right"),
        (
            "https://example.com/install?carddata=LPA%3A1%24rsp.example.com%24{}",
            "The form is right",
        ),
        ("LPA:1$rsp.example.com${}$1.3.6.1.4.1.31746", "The form is right"),
        ("LPA:1$rsp.example.com${}$1.3.6.1.4.1.31746$1", "give you a confirmation code"),
        ("LPA:1$rsp.example.com${}$$1", "give you a confirmation code"),
        ("LPA:1$rsp.example.com$", "EID"),
        ("LPA:1$rsp.example.com$$1.3.6.1.4.1.31746", "EID"),
    ],
)
def test_an_activation_code_is_good_with_and_without_its_optional_parts(code, says):
    row = only(activation_code=code.format(SECRET))
    assert (row.valid, row.shown) == (True, "LPA:1$rsp.example.com$****")
    assert says in row.message
    assert ("confirmation code" in row.message) == code.endswith("$1")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("2$rsp.example.com${}", "it reads LPA:1$"),
        ("LPA:2$rsp.example.com${}", "it reads LPA:1$"),
        ("LPA:1${}$rsp.example.com", "it reads LPA:1$"),
        ("LPA:1$$rsp.example.com${}", "it reads LPA:1$"),
        ("{}", "it reads LPA:1$"),
        ("", "it reads LPA:1$"),
        ("LPA:1$rsp.example.com", "nothing follows the address"),
        ("1$rsp.example.com", "nothing follows the address"),
        ("LPA:1$rsp.example.com${}!", "letters, digits and hyphens"),
        ("LPA:1$rsp.example.com${}$1", "OID"),
        ("LPA:1$rsp.example.com${}$$2", "flag is not 1"),
        ("LPA:1$rsp.example.com${}$$1$1", "too many $"),
    ],
)
def test_a_broken_activation_code_is_refused_with_the_reason(code, says):
    row = only(activation_code=code.format(SECRET))
    assert not row.valid
    assert says in row.message


WRAPPINGS = [
    "{}",
    "LPA:1$rsp.example.com${}",
    "LPA:1$rsp.example.com${}$$2",
    "LPA:1${}$rsp.example.com",
    "LPA:1$a.example${}$x",
]


@given(
    st.text(LETTERS, min_size=10).map("K{}".format),
    st.sampled_from(WRAPPINGS),
    st.sampled_from(["phone", "iccid", "activation_code"]),
)
def test_a_matching_id_never_shows_wherever_it_was_pasted(matching_id, wrapping, argument):
    table = check_identifiers(**{argument: wrapping.format(matching_id)})
    assert matching_id not in repr(table.to_dict())


def test_identifiers_are_told_apart_by_what_they_are_for():
    table = check_identifiers(
        phone="650-253-0000", iccid=GOOD_ICCIDS[0], activation_code=f"LPA:1$a.example${SECRET}"
    )
    assert table["kind"].tolist() == ["phone number", "ICCID", "activation code"]
    assert table["used_for"].str.contains("every top-up").tolist() == [True, False, False]
    assert table["used_for"].str.contains("never a top-up").tolist() == [False, True, True]
    assert table["shown"].tolist() == ["+1 650-253-0000", "8945****4864", "LPA:1$a.example$****"]


def test_nothing_given_names_what_can_be_checked():
    with pytest.raises(ValueError, match="phone, iccid, activation_code"):
        check_identifiers()


def test_numbers_instead_of_text_are_refused_without_repeating_them():
    with pytest.raises(ValueError, match="phone is a int; iccid is a float") as caught:
        check_identifiers(phone=6502530000, iccid=8.943059000669007e18)
    assert "65025" not in str(caught.value)
    assert "8.94" not in str(caught.value)


# After paying

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
