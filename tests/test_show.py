"""How tables are written."""

import pandas as pd

import prepaid


def test_tables_are_written_with_their_units():
    table = pd.DataFrame(
        {
            "plan": ["A", None],
            "price_usd": [1234.5, None],
            "data_gb": [0.25, 5],
            "term_days": pd.array([30, None], "Int64"),
        }
    )
    written = prepaid.readable(table.assign(usd_per_gb=[0.5, 1.0], short_share=[0.051, 1.0]))
    assert written.iloc[0].tolist() == ["A", "$1,234.50", "0.2 GB", "30 days", "$0.50", "5.1%"]
    assert written.iloc[1].tolist() == ["-", "-", "5.0 GB", "-", "$1.00", "100.0%"]
