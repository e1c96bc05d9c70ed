"""What a person wants to buy: one frozen set of wishes for `recommend`, controls and messages."""

from dataclasses import dataclass
from numbers import Integral, Real

import pandas as pd

from prepaid.catalog.kinds import NETWORKS
from prepaid.usage import YEAR_DAYS, UsageModel, daily_gb

LONGEST_STAY_DAYS = 365
PAYMENTS = ("foreign_card", "us_card", "cash")


@dataclass(frozen=True)
class Wishes:
    """What a person wants.

    Parameters
    ----------
    days
        Length of the stay, 1 to 365. From 360 on it counts as a year of twelve 30-day months.
    usage
        GB per day on average (0: only the number matters), a model, or a log (`read_usage`).
    visitor, esim_phone
        False leaves out what only visitors may buy; what comes as an eSIM only.
    us_number
        The plan has calls, texts and a US number. Whether a travel eSIM's number is a US one, our
        sources do not say.
    hotspot_gb
        GB per day that other devices use through the phone: a part of the usage, spread evenly.
    network
        "AT&T", "T-Mobile" or "Verizon".
    payment
        "foreign_card", "us_card" or "cash".
    state
        Where taxes are due, such as "CA"; None: not known, then the median over the states counts.
    autopay
        Take AutoPay prices, unless cash is paid.
    most_short_share
        Accepted chance that the stay has a day with slow or missing data; of a stay beyond 30 days,
        that its first 30 have one: over a year, hardly any plan is never short.
    stated_only
        What is only likely by the kind of seller counts as not said.

    Raises
    ------
    ValueError
        With every field that is not allowed.
    """

    days: int = 10
    usage: float | UsageModel | pd.Series = 1.0
    visitor: bool = True
    esim_phone: bool = True
    us_number: bool = False
    hotspot_gb: float = 0.0
    network: str | None = None
    payment: str = "foreign_card"
    state: str | None = None
    autopay: bool = False
    most_short_share: float = 0.05
    stated_only: bool = False

    def __post_init__(self) -> None:
        """Refuse what is not allowed, all at once."""

        def number(value: object, low: float, high: float) -> bool:
            return isinstance(value, Real) and not isinstance(value, bool) and low <= value <= high

        whole_days = isinstance(self.days, Integral) and number(self.days, 1, LONGEST_STAY_DAYS)
        is_source = isinstance(self.usage, UsageModel | pd.Series) or number(self.usage, 0, 1_000)
        is_code = isinstance(self.state, str) and len(self.state) == 2 and self.state.isupper()
        ticks = ("visitor", "esim_phone", "us_number", "autopay", "stated_only")
        checks = {
            "days": (whole_days, "a whole number from 1 to 365"),
            "usage": (is_source, "0 to 1000 GB per day, a UsageModel, or a log"),
            **{name: (isinstance(getattr(self, name), bool), "True or False") for name in ticks},
            "hotspot_gb": (number(self.hotspot_gb, 0, 1_000), "0 to 1000 GB per day"),
            "network": (self.network in (None, *NETWORKS), f"{', '.join(NETWORKS)}, or None"),
            "payment": (self.payment in PAYMENTS, ", ".join(PAYMENTS)),
            "state": (self.state is None or is_code, "a postal code such as 'CA', or None"),
            "most_short_share": (number(self.most_short_share, 0, 1), "0 to 1"),
        }
        problems = [
            f"{name} is {getattr(self, name)!r} (allowed: {allowed})"
            for name, (holds, allowed) in checks.items()
            if not holds
        ]
        if isinstance(self.usage, pd.Series):
            try:
                daily_gb(self.usage)
            except ValueError as error:
                problems += str(error).splitlines()
        if not problems and isinstance(self.usage, Real) and self.hotspot_gb > self.usage:
            allowed = f"at most the usage, {self.usage:g} GB per day: it is part of it"
            problems = [f"hotspot_gb is {self.hotspot_gb:g} (allowed: {allowed})"]
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def billed_days(self) -> int:
        """Days that are paid for: plans are sold by 30, 90, 180 and 360, not by 365."""
        return min(self.days, YEAR_DAYS)

    @property
    def pays_automatically(self) -> bool:
        """Whether AutoPay prices hold."""
        return self.autopay and self.payment != "cash"
