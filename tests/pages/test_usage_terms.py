"""The pages show the terms that a customer has, whatever version of the catalog is applied since."""

from flask import Flask

from app.domain.money import Credits
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.ledger import grants
from tests.support import meters
from tests.support.usage_cast import USAGE, looks, metered, uses

OF_THEIR_TIME = "Charged As it was counted, by the terms of that time"
LIMIT = "Your plan allows 5,000 requests each billing period."


def test_every_page_shows_the_terms_as_they_were_sold(app: Flask, origin: str) -> None:
    acme = metered()
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    versions.apply(meters.dearer_without_paid_and_hours())
    uses(acme, "hours", 10)
    uses(acme, "requests", 2_000)
    alice = looks(app, origin, acme)
    page = alice.opens(USAGE)
    assert "Prices and limits of Paid, as sold in version 1." in page.text
    assert "2,000 of 5,000 requests" in page.text and "Hours" in page.text
    assert "$0.40" in page.text and "$0.80" not in page.text
    assert LIMIT in alice.opens(f"{USAGE}requests").text
    overview = alice.opens("/billing/")
    assert "Plan usage · Paid" in overview.text and "2,000 of 5,000 requests" in overview.text
    assert "on the Paid plan: 2,000 used, so 3,000 left." in alice.opens("/billing/spend-management/").text


def test_after_a_move_each_row_shows_what_was_charged_and_no_sum_is_worked_out_by_the_new_price(
    app: Flask, origin: str
) -> None:
    acme = metered()
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    uses(acme, "hours", 104)
    uses(acme, "requests", 2_000)
    versions.apply(meters.dearer_without_paid_and_hours())
    moves, _stay = plan_moves.planned("metered", to="free")
    assert list(plan_moves.move_each(moves, by="ops", reason="New prices")) == [None]
    alice = looks(app, origin, acme)
    page = alice.opens(USAGE)
    rows = {row.select_one("a").text: row.select("td") for row in page.soup.select(".table--meters tbody tr")}  # type: ignore[union-attr]
    costs = {title: cells[-1].text for title, cells in rows.items() if cells[-1].text not in {"", "$0.00"}}
    assert costs == {"Requests": "$0.40", "Hours": "$2.06, exactly $2.064"}
    assert page.find("#usage-cost").text == "$2.46, exactly $2.464"
    assert "No longer sold" in page.text and "104 hours" in page.text
    assert "Counted, without a limit or a price" not in page.find("#usage-meters .meter:has(#meter-hours)").text
    hours = alice.opens(f"{USAGE}hours").texts(".sum > div")
    assert [" ".join(each.split()) for each in hours] == ["Used 104 hours", OF_THEIR_TIME, "Credits used $2.064"]
    requests = alice.opens(f"{USAGE}requests").texts(".sum > div")
    assert [" ".join(each.split()) for each in requests] == [
        "Used 2,000 requests",
        "Price now $0.80 per 1,000 requests",
        OF_THEIR_TIME,
        "Credits used $0.40",
    ]
