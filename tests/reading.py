"""How much there is to read in a notebook."""

import re

FIGURE, TABLE = "image/png", "text/html"


def words(cells):
    """Return how many words the Markdown cells have, marks such as | and - left out."""
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return sum(bool(re.search(r"\w", word)) for text in texts for word in text.split())


def outputs(cells, kind):
    """Return the stored outputs of a kind."""
    stored = [output for cell in cells for output in cell.get("outputs", [])]
    return [output for output in stored if kind in output.get("data", {})]


def minutes(cells):
    """Return how long it takes: 230 words a minute, 20 seconds a figure, 15 seconds a table."""
    return words(cells) / 230 + len(outputs(cells, FIGURE)) / 3 + len(outputs(cells, TABLE)) / 4
