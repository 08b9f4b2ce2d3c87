"""The portal as in production, in a process where neither the sandbox nor what stands beside it can be imported.

`python -m tests.programs.without_sandbox` takes its settings from the environment, imports all that an installation
runs, serves pages to Alice, does what time asks for, and prints as JSON what came of it.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pkgutil import walk_packages
from types import ModuleType

ABSENT = ("app.gateways.sandbox", "app.dev", "app.demo")


class Absent(MetaPathFinder):
    """Refuses to find what is not installed here."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse, or leave it to the others."""
        if any(fullname == name or fullname.startswith(f"{name}.") for name in ABSENT):
            raise ModuleNotFoundError(f"{fullname} is not installed", name=fullname)
        return None


sys.meta_path.insert(0, Absent())

import app as portal  # noqa: E402  # what it imports counts too
from app import clock, create_app  # noqa: E402
from app.config import Settings  # noqa: E402
from app.models.database import db  # noqa: E402
from app.services import jobs  # noqa: E402
from tests.support import cast  # noqa: E402
from tests.support.client import StandAloneClient  # noqa: E402


def everything() -> list[str]:
    """Import every module of the app but those that are absent; return their names."""
    names = [each.name for each in walk_packages(portal.__path__, "app.", onerror=lambda _name: None)]
    there = [name for name in names if not any(f"{name}.".startswith(f"{gone}.") for gone in ABSENT)]
    for name in there:
        import_module(name)
    return there


def main() -> None:
    """Serve Alice, work, and say what came of it."""
    settings = Settings.from_env()
    made = create_app(settings)
    made.test_client_class = StandAloneClient
    with made.app_context():
        cast.apply_catalog()
        actor = cast.make_actor(cast.ALICE, cast.make_customer("Acme"))
        browser = cast.signed_in(made, "http://localhost", actor)
        form = browser.submits(
            browser.opens("/billing/payment-methods/?add=card"), "form[aria-label='Add a payment method']"
        )
        with clock.at(clock.now() + timedelta(hours=2)):
            done = jobs.run_due()
        db.session.remove()
    try:
        create_app(replace(settings, payments="sandbox"))
        sandbox = "there"
    except ModuleNotFoundError as missing:
        sandbox = str(missing)
    found = {"modules": everything(), "key": form.find("#stripe-form")["data-key"], "done": done, "sandbox": sandbox}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
