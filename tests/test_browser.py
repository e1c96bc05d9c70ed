"""Notebook 00 as a reader meets it: opened in JupyterLab, run, and moved, at three sizes."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import (
    CHART,
    CHOOSER,
    CONTEXT,
    RUN_ALL,
    NoBrowser,
    jupyterlab,
    open_notebook,
    open_page,
)

from prepaid.words import PHRASES

pytestmark = pytest.mark.slow
NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "00-choose-my-plan.ipynb"
ANSWER = ".prepaid-answer"
CONTROLS = f"{CHOOSER} :is(select, input, textarea, button, [role=slider])"
SIZES = [(1024, 768), (1280, 720), (1440, 900)]
LOG = "date,mb\n" + "".join(f"2026-06-{day:02},{300 + 37 * day % 200}\n" for day in range(1, 29))
# A change is seen at once; what shows nothing for so long has no effect.
PATIENCE_S = 5
# Of a list with more options, one that changes something is enough.
FEW = 3
# What the answer says where a callback failed.
FAILURE = re.compile("|".join(re.escape(words.partition("{")[0]) for words in PHRASES["no_answer"]))

ERRORS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .flatMap(cell => cell.toJSON().outputs ?? [])
    .filter(out => out.output_type === 'error' || out.name === 'stderr')"""
SHOWN = f"""() => [document.querySelector('{ANSWER}').innerText,
    document.querySelector('{CHART}')?.src ?? '']"""
KIND = "control => control.getAttribute('role') ?? control.type"
LABEL = """control => (control.labels?.[0]
    ?? control.closest('.jupyter-widgets').querySelector('.widget-label')
    ?? control).innerText.replace(/ \\(\\d+\\)$/, '')"""
HAS_FOCUS = "control => control === document.activeElement"
TO_TOP = "() => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)"
TOO_WIDE = """elements => elements.filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.outerHTML.slice(0, 200))"""
# What is written in a list, and the arrow beside it.
CUT_OPTIONS = """lists => lists.flatMap(list => {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = getComputedStyle(list).font;
    const room = list.clientWidth - 24;
    return [...list.options].map(one => one.innerText)
        .filter(words => pen.measureText(words).width > room);
})"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the page with the notebook, all of it run."""
    folder = tmp_path_factory.mktemp("notebooks")
    # The controls count from today: here from the day of the stored outputs, whatever the calendar.
    live = "story.Chooser(data := prepaid.load())"
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text.count(live) == 1
    fixed = text.replace(live, "story.Chooser(data := prepaid.load(), on='2026-11-26')")
    (folder / NOTEBOOK.name).write_text(fixed, encoding="utf-8")
    try:
        with open_page() as page, jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as address:
            open_notebook(page, address.format(NOTEBOOK.name))
            assert page.evaluate(RUN_ALL), page.evaluate(ERRORS)
            page.locator(CHART).wait_for()
            yield page
    except NoBrowser as reason:
        pytest.skip(str(reason))


@pytest.fixture
def log_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("usage") / "my-usage.csv"
    path.write_text(LOG)
    return path


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(page, request):
    """Return the page at a size, scrolled to its top."""
    before = page.viewport_size
    page.set_viewport_size(dict(zip(("width", "height"), request.param, strict=True)))
    page.evaluate(TO_TOP)
    page.wait_for_timeout(500)
    yield page
    page.set_viewport_size(before)


@pytest.fixture(params=["en", "zh"])
def spoken(sized, request):
    """Return the page at a size and in a language."""
    choose = sized.locator(f"{CHOOSER} select:has(option:text('中文'))")
    before = shown(sized)
    choose.select_option(index=["en", "zh"].index(request.param))
    if request.param != "en":
        assert "最稳妥的选择" in shown_when(sized, lambda now: now != before)[0]
    yield sized
    choose.select_option(index=0)
    assert shown_when(sized, lambda now: now == before) == before


def shown(page) -> list[str]:
    """Return the answer's text and the chart, once the kernel is idle and both stand still."""
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
    controls = [
        control
        for control in page.locator(CONTROLS).all()
        if control.is_visible() and control.is_enabled()
    ]
    return {control.evaluate(LABEL): control for control in controls}


def labelled(page, label):
    """Return the control with a label."""
    return next(
        control
        for control in page.locator(CONTROLS).all()
        if control.evaluate(LABEL).startswith(label)
    )


def write(control, words):
    control.fill(words)
    control.press("Enter")


def upload(page, control, path):
    with page.expect_file_chooser() as chooser:
        control.click()
    chooser.value.set_files(path)


def moves(page, control, log_file) -> list[tuple[Callable, Callable]]:
    """Return ways to change a control, each with the way back; by keyboard where we can."""

    def select(index):
        return lambda: control.select_option(index=index)

    match control.evaluate(KIND):
        case "select-one":
            now, count = control.evaluate("control => [control.selectedIndex, control.length]")
            return [(select(index), select(now)) for index in range(count) if index != now]
        case "checkbox":
            return [(lambda: control.press("Space"), lambda: control.press("Space"))]
        case "number":
            now = control.input_value()
            more = str(float(now) + 5).removesuffix(".0")
            return [(lambda: write(control, more), lambda: write(control, now))]
        case "text":
            now = control.input_value()
            return [(lambda: write(control, "no-such-file.csv"), lambda: write(control, now))]
        case "submit" | "button":
            name = page.locator(f"{CHOOSER} input[type=text]")
            return [(lambda: upload(page, control, log_file), lambda: write(name, ""))]
        case kind:
            raise NotImplementedError(f"no way to move a control of kind {kind!r}")


def without_effect(page, tried: set[str], log_file) -> list[str]:
    """Move every control in use that was not tried, also what a choice brings to light.

    Returns the names of those without effect.
    Each is moved back, which must bring back what was shown before.
    """
    found = []
    controls = {name: control for name, control in in_use(page).items() if name not in tried}
    tried |= set(controls)
    for name, control in controls.items():
        first = now = shown(page)
        kind, ways, back, changed = (
            control.evaluate(KIND),
            moves(page, control, log_file),
            [],
            False,
        )
        for move, undo in ways:
            move()
            back.append(undo)
            now = shown_when(page, lambda new, old=now: new != old)
            changed |= now != first
            assert kind in ("text", "number") or not FAILURE.search(now[0]), name
            if now[1]:
                found += without_effect(page, tried, log_file)
            if changed and (kind != "select-one" or len(ways) >= FEW):
                break
        for undo in reversed(back):
            undo()
        assert shown_when(page, lambda new, old=first: new == old) == first, (
            f"{name} does not go back"
        )
        found += [name] * (not changed)
    return found


def test_running_all_cells_leaves_no_error_and_ends_at_the_controls(page):
    assert page.evaluate(ERRORS) == []
    assert page.evaluate("() => document.activeElement.closest('.prepaid-chooser') !== null")


def test_the_controls_and_the_first_lines_of_the_answer_are_in_view_without_scrolling(spoken):
    visible = [control for control in spoken.locator(CONTROLS).all() if control.is_visible()]
    lines = [spoken.locator(f"{ANSWER} .picks p").nth(line) for line in (0, 1)]
    bottom = spoken.locator(".jp-WindowedPanel-outer").bounding_box()
    for one in [*visible, *lines]:
        box = one.bounding_box()
        assert box["y"] > bottom["y"]
        assert box["y"] + box["height"] < bottom["y"] + bottom["height"]


def test_nothing_is_cut_or_scrolls_sideways(spoken):
    outputs = spoken.locator(
        ".jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-OutputArea-output *"
    )
    assert outputs.count() > 10
    scrolling = "getComputedStyle(one).overflowX.match('auto|scroll')"
    assert (
        outputs.evaluate_all(TOO_WIDE.replace("one.scrollWidth", f"{scrolling} && one.scrollWidth"))
        == []
    )
    assert spoken.locator("body, .jp-WindowedPanel-outer").evaluate_all(TOO_WIDE) == []
    hidden = spoken.locator(f"{CHOOSER} .widget-inline-hbox[style*='display: none']")
    assert hidden.count() > 3
    # Those that wait for a choice too.
    style = spoken.add_style_tag(
        content=".prepaid-chooser .widget-inline-hbox { display: flex !important; }"
    )
    assert spoken.locator(f"{CHOOSER} .widget-label").evaluate_all(TOO_WIDE) == []
    assert spoken.locator(f"{CHOOSER} select").evaluate_all(CUT_OPTIONS) == []
    style.evaluate("style => style.remove()")


def test_an_answer_and_a_picture_are_there_without_moving_anything(page):
    assert "$" in shown(page)[0]
    assert page.locator(CHART).evaluate("picture => picture.naturalWidth") > 0
    assert "$" in page.locator(CHART).get_attribute("alt")


def test_days_can_be_typed(page):
    before, days = shown(page), labelled(page, "or type days")
    write(days, "17")
    after = shown_when(page, lambda now: now != before)
    assert "17 days" in after[0]
    chosen = labelled(page, "Days in the USA").evaluate("list => list.selectedOptions[0].innerText")
    assert chosen.split() == ["another", "number"]
    write(days, "10")
    assert shown_when(page, lambda now: now == before) == before


def test_a_file_can_be_uploaded(page, log_file):
    before, source = shown(page), labelled(page, "Usage from")
    source.select_option(label="my own file")
    example = shown_when(page, lambda now: now != before)
    upload(page, labelled(page, "Upload a file"), log_file)
    after = shown_when(page, lambda now: now != example)
    assert "28 days, 1 June to 28 June 2026" in after[0]
    assert page.locator(f"{CHOOSER} input[type=text]").input_value() == log_file.name
    write(page.locator(f"{CHOOSER} input[type=text]"), "")
    source.select_option(label="GB per day")
    assert shown_when(page, lambda now: now == before) == before


def test_every_control_changes_something_that_is_seen(spoken, log_file):
    page = spoken
    before, payment = shown(page), labelled(page, PHRASES["payment"])
    payment.select_option(index=1)  # a US card: none for a foreign card has an AutoPay price
    assert shown_when(page, lambda now: now != before) != before
    tried = {name for name in in_use(page) if name.startswith(PHRASES["language"])}
    assert len(tried) == 1  # which others move
    assert without_effect(page, tried, log_file) == []
    assert len(tried) >= len(page.locator(CONTROLS).all())
    payment.select_option(index=0)
    assert shown_when(page, lambda now: now == before) == before


def test_every_control_has_a_label(page):
    names = [control.evaluate(LABEL) for control in page.locator(CONTROLS).all()]
    assert len(names) > 10
    assert all(names)
    assert len(set(names)) == len(names)


def test_tab_reaches_every_control(page):
    missed = in_use(page)
    next(iter(missed.values())).focus()
    for _ in range(3 * len(missed)):
        missed = {
            name: control for name, control in missed.items() if not control.evaluate(HAS_FOCUS)
        }
        page.keyboard.press("Tab")
    assert list(missed) == []


def test_no_dollars_are_taken_for_a_formula(page):
    for cell in page.locator(".jp-Notebook .jp-Cell").all():
        cell.scroll_into_view_if_needed()
    assert page.locator("mjx-container").count() == 0
    page.locator(CHART).scroll_into_view_if_needed()
