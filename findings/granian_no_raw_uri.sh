#!/bin/sh
# granian 2.8.7 (WSGI): an application cannot see whether a slash in the path was sent as `/` or as `%2F`.
#
# Surprising: WSGI decodes the path before the application sees it, so servers hand on what was really sent under a name of their
# own: gunicorn as RAW_URI, waitress as REQUEST_URI. granian hands on neither, and `/files/a%2Fb` and `/files/a/b` give the very
# same environ.
# Whom it hurts: an API with ids in its paths that others have chosen. A client that encodes the id `a/b` by the book reaches
# another route, mostly a 404. So does whoever moves from another server and recomputes a signature over the address as sent.
# What to do instead: take such ids as a query parameter (`?id=a%2Fb` arrives whole) or in the body, or refuse a slash when the
# id is made.
#
# Run `sh findings/granian_no_raw_uri.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check granian==2.8.7 gunicorn==27.0.1 waitress==3.0.2
cat >shown.py <<'PYTHON'
import json


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    request = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(request).encode()]
PYTHON
venv/bin/python - <<'PYTHON'
import json
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from urllib.request import ProxyHandler, build_opener

SERVERS = {
    "granian": ["--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1", "shown:app"],
    "gunicorn": ["--bind", "127.0.0.1:{port}", "shown:app"],
    "waitress": ["--listen", "127.0.0.1:{port}", "shown:app"],
}
PROGRAMS = {"waitress": "waitress-serve"}


def asked(port, path):
    for _ in range(300):
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not start")


def environs(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [f"venv/bin/{PROGRAMS.get(name, name)}", *(word.format(port=port) for word in SERVERS[name])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return [asked(port, path) for path in ("/files/a%2Fb", "/files/a/b", "/files?id=a%2Fb")]
    finally:
        server.terminate()
        server.wait()


print(f"Python {sys.version.split()[0]}; expected: each server lets the application tell a%2Fb from a/b. Seen:")
holds = True
for name in SERVERS:
    encoded, plain, query = environs(name)
    raw = {key: value for key, value in encoded.items() if "a%2Fb" in value}
    print(f"  {name} {version(name)}: PATH_INFO {encoded['PATH_INFO']}, as sent: {raw or 'nowhere'}")
    different = {key for key in encoded.keys() | plain.keys() if encoded.get(key) != plain.get(key)} - {"REMOTE_PORT"}
    holds &= bool(different) == bool(raw) and encoded["PATH_INFO"] == plain["PATH_INFO"] == "/files/a/b"
    holds &= bool(raw) == (name != "granian") and query["QUERY_STRING"] == "id=a%2Fb"
print("still so" if holds else "CHANGED: this is no longer what these servers do")
sys.exit(not holds)
PYTHON
