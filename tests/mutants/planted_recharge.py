"""Bugs of auto-recharge: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

CHARGING = ("tests/services/auto_recharge/test_charging.py",)
DECISION = ("tests/domain/auto_recharge/test_decision.py",)
BUDGETS = "app/services/ledger/budgets.py"
RULE = "app/domain/auto_recharge/decision.py"
WALK = "app/domain/auto_recharge/walk.py"
SIMULATION = ("tests/domain/auto_recharge/test_simulation.py",)

BUGS = [
    Bug(
        "a declined automatic charge keeps its reservation",
        "app/services/payments/outcomes.py",
        "        _mail(session, payment, PAYMENT_FAILED)\n    budgets.free(session, payment)\n",
        "        _mail(session, payment, PAYMENT_FAILED)\n",
        CHARGING,
    ),
    Bug(
        "a reservation is freed twice",
        BUDGETS,
        "    _move(session, payment, charged=0)\n",
        "    _move(session, payment, charged=0)\n    _move(session, payment, charged=0)\n",
        CHARGING,
    ),
    Bug(
        "a charge that is paid stays reserved beside",
        BUDGETS,
        "reserved_minor=budget.reserved_minor - payment.amount_minor",
        "reserved_minor=budget.reserved_minor",
        CHARGING,
    ),
    Bug(
        "what is reserved is left out of the limit's use",
        "app/services/auto_recharge/rows.py",
        "select(AutoRechargeBudget.reserved_minor + AutoRechargeBudget.charged_minor)",
        "select(AutoRechargeBudget.reserved_minor)",
        CHARGING,
    ),
    Bug(
        "the consent is not stored",
        "app/services/auto_recharge/settings.py",
        "    if accepted is None:\n        raise NO_CONSENT.copied()\n",
        '    if accepted is None:\n        accepted = Acceptance("nobody", "", shown)\n',
        ("tests/api/test_auto_recharge.py", *CHARGING),
    ),
    Bug(
        "a charge that is on its way is not counted",
        RULE,
        "return self.terms.threshold - self.remaining - self.in_flight",
        "return self.terms.threshold - self.remaining",
        DECISION,
    ),
    Bug(
        "a charge passes what the limit leaves",
        RULE,
        "    return min(fitting(facts.left, one), max(0, wanted), at_once)\n",
        "    return min(fitting(facts.left, one) + 1, max(0, wanted), at_once)\n",
        DECISION,
    ),
    Bug(
        "exactly the threshold has credit bought",
        RULE,
        "    if facts.gap.micros <= 0:\n",
        "    if facts.gap.micros < 0:\n",
        DECISION,
    ),
    Bug(
        "an interrupted charge counts as a decline",
        "app/domain/auto_recharge/retries.py",
        "(self.code != NOT_CONFIRMED or self.was_asked)",
        "self.code != GIVEN_UP",
        ("tests/domain/auto_recharge/test_retries.py",),
    ),
    Bug(
        "the same card saved again is another card",
        "app/services/payment_methods/declines.py",
        "    if method.fingerprint:\n",
        "    if not method.fingerprint:\n",
        CHARGING,
    ),
    Bug(
        "a refund leaves auto-recharge on",
        "app/services/auto_recharge/stop.py",
        "    row.enabled, row.consent_id, row.look_at = False, None, None\n",
        "    row.look_at = None\n",
        CHARGING,
    ),
    Bug(
        "the sentence need not be the one that was shown",
        "app/services/auto_recharge/settings.py",
        "    if accepted.sentence != shown:\n",
        "    if not accepted.sentence:\n",
        ("tests/pages/test_auto_recharge.py",),
    ),
    Bug(
        "switching on asks for no password",
        "app/domain/auto_recharge/terms.py",
        "return wanted.enabled and (not before.enabled or wanted.period_limit > before.period_limit)",
        "return wanted.enabled and wanted.period_limit > before.period_limit",
        ("tests/pages/test_auto_recharge.py",),
    ),
    Bug(
        "a card that replaces a declined one waits for the declined one's retry",
        RULE,
        "look_again=min(facts.retry.at, now + LOOK_AGAIN)",
        "look_again=facts.retry.at",
        (*DECISION, *CHARGING),
    ),
    Bug(
        "a preview takes every charge as paid",
        WALK,
        "recorded.begun_at == now and recorded.method_id == method.id",
        "recorded.begun_at == now and not recorded.method_id",
        SIMULATION,
    ),
    Bug(
        "a preview looks at the end of the day only",
        "app/services/auto_recharge/record.py",
        "            if base + taken.get(day, 0) - used < threshold.micros:\n",
        "            if base + taken.get(day, 0) < threshold.micros:\n",
        ("tests/services/auto_recharge/test_simulation.py",),
    ),
    Bug(
        "a refund of a charge that would not have been made lowers the credit",
        WALK,
        "        if movement.of and movement.of not in self.same:\n            return\n",
        "",
        SIMULATION,
    ),
    Bug(
        "verify adds up no automatic payments",
        "app/services/verification/verify.py",
        "    *BUDGET_PROOFS,\n",
        "",
        ("tests/services/verification/test_budgets.py",),
    ),
    Bug(
        "the status line says of terms that were replaced why nothing was charged",
        "app/domain/auto_recharge/stops.py",
        "kept is None or kept.version != found.version or",
        "kept is None or",
        ("tests/domain/auto_recharge/test_stops.py",),
    ),
    Bug(
        "the status line knows nothing of the last decision",
        "app/services/balance/standing_order.py",
        "        kept=found.kept,\n",
        "",
        ("tests/services/balance/test_status_recharge.py",),
    ),
    Bug(
        "an automatic payment that was lost and is restored counts in no limit",
        "app/services/reconciliation/lost_payments.py",
        "    return min(promise.budget_period, session.scalars(known).one())\n",
        "    return None if session.scalars(known).one() else promise.budget_period\n",
        ("tests/services/auto_recharge/test_restored.py",),
    ),
    Bug(
        "a question is mailed though it was answered",
        "app/services/mail/auto_recharge_text.py",
        'if question.state != "open" or question.until <= clock.now():',
        "if question.until <= clock.now():",
        ("tests/services/mail/test_auto_recharge_text.py",),
    ),
    Bug(
        "the brake is skipped when the worker is late",
        "app/domain/auto_recharge/caution.py",
        "    while (before := fell - timedelta(days=1)) >= earliest and before in below:\n        fell = before\n",
        "",
        ("tests/services/auto_recharge/test_questions.py",),
    ),
    Bug(
        "a declined charge releases its claim and is tried again at once",
        "app/domain/auto_recharge/retries.py",
        "return Retry(len(declines), last.at + WAITS[len(declines) - 1])",
        "return Retry(len(declines), None)",
        ("tests/domain/auto_recharge/test_retries.py", *CHARGING),
    ),
    Bug(
        "the limit is read before the lock",
        "app/services/auto_recharge/charging.py",
        "    with transaction() as session:\n        books = posting.lock(session, customer_id)\n"
        '        ensure(books.customer, "the customer is locked before the settings")\n'
        "        row = session.get_one(AutoRechargeSettings, customer_id, populate_existing=True, with_for_update=True)\n",
        "    with transaction() as session:\n"
        "        early = session.get_one(AutoRechargeSettings, customer_id, populate_existing=True)\n"
        "        limit_minor = early.period_limit_minor\n"
        "    with transaction() as session:\n        books = posting.lock(session, customer_id)\n"
        "        row = session.get_one(AutoRechargeSettings, customer_id, populate_existing=True, with_for_update=True)\n"
        "        row.period_limit_minor = limit_minor\n",
        ("tests/services/auto_recharge/test_in_flight.py",),
    ),
    Bug(
        "with auto-recharge the forecast goes on with credit that has expired",
        "app/domain/forecast/recharged.py",
        "self.left = [each for each in self.left if each[1] is None or each[1] > day]",
        "self.left = list(self.left)",
        ("tests/domain/test_forecast_recharged.py",),
    ),
    Bug(
        "the forecast goes on with a limit of auto-recharge that is used up in a new period",
        "app/domain/forecast/recharged.py",
        "self.used_minor, self.period_ends = 0, self._moment(ends * MINUTES)",
        "self.period_ends = self._moment(ends * MINUTES)",
        ("tests/domain/test_forecast_recharged.py",),
    ),
    Bug(
        "no line says that money which went back has switched auto-recharge off",
        "app/domain/auto_recharge/stops.py",
        "return _switched_off(found, now)",
        "return None",
        ("tests/domain/auto_recharge/test_stops.py",),
    ),
    Bug(
        "another card than the declined one waits for the next look",
        "app/services/payment_methods/rows.py",
        "    session.execute(due_now(method.customer_id, now))\n",
        "",
        ("tests/services/balance/test_status_recharge.py",),
    ),
    Bug(
        "a yes to one amount charges another",
        "app/domain/auto_recharge/decision.py",
        "if answer is not None and answer.is_yes and answer.is_for(one):",
        "if answer is not None and answer.is_yes:",
        ("tests/domain/auto_recharge/test_decision.py",),
    ),
    Bug(
        "a question outlives the terms that it was asked under",
        "app/services/auto_recharge/settings.py",
        "        questions.withdraw(session, customer_id)  # what was asked was asked under the terms of before\n",
        "",
        ("tests/pages/test_auto_recharge_question_over.py",),
    ),
    Bug(
        "a charge that nobody would be asked about is made on the day of a no",
        "app/domain/auto_recharge/decision.py",
        "if answer is not None and answer.is_yes is False:  #",
        "if answer is not None and answer.is_yes is False and facts.terms.caution.ask_above is None:  #",
        ("tests/pages/test_auto_recharge_question_over.py",),
    ),
]
