"""Planted bugs: what paying later must not do."""

from tests.mutants.bug import Bug

ROOM = "tests/services/receivables"
EXPOSURE, INTERIM = (f"{ROOM}/test_exposure.py",), (f"{ROOM}/test_interim.py",)
LENT = (f"{ROOM}/test_lent_no_more.py",)
MADE = ("tests/domain/invoices/test_postings.py",)
POSTINGS = "app/domain/invoices/postings.py"
LEDGER = "app/services/ledger"

BUGS = [
    Bug(
        "who is found for no interim invoice takes another one's place",
        "app/services/receivables/interim.py",
        "        written += made\n",
        "        written += 1\n",
        INTERIM,
    ),
    Bug(
        "who has no method is served without credit",
        "app/domain/dunning/arrears.py",
        "    return exposure if is_lent_to and standing in SERVED else Credits(0)\n",
        "    return exposure if standing in SERVED else Credits(0)\n",
        EXPOSURE,
    ),
    Bug(
        "who is suspended may pay later still",
        "app/domain/dunning/arrears.py",
        "    return exposure if is_lent_to and standing in SERVED else Credits(0)\n",
        "    return exposure if is_lent_to else Credits(0)\n",
        EXPOSURE,
    ),
    Bug(
        "a method for top-ups alone lets a customer pay later",
        f"{LEDGER}/exposure.py",
        "    fit = [each for each in policy.kinds if each not in policy.top_up_only]\n",
        "    fit = list(policy.kinds)\n",
        EXPOSURE,
    ),
    Bug(
        "a card whose date is over is served without credit",
        f"{LEDGER}/exposure.py",
        "    good = () if today is None else (~is_over(today),)\n",
        "    good = ()\n",
        EXPOSURE,
    ),
    Bug(
        "whose invoice was given up is lent to on",
        f"{LEDGER}/exposure.py",
        "_given_up().is_(None), ",
        "",
        LENT,
    ),
    Bug(
        "who has a payment disputed is lent to on",
        f"{LEDGER}/exposure.py",
        ", ~_is_disputed())",
        ")",
        LENT,
    ),
    Bug(
        "an invoice that is given up leaves the exposure till something else comes",
        "app/services/receivables/ending.py",
        "            unpaid_overage.lending_changed(books, clock.now())\n",
        "",
        LENT,
    ),
    Bug(
        "a dispute is won and nothing is lent again",
        "app/services/reversals/disputes.py",
        "        unpaid_overage.lending_changed(books, now)  # to whom a bank may give money back nothing is lent\n",
        "        if dispute.state == DisputeState.OPEN.value:\n            unpaid_overage.lending_changed(books, now)\n",
        LENT,
    ),
    Bug(
        "a renewed card serves nobody again",
        "app/services/payment_methods/changes.py",
        "        watch.changed(session, method.customer_id)\n",
        "",
        EXPOSURE,
    ),
    Bug(
        "a method that is removed lets its customer go on using",
        "app/services/payment_methods/rows.py",
        "    watch.changed(session, method.customer_id)  # before another one becomes the default\n",
        "    session.flush()\n",
        EXPOSURE,
    ),
    Bug(
        "what is invoiced and not paid leaves the whole exposure",
        f"{LEDGER}/unpaid_overage.py",
        "    customer.overage_protection_micros = line - customer.invoiced_overage_micros\n",
        "    customer.overage_protection_micros = max(line - customer.invoiced_overage_micros, customer.exposure_micros)\n",
        EXPOSURE,
    ),
    Bug(
        "the exposure becomes a part of what was agreed",
        f"{LEDGER}/unpaid_overage.py",
        "    return customer.overage_protection_micros + customer.invoiced_overage_micros - customer.exposure_micros\n",
        "    return customer.overage_protection_micros + customer.invoiced_overage_micros\n",
        EXPOSURE,
    ),
    Bug(
        "the month bills again what an interim invoice has billed",
        "app/services/receivables/metered_lines.py",
        "            part = each.used - before if each.period == row.number else 0\n",
        "            part = each.used if each.period == row.number else 0\n",
        INTERIM,
    ),
    Bug(
        "an interim invoice that is void is written again at once",
        "app/services/receivables/interim.py",
        "            and_(Document.state == constant(State.VOID.value), Document.period_number == BillingPeriod.number),\n",
        "",
        INTERIM,
    ),
    Bug(
        "a second interim invoice is written while one is open",
        "app/services/receivables/interim.py",
        "            Document.state == constant(State.OPEN.value),\n",
        "",
        INTERIM,
    ),
    Bug(
        "a call that the exposure never allows has usage invoiced",
        "app/services/receivables/interim.py",
        "        Authorization.micros <= Customer.exposure_micros,\n",
        "",
        INTERIM,
    ),
    Bug(
        "a call that was refused before there was an exposure has usage invoiced",
        "app/services/receivables/interim.py",
        "        Authorization.judged_overage_micros > agreed,  # the exposure was in force\n",
        "",
        INTERIM,
    ),
    Bug(
        "a call that is refused for what was used waits for the month",
        "app/services/receivables/interim.py",
        "or_(below >= Customer.exposure_micros, refused)",
        "below >= Customer.exposure_micros",
        INTERIM,
    ),
    Bug(
        "the last row of a day has all of what the day cost",
        POSTINGS,
        "        before = {each.on for each in ordered[place + 1 :]}\n",
        "        before = set[date]()\n",
        MADE,
    ),
    Bug(
        "an earlier row of a day has nothing of what a later one had too",
        POSTINGS,
        "    return left.of.last > row.number and left.of.day == row.on\n",
        "    return False\n",
        MADE,
    ),
    Bug(
        "what rows share is said to be known",
        POSTINGS,
        "            each.is_exact &= is_known\n",
        "",
        MADE,
    ),
    Bug(
        "rows that have less than their days are taken for all of it",
        POSTINGS,
        "    return {} if any(each.micros for each in left) else found\n",
        "    return found\n",
        MADE,
    ),
]
