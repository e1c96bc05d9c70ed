"""The answer of `recommend` in words: short lines, whole dollars, in English or Chinese.

All phrases stand in `PHRASES`, both languages beside each other; one code fills the figures in.
"""

import datetime as dt
from urllib.parse import urlsplit

import pandas as pd

from prepaid.channels import LIKELY
from prepaid.recommend import Answer, TopUp
from prepaid.usage import YEAR_DAYS

LANGUAGES = {"en": "English", "zh": "中文"}
PHRASES = {
    # headings and the names of the lines
    "surest": ("The surest pick", "最稳妥的选择"),
    "cheaper": ("Cheaper, if it works out", "可能更便宜（先问清楚）"),
    "buy": ("Buy", "买什么"),
    "pay": ("Pay", "付多少"),
    "gives": ("Gives", "得到什么"),
    "top_up": ("Top up", "何时充值"),
    "arrived": ("It arrived if", "怎样算到账"),
    "note": ("Note", "备注（原文）"),
    "ask": ("Ask first", "先问清楚"),
    "otherwise": ("Otherwise", "其次"),
    "twice": ("If you use twice as much", "如果用量翻倍"),
    # buy
    "bought_at": ("{name}, at {channel}", "{name}，在 {channel} 购买"),
    "bought_from_seller": ("{name}, on the seller's own site", "{name}，在卖家官网购买"),
    "likely_pay": (
        "That it takes {payment} is likely, but nobody says so.",
        "很可能收{payment}，但没有来源说明。",
    ),
    "in_us": ("It has to be activated in the USA.", "须在美国境内激活。"),
    # pay
    "paid_nothing": ("nothing for the plan", "套餐本身免费"),
    "paid_once": ("${price} once", "一次付 ${price}"),
    "paid_again": ("${price} once, in some stays twice", "一次付 ${price}，偶尔再付一次"),
    "paid_times": ("${price} about {times} times", "每次 ${price}，约 {times} 次"),
    "paid_first": (
        "${price} at first, later purchases cost more, about {times} in all",
        "首次 ${price}，之后更贵，共约 {times} 次",
    ),
    "seen": ("price seen on {day}, {age} days ago", "价格见于 {day}，{age} 天前"),
    "in_all": (
        "about ${base} in all for {stay}, from ${low} to ${high} by taxes, fees and what is open",
        "{stay}合计约 ${base}，视税费和未定之处在 ${low} 到 ${high} 之间",
    ),
    "in_all_sure": ("about ${base} in all for {stay}", "{stay}合计约 ${base}"),
    "one_off": ("${usd} of that once, for SIM and activation", "其中 ${usd} 为一次性卡费和激活费"),
    "load": (
        "The balance takes ${load} at least; the rest stays on it.",
        "余额至少充 ${load}，剩余留在账户。",
    ),
    "binds": ("You owe at least {times} payments.", "至少须付 {times} 次。"),
    "second": ("As long again costs about ${usd}.", "再用同样长时间约 ${usd}。"),
    "second_unknown": ("What comes after the offer is not said.", "优惠期后多少钱，未注明。"),
    # gives
    "gb_once": ("{gb} GB at full speed for {days}", "{days}内 {gb} GB 高速流量"),
    "gb_each": ("{gb} GB at full speed every {days}", "每 {days} {gb} GB 高速流量"),
    "gb_daily": ("{gb} GB at full speed a day", "每天 {gb} GB 高速流量"),
    "gb_ever": ("{gb} GB at full speed, without an end date", "{gb} GB 高速流量，永不过期"),
    "no_limit": ("data that the seller says does not slow down", "卖家称不限速的流量"),
    "limit_not_said": ("data; how much at full speed is not said", "流量；高速部分多少，未注明"),
    "stop": ("then nothing until you buy again", "用完即停，须再购买"),
    "throttle": ("then slowly, at {kbps} kbit/s", "之后限速至 {kbps} kbit/s"),
    "throttle_unknown": ("then slowly, at a speed that is not said", "之后限速，速度未注明"),
    "deprioritize": ("then slower where the network is busy", "之后在网络拥挤时变慢"),
    "payg": ("then ${usd} per GB", "之后每 GB ${usd}"),
    "never_short": (
        "fast data lasted in all of {n} simulated stays",
        "模拟 {n} 次行程，高速流量都够",
    ),
    "short": (
        "fast data runs out for a day or more in about {share} of such stays",
        "约 {share} 的这类行程，高速流量至少断一天",
    ),
    # top up
    "not_needed": ("Not needed in this stay.", "此行无须充值。"),
    "at_gb": ("when {gb} GB are left", "剩 {gb} GB 时"),
    "spare": ("keep a spare pack ready", "预先备好一份"),
    "every": ("every {days}, {ahead} ahead", "每 {days}一次，提前 {ahead}"),
    "adds": ("What is left of the old pack is added.", "旧套餐剩余会累加。"),
    "stacks": ("The new term is added behind the old one.", "新有效期接在旧的之后。"),
    "queues": ("The new pack waits until the old one ends.", "新套餐等旧套餐结束后才开始。"),
    "replaces": (
        "The new pack replaces the old one: what is left is lost.",
        "新套餐取代旧的，剩余作废。",
    ),
    "lost": ("What is left of the old pack is lost.", "旧套餐剩余作废。"),
    "left_unknown": (
        "What becomes of the rest of the old pack is not said.",
        "旧套餐剩余如何处理，未注明。",
    ),
    # it arrived if
    "balance_at": (
        "The data left has risen. The seller names: {where}.",
        "剩余流量增加了。查询方式：{where}。",
    ),
    "balance": (
        "The data left has risen, on the seller's site or app.",
        "剩余流量增加了（看卖家网站或应用）。",
    ),
    # ask first: one question for each fact that can be open
    "ask_pay": ("Does {seller} take {payment}?", "{seller} 收{payment}吗？"),
    "ask_residents": ("May residents buy it?", "美国居民可以买吗？"),
    "ask_physical_sim": (
        "Is there a SIM card for a phone without eSIM?",
        "手机不支持 eSIM，有实体卡吗？",
    ),
    "ask_us_number": ("Does it come with a US number?", "有美国号码吗？"),
    "ask_hotspot": ("How much of it may a hotspot use?", "热点可以用多少？"),
    "ask_on_network": ("Which network is it on?", "用的是哪家网络？"),
    "ask_full_speed": ("How many GB run at full speed?", "高速流量有多少 GB？"),
    "ask_assumed_limit": ("How many GB a day run at full speed?", "每天高速流量有多少 GB？"),
    "ask_stale": ("Is it still ${price}?", "还是 ${price} 吗？"),
    "ask_other_price": (
        "Which price holds? Another source showed ${other} on {day}.",
        "以哪个价格为准？另一来源在 {day} 显示 ${other}。",
    ),
    "ask_promotion": ("Is the promotion still on?", "促销还有效吗？"),
    "ask_old_promotion": ("Is the promotion still on?", "促销还有效吗？"),
    "ask_only_refills": (
        "Who sells you the SIM? {seller} is known to pay for a line that you have already.",
        "哪里卖 SIM 卡？据我们所知，{seller} 只能给已有号码充值。",
    ),
    "ask_tax": ("Does tax come on top?", "税要另付吗？"),
    "ask_bound": (
        "Does it bind you for {times} payments? One page says so.",
        "是否须付满 {times} 次？有一处来源这样说。",
    ),
    "ask_sim_post": (
        "How soon is the SIM card with you, and is it sent to where you are?",
        "SIM 卡几天能到，寄到你所在的地方吗？",
    ),
    "ask_sim_cost": ("What does the SIM card itself cost?", "SIM 卡本身多少钱？"),
    "nothing_open": (
        "Nothing that we know of. Look at the price before you pay.",
        "没有已知的疑问。付款前请再看一眼价格。",
    ),
    # otherwise, twice
    "about_usd": ("{name}, about ${usd}.", "{name}，约 ${usd}。"),
    "about_equal": ("{name}: about equal, ${usd}.", "{name}：差不多，${usd}。"),
    "same_plan": ("The same plan, about ${usd}.", "同一套餐，约 ${usd}。"),
    "nothing": ("Nothing that we know would serve.", "没有已知的套餐够用。"),
    # where there is no surest pick, or no plan
    "no_surest": (
        "No plan is sure: each of {n} that may fit lacks something",
        "没有稳妥的套餐：{n} 个可能合适的，每个都缺一点信息",
    ),
    "only_missing": ("Lacking only this: {facts} ({n} of them).", "只缺：{facts}（{n} 个）。"),
    "nothing_fits": ("Nothing fits all wishes", "没有符合所有要求的套餐"),
    "without": ("Plans without the wish “{wishes}”: {n}.", "若放弃“{wishes}”：{n} 个套餐。"),
    # names of wishes and facts
    "name_pay": ("{payment} is taken", "可用{payment}"),
    "name_residents": ("open to residents", "居民可买"),
    "name_physical_sim": ("a SIM card for a phone without eSIM", "实体 SIM 卡"),
    "name_us_number": ("a US number", "美国号码"),
    "name_hotspot": ("the hotspot", "热点"),
    "name_on_network": ("the network", "指定网络"),
    "name_full_speed": ("how much runs at full speed", "高速流量多少"),
    "name_assumed_limit": ("a daily limit that is said", "注明的每日上限"),
    "name_stale": ("a price of the last 150 days", "150 天内的价格"),
    "name_old_promotion": ("a promotion of the last 30 days", "30 天内的促销"),
    "name_only_refills": ("who sells the SIM", "哪里卖 SIM 卡"),
    "name_tax": ("whether tax comes on top", "税是否另付"),
    "name_bound": ("whether it binds for longer", "是否绑定更久"),
    "name_sim_post": ("when the SIM card arrives", "SIM 卡何时到"),
    "name_sim_cost": ("what the SIM card costs", "SIM 卡价格"),
    "name_other_price": ("another source's price", "另一来源的价格"),
    "name_promotion": ("whether the promotion is still on", "促销是否还有效"),
    "name_risk": ("rarely short of fast data", "很少断高速流量"),
    "foreign_card": ("a card from outside the USA", "美国以外的银行卡"),
    "us_card": ("a US card", "美国银行卡"),
    "cash": ("cash", "现金"),
    # controls of notebook 00
    "language": ("Language", "语言"),
    "length": ("Days in the USA", "在美国几天"),
    "typed_days": ("or type days", "或输入天数"),
    "other_length": ("another number", "其他"),
    "visitor": ("I am", "我是"),
    "a_visitor": ("a visitor", "游客"),
    "a_resident": ("a resident", "居民"),
    "payment": ("I pay with", "付款方式"),
    "by_foreign_card": ("a foreign card", "外国银行卡"),
    "by_us_card": ("a US card", "美国银行卡"),
    "by_cash": ("cash", "现金"),
    "state": ("State (taxes)", "所在州（税）"),
    "any_state": ("not known", "不清楚"),
    "most_short_share": ("Risk accepted", "可接受的风险"),
    "one_in": ("1 in {n}", "{n} 次中 1 次"),
    "source": ("Usage from", "用量依据"),
    "from_usage": ("GB per day", "每天 GB"),
    "from_habits": ("my habits", "我的习惯"),
    "from_file": ("my own file", "自己的文件"),
    "usage": ("GB a day", "每天用 GB"),
    "youtube-480p": ("Video, h a day", "视频，时/天"),
    "whatsapp-video-call": ("Calls, h a day", "通话，时/天"),
    "maps-browsing": ("Maps, h a day", "地图，时/天"),
    "instagram-feed": ("Social, h a day", "社交，时/天"),
    "file": ("File", "文件"),
    "example_file": ("empty: an example", "留空为示例"),
    "upload": ("Upload a file", "上传文件"),
    "network": ("Network", "网络"),
    "any_network": ("any", "不限"),
    "hotspot_gb": ("Hotspot GB/month", "热点，每月 GB"),
    "esim_phone": ("My phone takes eSIMs", "手机支持 eSIM"),
    "us_number": ("I need a US number", "需要美国号码"),
    "autopay": ("AutoPay (automatic payment) is fine", "可用自动续费（AutoPay）"),
    "stated_only": ("Only what is stated", "只信写明的"),
    # around the answer
    "no_answer": ("No answer: {error}", "没有答案：{error}"),
    "hotspot_above_usage": (
        "the hotspot is a part of the usage (allowed: up to {month} GB a month)",
        "热点是用量的一部分（每月最多 {month} GB）",
    ),
    "several_persons": (
        "the file has several persons: {names} (expected the rows of one)",
        "文件里有多人：{names}（只能是一个人）",
    ),
    "many_fit": (
        "Plans that may fit: {n}, of which sure: {sure}.",
        "可能合适 {n} 个，其中稳妥 {sure} 个。",
    ),
    "plan": ("Plan", "套餐"),
    "all_in": ("In all", "合计"),
    "from_to": ("From, to", "范围"),
    "low_to_high": ("${low} to ${high}", "${low} 到 ${high}"),
    "price_seen": ("Price seen", "价格日期"),
    "open": ("What is open", "未确定"),
    "key": (
        "Mark: about what you pay in all. Band: with the lowest and the highest taxes and fees. "
        "Hollow: something to ask first. Right: day on which the price was seen, red if long ago.",
        "点：大约合计。横条：税费最低到最高。空心：要先问清楚。右边：价格日期，红色为较旧。",
    ),
    "key_second": ("Red line: what as long again costs.", "红线：再用同样长时间的费用。"),
    "carrier": ("carrier (own network)", "运营商"),
    "mvno": ("MVNO (on another's network)", "虚拟运营商"),
    "travel_esim": ("travel eSIM", "旅行 eSIM"),
    "list": ("; ", "；"),
    # small words
    "days": ("{n} days", "{n} 天"),
    "one_day": ("1 day", "1 天"),
    "a_year": ("a year", "一年"),
    "and": (" and ", "和"),
    "or": (" or ", "或"),
    "comma": (", ", "，"),
    "gap": (" ", ""),
    "end": (".", "。"),
}


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
        lacking = [
            ("", words("only_missing", n=n, facts=named(facts))) for facts, n in answer.missing
        ]
        said.append((words("no_surest", n=len(answer.plans)), lacking))
    for pick, key in (("surest", answer.surest), ("cheaper", answer.cheaper)):
        if key is not None:
            said.append((words(pick), _lines(answer, key, words)))
    return said


def seller_page(plan: pd.Series) -> str | None:
    """Return the seller's or the channel's own page, as far as its address is theirs."""
    address = plan["url"]
    if pd.isna(address):
        return None
    host = "".join(filter(str.isalnum, urlsplit(address).netloc.lower()))
    names = (str(plan["provider"]), str(plan["channel"]))
    ours = [
        "".join(filter(str.isalnum, word.lower())) for name in names for word in name.split()[:1]
    ]
    return address if any(word and word in host for word in ours) else None


def _lines(answer: Answer, key: str, words: Words) -> list[tuple[str, str]]:
    """Return the lines of one pick."""
    plan, top_up = answer.plans.loc[key], answer.top_up[key]
    found = {
        "buy": _buy(answer, plan, top_up, words),
        "pay": _pay(answer, key, plan, words),
        "gives": _gives(answer, plan, words),
        "top_up": _when(top_up, words),
        "arrived": words("balance")
        if top_up.balance is None
        else words("balance_at", where=top_up.balance),
        "note": "" if pd.isna(plan["note"]) else str(plan["note"]),
        "ask": words("gap").join(_questions(plan, answer, words)) or words("nothing_open"),
    }
    if key == answer.picks[0]:
        found |= {
            "otherwise": _otherwise(answer, plan, words),
            "twice": _if_twice(answer, key, words),
        }
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
    if pd.isna(plan["channel"]):
        said = words("bought_from_seller", name=plan["name"])
    else:
        said = words("bought_at", name=plan["name"], channel=plan["channel"])
    sentences = [said + words("end")]
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
    levels = {name: f"{plan[f'{name}_usd']:,.0f}" for name in ("low", "base", "high")}
    once = plan["one_off_usd"]
    said = [
        words.sentence(
            words(how, price=_till(plan["face_usd"]), times=f"{times:.0f}"),
            words("seen", day=words.day(plan["as_of"]), age=int(plan["age_days"])),
            words(
                "in_all" if levels["low"] != levels["high"] else "in_all_sure", stay=stay, **levels
            ),
            words("one_off", usd=_till(once)) if once else "",
        )
    ]
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
    after = plan["after_allowance"]
    if pd.isna(after):
        after = "deprioritize" if plan["unlimited"] else "stop"
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
    apart = (
        other["own_low_usd"] > plan["own_high_usd"] or other["own_high_usd"] < plan["own_low_usd"]
    )
    usd = f"{other['base_usd']:,.0f}"
    return words("about_usd" if apart else "about_equal", name=other["name"], usd=usd)


def _if_twice(answer: Answer, key: str, words: Words) -> str:
    if not answer.uses_data:
        return ""
    if answer.twice is None:
        return words("nothing")
    plan_id, name, base_usd = answer.twice
    usd = f"{base_usd:,.0f}"
    return words("same_plan", usd=usd) if plan_id == key else words("about_usd", name=name, usd=usd)
