"""All that settling, granting and refunding writes of a customer, to compare two who have lived the same story."""

import re
from typing import Any

from sqlalchemy import select

from app.models.auto_recharge import AutoRechargeBudget, AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.document_files import DocumentFile
from app.models.documents import Document, DocumentLine, DocumentTax
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Account, Allocation, BalanceDay, Grant, Transfer
from app.models.mails import Mail
from app.models.payments import Attempt, Payment
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay
from app.services.catalog import versions
from app.services.customers import registration
from tests.support import meters

TABLES: tuple[type[Base], ...] = (
    *(Transfer, Account, Grant, Allocation, BalanceDay, UsageDay, Spending, Payment, Attempt),
    *(Document, DocumentLine, DocumentTax, DocumentFile, OutboxEvent, Mail, AuditEntry),
    *(AutoRechargeBudget, AutoRechargeSettings),
)
AN_ID = re.compile(r"\b(?=\w*\d)(?:[a-z]{2,5}_)?[0-9a-z]{16,64}\b|\b\d{4}-\d{6}\b")


def make(name: str, more: str = "") -> Customer:
    """Create a customer of a catalog of its own, so that its documents are a series of their own."""
    versions.apply(meters.METERED.format(burn="realtime").replace('name = "metered"', f'name = "{name}"') + more)
    return registration.create(name=name, email=f"billing@{name}.example", catalog=name, external_id=name)


def rows(customer: Customer) -> list[str]:
    """Return all rows that are written of the customer, with ids and numbers named by the order in which they come."""
    names = dict[str, str]()

    def known(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"#{len(names)}")

    written = list[str]()
    with as_service("look at the rows"):
        for model in TABLES:
            columns = [each for each in model.__table__.columns if each.name != "content"]
            asked = select(*columns).where(model.__table__.c.customer_id == customer.customer_id)
            found: list[Any] = list(db.session.execute(asked.order_by(*model.__table__.primary_key.columns)).all())
            # Ids of one millisecond come in any order: what else the rows say comes first.
            said = sorted((str(tuple(row)) for row in found), key=lambda each: AN_ID.sub("#", each))
            written += [f"{model.__name__} {AN_ID.sub(known, each)}" for each in said]
    return [row.replace(customer.name, "name") for row in written]
