"""What causes each event that is sent out: stories of the API, pages, jobs and the processor's webhooks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask

from app import clock
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services import jobs
from app.services.bank_transfers import returns
from app.services.reversals import refunds
from app.services.tax import exemptions
from tests.api.test_tax_certificates import body as certificate
from tests.support import cast, dunning, months, periods, plans, recharge, shop, transfers
from tests.support.api import Api
from tests.support.outcome import faults
from tests.support.periods import OVER, PER_DOLLAR

DAY = timedelta(days=1)
TWENTY_FIVE = {"amount": {"amount_minor": 2500, "currency": "USD"}}
OSLO = {"company": "Acme AS", "line1": "Karl Johans gate 1", "city": "Oslo", "postal_code": "0154", "country": "no"}
DRAWN_OR_TRIMMED = {"mails_sent", "partitions_made", "books_compared", *jobs.DRAWING}
OF_EVENTS = tuple(name for name in jobs.JOBS if name not in DRAWN_OR_TRIMMED and not name.endswith("_trimmed"))
"""What the worker does, without mails, files and upkeep, which cause no event."""
_numbers = count(1)


@dataclass(frozen=True)
class Stage:
    """The app, and the seller's program that calls its API."""

    app: Flask
    api: Api

    def acme(self) -> Customer:
        """Return a customer of the gateway."""
        cast.apply_catalog()
        return cast.make_customer("Acme")

    def works(self, at: datetime | None = None, times: int = 4) -> None:
        """Let the worker do what is due at that time, webhooks among it."""
        with self.app.app_context(), clock.at(at or clock.now()):
            for _ in range(times):
                if not any(jobs.run_due(names=OF_EVENTS).values()):
                    return

    def posts(self, whose: Customer, what: str, body: object = None) -> dict[str, Any]:
        """Have something done for the customer by the API."""
        return self.sends("POST", whose, what, body)

    def sends(self, method: str, whose: Customer, what: str, body: object = None) -> dict[str, Any]:
        """Have something done for the customer by a method of the API; return the answer."""
        sent = {"json": {} if body is None else body} if method in {"POST", "PUT"} else {}
        answer = self.api.open(method, f"/customers/{whose.customer_id}/{what}", **sent)
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def gives(self, whose: Customer, credit: str, **more: object) -> None:
        """Give credit."""
        self.posts(whose, "credit_grants", {"credits": credit, "reason": "Welcome", **more})

    def uses(self, whose: Customer, dollars: int) -> None:
        """Report usage of so many dollars."""
        event = {"id": f"story-{next(_numbers)}", "customer": whose.customer_id, "meter": "requests"}
        answer = self.api.post("/usage_events", event | {"quantity": dollars * PER_DOLLAR})
        assert answer.get_json()["accepted"] == 1, answer.text

    def tops_up(self, whose: Customer) -> dict[str, Any]:
        """Buy credit for $25.00 with the default method."""
        return self.posts(whose, "top_ups", TWENTY_FIVE)


Story = Callable[[Stage], object]


def a_daily_limit(stage: Stage) -> None:
    """Usage reaches the threshold and the limit of a day; the limit is raised."""
    acme = stage.acme()
    limits = {"enabled": True, "daily_limit": "25", "notify_threshold": "20", "webhook_url": None, "version": 0}
    version = stage.sends("PUT", acme, "spend_management", limits)["version"]
    stage.gives(acme, "100")
    stage.uses(acme, 25)
    stage.works()
    stage.sends("PUT", acme, "spend_management", limits | {"daily_limit": "50", "version": version})
    stage.works()


def a_usage_alert(stage: Stage) -> None:
    """Usage crosses an alert."""
    acme = stage.acme()
    version = stage.sends("GET", acme, "usage_alerts")["version"]
    alerts = [{"meter": "requests", "threshold": 2_000}]
    stage.sends("PUT", acme, "usage_alerts", {"alerts": alerts, "recipients": [], "version": version})
    stage.gives(acme, "100")
    stage.uses(acme, 1)
    stage.works()


def a_balance(stage: Stage) -> None:
    """Credit becomes low, is used up, and comes back."""
    acme = stage.acme()
    stage.gives(acme, "100")
    for used in (85, 20):
        stage.uses(acme, used)
        stage.works()
    stage.gives(acme, "100")
    stage.works()


def credit_that_expires(stage: Stage) -> None:
    """Credit is about to expire, and does."""
    acme, now = stage.acme(), clock.now()
    stage.gives(acme, "10", expires_at=f"{now + 3 * DAY:%Y-%m-%dT%H:%M:%SZ}")
    stage.works()
    stage.works(now + 4 * DAY)


def a_purchase(stage: Stage) -> None:
    """Credit is bought, its invoice corrected, and a part of the payment refunded."""
    acme = stage.acme()
    shop.add_method(cast.make_actor(cast.ALICE, acme))
    payment = stage.tops_up(acme)["id"]
    invoice = stage.api.get(f"/customers/{acme.customer_id}/invoices").get_json()["data"][0]["id"]
    mark = stage.posts(acme, f"invoices/{invoice}/corrections/preview", OSLO)["preview"]
    stage.posts(acme, f"invoices/{invoice}/corrections", OSLO | {"preview": mark})
    refunds.refund(payment, amount=None, reason="Not needed", requested_by="support")
    stage.works()


def a_refund_that_comes_back(stage: Stage) -> None:
    """A refund cannot be paid out."""
    acme = stage.acme()
    shop.add_method(cast.make_actor(cast.ALICE, acme), "pm_card_refundFail")
    refunds.refund(stage.tops_up(acme)["id"], amount=None, reason="Not needed", requested_by="support")
    stage.works(clock.now() + 2 * DAY)


def a_payment_that_fails(stage: Stage) -> None:
    """The bank declines a payment."""
    acme = stage.acme()
    shop.add_method(cast.make_actor(cast.ALICE, acme), shop.BROKE)
    stage.tops_up(acme)
    stage.works()


def a_payment_of_another_amount(stage: Stage) -> None:
    """The processor has taken another amount than was asked for."""
    acme = stage.acme()
    shop.add_method(cast.make_actor(cast.ALICE, acme))
    with faults(stage.app, ("confirm_intent", "other_amount", 1)):
        stage.tops_up(acme)
    stage.works()


def disputes(stage: Stage) -> None:
    """The bank of one customer disputes a payment, and loses; that of another wins."""
    own = settings.of(stage.app)
    cast.apply_catalog()
    for name, person, won in (("Acme", cast.ALICE, True), ("Globex", cast.MALLORY, False)):
        whose = cast.make_customer(name)
        shop.add_method(cast.make_actor(person, whose))
        stage.tops_up(whose)
        payment = shop.payments(whose)[0]
        opened = controls.dispute(own, payment.processor_id or "")
        stage.works()
        controls.close_dispute(own, opened, won=won)
        stage.works()


def automatic_charges(stage: Stage) -> None:
    """Credit falls below the threshold twice: the period's limit is near, and then reached."""
    acme = stage.acme()
    alice = cast.make_actor(cast.ALICE, acme)
    shop.add_method(alice)
    recharge.on(alice, threshold="1", amount=500, limit=1100)
    now = clock.now()
    stage.works(now)
    for used, minutes in ((5, 10), (5, 30)):
        with clock.at(now + timedelta(minutes=minutes)):
            stage.uses(acme, used)
        stage.works(now + timedelta(minutes=minutes))


def automatic_charges_that_fail(stage: Stage) -> None:
    """The bank declines each of them until none is tried any more."""
    acme = stage.acme()
    alice = cast.make_actor(cast.ALICE, acme)
    shop.add_method(alice, shop.BROKE)
    recharge.on(alice)
    now = clock.now()
    for hours in (0, 2, 10, 42):
        stage.works(now + timedelta(hours=hours), times=2)


def an_automatic_charge_that_the_bank_asks_about(stage: Stage) -> None:
    """The bank wants its customer to confirm a payment that nobody was there for."""
    acme = stage.acme()
    alice = cast.make_actor(cast.ALICE, acme)
    shop.add_method(alice, shop.ASKS)
    recharge.on(alice)
    stage.works()


def an_invoice_that_is_not_paid(stage: Stage) -> None:
    """An invoice stays unpaid until calls are refused, and is paid then."""
    small = periods.customer()
    manager = periods.manager(small)
    shop.add_method(manager, shop.BROKE)
    invoice = dunning.invoiced(small)
    end = dunning.fails_until_suspended()
    with clock.at(end + timedelta(hours=1)):
        method = shop.add_method(manager).id
        stage.posts(small, f"invoices/{invoice.id}/pay", {"payment_method": method})
    stage.works(end + timedelta(hours=2))


def an_invoice_that_is_void(stage: Stage) -> None:
    """The seller voids an invoice."""
    invoice = dunning.invoiced(whose := periods.customer())
    with clock.at(OVER):
        stage.posts(whose, f"invoices/{invoice.id}/void", {"reason": "Wrong month"})
    stage.works(OVER)


def transfers_of_a_bank(stage: Stage) -> None:
    """Orders by bank transfer are made, cancelled and not paid; money arrives, and is called back."""
    transfers.take_transfers()
    acme = cast.make_customer("Acme")
    cast.make_actor(cast.ALICE, acme)
    first = stage.posts(acme, "pro_formas", {"amount_minor": 2500})["id"]
    stage.posts(acme, f"pro_formas/{first}/cancel")
    stage.posts(acme, "pro_formas", {"amount_minor": 9900})
    transfers.arrives(stage.app, acme.customer_id, 1000)
    stage.works()
    returns.send_back(acme.customer_id, reason="Not ours", requested_by="support")
    stage.works(clock.now() + 40 * DAY)


def plans_that_change(stage: Stage) -> None:
    """A plan is bought, cancelled, kept, left for a smaller one at the end of its period, and over."""
    whose = plans.customer()
    shop.add_method(plans.manager(whose))

    def changes(plan: str) -> None:
        mark = stage.posts(whose, "subscription/preview", {"plan": plan})["preview"]
        stage.posts(whose, "subscription/changes", {"plan": plan, "preview": mark})

    with clock.at(plans.HALF):
        changes("team")
        stage.sends("DELETE", whose, "subscription")
        stage.sends("DELETE", whose, "subscription/cancellation")
        changes("personal")
    stage.works(months.at(2027, 7, 2))
    with clock.at(months.at(2027, 7, 3)):
        stage.sends("DELETE", whose, "subscription")
    stage.works(months.at(2027, 8, 2))


def prices_that_change(stage: Stage) -> None:
    """Other prices are announced, withdrawn and announced again, and their day comes."""
    whose = months.begins(plans.BEGIN, "team")
    months.runs(plans.BEGIN)
    plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
    with clock.at(months.at(2027, 6, 2)):
        for on in ("2027-09-01", "2027-08-01"):
            stage.sends("DELETE", whose, "price_changes")
            stage.posts(whose, "price_changes", {"version": 2, "on": on})
    for month in (7, 8):
        stage.works(months.at(2027, month, 2))


def certificates(stage: Stage) -> None:
    """Certificates of exemption are sent; the seller takes one and refuses the other."""
    acme = stage.acme()
    for number, taken in (("EX-7/1", True), ("EX-7/2", False)):
        made = stage.posts(acme, "tax_registrations/certificates", certificate(value=number))
        exemptions.decide(made["id"], verified=taken, by="jane", reason="Looked at it")
    stage.works()
