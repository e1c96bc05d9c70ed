"""Tables as the notebooks show them: rounded, with their units."""

import pandas as pd

# The unit is part of a column's name: prefix or suffix, and how a value is written.
UNITS = {
    "usd": lambda value: f"${value:,.2f}",
    "gb": lambda value: f"{value:,.1f} GB",
    "mb": lambda value: f"{value:,.0f} MB",
    "days": lambda value: f"{value:,.0f} days",
    "minutes": lambda value: f"{value:,g} min",
    "kbps": lambda value: f"{value:,.0f} kbit/s",
    "share": lambda value: f"{value:.1%}",
    "ratio": lambda value: f"{value:.3f}",
}


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text, each value written with the unit in its column's name; missing is a dash.

    Of several units in a name the first counts (`usd_per_gb` is money). Columns without a unit stay as they are.
    """
    written = table.astype(object).where(table.notna(), "-")
    for column in table:
        unit = next((word for word in str(column).split("_") if word in UNITS), None)
        if unit:
            written[column] = ["-" if pd.isna(value) else UNITS[unit](value) for value in table[column]]
    return written
