"""The answer of `recommend` in words: short lines, whole dollars, in English or Chinese.

All phrases stand in words.csv, both languages beside each other; one code fills the figures in.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from prepaid.catalog.kinds import Column, Table, text
from prepaid.catalog.read import read_table
from prepaid.channels import LIKELY
from prepaid.recommend import Answer, TopUp
from prepaid.tariffs import after_allowance
from prepaid.usage import YEAR_DAYS

LANGUAGES = {"en": "English", "zh": "中文"}
# It starts with a byte order mark: Excel reads Chinese as something else without.
FILE = Path(__file__).with_name("words.csv")
# What stands between phrases: here, because a spreadsheet does not show spaces at the ends.
JOINTS = {
    "list": ("; ", "；"),
    "and": (" and ", "和"),
    "or": (" or ", "或"),
    "comma": (", ", "，"),
    "gap": (" ", ""),
    "end": (".", "。"),
}


def read_phrases(path: Path) -> dict[str, tuple[str, str]]:
    """Return each phrase of a file like words.csv in English and in Chinese, by its name.

    Raises CatalogError with every problem, by line: a name that stands twice, a translation that is
    missing or has other figures in braces.
    """
    line = text()
    columns = (
        Column("phrase", line, "The name in the code", required=True, unique=True),
        Column("english", line, "In English", required=True),
        Column("chinese", line, "In Chinese", required=True),
        Column("where", line, "Where a reader meets it"),
    )
    rows = read_table(path, Table("words", path.name, columns, key="phrase"))
    return {row.Index: (row.english, row.chinese) for row in rows.itertuples()}


PHRASES = read_phrases(FILE) | JOINTS


class Words:
    """The phrases of one language, "en" or "zh"; ValueError for another."""

    def __init__(self, language: str = "en"):
        if language not in LANGUAGES:
            raise ValueError(f"language is {language!r} (allowed: {', '.join(LANGUAGES)})")
        self.place = list(LANGUAGES).index(language)

    def __call__(self, phrase: str, **figures: object) -> str:
        """Return a phrase with its figures."""
        return PHRASES[phrase][self.place].format(**figures)

    def days(self, count: float) -> str:
        """Return a number of days; 360 are a year."""
        phrase = {1: "one_day", YEAR_DAYS: "a_year"}.get(count, "days")
        return self(phrase, n=f"{count:g}")

    def day(self, date: dt.date) -> str:
        """Return a date."""
        if self.place:
            return f"{date.year} 年 {date.month} 月 {date.day} 日"
        return f"{date.day} {date:%B %Y}"

    def sentence(self, *parts: str) -> str:
        """Return parts joined by commas, as a sentence."""
        said = self("comma").join(part for part in parts if part)
        return said[:1].upper() + said[1:] + self("end")


def told(answer: Answer, language: str = "en") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what an answer says: headings, each with its lines as (name of the line, text).

    A heading for each pick. Without a surest one, what is missing stands before; where nothing
    fits, the wishes to give up are all there is. Then the names of the lines are empty.
    """
    words = Words(language)

    def named(names: tuple[str, ...]) -> str:
        payment = words(answer.wishes.payment)
        return words("and").join(words(f"name_{name}", payment=payment) for name in names)

    if answer.plans.empty:
        ways = [("", words("without", wishes=named(names), n=n)) for names, n in answer.ruled_out]
        return [(words("nothing_fits"), ways)]
    said = []
    if answer.surest is None:
        only = [("", words("only_missing", n=n, facts=named(facts))) for facts, n in answer.missing]
        said.append((words("no_surest", n=len(answer.plans)), only))
    for pick, key in (("surest", answer.surest), ("cheaper", answer.cheaper)):
        if key is not None:
            said.append((words(pick), _lines(answer, key, words)))
    return said


def _lines(answer: Answer, key: str, words: Words) -> list[tuple[str, str]]:
    """Return the lines of one pick, as far as there is something to say."""
    plan, top_up = answer.plans.loc[key], answer.top_up[key]
    payment, where = words(answer.wishes.payment), top_up.balance
    said = {
        "buy": _buy(plan, top_up, payment, words),
        "pay": _pay(answer, plan, words),
        "gives": _gives(answer, plan, words),
        "top_up": _when(top_up, words),
        "arrived": [words("balance" if where is None else "balance_at", where=where)],
        "note": [] if pd.isna(plan["note"]) else [plan["note"]],
        "ask": _questions(plan, payment, words) or [words("nothing_open")],
    }
    if key == answer.picks[0]:
        said["otherwise"] = _otherwise(answer, plan, words)
        said["twice"] = _if_twice(answer, key, words)
    texts = {line: words("gap").join(sentences) for line, sentences in said.items()}
    return [(words(line), text) for line, text in texts.items() if text]


def _till(usd: float) -> str:
    """Return a price at the till: cents where there are any."""
    return f"{usd:,.2f}".removesuffix(".00")


def _buy(plan: pd.Series, top_up: TopUp, payment: str, words: Words) -> Iterator[str]:
    how = "bought_from_seller" if pd.isna(plan["channel"]) else "bought_at"
    yield words(how, name=plan["name"], channel=plan["channel"]) + words("end")
    if plan["pay"] == LIKELY:
        yield words("likely_pay", payment=payment)
    if top_up.activate_in_us:
        yield words("in_us")


def _pay(answer: Answer, plan: pd.Series, words: Words) -> Iterator[str]:
    face_usd, times = plan["face_usd"], plan["mean_purchases"]
    rises = pd.notna(plan["renews_at_usd"]) and plan["renews_at_usd"] > face_usd
    if face_usd == 0 and not rises:
        how = "paid_nothing"
    elif times < 1.5:
        how = "paid_once" if times < 1.05 else "paid_again"
    else:
        how = "paid_first" if rises else "paid_times"
    price = words(how, price=_till(face_usd), times=f"{times:.0f}")
    day, age = words.day(plan["as_of"]), plan["age_days"]
    seen = words("seen" if age > 0 else "seen_now", day=day, age=words.days(age))
    levels = {name: f"{plan[f'{name}_usd']:,.0f}" for name in ("low", "base", "high")}
    how_sure = "in_all_sure" if levels["low"] == levels["high"] else "in_all"
    in_all = words(how_sure, stay=words.days(answer.wishes.billed_days), **levels)
    once = words("one_off", usd=_till(plan["one_off_usd"])) if plan["one_off_usd"] else ""
    yield words.sentence(price, seen, in_all, once)
    if pd.notna(plan["load_usd"]):
        yield words("load", load=_till(plan["load_usd"]))
    if pd.notna(plan["minimum_terms"]) and "bound" not in plan["open"]:
        yield words("binds", times=plan["minimum_terms"])
    if plan.name in answer.second_usd:
        usd = answer.second_usd[plan.name]
        yield words("second_unknown" if pd.isna(usd) else "second", usd=f"{usd:,.0f}")


def _gives(answer: Answer, plan: pd.Series, words: Words) -> Iterator[str]:
    term, period, gb = plan["term_days"], plan["allowance_days"], plan["data_gb"]
    if pd.isna(gb):
        slows = pd.isna(plan["threshold"]) or plan["threshold"]
        said, then = words("limit_not_said" if slows else "no_limit"), ""
    elif pd.isna(term):
        said, then = words("gb_ever", gb=f"{gb:g}"), words("stop")
    else:
        once = pd.isna(period) or period >= term
        how = "gb_once" if once else "gb_daily" if period == 1 else "gb_each"
        said = words(how, gb=f"{gb:g}", days=words.days(term if once else period))
        (after,) = after_allowance(answer.plans.loc[[plan.name]])
        kbps, usd = plan["throttle_kbps"], _till(plan["overage_usd_per_gb"])
        unknown = after == "throttle" and pd.isna(kbps)
        then = words("throttle_unknown" if unknown else after, kbps=kbps, usd=usd)
    share = plan["short_share"]
    percent = f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"
    lasting = words("short" if share > 0 else "never_short", share=percent, n=f"{answer.stays:,}")
    yield words.sentence(said, then, lasting if answer.uses_data else "")


def _when(top_up: TopUp, words: Words) -> Iterator[str]:
    ways = []
    if top_up.spare:
        ways.append(words("spare"))
    elif top_up.at_gb is not None:
        ways.append(words("at_gb", gb=f"{max(top_up.at_gb, 0.1):.1f}"))
    if top_up.every_days:
        every, ahead = words.days(top_up.every_days), words.days(top_up.days_ahead)
        ways.append(words("every", days=every, ahead=ahead))
    yield words.sentence(words("or").join(ways)) if ways else words("not_needed")
    if ways:
        yield words(top_up.left_over or "left_unknown")


def _questions(plan: pd.Series, payment: str, words: Words) -> list[str]:
    """Return what to ask before paying: all of a plan that is neither stated nor likely."""
    seller = plan["provider"] if pd.isna(plan["channel"]) else plan["channel"]
    known = {"seller": seller, "payment": payment, "times": plan["minimum_terms"]}
    known |= {"price": _till(plan["face_usd"]), "other": _till(plan["other_price_usd"])}
    if "other_price" in plan["open"]:
        known["day"] = words.day(plan["other_price_on"])
    return [words(f"ask_{fact}", **known) for fact in plan["open"]]


def _otherwise(answer: Answer, plan: pd.Series, words: Words) -> Iterator[str]:
    if answer.otherwise is not None:
        other = answer.plans.loc[answer.otherwise]
        dearer = other["own_low_usd"] > plan["own_high_usd"]
        differs = dearer or other["own_high_usd"] < plan["own_low_usd"]
        name, usd = other["name"], f"{other['base_usd']:,.0f}"
        yield words("about_usd" if differs else "about_equal", name=name, usd=usd)


def _if_twice(answer: Answer, key: str, words: Words) -> Iterator[str]:
    if answer.twice:
        plan_id, name, usd = answer.twice
        yield words("same_plan" if plan_id == key else "about_usd", name=name, usd=f"{usd:,.0f}")
    elif answer.uses_data:
        yield words("nothing")
