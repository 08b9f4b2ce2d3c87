"""A customer is moved while it is served: each call is priced by the old terms or the new, and what is held has room."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.scope import as_customer
from app.models.usage import UsageTotal
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import meters

THREADS, CALLS = 3, 8
OLD, NEW = 250_000, 750_000


@pytest.mark.both_databases
def test_every_call_is_priced_by_one_version_and_none_passes_the_balance(app: Flask) -> None:
    meters.apply()
    acme = meters.customer("Acme")
    grants.give(acme.customer_id, kind="promotional", credits=Credits(9 * MICROS), granted_by="test", reason="Test")
    versions.apply(meters.METERED.format(burn="realtime").replace('"0.25"', '"0.75"'))
    moves, _stay = plan_moves.planned("metered")
    begin, answers = threading.Barrier(THREADS + 1), list[Authorized]()

    def calls(thread: int) -> None:
        with app.app_context():
            begin.wait(60)
            for number in range(CALLS):
                key, at_once = f"{thread}-{number}", number % 2 == 0
                asked = AuthorizationRequest(acme.customer_id, "runs", 1, key=key, at_once=at_once)
                answers.append(holds.authorize(asked))
                if answers[-1].allowed and not at_once:
                    holds.capture(answers[-1].id)
            db.session.remove()

    threads = [threading.Thread(target=calls, args=(thread,)) for thread in range(THREADS)]
    for each in threads:
        each.start()
    begin.wait(60)
    assert list(plan_moves.move_each(moves, by="ops", reason="New prices")) == [None]
    for each in threads:
        each.join()
    with as_customer(acme.customer_id):
        captured = db.session.scalars(
            select(Authorization.captured_micros).where(Authorization.state == "captured")
        ).all()
        total = db.session.scalars(select(UsageTotal.micros)).one()
    assert len(answers) == THREADS * CALLS
    assert set(captured) <= {OLD, NEW}
    assert total == sum(captured) <= 9 * MICROS
    assert holds.authorize(AuthorizationRequest(acme.customer_id, "runs", 1)).micros == NEW
    assert verify() == []
