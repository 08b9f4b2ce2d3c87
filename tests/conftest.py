"""What every test may ask for: a database of its own on SQLite or PostgreSQL, the app on it, and the cast of people."""

import gc
import itertools
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import sync_playwright

from app import clock, create_app, extensions
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.services.authorizations import holds
from app.services.invoices import file_making
from tests.support import addresses, cases, cast, databases, pdfs, postgres, scratch, shared_work, tiers, watcher
from tests.support.browser import Browser
from tests.support.chromium import launch
from tests.support.client import StandAloneClient
from tests.support.databases import Database
from tests.support.server import Server, serving, serving_here
from tests.support.stripe_wire import STRIPE, Sent, problems, recorded

SESSION_DIR = "PURSER_TESTS_DIR"
CRASH_SEED = "CRASH_SEED"
TMP_PATHS = "PYTEST_DEBUG_TEMPROOT"
"""Under which directory pytest makes `tmp_path`; whoever wants to look into them afterwards sets another."""
WATCHER = pytest.StashKey["subprocess.Popen[bytes]"]()


hypothesis_settings.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any_machine")  # a loaded machine draws and runs examples slowly: that is no fault


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--proof`, `--cases` and `--faults`."""
    parser.addoption("--proof", action="store_true", help="run everything, on both databases, as `make proof` does")
    parser.addoption(
        "--ticking-clock", action="store_true", help="let the app's clock be a second later at each reading"
    )
    parser.addoption("--cases", action="store_true", help="print which acceptance cases have tests, and run nothing")
    parser.addoption("--faults", action="store_true", help="print which faults have tests, and run nothing")


def pytest_configure(config: pytest.Config) -> None:
    """Say which tier it is, and make the directory that all workers of this session share."""
    gc.disable()  # what is imported and collected stays: to look through it again and again takes a third of that time
    if config.getoption("proof"):
        os.environ[tiers.PROOF] = "1"
    else:
        os.environ.pop(tiers.PROOF, None)
    shared_work.keep_builders()
    shared_work.keep_the_sandboxs_statements()
    if not hasattr(config, "workerinput"):
        os.environ[SESSION_DIR] = str(scratch.new_directory())
        os.environ.setdefault(TMP_PATHS, os.environ[SESSION_DIR])
        config.stash[WATCHER] = watcher.watch(Path(os.environ[SESSION_DIR]))
        os.environ.setdefault(CRASH_SEED, secrets.token_hex(4))
        for ending in (signal.SIGTERM, signal.SIGINT):  # SIGINT is ignored in what a shell runs in the background
            signal.signal(ending, signal.default_int_handler)


def pytest_report_header() -> str:
    """Print the seed of the crash runs, which the environment may set to play them again."""
    return f"Crash runs: {CRASH_SEED}={os.environ[CRASH_SEED]}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the database server and tidy up, once the last worker is done."""
    if not hasattr(config, "workerinput"):
        directory = Path(os.environ.pop(SESSION_DIR))
        postgres.stop_shared(directory)
        shutil.rmtree(directory)
        if os.environ.get(TMP_PATHS) == str(directory):
            del os.environ[TMP_PATHS]  # another run in the same process has another directory
        watcher.leave(config.stash[WATCHER])


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Share among the workers what must be compiled before the first test."""
    shared_work.import_tests(session.config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to `make proof` what only it runs, and begin with what takes longest."""
    config.stash[tiers.COLLECTED] = tiers.collected(items)
    tiers.the_longest_first(items)
    if config.getoption("proof") or config.getoption("cases") or config.getoption("faults"):
        return
    left_out = [item for item in items if tiers.only_for_proof(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not tiers.only_for_proof(item)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the cases or the faults when asked; what stays until the end is no longer looked through for garbage."""
    reports = {"cases": cases.report, "faults": cases.faults_report}
    for asked in [name for name in reports if session.config.getoption(name)]:
        print(reports[asked](session.items))
    if any(session.config.getoption(name) for name in reports):
        session.items.clear()
    gc.enable()
    gc.freeze()  # thousands of tests and every module: a collection that walks them all takes seconds
    gc.set_threshold(100_000, 10, 10)


@pytest.fixture(autouse=True)
def ticking_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--ticking-clock`, let no two readings be the same, as on a slow machine; where a test lets it stand, it does."""
    if request.config.getoption("ticking_clock"):
        stands, readings = clock.now, itertools.count()
        monkeypatch.setattr(clock, "now", lambda: clock._set_to.get() or stands() + timedelta(seconds=next(readings)))


@pytest.fixture(scope="session")
def session_dir() -> Path:
    """The directory that all workers of this session share."""
    return Path(os.environ[SESSION_DIR])


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own, on each of the two kinds."""
    if request.param == "sqlite":
        made = databases.fresh_sqlite(session_dir, tmp_path)
    else:
        made = databases.fresh_postgresql(session_dir)
    yield made
    shared_work.leave_the_sandboxs_connections()
    made.drop()


@pytest.fixture
def settings(database: Database) -> Settings:
    """The settings of the app under test."""
    return databases.settings_for(database)


@pytest.fixture
def right_requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Sent]]:
    """Whatever the app asks the processor is something that Stripe would take: looked at afterwards, as it was sent."""
    sent: list[Sent] = []
    monkeypatch.setattr(controls, "transport", recorded(controls.transport, sent))
    yield sent
    assert [found for each in sent if (found := (each, problems(each, base=STRIPE)))[1]] == []


@pytest.fixture
def app(settings: Settings, right_requests: list[Sent]) -> Iterator[Flask]:
    """The app, with an app context for the test's own calls; requests run outside it.

    Whatever way back it gave the processor leads to a page of its own.
    """
    made = create_app(settings)
    made.test_client_class = StandAloneClient
    shared_work.share(made)
    with made.app_context():
        yield made
        holds.close()
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    assert addresses.sent_nowhere(made, right_requests) == []


@pytest.fixture
def drawing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    """Let the app make PDFs, with a process that all tests of this one share."""
    extensions.settings.set(app, replace(extensions.settings.of(app), pdf_engine="xhtml2pdf"))
    file_making.the_renderer.set(app, pdfs.shared())
    return pdfs.shared()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A bare test client: nobody is signed in and nothing is followed."""
    return app.test_client()


@pytest.fixture
def origin(settings: Settings) -> str:
    """Where the portal is, as a browser's `Origin` header says it."""
    return settings.base_url


@pytest.fixture
def catalog(app: Flask) -> str:
    """The name of the catalog that the customers buy from, applied."""
    cast.apply_catalog()
    return cast.CATALOG


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Alice's and Bob's customer."""
    return cast.make_customer("Acme")


@pytest.fixture
def globex(catalog: str) -> Customer:
    """Mallory's customer."""
    return cast.make_customer("Globex")


@pytest.fixture
def alice_actor(acme: Customer) -> Actor:
    """Alice, a billing manager of Acme, as the services see her."""
    return cast.make_actor(cast.ALICE, acme)


@pytest.fixture
def bob_actor(acme: Customer) -> Actor:
    """Bob, who may look at Acme, as the services see him."""
    return cast.make_actor(cast.BOB, acme)


@pytest.fixture
def mallory_actor(globex: Customer) -> Actor:
    """Mallory, the owner of Globex, as the services see her."""
    return cast.make_actor(cast.MALLORY, globex)


@pytest.fixture
def alice(app: Flask, origin: str, alice_actor: Actor) -> Browser:
    """Alice's browser, signed in."""
    return cast.signed_in(app, origin, alice_actor)


@pytest.fixture
def bob(app: Flask, origin: str, bob_actor: Actor) -> Browser:
    """Bob's browser, signed in."""
    return cast.signed_in(app, origin, bob_actor)


@pytest.fixture
def mallory(app: Flask, origin: str, mallory_actor: Actor) -> Browser:
    """Mallory's browser, signed in."""
    return cast.signed_in(app, origin, mallory_actor)


@pytest.fixture
def visitor(app: Flask, origin: str) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser(app.test_client(), origin)


@pytest.fixture
def live_server(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The portal on loopback and on the test's database; in `make proof`, as the server process that it is installed as."""
    with serving(settings, tmp_path) if tiers.whole() else serving_here(settings) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[ChromiumBrowser]:
    """The system's Chromium, one for all tests of a worker."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
