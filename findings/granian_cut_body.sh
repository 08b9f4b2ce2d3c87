#!/bin/sh
# granian 2.8.7 and gunicorn 27.0.1 with Werkzeug 3.1.9: a body whose client went away halfway reaches the application as a whole
# one, and with granian as an empty one.
#
# Surprising: Werkzeug counts a body against Content-Length and raises ClientDisconnected where less came. It does not count where
# the server says `wsgi.input_terminated`, and both servers say so of every body, also of one that its client cut short. Of 60
# bytes of 100, gunicorn hands over the 60. granian does so to whoever reads by pieces (as Flask does under MAX_CONTENT_LENGTH);
# to whoever reads everything at once it hands over no byte at all. Neither raises anything. waitress drops such a request.
# Whom it hurts: whoever serves an operation whose body may be empty ("capture all that is held", "cancel at once", a default
# for every field): a connection that is lost on the way turns one request into another. Also urlencoded forms, of which every
# beginning is a form.
# What to do instead: compare the bytes that came with CONTENT_LENGTH before a body is used, and refuse one without a length of
# which nothing came. A proxy that holds requests until they are whole hides it.
#
# Run `sh findings/granian_cut_body.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check granian==2.8.7 gunicorn==27.0.1 waitress==3.0.2 werkzeug==3.1.9
cat >read.py <<'PYTHON'
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response


@Request.application
def app(request):
    if request.method == "GET":
        return Response("ready")
    try:
        came = len(request.get_data() if request.path == "/whole" else request.stream.read(100))
    except ClientDisconnected:
        came = "refused"
    with open("seen", "a") as seen:
        seen.write(f"{came}\n")
    return Response("done")
PYTHON
venv/bin/python - <<'PYTHON'
import os
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from urllib.request import ProxyHandler, build_opener

SERVERS = {
    "granian": ["--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1", "read:app"],
    "gunicorn": ["--bind", "127.0.0.1:{port}", "read:app"],
    "waitress": ["--listen", "127.0.0.1:{port}", "read:app"],
}
PROGRAMS = {"waitress": "waitress-serve"}
EXPECTED = {"granian": ["0", "60"], "gunicorn": ["60", "60"], "waitress": ["not asked", "not asked"]}


def is_up(port):
    for _ in range(300):
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not start")


def cut(port, path):
    """Send 60 of 100 bytes and go away; return what the application had of it."""
    open("seen", "w").close()
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n".encode() + b"x" * 60)
        time.sleep(0.5)
    for _ in range(30):
        if said := open("seen").read().split():
            return said[0]
        time.sleep(0.1)
    return "not asked"


def seen_behind(name):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [f"venv/bin/{PROGRAMS.get(name, name)}", *(word.format(port=port) for word in SERVERS[name])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."})
    try:
        is_up(port)
        return [cut(port, "/whole"), cut(port, "/piece")]
    finally:
        server.terminate()
        server.wait()


print(f"Python {sys.version.split()[0]}, Werkzeug {version('werkzeug')}; 60 of 100 bytes came. Expected: nothing is taken. Seen:")
holds = True
for name, expected in EXPECTED.items():
    found = seen_behind(name)
    print(f"  {name} {version(name)}: read as a whole: {found[0]}; read by pieces: {found[1]}")
    holds &= found == expected
print("still so" if holds else "CHANGED: this is no longer what these servers do")
sys.exit(not holds)
PYTHON
