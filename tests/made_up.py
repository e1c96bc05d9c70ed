"""Small tables for tests, in the columns of the real ones: what a row does not give is blank."""

import datetime as dt

import pandas as pd

import prepaid
from prepaid.prices import plan_names
from prepaid.story.price_per_gb import unit_prices

DATA = prepaid.load()
BASE = DATA.assumptions["base"]
ON = dt.date(2026, 11, 26)  # the reader's day
CATALOGUE = DATA.plans.join(unit_prices(DATA.plans, on=ON)).assign(name=plan_names)
ASSUMED = pd.DataFrame(
    {
        "low": [0, 0, 0, 0, 0, 0, 0],
        "base": [2, 1, 0, 3, 0, 0, 0],
        "high": [5, 1.5, 4, 6, 2, 1, 1],
    },
    index=[
        "local_sales_tax_percent",
        "unstated_911_usd",
        "unstated_fee_carrier_usd",
        "unstated_fee_third_party_usd",
        "unstated_fee_store_usd",
        "unstated_fee_travel_esim_usd",
        "travel_esim_sales_tax_share",
    ],
)


def table(real, rows):
    """Return rows in the columns of a real table."""
    key = real.index.name
    return pd.DataFrame(rows, columns=[key, *real.columns]).set_index(key).astype(real.dtypes)


def plans(**rows):
    """Return plans in the catalogue's columns: 30-day packs of 5 GB at $10, changed as told."""
    usual = {"provider": "Brand", "provider_kind": "mvno", "offer": "standard", "price_usd": 10.0}
    usual |= {"term_days": 30, "data_gb": 5.0, "allowance_days": 30, "as_of": pd.Timestamp(ON)}
    usual |= dict.fromkeys(("notional_data", "unlimited", "tourist_only"), False)
    made = [{"plan_id": name, "plan": name, **usual, **cells} for name, cells in rows.items()]
    return table(DATA.plans, made)


def channels(*rows, **row):
    """Return channels a, b, ... with these cells; carriers unless said otherwise."""
    made = [
        {"channel_id": "abcdefgh"[n], "kind": "carrier", **cells}
        for n, cells in enumerate(rows or [row])
    ]
    return table(DATA.channels, made)


def plan_like(**columns):
    """Return a plan of 5 GB for 10 days at $10, changed as told."""
    plan = {
        "plan_id": "made-up",
        "price_usd": 10.0,
        "term_days": 10,
        "data_gb": 5.0,
        "allowance_days": 10,
    }
    return pd.Series({**plan, **columns})


def one_plan(**columns):
    """Return a table of one plan: a standard 30-day pack of 5 GB that stops, changed as told."""
    row = CATALOGUE.loc[["nomad-3gb-30d"]].copy()
    columns = {"data_gb": 5.0, "price_usd": 10.0, "after_allowance": "stop", **columns}
    for column, value in columns.items():
        row[column] = pd.Series([value], index=row.index).astype(row[column].dtype)
    return row


def comparison(**rows):
    """Return what `compare` says, from (mean_cost_usd, short_share) by name."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean_cost_usd", "short_share"])
    return table.assign(unused_usd=0.0).rename_axis("plan_id")
