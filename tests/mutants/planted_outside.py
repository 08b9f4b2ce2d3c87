"""The bugs of what leaves the house and comes back: addresses, mails, the processor's events, what is deleted there."""

from tests.mutants.bug import Bug

RETURNED = "tests/pages/test_resume_returned.py"
DOORS = "tests/services/mail/test_doors.py"
POISONED = "tests/services/test_poisoned.py"
MANY_BAD = "tests/services/test_poisoned_customers.py"
PROFILES = "tests/services/processor/test_profiles.py"
WITHOUT = "tests/api/test_usage_without_database.py"
EVERY = "tests/services/webhooks/test_every_event.py"
DELETED = "tests/services/payments/test_deleted_at_the_processor.py"

BUGS = [
    Bug(
        "a changed name never reaches the processor",
        "app/services/customers/directory.py",
        'if not now.keys().isdisjoint({"name", "email"}):',
        'if not now.keys().isdisjoint({"plan"}):',
        (f"{PROFILES}::test_a_change_by_the_api_is_sent_after_its_commit",),
    ),
    Bug(
        "a change while the one before is being sent is forgotten",
        "app/services/processor/profiles.py",
        ".where(Customer.customer_id == customer_id, Customer.profile_version == attempt)",
        ".where(Customer.customer_id == customer_id)",
        (f"{PROFILES}::test_of_two_changes_the_last_wins_also_while_the_first_is_being_sent",),
    ),
    Bug(
        "there and back again is answered from the processor's memory",
        "app/services/processor/profiles.py",
        'key = f"{customer_id}:profile:{attempt}"',
        'key = f"{customer_id}:profile:{profile.mark}"',
        (f"{PROFILES}::test_there_and_back_again_is_sent_each_time",),
    ),
    Bug(
        "one event that cannot be fanned out stops all",
        "app/services/webhooks/fan_out.py",
        "            done, bad = done + spread.count, [*bad, *spread.failed]",
        "            done, bad = done + spread.count, bad if spread.failed else bad\n            if spread.failed:\n                break",
        (f"{POISONED}::test_what_cannot_be_written_for_one_customer_stops_no_other",),
    ),
    Bug(
        "one customer's grants come before all others'",
        "app/services/ledger/grants.py",
        "where(due).order_by(turn, since, Grant.id)",
        "where(due).order_by(since, Grant.id)",
        (f"{MANY_BAD}::test_customers_take_turns_however_much_of_one_is_due",),
    ),
    Bug(
        "one customer's notices come before all others'",
        "app/services/notices/decisions.py",
        "order_by(turn, Notice.created_at, *key)",
        "order_by(Notice.created_at, *key)",
        (f"{MANY_BAD}::test_customers_take_turns_however_much_of_one_is_due",),
    ),
    Bug(
        "customers who cannot be worked on take the places of others",
        "app/services/due_rows.py",
        "        if len(found) < limit:\n",
        "        if len(found) <= limit:\n",
        (f"{MANY_BAD}::test_more_bad_customers_than_are_done_at_once_keep_no_good_one_waiting",),
    ),
    Bug(
        "a row that cannot be claimed is tried for each claim",
        "app/services/due_rows.py",
        "            passed_over.append(identity)\n",
        "",
        ("tests/services/test_due_rows.py::test_what_cannot_be_claimed_is_tried_once_in_a_pass",),
    ),
    Bug(
        "one period that cannot turn stops all",
        "app/services/customers/billing_periods.py",
        'due_rows.together(found, _turn, of="customer", failed="period_not_rolled")',
        "due_rows.Done(_turn(found), [])",
        (f"{POISONED}::test_what_cannot_be_written_for_one_customer_stops_no_other",),
    ),
    Bug(
        "the way back from the bank ends at the sign-in",
        "app/blueprints/entry/resume.py",
        "if found is None or (member is not None and member.customer_id == found.customer_id):",
        "if found is None or member is None or member.customer_id == found.customer_id:",
        (f"{RETURNED}::test_a_mailed_link_of_a_purchase_left_at_the_bank_ends_where_the_payment_is_shown",),
    ),
    Bug(
        "an event about an object with a chosen id is refused",
        "app/gateways/stripe/webhooks.py",
        '_text(about[named], _OBJECT_ID) if about.get(named) is not None else ""',
        '_text(about[named], _ID) if named in about else ""',
        ("tests/gateways/stripe/test_webhooks.py::test_an_object_may_have_an_id_that_the_seller_chose",),
    ),
    Bug(
        "two dots in a host are let in",
        "app/mailboxes.py",
        "    return as_sent(email) is not None",
        "    return bool(email)",
        (f"{DOORS}::test_it_cannot_be_mailed", f"{DOORS}::test_a_use_case_refuses_it"),
    ),
    Bug(
        "a mail that cannot be written stops the round",
        "app/gateways/smtp.py",
        "    except Exception as problem:  # noqa: BLE001  # whatever cannot be written is this mail's, and no other's",
        "    except TypeError as problem:",
        (f"{DOORS}::test_one_that_is_in_the_rows_is_a_dead_letter_and_the_others_go_out",),
    ),
    Bug(
        "the mail library quotes lines that begin with From",
        "app/gateways/smtp.py",
        "content = written(letter).as_bytes(",
        "content = written(letter).as_bytes().replace(b'\\nFrom ', b'\\n>From ') or b''.join(",
        ("tests/gateways/test_smtp.py::test_a_line_that_begins_with_from_stays_as_it_is",),
    ),
    Bug(
        "any proof shows a payment to strangers",
        "app/services/payments/resume_links.py",
        "hmac.compare_digest(proof.encode(), _proof(payment_id).encode())",
        "proof",
        (f"{RETURNED}::test_a_way_back_that_nobody_was_given_leads_to_sign_in",),
    ),
    Bug(
        "the demo's way back leads nowhere",
        "app/demo/history.py",
        "return_url=resume_links.return_url,",
        'return_url=lambda payment_id: resume_links.return_url(payment_id).replace("/payments/", "/"),',
        ("tests/demo/test_people.py::test_the_waiting_payment_leads_back_to_its_page",),
    ),
    Bug(
        "a deleted customer stays deleted",
        "app/services/payments/collection.py",
        "        if isinstance(made, Misused) and made.code == MISSING:\n            made",
        "        if isinstance(made, Misused) and not made.code:\n            made",
        (f"{DELETED}::test_what_is_paid_once_goes_through",),
    ),
    Bug(
        "the new record of a lost customer is answered from memory",
        "app/services/processor/customers.py",
        """hashlib.sha256(f"{instead_of or ''}\\n{profile.mark}""",
        """hashlib.sha256(f"\\n{profile.mark}""",
        (f"{DELETED}::test_a_deleted_customer_may_save_a_method_at_once",),
    ),
    Bug(
        "a method that is gone stays saved",
        "app/services/payments/collection.py",
        "    changes.look(request.method_id)\n",
        "",
        (f"{DELETED}::test_a_method_that_was_removed_in_the_dashboard_is_said_before_its_webhook_comes",),
    ),
    Bug(
        "a file that is no database is our mistake",
        "app/web/errors/handlers.py",
        "(unavailable if type(error) is DatabaseError else unexpected)(error)",
        "unexpected(error)",
        (f"{WITHOUT}::test_without_its_file",),
    ),
    Bug(
        "what is replaced has no key",
        "app/api/contract/operations.py",
        'idempotent=idempotent and method != "GET",',
        'idempotent=idempotent and method == "POST",',
        ("tests/api/test_once.py::test_what_is_replaced_or_removed_with_a_key_is_answered_as_the_first_time",),
    ),
    Bug(
        "an event is written that nobody can ask for",
        "app/services/outbox/events.py",
        "    webhooks.ask_known(event_type)\n",
        "",
        (f"{EVERY}::test_what_is_not_in_the_list_is_not_written",),
    ),
    Bug(
        "usage that could not be sent is forgotten",
        "clients/python/purser_client/otel.py",
        "                    return False\n",
        "                    self.events.clear()\n                    return False\n",
        ("tests/api/test_otel.py::test_counters_are_counted_once_though_answers_are_lost",),
    ),
]
