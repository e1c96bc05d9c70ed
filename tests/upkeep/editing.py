"""Changes of CSV files."""

import csv


def edit(path, change):
    """Change the rows of a CSV file, a list of dicts."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def set_cell(path, row, column, value):
    """Set one cell of a CSV file, counting rows from 0."""
    edit(path, lambda rows: rows[row].update({column: value}))
