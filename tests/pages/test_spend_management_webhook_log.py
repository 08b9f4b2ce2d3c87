"""The webhook on Spend management: its secret, a test, and what became of each event."""

import pytest

from app.models.customers import Customer
from app.services.webhooks import endpoints, log, seller_endpoints
from tests.support.browser import Browser, Page
from tests.support.statements import counted
from tests.support.webhook_cast import log_of, only, put_aside, secret_of, send, settings, write_events

__all__ = ["settings"]
PATH = "/billing/spend-management/webhook"
SECTION = "#spend_management-webhook"
ASK = f"{SECTION} a[href$='/new-secret']"
TEST, ROTATION = "#spend_management-webhook-test", "#spend_management-webhook-rotation"
HOOK = "http://127.0.0.1:9/hook"


@pytest.fixture
def endpoint(acme: Customer) -> endpoints.Endpoint:
    saved = endpoints.save(acme.customer_id, HOOK, by="alice")
    assert saved is not None
    return saved


def rows_of(page: Page) -> list[list[str]]:
    """Return what stands in the cells of the log."""
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
        for row in page.soup.select(f"{SECTION} tbody tr")
    ]


@pytest.mark.both_databases
def test_without_an_address_it_says_what_one_is_good_for(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert "With one, your own program receives an event when a limit or an alert is reached." in page.text
    assert page.soup.select(f"{SECTION} form") == []


def test_every_event_is_reached_by_pages_that_do_not_overlap(
    alice: Browser, acme: Customer, endpoint: endpoints.Endpoint
) -> None:
    for _ in range(log.TESTS_AN_HOUR):
        log.send_test(acme.customer_id, by="alice")
    write_events(acme.customer_id, "one")
    send()
    page, seen = alice.opens(PATH), []
    for shown in (10, 10, 1):
        links = [str(each["href"]) for each in page.soup.select(f"{SECTION} tbody a")]
        assert len(links) == shown
        seen += links
        if page.soup.select(f"{SECTION} [rel=next]"):
            page = alice.follows(page, f"{SECTION} [rel=next]")
    assert len(set(seen)) == 21 and not page.soup.select(f"{SECTION} [rel=next]")
    assert len(rows_of(alice.follows(page, f"{SECTION} .pager a"))) == 10
    assert alice.opens(f"{PATH}/?before=yesterday").status == 404


def test_a_test_event_is_sent_and_shows_in_the_log(alice: Browser, acme: Customer, endpoint: object) -> None:
    page = alice.submits(alice.opens(PATH), TEST)
    assert page.notices() == ["A test event was queued."]
    assert [row[:1] + row[2:4] for row in rows_of(page)] == [["webhook.test", "Under way", "0"]]
    assert page.find(SECTION)["hx-trigger"] == "load delay:2s"
    send()
    page = alice.opens(PATH)
    assert not page.find(SECTION).has_attr("hx-trigger")
    (row,) = rows_of(page)
    assert row[2].startswith("Trying again next on ") and row[2].endswith("The connection failed.")


def test_the_secret_shows_when_it_is_asked_for_and_not_before(alice: Browser, acme: Customer, endpoint: object) -> None:
    page = alice.opens(PATH)
    secret = secret_of(acme.customer_id)
    assert secret not in page.response.text
    shown = alice.follows(page, f"{SECTION} a[href$='/secret']")
    assert shown.texts("#spend_management-webhook-secret") == [secret]
    assert "no-store" in shown.response.headers["Cache-Control"]


def test_a_new_secret_is_made_and_both_sign_for_a_day(alice: Browser, acme: Customer, endpoint: object) -> None:
    before = secret_of(acme.customer_id)
    asked = alice.follows(alice.opens(PATH), ASK)
    assert asked.find("[autofocus]").get_text() == "Make a new secret?"
    assert secret_of(acme.customer_id) == before
    page = alice.submits(asked, ROTATION)
    assert page.notices() == ["Your webhook has a new secret. For 24 hours events are also signed with the old one."]
    assert "The previous secret also signs until" in page.text
    assert secret_of(acme.customer_id) != before


def test_a_second_press_makes_no_second_secret_and_ends_none(alice: Browser, acme: Customer, endpoint: object) -> None:
    asked = alice.follows(alice.opens(PATH), ASK)
    alice.submits(asked, ROTATION)
    made = secret_of(acme.customer_id)
    refused = alice.submits(asked, ROTATION)
    assert refused.status == 409
    assert refused.errors() == [
        "Nothing was changed: a new secret was made meanwhile, and the previous one still signs."
    ]
    assert secret_of(acme.customer_id) == made


def test_while_two_secrets_sign_it_says_that_a_new_one_ends_the_older(
    alice: Browser, acme: Customer, endpoint: object
) -> None:
    alice.submits(alice.follows(alice.opens(PATH), ASK), ROTATION)
    second = secret_of(acme.customer_id)
    asked = alice.follows(alice.opens(PATH), ASK)
    assert "Two secrets sign events now." in asked.text and "A new secret ends the previous one at once" in asked.text
    alice.submits(asked, ROTATION)
    assert secret_of(acme.customer_id) != second


@pytest.mark.parametrize("part", ["/secret", "/new-secret"])
def test_what_is_read_is_not_swapped_away_while_an_event_is_under_way(
    alice: Browser, acme: Customer, endpoint: object, part: str
) -> None:
    log.send_test(acme.customer_id, by="alice")
    assert alice.opens(PATH).find(SECTION).has_attr("hx-trigger")
    assert not alice.opens(PATH + part).find(SECTION).has_attr("hx-trigger")


def test_after_a_press_the_focus_is_in_the_section(alice: Browser, acme: Customer, endpoint: object) -> None:
    page = alice.opens(PATH)
    assert page.soup.select("[autofocus]") == []
    part = alice.posts(f"{PATH}/test", {"csrf_token": page.value("csrf_token")}, **{"HX-Request": "true"})
    assert part.find("[autofocus]")["id"] == "spend_management-webhook-title"
    shown = alice.opens(f"{PATH}/secret")
    assert shown.find("[autofocus]")["id"] == "spend_management-webhook-secret"


def test_spend_management_is_marked_in_the_sidebar(alice: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    for path in (PATH, f"{PATH}/deliveries/{only(acme.customer_id).id}"):
        assert alice.opens(path).texts(".side [aria-current=page]") == ["Spend management"]


def test_what_was_not_sent_is_sent_again_to_the_next_address(alice: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    endpoints.save(acme.customer_id, "", by="alice")
    page = alice.opens(PATH)
    assert "A new URL keeps the old signing secret, and events that were not sent can be sent to it." in page.text
    assert page.soup.select(f"{SECTION} form") == []
    endpoints.save(acme.customer_id, f"{HOOK}/next", by="alice")
    again = alice.submits(alice.opens(PATH), f"{SECTION} tbody form")
    assert again.notices() == ["The event was queued again."]
    send()
    tried = alice.follows(alice.opens(PATH), f"{SECTION} tbody a")
    assert tried.texts("[data-label='Sent to']") == [f"{HOOK}/next"]


def test_an_event_opens_its_tries_and_is_sent_again(alice: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    send()
    page = alice.follows(alice.opens(PATH), f"{SECTION} tbody a")
    assert "The connection failed." in page.text
    assert only(acme.customer_id).event_id in page.text
    endpoints.save(acme.customer_id, "", by="alice")
    assert rows_of(alice.opens(PATH))[0][2] == "Not sent The address was removed."


def test_an_event_that_is_over_is_sent_again(alice: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    send()
    assert alice.opens(PATH).soup.select(f"{SECTION} tbody form") == []  # it is tried again anyway
    put_aside(only(acme.customer_id))
    page = alice.opens(PATH)
    assert rows_of(page)[0][2].startswith("Given up")
    again = alice.submits(page, f"{SECTION} tbody form")
    assert again.notices() == ["The event was queued again."]
    assert only(acme.customer_id).state == "pending"


def test_what_is_refused_is_said_with_its_status(alice: Browser, acme: Customer, endpoint: object) -> None:
    page = alice.opens(PATH)
    for _ in range(log.TESTS_AN_HOUR):
        log.send_test(acme.customer_id, by="alice")
    refused = alice.submits(page, TEST)
    assert (refused.status, refused.errors()) == (429, ["20 tests an hour are allowed. Try again later."])


def test_htmx_gets_the_section_alone(alice: Browser, endpoint: object) -> None:
    page = alice.opens(PATH, **{"HX-Request": "true"})
    assert page.soup.select("html, h1") == []
    assert page.find(SECTION)


def test_a_viewer_looks_but_sees_no_secret_and_changes_nothing(bob: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    send()
    page = bob.opens(PATH)
    assert len(rows_of(page)) == 1
    assert page.soup.select(f"{SECTION} form") == []
    for path in ("secret", "new-secret"):
        refused = bob.opens(f"{PATH}/{path}")
        assert refused.status == 403
        assert "Your role does not allow this. Ask an owner or billing manager." in refused.text
    token = {"csrf_token": page.soup.select("[name=csrf_token]")[0]["value"]}
    delivery = only(acme.customer_id)
    for path in (f"{PATH}/secret", f"{PATH}/test", f"{PATH}/deliveries/{delivery.id}"):
        assert bob.posts(path, token).status == 403
    assert [each.id for each in log_of(acme.customer_id)] == [delivery.id]


@pytest.mark.parametrize("path", ["", "/secret", "/new-secret", "/deliveries/whd_00000000000000000000000000"])
def test_a_stranger_is_sent_to_sign_in(visitor: Browser, path: str) -> None:
    answer = visitor.client.get(PATH + path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_another_customers_webhook_is_not_there(mallory: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    send()
    delivery = only(acme.customer_id)
    page = mallory.opens(PATH)
    assert HOOK not in page.response.text and rows_of(page) == []
    assert mallory.opens(f"{PATH}/secret").status == mallory.opens(f"{PATH}/new-secret").status == 404
    assert mallory.opens(f"{PATH}/deliveries/{delivery.id}").status == 404
    token = {"csrf_token": page.soup.select("[name=csrf_token]")[0]["value"]}
    assert mallory.posts(f"{PATH}/deliveries/{delivery.id}", token).status == 404
    assert mallory.posts(f"{PATH}/secret", token).status == 404
    assert only(acme.customer_id) == delivery


def test_events_for_the_seller_are_not_in_the_customers_log(alice: Browser, acme: Customer, endpoint: object) -> None:
    seller_endpoints.create(HOOK, [])
    write_events(acme.customer_id, "one")
    send()
    (sellers,) = [each for each in log_of(acme.customer_id) if each.to_seller]
    assert len(rows_of(alice.opens(PATH))) == 1
    assert alice.opens(f"{PATH}/deliveries/{sellers.id}").status == 404


def test_the_number_of_statements_does_not_grow_with_the_log(alice: Browser, acme: Customer, endpoint: object) -> None:
    log.send_test(acme.customer_id, by="alice")
    alice.opens(PATH)
    with counted() as few:
        alice.opens(PATH)
    for _ in range(15):
        log.send_test(acme.customer_id, by="alice")
    with counted() as many:
        page = alice.opens(PATH)
    assert len(rows_of(page)) == log.SHOWN
    assert len(many) == len(few) <= 10
