"""What pages and mails say is charged when, and what follows, is what happens then: never before, and not something else."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services.mail import sending
from tests.support import cast, dunning, periods, post
from tests.support.dunning import DAY, MINUTE
from tests.support.periods import OVER, manager
from tests.support.shop import BROKE, GOOD, add_method

DUE_LATER = "\n[invoices]\ndue_days = 14\n"
OTHERS = "\n[dunning]\nother_methods = true\n"


def moment(words: str) -> datetime:
    """Return the moment in the words: `3 Nov 2026, 09:00 UTC`."""
    return datetime.strptime(words, "%d %b %Y, %H:%M UTC").replace(tzinfo=UTC)


class Reader:
    """A member who signs in each time."""

    def __init__(self, app: Flask, origin: str, actor: Actor) -> None:
        self.app, self.origin, self.actor = app, origin, actor

    def reads(self, path: str, now: datetime) -> str:
        """Return the words of the page."""
        with clock.at(now):
            page = cast.signed_in(self.app, self.origin, self.actor).opens(path)
        assert page.status == 200 and page.path == path
        return " ".join(page.text.split())


def said(reader: Reader, document_id: str, now: datetime) -> list[tuple[str, datetime] | None]:
    """Return what the invoice and the list say is charged next, and when; None: nothing by itself."""
    pages = [reader.reads(path, now) for path in (f"/billing/invoices/{document_id}", "/billing/invoices")]
    found = [re.search(r"We charge (.+?) on (.+? UTC)\.", page) for page in pages]
    return [None if each is None else (each[1], moment(each[2])) for each in found]


@pytest.mark.parametrize(
    ("more", "cards", "ends"),
    [
        ("", [BROKE], "suspended"),
        pytest.param(DUE_LATER, [BROKE], "suspended", marks=pytest.mark.proof),
        (DUE_LATER, [GOOD], "good"),
        pytest.param(OTHERS, ["pm_card_chargeDeclined", BROKE], "suspended", marks=pytest.mark.proof),
    ],
)
def test_each_attempt_is_made_when_and_with_what_was_said(
    app: Flask, origin: str, more: str, cards: Sequence[str], ends: str
) -> None:
    small = periods.customer(more=more)
    actor, names = manager(small), set[str]()
    with clock.at(OVER):
        for each in cards:
            names.add(name_of(add_method(actor, each)))
    invoice = dunning.invoiced(small)
    reader = Reader(app, origin, actor)
    dunning.collects(OVER)  # plans what is charged, or charges it
    now, made, suspended_on = OVER, len(dunning.charged(small)), set[datetime]()
    if dunning.standing(small) == "past_due":
        next_ = said(reader, invoice.id, now)[0]
        assert mailed(small, now) == (next_[1] if next_ else None, suspends(reader, now))
    while (found := said(reader, invoice.id, now)[0]) is not None:
        method, then = found
        assert method in names
        if then > now:
            dunning.collects(then - MINUTE)
        assert len(dunning.charged(small)) == made, "nothing is charged before"
        dunning.collects(then)
        tries = dunning.charged(small)[made:]
        assert {each for *_rest, each in tries} == {then} and len(tries) == len(cards)
        assert {each for _document, each, *_rest in tries} == {invoice.payable_minor}
        made, now = made + len(tries), then
        if dunning.standing(small) == "past_due":
            both = said(reader, invoice.id, now)
            assert both[0] == both[1], "the list and the invoice say the same"
            suspended_on.add(suspends(reader, now))
    assert dunning.standing(small) == ends
    assert suspended_on == ({now} if ends == "suspended" else set()), "each time the day on which it was"
    dunning.collects(now + 30 * DAY)
    assert len(dunning.charged(small)) == made, "nothing was said any more, and nothing is charged"


def name_of(method: PaymentMethod) -> str:
    return f"{method.brand.title()} ending in {method.last4}"


def suspends(reader: Reader, now: datetime) -> datetime:
    found = re.search(r"your account is suspended on (.+? UTC)\.", reader.reads("/billing/invoices", now))
    assert found is not None
    return moment(found[1])


def mailed(whose: Customer, now: datetime) -> tuple[datetime | None, datetime]:
    """Return what the mail about the unpaid invoice says: when it is tried again, and when the account is suspended."""
    with clock.at(now):
        sending.send_due()
    (mail,) = [each for each in post.mails(whose) if each.template == "invoice_unpaid"]
    words = " ".join(mail.body_text.split())
    again = re.search(r"We try again on (.+? UTC)\.", words)
    ends = re.search(r"If it is not paid by (.+? UTC), your account is suspended", words)
    assert ends is not None
    return (moment(again[1]) if again else None, moment(ends[1]))
