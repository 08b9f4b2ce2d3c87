"""Change the plan: every line and the exact amount before it is confirmed, and what came of it in true words."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.domain.sold_terms import Terms
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.scope import as_customer
from app.models.subscriptions import PlanChange
from app.presenters.overview import plan_words
from app.services.balance import overview
from app.services.catalog import versions
from app.services.mail import sending
from app.services.payments import resume_links, settlement
from app.services.subscriptions import changes, seats
from tests.pages.test_plan import PATH, opened
from tests.support import plans
from tests.support.browser import Browser, Page
from tests.support.plans import HALF, confirms, target
from tests.support.shop import ASKS, BROKE, GOOD, NEW, add_method

FORM, CONFIRM = "form[aria-label='Confirm the change']", "#plan_change-confirm"
Opened = tuple[Customer, Actor, Browser]


@pytest.fixture
def who(app: Flask, origin: str) -> Opened:
    """A customer on the free plan in the middle of June, its manager, and the manager's browser."""
    return opened(app, origin)


def confirmed(browser: Browser, page: Page, **fields: object) -> Page:
    return browser.submits(page, FORM, button=CONFIRM, **fields)


@pytest.mark.both_databases
def test_an_upgrade_is_shown_line_by_line_paid_and_had(who: Opened) -> None:
    acme, alice, browser = who
    add_method(alice, GOOD)
    with clock.at(HALF):
        review = browser.follows(browser.opens(PATH), "#plan-card-team a")
        assert review.texts("#plan_change-becomes, #plan_change-when") == ["Team, billed monthly, 3 seats", "At once"]
        assert review.texts(".plan-line_item") == ["Team, 16–30 June 2027 $24.50"]
        assert (review.texts("#plan_change-tax"), review.texts("#plan_change-total")) == (["$6.13"], ["$30.63"])
        assert review.texts("#plan_change-then") == ["Renews on 1 Jul 2027 for $49.00 a month before tax."]
        assert review.texts(CONFIRM) == ["Pay $30.63 and change"]
        done = confirmed(browser, review)
        assert done.texts("#plan_change-result-title") == ["Your plan is changed"]
        assert "It is paid for until 1 Jul 2027." in done.text
        assert plans.payments(acme) == [("succeeded", 3063)]
        twice = confirmed(browser, review)
        assert (twice.path, len(plans.payments(acme))) == (done.path, 1)
        paid = plans.rows(Payment, acme)[0]
        assert browser.opens(f"/billing/add-credits/payments/{paid.id}").path == done.path
        sending.send_due()
    subjects = {each.template: each.subject for each in plans.rows(Mail, acme)}
    assert subjects["plan_changed"] == "Your plan is now Team, billed monthly, 3 seats"


@pytest.mark.case("AC-46", "AC-50")
def test_another_amount_than_the_one_that_was_seen_is_refused_and_shown(who: Opened) -> None:
    acme, alice, browser = who
    add_method(alice, GOOD)
    with clock.at(HALF):
        review = browser.opens(f"{PATH}change?plan=team")
    with clock.at(HALF + timedelta(hours=1)):
        late = confirmed(browser, review)
        assert (late.status, late.texts(CONFIRM)) == (409, ["Pay $30.54 and change"])
        assert late.errors() == [
            "It now costs $30.54. Nothing was charged or changed. Look at it again, then confirm it."
        ]
        assert (plans.payments(acme), plans.subscription(acme)[0]) == ([], "")
        assert confirmed(browser, late).texts("#plan_change-result-title") == ["Your plan is changed"]
    assert plans.payments(acme) == [("succeeded", 3054)]


def test_declined_leaves_the_plan_and_another_way_pays(who: Opened) -> None:
    acme, alice, browser = who
    add_method(alice, BROKE)
    with clock.at(HALF):
        no = confirmed(browser, browser.opens(f"{PATH}change?plan=personal"))
        assert (no.status, no.errors()) == (
            402,
            ["The card has insufficient funds. Nothing was charged. Your plan is unchanged."],
        )
        assert plans.subscription(acme)[0] == ""
        assert browser.opens(PATH).soup.select("#plan-waiting") == []
        done = confirmed(browser, no, method=NEW, test_method=GOOD)
        assert done.texts("#plan_change-result-title") == ["Your plan is changed"]
    assert plans.payments(acme) == [("failed", 750), ("succeeded", 750)]


def test_a_change_that_waits_for_the_bank_says_so_and_is_given_up(who: Opened) -> None:
    acme, alice, browser = who
    add_method(alice, ASKS)
    with clock.at(HALF):
        waits = confirmed(browser, browser.opens(f"{PATH}change?plan=personal"))
        assert waits.texts("#plan_change-result-title") == ["Your bank asks you to confirm this payment"]
        assert waits.texts(".btn--primary") == ["Continue to your bank"]
        assert "Until then nothing changes." in waits.text
        plan = browser.opens(PATH)
        assert plan.texts("#plan-waiting strong") == ["A change to Personal, billed monthly is being paid."]
        gone = browser.submits(waits, "form[aria-label='Take the change back']")
        assert (gone.path, gone.notices()) == (
            PATH,
            ["The payment is given up. Nothing was charged, and your plan stays as it is."],
        )
        failed = browser.opens(waits.path)
        assert failed.texts("#plan_change-result-title") == ["Your plan was not changed"]
        assert "Nothing was charged" in failed.text and "You keep what you have" in failed.text
    assert plans.subscription(acme)[0] == ""


def test_less_is_scheduled_and_undone(who: Opened) -> None:
    acme, alice, browser = who
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        review = browser.opens(f"{PATH}change?plan=personal")
        assert review.texts("#plan_change-when") == ["On 1 Jul 2027, when what you have paid for ends"]
        assert (review.texts("#plan_change-total"), review.texts(CONFIRM)) == (["$0.00"], ["Change on 1 Jul 2027"])
        assert review.soup.select("[name=method]") == []
        done = confirmed(browser, review)
        assert done.texts("#plan_change-result-title") == ["Your change is scheduled"]
        plan = browser.opens(PATH)
        assert plan.texts("#plan-scheduled strong") == ["From 1 Jul 2027 on you have Personal, billed monthly."]
        assert plan.texts(".plan-now dt")[-1:] + plan.texts("#plan-day") == ["Changes", "1 Jul 2027"]
        assert plan.texts("#plan-card-personal .pill") == ["From 1 Jul 2027"]
        assert plan.soup.select("#plan-card-personal a") == []
        with as_customer(acme.customer_id):
            now = overview.now(HALF.date(), Terms.of(versions.offered("plans"), "team"))
        assert plan_words(now, versions.offered("plans"), "team").when == "Plan changes"
        plans.applies(('key = "personal"\ntitle = "Personal"', 'key = "single"\ntitle = "Single"'))
        for page in (browser.opens(PATH), browser.opens(done.path), browser.opens(f"{PATH}cancellation")):
            assert "Personal, billed monthly" in page.text, "it is called as it was sold"
        sending.send_due()
        undone = browser.submits(plan, "form[aria-label='Take the scheduled change back']")
        assert undone.notices() == ["The scheduled change is taken back. Your plan stays as it is."]
        assert undone.soup.select("#plan-scheduled") == []
        sending.send_due()
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_scheduled"]
    assert mail.subject == "From 1 Jul 2027 on you have Personal, billed monthly"
    (undone_mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_undone"]
    assert undone_mail.subject == "The change to Personal, billed monthly is taken back"
    assert "You keep Team, billed monthly, 3 seats, and nothing was charged for it." in undone_mail.body_text
    assert plans.subscription(acme)[0] == "team"


def test_what_a_change_takes_away_and_which_one_it_replaces_is_said_before(app: Flask, origin: str) -> None:
    has_more = ('title = "Team"\n', 'title = "Team"\nfeatures = ["Single sign-on"]\n')
    acme, alice, browser = opened(app, origin, has_more)
    with clock.at(HALF):
        confirms(alice, target("team", 4), add_method(alice, ASKS).id)
        waits = plans.rows(PlanChange, acme)[0]
        controls.answer_challenge(settings(), plans.payment_of(waits).processor_id or "", approved=True)
        settlement.settle(waits.payment_id or "")
        seats.report(acme.customer_id, 4, by="host")
        review = browser.opens(f"{PATH}change?plan=personal")
        assert review.texts("#plan_change-less li") == [
            "These features end then: Single sign-on.",
            "Personal holds: Up to 50,000 requests.",
            "4 seats are in use: free 3 by then.",
        ]
        assert review.soup.select("#plan_change-replaces") == []
        confirmed(browser, review)
        more = browser.opens(f"{PATH}change?seats=5")
        scheduled = "The scheduled change to Personal, billed monthly on 1 Jul 2027"
        assert more.texts("#plan_change-replaces") == [f"{scheduled} is replaced by this one."]
        assert more.soup.select("#plan_change-less") == []
        paying = confirmed(browser, more)
        assert paying.texts("#plan_change-replaces") == [f"{scheduled} is replaced then."]
        order = next(each for each in plans.rows(PlanChange, acme) if each.state == "waiting")
        controls.answer_challenge(settings(), plans.payment_of(order).processor_id or "", approved=True)
        settlement.settle(order.payment_id or "")
        assert browser.opens(paying.path).texts("#plan_change-replaces") == [f"{scheduled} was replaced by this one."]


def test_seats_of_the_same_day_are_given_back_with_their_money(who: Opened) -> None:
    acme, alice, browser = who
    with clock.at(HALF):
        confirms(alice, target("team"), add_method(alice, GOOD).id)
        done = confirmed(browser, browser.opens(f"{PATH}change?seats=5"))
        assert done.texts("#plan_change-undo") == ["Give 2 seats back and refund $18.75"]
        plan = browser.opens(PATH)
        assert plan.texts("#plan-give_back") == ["Give 2 seats back and refund $18.75"]
        back = browser.submits(plan, "form[aria-label='Give the seats back']")
        assert back.notices() == ["The seats are given back. $18.75 goes back to where it came from."]
        assert (back.texts("#plan-seats_now"), back.soup.select("#plan-bought")) == (["3"], [])
        later = browser.opens(done.path)
        assert later.texts("#plan_change-result-title") == ["This change was taken back"]
        assert later.soup.select("#plan_change-undo") == []
    assert plans.subscription(acme) == ("team", "monthly", 3)


def test_money_that_comes_too_late_goes_back_and_the_page_says_so(who: Opened, visitor: Browser) -> None:
    acme, alice, browser = who
    asks = add_method(alice, ASKS)
    with clock.at(HALF):
        waits = confirmed(browser, browser.opens(f"{PATH}change?plan=personal"), method=asks.id)
        order = plans.rows(PlanChange, acme)[0]
        plans.stands(acme, "closed")
        paid = plans.payment_of(order)
        controls.answer_challenge(settings(), paid.processor_id or "", approved=True)
        where = urlsplit(resume_links.return_url(paid.id)).path
        stranger = visitor.opens(where)
        assert "Plans AB received it." in stranger.text
        assert stranger.texts(".sum dd")[-1] == "Change of plan of Plans Ltd"
        back = browser.opens(where)
        assert back.path == waits.path
        assert back.texts("#plan_change-result-title") == ["Your plan was not changed, and your money goes back"]
        assert "The $7.50 that you paid goes back to where it came from." in back.text
        sending.send_due()
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_not_changed"]
    assert mail.subject == "Your plan was not changed, and $7.50 goes back"


def test_without_a_saved_method_it_is_paid_on_the_processors_page(who: Opened) -> None:
    acme, _alice, browser = who
    with clock.at(HALF):
        review = browser.opens(f"{PATH}change?plan=personal")
        assert review.value("method") == changes.CHECKOUT
        till = confirmed(browser, review)
        order = plans.rows(PlanChange, acme)[0]
        waits = browser.opens(f"{PATH}changes/{order.id}")
        assert waits.texts("#plan_change-result-title") == ["Pay on our payment processor’s page"]
        assert waits.find(".btn--primary")["href"].endswith(till.path)
        paid = plans.payment_of(order)
        controls.pay_at_checkout(settings(), paid.checkout_id or "", GOOD)
        done = browser.opens(f"/billing/add-credits/payments/{paid.id}/return")
        assert done.texts("#plan_change-result-title") == ["Your plan is changed"]
    assert plans.subscription(acme)[0] == "personal"


@pytest.mark.case("AC-46", "AC-50")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("plan=free", "That is the plan that you have."),
        ("plan=gold", "This plan is not offered."),
        ("plan=penny&interval=annual", "Penny is not sold that way."),
        ("plan=team&seats=26", "Team has at most 25 seats."),
        ("plan=team&seats=none", "Enter a whole number of seats."),
    ],
)
def test_what_cannot_be_chosen_says_why_and_offers_no_button(who: Opened, query: str, said: str) -> None:
    _acme, _alice, browser = who
    with clock.at(HALF):
        page = browser.opens(f"{PATH}change?{query}")
        assert (page.status, page.texts("#plan_change-why_not")) == (200, [said])
        assert page.soup.select(CONFIRM) == []


def test_without_a_method_one_is_asked_for(who: Opened) -> None:
    acme, _alice, browser = who
    with clock.at(HALF):
        page = browser.opens(f"{PATH}change?plan=personal")
        token = page.value("csrf_token")
        sent = {name: page.value(name) for name in ("plan", "interval", "seats", "preview", "form_key")}
        no = browser.posts(f"{PATH}change", {"csrf_token": token, "seen": "750 USD", "method": ""} | sent)
        assert (no.status, no.errors()) == (422, ["Choose a payment method, or add one."])
        unknown = browser.posts(
            f"{PATH}change", {"csrf_token": token, "seen": "750 USD", "method": "pm_nobodys"} | sent
        )
        said = "This payment method is not saved any more. Choose another one."
        assert (unknown.status, unknown.errors()) == (422, [said])
        wrong = browser.posts(f"{PATH}change", {"csrf_token": token, "seen": "1 EUR", "method": ""} | sent)
        assert wrong.status == 409
    assert plans.payments(acme) == []


def test_a_strangers_order_is_not_there(who: Opened, mallory: Browser) -> None:
    _acme, alice, browser = who
    add_method(alice, GOOD)
    with clock.at(HALF):
        done = confirmed(browser, browser.opens(f"{PATH}change?plan=personal"))
    assert mallory.opens(done.path).status == 404
    assert mallory.opens(f"{PATH}payments/pay_nothing").status == 404
