"""The process that draws hangs, dies, runs out of memory or reaches out: it is ended or refused, and the next works."""

import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.gateways.pdf import renderer as renderers
from app.gateways.pdf.renderer import Renderer, RenderFailed

AT = datetime(2026, 3, 1, tzinfo=UTC)
# With the package `app` alone, as the real one, so that a start takes no second.
STAND_IN = (
    "import sys, types; app = types.ModuleType('app'); app.__path__ = [sys.argv[1]]; sys.modules['app'] = app; "
    "sys.path.insert(0, sys.argv[2]); from tests.programs.stand_in_renderer import prepare, serve; serve(prepare)"
)
PROGRAM = (sys.executable, "-P", "-s", "-B", "-c", STAND_IN, str(renderers.APP), str(renderers.APP.parent))


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    running = Renderer(PROGRAM, seconds=60, most=3)
    yield running
    running.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Renderer]:
    running = Renderer(PROGRAM)
    yield running
    running.close()


def test_what_hangs_is_killed_and_the_next_document_is_made() -> None:
    renderer = Renderer(PROGRAM, seconds=0.2)
    with pytest.raises(RenderFailed) as failed:
        renderer.render("sleep", made_at=AT)
    assert failed.value.reason == "too_long"
    assert renderer.pid is None
    renderer._seconds = 60.0
    assert renderer.render("next", made_at=AT).endswith(b" 2026")
    renderer.close()


@pytest.mark.fault("A10")
def test_what_takes_all_memory_fails_alone(renderer: Renderer) -> None:
    with pytest.raises(RenderFailed) as failed:
        renderer.render("allocate", made_at=AT)
    assert failed.value.reason == "no_memory"
    assert renderer.render("next", made_at=AT).endswith(b" 2026")


def test_a_process_that_dies_over_a_document_is_replaced(renderer: Renderer) -> None:
    with pytest.raises(RenderFailed) as failed:
        renderer.render("die", made_at=AT)
    assert failed.value.reason == "died"
    assert renderer.render("next", made_at=AT).endswith(b" 2026")


def test_a_process_that_was_killed_between_two_documents_is_replaced(renderer: Renderer) -> None:
    first = int(renderer.render("one", made_at=AT).split()[0])
    os.kill(first, 9)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert int(renderer.render("two", made_at=AT).split()[0]) != first


def test_a_process_is_replaced_after_so_many_documents(renderer: Renderer) -> None:
    made = [int(renderer.render("each", made_at=AT).split()[0]) for _ in range(7)]
    assert len(set(made)) == 3
    assert made[0] == made[2] != made[3] == made[5] != made[6]


def test_a_process_that_cannot_start_is_said() -> None:
    with pytest.raises(RenderFailed) as failed:
        Renderer([sys.executable, "-c", "print('{}')"]).render("x", made_at=AT)
    assert failed.value.reason == "not_started"


@pytest.mark.parametrize("attempt", ["connect", "look_up", "read /etc/hostname", "write", "run"])
def test_whatever_reaches_out_is_refused_and_said_also_where_a_library_hides_it(
    shared: Renderer, tmp_path: Path, attempt: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        target = {"connect": f" {listening.getsockname()[1]}", "write": f" {tmp_path / 'canary'}"}.get(attempt, "")
        with pytest.raises(RenderFailed) as failed:
            shared.render(attempt + target, made_at=AT)
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert failed.value.reason == "forbidden"
    assert list(tmp_path.iterdir()) == []
    assert shared.render("next", made_at=AT).endswith(b" 2026")


def test_the_process_has_no_settings_and_no_secrets(shared: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    assert shared.render("environment", made_at=AT) == repr(["LANG", "PATH", "PYTHONHASHSEED", "TZ"]).encode()


def test_what_a_library_prints_is_no_answer(shared: Renderer) -> None:
    assert shared.render("print", made_at=AT).endswith(b" 2026")


def test_it_ends_with_whoever_started_it(renderer: Renderer) -> None:
    renderer.render("one", made_at=AT)
    process = renderer._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
