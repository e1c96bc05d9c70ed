"""What a figure says, and whether its words have room: for the tests of charts."""

from itertools import combinations

from matplotlib.text import Text


def words(ax):
    """Return the texts inside the axes."""
    return [text.get_text() for text in ax.texts]


def title(ax):
    """Return the title of the figure."""
    return ax.figure.get_suptitle()


def crowded(figure, pixels=10):
    """Return the texts nearer to an edge of the picture than `pixels`, or over each other."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    across, up = figure.canvas.get_width_height()
    boxes = []
    for text in set(figure.findobj(Text)) - _not_drawn(figure):
        if text.get_text().strip() and text.get_visible():
            boxes.append((text.get_text(), text.get_window_extent(renderer)))
    near = [
        f"{words!r} near an edge"
        for words, box in boxes
        if min(box.x0, box.y0, across - box.x1, up - box.y1) < pixels
    ]
    over = [
        f"{one!r} over {other!r}"
        for (one, a), (other, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 3
    ]
    return sorted(near + over)


def _not_drawn(figure):
    """Return the words of axes that are off, and of ticks beyond the limits of their axis."""
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            drawn = set(axis._update_ticks()) if ax.axison else set()
            ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
            hidden |= {
                label for tick in ticks if tick not in drawn for label in (tick.label1, tick.label2)
            }
    return hidden
