"""Buys credit at a moment, and is killed at a point of it.

python -m tests.programs.credit_adder MOMENT WHAT AT CUSTOMER METHOD FORM_KEY MINOR
"""

import sys
from datetime import datetime

from app import clock, create_app
from app.config import Settings
from app.domain.money import Money
from app.domain.people.members import Actor, Role
from app.models.scope import as_customer
from app.services.payments import top_ups
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch


def main() -> None:
    """Do it."""
    moment, what, at, customer_id, method, form_key, minor = sys.argv[1:]
    app = create_app(Settings.from_env())
    watch(app, Kill(what, int(at)))
    actor = Actor("mem_buyer", customer_id, Role.OWNER, "Buyer", "buyer@example.com", "Acme")
    with app.app_context(), clock.at(datetime.fromisoformat(moment)), as_customer(customer_id):
        top_ups.buy(
            actor, form_key=form_key, amount=Money(int(minor), "USD"), pack="", method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )  # fmt: skip


if __name__ == "__main__":
    main()
