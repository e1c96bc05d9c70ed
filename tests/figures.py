"""What a figure says: for the tests of charts."""


def words(ax):
    """Return the texts inside the axes."""
    return [text.get_text() for text in ax.texts]


def title(ax):
    """Return the title of a figure of several panels."""
    return ax.figure.get_suptitle()
