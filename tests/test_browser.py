"""Notebook 00 as a reader meets it: opened in JupyterLab, run, and moved, at three sizes."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import (
    CHART,
    CHOOSER,
    RUN_ALL,
    NoBrowser,
    answered,
    jupyterlab,
    open_notebook,
    open_page,
)

from prepaid.words import PHRASES
from upkeep.readmes import reading_day

pytestmark = pytest.mark.slow
NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "00-choose-my-plan.ipynb"
ANSWER = ".prepaid-answer"
CONTROLS = f"{CHOOSER} :is(select, input, textarea, button, [role=slider])"
SIZES = [(1024, 768), (1280, 720), (1440, 900)]
LOG = "date,mb\n" + "".join(f"2026-06-{day:02},{300 + 37 * day % 200}\n" for day in range(1, 29))
# A change is asked of the kernel at once; what asks nothing for so long has no effect.
PATIENCE_S = 5
# Of a list with more options, one that changes something is enough.
FEW = 3
# What the answer says where a callback failed.
FAILURE = re.compile("|".join(re.escape(words.partition("{")[0]) for words in PHRASES["no_answer"]))

ERRORS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .flatMap(cell => cell.toJSON().outputs ?? [])
    .filter(out => out.output_type === 'error' || out.name === 'stderr')"""
# What is on the page once its parts keep their places: the answer, the controls in their order, and
# what goes beyond its room.
LOOK = f"""async () => {{
    const chooser = document.querySelector('{CHOOSER}'), chart = document.querySelector('{CHART}');
    for (let still = 0, place = ''; still < 3;) {{
        await new Promise(requestAnimationFrame);
        const now = JSON.stringify([chooser, chart].map(one => one?.getBoundingClientRect()));
        [still, place] = [now === place ? still + 1 : 0, now];
    }}
    if (chart?.src) await chart.decode();
    const label = one => (one.labels?.[0]
        ?? one.closest('.jupyter-widgets').querySelector('.widget-label')
        ?? one).innerText.replace(/ \\(\\d+\\)$/, '');
    const controls = [...document.querySelectorAll('{CONTROLS}')].map((one, place) => ({{
        place,
        label: label(one),
        kind: one.getAttribute('role') ?? one.type,
        seen: one.clientWidth > 0 && one.checkVisibility({{ visibilityProperty: true }}),
        enabled: !one.disabled,
        value: one.value,
        selected: one.selectedIndex,
        options: one.length,
    }}));
    const wide = (query, counts) => [...document.querySelectorAll(query)].filter(counts)
        .filter(one => one.scrollWidth > one.clientWidth + 1)
        .map(one => one.outerHTML.slice(0, 200));
    const scrolls = one => getComputedStyle(one).overflowX.match('auto|scroll');
    const outputs = '.jp-Notebook .jp-OutputArea-output';
    const panel = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
    const within = box => box.top > panel.top && box.bottom < panel.bottom;
    const lines = [...document.querySelectorAll('{ANSWER} .picks p')].slice(0, 2);
    return {{
        shown: [document.querySelector('{ANSWER}').innerText, chart?.src ?? ''],
        picture: chart?.naturalWidth && chart.checkVisibility() && chart.clientWidth,
        controls,
        outside: [...document.querySelectorAll('{CONTROLS}'), ...lines]
            .filter(one => one.checkVisibility() && !within(one.getBoundingClientRect()))
            .map(label),
        outputs: document.querySelectorAll(`${{outputs}}, ${{outputs}} *`).length,
        wide: [...wide(`${{outputs}}, ${{outputs}} *`, scrolls),
            ...wide('body, .jp-WindowedPanel-outer', () => true)],
    }};
}}"""
FOCUS = f"() => [...document.querySelectorAll('{CONTROLS}')].indexOf(document.activeElement)"
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
    fixed = text.replace(live, f"story.Chooser(data := prepaid.load(), on='{reading_day()}')")
    (folder / NOTEBOOK.name).write_text(fixed, encoding="utf-8")
    try:
        with open_page() as page, jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as address:
            open_notebook(page, address.format(NOTEBOOK.name))
            with answered(page, PATIENCE_S):
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


@pytest.fixture(params=["en", "zh"])
def spoken(page, request):
    """Return the page in a language."""
    choose = page.locator(f"{CHOOSER} select:has(option:text('中文'))")
    before = shown(page)
    if request.param != "en":
        assert "最稳妥的选择" in moved(page, lambda: choose.select_option(index=1))[0]
    yield page
    if request.param != "en":
        assert moved(page, lambda: choose.select_option(index=0)) == before


def shown(page) -> list[str]:
    """Return the answer's text and the chart."""
    return page.evaluate(LOOK)["shown"]


def moved(page, move: Callable[[], None]) -> list[str]:
    """Make a move; return what is shown once the kernel has answered it."""
    with answered(page, PATIENCE_S):
        move()
    return shown(page)


def at_each_size(page) -> Iterator[tuple[tuple[int, int], dict]]:
    """Resize the page; yield each size and how the page looks: first as it is, if at an end."""
    now = (page.viewport_size["width"], page.viewport_size["height"])
    for size in sorted(SIZES, reverse=now == SIZES[-1]):
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        yield size, page.evaluate(LOOK)


def in_use(look: dict) -> dict:
    """Return the controls that can be seen and moved, by label."""
    return {one["label"]: one for one in look["controls"] if one["seen"] and one["enabled"]}


def labelled(page, label):
    """Return the control with a label."""
    controls = page.evaluate(LOOK)["controls"]
    place = next(one["place"] for one in controls if one["label"].startswith(label))
    return page.locator(CONTROLS).nth(place)


def write(control, words):
    control.fill(words)
    control.press("Enter")


def upload(page, control, path):
    with page.expect_file_chooser() as chooser:
        control.click()
    chooser.value.set_files(path)


def moves(page, about, log_file) -> list[tuple[Callable, Callable]]:
    """Return ways to change a control, each with the way back; by keyboard where we can."""
    control, now = page.locator(CONTROLS).nth(about["place"]), about["value"]

    def select(index):
        return lambda: control.select_option(index=index)

    match about["kind"]:
        case "select-one":
            now = about["selected"]
            return [
                (select(index), select(now)) for index in range(about["options"]) if index != now
            ]
        case "checkbox":
            return [(lambda: control.press("Space"), lambda: control.press("Space"))]
        case "number":
            more = str(float(now) + 5).removesuffix(".0")
            return [(lambda: write(control, more), lambda: write(control, now))]
        case "text":
            return [(lambda: write(control, "no-such-file.csv"), lambda: write(control, now))]
        case "submit" | "button":
            name = page.locator(f"{CHOOSER} input[type=text]")
            return [(lambda: upload(page, control, log_file), lambda: write(name, ""))]
        case kind:
            raise NotImplementedError(f"no way to move a control of kind {kind!r}")


def without_effect(page, first: dict, tried: set[str], log_file) -> list[str]:
    """Move every control in use that was not tried, also what a choice brings to light.

    `first` is how the page looks at each size. Returns the names of the controls without effect at
    some size. Each is moved back, which must bring back what was shown before, at each size.
    """
    found = []
    controls = {name: one for name, one in in_use(first[SIZES[0]]).items() if name not in tried}
    tried |= set(controls)
    for name, about in controls.items():
        back, without = [], set(SIZES)
        for move, undo in (ways := moves(page, about, log_file)):
            with answered(page, PATIENCE_S):
                move()
            back.append(undo)
            now = dict(at_each_size(page))
            for size, look in now.items():
                assert name in in_use(look), f"{name} is not to be seen at {size}"
                assert look["wide"] == [], f"after {name}, at {size}"
                assert look["picture"] or not look["shown"][1], f"after {name}, at {size}"
                if look["shown"] != first[size]["shown"]:
                    without.discard(size)
                assert about["kind"] in ("text", "number") or not FAILURE.search(look["shown"][0])
            if now[SIZES[0]]["shown"][1]:
                found += without_effect(page, now, tried, log_file)
            if not without and (about["kind"] != "select-one" or len(ways) >= FEW):
                break
        with answered(page, PATIENCE_S):
            for undo in reversed(back):
                undo()
        for size, look in at_each_size(page):
            assert look["shown"] == first[size]["shown"], f"{name} does not go back at {size}"
        found += [f"{name} at {size}" for size in without]
    return found


def test_running_all_cells_leaves_no_error_and_ends_at_the_controls(page):
    assert page.evaluate(ERRORS) == []
    assert page.evaluate("() => document.activeElement.closest('.prepaid-chooser') !== null")


def test_the_controls_and_the_first_lines_of_the_answer_are_in_view_without_scrolling(spoken):
    spoken.evaluate(TO_TOP)
    for size, look in at_each_size(spoken):
        assert len(in_use(look)) > 10
        assert look["outside"] == [], size


def test_nothing_is_cut_or_scrolls_sideways(spoken):
    hidden = spoken.locator(f"{CHOOSER} .widget-inline-hbox[style*='display: none']")
    for size, look in at_each_size(spoken):
        assert look["outputs"] > 10
        assert look["wide"] == [], size
        assert hidden.count() > 3
        # Those that wait for a choice too.
        style = spoken.add_style_tag(
            content=".prepaid-chooser .widget-inline-hbox { display: flex !important; }"
        )
        assert spoken.locator(f"{CHOOSER} .widget-label").evaluate_all(TOO_WIDE) == [], size
        assert spoken.locator(f"{CHOOSER} select").evaluate_all(CUT_OPTIONS) == [], size
        style.evaluate("style => style.remove()")


def test_an_answer_and_a_picture_are_there_without_moving_anything(page):
    look = page.evaluate(LOOK)
    assert "$" in look["shown"][0]
    assert look["picture"] > 0
    assert "$" in page.locator(CHART).get_attribute("alt")


def test_days_can_be_typed(page):
    before, days = shown(page), labelled(page, "or type days")
    assert "17 days" in moved(page, lambda: write(days, "17"))[0]
    chosen = labelled(page, "Days in the USA").evaluate("list => list.selectedOptions[0].innerText")
    assert chosen.split() == ["another", "number"]
    assert moved(page, lambda: write(days, "10")) == before


def test_a_file_can_be_uploaded(page, log_file):
    before, source = shown(page), labelled(page, "Usage from")
    assert moved(page, lambda: source.select_option(label="my own file")) != before
    button = labelled(page, "Upload a file")
    said, _ = moved(page, lambda: upload(page, button, log_file))
    assert "28 days, 1 June to 28 June 2026" in said
    name = page.locator(f"{CHOOSER} input[type=text]")
    assert name.input_value() == log_file.name
    moved(page, lambda: write(name, ""))
    assert moved(page, lambda: source.select_option(label="GB per day")) == before


def test_every_control_changes_something_that_is_seen(spoken, log_file):
    page = spoken
    before, payment = shown(page), labelled(page, PHRASES["payment"])
    # A US card: none for a foreign card has an AutoPay price.
    assert moved(page, lambda: payment.select_option(index=1)) != before
    first = dict(at_each_size(page))
    tried = {name for name in in_use(first[SIZES[0]]) if name.startswith(PHRASES["language"])}
    assert len(tried) == 1  # which others move
    assert without_effect(page, first, tried, log_file) == []
    assert len(tried) >= page.locator(CONTROLS).count()
    assert moved(page, lambda: payment.select_option(index=0)) == before


def test_every_control_has_a_label(page):
    names = [one["label"] for one in page.evaluate(LOOK)["controls"]]
    assert len(names) > 10
    assert all(names)
    assert len(set(names)) == len(names)


def test_tab_reaches_every_control(page):
    missed = in_use(page.evaluate(LOOK))
    page.locator(CONTROLS).nth(min(one["place"] for one in missed.values())).focus()
    for _ in range(3 * len(missed)):
        place = page.evaluate(FOCUS)
        missed = {name: one for name, one in missed.items() if one["place"] != place}
        page.keyboard.press("Tab")
    assert list(missed) == []


def test_no_dollars_are_taken_for_a_formula(page):
    for cell in page.locator(".jp-Notebook .jp-Cell").all():
        cell.scroll_into_view_if_needed()
    assert page.locator("mjx-container").count() == 0
    page.locator(CHART).scroll_into_view_if_needed()
