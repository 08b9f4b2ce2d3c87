#!/bin/sh
# psycopg 3.3.9: `rollback()` forgets all that the connection had prepared. Requests that end with a rollback never use it.
#
# Surprising. A statement that was executed five times (`prepare_threshold`) is prepared at the server, and kept for the connection's
# life; so the documentation. But a ROLLBACK makes the connection drop everything that it has prepared, and the count of what was
# executed with it: a table may have been made in that transaction, and be gone. A commit keeps it.
# Whom it hurts: whoever only reads, and ends each request with a rollback as SQLAlchemy's `Session.close()` and `remove()` do, and
# its pool on each return (`pool_reset_on_return`): what one request prepares is dropped at its end, and the next ones parse and plan
# anew. With `prepare_threshold=0` each request prepares what it uses once, in vain.
# What to do instead (shown): end a transaction that only read with a commit, or send the ROLLBACK past psycopg, by
# `connection.pgconn.exec_(b"ROLLBACK")`, where nothing failed and no table was made.
#
# Needs PostgreSQL's programs; starts a server of its own. Run `sh findings/psycopg_rollback_unprepares.sh`: 0 if it is still so, 1
# if it changed, 2 without PostgreSQL.
set -eu
bin=""
for place in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb || echo /)")"; do
    if [ -x "$place/initdb" ] && [ -x "$place/pg_ctl" ]; then bin=$place; fi
done
[ -n "$bin" ] || { echo "PostgreSQL's initdb and pg_ctl are not installed here"; exit 2; }
folder=$(mktemp -d)
ended() {
    if [ -f "$folder/data/postmaster.pid" ]; then kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")" && sleep 1; fi
    cd / && rm -rf "$folder"
}
trap ended EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check "psycopg[binary]==3.3.9"
chmod 711 . && mkdir -m 700 data
if [ "$(id -u)" = 0 ]; then chown nobody data; fi
venv/bin/python - "$bin" <<'PYTHON'
import os, socket, subprocess, sys
from importlib.metadata import version

import psycopg

data, user = os.path.abspath("data"), {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"


def run(program, *words):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([f"{sys.argv[1]}/{program}", "-D", data, *words], check=True, cwd=data, **quiet, **user)


ENDS = {
    "rollback()": lambda each: each.rollback(),
    "commit()": lambda each: each.commit(),
    "ROLLBACK past psycopg": lambda each: each.pgconn.exec_(b"ROLLBACK"),
}


def prepared(end, threshold):
    """Return what the server has prepared after ten transactions of one statement each."""
    address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
    with psycopg.connect(address, prepare_threshold=threshold) as connection:
        for number in range(10):
            connection.execute("select %s::int + 1", [number])
            end(connection)
        connection.prepare_threshold = None
        (many,) = connection.execute("select count(*) from pg_prepared_statements where statement like '%+ 1'").fetchone()
    return many


run("initdb", "-U", "postgres", "-A", "trust", "--no-sync")
run("pg_ctl", "-w", "-l", f"{data}/log", "-o", options, "start")
seen = {}
print(f"psycopg {version('psycopg')}, ten transactions of the same statement; prepared at the server afterwards:")
for threshold in (5, 0):
    for words, end in ENDS.items():
        seen[words, threshold] = prepared(end, threshold)
        print(f"  prepare_threshold={threshold}, each ended by {words}: {seen[words, threshold]}")
expected = {(words, threshold): int(words != "rollback()") for words in ENDS for threshold in (5, 0)}
sys.exit(seen != expected)
PYTHON
