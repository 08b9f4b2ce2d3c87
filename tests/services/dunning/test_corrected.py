"""Who corrects an unpaid invoice goes on with its schedule, and is as past due as before."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.addresses.address import Address
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.corrections import at, corrects
from tests.support.documents import documents_of
from tests.support.dunning import DAY, attempts, collects, events, standing
from tests.support.periods import OVER, manager
from tests.support.shop import BROKE, add_method

STOCKHOLM = Address("Small AB", "Drottninggatan 1", "", "Stockholm", "111 51", "", "SE")


@pytest.mark.both_databases
def test_the_schedule_goes_on_for_the_invoice_in_its_place(app: Flask) -> None:
    small = periods.customer()
    with clock.at(OVER):
        add_method(manager(small), BROKE)
    wrong = dunning.invoiced(small)
    for place in range(4):
        collects(OVER + place * DAY)
    with clock.at(OVER + 3 * DAY + timedelta(hours=1)):
        corrects(small, wrong, at(STOCKHOLM))
    assert standing(small) == "past_due"
    (instead,) = [each for each in documents_of(small) if each.kind == "invoice" and each.id != wrong.id]
    assert attempts(wrong) == []
    for place in (4, 5):
        collects(OVER + place * DAY)
    assert [each[:2] for each in attempts(instead)] == [(place, "failed") for place in range(6)]
    assert (standing(small), events(small)) == ("suspended", ["past_due", "suspended"])
    assert verify() == []
