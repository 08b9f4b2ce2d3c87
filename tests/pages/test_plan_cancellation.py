"""Cancel the plan: what ends, when and what stays; and keep it for the price that was seen."""

from datetime import date

import pytest
from flask import Flask

from app import clock
from app.models.mails import Mail
from app.services.mail import sending
from app.services.month_end import price_changes
from tests.pages.test_plan import PATH, opened
from tests.support import plans
from tests.support.plans import HALF, confirms, target
from tests.support.shop import ASKS, GOOD, add_method

CANCEL, KEEP = "form[aria-label='Cancel the plan']", "form[aria-label='Keep the plan']"
FEATURES = ("limits = { requests = 50000 }", 'limits = { requests = 50000 }\nfeatures = ["Single sign-on"]')


@pytest.mark.both_databases
def test_a_plan_is_cancelled_to_the_end_of_what_is_paid_and_kept_after_all(app: Flask, origin: str) -> None:
    acme, alice, browser = opened(app, origin, FEATURES)
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        asked = browser.follows(browser.opens(PATH), "#plan-cancel a")
        said = asked.texts(".plan-list li")
        assert said[0] == "Until 1 Jul 2027 everything stays as it is. What is paid is not refunded."
        assert said[1] == "On 1 Jul 2027 Personal ends, and you have Free. Nothing renews."
        assert said[2] == "These features end then: Single sign-on."
        assert "your credit and your invoices stay" in said[-1]
        long = browser.submits(asked, CANCEL, reason="x" * 501)
        assert (long.status, long.errors()) == (422, ["Shorten the reason to 500 characters."])
        done = browser.submits(asked, CANCEL, reason="Too few requests")
        assert (done.path, done.texts("#plan-cancelled strong")) == (PATH, ["Personal ends on 1 Jul 2027."])
        assert done.notices() == ["Your plan ends on 1 Jul 2027. Until then everything stays as it is."]
        assert "If you keep it, it renews on that day for $12.00 a month before tax." in done.text
        assert done.soup.select(".plan-card a, #plan-cancel") == []
        assert plans.row_of(acme).cancel_reason == "Too few requests"
        sending.send_due()
        token = done.value("csrf_token")
        other = browser.posts(f"{PATH}cancellation/undo", {"csrf_token": token, "seen": "1 USD"})
        assert (other.status, plans.row_of(acme).cancel_at is None) == (409, False)
        assert "It now renews for $12.00 a month before tax." in other.text
        kept = browser.submits(done, KEEP, button="#plan-keep")
        assert kept.notices() == ["You keep Personal. It renews on 1 Jul 2027."]
        sending.send_due()
        assert kept.soup.select("#plan-cancelled") == []
    (kept_mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_kept"]
    assert kept_mail.subject == "You keep Personal"
    (mail,) = [each for each in plans.rows(Mail, acme) if each.template == "plan_canceled"]
    assert mail.subject == "Personal ends on 1 Jul 2027"
    assert "Then you have Free, and nothing renews." in " ".join(mail.body_text.split())


def test_while_a_change_is_being_paid_the_way_to_it_is_shown_and_no_button(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin)
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        before = browser.opens(f"{PATH}cancellation")
        waits = confirms(alice, target("team"), add_method(alice, ASKS).id)
        page = browser.opens(f"{PATH}cancellation")
        late = browser.submits(before, CANCEL)
    assert waits.state == "waiting"
    for each, status in ((page, 200), (late, 409)):
        assert (each.status, each.soup.select(CANCEL)) == (status, [])
        assert each.find("#plan_cancellation-waits a")["href"] == f"{PATH}changes/{waits.id}"


def test_where_less_is_had_at_once_cancelling_and_changing_lead_to_each_other(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin, ('downgrade = "period_end"', 'downgrade = "immediate"'))
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        page = browser.opens(f"{PATH}cancellation")
        assert page.texts("#plan_cancellation-at_once") == ["Change to Free now to have $6.00 back as credit instead."]
        review = browser.follows(page, "#plan_cancellation-at_once a")
        assert review.texts("#plan_change-given") == ["$6.00"]
        said = "Cancel to keep Personal until 1 Jul 2027 instead. Then nothing comes back."
        assert review.texts("#plan_change-or_cancel") == [said]
        assert browser.opens(f"{PATH}change?plan=penny").soup.select("#plan_change-or_cancel") == []


def test_what_costs_nothing_has_nothing_to_cancel(app: Flask, origin: str) -> None:
    _acme, _alice, browser = opened(app, origin)
    with clock.at(HALF):
        page = browser.opens(f"{PATH}cancellation")
        assert page.texts("#plan_cancellation-what") == ["There is nothing to cancel"]
        assert page.soup.select(CANCEL) == []


def test_what_is_kept_is_renewed_for_the_price_that_was_announced(app: Flask, origin: str) -> None:
    acme, alice, browser = opened(app, origin)
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        page = browser.submits(browser.opens(f"{PATH}cancellation"), CANCEL)
        assert page.texts("#plan-keep") == ["Keep it for $12.00 a month"]
        plans.applies(('monthly = "12.00"', 'monthly = "24.00"'))
        price_changes.announce(acme.customer_id, 2, date(2027, 7, 1), by="seller")
        other = browser.submits(page, KEEP, button="#plan-keep")
        assert (other.status, plans.row_of(acme).cancel_at is None) == (409, False)
        assert "It now renews for $24.00 a month before tax." in other.text
        assert browser.opens(PATH).texts("#plan-keep") == ["Keep it for $24.00 a month"]
