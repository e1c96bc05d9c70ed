"""The dictionary in data/README.md: the columns that datapackage.json declares."""

from pathlib import Path

from prepaid.catalog.kinds import DATA, Table, declared

HEAD = "| column | kind | expected | meaning |\n| --- | --- | --- | --- |"


def with_columns(text: str, tables: dict[str, Table]) -> str:
    """Return the dictionary's text with the columns of every table between its two marks.

    Raises ValueError if a table has none.
    """
    for name, table in tables.items():
        start, end = f"<!-- columns: {name} -->\n", "\n<!-- end -->"
        before, found, rest = text.partition(start)
        if not found:
            raise ValueError(f"README.md has no place for {table.file} (expected {start.strip()})")
        rows = [
            f"| `{one.name}` | {one.kind.name} | {one.expected} | {one.meaning} |"
            for one in table.columns
        ]
        text = before + start + "\n".join([HEAD, *rows]) + end + rest.partition(end)[2]
    return text


def write_dictionary(folder: Path = DATA) -> None:
    """Write the columns of every table that a folder declares into its README.md."""
    path = folder / "README.md"
    text = with_columns(path.read_text(encoding="utf-8"), declared(folder))
    path.write_text(text, encoding="utf-8", newline="\n")
