"""What an installation runs, without what only a demo and tests have."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app import making, serving
from app.config import UNREADABLE, Settings, WrongSetting
from app.services import jobs
from tests.architecture.source import ROOT
from tests.support import databases, stripe_api


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)], indirect=True
)  # what is imported is the same
def test_production_runs_where_the_sandbox_cannot_be_imported(settings: Settings) -> None:
    with stripe_api.answering(settings) as address:
        environ = databases.environment(settings, PAYMENTS="stripe", STRIPE_API_BASE=address, **stripe_api.KEYS)
        ran = subprocess.run(
            [sys.executable, "-m", "tests.programs.without_sandbox"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["key"] == stripe_api.KEYS["STRIPE_PUBLISHABLE_KEY"]
    assert found["sandbox"] == "app.dev is not installed"
    assert set(found["done"]) == set(jobs.JOBS) and found["done"]["sandbox_events_delivered"] == 0
    assert found["done"]["setups_checked"] == 1, "Stripe was asked for what Alice had begun"
    assert {"app.worker", "app.cli.worker", "app.forms.payment_methods", "app.services.jobs"} <= set(found["modules"])
    assert len(found["modules"]) > 200


@pytest.mark.parametrize("threads", [1, 16, 64])
def test_each_thread_of_a_web_process_has_a_connection(threads: int) -> None:
    settings = Settings("0" * 32, "postgresql+psycopg://nobody@localhost/nothing", web_threads=threads, testing=True)
    settings.check()
    engine = making._config(settings)["SQLALCHEMY_ENGINE_OPTIONS"]
    assert engine["pool_size"] + engine["max_overflow"] >= threads
    for wrong in (0, 201):
        with pytest.raises(WrongSetting, match="WEB_THREADS"):
            replace(settings, web_threads=wrong).check()


def test_make_serve_starts_as_many_threads_as_the_portal_counts_on() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (recipe,) = re.findall(r"^serve:.*\n(.*)$", makefile, re.MULTILINE)
    assert re.findall(r"^WEB_THREADS \?= (\d+)$", makefile, re.MULTILINE) == [str(Settings.web_threads)]
    assert "--blocking-threads $(WEB_THREADS) " in recipe


@pytest.mark.parametrize("target", ["serve", "worker"])
def test_make_serve_and_make_worker_keep_one_arena_where_none_is_set(target: str, tmp_path: Path) -> None:
    for program, does in (("granian", "echo $MALLOC_ARENA_MAX"), ("flask", "echo $MALLOC_ARENA_MAX"), ("python", "")):
        (tmp_path / program).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / program).chmod(0o700)
    command = ["make", "--no-print-directory", "--old-file", ".venv/runtime.stamp", target, f"BIN={tmp_path}"]
    environ = {name: value for name, value in os.environ.items() if name not in {"MALLOC_ARENA_MAX", "MAKEFLAGS"}}
    for more, said in (({}, "1\n"), ({"MALLOC_ARENA_MAX": "4"}, "4\n")):
        ran = subprocess.run(command, cwd=ROOT, env=environ | more, capture_output=True, text=True)
        assert (ran.returncode, ran.stdout) == (0, said), ran.stderr


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS must be a number from 1 to 100"),
        ({"WEB_WORKERS": "many"}, "WEB_WORKERS must be a number from 1 to 100"),
        ({"WEB_WORKERS": ""}, "WEB_WORKERS must be a number from 1 to 100"),
        ({"PORT": "65536"}, "PORT must be a number from 1 to 65535"),
        ({"WEB_STOP_SECONDS": "³"}, "WEB_STOP_SECONDS must be a number from 1 to 1800"),
        ({"WEB_THREADS": "0"}, "WEB_THREADS must be a number from 1 to 200"),
        ({"WEB_THREADS": "many"}, "WEB_THREADS must be a whole number"),
        ({"WEB_THREADS": ""}, "WEB_THREADS must be a number from 1 to 200"),
        ({"DATABASE_URL": "postgresql://u:p@here:port/d"}, f"DATABASE_URL {UNREADABLE}"),
        ({"DATABASE_URL": "postgresql://u:p@[::1/d"}, f"DATABASE_URL {UNREADABLE}"),
        ({"DATABASE_URL": "sqlite:///"}, f"DATABASE_URL {UNREADABLE}"),
        ({"PAYMENTS": "cash"}, "PAYMENTS must be 'sandbox' or 'stripe'"),
    ],
)
def test_a_wrong_setting_is_said_before_the_server_starts(wrong: dict[str, str], words: str) -> None:
    right = {
        "SECRET_KEY": "0" * 32,
        "DATABASE_URL": "sqlite:///here.sqlite3",
        "PORT": "8000",
        "WEB_WORKERS": "2",
        "WEB_THREADS": "16",
        "WEB_STOP_SECONDS": "30",
    }
    serving.check(right)
    with pytest.raises(WrongSetting) as said:
        serving.check(right | wrong)
    assert str(said.value) == words


def test_make_serve_says_once_what_is_wrong_and_starts_nothing() -> None:
    command = ["make", "--no-print-directory", "--old-file", ".venv/runtime.stamp", "serve", "WEB_WORKERS=two"]
    environ = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    environ |= {"SECRET_KEY": "short", "DATABASE_URL": "sqlite:///here.sqlite3"}
    ran = subprocess.run(
        [*command, f"BIN={Path(sys.executable).parent}"], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    said, ended = ran.stderr.splitlines()
    assert (ran.returncode, ran.stdout, ended.endswith("Error 1")) == (2, "", True)
    assert said.startswith("Wrong setting: SECRET_KEY must be at least 32 characters")
