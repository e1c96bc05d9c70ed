"""What each CSV table of data/ may hold, and what must hold between the cells of a row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from prepaid.catalog.kinds import (
    LONGEST_TERM_DAYS,
    OFFERS,
    STATES,
    Kind,
    between,
    boolean,
    date,
    link,
    networks,
    number,
    one_of,
    slug,
    text,
    whole,
)


@dataclass(frozen=True)
class Column:
    """One column: its name, kind, meaning, and whether a cell may be blank (the source does not say)."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False

    @property
    def expected(self) -> str:
        """What a cell may hold, in words."""
        return self.kind.expected + ("" if self.required else ", or blank")


@dataclass(frozen=True)
class Rule:
    """What must hold between the cells of a row.

    `broken` takes the loaded table and returns a boolean Series, True where the rule is broken. The problem is reported
    at the first of `columns`; it is skipped where one of them has a problem of its own.
    """

    columns: tuple[str, ...]
    problem: str
    broken: Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns in order, the key column (or none), and the rules between cells."""

    file: str
    columns: tuple[Column, ...]
    key: str | None = None
    rules: tuple[Rule, ...] = field(default=())


def _after(table: pd.DataFrame, *values: str) -> pd.Series:
    return table["after_allowance"].isin(values)


# What a purchase gives and what happens afterwards: an offer and the plan it turns into share it.
TARIFF = (
    *("provider", "term_days", "data_gb", "allowance_days", "unlimited", "after_allowance", "throttle_kbps"),
    *("overage_usd_per_gb", "overage_cap_usd", "full_speed_gb"),
)
OFFER_TERMS = ("offer_terms", "renews_at_usd", "renews_as")
TERMS = ("minimum_terms", *OFFER_TERMS)
TERMS_RECORD = ("terms_source_id", "terms_as_of", "terms_confidence")
CONFIDENCE = ("high", "medium")


def _renewed(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return for each row these cells of the plan that it turns into; missing where there is none."""
    plans = table.drop_duplicates("plan_id").set_index("plan_id")[list(columns)]
    return plans.reindex(table["renews_as"]).set_axis(table.index)


def _other_tariff(table: pd.DataFrame) -> pd.Series:
    """Return whether a row turns into a plan of the table that gives something else."""
    now, then = (rows.astype(object).fillna("") for rows in (table[list(TARIFF)], _renewed(table, TARIFF)))
    return table["renews_as"].isin(table["plan_id"]) & (now != then).any(axis=1)


PLANS = Table(
    file="plans.csv",
    key="plan_id",
    columns=(
        Column("plan_id", slug(), "Identifier, stable over time", required=True),
        Column("provider", text(categorical=True), "Brand that sells the plan", required=True),
        Column(
            "provider_kind",
            one_of("carrier", "mvno", "travel_esim"),
            "Network owner's own prepaid brand, reseller on its network, or travel eSIM",
            required=True,
        ),
        Column("plan", text(), "Name of the plan, unique for a provider and offer", required=True),
        Column("network", networks(), "Network or networks; multi: several, not named"),
        Column("sim", one_of("esim", "physical", "both"), "How the plan is delivered"),
        Column(
            "offer",
            one_of(*OFFERS),
            "Open to all, to new customers only, or for a limited time",
            required=True,
        ),
        Column(
            "price_usd",
            number("dollars", high=2_000),
            "Price of one purchase, without AutoPay, before tax",
            required=True,
        ),
        Column("autopay_price_usd", number("dollars", high=2_000), "Price with AutoPay; blank: none advertised"),
        Column("taxes_included", boolean(), "Whether taxes and fees are in the price"),
        Column(
            "term_days",
            whole("days", low=1, high=LONGEST_TERM_DAYS),
            "Days that one purchase lasts; blank: never expires",
        ),
        Column("data_gb", number("GB", high=2_000), "Full-speed GB per allowance period; blank: no stated limit"),
        Column(
            "allowance_days", whole("days", low=1, high=LONGEST_TERM_DAYS), "Days after which the allowance starts anew"
        ),
        Column(
            "notional_data",
            boolean(),
            "Whether it is credit, and `data_gb` what all of it would buy if spent on data alone",
            required=True,
        ),
        Column("unlimited", boolean(), "Whether the seller calls it unlimited", required=True),
        Column(
            "threshold",
            boolean(),
            "Whether data slows after some amount: false, the seller states that it does not; "
            "true, it does, the amount is not stated; blank: not said, or `data_gb` is it",
        ),
        Column(
            "after_allowance",
            one_of("stop", "throttle", "deprioritize", "payg"),
            "What happens when the allowance is used up",
        ),
        Column("throttle_kbps", whole("kbit/s", low=1, high=1_000_000), "Speed once throttled"),
        Column(
            "overage_usd_per_gb",
            number("dollars per GB", high=1_000),
            "Price of a GB beyond the allowance, for payg",
        ),
        Column(
            "overage_cap_usd",
            number("dollars", high=2_000),
            "Most that overage can cost in one allowance period",
        ),
        Column(
            "full_speed_gb",
            number("GB", high=2_000),
            "For payg: full-speed GB per period, allowance included, then throttled",
        ),
        Column("hotspot_gb", number("GB", high=2_000), "GB that other devices may use per period; 0: no hotspot"),
        Column("hotspot_unlimited", boolean(), "Whether the hotspot has no limit of its own"),
        Column("voice_text", boolean(), "Whether calls and texts are included"),
        Column("tourist_only", boolean(), "Whether only visitors may buy it", required=True),
        Column("only_through", slug(), "The one channel that sells it, a row of channels.csv; blank: any of the brand"),
        Column("minimum_terms", whole("purchases", low=1, high=60), "Purchases that the buyer owes; blank: one"),
        Column(
            "offer_terms",
            whole("purchases", low=1, high=60),
            "First purchases that cost `price_usd`; blank: one where `renews_at_usd` is given",
        ),
        Column(
            "renews_at_usd",
            number("dollars", high=2_000),
            "Price of each purchase after those, without AutoPay; blank: not said",
        ),
        Column("renews_as", slug(), "Plan that the offer turns into, which gives the same; itself: the price lasts"),
        Column("terms_source_id", slug(categorical=True), "Where these four come from: a row of sources.csv"),
        Column("terms_as_of", date(), "Day, or month, on which that source showed them"),
        Column(
            "terms_confidence",
            one_of(*CONFIDENCE),
            "high: the seller's words, or a file that quotes them; medium: one third party or an undated page",
        ),
        Column("source_id", slug(categorical=True), "Where all else comes from: a row of sources.csv", required=True),
        Column("as_of", date(), "Day, or month, on which the source showed them", required=True),
        Column("note", text(), "Terms that fit no column"),
    ),
    rules=(
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
                "is given although the plan is open to all (expected blank, or offer new_customer or promo)",
                lambda t, column=column: t[column].notna() & (t["offer"] == "standard"),
            )
            for column in OFFER_TERMS
        ),
        Rule(
            ("renews_at_usd", "price_usd"),
            "is below the price of the offer (expected at least price_usd)",
            lambda t: t["renews_at_usd"] < t["price_usd"],
        ),
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
            ("renews_as", "plan_id"),
            "is no plan_id of this table (expected one, or blank)",
            lambda t: t["renews_as"].notna() & ~t["renews_as"].isin(t["plan_id"]),
        ),
        Rule(
            ("renews_as", "plan_id", *TARIFF),
            f"gives something else (expected a plan with the same {', '.join(TARIFF)})",
            _other_tariff,
        ),
        *(
            Rule(
                (column, *TERMS),
                f"contradicts {', '.join(TERMS)} (expected a cell where one of them is given, else blank)",
                lambda t, column=column: t[column].notna() != t[list(TERMS)].notna().any(axis=1),
            )
            for column in TERMS_RECORD
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
            "is given although nothing is throttled (expected blank, or after_allowance throttle or payg)",
            lambda t: t["throttle_kbps"].notna() & ~_after(t, "throttle", "payg"),
        ),
        Rule(
            ("hotspot_gb", "hotspot_unlimited"),
            "is given although the hotspot is unlimited (expected blank)",
            lambda t: t["hotspot_gb"].notna() & t["hotspot_unlimited"],
        ),
    ),
)


SOURCES = Table(
    file="sources.csv",
    key="source_id",
    columns=(
        Column("source_id", slug(), "Identifier that the tables cite", required=True),
        Column("title", text(), "What the source is", required=True),
        Column("url", link(), "Where it is", required=True),
        Column(
            "method",
            one_of("transcribed", "aggregator", "third-party", "dealer"),
            "Read on the provider's page, on a comparison site, in somebody else's collection, or in a dealer's list",
            required=True,
        ),
    ),
)


ACTIVITIES = Table(
    file="activities.csv",
    key="activity_id",
    columns=(
        Column("activity_id", slug(), "Identifier", required=True),
        Column("activity", text(categorical=True), "What a person does", required=True),
        Column("quality", text(), "Picture or sound quality, or the way it is done"),
        Column("low_mb_per_hour", number("MB per hour", high=100_000), "Lowest published use", required=True),
        Column("high_mb_per_hour", number("MB per hour", high=100_000), "Highest published use", required=True),
        Column("source_url", link(), "Where the figures come from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
    rules=(
        Rule(
            ("high_mb_per_hour", "low_mb_per_hour"),
            "is below low_mb_per_hour (expected at least as much)",
            lambda t: t["high_mb_per_hour"] < t["low_mb_per_hour"],
        ),
    ),
)


USAGE_BENCHMARKS = Table(
    file="usage_benchmarks.csv",
    key="metric",
    columns=(
        Column("metric", slug(), "Identifier of the figure", required=True),
        Column("value", number("the unit", high=100_000), "The published figure", required=True),
        Column("unit", text(categorical=True), "Its unit", required=True),
        Column("population", text(), "Whom it describes", required=True),
        Column("source_url", link(), "Where the figure comes from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
)


# What the code asks for; a missing one would turn into missing costs.
ASSUMED = (
    *("fair_use_gb_per_day", "fair_use_kbps", "blank_throttle_kbps", "local_sales_tax_percent", "unstated_911_usd"),
    *("unstated_fee_carrier_usd", "unstated_fee_third_party_usd", "unstated_fee_store_usd", "unstated_wait_minutes"),
)


ASSUMPTIONS = Table(
    file="assumptions.csv",
    key="parameter",
    columns=(
        Column("parameter", text(), "Identifier", required=True),
        Column("low", number("the unit", high=100_000), "Lowest value that is defensible", required=True),
        Column("base", number("the unit", high=100_000), "Value used unless the reader chooses", required=True),
        Column("high", number("the unit", high=100_000), "Highest value that is defensible", required=True),
        Column("unit", text(), "Unit of the three", required=True),
        Column("reason", text(), "Why these values", required=True),
    ),
    rules=(
        Rule(("base", "low"), "is below low (expected low ≤ base ≤ high)", lambda t: t["base"] < t["low"]),
        Rule(("base", "high"), "is above high (expected low ≤ base ≤ high)", lambda t: t["base"] > t["high"]),
    ),
)


USAGE_LOG = Table(
    file="example-usage-log.csv",
    columns=(
        Column("date", date("day"), "Day of use; every day once, in order", required=True),
        Column(
            "mb",
            number("MB", high=1_000_000),
            "Data used that day, in MB (1 GB = 1000 MB); 0 for a day without",
            required=True,
        ),
    ),
    rules=(
        Rule(
            ("date",),
            "is not the day after the line above (expected every day once, in order)",
            lambda t: t["date"].diff().notna() & (t["date"].diff() != pd.Timedelta(days=1)),
        ),
    ),
)


CHANNELS = Table(
    file="channels.csv",
    key="channel_id",
    columns=(
        Column("channel_id", slug(), "Identifier, stable over time", required=True),
        Column("channel", text(), "Name of the way to top up", required=True),
        Column(
            "kind",
            one_of("carrier", "third_party", "store"),
            "The brand's own site, app or phone line; somebody else's platform; or a shop",
            required=True,
        ),
        Column("credit_only", boolean(), "Whether it sells pay-as-you-go credit, but no plans"),
        Column("automatic", boolean(), "Whether it is for automatic renewal only"),
        Column("brands", text(), "Brands served, as `provider` in plans.csv, joined by '; '"),
        Column("fee_usd", number("dollars", high=100), "Service fee of one top-up"),
        Column("fee_low_usd", number("dollars", high=100), "Lowest fee that another page gives"),
        Column("fee_high_usd", number("dollars", high=100), "Highest fee that another page gives"),
        Column("fee_percent", number("percent", high=100), "Service fee in percent of the amount"),
        Column("discount_percent", number("percent", high=100), "Discount in percent of the amount"),
        Column("min_usd", number("dollars"), "Smallest amount"),
        Column("max_usd", number("dollars"), "Largest amount"),
        Column("payment_methods", text(), "Accepted means of payment, joined by '; '"),
        Column("foreign_card", one_of("yes", "partial", "no"), "Whether cards from outside the USA are accepted"),
        Column("cash", boolean(), "Whether cash is accepted"),
        Column(
            "delivery",
            one_of("direct", "pin", "both", "esim_code", "sim_kit"),
            "What arrives: the credit itself, a PIN to enter, either, an eSIM activation code, or a SIM",
        ),
        Column("typical_minutes", number("minutes", high=100_000), "Minutes until it arrives, as a rule"),
        Column("worst_minutes", number("minutes", high=100_000), "Longest time that the source gives"),
        Column("account_required", boolean(), "Whether one has to sign up first"),
        Column(
            "refund",
            one_of(
                "no", "failed", "unused", "unused_or_failed", "unless_wrong_number", "until_loaded", "until_processed"
            ),
            "What is refunded: nothing, or a top-up that failed, is unused, is not yet loaded or processed, "
            "or all but a wrong number",
        ),
        Column("hours", text(), "When it, or its support, is open"),
        Column("note", text(), "Terms that fit no column"),
        Column("source_url", link(), "Where the figures come from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
    rules=(
        Rule(
            ("fee_low_usd", "fee_usd"),
            "is above fee_usd (expected at most as much)",
            lambda t: t["fee_low_usd"] > t["fee_usd"],
        ),
        Rule(
            ("fee_high_usd", "fee_usd"),
            "is below fee_usd (expected at least as much)",
            lambda t: t["fee_high_usd"] < t["fee_usd"],
        ),
        Rule(
            ("fee_low_usd", "fee_high_usd", "fee_usd"),
            "is given, or fee_high_usd is, although fee_usd is blank (expected both blank)",
            lambda t: t["fee_usd"].isna() & (t["fee_low_usd"].notna() | t["fee_high_usd"].notna()),
        ),
        Rule(
            ("max_usd", "min_usd"),
            "is below min_usd (expected at least as much)",
            lambda t: t["max_usd"] < t["min_usd"],
        ),
        Rule(
            ("worst_minutes", "typical_minutes"),
            "is below typical_minutes (expected at least as much)",
            lambda t: t["worst_minutes"] < t["typical_minutes"],
        ),
    ),
)


STATE_FEES = Table(
    file="state_fees.csv",
    key="state",
    columns=(
        Column("state", one_of(*STATES), "Postal code", required=True),
        Column("prepaid_911_usd", number("dollars", high=20), "Emergency-call fee, flat"),
        Column("prepaid_911_percent", number("percent", high=50), "Emergency-call fee in percent of the sale"),
        Column("other_fee_usd", number("dollars", high=20), "Other fee on prepaid phones, flat"),
        Column("other_fee_percent", number("percent", high=50), "Other fee on prepaid phones in percent of the sale"),
        Column("other_fee_local", boolean(), "Whether only some counties or cities levy the other fee"),
        Column("local_charges", boolean(), "Whether cities or counties levy more than these columns say"),
        Column("local_911_percent", number("percent", high=50), "Highest emergency-call fee of a city, instead"),
        Column("fee_min_sale_usd", number("dollars"), "Smallest sale on which fees are due"),
        Column("fee_exempt_up_to_usd", number("dollars"), "Largest sale on which no fee is due"),
        Column("fee_percent_above_usd", number("dollars"), "A percentage counts on what exceeds this"),
        Column("fee_per", one_of("sale", "month"), "Whether a flat fee is due on each sale or once a month"),
        Column("fee_source_url", link(), "Where the fees come from"),
        Column("fee_as_of", date("year"), "Day, month or year of that source"),
        Column("state_sales_tax_percent", number("percent", high=20), "The state's sales tax, without local ones"),
        Column("sales_tax_source_url", link(), "Where the sales tax comes from"),
        Column("sales_tax_as_of", date("year"), "Day, month or year of that source"),
        Column("note", text(), "Rules that fit no column"),
    ),
    rules=(
        Rule(
            ("fee_per", "prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"),
            "contradicts the fees (expected sale or month where a fee is given, else blank)",
            lambda t: (
                t["fee_per"].isna()
                == t[["prepaid_911_usd", "prepaid_911_percent", "other_fee_usd", "other_fee_percent"]]
                .notna()
                .any(axis=1)
            ),
        ),
        Rule(
            ("other_fee_local", "other_fee_usd", "other_fee_percent"),
            "contradicts the other fee (expected true or false where it is given, else blank)",
            lambda t: t["other_fee_local"].isna() == t[["other_fee_usd", "other_fee_percent"]].notna().any(axis=1),
        ),
        Rule(
            ("fee_percent_above_usd", "prepaid_911_percent", "other_fee_percent"),
            "is given although no fee is a percentage (expected blank)",
            lambda t: (
                t["fee_percent_above_usd"].notna() & t[["prepaid_911_percent", "other_fee_percent"]].isna().all(axis=1)
            ),
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
)


BALANCE_CODES = Table(
    file="balance_codes.csv",
    columns=(
        Column("brand", text(), "Brand, as `provider` in plans.csv", required=True),
        Column("what", text(), "What can be learned or done", required=True),
        Column("method", text(), "How", required=True),
        Column("note", text(), "What else to know"),
        Column("source_url", link(), "Where it comes from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
)


EXPIRY_RULES = Table(
    file="expiry_rules.csv",
    columns=(
        Column("brand", text(), "Brand, as `provider` in plans.csv", required=True),
        Column("applies_to", text(), "Plans or time for which the rule holds; blank: all of the brand"),
        Column("rule", text(), "What happens without a payment", required=True),
        Column("grace_days", whole("days", high=1_000), "Days after the term until the number is lost"),
        Column("source_url", link(), "Where the rule comes from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
)


PRICE_HISTORY = Table(
    file="price_history.csv",
    columns=(
        Column("observed_on", date("day"), "Day on which the price was seen", required=True),
        Column("provider", text(categorical=True), "Brand that sells the pack", required=True),
        Column("unlimited", boolean(), "Whether the seller calls it unlimited", required=True),
        Column("data_gb", number("GB", high=2_000), "Full-speed GB of the pack; blank: no stated limit"),
        Column("term_days", whole("days", low=1, high=LONGEST_TERM_DAYS), "Days that it lasts", required=True),
        Column("voice_text", boolean(), "Whether calls and texts are included", required=True),
        Column("price_usd", number("dollars", high=2_000), "Price of one pack", required=True),
        Column("source_id", slug(categorical=True), "Where it was seen: a row of sources.csv", required=True),
    ),
    rules=(
        Rule(
            ("data_gb", "unlimited"),
            "is blank although the pack is limited (expected GB ≥ 0)",
            lambda t: t["data_gb"].isna() & ~t["unlimited"],
        ),
        Rule(
            ("observed_on",),
            "has this pack's price from this source already (expected one a day)",
            lambda t: t.duplicated(
                ["observed_on", "provider", "unlimited", "data_gb", "term_days", "voice_text", "source_id"]
            ),
        ),
    ),
)


# What is known of sellers, by topic, and what a fact can say. `unclear`: the source looked, and could not tell.
YES_OR_NO = one_of("yes", "partial", "no", "unclear")
DOLLARS = number("dollars", high=200)
TOPICS = {
    "activate_in_us": YES_OR_NO,
    "activation_usd": DOLLARS,
    "apple_pay": YES_OR_NO,
    "autopay_rule": text(),
    "balance_check": text(),
    "care_number": text(),
    "crypto": YES_OR_NO,
    "early_renewal": one_of("adds", "stacks", "queues", "replaces", "lost"),
    "extra_fee_percent": number("percent", high=50),
    "extra_fee_usd": between("dollars", high=200),
    "foreign_card": YES_OR_NO,
    "google_pay": YES_OR_NO,
    "guest_pay": YES_OR_NO,
    "hotspot": YES_OR_NO,
    "identity_check": YES_OR_NO,
    "lines_price": text(),
    "low_data_warning": text(),
    "minimum_terms": one_of("none"),
    "number_included": YES_OR_NO,
    "paypal": YES_OR_NO,
    "refund": one_of("no", "failed", "unused", "unused_or_failed"),
    "roaming_texts": one_of("included", "paid", "no"),
    "sim_usd": DOLLARS,
    "sold_at": text(),
    "taxes_included": YES_OR_NO,
    "top_up_confirmation": text(),
    "top_up_where": one_of("app", "website", "both", "none"),
    "typical_tax_percent": between("percent", high=50),
    "unused_valid_days": whole("days", high=LONGEST_TERM_DAYS),
    "us_address": YES_OR_NO,
    "us_zip": YES_OR_NO,
    "validity_starts": one_of("first_connection", "first_use", "activation"),
    "wifi_calling_abroad": YES_OR_NO,
}


def _unfit(key: str, name: str, kind: Kind) -> Rule:
    """Return the rule that `value` fits the kind that the cell of `key` asks for."""

    def broken(table: pd.DataFrame) -> pd.Series:
        return (table[key] == name) & ~table["value"].map(kind.fits, na_action="ignore").astype("boolean")

    return Rule(("value", key), f"does not fit {name} (expected {kind.expected})", broken)


SELLER_FACTS = Table(
    file="seller_facts.csv",
    columns=(
        Column("provider", text(categorical=True), "Brand, as in plans.csv", required=True),
        Column("plan_id", slug(), "Plan of which alone it is said; blank: all of the brand"),
        Column("topic", one_of(*TOPICS), "What the fact is about", required=True),
        Column("value", text(), "What is said, in the words that the topic allows", required=True),
        Column("words", text(), "More of what the source says"),
        Column(
            "basis",
            one_of("seller", "third_party", "user_report"),
            "Whose words they are: the seller's own, somebody else's, or a buyer's",
            required=True,
        ),
        Column("source", text(), "Page or file", required=True),
        Column("source_url", link(), "Where it is", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
        Column("confidence", one_of(*CONFIDENCE), "As `terms_confidence` in plans.csv", required=True),
    ),
    rules=tuple(_unfit("topic", name, kind) for name, kind in TOPICS.items()),
)


# What a second source can confirm, in the columns of plans.csv.
SECOND_READ = (
    *("price_usd", "autopay_price_usd", "taxes_included", "data_gb", "throttle_kbps", "overage_usd_per_gb"),
    *("overage_cap_usd", "hotspot_gb", "hotspot_unlimited"),
)


SECOND_SOURCES = Table(
    file="second_sources.csv",
    columns=(
        Column("plan_id", slug(), "Plan, as in plans.csv", required=True),
        Column("field", one_of(*SECOND_READ), "Column of plans.csv that was read", required=True),
        Column("value", text(), "What the source shows, as that column writes it", required=True),
        Column("source_id", slug(categorical=True), "Who shows it: a row of sources.csv", required=True),
        Column("as_of", date(), "Day, or month, on which it did", required=True),
    ),
    rules=(
        *(_unfit("field", one.name, one.kind) for one in PLANS.columns if one.name in SECOND_READ),
        Rule(
            ("field", "plan_id"),
            "stands twice for this plan, source and day (expected once)",
            lambda t: t.duplicated(["plan_id", "field", "source_id", "as_of"]),
        ),
    ),
)


KEEP_NUMBER = Table(
    file="keep_number.csv",
    columns=(
        Column("provider", text(categorical=True), "Brand, as in plans.csv", required=True),
        Column("plan_id", slug(), "Plan of plans.csv; blank: a plan that is not in it, see the note"),
        Column("price_usd", number("dollars", high=2_000), "Price of one payment, before tax", required=True),
        Column("every_days", whole("days", low=1, high=LONGEST_TERM_DAYS), "Days that one lasts", required=True),
        Column("grace_days", whole("days", high=1_000), "Days after those until the number is lost"),
        Column("roaming_texts", TOPICS["roaming_texts"], "Whether texts arrive abroad by roaming, and at a price"),
        Column("wifi_calling_abroad", YES_OR_NO, "Whether calls and texts arrive abroad over Wi-Fi"),
        Column("foreign_payment", text(), "How people abroad pay"),
        Column("activate_in_us", YES_OR_NO, "Whether it has to be activated inside the USA"),
        Column("note", text(), "Terms that fit no column"),
        Column("source", text(), "Page or file", required=True),
        Column("source_url", link(), "Where it is", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
        Column("confidence", one_of(*CONFIDENCE), "As `terms_confidence` in plans.csv", required=True),
    ),
)


FAILED_TOP_UPS = Table(
    file="failed_top_ups.csv",
    key="channel_id",
    columns=(
        Column("channel_id", slug(), "Way to top up, as in channels.csv", required=True),
        Column("wait_minutes", number("minutes", high=100_000), "Minutes to wait before asking"),
        Column("action", text(), "What to do then"),
        Column("refund", text(), "What is paid back"),
        Column("source_url", link(), "Where it comes from", required=True),
        Column("as_of", date("year"), "Day, month or year of the source"),
    ),
)


TABLES = {
    "plans": PLANS,
    "sources": SOURCES,
    "price_history": PRICE_HISTORY,
    "channels": CHANNELS,
    "state_fees": STATE_FEES,
    "balance_codes": BALANCE_CODES,
    "expiry_rules": EXPIRY_RULES,
    "seller_facts": SELLER_FACTS,
    "second_sources": SECOND_SOURCES,
    "keep_number": KEEP_NUMBER,
    "failed_top_ups": FAILED_TOP_UPS,
    "activities": ACTIVITIES,
    "usage_benchmarks": USAGE_BENCHMARKS,
    "assumptions": ASSUMPTIONS,
    "usage_log": USAGE_LOG,
}
