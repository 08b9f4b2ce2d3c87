"""Planted bugs of whom invoices are made out to, and where they are sent."""

from tests.mutants.bug import Bug

ADDRESS = "tests/services/customers/test_address.py"
PAGE = "tests/pages/test_invoice_address.py"
PRINTED = "tests/domain/addresses/test_printed.py"
QUESTIONS = "tests/domain/addresses/test_questions.py"

NOTIFIED = "tests/pages/test_invoice_notifications.py"

BUGS = [
    Bug(
        "a billing e-mail is used before it has confirmed",
        "app/services/customers/invoice_recipients.py",
        "    row.pending_email, row.asked_at, row.token_hash = email, now, hashed\n",
        "    row.pending_email, row.asked_at, row.token_hash = email, now, hashed\n"
        "    session.get_one(Customer, row.customer_id).email = email\n",
        (f"{NOTIFIED}::test_a_billing_email_is_used_once_it_has_confirmed_by_mail",),
    ),
    Bug(
        "a recipient is sent mails before anybody there has confirmed",
        "app/services/outbox/billing_mails.py",
        "row is not None and row.confirmed_at is not None and topic",
        "row is not None and topic",
        (f"{NOTIFIED}::test_more_recipients_get_what_they_confirmed_and_may_stop_it",),
    ),
    Bug(
        "a recipient is sent what was not chosen",
        "app/services/outbox/billing_mails.py",
        "topic is not None and bool(getattr(row, topic.value))",
        "topic is not None",
        (f"{NOTIFIED}::test_more_recipients_get_what_they_confirmed_and_may_stop_it",),
    ),
    Bug(
        "who wants invoices alone is sent none",
        "app/services/outbox/billing_mails.py",
        "_INSTEAD = {RECEIPT: INVOICE}",
        "_INSTEAD = {INVOICE: RECEIPT}",
        (f"{NOTIFIED}::test_who_wants_invoices_alone_is_sent_the_invoice_and_a_receipt_names_it",),
    ),
    Bug(
        "mails go on to a recipient who was removed",
        "app/services/mail/billing_text.py",
        "    if row is None or not billing_mails.wants(row, template):\n        return None",
        "    if row is None or not billing_mails.wants(row, template):\n        return {}",
        (f"{NOTIFIED}::test_what_somebody_no_longer_wants_when_it_is_sent_is_dropped",),
    ),
    Bug(
        "an address is printed without the city that the library's format has no place for",
        "app/domain/addresses/address.py",
        'if address.city and "%C" not in order and not is_twice:',
        'if not address.city and "%C" not in order:',
        (f"{PRINTED}::test_an_address_is_printed_as_typed_in_its_countrys_order",),
    ),
    Bug(
        "a postal code in small letters is asked about",
        "app/domain/addresses/questions.py",
        "upper, prefix = typed.upper(), known.postal_code_prefix",
        "upper, prefix = typed, known.postal_code_prefix",
        (f"{QUESTIONS}::test_a_real_address_is_taken_without_a_question",),
    ),
    Bug(
        "saying yes to one address says yes to every other",
        "app/forms/invoice_address.py",
        "self.as_typed.data == self.typed_mark",
        "self.as_typed.data",
        (f"{PAGE}::test_saying_yes_to_one_address_says_yes_to_no_other",),
    ),
    Bug(
        "only the first address follows to the processor",
        "app/services/customers/address.py",
        "        if wanted != before.address:\n",
        "        if not before.version:\n",
        (f"{ADDRESS}::test_the_processor_follows_each_address_whole",),
    ),
    Bug(
        "fields of an old address stay at the processor",
        "app/gateways/stripe/gateway.py",
        '{"address": ""}',
        '{"name": profile.name}',
        (f"{ADDRESS}::test_the_processor_follows_each_address_whole",),
    ),
    Bug(
        "the address of another version is written over",
        "app/services/customers/address.py",
        "        if version != before.version:\n",
        "        if version > before.version:\n",
        (f"{ADDRESS}::test_of_eight_changes_of_one_version_one_is_kept",),
    ),
]
