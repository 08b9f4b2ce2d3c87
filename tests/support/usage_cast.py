"""Acme in a catalog with a meter of every kind: who sees its usage, and what it used."""

from itertools import count

from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.support import cast, meters
from tests.support.browser import Browser
from tests.support.cast import Part

USAGE = "/billing/usage/"
_numbers = count(1)


def metered(plan: str = "paid", burn: str = "realtime") -> Customer:
    """Create Acme, who buys from the catalog with every kind of meter."""
    meters.apply(burn)
    return meters.customer("Acme", plan=plan)


def looks(app: Flask, origin: str, customer: Customer, part: Part = cast.ALICE) -> Browser:
    """Return the browser of a member who has signed in."""
    actor: Actor = cast.make_actor(part, customer)
    return cast.signed_in(app, origin, actor)


def uses(customer: Customer, meter: str, *quantities: int, name: str = "") -> None:
    """Report an event for each quantity."""
    begun = name or f"batch {next(_numbers)}"
    reports = [
        UsageReport(f"{begun}-{meter}-{number}", customer.customer_id, meter, quantity)
        for number, quantity in enumerate(quantities)
    ]
    assert events.accept(reports).accepted == len(reports)


def seen(customer: Customer, *subjects: str) -> None:
    """Report an event of the `unique` meter for each subject."""
    begun = f"batch {next(_numbers)}"
    reports = [
        UsageReport(f"{begun}-{number}", customer.customer_id, "users", subject=subject)
        for number, subject in enumerate(subjects)
    ]
    assert events.accept(reports).accepted == len(reports)
