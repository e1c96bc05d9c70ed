"""Notebook 00 as a reader meets it: opened in JupyterLab, run, and its controls moved."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import CHART, CONTEXT, RUN_ALL, NoBrowser, jupyterlab, open_notebook, open_page

pytestmark = pytest.mark.slow
NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "00-choose-my-plan.ipynb"
ANSWER = ".prepaid-answer"
CHOOSER = f".jp-OutputArea-output:has({ANSWER})"
CONTROLS = f"{CHOOSER} :is(select, input, textarea, button, [role=slider])"
# A change is seen at once; what shows nothing for so long has no effect.
PATIENCE_S = 5
# Of a list with more options, one that changes something is enough.
FEW = 3
# What the answer says where a callback failed.
FAILURE = re.compile("No answer: ")

ERRORS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .flatMap(cell => cell.toJSON().outputs ?? []).filter(out => out.output_type === 'error' || out.name === 'stderr')"""
SHOWN = f"""async () => {{
    const picture = document.querySelector('{CHART}').src;
    const bytes = picture ? await (await fetch(picture)).arrayBuffer() : new ArrayBuffer(0);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [document.querySelector('{ANSWER}').innerText, digest.join('-')];
}}"""
KIND = "control => control.getAttribute('role') ?? control.type"
LABEL = (
    "control => (control.labels?.[0] ?? control.closest('.jupyter-widgets').querySelector('.widget-label'))?.innerText"
)
HAS_FOCUS = "control => control === document.activeElement"
TOO_WIDE = (
    "elements => elements.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 200))"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the page with the notebook, all of it run."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(NOTEBOOK, folder)
    try:
        with open_page() as page, jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as address:
            open_notebook(page, address.format(NOTEBOOK.name))
            assert page.evaluate(RUN_ALL), page.evaluate(ERRORS)
            page.locator(CHART).wait_for()
            yield page
    except NoBrowser as reason:
        pytest.skip(str(reason))


def shown(page) -> list[str]:
    """Return the answer's text and the chart's digest, once the kernel is idle and both stand still."""
    before, now = None, []
    while now != before:
        page.wait_for_function(f"() => {CONTEXT}.session.kernel.status === 'idle'")
        page.wait_for_timeout(50)
        before, now = now, page.evaluate(SHOWN)
    return now


def shown_when(page, wanted: Callable[[list[str]], bool]) -> list[str]:
    """Return what is shown as soon as it is what is wanted, or else after some patience."""
    deadline = time.monotonic() + PATIENCE_S
    while not wanted(now := shown(page)) and time.monotonic() < deadline:
        pass
    return now


def in_use(page) -> dict:
    """Return the controls that can be seen and moved, by label."""
    controls = [control for control in page.locator(CONTROLS).all() if control.is_visible() and control.is_enabled()]
    return {control.evaluate(LABEL): control for control in controls}


def moves(control) -> list[tuple[Callable, Callable]]:
    """Return ways to change a control, each with the way back, by keyboard where a browser lets us."""

    def press(key):
        return lambda: control.press(key)

    def select(index):
        return lambda: control.select_option(index=index)

    def write(words):
        return lambda: (control.fill(words), control.press("Enter"))

    match control.evaluate(KIND):
        case "slider":
            return [(press("ArrowRight"), press("ArrowLeft")), *[(press("PageUp"), press("PageDown"))] * 3]
        case "select-one":
            now, count = control.evaluate("control => [control.selectedIndex, control.length]")
            return [(select(index), select(now)) for index in range(count) if index != now]
        case "checkbox":
            return [(press("Space"), press("Space"))]
        case "text":
            return [(write("no-such-file.csv"), write(control.input_value()))]
        case kind:
            raise NotImplementedError(f"no way to move a control of kind {kind!r}")


def without_effect(page, tried: set[str]) -> list[str]:
    """Move every control in use that was not tried, also what a choice brings to light; name those without effect.

    Each is moved back, which must bring back what was shown before.
    """
    found = []
    controls = {name: control for name, control in in_use(page).items() if name not in tried}
    tried |= set(controls)
    for name, control in controls.items():
        first = now = shown(page)
        kind, ways, back, changed = control.evaluate(KIND), moves(control), [], False
        for move, undo in ways:
            move()
            back.append(undo)
            now = shown_when(page, lambda new, old=now: new != old)
            changed |= now != first
            assert kind == "text" or not FAILURE.search(now[0]), name
            found += without_effect(page, tried)
            if changed and (kind != "select-one" or len(ways) >= FEW):
                break
        for undo in reversed(back):
            undo()
        assert shown_when(page, lambda new, old=first: new == old) == first, f"{name} does not go back"
        found += [name] * (not changed)
    return found


def test_running_all_cells_leaves_no_error(page):
    assert page.evaluate(ERRORS) == []


def test_the_controls_and_the_answer_are_in_view_without_scrolling(page):
    for first in (CONTROLS, f"{ANSWER} p"):
        box = page.locator(first).first.bounding_box()
        assert box["y"] > 0
        assert box["y"] + box["height"] < page.viewport_size["height"]


def test_an_answer_and_a_picture_are_there_without_moving_anything(page):
    assert "$" in shown(page)[0]
    assert page.locator(CHART).evaluate("picture => picture.naturalWidth") > 0


def test_a_slider_moved_by_keyboard_changes_the_answer_and_the_picture(page):
    before = shown(page)
    slider = page.locator(f"{CHOOSER} [role=slider]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    after = shown_when(page, lambda now: now[0] != before[0] and now[1] != before[1])
    page.keyboard.press("ArrowLeft")
    assert after[0] != before[0]
    assert after[1] != before[1]
    assert not FAILURE.search(after[0])
    assert shown_when(page, lambda now: now == before) == before


def test_every_control_changes_something_that_is_seen(page):
    tried = set()
    assert without_effect(page, tried) == []
    assert len(tried) >= len(page.locator(CONTROLS).all())


def test_every_control_has_a_label(page):
    names = [control.evaluate(LABEL) for control in page.locator(CONTROLS).all()]
    assert len(names) > 10
    assert all(names)
    assert len(set(names)) == len(names)


def test_tab_reaches_every_control(page):
    missed = in_use(page)
    next(iter(missed.values())).focus()
    for _ in range(3 * len(missed)):
        missed = {name: control for name, control in missed.items() if not control.evaluate(HAS_FOCUS)}
        page.keyboard.press("Tab")
    assert list(missed) == []


def test_no_dollars_are_taken_for_a_formula(page):
    for cell in page.locator(".jp-Notebook .jp-Cell").all():
        cell.scroll_into_view_if_needed()
    assert page.locator("mjx-container").count() == 0
    page.locator(CHART).scroll_into_view_if_needed()


def test_nothing_is_cut_or_scrolls_sideways(page):
    outputs = page.locator(".jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-OutputArea-output *")
    assert outputs.count() > 10
    scrolling = "getComputedStyle(one).overflowX.match('auto|scroll')"
    assert outputs.evaluate_all(TOO_WIDE.replace("one.scrollWidth", f"{scrolling} && one.scrollWidth")) == []
    page.add_style_tag(content=".widget-inline-hbox { display: flex !important; }")  # those that wait for a choice too
    assert page.locator(f"{CHOOSER} .widget-label").evaluate_all(TOO_WIDE) == []
