"""The first install: a tree with nothing in it but what is shipped, and the commands of docs/operations.md as they stand."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import click
import pytest
from alembic import command

from app import clock, create_app
from app.config import Settings, WrongSetting
from app.models.database import db
from app.services import wake_ups
from app.services.operations import partitions
from app.services.operations.installation import configuration, install, newest_revision
from tests.support import postgres
from tests.support.ports import free_port
from tests.support.server import ROOT
from tests.support.tied import tied
from tests.support.worker import PATIENCE, until

SHIPPED = ("app", "migrations", "examples", "requirements", "docs", "Makefile", "pyproject.toml", "wsgi.py")
RUNS = ("make serve", "make worker")
DATABASE = "localhost/purser"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What is shipped, with the installed dependencies, and without `instance/`."""
    made = tmp_path / "purser"
    made.mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, made / name)
    os.utime(made / "requirements" / "runtime.txt", (0, 0))  # installed already, says make
    (made / ".venv").symlink_to(sys.prefix)
    return made


@pytest.fixture
def cluster(session_dir: Path, tmp_path: Path) -> Iterator[postgres.Cluster]:
    """A PostgreSQL that nobody has used, prepared as the document says."""
    made = postgres.start(session_dir / f"cluster-{tmp_path.parent.name}-{tmp_path.name}")
    (block,) = blocks("sql")
    made.run(*block.replace(";", "").splitlines())
    yield made
    postgres.stop(made.pid)


def blocks(kind: str) -> list[str]:
    section = (ROOT / "docs" / "operations.md").read_text().partition("## Install")[2].partition("\n## ")[0]
    return re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL)


def commands() -> tuple[str, list[str]]:
    """Return what is run once, as one script, and what keeps running."""
    lines = blocks("console")[0].splitlines()
    keeps = [line for line in lines if line.startswith(RUNS)]
    return "\n".join(line for line in lines if line not in keeps), keeps


def environment(**values: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **values}


@contextmanager
def running(tree: Path, script: str, log: Path, **environ: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/bash", "-euc", script],
            cwd=tree, env=environment(**environ), stdout=output, stderr=output, start_new_session=True, **tied(),
        )  # fmt: skip
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def ready(port: int) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    except (URLError, ConnectionError, TimeoutError) as problem:
        time.sleep(0.2)
        return 0, str(problem)


def test_the_commands_of_the_document_are_there_and_take_what_is_written(tree: Path) -> None:
    once, keeps = commands()
    (group,) = [create_app(Settings("0" * 32, "sqlite://", jobs_url="sqlite://")).cli.commands["portal"]]
    assert isinstance(group, click.Group)
    written = re.findall(r"flask --app wsgi portal (.+?)\)?(?:\s+#.*)?$", once, re.MULTILINE)
    assert len(written) == 4
    for name, *words in map(shlex.split, written):
        found = group.get_command(click.Context(group), name)
        assert found is not None, name
        found.make_context(name, words)
    for line in keeps:
        target = line.split("#")[0].split()
        subprocess.run([*target, "--dry-run"], cwd=tree, env=environment(), check=True, capture_output=True)


@pytest.mark.proof
def test_the_commands_of_the_document_bring_up_a_portal_that_is_ready_and_whose_workers_are_woken(
    tree: Path, cluster: postgres.Cluster, tmp_path: Path
) -> None:
    once, (serve, work) = commands()
    assert once.count(DATABASE) == 1
    once = once.replace(DATABASE, f"127.0.0.1:{cluster.port}/purser")
    port, said = free_port(), tmp_path / "environment"
    done = subprocess.run(
        ["/bin/bash", "-euc", f"{once}\nprintenv SECRET_KEY DATABASE_URL > {said}"],
        cwd=tree, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    key, url = said.read_text().replace("postgresql:", "postgresql+psycopg:").split()
    with ExitStack() as stack:
        for name, script in (("web", serve), ("worker", work)):
            log = tmp_path / f"{name}.log"
            stack.enter_context(
                running(tree, script, log, SECRET_KEY=key, DATABASE_URL=url, PORT=str(port), WEB_WORKERS="1")
            )
        answers: list[tuple[int, str]] = []
        until(lambda: answers.append(ready(port)) or answers[-1][0])
        assert answers[-1][0] == 200, answers[-1][1]
        queue = wake_ups.queue.of(
            create_app(Settings(key, url, jobs_url=f"sqlite:///{tree / 'instance' / 'jobs.sqlite3'}"))
        )
        assert queue.wake("mails_sent")
        until(lambda: queue.waiting() == 0)
        queue.close()
    logs = (tmp_path / "web.log").read_text() + (tmp_path / "worker.log").read_text()
    assert "queue_does_not_answer" not in logs and "Traceback" not in logs, logs


def of_the_login(cluster: postgres.Cluster) -> Settings:
    """Return the settings of whoever does what the document says, with the queue in the portal's own database."""
    at = f"purser:PASSWORD@127.0.0.1:{cluster.port}/purser"
    return Settings("0" * 32, f"postgresql+psycopg://{at}", jobs_url=f"postgresql://{at}")


def test_what_was_installed_so_is_upgraded_so(cluster: postgres.Cluster) -> None:
    """Releases before did not give the login a right of its own, and took from it what it had as the owner."""
    settings = of_the_login(cluster)
    command.upgrade(configuration(settings.database_url), "0004")
    cluster.run("alter role purser noinherit")
    assert install(settings) == newest_revision()
    assert install(settings) == newest_revision()


def test_months_are_added_and_the_queue_answers_with_the_rights_that_an_install_leaves(
    cluster: postgres.Cluster,
) -> None:
    settings = of_the_login(cluster)
    install(settings)
    app = create_app(settings)
    with app.app_context(), clock.at(datetime(2031, 5, 1, tzinfo=UTC)):
        assert partitions.make_due() == partitions.AHEAD
        assert partitions.make_due() == 0
        db.engine.dispose()
    queue = wake_ups.queue.of(app)
    assert queue.wake("mails_sent")
    assert queue.waiting() == 1
    queue.close()


def test_a_relative_path_is_the_same_file_for_a_command_and_for_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"SECRET_KEY": "0" * 32, "DATABASE_URL": "sqlite:///here.sqlite3"})
    install(settings)
    app = create_app(settings)
    assert app.test_client().get("/readyz").status_code == 200
    with app.app_context():
        db.engine.dispose()
    assert sorted(each.name for each in tmp_path.glob("*.sqlite3")) == ["here-jobs.sqlite3", "here.sqlite3"]


@pytest.mark.parametrize(("url", "name"), [("", "DATABASE_URL"), ("postgresql://purser@localhost/purser", "JOBS_URL")])
def test_where_no_folder_can_be_made_the_start_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, name: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("app.config.INSTANCE", tmp_path / "file" / "instance")
    with pytest.raises(WrongSetting, match=f"^{name} must be set: .*cannot be made"):
        Settings.from_env({"SECRET_KEY": "0" * 32, "DATABASE_URL": url})
