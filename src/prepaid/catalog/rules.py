"""What must hold between the cells of a row, between rows and between tables.

What one cell may hold is declared in data/datapackage.json, with keys and references. The rules are
expressions of our own and stand here, since a declaration that anybody edits is never evaluated.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
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


def given(*cells: pd.Series) -> pd.Series:
    """Return whether one of the cells is filled."""
    return pd.concat(cells, axis=1).notna().any(axis=1)


def repeated(*cells: pd.Series) -> pd.Series:
    """Return whether a row above has the same cells."""
    return pd.concat(cells, axis=1).duplicated()


def renewed(renews_as: pd.Series, plan_id: pd.Series, *cells: pd.Series) -> pd.DataFrame:
    """Return for each row these cells of the plan that it turns into; missing if there is none."""
    plans = pd.concat(cells, axis=1).set_axis(plan_id)
    return plans[~plans.index.duplicated()].reindex(renews_as).set_axis(renews_as.index)


def other_tariff(renews_as: pd.Series, plan_id: pd.Series, *tariff: pd.Series) -> pd.Series:
    """Return whether a row turns into a plan of the table that gives something else."""
    both = pd.concat(tariff, axis=1), renewed(renews_as, plan_id, *tariff)
    now, then = (cells.astype(object).fillna("") for cells in both)
    return renews_as.isin(plan_id) & (now != then).any(axis=1)


def in_braces(phrase: pd.Series) -> pd.Series:
    """Return the names of a phrase's figures, sorted; a brace without its other one by itself."""
    return phrase.str.findall(r"{\w*}?|}", re.ASCII).map(sorted, na_action="ignore")


FUNCTIONS = {one.__name__: one for one in (given, repeated, renewed, other_tariff, in_braces)}
# What a purchase gives and what happens afterwards: an offer and the plan it turns into share it.
TARIFF = (
    *("provider", "term_days", "data_gb", "allowance_days", "unlimited", "after_allowance"),
    *("throttle_kbps", "overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"),
)
TERMS = ("minimum_terms", "offer_terms", "renews_at_usd", "renews_as")
FEES = ("prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent")
# For each table, what is true of a row that breaks a rule, in Python: names are columns of the
# table and the functions above. Indented below, the problem of the cell that is named first.
BROKEN = f"""
plans
    sim.isin(["physical", "both"]) & (provider_kind == "travel_esim")
        contradicts a travel eSIM (expected esim or blank)
    threshold.notna() & (data_gb.notna() | ~unlimited)
        is given although the plan is limited or data_gb is the threshold (expected blank)
    notional_data & data_gb.isna()
        says credit although there is no data_gb (expected false)
    offer_terms.notna() & (offer == "standard")
    renews_at_usd.notna() & (offer == "standard")
    renews_as.notna() & (offer == "standard")
        is given although the plan is open to all (expected blank, or offer new_customer or promo)
    renews_at_usd < price_usd
        is below price_usd (expected at least as much)
    renews_at_usd > renewed(renews_as, plan_id, price_usd)["price_usd"]
        is above the price of the plan it turns into (expected at most its price_usd)
    renews_at_usd.isna() & renews_as.notna()
        is blank although the offer turns into a plan (expected dollars ≥ 0)
    other_tariff(renews_as, plan_id, {", ".join(TARIFF)})
        gives something else (expected a plan with the same {", ".join(TARIFF)})
    terms_source_id.notna() != given({", ".join(TERMS)})
    terms_as_of.notna() != given({", ".join(TERMS)})
    terms_confidence.notna() != given({", ".join(TERMS)})
        contradicts {", ".join(TERMS)} (expected a cell where one of them is given, else blank)
    autopay_price_usd > price_usd
        is above the price without AutoPay (expected at most price_usd)
    allowance_days > term_days
        is longer than the term (expected at most term_days)
    allowance_days.isna() & data_gb.notna() & term_days.notna()
        is blank although the plan has an allowance and a term (expected whole days ≥ 1)
    allowance_days.notna() & term_days.isna()
        is given although the plan never expires (expected blank)
    data_gb.isna() & ~unlimited
        is blank although the plan is limited (expected GB ≥ 0)
    (data_gb == 0) & (after_allowance != "payg")
        leaves nothing to use (expected GB > 0, or after_allowance payg)
    after_allowance.isin(["stop", "payg"]) & unlimited
        contradicts unlimited (expected throttle, deprioritize or blank)
    overage_usd_per_gb.isna() & (after_allowance == "payg")
        is blank although after_allowance is payg (expected dollars per GB ≥ 0)
    overage_usd_per_gb.notna() & (after_allowance != "payg")
    overage_cap_usd.notna() & (after_allowance != "payg")
    full_speed_gb.notna() & (after_allowance != "payg")
        is given although after_allowance is not payg (expected blank)
    throttle_kbps.notna() & ~after_allowance.isin(["throttle", "payg"])
        is given although nothing is throttled (expected blank, or after_allowance throttle or payg)
    hotspot_gb.notna() & hotspot_unlimited
        is given although the hotspot is unlimited (expected blank)
price_history
    data_gb.isna() & ~unlimited
        is blank although the pack is limited (expected GB ≥ 0)
    repeated(observed_on, provider, unlimited, data_gb, term_days, voice_text, source_id)
        has this pack's price from this source already (expected one a day)
channels
    fee_low_usd > fee_usd
        is above fee_usd (expected at most as much)
    fee_high_usd < fee_usd
        is below fee_usd (expected at least as much)
    given(fee_low_usd, fee_high_usd) & fee_usd.isna()
        is given, or fee_high_usd is, although fee_usd is blank (expected both blank)
    max_usd < min_usd
        is below min_usd (expected at least as much)
    worst_minutes < typical_minutes
        is below typical_minutes (expected at least as much)
state_fees
    fee_per.isna() == given({", ".join(FEES)})
        contradicts the fees (expected sale or month where a fee is given, else blank)
    other_fee_local.isna() == given(other_fee_usd, other_fee_percent)
        contradicts the other fee (expected true or false where it is given, else blank)
    fee_percent_above_usd.notna() & ~given(prepaid_911_percent, other_fee_percent)
        is given although no fee is a percentage (expected blank)
    fee_min_sale_usd.notna() & fee_per.isna()
    fee_exempt_up_to_usd.notna() & fee_per.isna()
    local_911_percent.notna() & fee_per.isna()
        is given although no fee is (expected blank)
    sales_tax_source_url.isna() & state_sales_tax_percent.notna()
        is blank although a sales tax is given (expected a link)
second_sources
    value.isin(["true", "false"]) != field.isin(["taxes_included", "hotspot_unlimited"])
        is not what its field holds (expected true or false, or else a number)
    repeated(field, plan_id, source_id, as_of)
        stands twice for this plan, source and day (expected once)
activities
    high_mb_per_hour < low_mb_per_hour
        is below low_mb_per_hour (expected at least as much)
assumptions
    base < low
        is below low (expected low ≤ base ≤ high)
    base > high
        is above high (expected low ≤ base ≤ high)
usage_log
    date.diff().notna() & (date.diff() != "1 day")
        is not the day after the line above (expected every day once, in order)
words
    in_braces(chinese) != in_braces(english)
        has other figures in braces than english (expected the same)
"""


def _rule(expression: str, problem: str) -> Rule:
    """Return one rule; the columns that it needs are the names in its expression."""
    tree = ast.parse(expression, mode="eval")
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    names = [node.id for node in sorted(names, key=lambda node: node.col_offset)]
    columns = [name for name in dict.fromkeys(names) if name not in FUNCTIONS]
    code = compile(tree, expression, "eval")
    return Rule(tuple(columns), problem, lambda table: eval(code, FUNCTIONS.copy(), table))


def _rules(text: str) -> dict[str, list[Rule]]:
    """Return the rules of each table from a text like BROKEN."""
    rules, broken = {}, []
    for line in text.strip().splitlines():
        depth, words = line.count("    ", 0, 8), line.strip()
        if depth == 0:
            rules[words] = found = []
        elif depth == 1:
            broken.append(words)
        else:
            found += [_rule(expression, words) for expression in broken]
            broken = []
    return rules


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

    def broken(facts: pd.DataFrame) -> pd.Series:
        here = facts["topic"] == topic
        values = facts.loc[here, "value"].dropna().unique()
        return here & facts["value"].isin([text for text in values if not fits(text)])

    return Rule(("value", "topic"), f"does not fit {topic} (expected {kind.expected})", broken)


RULES = _rules(BROKEN) | {
    "seller_facts": [_fits_topic(topic, kind) for topic, kind in TOPICS.items()]
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
    yield from _second_spellings(frames)
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


def _second_spellings(frames: dict[str, pd.DataFrame]) -> Iterator[Misfit]:
    """Yield providers whose name differs from a more frequent one in case or spaces only."""
    cells = [
        (table, row, name)
        for table in ("plans", "price_history")
        for row, name in _values(frames, table, "provider").dropna().items()
    ]
    usual = {}
    for name, _ in Counter(name for *_, name in cells).most_common():
        usual.setdefault("".join(name.casefold().split()), name)
    for table, row, name in cells:
        first = usual["".join(name.casefold().split())]
        if name != first:
            yield Misfit(table, row, f"provider: {shown(name)} is a second spelling of '{first}'")


def _values(frames: dict[str, pd.DataFrame], name: str, column: str) -> pd.Series:
    """Return a column, or the key, by position of the row; empty where there is none."""
    frame = frames.get(name, pd.DataFrame()).reset_index()
    return frame.get(column, pd.Series(dtype="str"))
