"""Less is had at once: the review shows each line, each tax and what comes back as credit, and they add up."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.money import MICROS, Credits
from app.models.mails import Mail
from app.services.ledger import grants
from app.services.mail import sending
from app.services.subscriptions import cancellation
from app.services.verification.verify import verify
from tests.pages.test_plan import PATH, opened
from tests.pages.test_plan_change import CONFIRM, confirmed
from tests.services.subscriptions.test_giving_back import AT_USE, IMMEDIATE
from tests.services.subscriptions.test_taxed_as_ordered import STOCKHOLM, moves
from tests.support import plans
from tests.support.corrections import BERLIN
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method

SUMS = ".plan-line_item dd, #plan_change-net, .plan_change-tax_back dd, #plan_change-given, #plan_change-total"
TAXES = ".plan_change-tax_back"
GERMAN_TAX = ("since = 2021-01-01 }]", 'since = 2021-01-01 }, { country = "DE", name = "USt", percent = "19", since = 2021-01-01 }]')  # fmt: skip


def test_where_less_is_had_at_once_what_comes_back_is_shown_before(app: Flask, origin: str) -> None:
    acme, alice, browser = opened(app, origin, IMMEDIATE)
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        review = browser.opens(f"{PATH}change?plan=personal")
        assert review.texts(SUMS) == ["−$24.50", "$6.00", "$18.50", "$0.00"]
        assert (review.texts("#plan_change-when"), review.texts(CONFIRM)) == (["At once"], ["Change now"])
        done = confirmed(browser, review)
        assert "$18.50 came back as credit for what is not used." in done.text
        assert "See the invoice" not in done.text
        sending.send_due()
    assert plans.subscription(acme)[0] == "personal"
    newest = [each for each in plans.rows(Mail, acme) if each.template == "plan_changed"][-1]
    assert "Back as credit $18.50" in " ".join(newest.body_text.split())


def test_the_tax_that_comes_back_with_it_is_a_line_of_its_own(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin, IMMEDIATE, AT_USE)
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        review = browser.opens(f"{PATH}change?plan=personal")
        assert review.texts(SUMS) == ["−$24.50", "$6.00", "−$18.50", "−$4.63", "$23.13", "$0.00"]
        assert review.texts(TAXES) == ["VAT 25 % −$4.63"]
    assert verify() == []


@pytest.mark.parametrize("words", [(), (('prices = "exclusive"', 'prices = "inclusive"'),)])
def test_what_comes_back_of_invoices_with_several_taxes_adds_up(
    app: Flask, origin: str, words: tuple[tuple[str, str], ...]
) -> None:
    acme, alice, browser = opened(app, origin, IMMEDIATE, AT_USE, GERMAN_TAX, *words)
    moves(acme, STOCKHOLM)
    way = add_method(alice, GOOD).id
    with clock.at(HALF):
        confirms(alice, target("team"), way)
        moves(acme, BERLIN, 1)
        confirms(alice, target("team", 5), way, at=HALF + timedelta(minutes=1))
        review = browser.opens(f"{PATH}change?plan=free")
        titles = [each.rsplit(" ", 1)[0] for each in review.texts(TAXES)]
        assert titles == ["USt 19 %", "VAT 25 %"]
        *lines, net = [cents(each) for each in review.texts(".plan-line_item dd, #plan_change-net")]
        taxes = [cents(each) for each in review.texts(f"{TAXES} dd")]
        (given,) = [cents(each) for each in review.texts("#plan_change-given")]
        assert (sum(lines), net + sum(taxes)) == (net, -given)


def cents(shown: str) -> int:
    return int(shown.replace("−", "-").replace("$", "").replace(".", ""))


def test_a_review_that_is_stale_says_what_comes_back_now_and_one_while_cancelled_names_the_day(
    app: Flask, origin: str
) -> None:
    acme, alice, browser = opened(app, origin, IMMEDIATE)
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        review = browser.opens(f"{PATH}change?plan=personal")
    with clock.at(HALF + timedelta(hours=1)):
        late = confirmed(browser, review)
        said = (
            "$18.45 would now come back as credit. Nothing was charged or changed. Look at it again, then confirm it."
        )
        assert (late.status, late.errors()) == (409, [said])
        cancellation.cancel(acme.customer_id, by="mem_alice")
        why = browser.opens(f"{PATH}change?plan=personal").texts("#plan_change-why_not")
    assert why == ["The plan is cancelled to 1 Jul 2027. Keep it first, then change it."]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "A change of plan is charged to your payment method, as renewals are. Your credit pays for usage."),
        (
            (AT_USE,),
            "A change of plan is charged to your payment method. Credit that you bought pays invoices, also of renewals.",
        ),
    ],
)
def test_who_has_credit_reads_what_it_pays(
    app: Flask, origin: str, words: tuple[tuple[str, str], ...], said: str
) -> None:
    acme, alice, browser = opened(app, origin, *words)
    add_method(alice, GOOD)
    with clock.at(HALF):
        assert browser.opens(f"{PATH}change?plan=personal").texts("#plan_change-credit") == []
        grants.give(acme.customer_id, kind="promotional", credits=Credits(5 * MICROS), granted_by="sales", reason="Hi")
        assert browser.opens(f"{PATH}change?plan=personal").texts("#plan_change-credit") == [said]
