"""What a process imports at its start: nothing that its settings do not use, and no app where it is only asked for help."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from app.later import made_later
from tests.architecture.source import ROOT
from tests.support import databases

STARTS = """
import contextlib, io, json, sys
from flask.cli import FlaskGroup, main
FlaskGroup._load_plugin_commands = lambda group: None  # what other packages add to flask is theirs
sys.argv = ["flask", "--app", "wsgi", "portal", "--help"]
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
    main()
for_help = list(sys.modules)
for name in [name for name in for_help if name.startswith(NOT_SERVED)]:
    del sys.modules[name]  # what a server imports of it comes again
import wsgi
made = type(wsgi.app).__name__
served = wsgi.portal()
ready = served.test_client().get("/readyz").get_json()["checks"]
rules = [rule for rule in served.url_map.iter_rules() if rule.endpoint != "static"]  # Flask made that one itself
writers = [rule for rule in rules if rule._build.__name__ != "write" or rule._build_unknown.__name__ != "write"]
from app.api.contract.shapes import Model
def kinds(kind):
    return [kind, *(each for below in kind.__subclasses__() for each in kinds(below))]
built = [kind.__name__ for kind in kinds(Model)[1:] if kind.__pydantic_complete__]
at_start = list(sys.modules)
from app.services.processor.gateway import the_gateway
the_gateway.of(served).read_event
print(json.dumps({"asked": list(sys.modules), "ready": ready, "said": said.getvalue(), "made": made, "help": for_help, "served": at_start, "rules": len(rules), "writers": len(writers), "validators": built}))
"""
"""Asks `flask portal` for help, makes what a web server runs, asks whether it is ready and then for the processor, in one process."""
NEVER = {
    "alembic", "AntiSSRF", "authlib", "charset_normalizer", "cryptography", "drafthorse", "email_validator", "fakeredis", "hypothesis",
    "lxml", "mako", "opentelemetry", "PIL", "playwright", "psycopg", "psycopg_pool", "pygments", "pyotp", "pypdf",
    "pytest", "redis", "reportlab", "requests", "rich", "segno", "stdnum", "stripe", "tests", "urllib3", "webauthn", "xhtml2pdf",
    "xlsxwriter", "zxcvbn",
}  # fmt: skip
"""Packages that the settings of an installation from the beginning use for nothing, or not before somebody asks for it."""
NOT_SERVED = ("app.cli", "app.printing", "app.services.jobs", "app.services.mail.", "app.services.month_end.run")
"""What a web server imports for nobody: the commands, and what a worker does."""
OF_THE_SDK = ("stripe.params", "stripe._payment_intent", "stripe._setup_intent", "stripe.checkout")
"""What Stripe's SDK loads by itself when a request is made: no annotation may ask for it."""
ONLY_SERVED = ("app.api.v1.", "app.blueprints.", "app.forms.", "app.dev.", "app.demo.", "app.gateways.sandbox.")
"""Rooms that a command line that is asked for help needs nothing of."""


def test_help_makes_no_app_and_a_default_app_imports_only_what_it_uses(tmp_path: Path) -> None:
    settings = databases.settings_for(databases.empty_sqlite(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", f"{NOT_SERVED = }\n{STARTS}"],
        cwd=ROOT,
        env=databases.environment(settings),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    assert "verify" in found["said"] and found["made"] == "Commands"
    assert [name for name in found["help"] if name.startswith(ONLY_SERVED)] == []
    assert sorted({name.partition(".")[0] for name in found["served"]} & NEVER) == []
    assert [name for name in found["served"] if name.startswith(NOT_SERVED)] == []
    assert "stripe" in found["asked"] and [name for name in found["asked"] if name.startswith(OF_THE_SDK)] == []
    assert found["ready"]["migrations"].startswith("behind"), "the database is empty, and nobody migrates it here"
    assert found["rules"] > 100, "all of the portal is there"
    assert found["writers"] == 0, "the code that writes an address is compiled when it is first written"
    assert found["validators"] == ["Page"], "what checks a body is built with the first of its kind; a page is of any"


def test_whoever_asks_whether_it_is_ready_waits_for_the_tables_in_a_customers_place(tmp_path: Path) -> None:
    settings = databases.settings_for(databases.empty_sqlite(tmp_path))
    asks = """
import wsgi
from app.models.ledger import Grant
print(Grant.__mapper__.configured)
wsgi.app.test_client().get("/readyz")
print(Grant.__mapper__.configured)
"""
    command = [sys.executable, "-c", asks]
    ran = subprocess.run(command, cwd=ROOT, env=databases.environment(settings), capture_output=True, text=True)
    assert ran.stdout.split() == ["False", "True"], ran.stderr[-3000:]


def test_a_wrong_setting_stops_a_command_and_not_its_help(tmp_path: Path) -> None:
    environ = databases.environment(databases.settings_for(databases.empty_sqlite(tmp_path)), SECRET_KEY="short")
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "portal", "config", "--check"]
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Wrong setting: SECRET_KEY ")


def test_what_is_made_later_is_made_once_by_whoever_asks_first() -> None:
    asking, made = Barrier(4), list[list[int]]()

    def make() -> list[int]:
        made.append([])
        return made[-1]

    there = made_later(make)
    assert made == []

    def ask(number: int) -> None:
        asking.wait()
        there.append(number)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))
    assert [sorted(each) for each in made] == [[0, 1, 2, 3]]
