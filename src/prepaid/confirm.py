"""After paying: tell whether it arrived."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import pandas as pd

from prepaid.channels import REFUNDS, longest_waits
from prepaid.usage import MINUTES_A_DAY

NEEDED = ("price_usd", "data_gb", "term_days", "allowance_days", "after_allowance", "throttle_kbps")
DONE = "Keep the receipt and note the new end date."
WAIT = "Do not pay again. Wait, then read balance and data once more."
COMPLAIN = "Do not pay again. Send the seller the receipt, the phone number and both readings."
NO_CHANGE = 0.005  # or less is no change: readings are rounded to cents and to tens of MB
ABOUT = 0.9  # of what was bought: taxes and use between two readings take a little
# Times its throttled speed, a throttled line measures at most, and one at full speed at least.
MEASURED_THROTTLE, MEASURED_FULL = 1.25, 2.0


@dataclass(frozen=True)
class Reading:
    """What can be read about a line, before or after paying; None is not read."""

    balance_usd: float | None = None
    remaining_gb: float | None = None
    speed_mbps: float | None = None  # result of a speed test
    sms_received: bool | None = None  # counts only after paying
    minutes_since_payment: float | None = None  # likewise; without it nothing is called failed

    def __post_init__(self):
        """Refuse what cannot be a reading, all problems at once."""
        wrong = []
        for name, value in vars(self).items():
            fits = isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < math.inf
            if name != "sms_received" and value is not None and not fits:
                wrong.append(f"{name} is {value!r} (allowed: a number of at least 0, or None)")
        if self.sms_received not in (None, True, False):
            wrong.append(f"sms_received is {self.sms_received!r} (allowed: True, False or None)")
        if wrong:
            raise ValueError("; ".join(wrong))


@dataclass(frozen=True)
class Confirmation:
    """Whether a top-up "arrived", is "pending" or "failed", why, and what to do next."""

    status: str
    reason: str
    next_step: str


def confirm_top_up(
    before: Reading,
    after: Reading,
    plan: Mapping,
    assumptions: pd.DataFrame,
    channel: Mapping | None = None,
) -> Confirmation:
    """Tell from readings before and after paying whether a top-up arrived.

    Only what was read both before and after counts, and the first line that holds decides:

    - plan renewed and balance not down by about its price, or balance rose: arrived;
    - plan renewed, balance down by about its price: not proven, the old balance paid;
    - balance fell, or nothing of this: not proven, even with a text message.

    "About" is 90 %; of the price with AutoPay where the balance fell. The plan was renewed if the
    remaining GB rose; where they were not read, if the speed of a throttled plan rose from at most
    1.25 times `throttle_kbps` to at least twice that speed. What arrived is remarked upon if it is
    less than was bought, or an allowance may have started anew by itself. What is not proven is
    pending for the channel's `worst_minutes`, or else, and then the answer says so, what is assumed
    of its kind (`longest_waits`), then failed.

    Parameters
    ----------
    plan, assumptions, channel
        A row of `data.plans`, the table `data.assumptions`, and a row of `data.channels` if known.

    Raises
    ------
    ValueError
        If no reading was taken both before and after, and no word on a text message was given.
    """
    readings = {"balance_usd": "the balance", "remaining_gb": "the data", "speed_mbps": "the speed"}
    both = {name: (getattr(before, name), getattr(after, name)) for name in readings}
    change = {name: new - old for name, (old, new) in both.items() if None not in (old, new)}
    if not change and after.sms_received is None:
        needed = f"give {' or '.join(readings)} before and after paying, or sms_received after"
        raise ValueError(f"nothing to compare ({needed})")
    if missing := [column for column in NEEDED if column not in plan]:
        raise ValueError(f"the plan lacks {', '.join(missing)} (allowed: a row of data.plans)")
    money, data = change.get("balance_usd", 0.0), change.get("remaining_gb", 0.0)
    price, autopay = float(plan["price_usd"]), plan.get("autopay_price_usd")
    least = price if pd.isna(autopay) else min(price, float(autopay))
    spent = money <= -max(ABOUT * least, NO_CHANGE)
    by_speed = "remaining_gb" not in change and "speed_mbps" in change
    renewed = data > NO_CHANGE or (by_speed and _is_faster(*both["speed_mbps"], plan, assumptions))
    if renewed and not spent:
        return Confirmation("arrived", *_renewal(data, plan))
    if money > NO_CHANGE:
        reason = f"The balance rose by ${money:.2f}."
        if money < ABOUT * price:
            reason += f" The plan costs ${price:.2f}: the payment history says what was taken out."
        step = "Check that the plan is renewed too; if not, renew it from the balance."
        return Confirmation("arrived", reason, step)
    fell = f"the balance fell by ${-money:.2f}"
    if renewed:
        reason = f"The plan was renewed, but {fell}: it paid, and your payment is not proven."
    elif money < -NO_CHANGE:
        reason = f"You paid, but {fell}: something else was charged."
    elif change:
        reason = f"No sign of the payment in {' and '.join(readings[name] for name in change)}."
    else:
        reason = "Neither balance nor data was read both before and after."
    if after.sms_received:
        reason += " A text message alone is no proof."
    return _unproven(reason, after, plan, channel, assumptions)


def _is_faster(old: float, new: float, plan: Mapping, assumptions: pd.DataFrame) -> bool:
    """Tell whether a line went from its throttled speed to full speed."""
    if str(plan["after_allowance"]) not in ("throttle", "payg"):
        return False
    kbps = plan["throttle_kbps"]
    kbps = assumptions.loc["blank_throttle_kbps", "base"] if pd.isna(kbps) else float(kbps)
    return old <= MEASURED_THROTTLE * kbps / 1000 and new >= MEASURED_FULL * kbps / 1000


def _renewal(gained_gb: float, plan: Mapping) -> tuple[str, str]:
    """Return reason and next step for a plan that was renewed."""
    if gained_gb <= NO_CHANGE:
        return "The speed rose from throttled to full: the plan was renewed.", DONE
    reason, allowance = f"The data rose by {gained_gb:.1f} GB.", plan["data_gb"]
    if pd.notna(allowance) and gained_gb < ABOUT * allowance:
        part = "part is used already, or it replaced what was left"
        reason += f" The plan gives {allowance:g} GB: {part}."
    period = plan["allowance_days"]
    if pd.notna(period) and period < plan["term_days"]:
        anew = f"data also starts anew every {_duration(MINUTES_A_DAY * period)} without a payment"
        return reason, f"Check that the end date moved: {anew}."
    return reason, DONE


def _unproven(
    reason: str, after: Reading, plan: Mapping, channel: Mapping | None, assumptions: pd.DataFrame
) -> Confirmation:
    """Answer pending or failed by the channel's own time limit, or else by the assumed one."""
    columns = ["kind", "typical_minutes", "worst_minutes", "refund", "hours"]
    channel = pd.Series(channel, columns, dtype=object)  # also of None
    minutes = after.minutes_since_payment
    esim = plan.get("provider_kind") == "travel_esim"
    low, limit, high = longest_waits(channel.to_frame().T, assumptions, travel_esim=esim).iloc[0]
    source = f"this channel may take {_duration(limit)}"
    if pd.isna(channel["worst_minutes"]):
        assumed = f"{_duration(limit)} are assumed (range: {_duration(low)} to {_duration(high)})"
        source = f"our source gives no limit for this channel, so {assumed}"
    if minutes is None:
        reason += f" How long ago you paid is not given: {source}."
        return Confirmation("pending", reason, WAIT)
    reason += f" {_duration(minutes).capitalize()} after payment; {source}."
    if minutes <= limit:
        typical = channel["typical_minutes"]
        usual = f" Usual here: {_duration(typical)}." if pd.notna(typical) else ""
        return Confirmation("pending", reason + usual, WAIT)
    refund = REFUNDS.get(channel["refund"], "our source does not say")
    hours = f" Its hours: {channel['hours']}." if pd.notna(channel["hours"]) else ""
    return Confirmation("failed", reason, f"{COMPLAIN} What this channel refunds: {refund}.{hours}")


def _duration(minutes: float) -> str:
    """Write minutes as people say them."""
    for size, unit in ((MINUTES_A_DAY, "days"), (60, "hours"), (1, "minutes")):
        if minutes >= 2 * size:
            return f"{minutes / size:.3g} {unit}"
    return "1 minute" if minutes >= 1 else "less than a minute"
