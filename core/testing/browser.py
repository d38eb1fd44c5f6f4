"""A Chromium for tests: found on the system, else installed.

`make test` runs this file as a program before the tests; the pytest plugin calls
`launch`. Hands on a running browser that reaches nothing but this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = (1440, 900)
PHONE = (390, 844)
HELP = """No Chromium was found and none could be installed.
Install one of these and run `make test` again:
  Debian, Ubuntu   apt-get install chromium
  Fedora           dnf install chromium
  macOS            brew install --cask chromium
  anywhere         .venv/bin/playwright install --with-deps chromium
or name one: INTARSIA_CHROMIUM=/path/to/chromium make test
"""


class BrowserUnavailable(RuntimeError):
    """There is no Chromium; the text says how to get one."""


def find_chromium() -> Path | None:
    """Return the first Chromium that starts: named, of the system, of Playwright."""
    named = os.environ.get("INTARSIA_CHROMIUM")
    if named:
        return Path(named) if _starts(named) else None
    for name in NAMES:
        path = shutil.which(name)
        # Some systems ship a script that only says where to get the real one.
        if path and _starts(path):
            return Path(path)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return Path(own) if _starts(own) else None


def install_chromium() -> Path:
    """Return a Chromium, installing one if none is there.

    Raises BrowserUnavailable, with instructions, when every way fails.
    """
    found = find_chromium()
    for command in () if found else _install_commands():
        print("installing a Chromium:", *command, flush=True)
        if subprocess.run(command, check=False).returncode == 0:
            found = find_chromium()
        if found:
            break
    if found is None:
        raise BrowserUnavailable(HELP)
    return found


@contextmanager
def launch() -> Iterator[Browser]:
    """Run a headless Chromium for the length of a block."""
    executable = find_chromium()
    if executable is None:
        raise BrowserUnavailable(HELP)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS)
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_context(
    browser: Browser, size: tuple[int, int]
) -> Iterator[tuple[BrowserContext, list[str]]]:
    """Lend a fresh browser profile and the list of what goes wrong in its pages.

    size: width and height in CSS pixels.
    Script errors, refused policies and console errors land in the list; an answer
    with an error status alone does not, since tests provoke those.
    """
    width, height = size
    problems: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="en-US"
    )
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if message.type == "error"
            and not message.text.startswith("Failed to load resource")
            else None
        ),
    )
    try:
        yield context, problems
    finally:
        context.close()


@contextmanager
def open_page(browser: Browser, size: tuple[int, int]) -> Iterator[Page]:
    """Lend a page in a fresh profile; fail afterwards if its scripts had errors."""
    with open_context(browser, size) as (context, problems):
        yield context.new_page()
    assert not problems, "the page reported: " + "; ".join(problems)


def _starts(executable: str) -> bool:
    try:
        done = subprocess.run(
            [executable, "--version"], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _install_commands() -> Iterator[list[str]]:
    own = [sys.executable, "-m", "playwright", "install"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        if subprocess.run([*apt, "update", "-qq"], check=False).returncode == 0:
            yield [*apt, "install", "-qq", "-y", "--no-install-recommends", "chromium"]
        yield [*own, "--with-deps", "chromium"]
    yield [*own, "chromium"]


def main() -> None:
    """Print the Chromium that tests will use; `--install` gets one if needed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--install", action="store_true")
    arguments = parser.parse_args()
    try:
        found = install_chromium() if arguments.install else find_chromium()
    except BrowserUnavailable as problem:
        sys.exit(str(problem))
    print(f"Chromium: {found or 'none'}")


if __name__ == "__main__":
    main()
