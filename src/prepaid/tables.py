"""Tables as the notebooks show them: each value with the unit that is in its column's name."""

import pandas as pd

UNITS = {
    "usd": "${:,.2f}",
    "gb": "{:,.1f} GB",
    "mb": "{:,.0f} MB",
    "days": "{:,.0f} days",
    "minutes": "{:,g} min",
    "kbps": "{:,.0f} kbit/s",
    "share": "{:.1%}",
    "ratio": "{:.3f}",
}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text, values with the unit in their column's name; missing is a dash.

    Of several units in a name the first counts (`usd_per_gb` is money). Other columns stay.
    """
    written = table.astype(object).where(table.notna(), "-")
    for column in table:
        unit = next((word for word in str(column).split("_") if word in UNITS), None)
        if unit:
            write = UNITS[unit].format
            written[column] = ["-" if pd.isna(value) else write(value) for value in table[column]]
    return written
