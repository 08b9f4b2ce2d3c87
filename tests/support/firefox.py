"""Debian's Firefox ESR, driven by Marionette, which is in every Firefox: lines of JSON on a socket, and no driver beside it.

Playwright drives a Firefox of its own alone. `make proof` installs `firefox-esr` where it may.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.tied import tied

NAMES = ("firefox-esr", "firefox")
MACOS = "/Applications/Firefox.app/Contents/MacOS/firefox"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""Under which name the protocol holds an element."""
BLOCK_ALL = 2
QUIET = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "services.settings.server": "http://127.0.0.1:1",
    "network.cookie.cookieBehavior": BLOCK_ALL,
}
PATIENCE = 600
"""How often something is looked for, ten times a second."""


def path() -> str:
    """Return where Firefox is, or say how to install it."""
    found = next(filter(None, map(shutil.which, NAMES)), None) or (MACOS if Path(MACOS).exists() else "")
    if not found:
        raise RuntimeError(
            "`make proof` needs Firefox. Run: apt-get install firefox-esr  (macOS: brew install --cask firefox)"
        )
    return found


class Firefox:
    """A Firefox without a window."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.read, self.asked = line, line.makefile("rb"), 0
        self._answer()
        self("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "normal"}})

    def __call__(self, command: str, **values: Any) -> Any:
        """Give a command, and return its answer."""
        self.asked += 1
        said = json.dumps([0, self.asked, command, values]).encode()
        self.line.sendall(b"%d:%s" % (len(said), said))
        _kind, _id, wrong, result = self._answer()
        if wrong:
            raise FirefoxRefused(f"{command}: {wrong['error']}: {wrong['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def _answer(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self.read.read(1)
        return json.loads(self.read.read(int(size[:-1])))

    def opens(self, address: str) -> None:
        """Open an address in the window."""
        self("WebDriver:SwitchToFrame")
        self("WebDriver:Navigate", url=address)

    def found(self, selector: str, text: str = "") -> Any:
        """Return the first element that matches and has the text, once there is one that is shown."""
        for _ in range(PATIENCE):
            try:
                for each in self("WebDriver:FindElements", using="css selector", value=selector):
                    if text in self("WebDriver:GetElementText", id=each[ELEMENT]):
                        return each
            except FirefoxRefused as problem:
                if "no such" not in str(problem) and "stale" not in str(problem):
                    raise
            time.sleep(0.1)
        raise AssertionError(f"no {selector!r} says {text!r}")

    def into_frame(self) -> None:
        """Go into the page's only frame."""
        self("WebDriver:SwitchToFrame")
        self("WebDriver:SwitchToFrame", element=self.found("iframe")[ELEMENT])

    def clicks(self, selector: str, text: str = "") -> None:
        """Click on what is found."""
        self("WebDriver:ElementClick", id=self.found(selector, text)[ELEMENT])

    def types(self, selector: str, text: str) -> None:
        """Type into a field, in place of what stands there."""
        field = self.found(selector)[ELEMENT]
        self("WebDriver:ElementClear", id=field)
        self("WebDriver:ElementSendKeys", id=field, text=text)

    def value(self, script: str) -> Any:
        """Return what a script returns in the page or frame."""
        return self("WebDriver:ExecuteScript", script=script, args=[])


class FirefoxRefused(Exception):
    """Firefox refused a command."""


@contextmanager
def strict_firefox(directory: Path) -> Iterator[Firefox]:
    """A Firefox of its own whose settings block every cookie, as a person sets them."""
    port = free_port()
    directory.mkdir()
    settings = QUIET | {"marionette.port": port}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items()]
    (directory / "user.js").write_text("\n".join(lines))
    command = [path(), "--headless", "--no-remote", "--marionette", "--profile", str(directory)]
    environ = {"HOME": str(directory), "MOZ_HEADLESS": "1", "PATH": "/usr/bin:/bin", "MOZ_DISABLE_AUTO_SAFE_MODE": "1"}
    with (directory / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, start_new_session=True, **tied())
    try:
        with _line(port, process) as line:
            firefox = Firefox(line)
            yield firefox
            firefox("Marionette:Quit", flags=["eForceQuit"])
    finally:
        process.terminate()
        process.wait(60)


def _line(port: int, process: "subprocess.Popen[bytes]") -> socket.socket:
    for _ in range(PATIENCE):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=500)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("Firefox does not answer")
