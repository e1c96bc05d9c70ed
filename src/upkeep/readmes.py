"""What both READMEs say of the data: the sentences as they should read."""

import datetime as dt
import re

import pandas as pd

from prepaid.catalog import Catalog
from prepaid.prices import STALE_AFTER_DAYS, age_days
from prepaid.story.price_per_gb import slows_down, unit_prices
from prepaid.words import Words
from upkeep.repository import ROOT

# In the settings of a notebook, the day from which it counts ages.
DAY = re.compile(r"(?<=\bon = )((?:dt\.)?date)\((\d+), (\d+), (\d+)\)")


def reading_day() -> dt.date:
    """Return the day from which the notebooks count ages, and the READMEs, too."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if found := DAY.search(path.read_text(encoding="utf-8")):
            return dt.date(*map(int, found.groups()[1:]))
    return dt.date.today()


def sentences(data: Catalog, on: dt.date) -> dict[str, list[str]]:
    """Return what each README should say of the data on a day, by its file's name.

    Line breaks are left out.
    """
    plans, cards = data.plans, data.channels["foreign_card"]
    seen = plans["as_of"].sort_values()
    half = seen.iloc[len(plans) // 2] + pd.Timedelta(days=STALE_AFTER_DAYS + 1)
    first, last, read = seen.iloc[0], seen.iloc[-1], pd.Timestamp(on)
    n, sellers, ways = len(plans), plans["provider"].nunique(), len(cards)
    esims, unlimited = plans[plans["provider_kind"] == "travel_esim"], plans[plans["unlimited"]]
    undated, old = data.channels["as_of"].isna().sum(), age_days(plans, on) > STALE_AFTER_DAYS
    untaxed, silent = esims["taxes_included"].isna().sum(), slows_down(unlimited) == "not said"
    yes, open_ = (cards == "yes").sum(), cards.isna().sum()
    packs = esims[(esims["offer"] == "standard") & (esims["price_usd"] > 0) & ~esims["unlimited"]]
    packs = packs.join(unit_prices(packs, on=on)).dropna(subset="usd_per_gb")
    packs = packs[~packs["refreshes"]]
    sizes = packs.groupby("data_gb")["usd_per_gb"].agg(["median", "size"]).query("size >= 10")
    (small, dear), (large, cheap) = sizes["median"].iloc[[0, -1]].items()
    en, zh = Words("en").day, Words("zh").day
    english = [
        f"Chart of {len(packs)} travel eSIM packs: the median price of a gigabyte falls "
        f"from ${dear:.2f} in packs of {small:g} GB to ${cheap:.2f} in packs of {large:g} GB",
        f"Prices of {en(first)} to {en(last)}",
        f"{n} plans of {sellers} sellers, each dated",
        f"and {ways} ways to pay, {undated} of them undated",
        f"on {en(read)}, {old.sum()} of {n} prices were older",
        f"older than {STALE_AFTER_DAYS} days; unless renewed, half are from {en(half)} on",
        f"{untaxed} of {len(esims)} travel eSIMs do not say whether",
        f"{silent.sum()} of {len(unlimited)} such plans say nothing",
        f"{yes} of {ways} ways to pay say that they take them",
        f"them, {open_} say nothing",
    ]
    chinese = [
        f"{len(packs)} 个旅行 eSIM 流量包的价格图：每 GB 的中位价从 {small:g} GB 包的 ${dear:.2f} "
        f"降到 {large:g} GB 包的 ${cheap:.2f}",
        f"{n} 个套餐，{sellers} 个卖家，{ways} 种充值方式，每一条都有来源",
        f"价格取自 {zh(first)}至 {zh(last)}",
        f"{zh(read)}这天，{n} 个价格里有 {old.sum()} 个已超过 {STALE_AFTER_DAYS} 天",
        f"到 {zh(half)}会有一半超过",
        f"{len(esims)} 个旅行 eSIM 里，{untaxed} 个没写",
        f"{len(unlimited)} 个这样的套餐里，{silent.sum()} 个完全没提",
        f"{ways} 种充值方式里，只有 {yes} 种写明收外国卡，{open_} 种什么都没写",
        f"{n} 个套餐（{sellers} 个卖家，每个都有日期）和 {ways} 种充值方式（{undated} 种没有日期）",
    ]
    return {"README.md": english, "README.zh-CN.md": chinese}
