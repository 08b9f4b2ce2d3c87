"""Runs PgBouncer before a PostgreSQL of the tests, in transaction mode, as another user: it refuses to be root."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support import postgres
from tests.support.ports import free_port
from tests.support.tied import tied
from tests.support.worker import until

CONFIG = "pgbouncer.ini"
WORDS = """
[databases]
{database} = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_login_retry = 1
admin_users = postgres
{more}
"""


def binary() -> str:
    """Return where PgBouncer is, or say how to install it."""
    found = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise RuntimeError("The tests need PgBouncer. Run: apt-get install pgbouncer  (macOS: brew install pgbouncer)")
    return found


def version() -> tuple[int, int]:
    """Return its version, as far as what it can do follows from it."""
    said = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.findall(r"PgBouncer (\d+)\.(\d+)", said)[0]
    return int(major), int(minor)


@contextmanager
def before(cluster_port: int, directory: Path, *, size: int = 2, more: str = "", database: str = "*") -> Iterator[int]:
    """Run PgBouncer in the new directory before the server on `cluster_port` inside the block; yield its port."""
    directory.mkdir(mode=0o755)
    port, users, config = free_port(), directory / "users.txt", directory / CONFIG
    users.write_text("".join(f'"{name}" ""\n' for name in (postgres.LOGIN, postgres.OWNER, "postgres")))
    config.write_text(
        WORDS.format(database=database, server=cluster_port, port=port, users=users, size=size, more=more)
    )
    log = directory / "log"
    with log.open("wb") as output:
        who = postgres.as_account([binary(), str(config)])
        process = subprocess.Popen(stdout=output, stderr=output, **who, **tied())  # type: ignore[call-overload]
    try:
        until(lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None, log.read_text()
        yield port
    finally:
        process.terminate()
        process.wait(30)


def lead_to(directory: Path, port: int, server: int) -> None:
    """Let the PgBouncer of this directory, which listens on `port`, lead to another server from now on."""
    config = directory / CONFIG
    config.write_text(re.sub(r"host=127.0.0.1 port=\d+", f"host=127.0.0.1 port={server}", config.read_text()))
    with psycopg.connect(host="127.0.0.1", port=port, dbname="pgbouncer", user="postgres", autocommit=True) as console:
        console.execute("reload")


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, dbname="pgbouncer", user="postgres", autocommit=True).close()
    except psycopg.OperationalError:
        return False
    return True
