"""Prove the ledger again from its raw rows, by another way than it was written, and name the rows that fail."""

from dataclasses import dataclass

from sqlalchemy import text

from app.models.database import db
from app.models.scope import as_service
from app.services.verification import reservation_proofs
from app.services.verification.ledger_proofs import PROOFS
from app.services.verification.reversal_proofs import REVERSAL_PROOFS
from app.services.verification.usage_proofs import USAGE_PROOFS

_UTC_DAYS = {"sqlite": "date(booked_at)", "postgresql": "to_char(booked_at at time zone 'UTC', 'YYYY-MM-DD')"}

_ONE = "select * from ({}) v where (cast(:customer_id as text) is null or v.customer_id = :customer_id)"


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold: which, whose, in words, and the row that shows it."""

    invariant: str
    customer_id: str
    sentence: str
    row_id: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.customer_id}: {self.sentence} ({self.row_id})"


def verify(customer_id: str | None = None) -> list[Violation]:
    """Return every violation for one customer, or for all. Each proof is one statement over whole sets.

    What is reserved for open holds follows from the catalog's text: it is read, and reckoned here.
    """
    found = []
    with as_service("prove the ledger"):
        day = _UTC_DAYS[db.session.get_bind().dialect.name]
        for proof in (*PROOFS, *REVERSAL_PROOFS, *USAGE_PROOFS):
            sql = proof.sql.replace("{day}", day)
            narrowed = _ONE.format(sql)
            for owner, row_id in db.session.execute(text(narrowed), {"customer_id": customer_id}):
                found.append(Violation(proof.invariant, owner, proof.sentence, str(row_id)))
        found += [
            Violation("I19", owner, reservation_proofs.SENTENCE, meter)
            for owner, meter in reservation_proofs.violations(db.session(), customer_id)
        ]
        db.session.rollback()
    return found
