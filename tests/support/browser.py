"""What test_browser.py drives: a JupyterLab for each person, and windows of a headless Chromium."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import handin
from playwright.sync_api import Browser, Locator, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = handin.ROOT / "tests" / "screenshots"
MINUTE = 60_000  # in milliseconds, Playwright's unit


class Lab:
    """One person's JupyterLab, started in `folder`; its settings are those of `home`."""

    def __init__(self, home: Path, folder: Path):
        self.folder, self.log = folder, home / "lab.log"
        self.runtime = home / "runtime"
        kept = {name: text for name, text in os.environ.items() if "JUPYTER" not in name}
        homes = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(self.runtime)}
        self.environment = kept | homes | {"OMP_NUM_THREADS": "1"}
        folder.mkdir(parents=True, exist_ok=True)
        news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
        settings = home / ".jupyter" / "labconfig" / "page_config.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(news))

    def __enter__(self) -> "Lab":
        command = [Path(sys.executable).with_name("jupyter-lab"), "--no-browser", "--allow-root"]
        command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
        command += ["--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"]
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        try:
            self.url, self.token = self._address()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error) -> None:
        self.server.send_signal(signal.SIGTERM)  # its kernels end with it
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()

    def _address(self) -> tuple[str, str]:
        """The server's address and token, as soon as it answers."""
        end = time.monotonic() + 120
        while time.monotonic() < end and self.server.poll() is None:
            for file in self.runtime.glob("jpserver-*.json"):
                with contextlib.suppress(OSError, ValueError):
                    facts = json.loads(file.read_text())
                    urllib.request.urlopen(f"{facts['url']}api", timeout=5).close()
                    return facts["url"].rstrip("/"), facts["token"]
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab doesn't answer:\n{self.log.read_text()}")


@contextlib.contextmanager
def chromium():
    """The system's Chromium, without a display."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


class Window:
    """A browser window without internet: what its pages asked for elsewhere is in `refused`.

    In JupyterLab the cells of the notebook on top are named by their id.
    """

    def __init__(self, browser: Browser, width=1300, height=950):
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.context.set_default_timeout(2 * MINUTE)
        self.refused: list[str] = []
        self.context.route(re.compile(r"^\w+://(?!127\.0\.0\.1[:/])"), self._refuse)
        self.page = self.context.new_page()

    def _refuse(self, route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def shot(self, name: str) -> None:
        """Keeps a picture of the page for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def open_lab(self, lab: Lab) -> None:
        self.page.goto(f"{lab.url}/lab?reset&token={lab.token}")
        self.page.wait_for_function("window.jupyterapp?.restored.then(() => true)")

    def execute(self, command: str, **arguments) -> None:
        """Runs a command of JupyterLab, such as stand behind its menus, until it is done."""
        self.page.evaluate(
            "async ([name, given]) => { await jupyterapp.commands.execute(name, given); }",
            [command, arguments],
        )

    def open_notebook(self, path: str) -> None:
        self.execute("docmanager:open", path=path)
        kernel = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
        self.page.wait_for_function(f"{kernel}?.status === 'idle'")

    def cell(self, name: str) -> Locator:
        """Makes a cell the active one, scrolls to it (others may not be drawn), returns it."""
        self.page.evaluate(
            """async name => {
                const notebook = jupyterapp.shell.currentWidget.content;
                const index = notebook.widgets.findIndex(cell => cell.model.id === name);
                notebook.activeCellIndex = index;
                await notebook.scrollToItem(index, "start");
            }""",
            name,
        )
        return self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")

    def output(self, name: str) -> Locator:
        return self.cell(name).locator(".jp-OutputArea")

    def write(self, name: str, text: str) -> None:
        """Replaces what stands in a cell, at the keyboard."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def run(self, *names: str) -> None:
        """Runs these cells, or all, and waits until each of them has run."""
        before = max(filter(None, self._counts().values()), default=0)
        for name in names:
            self.cell(name)
            self.execute("notebook:run-cell")
        if not names:
            self.execute("notebook:run-all-cells")
        self.page.wait_for_function(
            """([names, before]) => jupyterapp.shell.currentWidget.content.widgets.every(
                cell => cell.model.type !== "code" || cell.model.executionCount > before ||
                        names.length && !names.includes(cell.model.id))""",
            arg=[names, before],
        )

    def _counts(self) -> dict[str, int | None]:
        return self.page.evaluate(
            """() => Object.fromEntries(jupyterapp.shell.currentWidget.content.widgets.map(
                cell => [cell.model.id, cell.model.executionCount ?? null]))"""
        )

    def validate(self) -> str:
        """Saves, presses nbgrader's button, and returns what the dialog says."""
        self.execute("docmanager:save")
        self.page.locator(".jp-NotebookPanel-toolbar .validate-button").click()
        dialog = self.page.locator(".jp-Dialog")
        said = dialog.inner_text()
        self.shot(f"validate-{'passed' if 'Success' in said else 'failed'}")
        dialog.locator("button.jp-mod-accept").click()
        dialog.wait_for(state="detached")
        return said
