"""What the tests of setups share: what is begun, answered and planted."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app import clock
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.setups import MethodSetup
from app.services import jobs

DAY = timedelta(hours=24)


def setups_of(customer: Customer) -> list[MethodSetup]:
    """Return the customer's setups, the oldest first."""
    with as_customer(customer.customer_id):
        return list(db.session.scalars(select(MethodSetup).order_by(MethodSetup.created_at, MethodSetup.id)))


def at_processor(app: Flask) -> list[str]:
    """Return how the processor's setups stand."""
    return [each["status"] for each in controls.objects(app.extensions["purser.settings"], "setup_intent")]


def plant(app: Flask, call: str, fault: str, times: int = 1) -> None:
    controls.plant(app.extensions["purser.settings"], call, fault, times)


def later(wait: timedelta) -> None:
    """Let time pass and do what is due then, until nothing is."""
    with clock.at(clock.now() + wait):
        while any(count for name, count in jobs.run_due().items() if name in {"setups_checked", "webhooks_worked"}):
            pass
