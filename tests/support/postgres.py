"""One PostgreSQL cluster for the whole test session, started from the system's binaries and shared by all workers."""

import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.ports import free_port

OWNER, LOGIN = "purser_owner", "purser_login"
# Tests lose nothing when the machine stops: what must survive a crash is tested with `durable=True`. Their few rows need
# neither machine code nor anybody who sweeps thousands of databases.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off", "autovacuum=off")
START_SECONDS, STOP_SECONDS = 180, 60


@dataclass(frozen=True)
class Cluster:
    """A running server on loopback: a superuser `postgres`, the owner of the tables and the app's login."""

    port: int
    pid: int

    def url(self, database: str, user: str = LOGIN) -> str:
        """Return the address of a database for SQLAlchemy."""
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "postgres", user: str = "postgres") -> None:
        """Run statements one by one, each committed, as the superuser by default."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, autocommit=True
        ) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]


def shared(directory: Path) -> Cluster:
    """Return the cluster of this test session; whoever comes first starts it."""
    with locked(directory / "postgres.lock"):
        note = directory / "postgres.json"
        if not note.exists():
            cluster = start(directory / "postgres")
            cluster.run(
                f"create role {OWNER} login createdb createrole",
                f"create role {LOGIN} login",
            )
            note.write_text(json.dumps({"port": cluster.port, "pid": cluster.pid}))
        return Cluster(**json.loads(note.read_text()))


def stop_shared(directory: Path) -> None:
    """Stop the cluster of this test session if anybody started it."""
    note = directory / "postgres.json"
    if note.exists():
        stop(Cluster(**json.loads(note.read_text())).pid)


def start(data: Path, *, durable: bool = False, settings: tuple[str, ...] = ()) -> Cluster:
    """Make a cluster in the new directory `data`, start it and return it once it answers."""
    initdb = binary("initdb")
    account = _account()
    make_directory(data)
    _check(
        _as(
            account, [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        )
    )
    return _started(data, durable=durable, settings=settings)


def make_directory(data: Path) -> None:
    """Make a directory for a server's data."""
    account = _account()
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account.pw_uid, account.pw_gid)


def copy(data: Path, to: Path) -> None:
    """Copy the data of a server that has been stopped into a new directory."""
    shutil.copytree(data, to)
    account = _account()
    for each in (to, *to.rglob("*")) if account else ():
        os.chown(each, account.pw_uid, account.pw_gid)  # type: ignore[union-attr]  # asked just above


def start_copy(data: Path, settings: tuple[str, ...] = ()) -> Cluster:
    """Start what was copied from a server into the directory `data`, on a port of its own."""
    return _started(data, durable=True, settings=settings)


def _started(data: Path, *, durable: bool, settings: tuple[str, ...]) -> Cluster:
    for _ in range(3):
        port = free_port()
        if _launched(data, port, durable=durable, settings=settings):
            return Cluster(port, _pid(data))
    raise RuntimeError(f"PostgreSQL did not start: {(data / 'log').read_text()[-2000:]}")


def start_again(data: Path, port: int) -> Cluster:
    """Start the stopped cluster in the directory `data` again where it was, and return it once it answers."""
    if not _launched(data, port, durable=True):
        raise RuntimeError(f"PostgreSQL did not start again: {(data / 'log').read_text()[-2000:]}")
    return Cluster(port, _pid(data))


def _launched(data: Path, port: int, *, durable: bool, settings: tuple[str, ...] = ()) -> bool:
    """Start the server; return whether it came to answer."""
    options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", "max_connections=200"]
    options += [*settings, *(() if durable else FAST)]
    words = " ".join(f"--{option}" for option in options)
    command = [
        binary("pg_ctl"),
        "-D",
        str(data),
        "-w",
        "-t",
        str(START_SECONDS),
        "-l",
        str(data / "log"),
        "-o",
        words,
        "start",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(**as_account(command), **quiet).returncode == 0  # type: ignore[call-overload]


def _pid(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    found = []
    for each in Path("/proc").iterdir():
        with suppress(OSError):  # one that has ended meanwhile
            if each.name.isdigit() and (each / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(each.name))
    return found


def stop(pid: int, number: signal.Signals = signal.SIGQUIT) -> None:
    """Stop the server with this process id, at once by default, and wait until it is gone."""
    try:
        os.kill(pid, number)
        for _ in range(20 * STOP_SECONDS):
            if _gone(pid):
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:  # it went just now, or there is no /proc
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock at `path` against every other worker."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def binary(name: str) -> str:
    """Return the path of one of PostgreSQL's programs."""
    found = shutil.which(name)
    config = shutil.which("pg_config")
    if not found and config:
        folder = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        found = shutil.which(name, path=folder)
    for folder in sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    ):
        found = found or shutil.which(name, path=str(folder))
    if not found:
        raise RuntimeError(
            f"The tests need PostgreSQL's {name}. Run: apt-get install postgresql  (macOS: brew install postgresql)"
        )
    return found


def _account() -> pwd.struct_passwd | None:
    """Return whom the server runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    found = names.get("postgres") or names.get("nobody")
    if found is None:
        raise RuntimeError("PostgreSQL does not run as root. Run: useradd --system postgres")
    return found


def _as(account: pwd.struct_passwd | None, command: list[str]) -> dict[str, object]:
    who: dict[str, object] = {"args": command, "cwd": "/", "stdin": subprocess.DEVNULL}
    if account:
        who |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return who


def as_account(command: list[str]) -> dict[str, object]:
    """Return how `subprocess` runs a command that refuses to run as root."""
    return _as(_account(), command)


def _check(command: dict[str, object]) -> None:
    done = subprocess.run(capture_output=True, text=True, **command)  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(f"{command['args']} failed: {done.stdout[-500:]}{done.stderr[-1500:]}")
