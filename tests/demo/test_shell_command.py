"""The demo prints how a command is run on its database, so that it works as it is copied."""

import sys
from pathlib import Path

import pytest

from app.config import INSTANCE
from app.demo.environment import shell_command


def test_the_line_names_the_port_of_another_demo_whatever_is_set_where_it_began(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEMO_PORT", "8010")  # as `make demo DEMO_PORT=8010` sets it, for the demo alone
    assert shell_command(INSTANCE, 8010) == 'make demo-shell DEMO_PORT=8010 ARGS="flask portal verify"'
    assert shell_command(INSTANCE, 8000) == 'make demo-shell ARGS="flask portal verify"'
    where = f"--port 8010 --directory {tmp_path}"
    assert shell_command(tmp_path, 8010) == f"{sys.executable} -m app.demo.shell {where} flask portal verify"
