"""The data dictionary: `python -m prepaid.dictionary` writes the columns of each table into data/README.md."""

import re

from prepaid.catalog import DATA
from prepaid.schema import TABLES, Table


def columns(table: Table) -> str:
    """Return the columns of a table as Markdown: name, kind, what is allowed, meaning."""
    rows = [f"| `{one.name}` | {one.kind.name} | {one.expected} | {one.meaning} |" for one in table.columns]
    return "\n".join(["| column | kind | expected | meaning |", "| --- | --- | --- | --- |", *rows])


def with_columns(text: str) -> str:
    """Return the dictionary's text with the columns of every table between its two marks.

    Raises
    ------
    ValueError
        If a table has no marks.
    """
    for name, table in TABLES.items():
        marks = rf"(<!-- columns: {name} -->\n).*?(\n<!-- end -->)"
        text, found = re.subn(
            marks, lambda marks, table=table: marks[1] + columns(table) + marks[2], text, flags=re.DOTALL
        )
        if not found:
            raise ValueError(f"data/README.md has no place for {table.file} (expected <!-- columns: {name} -->)")
    return text


if __name__ == "__main__":
    path = DATA / "README.md"
    path.write_text(with_columns(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
