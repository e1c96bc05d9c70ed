"""A notebook in JupyterLab, in a real browser without a window."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WINDOW = {"width": 1280, "height": 720}
# The controls with their answer, and in it the picture, which comes last.
CHOOSER, CHART = ".prepaid-chooser", ".prepaid-chart"
# Nothing may take longer, even where other tests keep both cores busy.
PATIENCE_S = 60
CONTEXT = "window.jupyterapp?.shell?.currentWidget?.sessionContext"
# A command sent before the kernel is ready is lost without a word.
READY = f"async () => {{ await {CONTEXT}.ready; await {CONTEXT}.session.kernel.info; }}"
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
# Counts what is asked of the kernel, and keeps what it has not done with yet.
LISTEN = f"""() => {{
    const kernel = {CONTEXT}.session.kernel;
    window.asked = 0;
    window.pending = new Set();
    kernel.anyMessage.connect((_, {{ direction, msg }}) => {{
        if (direction === 'send' && msg.channel === 'shell') {{
            window.asked += 1;
            window.pending.add(msg.header.msg_id);
        }}
    }});
    kernel.iopubMessage.connect((_, {{ content, parent_header }}) => {{
        if (content.execution_state === 'idle') window.pending.delete(parent_header.msg_id);
    }});
}}"""
# A change is asked of the kernel at once. Its answer is on the page before the kernel is idle; what
# that asks in turn is asked by the next frame.
ANSWERED = f"""async ([before, patience]) => {{
    const start = performance.now(), waited = () => performance.now() - start;
    for (let quiet = 0; quiet < 3;) {{
        await new Promise(requestAnimationFrame);
        quiet = window.asked > before && !window.pending.size ? quiet + 1 : 0;
        if (window.asked === before && waited() > 1000 * patience) break;
        if (waited() > 1000 * {PATIENCE_S}) throw new Error('the kernel does not answer');
    }}
}}"""


class NoBrowser(Exception):
    """No Chromium is installed, or it does not start."""


@contextmanager
def open_page() -> Iterator[Page]:
    """Open a page in Playwright's Chromium or, where that is not installed, in one on the PATH."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        program = (
            own if Path(own).exists() else next(filter(None, map(shutil.which, PROGRAMS)), None)
        )
        if not program:
            raise NoBrowser(
                "no Chromium: install your system's, or run `playwright install chromium`"
            )
        try:
            # With scroll bars, as readers have them.
            browser = playwright.chromium.launch(
                executable_path=program, ignore_default_args=["--hide-scrollbars"]
            )
        except Error as error:
            raise NoBrowser(f"{program} does not start: {error.message.splitlines()[0]}") from error
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(1000 * PATIENCE_S)
        yield page
        browser.close()


def started(server: subprocess.Popen, folder: Path) -> tuple[Path, dict]:
    """Return the file in which a server says where it is, once it has written all of it."""
    deadline = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < deadline:
        for file in folder.glob("jpserver-*.json"):
            with suppress(ValueError):  # half of it
                return file, json.loads(file.read_text())
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start, or does not say so in {folder}")


@contextmanager
def jupyterlab(folder: Path, own: Path) -> Iterator[str]:
    """Serve a folder in JupyterLab on a free port; yield the address of its files.

    All that JupyterLab reads and writes besides is in `own`: nobody's settings count or change.
    """
    settings = (
        own / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    places = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    environment = {
        **os.environ,
        **{name: str(own / name.lower()) for name in places},
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(own / "settings")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--expose-app-in-browser",
        "--allow-root",
    ]
    command += ["--ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"]
    log = own / "server.log"
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        _, about = started(server, own / "jupyter_runtime_dir")
        yield f"{about['url']}lab/tree/{{}}?reset&token={about['token']}"
    finally:
        server.terminate()
        server.wait()


def open_notebook(page: Page, address: str) -> None:
    """Open a notebook and wait until its kernel can be spoken to."""
    page.goto(address)
    page.wait_for_function(f"() => {CONTEXT}")
    page.evaluate(READY)
    page.evaluate(LISTEN)


@contextmanager
def answered(page: Page, patience_s: float) -> Iterator[None]:
    """Wait until the kernel has answered all that is done here; if nothing, for some patience."""
    before = page.evaluate("() => window.asked")
    yield
    page.evaluate(ANSWERED, [before, patience_s])
