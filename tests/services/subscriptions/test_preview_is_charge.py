"""Whatever is changed after whatever, what is charged is what was shown, and what the invoice says."""

from datetime import timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import Refused
from app.models.subscriptions import PlanChange
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import BEGIN, confirms, previews, target
from tests.support.shop import GOOD, add_method

STEPS = st.lists(
    st.tuples(
        st.integers(1, 4 * 24 * 60),
        st.sampled_from([None, "free", "penny", "personal", "team"]),
        st.sampled_from([None, "monthly", "annual"]),
        st.sampled_from([None, 3, 4, 25]),
    ),
    min_size=1,
    max_size=6,
)


@given(steps=STEPS, inclusive=st.booleans())
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_charged_is_what_was_shown(
    app: Flask, steps: list[tuple[int, str | None, str | None, int | None]], *, inclusive: bool
) -> None:
    words = (('prices = "exclusive"', 'prices = "inclusive"'),) if inclusive else ()
    acme = plans.customer(*words)
    alice = plans.manager_of(acme)
    way, now = add_method(alice, GOOD).id, BEGIN
    for minutes, plan, interval, seats in steps:
        now = min(now + timedelta(minutes=minutes), BEGIN.replace(day=30))
        wants = target(plan, seats, interval)
        try:
            seen = previews(acme, wants, now)
        except Refused:
            continue
        before = len(plans.payments(acme))
        made = confirms(alice, wants, way, now, seen)
        paid = plans.payments(acme)[before:]
        assert made.state == ("applied" if seen.quote.is_now else "scheduled")
        assert sum(amount for _state, amount in paid) in {seen.charged.amount_minor, 0}
        assert made.total_minor == seen.charged.amount_minor
        if made.document_id:
            (_state, net, total, lines) = plans.invoice(made.document_id)
            assert (net, total) == (seen.price.net.amount_minor, seen.charged.amount_minor)
            assert lines == [(line.description, line.net.amount_minor) for line in seen.lines]
            assert sum(minor for _words, minor in lines) == net
    assert verify(acme.customer_id) == []
    assert all(each.state in {"applied", "scheduled", "replaced"} for each in plans.rows(PlanChange, acme))
