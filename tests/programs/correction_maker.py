"""Processes that correct an invoice and die (kill -9) on the way, one after the other, all by the same press.

    python -m tests.programs.correction_maker < plans.json

Each plan is `[customer, document, wanted, mark, what, at]`: the process dies at the `at`-th of its moments of that kind
(see `tests.support.kill_points`). The answer is a list in JSON: how each ended, how many documents, corrections and
refunds there were then, and what `verify` found wrong.
"""

import json
import multiprocessing
import sys
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.config import Settings
from app.domain.addresses.address import Address
from app.models.corrections import Correction
from app.models.database import db
from app.models.documents import Document
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services.invoices import corrections
from app.services.invoices.correction_preview import Wanted
from app.services.verification.verify import verify
from tests.support.crash_plan import Kill
from tests.support.kill_points import watch

FORK = multiprocessing.get_context("fork")


def correct(app: Flask, customer: str, document: str, wanted: dict[str, Any], mark: str, what: str, at: int) -> None:
    """Correct the invoice, and die on the way."""
    watch(app, Kill(what, at))
    fields = wanted | {"address": Address(**wanted["address"])}
    with app.app_context():
        corrections.correct(customer, document, Wanted(**fields), mark, by="mem_alice")


def found(app: Flask) -> list[Any]:
    """Return what there is now; leave no connection open for a child to inherit."""
    with app.app_context():
        with as_service("count what a killed process has left"):
            tables = (Document, Correction, Refund)
            counts = [db.session.scalar(select(func.count()).select_from(each)) for each in tables]
        wrong = [each.invariant for each in verify()]
        for engine in db.engines.values():
            engine.dispose()
    return [*counts, wrong]


def main() -> None:
    """Run each plan in a process of its own, and look at what it has left."""
    app, ends = create_app(Settings.from_env()), []
    for plan in json.load(sys.stdin):
        process = FORK.Process(target=correct, args=(app, *plan))
        process.start()
        process.join(60)
        ends.append([process.exitcode, *found(app)])
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
