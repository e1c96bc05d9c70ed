"""What a cell of a CSV file can be: how it is read, and the words for what is allowed."""

import datetime as dt
import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


# Control characters, line and paragraph separators, and the invisible marks that hide or turn text around.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff]")


# No source is older; a date before it is a slip of the pen.
OLDEST_YEAR = 2000


LONGEST_TERM_DAYS = 1_100


OFFERS = ("standard", "new_customer", "promo")


NETWORKS = ("AT&T", "T-Mobile", "Verizon")


# The fifty states and the District of Columbia.
STATES = (
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY"),
    *("LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH"),
    *("OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
)


DATE = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)


@dataclass(frozen=True)
class Kind:
    """What a column's cells are: how one is read, its dtype, and the words for what is allowed.

    `parse` turns the text of one filled cell into a value, or raises a ValueError that says what is wrong with it.
    """

    name: str
    expected: str
    parse: Callable[[str], object]
    dtype: object

    def fits(self, text: str) -> bool:
        """Return whether a filled cell of this kind may hold the text."""
        try:
            self.parse(text)
        except ValueError:
            return False
        return True


def _plain(text: str) -> float:
    if not PLAIN_NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    return float(text)


def number(unit: str, low: float = 0, high: float = 10_000) -> Kind:
    """Return the kind of a decimal number in plain digits; above `high` it is taken for a slip."""

    def parse(text: str) -> float:
        value = _plain(text)
        if value < low:
            raise ValueError(f"is below {low:g}")
        if value > high:
            raise ValueError(f"is above {high:g}, the most that is plausible")
        return value

    return Kind("number", f"{unit} ≥ {low:g}", parse, "float64")


def whole(unit: str, low: int = 0, high: int = 10_000) -> Kind:
    """Return the kind of a whole number in plain digits; above `high` it is taken for a slip."""
    decimal = number(unit, low, high)

    def parse(text: str) -> int:
        value = decimal.parse(text)
        if value != int(value):
            raise ValueError("is not a whole number")
        return int(value)

    return Kind("whole number", f"whole {decimal.expected}", parse, "Int64")


def between(unit: str, high: float) -> Kind:
    """Return the kind of a figure or, where the source gives a range, two joined by a hyphen: 1.88-2.29."""
    decimal = number(unit, 0, high)

    def parse(text: str) -> tuple[float, float]:
        low, _, top = text.partition("-")
        limits = decimal.parse(low), decimal.parse(top or low)
        if limits[0] > limits[1]:
            raise ValueError("is a range from high to low")
        return limits

    return Kind("figure or range", f"{decimal.expected}, or two as 1.5-2", parse, object)


def text(categorical: bool = False) -> Kind:
    """Return the kind of a line of text in any script; `categorical` where few values recur."""

    def parse(text: str) -> str:
        if text != text.strip():
            raise ValueError("has spaces around it")
        if CONTROL.search(text):
            raise ValueError("has a line break or invisible character")
        if text[0] in "=+-@":
            raise ValueError(f"starts with '{text[0]}': a spreadsheet would run it as a formula")
        return text

    return Kind("text", "one line of text", parse, "category" if categorical else "str")


def one_of(*allowed: str) -> Kind:
    """Return the kind of a value from a fixed list."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("is unknown" + did_you_mean(text, allowed))
        return text

    return Kind("category", f"one of {', '.join(allowed)}", parse, pd.CategoricalDtype(list(allowed)))


def boolean() -> Kind:
    """Return the kind of a yes-or-no value."""
    choice = one_of("true", "false")
    return Kind("true/false", "true or false", lambda text: choice.parse(text) == "true", "boolean")


def networks() -> Kind:
    """Return the kind of one or more networks, joined by +."""

    def parse(text: str) -> str:
        names = text.split("+")
        if text != "multi" and (not set(names) <= set(NETWORKS) or len(set(names)) < len(names)):
            raise ValueError("is not a list of networks")
        return text

    return Kind("networks", f"{', '.join(NETWORKS)}, several joined by +, or multi", parse, "category")


def slug(categorical: bool = False) -> Kind:
    """Return the kind of an identifier; `categorical` where few values recur."""

    def parse(text: str) -> str:
        if not SLUG.fullmatch(text):
            raise ValueError("is not an identifier")
        return text

    return Kind(
        "identifier", "lower-case letters, digits and single hyphens", parse, "category" if categorical else "str"
    )


def date(coarsest: str = "month") -> Kind:
    """Return the kind of an ISO date; its `coarsest` form is a day, a month or a year.

    Where the source gives no day it is loaded as the first of the month or year, so that nothing looks fresher than it
    is.
    """
    shapes = ["YYYY-MM-DD", "YYYY-MM", "YYYY"][: ["day", "month", "year"].index(coarsest) + 1]

    def parse(text: str) -> np.datetime64:
        if not DATE.fullmatch(text) or text.count("-") < 3 - len(shapes):
            raise ValueError("is not an ISO date")
        try:
            day = dt.date.fromisoformat(text + "-01" * (2 - text.count("-")))
        except ValueError:
            raise ValueError("is not a day of the calendar") from None
        if day > dt.date.today():
            raise ValueError("is in the future")
        if day.year < OLDEST_YEAR:
            raise ValueError(f"is before {OLDEST_YEAR}")
        return np.datetime64(day, "s")

    return Kind("date", f"{' or '.join(shapes)}, not in the future", parse, "datetime64[s]")


def link() -> Kind:
    """Return the kind of a web address."""

    def parse(text: str) -> str:
        try:
            parts = urlsplit(text)
            sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        except ValueError:
            sound = False
        if not sound or CONTROL.search(text) or re.search(r"[\s<>\"]", text):
            raise ValueError("is not a web address")
        return text

    return Kind("link", "https://... or http://...", parse, "str")


def did_you_mean(text: str, allowed) -> str:
    """Return a hint with the nearest allowed name, or nothing."""
    by_lower = {name.lower(): name for name in allowed}
    near = difflib.get_close_matches(text.lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""
