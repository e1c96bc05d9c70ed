"""Small tables for tests, in the columns of the real ones: what a row does not give is blank."""

import pandas as pd

import prepaid

DATA = prepaid.load()
ASSUMED = pd.DataFrame(
    {"low": [0, 0, 0, 0, 0], "base": [2, 1, 0, 3, 0], "high": [5, 1.5, 4, 6, 2]},
    index=[
        "local_sales_tax_percent",
        "unstated_911_usd",
        "unstated_fee_carrier_usd",
        "unstated_fee_third_party_usd",
        "unstated_fee_store_usd",
    ],
)


def table(real, rows):
    """Return rows in the columns of a real table."""
    key = real.index.name
    return pd.DataFrame(rows, columns=[key, *real.columns]).set_index(key).astype(real.dtypes)


def channels(*rows, **row):
    """Return channels a, b, ... with these cells; carriers unless said otherwise."""
    made = [{"channel_id": "abcdefgh"[n], "kind": "carrier", **cells} for n, cells in enumerate(rows or [row])]
    return table(DATA.channels, made)


def plan_like(**columns):
    """Return a plan of 5 GB for 10 days at $10, changed as told."""
    plan = {"plan_id": "made-up", "price_usd": 10.0, "term_days": 10, "data_gb": 5.0, "allowance_days": 10}
    return pd.Series({**plan, **columns})
