"""Does one thing with a customer's bank transfers, and is killed at a point of it.

python -m tests.programs.cash_mover order|look|return|cancel CUSTOMER MEMBER WHAT AT [PRO_FORMA]
"""

import sys

from app import create_app, ids
from app.config import Settings
from app.domain.money import Money
from app.domain.people.members import Actor, Role
from app.models.scope import as_customer
from app.services.bank_transfers import cash, orders, placing, returns
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch


def main() -> None:
    """Do it."""
    do, customer_id, member_id, what, at, *rest = sys.argv[1:]
    app = create_app(Settings.from_env())
    actor = Actor(member_id, customer_id, Role.OWNER, "Buyer", "buyer@example.com", "Acme")
    watch(app, Kill(what, int(at)))
    with app.app_context():
        match do:
            case "order":
                with as_customer(customer_id):
                    placing.order(actor, form_key=rest[0] or ids.new_form_key(), amount=Money(2500, "USD"), pack="")
            case "look":
                cash.look(customer_id)
            case "return":
                returns.send_back(customer_id, reason="Sent twice", requested_by="seller")
            case _:
                with as_customer(customer_id):
                    orders.give_up(actor, rest[0])


if __name__ == "__main__":
    main()
