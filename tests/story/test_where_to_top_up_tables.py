"""The tables of notebook 02, by small made-up channels."""

import pandas as pd
from made_up import ASSUMED, DATA, channels

from prepaid.channels import landed_cost
from prepaid.story.where_to_top_up import cost_by_state, refunds, sensible_channels, who_can_pay


def test_every_state_once_and_as_landed_cost_says():
    tables = DATA.channels.head(1), DATA.state_fees, DATA.assumptions
    costs = cost_by_state(30, *tables)
    assert list(costs.index) == list(DATA.state_fees.index)
    alone = landed_cost(30, *tables, state="NY").iloc[0]
    pd.testing.assert_series_equal(costs.loc["NY"], alone, check_names=False)


def test_a_blank_channel_is_unknown_to_every_wish():
    blank = who_can_pay(channels({}))
    assert (blank == "unknown").all(axis=None)


def test_partly_is_told_apart_from_unknown():
    rows = channels(
        {"foreign_card": "partial", "payment_methods": "PayPal", "cash": True, "account_required": False}, {}
    )
    assert who_can_pay(rows).loc["a"].tolist() == ["partly", "no", "yes", "yes", "yes"]


def chosen(rows, **wishes):
    costs = landed_cost(30, rows, DATA.state_fees, ASSUMED, taxes_included=True)
    return sensible_channels(rows, costs, {"someone": wishes}).loc["someone"]


def test_a_channel_known_to_fit_comes_before_a_cheaper_one_that_may():
    rows = channels(
        *({"min_usd": 0, "max_usd": 99, "cash": cash, "fee_usd": fee_usd} for cash, fee_usd in [(True, 4), (None, 0)]),
        *({"min_usd": 0, "max_usd": 99, "cash": cash, "fee_usd": fee_usd} for cash, fee_usd in [(True, 3), (False, 0)]),
    )
    best = chosen(rows, cash_only=True)
    assert (best["channel_id"], best["base_usd"], best["why"]) == ("c", 33, "cheapest of 2 known to fit")
    assert best["still_open"] == ""


def test_where_none_is_known_to_fit_the_one_with_fewest_questions_is_told_with_them():
    rows = channels({"fee_usd": 0}, {"fee_usd": 9, "brands": "Tello"})
    best = chosen(rows, foreign_card=True, brand="Tello")
    assert (best["channel_id"], best["why"]) == ("b", "least left open, of 2 that may fit")
    assert best["still_open"] == "foreign cards not said; limits not said"


def test_of_two_that_leave_as_much_open_the_one_that_names_the_brand_comes_first():
    rows = channels({"foreign_card": "yes", "fee_usd": 0}, {"brands": "Tello", "fee_usd": 5})
    assert chosen(rows, foreign_card=True, brand="Tello")["channel_id"] == "b"


def test_of_two_that_cost_the_same_the_one_whose_fee_is_stated_comes_first():
    assert chosen(channels({}, {"fee_usd": 0}))["channel_id"] == "b"


def test_cheapest_is_said_of_the_cheapest_only():
    known = {"min_usd": 0, "max_usd": 99, "cash": True}
    rows = channels({**known, "fee_usd": 4}, {**known, "kind": "store", "fee_usd": 5})
    best = chosen(rows, cash_only=True)
    assert (best["channel_id"], best["why"]) == ("b", "names the brand, or has a counter, of 2 known to fit")


def test_cash_is_paid_at_a_counter_rather_than_on_the_phone():
    rows = channels({"fee_usd": 0}, {"kind": "store", "fee_usd": 5})
    assert chosen(rows, cash_only=True)["channel_id"] == "b"
    assert chosen(rows, us_card=True)["channel_id"] == "a"


def test_what_does_not_offer_the_amount_is_not_sensible():
    rows = channels({"max_usd": 20, "fee_usd": 0}, {"fee_usd": 5})
    assert chosen(rows)["channel_id"] == "b"


def test_nothing_may_fit():
    best = chosen(channels(cash=False), cash_only=True)
    assert best["why"] == "no channel fits"
    assert best.drop("why").isna().all()


def test_refunds_count_every_channel_and_silence_apart():
    table_ = DATA.channels
    counts = refunds(table_)
    assert counts["channels"].sum() == len(table_)
    assert counts.loc["not said", "channels"] == table_["refund"].isna().sum()
