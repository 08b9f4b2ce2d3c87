"""The seller's commands about whose pages may show the portal in a frame."""

from click.testing import Result
from flask import Flask

from app import clock
from app.services.access import frame_origins
from tests.support.client import outside_contexts

ORIGIN = "https://app.example"


def run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def test_origins_are_added_listed_and_removed(app: Flask) -> None:
    before = clock.now().isoformat(timespec="seconds")
    for written in ("HTTPS://App.Example:443/", ORIGIN):
        assert run(app, "add-frame-origin", written).stdout == f"{ORIGIN} may show the portal in a frame.\n"
    run(app, "add-frame-origin", "http://localhost:8001")
    listed = [each.split("  since ") for each in run(app, "frame-origins").stdout.splitlines()]
    assert [origin for origin, _since in listed] == ["http://localhost:8001", ORIGIN]
    assert all(before <= since <= clock.now().isoformat(timespec="seconds") for _origin, since in listed)
    assert run(app, "remove-frame-origin", ORIGIN).stdout == f"{ORIGIN} may not show the portal any more.\n"
    assert frame_origins.allowed() == ("http://localhost:8001",)


def test_what_cannot_be_done_is_one_line(app: Flask) -> None:
    refused = {
        ("add-frame-origin", "https://*.example"): "An origin is https://",
        ("add-frame-origin", "http://app.example"): "An origin is https://",
        ("remove-frame-origin", ORIGIN): "There is no such origin",
    }
    for words, said in refused.items():
        answer = run(app, *words)
        assert (answer.exit_code, len(answer.stderr.splitlines())) == (1, 1), words
        assert answer.stderr.startswith(said), answer.stderr
    assert run(app, "frame-origins").stdout == ""
