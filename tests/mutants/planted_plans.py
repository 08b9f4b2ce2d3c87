"""Planted bugs of subscriptions: what a change costs, and when it is had."""

from tests.mutants.bug import Bug

ROOM, PAGES = "tests/services/subscriptions", "tests/pages"
RULE, CHANGES, WAITING, GIVING = (
    "tests/domain/subscriptions/test_change.py",
    f"{ROOM}/test_changes.py",
    f"{ROOM}/test_waiting.py",
    f"{ROOM}/test_giving_back.py",
)

BUGS = [
    Bug(
        "prices are announced for a day on which the customer does not have them yet",
        "app/presenters/price_change.py",
        "    while at.date() < found.row.effective_on:\n",
        "    while at < has.period.starts_at:\n",
        (f"{PAGES}/test_plan.py::test_prices_that_change_are_announced_with_the_own_months_until_the_customer_leaves",),
    ),
    Bug(
        "a month that nobody was billed for is given back",
        "app/domain/subscriptions/change.py",
        "    for part in _parts(has) if now_has.is_billed else ():\n",
        "    for part in _parts(has):\n",
        (f"{ROOM}/test_after_a_suspension.py::test_more_is_had_at_once_and_paid_for_the_rest_with_nothing_taken_off",),
    ),
    Bug(
        "seats bought after a suspension are given back with the plan that was paid with them",
        "app/services/subscriptions/undoing.py",
        "    if _was_unbilled(order):",
        "    if not order.id:",
        (f"{ROOM}/test_after_a_suspension.py::test_more_is_had_at_once_and_paid_for_the_rest_with_nothing_taken_off",),
    ),
    Bug(
        "a plan is had before it is paid",
        "app/services/subscriptions/changes.py",
        "        _try(books, seen)\n",
        "        applying.terms(books, seen.wants.plan.key, seen.catalog_version)\n",
        (f"{CHANGES}::test_declined_it_stays_as_it_was_with_nothing_to_pay",),
    ),
    Bug(
        "what is not used of a year is given back as if it were a month",
        "app/domain/subscriptions/change.py",
        "    period, left = now_has.plan_period, now_has.billed_left\n",
        "    period, left = plan_period(now_has.billing_starts_at, 1, type(now_has.has.interval)('monthly')), None\n",
        (f"{RULE}::test_what_is_not_used_of_a_year_is_given_back_by_the_year",),
    ),
    Bug(
        "a late approval gives a plan that was left behind by another change",
        "app/services/subscriptions/settling.py",
        "    if order.from_version != has.row.version:\n",
        "    if order.from_version < 0:\n",
        (f"{WAITING}::test_approved_after_something_else_was_changed_the_money_goes_back",),
    ),
    Bug(
        "another amount than was shown is charged",
        "app/services/subscriptions/changes.py",
        "if seen.mark != order.mark or order.amount not in {None, seen.charged}:",
        "if order.mark == order.form_key:",
        (f"{CHANGES}::test_a_preview_that_has_gone_by_is_refused_and_nothing_is_charged",),
    ),
    Bug(
        "an order whose payment was declined goes on waiting",
        "app/services/payments/fulfilment.py",
        "        _ends[payment.purpose](session, payment)\n",
        "        return\n",
        (f"{CHANGES}::test_declined_it_stays_as_it_was_with_nothing_to_pay",),
    ),
    Bug(
        "fewer seats than are used can be had",
        "app/domain/subscriptions/choice.py",
        "    if seats < used:\n",
        "    if seats < 0:\n",
        ("tests/api/test_subscriptions.py::test_fewer_seats_than_are_used_are_refused_with_the_reason",),
    ),
    Bug(
        "seats are refunded on another day than they were bought on",
        "app/services/subscriptions/undoing.py",
        "if not (paid and same_day and only_seats and is_last)",
        "if not (paid and only_seats and is_last)",
        (f"{ROOM}/test_undoing.py::test_another_days_or_used_seats_and_other_changes_are_not_given_back",),
    ),
    Bug(
        "what was given back as credit can be refunded, too",
        "app/services/reversals/clawbacks.py",
        " + payment.corrected_minor + payment.as_credit_minor\n",
        " + payment.corrected_minor\n",
        (f"{GIVING}::test_more_than_is_left_of_a_payment_is_not_refunded",),
    ),
    Bug(
        "the credit note of a plan's rest takes the oldest invoice first",
        "app/services/subscriptions/giving_back.py",
        ".order_by(Document.issued_at.desc(), Document.id.desc())",
        ".order_by(Document.issued_at, Document.id)",
        (f"{GIVING}::test_it_is_taken_off_the_newest_invoice_first_each_by_its_own_credit_note",),
    ),
    Bug(
        "money that was refunded is given as credit, too",
        "app/services/subscriptions/giving_back.py",
        "return min(of_plan - document.returned_minor, document.credits_applied_minor + left)",
        "return of_plan",
        (f"{GIVING}::test_money_that_was_refunded_or_is_disputed_is_not_given_as_credit_too",),
    ),
    Bug(
        "a plan is kept for a price that nobody has seen",
        "app/blueprints/plan_cancellation.py",
        'if request.form.get("seen", "") != plan.kept(has, announced.renewed(has)).seen:',
        "if not request.form:",
        (f"{PAGES}/test_plan_cancellation.py::test_a_plan_is_cancelled_to_the_end_of_what_is_paid_and_kept_after_all",),
    ),
    Bug(
        "a plan with fewer seats than are used can be chosen on its card",
        "app/presenters/plan_cards.py",
        'why_not="" if is_current or plan.on_request else _why_not(catalog, choice, has.used),',
        'why_not="",',
        (f"{PAGES}/test_plan.py::test_a_plan_with_three_seats_is_not_to_be_chosen_by_four_members",),
    ),
    Bug(
        "a year's price counts for each of the last months",
        "app/domain/subscriptions/last_months.py",
        "price.amount_minor * len(months), wants.interval.months)",
        "price.amount_minor * len(months), 1)",
        (
            "tests/domain/subscriptions/test_last_months.py::test_each_month_is_reckoned_by_itself_with_its_own_allowance",
        ),
    ),
    Bug(
        "money for a change of plan that came too late leads to a page of credits",
        "app/blueprints/add_credits.py",
        "    if paid.purpose == Purpose.PLAN_CHANGE:\n",
        "    if paid.purpose == Purpose.INVOICE:\n",
        (f"{PAGES}/test_plan_change.py::test_money_that_comes_too_late_goes_back_and_the_page_says_so",),
    ),
    Bug(
        "a plan whose checkout was given up can still be paid there",
        "app/services/payments/checkouts.py",
        "answer.status is CheckoutStatus.OPEN and is_over:",
        "answer.status is CheckoutStatus.OPEN and is_over is None:",
        (f"{ROOM}/test_checkout.py::test_given_up_or_followed_by_another_order_nobody_can_pay_there",),
    ),
    Bug(
        "who pays a plan at a checkout has no method saved for its renewal",
        "app/services/payments/checkouts.py",
        "        if saved is not None:\n",
        "        if saved is None:\n",
        (f"{ROOM}/test_checkout.py::test_paid_at_the_checkout_the_plan_is_had_once_and_the_card_is_saved",),
    ),
    Bug(
        "an alert that was given under another plan is not given again",
        "app/services/notices/decisions.py",
        """        if before["basis"] != wanted.figures["basis"]:\n""",
        """        if before["basis"] is None:\n""",
        (f"{ROOM}/test_alerts_count_anew.py::test_an_alert_at_80_of_100_fires_again_at_800_of_1000",),
    ),
    Bug(
        "the seller moves who pays by the year to a plan of months",
        "app/services/customers/plan_moves.py",
        '        if why:\n            raise Refused(why, "interval_not_sold")\n',
        "",
        (
            f"{ROOM}/test_moved_by_the_seller.py::test_who_pays_by_the_year_stays_where_a_plan_is_sold_by_the_month_alone",
        ),
    ),
    Bug(
        "seats of the same day stay where the seller has refunded their payment",
        "app/services/reversals/refunds.py",
        "    if minor == 0:\n        return None\n",
        '    if minor == 0:\n        raise Refused("Nothing is left of it.", "nothing_left")\n',
        (f"{ROOM}/test_undoing.py::test_what_the_seller_has_refunded_does_not_go_back_again",),
    ),
    Bug(
        "prices are announced that there are not",
        "app/services/month_end/price_changes.py",
        '    if why:\n        raise Refused(why, "interval_not_sold", 422, "version")\n',
        "",
        (
            "tests/services/month_end/test_price_changes.py::test_a_version_without_a_price_for_what_is_had_is_not_announced",
        ),
    ),
    Bug(
        "who took a year is moved to a version of months, and pays nothing",
        "app/services/month_end/price_changes.py",
        "    if is_left or _not_sold(customer, versions.sold(customer.catalog, found.catalog_version), row):\n",
        "    if is_left:\n",
        (
            "tests/services/month_end/test_price_changes.py::test_who_took_a_year_before_its_version_was_announced_away_keeps_its_price",
        ),
    ),
    Bug(
        "who begins with a plan of years alone has it by the month, for nothing",
        "app/services/customers/registration.py",
        "    interval = Interval.ANNUAL if by_year else Interval.MONTHLY\n",
        "    interval = Interval.MONTHLY\n",
        ("tests/services/month_end/test_price_changes.py::test_who_begins_with_a_plan_of_years_alone_pays_a_year",),
    ),
    Bug(
        "time that nobody was billed for is taken off at the price of today",
        "app/services/subscriptions/preview.py",
        "    if _takes_off(found, had):\n",
        "    if _takes_off(found, had) and not has.is_billed:\n",
        (
            "tests/services/subscriptions/test_billed.py::test_what_nobody_paid_is_not_taken_off",
            "tests/services/subscriptions/test_billed.py::test_time_is_taken_off_at_the_price_that_was_billed",
        ),
    ),
    Bug(
        "what was refunded is taken off again",
        "app/services/subscriptions/billed.py",
        "    return 1 - Fraction(document.returned_minor, document.total_minor)\n",
        "    return Fraction(1)\n",
        ("tests/services/subscriptions/test_billed.py::test_what_was_refunded_is_not_taken_off_again",),
    ),
]
