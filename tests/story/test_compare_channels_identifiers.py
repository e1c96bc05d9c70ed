"""Checks of identifiers before paying."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.story.compare_channels import check_identifiers

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
