"""A host's worker in a process of its own that spends as fast as it can, a round for each line that it reads.

    python -m tests.programs.spender NOW

A line is `HOW CUSTOMER SEED CALLS`; `HOW` is `authorize`, `places` (meters whose price depends on what others use) or
`report`. At its end the round is answered with the micros that
were allowed, or used. `NOW` is what the clock of the process shows.
"""

import random
import sys
from datetime import datetime

from app import clock, create_app
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.scope import as_customer
from app.services.authorizations import holds, postgresql_calls
from app.services.balance import summary
from tests.support import stepped
from tests.support.meters import accept_one

EVENT = 2_500
"""So many requests of the example catalog cost one credit."""


def authorize(customer_id: str, chance: random.Random) -> int:
    """Ask for something, and use it, part of it, more than it, or nothing. Return what was allowed."""
    wanted = chance.randrange(1, 2 * MICROS)
    if chance.random() < 0.3:
        made = holds.authorize(
            AuthorizationRequest(customer_id, "requests", chance.randrange(1, 2 * EVENT), at_once=True)
        )
        return made.captured_micros
    made = holds.authorize(AuthorizationRequest(customer_id, micros=wanted))
    if not made.allowed:
        return 0
    try:
        match chance.randrange(5):
            case 0:
                return holds.capture(made.id).micros
            case 1:
                return holds.capture(made.id, credits=Credits(1 + wanted // 2)).micros
            case 2:
                return holds.capture(made.id, credits=Credits(wanted * 2), keep=True).micros
            case 3:
                holds.release(made.id)
    except Refused as refusal:
        if refusal.reason not in {"insufficient_credits", "daily_limit"}:
            raise
    return 0


def places(customer_id: str, chance: random.Random) -> int:
    """Ask for units of a meter, or for credit, and use them, some, more, none, or leave them held."""
    meter = chance.choice([*stepped.METERS, *stepped.METERS, ""])
    units, micros = (chance.randrange(1, 60), 0) if meter else (0, chance.randrange(1, 3 * MICROS))
    ttl, at_once = chance.choice([60, 86_400]), chance.random() < 0.2
    made = holds.authorize(AuthorizationRequest(customer_id, meter, units, micros, "", ttl, at_once))
    if not made.allowed or at_once:
        return made.captured_micros
    part = {"quantity": chance.randrange(1, units + 1)} if meter else {"credits": Credits(1 + micros // 3)}
    more = {"quantity": units + 9} if meter else {"credits": Credits(2 * micros)}
    try:
        match chance.randrange(6):
            case 0:
                return holds.capture(made.id).micros
            case 1:
                return holds.capture(made.id, **part, keep=chance.random() < 0.5).micros
            case 2:
                return holds.capture(made.id, **more).micros
            case 3:
                holds.release(made.id)
    except Refused as refusal:
        if refusal.reason not in {"insufficient_credits", "daily_limit", "plan_limit"}:
            raise
    return 0


def report(customer_id: str, chance: random.Random) -> int:
    """Look whether there is something to use, use it, and report it afterwards: what a host does that never asks."""
    with as_customer(customer_id):
        left = summary.numbers().available_to_use.micros
    if left < MICROS:
        return 0
    accept_one(customer_id, id=f"{chance.getrandbits(128):x}", meter="requests", quantity=EVENT)
    return MICROS


def main(now: datetime) -> None:
    """Play the rounds that are asked for."""
    postgresql_calls.PATIENCE = 60  # here a busy machine is no fault of the database's
    app = create_app(Settings.from_env())
    with app.app_context(), clock.at(now):
        print("ready", flush=True)
        for line in sys.stdin:
            how, customer_id, seed, calls = line.split()
            chance = random.Random(seed)  # noqa: S311  # a test's dice
            spend = {"authorize": authorize, "places": places, "report": report}[how]
            print(sum(spend(customer_id, chance) for _ in range(int(calls))), flush=True)


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]))
