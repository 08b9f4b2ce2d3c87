"""Gives what is due for referrals, or redeems a code, at a moment, and is killed at a point of it.

python -m tests.programs.referral_giver MOMENT WHAT AT [CUSTOMER MEMBER CODE]
"""

import sys
from datetime import datetime

from app import clock, create_app
from app.config import Settings
from app.domain.people.members import Actor, Role
from app.services.credit_codes import redeeming
from app.services.referrals import giving
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch


def main() -> None:
    """Do it."""
    moment, what, at, *rest = sys.argv[1:]
    app = create_app(Settings.from_env())
    watch(app, Kill(what, int(at)))
    with app.app_context(), clock.at(datetime.fromisoformat(moment)):
        if rest:
            customer_id, member_id, code = rest
            actor = Actor(member_id, customer_id, Role.OWNER, "Buyer", "buyer@example.com", "Acme")
            redeeming.redeem(actor, code, address="")
        else:
            giving.give_due()


if __name__ == "__main__":
    main()
