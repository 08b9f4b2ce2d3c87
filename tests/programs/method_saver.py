"""Processes that save a payment method and die (kill -9) on the way, one after the other.

    python -m tests.programs.method_saver < plans.json

Each plan is `[customer, member, method, what, at]`: the process dies at the `at`-th of its moments of that kind (see
`tests.support.kill_points`). The answer is a list in JSON of how each ended.
"""

import json
import multiprocessing
import sys

from flask import Flask

from app import create_app
from app.config import Settings
from app.demo.payment_methods import add_test_method
from app.domain.people.members import Actor, Role
from app.models.scope import as_customer
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch

FORK = multiprocessing.get_context("fork")


def save(app: Flask, customer_id: str, member_id: str, method: str, what: str, at: int) -> None:
    """Save the method, and die on the way."""
    watch(app, Kill(what, at))
    actor = Actor(member_id, customer_id, Role.OWNER, name="Saver", email="saver@acme.example", customer_name="Acme")
    with app.app_context(), as_customer(customer_id):
        add_test_method(actor, method)


def main() -> None:
    """Run each plan in a process of its own."""
    app, ends = create_app(Settings.from_env()), []
    for plan in json.load(sys.stdin):
        process = FORK.Process(target=save, args=(app, *plan))
        process.start()
        process.join(60)
        ends.append(process.exitcode)
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
