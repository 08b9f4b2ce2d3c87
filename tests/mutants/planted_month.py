"""Planted bugs of the month: what is billed, renewed and ended when a billing period is over."""

from tests.mutants.bug import Bug

ROOM = "tests/services/month_end"
RUN, PRICES = f"{ROOM}/test_run.py", f"{ROOM}/test_price_changes.py"

BUGS = [
    Bug(
        "whoever was sent no mail about prices is sent one that they do not come",
        "app/services/mail/price_text.py",
        "(Mail.template == PRICE_CHANGE, Mail.may_have_been_sent())",
        "(Mail.template == PRICE_CHANGE)",
        (PRICES,),
    ),
    Bug(
        "prices are withdrawn while their mail is on its way, and nobody says so",
        "app/services/month_end/price_mails.py",
        "after=UNDER_WAY if is_on_its_way else timedelta(0)",
        "after=timedelta(0)",
        (PRICES,),
    ),
    Bug(
        "a part of a cent that credit given away has paid is lost to the customer",
        "app/domain/invoices/period_sums.py",
        "    discount = min(divided(given, per), whole)\n",
        "    discount = min(given // per, whole)\n",
        ("tests/domain/invoices/test_period_sums.py",),
    ),
    Bug(
        "a yearly plan that was cancelled and is over counts as a violation",
        "app/services/verification/subscription_proofs.py",
        "and not (s.interval = 'monthly' and exists ({_ENDED}))",
        "and not (s.interval = 'annual' and exists ({_ENDED}))",
        (f"{RUN}::test_a_cancelled_plan_that_was_ordered_by_the_year_is_free_by_the_month_and_no_violation",),
    ),
    Bug(
        "who owes more than the plan allows is sent no invoice of it, and never gets the plan",
        "app/services/month_end/run.py",
        "        _invoice_usage(customer_id)\n    except",
        "    except",
        (f"{ROOM}/test_without_room.py::test_what_was_used_is_invoiced_at_once_and_the_plan_once_it_is_paid",),
    ),
    Bug(
        "a month that has no room is tried again without a pause",
        "app/services/month_end/waits.py",
        "    _leave(customer_id, now + PAUSE)\n",
        "    _leave(customer_id, now)\n",
        (f"{ROOM}/test_without_room.py::test_what_was_used_is_invoiced_at_once_and_the_plan_once_it_is_paid",),
    ),
    Bug(
        "a month that cannot be run is tried at each pass",
        "app/services/month_end/waits.py",
        "    until = now + back_off.wait(tries, secrets.randbelow(1000))\n",
        "    until = now\n",
        (f"{ROOM}/test_late.py::test_a_month_that_cannot_be_run_is_tried_less_and_less_and_run_once_it_can_be",),
    ),
    Bug(
        "many together fail with one that has failed before",
        "app/services/month_end/run.py",
        "_together(_due(limit, waits.has_failed()))",
        "_together(_due(limit, ()))",
        (f"{ROOM}/test_late.py::test_who_has_failed_is_kept_out_of_those_that_are_run_together",),
    ),
    Bug(
        "an invoice that bills a plan is voided, and its plan period is billed by none",
        "app/services/receivables/ending.py",
        "        if _bills_a_plan(books, document):\n",
        "        if document.kind != Kind.INVOICE:\n",
        (f"{ROOM}/test_voided.py::test_an_invoice_that_bills_a_plan_is_not_voided_and_says_what_to_do",),
    ),
    Bug(
        "a plan is billed for months that begin suspended",
        "app/services/month_end/boundary.py",
        "    if not costs or customer.standing in UNSERVED:\n",
        "    if not costs:\n",
        (f"{RUN}::test_no_plan_is_billed_for_months_that_begin_suspended",),
    ),
    Bug(
        "a plan that is cancelled is renewed",
        "app/services/month_end/renewal.py",
        "    if row.cancel_at is not None and row.cancel_at < month.ends_at:\n",
        "    if row.cancel_at is not None and row.cancel_at > month.ends_at:\n",
        (f"{RUN}::test_a_cancelled_plan_ends_with_its_period_and_is_free_from_then_on",),
    ),
    Bug(
        "other prices are had before their day",
        "app/services/month_end/price_changes.py",
        "    if found is None or found.effective_on > at.astimezone(UTC).date():\n",
        "    if found is None:\n",
        (f"{PRICES}::test_nobodys_invoice_changes_before_the_day_that_was_announced",),
    ),
    Bug(
        "the first calendar month costs as much as a whole one",
        "app/domain/subscriptions/proration.py",
        "    return Span(starts_at, ends_at, full_from if full_from < starts_at else None)\n",
        "    return Span(starts_at, ends_at, None)\n",
        (f"{ROOM}/test_founding_documents.py::test_identity_bills_the_calendar_month_base_fee_and_overage",),
    ),
    Bug(
        "a period that the seller has closed takes the plan's invoice away",
        "app/services/receivables/closing.py",
        "    if is_there and fees is None:\n",
        "    if is_there:\n",
        (f"{RUN}::test_a_period_that_the_seller_has_closed_leaves_the_plan_its_own_invoice",),
    ),
]
