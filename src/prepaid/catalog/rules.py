"""What must hold between the cells of a row, between rows and between tables.

What one cell may hold is declared in data/datapackage.json, with keys and references.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from prepaid.catalog.kinds import (
    LONGEST_TERM_DAYS,
    Kind,
    Table,
    did_you_mean,
    matching,
    number,
    one_of,
    shown,
)


class Rule(NamedTuple):
    """What must hold between the cells of a row.

    `broken` takes the loaded table and returns a boolean Series, True where the rule is broken. The
    problem is reported at the first of `columns`; it is skipped where one of them has a problem of
    its own, and for tables without one of them.
    """

    columns: tuple[str, ...]
    problem: str
    broken: Callable[[pd.DataFrame], pd.Series]


class Misfit(NamedTuple):
    """A problem of rows or tables together: the table, the row if it is one of them, words."""

    table: str
    row: int | None
    problem: str


def _after(table: pd.DataFrame, *values: str) -> pd.Series:
    return table["after_allowance"].isin(values)


# What a purchase gives and what happens afterwards: an offer and the plan it turns into share it.
TARIFF = (
    *("provider", "term_days", "data_gb", "allowance_days", "unlimited", "after_allowance"),
    *("throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"),
)
OFFER_TERMS = ("offer_terms", "renews_at_usd", "renews_as")
TERMS = ("minimum_terms", *OFFER_TERMS)


def _renewed(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return for each row these cells of the plan that it turns into; missing if there is none."""
    plans = table.drop_duplicates("plan_id").set_index("plan_id")[[*columns]]
    return plans.reindex(table["renews_as"]).set_axis(table.index)


def _other_tariff(table: pd.DataFrame) -> pd.Series:
    """Return whether a row turns into a plan of the table that gives something else."""
    now, then = (
        rows.astype(object).fillna("") for rows in (table[[*TARIFF]], _renewed(table, TARIFF))
    )
    return table["renews_as"].isin(table["plan_id"]) & (now != then).any(axis=1)


# What a fact of a seller can say, by topic; any text for the topics that are not here.
YES_OR_NO = one_of("yes", "partial", "no", "unclear")
DOLLARS = number("dollars", 0, 200)
RANGE = matching("range", "a number, or two as 1.5-2", r"\d+(\.\d+)?(-\d+(\.\d+)?)?")
TOPICS = {
    **dict.fromkeys(("foreign_card", "paypal", "apple_pay", "google_pay", "crypto"), YES_OR_NO),
    **dict.fromkeys(("guest_pay", "us_zip", "us_address", "identity_check"), YES_OR_NO),
    **dict.fromkeys(("activate_in_us", "number_included", "hotspot"), YES_OR_NO),
    **dict.fromkeys(("wifi_calling_abroad", "taxes_included"), YES_OR_NO),
    "activation_usd": DOLLARS,
    "early_renewal": one_of("adds", "stacks", "queues", "replaces", "lost"),
    "extra_fee_percent": number("percent", 0, 50),
    **dict.fromkeys(("extra_fee_usd", "extra_fee_usd_a_month"), RANGE),
    "minimum_terms": one_of("none"),
    "refund": one_of("no", "failed", "unused", "unused_or_failed"),
    "roaming_texts": one_of("included", "paid", "no"),
    "sim_usd": DOLLARS,
    "top_up_where": one_of("app", "website", "both", "none"),
    "typical_tax_percent": RANGE,
    "unused_valid_days": number("days", 0, LONGEST_TERM_DAYS, whole=True),
    "validity_starts": one_of("first_connection", "first_use", "activation"),
}


def _fits_topic(topic: str, kind: Kind) -> Rule:
    """Return the rule that the facts about a topic are of its kind."""

    def fits(text: str) -> bool:
        try:
            kind.parse(text)
        except ValueError:
            return False
        return True

    return Rule(
        ("value", "topic"),
        f"does not fit {topic} (expected {kind.expected})",
        lambda t: (
            (t["topic"] == topic) & ~t["value"].dropna().map(fits).reindex(t.index, fill_value=True)
        ),
    )


def _at_least(column: str, least: str) -> Rule:
    words = f"is below {least} (expected at least as much)"
    return Rule((column, least), words, lambda t: t[column] < t[least])


def _in_braces(phrase: str) -> list[str]:
    """Return the names of a phrase's figures, sorted; a brace without its other one by itself."""
    return sorted(re.findall(r"{\w*}?|}", phrase, re.ASCII))


PACK = ("observed_on", "provider", "unlimited", "data_gb", "term_days", "voice_text", "source_id")
FEES = ["prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"]
RULES = {
    "plans": (
        Rule(
            ("sim", "provider_kind"),
            "contradicts a travel eSIM (expected esim or blank)",
            lambda t: t["sim"].isin(["physical", "both"]) & (t["provider_kind"] == "travel_esim"),
        ),
        Rule(
            ("threshold", "data_gb", "unlimited"),
            "is given although the plan is limited or data_gb is the threshold (expected blank)",
            lambda t: t["threshold"].notna() & (t["data_gb"].notna() | ~t["unlimited"]),
        ),
        Rule(
            ("notional_data", "data_gb"),
            "says credit although there is no data_gb (expected false)",
            lambda t: t["notional_data"] & t["data_gb"].isna(),
        ),
        *(
            Rule(
                (column, "offer"),
                "is given although the plan is open to all"
                " (expected blank, or offer new_customer or promo)",
                lambda t, column=column: t[column].notna() & (t["offer"] == "standard"),
            )
            for column in OFFER_TERMS
        ),
        _at_least("renews_at_usd", "price_usd"),
        Rule(
            ("renews_at_usd", "renews_as", "plan_id", "price_usd"),
            "is above the price of the plan it turns into (expected at most its price_usd)",
            lambda t: t["renews_at_usd"] > _renewed(t, ["price_usd"])["price_usd"],
        ),
        Rule(
            ("renews_at_usd", "renews_as"),
            "is blank although the offer turns into a plan (expected dollars ≥ 0)",
            lambda t: t["renews_at_usd"].isna() & t["renews_as"].notna(),
        ),
        Rule(
            ("renews_as", "plan_id", *TARIFF),
            f"gives something else (expected a plan with the same {', '.join(TARIFF)})",
            _other_tariff,
        ),
        *(
            Rule(
                (column, *TERMS),
                f"contradicts {', '.join(TERMS)}"
                " (expected a cell where one of them is given, else blank)",
                lambda t, column=column: t[column].notna() != t[[*TERMS]].notna().any(axis=1),
            )
            for column in ("terms_source_id", "terms_as_of", "terms_confidence")
        ),
        Rule(
            ("autopay_price_usd", "price_usd"),
            "is above the price without AutoPay (expected at most price_usd)",
            lambda t: t["autopay_price_usd"] > t["price_usd"],
        ),
        Rule(
            ("allowance_days", "term_days"),
            "is longer than the term (expected at most term_days)",
            lambda t: t["allowance_days"] > t["term_days"],
        ),
        Rule(
            ("allowance_days", "data_gb", "term_days"),
            "is blank although the plan has an allowance and a term (expected whole days ≥ 1)",
            lambda t: t["allowance_days"].isna() & t["data_gb"].notna() & t["term_days"].notna(),
        ),
        Rule(
            ("allowance_days", "term_days"),
            "is given although the plan never expires (expected blank)",
            lambda t: t["allowance_days"].notna() & t["term_days"].isna(),
        ),
        Rule(
            ("data_gb", "unlimited"),
            "is blank although the plan is limited (expected GB ≥ 0)",
            lambda t: t["data_gb"].isna() & ~t["unlimited"],
        ),
        Rule(
            ("data_gb", "after_allowance"),
            "leaves nothing to use (expected GB > 0, or after_allowance payg)",
            lambda t: (t["data_gb"] == 0) & ~_after(t, "payg"),
        ),
        Rule(
            ("after_allowance", "unlimited"),
            "contradicts unlimited (expected throttle, deprioritize or blank)",
            lambda t: t["unlimited"] & _after(t, "stop", "payg"),
        ),
        Rule(
            ("overage_usd_per_gb", "after_allowance"),
            "is blank although after_allowance is payg (expected dollars per GB ≥ 0)",
            lambda t: t["overage_usd_per_gb"].isna() & _after(t, "payg"),
        ),
        *(
            Rule(
                (column, "after_allowance"),
                "is given although after_allowance is not payg (expected blank)",
                lambda t, column=column: t[column].notna() & ~_after(t, "payg"),
            )
            for column in ("overage_usd_per_gb", "overage_cap_usd", "full_speed_gb")
        ),
        Rule(
            ("throttle_kbps", "after_allowance"),
            "is given although nothing is throttled"
            + " (expected blank, or after_allowance throttle or payg)",
            lambda t: t["throttle_kbps"].notna() & ~_after(t, "throttle", "payg"),
        ),
        Rule(
            ("hotspot_gb", "hotspot_unlimited"),
            "is given although the hotspot is unlimited (expected blank)",
            lambda t: t["hotspot_gb"].notna() & t["hotspot_unlimited"],
        ),
    ),
    "price_history": (
        Rule(
            ("data_gb", "unlimited"),
            "is blank although the pack is limited (expected GB ≥ 0)",
            lambda t: t["data_gb"].isna() & ~t["unlimited"],
        ),
        Rule(
            PACK,
            "has this pack's price from this source already (expected one a day)",
            lambda t: t.duplicated(list(PACK)),
        ),
    ),
    "channels": (
        Rule(
            ("fee_low_usd", "fee_usd"),
            "is above fee_usd (expected at most as much)",
            lambda t: t["fee_low_usd"] > t["fee_usd"],
        ),
        _at_least("fee_high_usd", "fee_usd"),
        Rule(
            ("fee_low_usd", "fee_high_usd", "fee_usd"),
            "is given, or fee_high_usd is, although fee_usd is blank (expected both blank)",
            lambda t: t["fee_usd"].isna() & t[["fee_low_usd", "fee_high_usd"]].notna().any(axis=1),
        ),
        _at_least("max_usd", "min_usd"),
        _at_least("worst_minutes", "typical_minutes"),
    ),
    "state_fees": (
        Rule(
            ("fee_per", *FEES),
            "contradicts the fees (expected sale or month where a fee is given, else blank)",
            lambda t: t["fee_per"].isna() == t[FEES].notna().any(axis=1),
        ),
        Rule(
            ("other_fee_local", "other_fee_usd", "other_fee_percent"),
            "contradicts the other fee (expected true or false where it is given, else blank)",
            lambda t: t["other_fee_local"].isna() == t[FEES[2:]].notna().any(axis=1),
        ),
        Rule(
            ("fee_percent_above_usd", "prepaid_911_percent", "other_fee_percent"),
            "is given although no fee is a percentage (expected blank)",
            lambda t: t["fee_percent_above_usd"].notna() & t[FEES[1::2]].isna().all(axis=1),
        ),
        *(
            Rule(
                (column, "fee_per"),
                "is given although no fee is (expected blank)",
                lambda t, column=column: t[column].notna() & t["fee_per"].isna(),
            )
            for column in ("fee_min_sale_usd", "fee_exempt_up_to_usd", "local_911_percent")
        ),
        Rule(
            ("sales_tax_source_url", "state_sales_tax_percent"),
            "is blank although a sales tax is given (expected a link)",
            lambda t: t["sales_tax_source_url"].isna() & t["state_sales_tax_percent"].notna(),
        ),
    ),
    "seller_facts": tuple(_fits_topic(topic, kind) for topic, kind in TOPICS.items()),
    "second_sources": (
        Rule(
            ("value", "field"),
            "is not what its field holds (expected true or false, or else a number)",
            lambda t: (
                t["field"].isin(["taxes_included", "hotspot_unlimited"])
                != t["value"].isin(["true", "false"])
            ),
        ),
        Rule(
            ("field", "plan_id", "source_id", "as_of"),
            "stands twice for this plan, source and day (expected once)",
            lambda t: t.duplicated(["plan_id", "field", "source_id", "as_of"]),
        ),
    ),
    "activities": (_at_least("high_mb_per_hour", "low_mb_per_hour"),),
    "assumptions": (
        Rule(
            ("base", "low"),
            "is below low (expected low ≤ base ≤ high)",
            lambda t: t["base"] < t["low"],
        ),
        Rule(
            ("base", "high"),
            "is above high (expected low ≤ base ≤ high)",
            lambda t: t["base"] > t["high"],
        ),
    ),
    "words": (
        Rule(
            ("chinese", "english"),
            "has other figures in braces than english (expected the same)",
            lambda t: (
                t["chinese"].map(_in_braces, "ignore") != t["english"].map(_in_braces, "ignore")
            ),
        ),
    ),
    "usage_log": (
        Rule(
            ("date",),
            "is not the day after the line above (expected every day once, in order)",
            lambda t: t["date"].diff().notna() & (t["date"].diff() != pd.Timedelta(days=1)),
        ),
    ),
}
# What the code asks for; a missing one would turn into missing costs.
NEEDED_ASSUMPTIONS = (
    *("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps", "local_sales_tax_percent"),
    *("unstated_911_usd", "unstated_fee_carrier_usd", "unstated_fee_third_party_usd"),
    *("unstated_fee_store_usd", "unstated_fee_travel_esim_usd"),
    *("unstated_wait_carrier_minutes", "unstated_wait_store_minutes"),
    *("unstated_wait_third_party_minutes", "unstated_wait_travel_esim_minutes"),
    *("travel_esim_foreign_card", "travel_esim_sales_tax_share", "store_cash"),
)


def unknown_references(
    tables: dict[str, Table], frames: dict[str, pd.DataFrame]
) -> Iterator[Misfit]:
    """Yield each cell that names what the table that it cites does not have."""
    for name, table in tables.items():
        for column, cited, field, delimiter in table.references:
            known = list(dict.fromkeys(_values(frames, cited, field).dropna()))
            cells = _values(frames, name, column).dropna()
            named = (cells.str.split(delimiter) if delimiter else cells).explode()
            for row, value in named[~named.isin(known)].items() if known else ():
                hint = f"{tables[cited].file}{did_you_mean(value, known)}"
                if field == tables[cited].key:
                    yield Misfit(name, row, f"{column}: {shown(value)} is not in {hint}")
                else:
                    which = frames[name].index[row] if table.key else f"row {row + 1}"
                    words = f"{which}: {column}: {shown(value)} is no {field} of {hint}"
                    yield Misfit(name, None, words)


def misfits(tables: dict[str, Table], frames: dict[str, pd.DataFrame]) -> Iterator[Misfit]:
    """Yield what is wrong with sound tables as a whole.

    A provider has each plan name once per offer, and one spelling; a column that is the key and has
    a list of values has all of them (the states); what the code assumes is there; each source is
    cited. Tables that are not in `frames` are left out.
    """
    offer = ["provider", "plan", "offer"]
    plans = frames.get("plans", pd.DataFrame())
    for plan_id, plan in plans[plans.duplicated(offer)].iterrows() if {*offer} <= {*plans} else ():
        name, kind = f"{plan['provider']} has '{plan['plan']}'", f"{plan['offer']} offer"
        yield Misfit("plans", None, f"{plan_id}: {name} twice as {kind}")
    yield from _second_spellings(frames, "provider", ("plans", "price_history"))
    for name, frame in frames.items():
        if isinstance(frame.index.dtype, pd.CategoricalDtype):
            missing = [value for value in frame.index.categories if value not in frame.index]
            if missing:
                yield Misfit(name, None, f"no row for {', '.join(missing)}")
    if "assumptions" in frames:
        for name in NEEDED_ASSUMPTIONS:
            if name not in frames["assumptions"].index:
                words = f"parameter '{name}' is missing (expected a row)"
                yield Misfit("assumptions", None, words)
    citing = [(name, one) for name, table in tables.items() for one in table.references]
    citing = [(name, one.column) for name, one in citing if one.table == "sources"]
    if "sources" in frames and {name for name, _ in citing} <= frames.keys():
        cited = set().union(*(_values(frames, name, column) for name, column in citing))
        for row, source in enumerate(frames["sources"].index):
            if source not in cited:
                words = f"source_id: {shown(source)} is cited by no table"
                yield Misfit("sources", row, words)


def _second_spellings(
    frames: dict[str, pd.DataFrame], column: str, names: tuple[str, ...]
) -> Iterator[Misfit]:
    """Yield names that differ from a more frequent one of these tables in case or spaces only."""
    values = {name: _values(frames, name, column).dropna() for name in names if name in frames}
    spellings = Counter(value for cells in values.values() for value in cells)
    usual = {}
    for spelling, _ in spellings.most_common():
        usual.setdefault("".join(spelling.casefold().split()), spelling)
    for name, cells in values.items():
        for row, value in cells.items():
            first = usual["".join(value.casefold().split())]
            if value != first:
                words = f"{column}: {shown(value)} is a second spelling of '{first}'"
                yield Misfit(name, row, words)


def _values(frames: dict[str, pd.DataFrame], name: str, column: str) -> pd.Series:
    """Return a column, or the key, by position of the row; empty where there is none."""
    frame = frames.get(name, pd.DataFrame()).reset_index()
    return frame.get(column, pd.Series(dtype="str"))
