#!/bin/sh
# psycopg_pool 3.3.3: after an outage the pool's callers run into their timeouts for seconds, with the server back and reachable.
#
# Surprising, twice. (1) `check=` promises a working connection. But after each dead one the caller sleeps 1, 2, 4, ... seconds
# and takes the next *old* one. After a restart of one second, four dead idle connections outlast a timeout of five seconds, while
# fresh connections already lie in the pool. (2) A pool that lost its connections tries again after 1, 2, 4, 8, ... seconds, for
# five minutes. A caller does not bring the next attempt forward: it waits for the pause that has grown while the server was away.
# Whom it hurts: services that answer within a request and give the pool a few seconds. They are down for longer than the database
# was: after two minutes away the pause is one minute.
# What to do instead (both are shown): no `check=`; at the first connection that turns out dead call `pool.drain()`, which replaces
# all at once, and ask again. And a `reconnect_timeout` of a few seconds: once the pool has given up, each caller opens a new one.
#
# Needs PostgreSQL's programs; starts a server of its own. Run `sh findings/psycopg_pool_after_outage.sh`: 0 if it is still so, 1
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
venv/bin/pip install --quiet --disable-pip-version-check psycopg-pool==3.3.3 "psycopg[binary]==3.3.9"
chmod 711 . && mkdir -m 700 data
if [ "$(id -u)" = 0 ]; then chown nobody data; fi
venv/bin/python - "$bin" <<'PYTHON'
import logging, os, socket, subprocess, sys, time
from importlib.metadata import version

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

data, user = os.path.abspath("data"), {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
address = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"


def run(program, *words):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([f"{sys.argv[1]}/{program}", "-D", data, *words], check=True, cwd=data, **quiet, **user)


def begin(): run("pg_ctl", "-w", "-l", f"{data}/log", "-o", options, "start")
def end(): run("pg_ctl", "-w", "-m", "immediate", "stop")


def answers(words, pool, timeout):
    began = time.monotonic()
    try:
        with pool.connection(timeout) as connection:
            seen = connection.execute("select 'answered'").fetchone()[0]
    except (PoolTimeout, psycopg.OperationalError) as error:
        seen = type(error).__name__
    print(f"  {words}: {seen} after {time.monotonic() - began:.1f} s")
    return seen


failures = []
logging.getLogger("psycopg.pool").addFilter(lambda record: "error connecting" in record.msg and failures.append(record.args[0]))
run("initdb", "-U", "postgres", "-A", "trust", "--no-sync")
begin()
server = psycopg.connect(address).info.parameter_status("server_version")
print(f"psycopg_pool {version('psycopg-pool')}, psycopg {version('psycopg')}, PostgreSQL {server}, Python {sys.version.split()[0]}")
print("expected: an answer, as soon as a direct connection is answered. Seen:")
with ConnectionPool(address, check=ConnectionPool.check_connection, open=True) as checked, ConnectionPool(address, open=True) as drained:
    checked.wait(), drained.wait()
    end(), begin(), psycopg.connect(address).close()
    holds = answers("restarted, check=, timeout 5", checked, 5) == "PoolTimeout"
    holds &= answers("restarted, no check, first call", drained, 5) == "OperationalError"
    drained.drain()
    holds &= answers("restarted, after drain(), timeout 5", drained, 5) == "answered"
with ConnectionPool(address, name="patient", min_size=1, open=True) as patient, ConnectionPool(address, min_size=1, reconnect_timeout=2, open=True) as brief:
    patient.wait(), brief.wait()
    end(), patient.check(), brief.check()
    while failures.count("patient") < 4:
        time.sleep(0.1)
    begin(), psycopg.connect(address).close()
    holds &= answers("away for 7 s, default, timeout 3", patient, 3) == "PoolTimeout"
    holds &= answers("away for 7 s, reconnect_timeout=2, timeout 3", brief, 3) == "answered"
print("still so" if holds else "CHANGED: this is no longer what the pool does")
sys.exit(not holds)
PYTHON
