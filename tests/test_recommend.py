"""What `recommend` answers: the effect of every wish on a few made-up plans, and the real catalogue as a whole."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import BASE, CATALOGUE, DATA, comparison, one_plan

import prepaid
from prepaid.channels import landed_cost
from prepaid.recommend import Recommendation, Wishes, caveats, odds, recommend, serving, take_part
from prepaid.top_up import reorder_point

# A month of plenty at a price with tax, of a brand whose site takes all cards: it fits every wish but cash.
FITS_ALL = {
    "provider": "Mint Mobile",
    "provider_kind": "mvno",
    "plan": "Made up",
    "network": "AT&T+T-Mobile+Verizon",
    "sim": "both",
    "offer": "standard",
    "price_usd": 30.0,
    "autopay_price_usd": None,
    "taxes_included": True,
    "term_days": 30,
    "data_gb": 100.0,
    "allowance_days": 30,
    "unlimited": True,
    "after_allowance": "throttle",
    "throttle_kbps": 128,
    "overage_usd_per_gb": None,
    "overage_cap_usd": None,
    "full_speed_gb": None,
    "hotspot_gb": None,
    "hotspot_unlimited": True,
    "voice_text": True,
    "tourist_only": False,
    "note": None,
}
# A pack that stops when empty and is bought again.
PACK = {"unlimited": False, "after_allowance": "stop", "throttle_kbps": None}


def made_up(**plans):
    """Return plans by name: what fits all wishes, changed as told."""
    rows = DATA.plans.iloc[[0] * len(plans)].set_axis(pd.Index(plans, name="plan_id"))
    changed = [{**FITS_ALL, **changes} for changes in plans.values()]
    for column in FITS_ALL:
        categories = isinstance(rows[column].dtype, pd.CategoricalDtype)
        values = pd.Series([row[column] for row in changed], index=rows.index, dtype=object)
        rows[column] = values if categories else values.astype(rows[column].dtype)
    return rows


def ask(plans, channels=DATA.channels, **wishes) -> Recommendation:
    return recommend(replace(DATA, plans=plans, channels=channels), Wishes(**wishes))


# Wish, what contradicts it, and what leaves it open.
WISHES = {
    "esim_phone": ({"esim_phone": False}, {"sim": "esim"}, {"sim": None}),
    "us_number": ({"us_number": True}, {"voice_text": False, "provider_kind": "travel_esim"}, {"voice_text": None}),
    "travel number": ({"us_number": True}, None, {"provider_kind": "travel_esim"}),
    "hotspot": (
        {"hotspot_gb": 0.5},
        {"hotspot_unlimited": False, "hotspot_gb": 4.9},
        {"hotspot_unlimited": None, "hotspot_gb": None},
    ),
    "no hotspot": ({"hotspot_gb": 0.1}, {"hotspot_unlimited": False, "hotspot_gb": 0.0}, None),
    "network": ({"network": "Verizon"}, {"network": "AT&T+T-Mobile"}, {"network": None}),
    "several networks": ({"network": "AT&T"}, {"network": "T-Mobile"}, {"network": "multi"}),
    "resident": ({"visitor": False}, {"tourist_only": True}, None),
    "foreign card": ({"payment": "foreign_card"}, {"provider": "Visible"}, {"provider": "T-Mobile Prepaid"}),
}


@pytest.mark.parametrize("wish, contradicts", [(wish, no) for wish, no, _ in WISHES.values() if no], ids=str)
def test_what_contradicts_a_wish_is_left_out(wish, contradicts):
    plans = made_up(dear={"price_usd": 40.0}, cheap=contradicts)
    assert list(ask(plans, **wish).best.index) == ["dear"]
    assert list(ask(plans, **wish).everyone.index) == ["dear"]
    if "payment" not in wish:
        assert list(ask(plans).best.index) == ["cheap", "dear"]


@pytest.mark.parametrize("wish, leaves_open", [(wish, open_) for wish, _, open_ in WISHES.values() if open_], ids=str)
def test_what_leaves_a_wish_open_stands_behind_and_is_marked(wish, leaves_open):
    best = ask(made_up(open=leaves_open, dear={"price_usd": 40.0}), **wish).best
    assert list(best.index) == ["dear", "open"]
    assert best["to_check"]["dear"] == ""
    assert best["to_check"]["open"] != ""


def test_where_no_plan_is_known_to_fit_the_sentence_says_what_to_check():
    answer = ask(made_up(open={"network": None, "voice_text": None}), network="AT&T", us_number=True)
    assert "none is known to fit, so check first: a US number; AT&T's network" in answer.sentence


def test_enough_hotspot_for_each_allowance_period_fits():
    plans = made_up(daily={"allowance_days": 1, "hotspot_unlimited": False, "hotspot_gb": 0.5})
    assert len(ask(plans, hotspot_gb=0.5).best) == 1
    assert ask(plans, hotspot_gb=0.6).best.empty


def test_hotspot_for_a_stay_shorter_than_the_allowance_period_is_that_of_the_stay():
    plans = made_up(monthly={"hotspot_unlimited": False, "hotspot_gb": 5.0})
    assert len(ask(plans, hotspot_gb=0.5, days=10).best) == 1
    assert ask(plans, hotspot_gb=0.5, days=11).best.empty


def test_cash_needs_a_channel_that_takes_it():
    brands = {"Metro by T-Mobile": 50.0, "Visible": 10.0, "Google Fi": 10.0}
    plans = made_up(**{name: {"provider": name, "price_usd": price} for name, price in brands.items()})
    best = ask(plans, payment="cash").best
    assert best["to_check"].to_dict() == {"Metro by T-Mobile": "", "Google Fi": "paying with cash"}
    assert "cash not said" in best["channel"]["Google Fi"]


def test_silence_on_cards_moves_no_plan_and_is_said_beside_the_channel():
    best = ask(made_up(said={"price_usd": 31.0}, silent={"provider": "Google Fi"})).best
    assert list(best.index) == ["silent", "said"]
    assert best["channel"].to_dict() == {
        "silent": "the seller's own site or app (foreign cards not said)",
        "said": "Mint Mobile app/site",
    }
    assert (best["to_check"] == "").all()


def test_a_us_card_opens_what_a_foreign_card_does_not():
    plans = made_up(only={"provider": "Visible"})
    assert len(ask(plans, payment="us_card").best) == 1
    assert ask(plans, payment="foreign_card").best.empty


@pytest.mark.parametrize(
    ("plan", "wishes", "channel"),
    {
        "saved card": ({"plan": "PayGo", "price_usd": 10.0}, {"payment": "us_card"}, "the seller's own site or app"),
        "too little": ({"plan": "Pay As You Go", "price_usd": 19.99}, {}, "the seller's own site or app"),
        "enough": ({"plan": "Pay As You Go", "price_usd": 20.0}, {}, "Tello website"),
        "credit only": ({"price_usd": 20.0}, {}, "the seller's own site or app"),
        "too much": ({"provider": "Ultra Mobile", "plan": "PayGo", "price_usd": 21.0}, {}, "the seller's own site"),
        "wallet": ({"provider": "Ultra Mobile", "plan": "PayGo", "price_usd": 20.0}, {}, "Ultra Mobile app (PayGo"),
        "automatic": ({"provider": "H2O Wireless"}, {}, "the seller's own site or app"),
        "AutoPay is fine": ({"provider": "H2O Wireless"}, {"autopay": True}, "H2O Wireless auto recharge"),
    }.values(),
    ids=str,
)
def test_a_channel_is_named_only_if_it_can_sell_the_plan(plan, wishes, channel):
    best = ask(made_up(only={"provider": "Tello"} | plan), **wishes).best.iloc[0]
    assert best["channel"].startswith(channel)


def test_silence_on_cards_is_a_condition_in_the_sentence():
    silent = ask(made_up(only={"provider": "Google Fi"}))
    assert "if the seller takes a foreign card (which our source does not say)" in silent.sentence
    assert "if the seller" not in ask(made_up(only={})).sentence


def test_a_promotional_code_stands_in_the_sentence():
    answer = ask(made_up(only={"note": "Needs a promotional code"}))
    assert answer.sentence.startswith("Buy Mint Mobile Made up with a promotional code ($")


def test_hotspot_is_part_of_the_usage():
    with pytest.raises(ValueError, match=r"^hotspot_gb is 2 .* at most the usage, 1 GB per day"):
        ask(made_up(only={"hotspot_unlimited": True}), usage=1.0, hotspot_gb=2.0)


def test_autopay_prices_count_on_wish_but_never_for_cash():
    plans = made_up(only={"provider": "Metro by T-Mobile", "autopay_price_usd": 25.0})
    costs = {
        (autopay, payment): ask(plans, autopay=autopay, payment=payment).best["all_in_usd"].iloc[0]
        for autopay in (False, True)
        for payment in ("us_card", "cash")
    }
    assert costs[True, "us_card"] == costs[False, "us_card"] - 5
    assert costs[True, "cash"] == costs[False, "cash"]


def test_an_autopay_price_is_the_face_value_that_fees_are_added_to():
    plans = made_up(only={"autopay_price_usd": 25.0, "taxes_included": False})
    answer = ask(plans, autopay=True, payment="us_card", state="OR")
    assert answer.best["all_in_usd"].iloc[0] == pytest.approx(25 + 1.25 + 0.40)
    assert "($25.00 for 30 days, " in answer.sentence


def test_a_longer_stay_pays_for_each_term():
    costs = [ask(made_up(only={}), days=days).best["all_in_usd"].iloc[0] for days in (30, 31, 90)]
    assert costs == [30, 60, 90]


def test_a_year_has_360_days():
    plans = made_up(year={"price_usd": 200.0, "term_days": 360}, long={"price_usd": 210.0, "term_days": 365})
    answers = [ask(plans, days=days) for days in (360, 365)]
    assert [answer.days for answer in answers] == [360, 360]
    pd.testing.assert_frame_equal(answers[0].best, answers[1].best)
    assert answers[1].best["all_in_usd"]["year"] == 200


def test_more_usage_empties_more_packs():
    plans = made_up(only={**PACK, "data_gb": 5.0})
    costs = [ask(plans, usage=gb).best["all_in_usd"].iloc[0] for gb in (0.1, 1, 5)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 3


def test_usage_as_a_number_is_that_average_and_the_price_of_a_gb_is_all_in():
    plans = made_up(only={"price_usd": 5.0, "taxes_included": False})
    best = ask(plans, usage=0.7, days=100, state="OR", most_short_share=1).best.iloc[0]
    assert best["usd_per_carried_gb"] == pytest.approx(4 * (5 + 1.25 + 0.40) / 70, rel=0.02)


def test_usage_can_be_a_model_or_a_log():
    plans = made_up(only={**PACK, "data_gb": 1.0})
    log = pd.Series(2.0, pd.date_range("2026-01-01", periods=28))
    assert ask(plans, usage=log, days=3).best["all_in_usd"].iloc[0] == 6 * 30
    model = prepaid.UsageModel.known_average(30)
    pd.testing.assert_frame_equal(ask(plans, usage=model).best, ask(plans, usage=1.0).best)


def test_a_lower_risk_costs_more():
    plans = made_up(tight={"data_gb": 12.0}, wide={"price_usd": 50.0})
    assert ask(plans, most_short_share=0.01).best.index[0] == "wide"
    assert ask(plans, most_short_share=0.9).best.index[0] == "tight"


def test_the_risk_of_a_long_stay_is_that_of_its_first_month():
    plans = made_up(only={"data_gb": 40.0})
    shares = [ask(plans, days=days, most_short_share=1).best["short_share"].iloc[0] for days in (30, 360)]
    assert shares[0] == shares[1]
    assert 0 < shares[0] < 1


def test_plans_that_tie_put_a_stated_limit_first_and_the_sentence_says_so():
    answer = ask(made_up(silent={"data_gb": None, "after_allowance": None, "throttle_kbps": None}, stated={}))
    assert list(answer.best.index) == ["stated", "silent"]
    assert "costs the same" in answer.sentence


def test_equal_plans_keep_the_order_of_the_catalogue():
    assert list(ask(made_up(b={}, a={}, c={})).best.index) == ["b", "a", "c"]


def test_all_in_is_what_landed_cost_adds_up_for_each_purchase():
    """Three months through a site whose fee is not stated, in a state with a flat fee for each sale."""
    plans = made_up(only={"provider": "Mint Mobile", "taxes_included": False})
    best = ask(plans, days=90, state="OR").best.iloc[0]
    mint = DATA.channels.loc[["mint-website"]]
    one = landed_cost(30.0, mint, DATA.state_fees, DATA.assumptions, state="OR").iloc[0]
    for ours, theirs in {"low_usd": "low_usd", "all_in_usd": "base_usd", "high_usd": "high_usd"}.items():
        assert best[ours] == pytest.approx(3 * one[theirs])
    assert best["all_in_usd"] == pytest.approx(3 * (30 + 1.25 + 0.40))


def test_a_fee_by_the_month_is_paid_for_all_months_of_a_purchase():
    plans = made_up(year={"term_days": 360, "price_usd": 300.0, "taxes_included": False})
    best = ask(plans, days=360, state="MA").best.iloc[0]
    assert best["low_usd"] == pytest.approx(300 * 1.0625 + 12 * 1.50)


def test_overage_is_paid_with_the_bill_of_its_term():
    payg = {"data_gb": 0.0, "unlimited": False, "after_allowance": "payg", "overage_usd_per_gb": 10.0}
    plans = made_up(only={**payg, "taxes_included": False, "provider": "Google Fi"})
    best = ask(plans, days=30, state="OR", usage=pd.Series(1.0, range(14))).best.iloc[0]
    assert best["all_in_usd"] == pytest.approx(30 + 300 + 1.25 + 0.40)


def test_a_state_and_its_taxes_move_the_cost():
    plans = made_up(only={"taxes_included": False})
    ranges = [tuple(ask(plans, state=state).best[["low_usd", "high_usd"]].iloc[0]) for state in (None, "CA", "OR")]
    assert len(set(ranges)) == 3
    assert ranges[0][0] <= min(low for low, _ in ranges)
    assert ranges[0][1] >= max(high for _, high in ranges)


def test_a_wish_that_nothing_fits_is_named():
    plans = made_up(a={"network": "AT&T"}, b={"network": "T-Mobile"})
    answer = ask(plans, network="Verizon", us_number=True)
    assert answer.best.empty
    assert answer.everyone.empty
    assert answer.ruled_out == answer.sentence
    assert answer.ruled_out == "Nothing fits all wishes. Something would without “Verizon's network” (leaves 2)."


def test_two_wishes_that_contradict_each_other_are_both_named():
    plans = made_up(a={"network": "AT&T"}, b={"sim": "esim"})
    ruled_out = ask(plans, network="Verizon", esim_phone=False).ruled_out
    assert "without “a SIM for a phone without eSIM” (leaves 1), or without “Verizon's network” (leaves 1)" in ruled_out


def test_where_no_single_wish_is_to_blame_pairs_are_named():
    plans = made_up(a={"network": "AT&T", "sim": "esim"}, b={"provider": "Visible", "tourist_only": True})
    ruled_out = ask(plans, network="Verizon", esim_phone=False, visitor=False, payment="foreign_card").ruled_out
    pairs = {
        "“a SIM for a phone without eSIM” and “Verizon's network” (leaves 1)",
        "“open to residents” and “paying with a foreign card” (leaves 1)",
    }
    assert set(ruled_out.removesuffix(".").split("without ", 1)[1].split(", or without ")) == pairs


def test_a_risk_that_no_plan_meets_is_named_and_the_plans_are_still_there_to_see():
    answer = ask(made_up(tight={"data_gb": 1.0}))
    assert "“short in at most 5% of stays” (leaves 1)" in answer.ruled_out
    assert list(answer.everyone.index) == ["tight"]


def test_no_usage_leaves_the_cheapest_plan_with_a_number():
    plans = made_up(
        data={"price_usd": 1.0, "voice_text": False, "provider_kind": "travel_esim"},
        small={"price_usd": 3.0, "data_gb": 0.1, **PACK},
        big={},
    )
    answer = ask(plans, usage=0, us_number=True, days=360, visitor=False)
    assert list(answer.best.index) == ["small", "big"]
    assert answer.best["all_in_usd"]["small"] == 36
    assert answer.best["usd_per_carried_gb"].isna().all()
    assert "short" not in answer.sentence
    assert "twice" not in answer.sentence


def test_top_up_says_when_a_pack_and_a_term_end():
    plans = made_up(
        pack={**PACK, "data_gb": 50.0},
        spare={**PACK, "data_gb": 1.0, "price_usd": 1.0},
        month={"after_allowance": "throttle"},
        year={"term_days": 360},
    )
    top_up = ask(plans, days=60).best["top_up"]
    point_gb = reorder_point(prepaid.UsageModel.known_average(30), lead_days=1, check_every_days=1, risk=0.05)
    assert top_up["pack"] == f"at {point_gb:.1f} GB left or every 30 days, 1 day ahead"
    assert top_up["spare"] == "keep a spare pack or every 30 days, 1 day ahead"
    assert top_up["month"] == "every 30 days, 1 day ahead"
    assert top_up["year"] == "not in this stay"


def test_a_pack_that_is_rarely_empty_needs_no_top_up():
    answer = ask(made_up(rare={**PACK, "data_gb": 60.0}, often={**PACK, "data_gb": 10.0}), days=10, usage=1.0)
    top_up = answer.everyone.join(answer.best["top_up"])["top_up"]
    assert top_up["rare"] == "not in this stay"
    assert top_up["often"].endswith(", unless the stay is nearly over")


def test_top_up_leaves_time_for_the_longest_wait_of_the_channel():
    channels = DATA.channels.copy()
    channels.loc["mint-website", "worst_minutes"] = 3 * 1440
    slow = ask(made_up(pack={**PACK, "data_gb": 50.0}), channels, days=60).best["top_up"].iloc[0]
    point_gb = reorder_point(prepaid.UsageModel.known_average(30), lead_days=3, check_every_days=1, risk=0.05)
    assert slow == f"at {point_gb:.1f} GB left or every 30 days, 3 days ahead"


def test_a_runner_up_that_is_only_perhaps_cheaper_is_told_with_what_to_check():
    sentence = ask(made_up(open={"network": None, "plan": "Open"}, known={"price_usd": 40.0}), network="AT&T").sentence
    assert "Mint Mobile Open costs $10.00 less, but check: AT&T's network" in sentence


def test_the_sentence_says_what_twice_the_usage_would_change():
    tight = {"data_gb": 25.0, "plan": "Tight"}
    both = ask(made_up(tight=tight, wide={"price_usd": 50.0, "plan": "Wide"})).sentence
    assert both.startswith(
        "Buy Mint Mobile Tight ($30.00 for 30 days, seen on 14 August 2026) through Mint Mobile app/site: about"
    )
    assert both.endswith("with twice the usage the answer is Mint Mobile Wide, $50.00.")
    assert ask(made_up(wide={})).sentence.endswith("with twice the usage it stays first, at $30.00.")
    assert ask(made_up(tight=tight)).sentence.endswith("with twice the usage nothing would fit.")


@pytest.mark.parametrize(
    "share, words",
    [
        (0, "running short in no simulated stay"),
        (0.05, "running short in 1 stay in 20"),
        (0.6, "running short in 60% of stays"),
    ],
)
def test_odds_are_told_in_words(share, words):
    assert odds(share, "stay") == words


def test_rows_limits_the_list_and_not_what_is_behind_it():
    plans = made_up(**{f"plan-{number}": {"price_usd": 20.0 + number} for number in range(7)})
    answer = ask(plans, rows=3)
    assert list(answer.best.index) == ["plan-0", "plan-1", "plan-2"]
    assert len(answer.everyone) == 7


def test_the_same_seed_gives_the_same_answer():
    first, again, other = (ask(DATA.plans, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.best, again.best)
    assert first.sentence == again.sentence
    assert not first.everyone["mean_cost_usd"].equals(other.everyone["mean_cost_usd"])


def test_every_recommendation_has_its_source_and_date():
    best = ask(DATA.plans).best
    cited = DATA.plans.loc[best.index, "source_id"].astype(str)
    assert list(best["source_url"]) == list(cited.map(DATA.sources["url"]))
    assert best[["source", "source_url", "as_of"]].notna().all(axis=None)


def test_all_wrong_arguments_are_named_at_once():
    wrong = {"days": 0, "usage": -1, "hotspot_gb": math.nan, "network": "Sprint", "payment": "gold"}
    wrong |= {"state": "ZZ", "most_short_share": 2, "rows": 0, "visitor": "no", "seed": None}
    with pytest.raises(ValueError, match="allowed") as raised:
        Wishes(**wrong)
    assert all(f"{name} is " in str(raised.value) for name in wrong)


@pytest.mark.parametrize("days", [366, 2.5, True, "10"])
def test_days_are_whole_and_at_most_a_year(days):
    with pytest.raises(ValueError, match="days is"):
        Wishes(days=days)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {
            "esim_phone": st.booleans(),
            "us_number": st.booleans(),
            "visitor": st.booleans(),
            "hotspot_gb": st.sampled_from([0, 0.2, 2]),
            "network": st.sampled_from([None, "AT&T", "T-Mobile", "Verizon"]),
            "payment": st.sampled_from(["foreign_card", "us_card", "cash"]),
            "state": st.sampled_from([None, "CA", "TN", "AK"]),
            "autopay": st.booleans(),
        }
    ),
    st.integers(1, 365),
    st.sampled_from([0.0, 0.3, 3.0]),
)
def test_whatever_is_wished_the_answer_holds_together(wishes, days, usage):
    wishes["hotspot_gb"] = min(wishes["hotspot_gb"], usage)
    answer = recommend(DATA, Wishes(days=days, usage=usage, **wishes))
    best, everyone = answer.best, answer.everyone
    assert answer.sentence.endswith(".")
    assert bool(answer.ruled_out) == best.empty
    assert set(best.index) <= set(everyone.index)
    assert (best["short_share"] <= answer.most_short_share).all()
    assert (everyone["low_usd"] <= everyone["all_in_usd"] + 1e-9).all()
    assert (everyone["all_in_usd"] <= everyone["high_usd"] + 1e-9).all()
    open_ = (best["to_check"] != "").to_numpy()
    assert (np.diff(open_.astype(int)) >= 0).all(), "what is known to fit comes first"
    for group in (best[~open_], best[open_]):
        assert (np.diff(group["all_in_usd"]) >= -0.01).all(), "cheapest first"
    served = everyone[(everyone["to_check"] == "") & (everyone["short_share"] <= answer.most_short_share)]
    if not open_.all():
        assert best["all_in_usd"].iloc[0] == pytest.approx(served["all_in_usd"].min(), abs=0.01)


def test_tablet_lines_take_no_part():
    left_out = CATALOGUE.index.difference(take_part(CATALOGUE, 1).index)
    assert {"total-tablet-base-unlimited", "total-tablet-5g-unlimited"} <= set(left_out)


@pytest.mark.parametrize("voice_text", [False, pd.NA])
def test_a_travel_esim_without_calls_takes_part(voice_text):
    assert len(take_part(one_plan(voice_text=voice_text), 14)) == 1


def test_every_standard_offer_takes_part_whatever_the_stay():
    phones = CATALOGUE[(CATALOGUE["offer"] == "standard") & ~CATALOGUE.index.str.startswith("total-tablet")]
    assert set(phones.index) <= set(take_part(CATALOGUE, 365).index)


@pytest.mark.parametrize("offer", ["new_customer", "promo"])
@pytest.mark.parametrize(
    "terms, days, stays",
    [
        ({"after_allowance": "throttle"}, 30, True),
        ({"after_allowance": "throttle"}, 31, False),  # a second purchase at a price that nobody gets
        ({"after_allowance": "stop"}, 14, False),  # bought again when empty
        ({"after_allowance": None}, 14, False),  # taken to stop
        ({"after_allowance": None, "unlimited": True}, 14, True),  # taken to slow down
        ({"after_allowance": "stop", "term_days": 90, "allowance_days": 30}, 90, True),  # waits for the next month
        ({"after_allowance": "stop", "term_days": None, "allowance_days": None}, 14, False),  # empty before it expires
    ],
)
def test_an_offer_stays_where_one_purchase_is_all(offer, terms, days, stays):
    assert len(take_part(one_plan(offer=offer, **terms), days)) == stays


@pytest.mark.parametrize(
    "columns, words",
    [
        ({"taxes_included": True}, ""),
        ({"taxes_included": False}, "tax on top"),
        ({"taxes_included": None}, "tax not said"),
        ({"offer": "new_customer"}, "new customers"),
        ({"offer": "promo"}, "promotion"),
        ({"tourist_only": True}, "visitors only"),
        ({"after_allowance": None}, "after the allowance: not said"),
        ({"after_allowance": "throttle"}, "slow speed assumed"),
        ({"after_allowance": "throttle", "throttle_kbps": 512}, ""),
        ({"unlimited": True, "data_gb": math.nan, "after_allowance": None}, "fair use assumed"),
        (
            {"unlimited": True, "data_gb": math.nan, "after_allowance": None, "provider_kind": "mvno"},
            "full-speed limit not said",
        ),
        ({"stale": True}, "stale price"),
    ],
)
def test_caveats(columns, words):
    plan = one_plan(**{"taxes_included": True, **columns})
    assert caveats(plan, BASE).tolist() == [words]


def test_several_caveats_stand_side_by_side():
    plan = one_plan(taxes_included=False, offer="promo")
    assert caveats(plan, BASE).item() == "promotion; tax on top"


def test_serving_puts_the_cheapest_first_and_settles_ties_by_short_stays():
    compared = comparison(dear=(9, 0), tied=(4.996, 0.05), safer=(5.004, 0.01), short=(1, 0.051))
    assert serving(compared, 0.05).index.tolist() == ["safer", "tied", "dear"]


def test_of_plans_that_tie_one_with_a_limit_comes_before_one_that_is_silent():
    compared = comparison(silent=(25, 0.0), stated=(25, 0.04), dearer=(25.01, 0.0))
    compared.loc["silent", "unused_usd"] = math.nan
    assert serving(compared, 0.05).index.tolist() == ["stated", "silent", "dearer"]


def test_caveats_tell_how_a_plan_is_bought():
    told = caveats(CATALOGUE, BASE)
    assert "needs a promotional code" in told["visible-plus-pro-annual-promo"]
    assert "subscription: buying it twice in a term is assumed" in told["ubigi-monthly-5gb"]
    assert "paid for more than a month at once" in told["mint-6gb-3-month"]
    assert "paid for more than a month at once" not in told["visible-monthly"]


def test_a_tie_on_both_keeps_the_order_of_the_catalogue():
    assert serving(comparison(b=(5, 0), a=(5, 0)), 0.05).index.tolist() == ["b", "a"]
