"""Before paying: check the numbers that a seller asks for. After it: tell whether it arrived."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from urllib.parse import unquote

import pandas as pd
from stdnum import luhn

from prepaid.channels import MINUTES_A_DAY, REFUNDS, longest_waits

# An area code that ends in two equal digits is for a service; three kinds have a name.
SERVICE = re.compile(r"[2-9]([02-8])\1")
SERVICES = {"5": "a personal number", "8": "a toll-free number", "900": "a premium-rate number"}
PHONE = re.compile(r"(?i:tel: ?)?(\+?[0-9()\s./·•-]+)")
# North American Numbering Plan: area code and exchange are N00 to N99 without N11, N is 2 to 9;
# area codes N9X are kept for longer numbers.
NANP = re.compile(r"(?!.11)[2-9][0-8][0-9](?!.11)[2-9][0-9]{6}")
CHINESE = re.compile(r"8986[0-9]{2}[0-9A-F]{13,14}")
ICCID = (
    "The ICCID has 19 or 20 digits, starts with 89 and is printed on the SIM card or its package."
)
HOST = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
OID = re.compile(r"\d+(\.\d+)+", re.ASCII)
UNUSUAL = re.compile(r"[^A-Za-z0-9-]")
SECRET = "Keep it secret: whoever has it can install your line."
HIDDEN = "****"
PLAN_COLUMNS = ("price_usd", "data_gb", "term_days", "allowance_days")
PLAN_COLUMNS += ("after_allowance", "throttle_kbps")
DONE = "Keep the receipt and note the new end date."
WAIT = "Do not pay again. Wait, then read balance and data once more."
COMPLAIN = "Do not pay again. Send the seller the receipt, the phone number and both readings."
# Less than this counts as no change: readings are rounded to cents and to tens of MB.
NO_CHANGE = 0.005
# "About what was bought": taxes and use between two readings take a little.
ABOUT = 0.9
# A throttled line measures up to a quarter above its speed; full speed is at least twice that.
MEASURED_THROTTLE, MEASURED_FULL = 1.25, 2.0


def check_identifiers(
    *, phone: str | None = None, iccid: str | None = None, activation_code: str | None = None
) -> pd.DataFrame:
    """Check the numbers that sellers ask for, before paying: few channels refund a wrong one.

    Only the form is checked, however the number was typed, pasted or scanned.

    Parameters
    ----------
    phone
        A US number of ten digits, with or without +1. Which state or country an area code belongs
        to changes over the years and is not checked.
    iccid
        19 or 20 digits that start with 89, the last one a check digit (ITU-T E.118, Luhn). Cards
        printed without check digit or with one digit more, and numbers that a phone cut short,
        cannot be checked.
    activation_code
        ``1$address$matching-id``, in a QR code after ``LPA:``, in a link after ``carddata=``; then
        optionally ``$OID`` and ``$1`` where the seller adds a confirmation code (GSMA SGP.22). The
        matching ID may be empty.

    Returns
    -------
    DataFrame
        One row per identifier given: kind, shown (only part of what is secret), valid (missing if
        it cannot be checked), message, used_for.

    Raises
    ------
    ValueError
        If nothing is given, or something other than text; the values themselves are never repeated.
    """
    given = {"phone": phone, "iccid": iccid, "activation_code": activation_code}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        raise ValueError("nothing to check (give at least one of phone, iccid, activation_code)")
    types = {name: type(value) for name, value in given.items() if not isinstance(value, str)}
    if types:
        not_text = "; ".join(f"{name} is a {one.__name__}" for name, one in types.items())
        raise ValueError(f"{not_text} (allowed: text in quotes, or numbers lose digits)")
    kinds = {
        "phone": ("phone number", _check_phone, "every top-up"),
        "iccid": ("ICCID", _check_iccid, "activating a SIM card, never a top-up"),
        "activation_code": ("activation code", _check_code, "installing an eSIM, never a top-up"),
    }
    rows = []
    for name, value in given.items():
        kind, check, used_for = kinds[name]
        rows.append((kind, *check(_plain(value)), used_for))
    table = pd.DataFrame(rows, columns=["kind", "shown", "valid", "message", "used_for"])
    return table.astype({"valid": "boolean"})


def _plain(text: str) -> str:
    """Return text with plain digits, hyphens and spaces for all their kinds, nothing invisible."""
    plain = {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " ", "Cc": " ", "Cf": ""}
    return "".join(
        str(unicodedata.decimal(char))
        if char.isdecimal()
        else plain.get(unicodedata.category(char), char)
        for char in unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    ).strip()


def _first(messages: Mapping[str, object]) -> str | None:
    """Return the first message whose condition holds."""
    return next((message for message, holds in messages.items() if holds), None)


def _check_phone(text: str) -> tuple[str, bool, str]:
    found, digits = PHONE.fullmatch(text), re.sub("[^0-9]", "", text)
    # Anything else may be a secret pasted into the wrong place: it is not shown.
    if not found or not digits:
        message = "write the ten digits of the US number, with or without +1."
        return HIDDEN, False, f"This is not a phone number: {message}"
    dialled = f"+{digits}" if found[1][0] == "+" else re.sub("^(011|00)", "+", digits)
    number = re.sub(r"^\+?1", "", dialled)
    foreign, length, usual = re.match(r"\+(?!1)", dialled), len(number), NANP.fullmatch(number)
    service = SERVICES.get(number[:3]) or SERVICES.get(number[:1], "a number of a service")
    wrong = {
        "Its country code is not +1, so it is not of the USA.": foreign,
        f"It has {length} digits; a US number has ten, after the +1.": length != 10,
        f"This is {service}, not a mobile line.": SERVICE.match(number),
        "No such number can exist: check the area code and every digit.": not usual,
    }
    shown = f"+1 {number[:3]}-{number[3:6]}-{number[6:]}"
    if problem := _first(wrong):
        return HIDDEN if foreign or length != 10 else shown, False, problem
    unchecked = "Not checked: whose it is, and whether it is of the USA or of Canada, say, also +1."
    return shown, True, f"The number may exist. {unchecked} Read it once more, digit by digit."


def _check_iccid(text: str) -> tuple[str, bool | None, str]:
    digits = re.sub(r"[\s./-]", "", text).upper().rstrip("F")
    chinese = CHINESE.fullmatch(digits)
    if not chinese and not re.fullmatch("[0-9]+", digits):
        return HIDDEN, False, f"This is not a row of digits. {ICCID}"
    length, is_card = len(digits), digits.startswith("89")
    shown = f"{digits[:4]}{HIDDEN}{digits[-4:]}" if length >= 12 else HIDDEN
    fits, shorter_fits = (one.isdigit() and luhn.is_valid(one) for one in (digits, digits[:-1]))
    if chinese:
        # Letters stand in many of these, and then no check digit.
        rest = "The check digit fits." if fits else "It cannot be checked."
        return shown, fits or None, f"A card of a Chinese operator (8986), not of the USA. {rest}"
    imsi, imei = length == 15 and "310" <= digits[:3] <= "316", length == 15 and fits
    wrong = {
        "This looks like an IMSI, which is never needed for a top-up.": imsi,
        "This looks like an IMEI, the number of the phone and not of the SIM card.": imei,
        "This looks like an EID, the number of the phone's eSIM chip.": is_card and length == 32,
        "It does not start with 89.": not is_card,
        f"It has {length} digits.": not 12 <= length <= (21 if shorter_fits else 20),
    }
    if problem := _first(wrong):
        return shown, False, f"{problem} {ICCID}"
    if length < 19:
        short = "digits and cannot be checked: phones often cut it short."
        return shown, None, f"It has {length} {short} {ICCID}"
    if fits and length < 21:
        keep = "A top-up does not need it: keep it for activation."
        return shown, True, f"The check digit fits. {keep}"
    if length == 19 or shorter_fits:
        printed = f"{'no check digit' if length == 19 else 'one digit too many'} is printed"
        return shown, None, f"It cannot be checked: a digit is wrong, or {printed}. Read it again."
    return shown, False, "The check digit does not fit: a digit is wrong. Read it again."


def _check_code(text: str) -> tuple[str, bool, str]:
    """Check an activation code; nothing of it is shown but its address, where it is one."""
    code = re.sub(r"\s", "", text)
    if "carddata=" in code:
        code = unquote(code.rpartition("carddata=")[2])
    scheme, address, *rest = [*re.sub("^(?i:LPA:)", "", code).split("$"), ""]
    matching_id, oid, flag = [*rest[:-1], "", "", ""][:3]
    if scheme != "1" or not HOST.fullmatch(address):
        form = "LPA:1$address$matching-id, where the address is like rsp.example.com"
        return HIDDEN, False, f"This is not an activation code: it reads {form}. {SECRET}"
    problems = {
        "nothing follows the address, not even a $": code.count("$") == 1,
        "the matching ID is not made of letters, digits and hyphens": UNUSUAL.search(matching_id),
        "the OID is not made of numbers and dots": oid and not OID.fullmatch(oid),
        "the confirmation flag is not 1": flag not in ("", "1"),
        "there are too many $": code.count("$") > 4,
    }
    shown = f"LPA:1${address}${HIDDEN}"
    if wrong := "; ".join(problem for problem, found in problems.items() if found):
        return shown, False, f"Copy the code again: {wrong}. {SECRET}"
    remarks = {
        "The form is right; whether the code was used already, only its server knows.": True,
        "It has no matching ID, so the seller must know your phone's EID.": not matching_id,
        "The seller must give you a confirmation code as well.": flag,
        SECRET: True,
    }
    return shown, True, " ".join(remark for remark, holds in remarks.items() if holds)


@dataclass(frozen=True)
class Reading:
    """What can be read about a line, before or after paying; None is not read.

    `sms_received` and `minutes_since_payment` count only after paying; a speed is a test's result
    in Mbit/s.
    """

    balance_usd: float | None = None
    remaining_gb: float | None = None
    speed_mbps: float | None = None
    sms_received: bool | None = None
    minutes_since_payment: float | None = None

    def __post_init__(self):
        """Refuse what cannot be a reading, all problems at once."""
        amounts = {name: value for name, value in vars(self).items() if name != "sms_received"}
        wrong = [
            f"{name} is {value!r} (allowed: a number of at least 0, or None)"
            for name, value in amounts.items()
            if value is not None and not _is_amount(value)
        ]
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

    What was read both before and after counts, and the first row that holds decides.

    ====================================================  =====================================
    evidence                                              answer
    ====================================================  =====================================
    plan renewed, balance not down by about its price     arrived
    balance rose                                          arrived
    plan renewed, balance down by about its price         not proven: the old balance paid
    balance fell                                          not proven: something else was charged
    nothing of this                                       not proven, even with a text message
    ====================================================  =====================================

    "About" is 90 %; of the price with AutoPay where the balance fell. The plan was renewed if the
    remaining GB rose. Where these were not read, a throttled plan counts as renewed if its speed
    rose from at most 1.25 times `throttle_kbps` to at least twice that speed. What arrived is
    remarked upon if it is less than was bought, or an allowance may have started anew by itself.

    What is not proven is pending for the channel's `worst_minutes`, then failed. Where our source
    gives no limit, what is assumed of its kind stands in (`channels.longest_waits`), and the answer
    says so.

    Parameters
    ----------
    before, after
        The readings; without `minutes_since_payment` of `after`, nothing is called failed.
    plan, assumptions
        A row of `data.plans`, and the table `data.assumptions`.
    channel
        A row of `data.channels`, or None where it is not known.

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
    if missing := [column for column in PLAN_COLUMNS if column not in plan]:
        raise ValueError(f"the plan lacks {', '.join(missing)} (allowed: a row of data.plans)")
    money, data = change.get("balance_usd", 0.0), change.get("remaining_gb", 0.0)
    faster = "remaining_gb" not in change and "speed_mbps" in change
    faster = faster and _is_faster(*both["speed_mbps"], plan, assumptions)
    price, autopay = float(plan["price_usd"]), plan.get("autopay_price_usd")
    least = price if pd.isna(autopay) else min(price, float(autopay))
    renewed, spent = data > NO_CHANGE or faster, money <= -max(ABOUT * least, NO_CHANGE)
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
    channel = {} if channel is None else channel
    esim = plan.get("provider_kind") == "travel_esim"
    return _unproven(reason, after.minutes_since_payment, channel, esim, assumptions)


def _is_amount(value: object) -> bool:
    """Tell whether a value is a finite number of at least 0."""
    return isinstance(value, Real) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_faster(old: float, new: float, plan: Mapping, assumptions: pd.DataFrame) -> bool:
    """Tell whether a line went from its throttled speed to full speed."""
    after, kbps = plan["after_allowance"], plan["throttle_kbps"]
    if pd.isna(after) or after not in ("throttle", "payg"):
        return False
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
    reason: str, minutes: float | None, channel: Mapping, esim: bool, assumptions: pd.DataFrame
) -> Confirmation:
    """Answer pending or failed by the channel's own time limit, or else by the assumed one."""
    columns = ["kind", "typical_minutes", "worst_minutes"]
    known = pd.DataFrame([dict(channel)], columns=columns, dtype=object)
    [[low, limit, high]] = longest_waits(known, assumptions, travel_esim=esim).to_numpy()
    if pd.notna(channel.get("worst_minutes")):
        source = f"this channel may take {_duration(limit)}"
    else:
        assumed = f"{_duration(limit)} are assumed (range: {_duration(low)} to {_duration(high)})"
        source = f"our source gives no limit for this channel, so {assumed}"
    if minutes is None:
        reason += f" How long ago you paid is not given: {source}."
        return Confirmation("pending", reason, WAIT)
    reason += f" {_duration(minutes).capitalize()} after payment; {source}."
    if minutes <= limit:
        typical = channel.get("typical_minutes")
        usual = f" Usual here: {_duration(typical)}." if pd.notna(typical) else ""
        return Confirmation("pending", reason + usual, WAIT)
    refund = REFUNDS.get(channel.get("refund"), "our source does not say")
    hours = f" Its hours: {channel['hours']}." if pd.notna(channel.get("hours")) else ""
    return Confirmation("failed", reason, f"{COMPLAIN} What this channel refunds: {refund}.{hours}")


def _duration(minutes: float) -> str:
    """Write minutes as people say them."""
    for size, unit in ((MINUTES_A_DAY, "days"), (60, "hours"), (1, "minutes")):
        if minutes >= 2 * size:
            return f"{minutes / size:.3g} {unit}"
    return "1 minute" if minutes >= 1 else "less than a minute"
