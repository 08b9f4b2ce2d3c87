"""Random histories of purchases, gifts, usage, invoices and money that goes back: the tax of the documents is the model's.

The model (tests/reference/tax_history.py) keeps a list of grants and of what is below zero, and taxes what is sold: under
`at_purchase` what is bought and what is used below zero, under `at_use` what is used but for gifts.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.invoices.documents import State
from app.domain.money import MICROS, Credits, Money
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.ledger import Account, Grant
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.ledger import grants
from app.services.ledger.posting import lock
from app.services.payments import top_ups
from app.services.receivables import ending
from app.services.reversals import disputes, refund_booking
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.reference.history import ModelGrant
from tests.reference.reversal_history import Back, Purchase
from tests.reference.tax_history import Note, Sale, TaxModel, share
from tests.services.receivables.test_histories import MONTHS
from tests.support import cast, periods, tiers
from tests.support.documents import documents_of
from tests.support.reversals import payment_of
from tests.support.shop import GOOD, add_method

_numbers = count(1)
HUGE = 10**15


class TaxHistory:
    """One customer with the same history twice: in the services and in the model."""

    def __init__(self, chance: random.Random, mode: str, burn: str) -> None:
        self.chance, self.mode = chance, mode
        self.small = periods.customer(taxed=mode, burn=burn, overage="4000")
        email = f"alice{next(_numbers)}@small.example"
        self.actor = cast.make_actor(replace(cast.ALICE, email=email), self.small)
        with clock.at(periods.BEGIN):
            self.way = add_method(self.actor, GOOD).id
        self.model = TaxModel(periods.BEGIN, HUGE, mode=mode)  # type: ignore[arg-type]
        self.bought: list[tuple[Purchase, Payment, Sale]] = []
        self.paid: list[tuple[Sale, Payment]] = []
        self.backs: list[tuple[Payment, str, int, Note | None, Sale | None, Back | None]] = []
        self.of_sale: dict[int, str] = {}
        self.number = 1

    def goes_by(self, now: datetime) -> None:
        """Let the worker post what is due before anything else happens."""
        self.model.now = now
        with as_service("catch up"), transaction() as session:
            grants.catch_up(lock(session, self.small.customer_id), now)

    def step(self, now: datetime) -> None:
        """Do something in both worlds."""
        with clock.at(now):
            self.goes_by(now)
            steps: list[Callable[[datetime], None]] = [self.use, self.use, self.buy, self.give, self.back, self.decide]
            self.chance.choice(steps)(now)
            self.goes_by(now)

    def use(self, now: datetime) -> None:
        cents = self.chance.randrange(1, 2500)
        periods.uses(self.small, cents, at=now)
        self.model.spend(self.number, cents)

    def buy(self, now: datetime) -> None:
        net = self.chance.choice([500, 501, 10_050, 1_503, 2_000])
        with as_customer(self.small.customer_id):
            paid = top_ups.buy(
                self.actor, form_key=ids.new_form_key(), amount=Money(net, "USD"), pack="", method_id=self.way,
                return_url=str,
            )  # fmt: skip
            grant = db.session.scalars(select(Grant).where(Grant.payment_id == paid.id)).one()
        sale = self.model.sell(net) if self.mode == "at_purchase" else Sale(net, 0)
        on_paper = ModelGrant(grant.id, net * 10_000, 50, now, None)
        purchase = Purchase(paid.id, sale.total, on_paper)
        assert (paid.state, paid.amount_minor) == ("succeeded", sale.total)
        self.model.purchases.append(purchase)
        self.model.give(on_paper)
        self.bought.append((purchase, paid, sale))
        with as_service("find the document"):
            found = db.session.scalars(select(Document).where(Document.payment_id == paid.id)).one()
        self.of_sale[id(sale)] = found.id

    def give(self, now: datetime) -> None:
        dollars = self.chance.randrange(1, 12)
        given = grants.give(
            self.small.customer_id, kind="promotional", credits=Credits(dollars * MICROS), granted_by="sales",
            reason="Welcome",
        )  # fmt: skip
        self.model.give(ModelGrant(given.id, dollars * MICROS, 50, now, None))

    def back(self, now: datetime) -> None:
        """Send some of a payment back, or let the bank dispute it."""
        found: list[tuple[Purchase | None, Payment, Sale]] = [
            *self.bought,
            *((None, each[1], each[0]) for each in self.paid),
        ]
        if not found:
            return
        purchase, payment, sale = self.chance.choice(found)
        row = payment_of(payment)
        left = row.received_minor - row.refunded_minor - row.disputed_minor
        if not left:
            return
        minor = self.chance.choice([left, self.chance.randrange(1, left + 1), min(left, 7)])
        money, intent = Money(minor, "USD"), payment.processor_id or ""
        if self.chance.random() < 0.6:
            name = f"re_{ids.new('ref')}"
            refund = ProcessorRefund(name, intent, money, RefundState.SUCCEEDED, "", now)
            assert refund_booking.record(payment.id, refund) == ""
            taken = self._taken(purchase, name, minor, "refunded")
            self.backs.append((payment, name, minor, sale.goes_back(minor), sale, taken))
            return
        name = f"du_{ids.new('dsp')}"
        opened = ProcessorDispute(name, intent, money, money_words(money), DisputeState.OPEN, "fraudulent", now)
        assert disputes.record(payment.id, opened) == ""
        self.backs.append((payment, name, minor, None, sale, self._taken(purchase, name, minor, "open")))

    def _taken(self, purchase: Purchase | None, name: str, minor: int, state: str) -> Back | None:
        if purchase is None:
            return None
        self.model.take_back(purchase, name, minor, state)  # type: ignore[arg-type]
        return self.model.backs[-1]

    def decide(self, now: datetime) -> None:
        """Let a refund bounce, or the bank decide a dispute, or change its mind."""
        if not self.backs:
            return
        place = self.chance.randrange(len(self.backs))
        payment, name, minor, note, sale, taken = self.backs[place]
        intent, money = payment.processor_id or "", Money(minor, "USD")
        if name.startswith("re_"):
            failed = ProcessorRefund(name, intent, money, RefundState.FAILED, "", now, "lost_card")
            assert refund_booking.record(payment.id, failed) == ""
            comes_back = True
        else:
            comes_back = note is not None or self.chance.random() < 0.4
            state = DisputeState.WON if comes_back else DisputeState.LOST
            decided = ProcessorDispute(name, intent, money, money_words(money), state, "fraudulent", now)
            assert disputes.record(payment.id, decided) == ""
        if not comes_back:
            assert sale is not None
            self.backs[place] = (payment, name, minor, sale.goes_back(minor), sale, taken)
            if taken is not None:
                taken.state = "lost"
            return
        self.backs.pop(place)
        if note is not None:
            note.stands = False
        if taken is not None:
            taken.state = "won"
            self.model.undo(taken)

    def closes(self, now: datetime) -> Document | None:
        """Close the period, in both worlds."""
        with clock.at(now):
            self.goes_by(now)
            made, sale = periods.closes(self.small, at=now, number=self.number), self.model.close(self.number)
            assert (made is None) == (sale is None)
            if made is None or sale is None:
                return None
            assert (made.net_minor, made.tax_minor, made.payable_minor) == (sale.net, sale.tax, sale.payable)
            self.of_sale[id(sale)] = made.id
            if made.state == State.OPEN and made.due_on is not None and not made.carried_minor:
                self.ends(made, sale, now)
            return made

    def ends(self, made: Document, sale: Sale, now: datetime) -> None:
        """Let something be done with the invoice, or nothing."""
        match self.chance.randrange(5):
            case 0 | 1:
                self.paid.append((sale, periods.pays(self.actor, made, self.way)))
            case 2:
                ending.void(made.id, by="seller", reason="Wrong")
                self.model.revoke(sale)
                self.closes(now + timedelta(hours=1))
            case 3:
                part = 1 + made.payable_minor // 2
                ending.credit(made.id, Money(part, "USD"), by="seller", reason="Goodwill")
                sale.goes_back(part)

    def compare(self) -> None:
        """Compare the documents, the tax of them all, and the balance."""
        documents = {each.id: each for each in documents_of(self.small)}
        for sale in [*self.model.sales, *(each[2] for each in self.bought)]:
            row = documents[self.of_sale[id(sale)]]
            notes = [each for each in documents.values() if each.returns_id == row.id and each.state != State.VOID]
            assert (row.net_minor, row.tax_minor, row.state == State.VOID) == (sale.net, sale.tax, sale.void)
            gone = (
                row.net_minor - sum(each.net_minor for each in notes),
                sale.tax - sum(each.tax_minor for each in notes),
            )
            assert gone == sale.left, row.number
        standing = [each for each in documents.values() if each.state != State.VOID]
        sold = sum(each.tax_minor for each in standing if each.kind in {"invoice", "receipt"})
        back = sum(each.tax_minor for each in standing if each.kind in {"credit_note", "refund_receipt"})
        assert sold - back == sum(each.left[1] for each in self.model.sales if not each.void)
        assert all(each.tax_minor == 0 for each in standing if "receipt" in each.kind)
        with as_service("look at lines and balance"):
            mine = self.small.customer_id
            kinds = set(db.session.scalars(select(DocumentLine.kind).where(DocumentLine.customer_id == mine)))
            balance = db.session.scalars(
                select(Account.balance).where(Account.customer_id == mine, Account.name == "credits")
            ).one()
        assert ("usage" in kinds) <= (self.mode == "at_use"), "usage that bought credit has paid carries no tax"
        assert ("overage" in kinds) <= (self.mode == "at_purchase")
        assert balance == self.model.balance
        assert verify(self.small.customer_id) == []


def lives(history: TaxHistory) -> None:
    """Let three months pass, each ended by its invoice."""
    start = periods.BEGIN + timedelta(hours=1)
    for number, end in enumerate(MONTHS, 1):
        history.number = number
        hours = (end - start) // timedelta(hours=1)
        for at in sorted(history.chance.sample(range(hours), 5)):
            history.step(start + timedelta(hours=at))
        history.number = number + 1
        for minutes in (10, 20):
            history.step(end + timedelta(minutes=minutes))
        history.number = number
        history.closes(end + timedelta(hours=1))
        start = end + timedelta(hours=4)
    history.compare()


@pytest.mark.parametrize("mode", ["at_purchase", "at_use"])
@pytest.mark.parametrize("burn", ["realtime", pytest.param("at_invoice", marks=pytest.mark.proof)])
def test_the_tax_of_documents_is_that_of_what_was_consumed_and_paid(app: Flask, mode: str, burn: str) -> None:
    for seed in range(tiers.sample_of(1, proof=30)):
        history = TaxHistory(random.Random(f"{mode} {burn} {seed}"), mode, burn)  # noqa: S311  # replayed, not secret
        lives(history)


def test_the_model_rounds_half_away_from_zero() -> None:
    """100.50 at 25 % is 25.13; three halves are two."""
    assert (share(10_050, 25, 100), share(3, 1, 2), share(1, 1, 3)) == (2_513, 2, 0)
