"""The answer of `recommend` in words: short lines, whole dollars, in English or Chinese.

All phrases stand in words.csv, both languages beside each other; one code fills the figures in.
"""

import datetime as dt
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
    missing, a figure in braces that stands in one language only.
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
        if count == YEAR_DAYS:
            return self("a_year")
        return self("one_day") if count == 1 else self("days", n=f"{count:g}")

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
    """Return the lines of one pick."""
    plan, top_up = answer.plans.loc[key], answer.top_up[key]
    where = top_up.balance
    found = {
        "buy": _buy(answer, plan, top_up, words),
        "pay": _pay(answer, key, plan, words),
        "gives": _gives(answer, plan, words),
        "top_up": _when(top_up, words),
        "arrived": words("balance") if where is None else words("balance_at", where=where),
        "note": "" if pd.isna(plan["note"]) else str(plan["note"]),
        "ask": words("gap").join(_questions(plan, answer, words)) or words("nothing_open"),
    }
    if key == answer.picks[0]:
        found["otherwise"] = _otherwise(answer, plan, words)
        found["twice"] = _if_twice(answer, key, words)
    return [(words(line), text) for line, text in found.items() if text]


def _questions(plan: pd.Series, answer: Answer, words: Words) -> list[str]:
    """Return what to ask before paying: all of a plan that is neither stated nor likely."""
    times = 1 if pd.isna(plan["minimum_terms"]) else int(plan["minimum_terms"])
    seller = plan["provider"] if pd.isna(plan["channel"]) else plan["channel"]
    known = {"seller": seller, "price": _till(plan["face_usd"]), "times": times}
    if "other_price" in plan["open"]:
        known["other"] = _till(plan["other_price_usd"])
        known["day"] = words.day(plan["other_price_on"])
    payment = words(answer.wishes.payment)
    return [words(f"ask_{fact}", payment=payment, **known) for fact in plan["open"]]


def _till(usd: float) -> str:
    """Return a price at the till: cents where there are any."""
    return f"{usd:,.0f}" if usd == round(usd) else f"{usd:,.2f}"


def _buy(answer: Answer, plan: pd.Series, top_up: TopUp, words: Words) -> str:
    how = "bought_from_seller" if pd.isna(plan["channel"]) else "bought_at"
    sentences = [words(how, name=plan["name"], channel=plan["channel"]) + words("end")]
    if plan["pay"] == LIKELY:
        sentences.append(words("likely_pay", payment=words(answer.wishes.payment)))
    if top_up.activate_in_us:
        sentences.append(words("in_us"))
    return words("gap").join(sentences)


def _pay(answer: Answer, key: str, plan: pd.Series, words: Words) -> str:
    stay, times = words.days(answer.wishes.billed_days), plan["mean_purchases"]
    rises = pd.notna(plan["renews_at_usd"]) and plan["renews_at_usd"] > plan["face_usd"]
    if plan["face_usd"] == 0 and not rises:
        how = "paid_nothing"
    elif times < 1.5:
        how = "paid_once" if times < 1.05 else "paid_again"
    else:
        how = "paid_first" if rises else "paid_times"
    price = words(how, price=_till(plan["face_usd"]), times=f"{times:.0f}")
    day, age = words.day(plan["as_of"]), int(plan["age_days"])
    seen = words("seen", day=day, age=words.days(age)) if age > 0 else words("seen_now", day=day)
    levels = {name: f"{plan[f'{name}_usd']:,.0f}" for name in ("low", "base", "high")}
    sure = levels["low"] == levels["high"]
    in_all = words("in_all_sure" if sure else "in_all", stay=stay, **levels)
    once = words("one_off", usd=_till(plan["one_off_usd"])) if plan["one_off_usd"] else ""
    said = [words.sentence(price, seen, in_all, once)]
    if pd.notna(plan["load_usd"]):
        said.append(words("load", load=_till(plan["load_usd"])))
    if pd.notna(plan["minimum_terms"]) and "bound" not in plan["open"]:
        said.append(words("binds", times=int(plan["minimum_terms"])))
    if key in answer.second_usd:
        usd = answer.second_usd[key]
        said.append(words("second_unknown" if pd.isna(usd) else "second", usd=f"{usd:,.0f}"))
    return words("gap").join(said)


def _gives(answer: Answer, plan: pd.Series, words: Words) -> str:
    term, period, gb = plan["term_days"], plan["allowance_days"], plan["data_gb"]
    (after,) = after_allowance(answer.plans.loc[[plan.name]])
    if pd.isna(gb):
        slows = pd.isna(plan["threshold"]) or plan["threshold"]
        said, then = words("limit_not_said" if slows else "no_limit"), ""
    elif pd.isna(term):
        said, then = words("gb_ever", gb=f"{gb:g}"), words("stop")
    else:
        once = pd.isna(period) or period >= term
        how = "gb_once" if once else "gb_daily" if period == 1 else "gb_each"
        said = words(how, gb=f"{gb:g}", days=words.days(term if once else period))
        kbps, rate = plan["throttle_kbps"], plan["overage_usd_per_gb"]
        phrase = "throttle_unknown" if after == "throttle" and pd.isna(kbps) else after
        then = words(phrase, kbps=kbps, usd=rate if pd.isna(rate) else _till(rate))
    share = plan["short_share"]
    lasting = words("never_short", n=f"{answer.stays:,}")
    if share > 0:
        lasting = words("short", share=f"{share:.0%}" if share >= 0.01 else f"{share:.1%}")
    return words.sentence(said, then, lasting if answer.uses_data else "")


def _when(top_up: TopUp, words: Words) -> str:
    ways = []
    if top_up.spare:
        ways.append(words("spare"))
    elif top_up.at_gb is not None:
        ways.append(words("at_gb", gb=f"{max(top_up.at_gb, 0.1):.1f}"))
    if top_up.every_days:
        every, ahead = words.days(top_up.every_days), words.days(top_up.days_ahead)
        ways.append(words("every", days=every, ahead=ahead))
    if not ways:
        return words("not_needed")
    left_over = words(top_up.left_over or "left_unknown")
    return words("gap").join([words.sentence(words("or").join(ways)), left_over])


def _otherwise(answer: Answer, plan: pd.Series, words: Words) -> str:
    if answer.otherwise is None:
        return ""
    other = answer.plans.loc[answer.otherwise]
    dearer = other["own_low_usd"] > plan["own_high_usd"]
    how = "about_usd" if dearer or other["own_high_usd"] < plan["own_low_usd"] else "about_equal"
    return words(how, name=other["name"], usd=f"{other['base_usd']:,.0f}")


def _if_twice(answer: Answer, key: str, words: Words) -> str:
    if not answer.uses_data:
        return ""
    if answer.twice is None:
        return words("nothing")
    plan_id, name, usd = answer.twice
    return words("same_plan" if plan_id == key else "about_usd", name=name, usd=f"{usd:,.0f}")
