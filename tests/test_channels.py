"""What a top-up costs, worked out by hand; which channels fit a wish; unknown stays unknown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import ASSUMED, DATA, channels, table

from prepaid.catalog.kinds import declared
from prepaid.channels import (
    REFUNDS,
    landed_cost,
    longest_waits,
    usable_channels,
    with_own_fees,
)

PARTS = [
    "face_usd",
    "discount_usd",
    "service_fee_usd",
    "prepaid_911_usd",
    "other_fee_usd",
    "state_tax_usd",
]
RANGE = ["low_usd", "base_usd", "high_usd"]
STATES = table(
    DATA.state_fees,
    [
        {"state": "PA", "prepaid_911_usd": 1.95, "fee_per": "sale", "state_sales_tax_percent": 6},
        {
            "state": "TX",
            "prepaid_911_percent": 2,
            "fee_per": "sale",
            "state_sales_tax_percent": 6.25,
        },
        {"state": "TN", "prepaid_911_usd": 1.5, "fee_per": "sale", "fee_min_sale_usd": 10},
        {"state": "DE", "prepaid_911_usd": 0.6, "fee_per": "sale", "fee_exempt_up_to_usd": 5},
        {"state": "MO", "prepaid_911_percent": 3, "fee_per": "sale", "fee_percent_above_usd": 15},
        {
            "state": "MA",
            "prepaid_911_usd": 1.5,
            "fee_per": "month",
            "state_sales_tax_percent": 6.25,
        },
        {
            **{
                "state": "NY",
                "prepaid_911_usd": 0.9,
                "other_fee_usd": 0.3,
                "other_fee_local": True,
            },
            **{"fee_per": "sale", "state_sales_tax_percent": 4},
        },
        {"state": "NJ", "state_sales_tax_percent": 6.625},
        {
            "state": "OR",
            "prepaid_911_usd": 1.25,
            "other_fee_usd": 0.4,
            "other_fee_local": False,
            "fee_per": "sale",
        },
        {"state": "WI", "other_fee_usd": 0.38, "other_fee_local": False, "fee_per": "sale"},
        {
            "state": "IL",
            "prepaid_911_percent": 3,
            "local_charges": True,
            "local_911_percent": 9,
            "fee_per": "sale",
        },
        {"state": "CA", "prepaid_911_usd": 0.41, "local_charges": True, "fee_per": "sale"},
    ],
)
STATES["state_sales_tax_percent"] = STATES["state_sales_tax_percent"].fillna(0)
STATES["state_sales_tax_percent"] = STATES["state_sales_tax_percent"].fillna(0)
FREE = channels(fee_usd=0)


def cost(face_usd, channel=FREE, **options):
    """Return the landed cost through one channel."""
    return landed_cost(face_usd, channel, STATES, ASSUMED, **options).iloc[0]


def test_a_flat_fee_comes_on_top_with_the_sales_tax():
    paid = cost(30, state="PA")
    assert paid[list(PARTS)].dropna().to_dict() == pytest.approx(
        {"face_usd": 30, "service_fee_usd": 0, "prepaid_911_usd": 1.95, "state_tax_usd": 1.8}
    )
    assert paid["known_usd"] == pytest.approx(33.75)
    assert paid[RANGE].tolist() == pytest.approx(
        [33.75, 33.75 + 0.6, 33.75 + 1.5]
    )  # local sales tax: 0, 2, 5 %
    assert paid["missing"] == "local sales tax"


def test_a_percentage_is_of_the_sale():
    assert cost(30, state="TX")["prepaid_911_usd"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("state", "face_usd", "fee_usd"),
    [
        ("TN", 9.99, 0),
        ("TN", 10, 1.5),
        ("DE", 5, 0),
        ("DE", 5.01, 0.6),
        ("MO", 15, 0),
        ("MO", 30, 0.45),
        ("PA", 0, 0),
    ],
)
def test_thresholds(state, face_usd, fee_usd):
    assert cost(face_usd, state=state)["prepaid_911_usd"] == pytest.approx(fee_usd)


def test_a_monthly_fee_counts_the_months_and_one_per_sale_does_not():
    assert cost(30, state="MA", months=3)["prepaid_911_usd"] == 4.5
    assert cost(30, state="PA", months=3)["prepaid_911_usd"] == 1.95


def test_a_local_fee_is_not_known_to_be_due():
    paid = cost(30, state="NY")
    assert np.isnan(paid["other_fee_usd"])
    assert paid["known_usd"] == pytest.approx(30 + 0.9 + 1.2)
    assert paid[RANGE].tolist() == pytest.approx([32.1, 32.1 + 0.3 + 0.6, 32.1 + 0.3 + 1.5])
    assert paid["missing"] == "local fee; local sales tax"


def test_a_statewide_other_fee_is_known():
    assert cost(30, state="OR")["other_fee_usd"] == 0.4
    assert cost(30, state="OR")["missing"] == ""


def test_a_state_without_a_figure_is_unknown_not_free():
    paid = cost(30, state="NJ")
    assert paid[["prepaid_911_usd", "other_fee_usd"]].isna().all()
    assert paid["known_usd"] == pytest.approx(30 * 1.06625)
    assert paid[RANGE].tolist() == pytest.approx([31.9875, 31.9875 + 0.6 + 1, 31.9875 + 1.5 + 1.5])
    assert paid["missing"] == "911 fee; local sales tax"


def test_no_local_sales_tax_where_the_state_has_none():
    assert cost(30, state="DE")[RANGE].tolist() == [30.6] * 3


def test_another_fee_does_not_stand_for_a_911_fee_without_a_figure():
    paid = cost(30, state="WI")
    assert np.isnan(paid["prepaid_911_usd"])
    assert "911 fee" in paid["missing"]
    assert paid[RANGE].tolist() == pytest.approx([30.38, 31.38, 31.88])


def test_a_city_that_charges_more_is_in_the_highest_cost_only():
    paid = cost(30, state="IL")
    assert paid["prepaid_911_usd"] == pytest.approx(0.90)  # 3 %, in Chicago 9 %
    assert paid[RANGE].tolist() == pytest.approx([30.90, 30.90, 32.70])
    assert "local fee" in paid["missing"]
    assert "local fee" in cost(30, state="CA")["missing"]


def test_without_a_state_the_range_is_over_all_of_them():
    paid = cost(30)
    assert paid[["prepaid_911_usd", "other_fee_usd", "state_tax_usd"]].isna().all()
    assert paid["known_usd"] == 30
    assert paid["missing"] == "taxes and fees of the state"
    each = [cost(30, state=state)[RANGE] for state in STATES.index]
    expected = [
        function([one[level] for one in each])
        for function, level in zip((min, np.median, max), RANGE, strict=True)
    ]
    assert paid[RANGE].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("state", ["PA", "NJ", None])
def test_where_tax_is_included_nothing_comes_on_top(state):
    paid = cost(30, state=state, taxes_included=True)
    assert paid[["prepaid_911_usd", "other_fee_usd", "state_tax_usd"]].tolist() == [0, 0, 0]
    assert paid[["known_usd", *RANGE]].tolist() == [30] * 4
    assert paid["missing"] == ""


@pytest.mark.parametrize("not_said", [None, pd.NA, float("nan")])
def test_where_it_is_not_said_whether_tax_is_included_the_lowest_is_without(not_said):
    paid = cost(30, state="PA", taxes_included=not_said)
    assert np.isnan(paid["state_tax_usd"])
    assert paid[["known_usd", *RANGE]].tolist() == pytest.approx([30, 30, 34.35, 35.25])
    assert paid["missing"].startswith("whether tax is included")


@pytest.mark.parametrize(
    ("kind", "fees"), [("carrier", (0, 0, 4)), ("third_party", (0, 3, 6)), ("store", (0, 0, 2))]
)
def test_a_fee_that_is_not_stated_is_assumed_by_kind(kind, fees):
    paid = cost(30, channels(kind=kind), taxes_included=True)
    assert np.isnan(paid["service_fee_usd"])
    assert paid["known_usd"] == 30
    assert paid[RANGE].tolist() == [30 + fee for fee in fees]
    assert paid["missing"] == "service fee"


def test_a_stated_fee_ranges_as_far_as_other_pages_say():
    paid = cost(30, channels(fee_usd=4, fee_low_usd=3.5, fee_high_usd=5), taxes_included=True)
    assert paid["service_fee_usd"] == 4
    assert paid[RANGE].tolist() == [33.5, 34, 35]


def test_fixed_and_percent_fees_add_up():
    assert (
        cost(30, channels(fee_usd=1, fee_percent=5), taxes_included=True)["service_fee_usd"] == 2.5
    )
    only_percent = cost(30, channels(fee_percent=5), taxes_included=True)
    assert only_percent["service_fee_usd"] == 1.5
    assert only_percent[RANGE].tolist() == [31.5] * 3


def test_a_discount_lowers_the_price_and_the_tax():
    paid = cost(30, channels(fee_usd=0, discount_percent=10), state="TX")
    assert paid["discount_usd"] == -3
    assert paid[["prepaid_911_usd", "state_tax_usd"]].tolist() == pytest.approx([0.54, 27 * 0.0625])
    assert paid["known_usd"] == pytest.approx(27 + 0.54 + 1.6875)


def test_a_third_party_may_not_collect_the_states_charges():
    paid = cost(30, channels(kind="third_party", fee_usd=0), state="PA")
    assert paid[RANGE].tolist() == pytest.approx([30, 34.35, 35.25])
    assert paid["missing"] == "local sales tax; whether state charges are collected"


def test_amounts_outside_the_limits_are_not_offered_and_stay_in_the_table():
    rows = channels(
        {"min_usd": 10, "max_usd": 50}, {"min_usd": 40}, {"max_usd": 20}, {"max_usd": 50}
    )
    costs = landed_cost(30, rows, STATES, ASSUMED, taxes_included=True)
    assert costs["offered"].tolist() == [True, False, False, pd.NA]
    assert costs["reason"].tolist()[0] == ""
    assert costs["reason"].tolist()[1:3] == [
        "less than the smallest amount; largest amount not said",
        "more than the largest amount; smallest amount not said",
    ]
    assert costs["known_usd"].tolist() == [30] * 4


def test_figures_can_be_given_per_row():
    rows = FREE.loc[["a"] * 3]
    options = {"state": "MA", "taxes_included": [False, None, True], "months": [1, 2, 3]}
    costs = landed_cost([10, 20, 30], rows, STATES, ASSUMED, **options)
    alone = [
        cost(face, state="MA", taxes_included=included, months=months)["high_usd"]
        for face, included, months in ((10, False, 1), (20, None, 2), (30, True, 3))
    ]
    assert costs["high_usd"].tolist() == alone


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": "ca"}, "state: 'ca' is unknown .*did you mean 'CA'"),
        ({"state": "XX"}, "state: 'XX' is unknown"),
        ({"face_usd": -1}, "face_usd is -1"),
        ({"face_usd": float("nan")}, "face_usd is nan"),
        ({"face_usd": [1, 2]}, "face_usd has the shape"),
        ({"months": float("inf")}, "months is inf"),
        ({"taxes_included": "yes"}, "taxes_included is 'yes'"),
        ({"taxes_included": [[True]]}, r"taxes_included is \[\[True\]\]"),
    ],
)
def test_wrong_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        landed_cost(
            **{
                "face_usd": 30,
                "channels": FREE,
                "state_fees": STATES,
                "assumptions": ASSUMED,
                **options,
            }
        )


money = st.floats(0, 500)
maybe = st.none() | st.floats(0, 20)


def test_what_is_likely_in_the_price_adds_sales_tax_at_the_worst():
    likely = cost(20, channels(kind="carrier", fee_usd=0), state="PA", taxes_included="likely")
    assert likely[RANGE].tolist() == pytest.approx([20, 20, 20 * (1 + 0.06 + 0.05)])  # no 911 fee
    assert likely["own_high_usd"] == pytest.approx(20 * (1 + 0.06 + 0.02))
    assert "whether tax is included" in likely["missing"]
    none = cost(20, channels(kind="carrier", fee_usd=0), state="TN", taxes_included="likely")
    assert none[RANGE].tolist() == [20, 20, 20]  # the made-up state has no sales tax


def test_the_own_range_leaves_out_what_all_share():
    stated = cost(20, channels(kind="carrier", fee_usd=0), state="PA", taxes_included=False)
    assert stated["own_low_usd"] == stated["own_high_usd"] == stated["base_usd"]
    silent = cost(20, channels(kind="carrier", fee_usd=0), state="PA", taxes_included=None)
    assert silent["own_low_usd"] == 20
    assert silent["own_high_usd"] == stated["base_usd"]
    fee = cost(20, channels(kind="carrier"), state="PA", taxes_included=True)
    assert (fee["own_low_usd"], fee["own_high_usd"]) == (20, 24)  # an unstated fee: 0 to 4


@st.composite
def made_channels(draw):
    fee = draw(maybe)
    other = (
        {}
        if fee is None
        else {"fee_low_usd": fee * draw(st.floats(0, 1)), "fee_high_usd": fee + draw(money)}
    )
    kind = draw(st.sampled_from(["carrier", "third_party", "store"]))
    return channels(
        kind=kind, fee_usd=fee, fee_percent=draw(maybe), discount_percent=draw(maybe), **other
    )


@given(
    money,
    money,
    made_channels(),
    st.sampled_from([None, *STATES.index]),
    st.sampled_from([True, False, None, "likely"]),
    st.integers(0, 12),
)
def test_parts_add_up_ranges_are_in_order_and_more_never_costs_less(
    face, more, channel, state, included, months
):
    options = {"state": state, "taxes_included": included, "months": months}
    paid, dearer = cost(face, channel, **options), cost(face + more, channel, **options)
    assert paid["known_usd"] == pytest.approx(
        sum(paid[part] for part in PARTS if not np.isnan(paid[part]))
    )
    assert paid["low_usd"] <= paid["base_usd"] + 1e-9 <= paid["high_usd"] + 2e-9
    assert paid["own_low_usd"] <= paid["base_usd"] + 1e-9 <= paid["own_high_usd"] + 2e-9
    assert paid["low_usd"] <= paid["own_low_usd"] + 1e-9
    assert paid["own_high_usd"] <= paid["high_usd"] + 1e-9
    assert paid["known_usd"] <= paid["high_usd"] + 1e-9
    assert (
        paid["low_usd"] <= paid["known_usd"] + 1e-9
        or state is None
        or channel["kind"].iloc[0] == "third_party"
    )
    for column in ("known_usd", *RANGE):
        assert dearer[column] >= paid[column] - 1e-9


def answers(wish, *rows):
    found = usable_channels(channels(*rows), **wish)
    return list(zip(found["evidence"], found["reason"], strict=True))


def test_brand():
    rows = {"brands": "Tello; Mint Mobile"}, {"brands": "Tello Two"}, {}, {"delivery": "esim_code"}
    assert answers({"brand": "Tello"}, *rows) == [
        ("stated", ""),
        ("no", "not for Tello"),
        ("not said", "brands not said"),
        ("no", "an eSIM of its own, not a top-up"),
    ]


def test_foreign_card():
    rows = (
        {"foreign_card": "yes"},
        {"foreign_card": "no"},
        {"foreign_card": "partial"},
        {},
        {"payment_methods": "cash"},
    )
    assert answers({"payment": "foreign_card"}, *rows) == [
        ("stated", ""),
        ("no", "no foreign cards"),
        ("in part", "foreign cards only in part"),
        ("not said", "foreign cards not said"),
        ("no", "no foreign cards"),
    ]


@pytest.mark.parametrize(
    ("methods", "evidence"),
    [
        ("credit card; cash", "stated"),
        ("Visa; JCB", "stated"),
        ("US card; PayPal", "stated"),
        ("saved credit/debit card", "stated"),
        ("cash; refill card; gift card", "no"),
        ("prepaid Visa/Mastercard/Amex gift card", "no"),
        ("Visa;gift card", "no"),  # one thing: only "; " stands between two
        ("service card PIN", "no"),
        ("check", "no"),
        ("saved payment method", "not said"),
        (None, "not said"),
    ],
)
def test_us_card(methods, evidence):
    assert answers({"payment": "us_card"}, {"payment_methods": methods})[0][0] == evidence


def test_paypal():
    rows = {"payment_methods": "card; PayPal incl. e-check"}, {"payment_methods": "card"}, {}
    assert answers({"payment": "paypal"}, *rows) == [
        ("stated", ""),
        ("no", "no PayPal"),
        ("not said", "PayPal not said"),
    ]


def test_cash_and_no_account():
    rows = (
        {"cash": True, "payment_methods": "card"},
        {"cash": False},
        {},
        {"payment_methods": "saved card"},
    )
    assert answers({"payment": "cash"}, *rows) == [
        ("stated", ""),
        ("no", "no cash"),
        ("not said", "cash not said"),
        ("no", "no cash"),
    ]
    rows = {"account_required": False}, {"account_required": True}, {}
    assert answers({"no_account": True}, *rows) == [
        ("stated", ""),
        ("no", "needs an account"),
        ("not said", "account not said"),
    ]


def test_amount():
    rows = {"min_usd": 30, "max_usd": 30}, {"min_usd": 31}, {"max_usd": 29}, {"min_usd": 10}, {}
    assert [evidence for evidence, _ in answers({"amount_usd": 30}, *rows)] == [
        *("stated", "no", "no", "not said", "not said")
    ]


def test_the_worst_answer_counts_and_all_reasons_are_told():
    row = {"brands": "Tello", "foreign_card": "partial", "account_required": True}
    wishes = {"brand": "Tello", "payment": "foreign_card"}
    assert answers(wishes, row) == [("in part", "foreign cards only in part")]
    told = "no", "needs an account; foreign cards only in part; limits not said"
    assert answers({**wishes, "no_account": True, "amount_usd": 10}, row) == [told]


def said(*facts, topic="foreign_card"):
    """Return seller facts of one topic from (provider, plan_id, value)."""
    columns = ["provider", "plan_id", "value"]
    return pd.DataFrame(facts, columns=columns).assign(topic=topic)


def paying(facts, payment="foreign_card", likely_by_kind=True, **row):
    ways = channels({"kind": "carrier", **row})
    ways = ways.assign(provider="A", plan_id="a-1", provider_kind=row.get("provider_kind", "mvno"))
    found = usable_channels(
        ways, payment=payment, seller_facts=facts, likely_by_kind=likely_by_kind
    )
    return found["evidence"].iloc[0]


@pytest.mark.parametrize(
    ("words", "evidence"),
    [
        (["yes"], "stated"),
        (["yes", "yes"], "stated"),
        (["partial"], "in part"),
        (["yes", "no"], "in part"),
        (["yes", "unclear"], "in part"),
        (["unclear"], "not said"),
        (["no"], "no"),
        ([], "not said"),
    ],
)
def test_what_is_said_of_a_brand_counts_for_its_own_channel(words, evidence):
    facts = said(*(("A", None, word) for word in words), ("B", None, "yes"))
    assert paying(facts) == evidence
    assert paying(facts, kind="third_party") == "not said"  # there the platform takes the card
    assert paying(facts, kind="third_party", foreign_card="no") == "no"


def test_who_takes_cards_of_other_countries_takes_those_of_the_usa():
    assert paying(said(("A", None, "yes")), "us_card") == "stated"
    assert paying(said(), "us_card", foreign_card="yes") == "stated"
    assert paying(said(("A", None, "partial")), "us_card") == "not said"
    assert paying(said(("A", None, "no")), "us_card") == "not said"
    assert paying(said(("A", None, "yes")), "us_card", payment_methods="PayPal") == "no"


def test_what_is_said_of_a_plan_beats_what_is_said_of_its_brand():
    assert paying(said(("A", None, "no"), ("A", "a-1", "yes"))) == "stated"
    assert paying(said(("A", None, "no"), ("A", "a-2", "yes"))) == "no"


def test_a_channel_and_the_word_on_its_brand_that_differ_hold_in_part():
    assert paying(said(("A", None, "yes")), foreign_card="no") == "in part"
    assert paying(said(("A", None, "yes")), foreign_card="yes") == "stated"
    assert paying(said(("A", None, "unclear")), foreign_card="yes") == "in part"


def test_silence_of_a_travel_esims_own_shop_is_likely_a_yes_if_that_is_assumed():
    travel, nothing = {"provider_kind": "travel_esim"}, said()
    assert paying(nothing, **travel) == "likely by kind"
    assert paying(nothing, "us_card", **travel) == "likely by kind"
    assert paying(nothing, likely_by_kind=False, **travel) == "not said"
    assert paying(nothing, "cash", **travel) == "not said"
    assert paying(nothing, kind="store", **travel) == "not said"
    assert paying(said(("A", None, "no")), **travel) == "no"
    assert paying(said(("A", None, "unclear")), **travel) == "not said"


def test_silence_of_a_shop_on_cash_is_likely_a_yes_if_that_is_assumed():
    assert paying(said(), "cash", kind="store") == "likely by kind"
    assert paying(said(), "cash", kind="store", likely_by_kind=False) == "not said"
    assert paying(said(), "cash", kind="store", payment_methods="credit card") == "no"
    assert paying(said(), "cash", kind="store", cash=False) == "no"
    assert paying(said(), "cash", kind="third_party") == "not said"


def own_fees(*facts, term_days=30, **cells):
    """Return fee_usd, fee_low_usd, fee_high_usd and fee_percent of a channel of the brand A."""
    told = pd.DataFrame(facts, columns=["topic", "value"]).assign(provider="A", plan_id=pd.NA)
    way = channels(cells, {}).assign(provider=["A", "B"], plan_id=pd.NA, term_days=term_days)
    filled = with_own_fees(way, told)[["fee_usd", "fee_low_usd", "fee_high_usd", "fee_percent"]]
    assert filled.loc["b"].isna().all(), "another brand's"
    return filled.loc["a"].fillna(-1).tolist()


def test_a_brands_fee_on_each_payment_fills_its_own_channels_that_state_none():
    assert own_fees(("extra_fee_usd", "2.63")) == [2.63, 2.63, 2.63, -1]
    assert own_fees(("extra_fee_usd", "1-3")) == [2, 1, 3, -1]
    assert own_fees(("extra_fee_usd", "0")) == [0, 0, 0, -1]  # a stated zero is no silence
    monthly = "extra_fee_usd_a_month", "1-3"
    assert own_fees(monthly) == [2, 1, 3, -1]
    assert own_fees(monthly, term_days=360) == [24, 12, 36, -1]
    assert own_fees(monthly, term_days=7) == [2, 1, 3, -1]
    assert own_fees(monthly, term_days=float("nan")) == [2, 1, 3, -1]
    assert own_fees(("extra_fee_percent", "5")) == [-1, -1, -1, 5]
    assert own_fees() == [-1, -1, -1, -1]
    assert own_fees(("extra_fee_usd", "1-3"), fee_usd=4) == [4, -1, -1, -1]
    assert own_fees(("extra_fee_usd", "1-3"), fee_percent=4) == [-1, -1, -1, 4]
    assert own_fees(("extra_fee_usd", "1-3"), kind="store") == [-1, -1, -1, -1]


def test_an_unknown_means_of_payment_is_refused():
    with pytest.raises(
        ValueError, match=r"^payment is 'gold' \(allowed: foreign_card, us_card, cash, paypal, or"
    ):
        usable_channels(channels({}), payment="gold")


@given(st.data())
def test_more_wishes_never_make_a_channel_fit_better(data):
    payment = data.draw(st.sampled_from(["foreign_card", "us_card", "cash", "paypal"]))
    wishes = {
        "brand": "Tello",
        "payment": payment,
        "no_account": True,
        "amount_usd": 30,
    }
    some = data.draw(st.sets(st.sampled_from(sorted(wishes))))
    fewer = data.draw(st.sets(st.sampled_from(sorted(some)))) if some else set()
    fits = usable_channels(DATA.channels, **{name: wishes[name] for name in some})
    before = usable_channels(DATA.channels, **{name: wishes[name] for name in fewer})
    assert (fits["evidence"].cat.codes >= before["evidence"].cat.codes).all()
    assert ((fits["reason"] == "") == (fits["evidence"] == "stated")).all()


@pytest.mark.parametrize("brand", ["T-mobile Prepaid", "", "AT&T Prepaid ", 5, ["AT&T Prepaid"]])
def test_an_unknown_brand_is_refused(brand):
    with pytest.raises(ValueError, match=r"^brand: .* is unknown"):
        usable_channels(channels({}), brand=brand)


def test_a_brand_without_a_channel_of_its_own_has_to_be_named():
    with pytest.raises(ValueError, match=r"^brand: 'Tello' is unknown"):
        usable_channels(channels({}), brand="Tello", brands=["Mint Mobile"])
    assert usable_channels(channels({}), brand="Tello", brands=["Tello"])["evidence"].tolist() == [
        "not said"
    ]


def test_a_misspelt_brand_is_guessed_in_the_message():
    with pytest.raises(ValueError, match="did you mean 'T-Mobile Prepaid'"):
        usable_channels(channels({}), brand="t-mobile prepayd", brands=DATA.plans["provider"])


def test_the_longest_wait_is_stated_or_that_of_the_kind():
    kinds = ["carrier", "third_party", "store", "travel_esim"]
    waits = {
        f"unstated_wait_{kind}_minutes": [1 + n, 10 + n, 100 + n] for n, kind in enumerate(kinds)
    }
    assumed = pd.DataFrame.from_dict(waits, orient="index", columns=["low", "base", "high"])
    rows = [
        {"worst_minutes": 7, "typical_minutes": 3},
        {},
        {"kind": "store"},
        {"kind": "third_party", "typical_minutes": 50},
        {},
        {"kind": "store"},
    ]
    told = longest_waits(channels(*rows), assumed, travel_esim=[False] * 4 + [True] * 2)
    assert told["low"].tolist() == [7, 1, 3, 50, 4, 3]
    assert told["base"].tolist() == [7, 10, 12, 50, 13, 12]
    assert told["high"].tolist() == [7, 100, 102, 101, 103, 102]
    nothing = pd.DataFrame({"kind": [None], "typical_minutes": [None], "worst_minutes": [None]})
    assert longest_waits(nothing, assumed).iloc[0].tolist() == [4, 13, 103]


def test_every_refund_rule_has_words():
    kind = next(column.kind for column in declared()["channels"].columns if column.name == "refund")
    assert set(REFUNDS) == set(kind.dtype.categories)
