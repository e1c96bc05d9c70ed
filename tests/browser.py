"""A notebook in JupyterLab, in a real browser without a window."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
    log, deadline = own / "server.log", time.monotonic() + PATIENCE_S
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        while not (started := list((own / "jupyter_runtime_dir").glob("jpserver-*.json"))):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
            time.sleep(0.1)
        about = json.loads(started[0].read_text())
        yield f"{about['url']}lab/tree/{{}}?reset&token={about['token']}"
    finally:
        server.terminate()
        server.wait()


def open_notebook(page: Page, address: str) -> None:
    """Open a notebook and wait until its kernel can be spoken to."""
    page.goto(address)
    page.wait_for_function(f"() => {CONTEXT}")
    page.evaluate(READY)
