"""The Overview beside the least it could cost: its template, filled, and as many bare statements."""

from collections.abc import Callable
from typing import Any

from flask import Flask, template_rendered
from jinja2 import Template
from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.places import EMPTY, Place
from benchmarks.timing import Count, Ratio, interleaved, milliseconds
from tests.support.browser import Browser
from tests.support.statements import counted

PATH = "/billing/"
GOAL, MOST = 1.3, 6


def measure(place: Place, long: Browser, short: Browser) -> list[Ratio | Count]:
    """Measure the page of the customer with the long history, and count its statements."""
    get, empty = _get(long, PATH), _get(long, EMPTY)
    get()
    with counted() as statements:
        get()
    bare, fill = _bare(place, get), _template(place.app, long, get)
    tasks = {
        "page": get,
        "short": _get(short, PATH),
        "template": fill,
        "statements": bare,
        "empty": empty,
    }
    took = interleaved(tasks, times=3)
    least = took["template"] + took["statements"]
    parts = (
        f"template {milliseconds(took['template'])} + {len(statements)} statements {milliseconds(took['statements'])}"
    )
    whole, request = took["page"], took["empty"]
    return [
        Count("GET overview: statements beside the session's own", place.kind, len(statements), MOST),
        Ratio(
            "GET overview to template + statements", place.kind, whole / least, GOAL,
            f"{milliseconds(whole)} to {parts}",
        ),
        Ratio(
            "GET overview to template + statements + an empty signed-in request", place.kind,
            whole / (least + request), None,
            f"{milliseconds(whole)} to {parts} + request {milliseconds(request)}",
        ),
        Ratio(
            "GET overview: customer with 1,000,000 rows to one with 1,000", place.kind, whole / took["short"], GOAL,
            f"{milliseconds(whole)} to {milliseconds(took['short'])}",
        ),
    ]  # fmt: skip


def _get(browser: Browser, path: str) -> Callable[[], None]:
    def get() -> None:
        assert browser.client.get(path, base_url=browser.origin).status_code == 200

    return get


def _bare(place: Place, get: Callable[[], None]) -> Callable[[], None]:
    """Return what runs the page's own statements on a connection of the driver, and fetches their rows."""
    seen: list[tuple[str, Any]] = []

    def saw(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith("SELECT") and "browser_sessions" not in statement:
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", saw)
    get()
    event.remove(Engine, "before_cursor_execute", saw)
    connection = place.raw.raw_connection()
    cursor = connection.cursor()
    begin = "begin" if place.kind == "sqlite" else "select 1"

    def run() -> None:
        cursor.execute(begin)
        for statement, parameters in seen:
            cursor.execute(statement, parameters)
            cursor.fetchall()
        connection.rollback()

    return run


def _template(app: Flask, browser: Browser, get: Callable[[], None]) -> Callable[[], str]:
    """Return what fills the page's template once more with what the page filled it with."""
    filled: list[tuple[Template, dict[str, Any]]] = []

    def saw(_app: Flask, *, template: Template, context: dict[str, Any], **_rest: object) -> None:
        filled.append((template, context))

    with template_rendered.connected_to(saw, app):
        get()
    template, context = filled[-1]
    cookie = "; ".join(f"{each.key}={each.value}" for each in browser.client._cookies.values())  # noqa: SLF001  # no other way

    def fill() -> str:
        return template.render(context)

    request = app.test_request_context(PATH, base_url=browser.origin, headers={"Cookie": cookie})
    request.push()  # the template asks the request whose page it is; it stays for the benchmark's life
    app.preprocess_request()
    app.extensions["benchmarks.request"] = request
    assert "Overview" in fill()
    return fill
