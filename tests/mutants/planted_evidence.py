"""Bugs in what `verify` sees of rows that were deleted, lowered or marked as done: what is changed, which test is red."""

from tests.mutants.bug import Bug

EVIDENCE = ("tests/services/verification/test_evidence.py",)
SERIES = ("tests/services/verification/test_series.py",)
TERMS = "tests/services/verification/test_terms.py"

KEPT = "tests/services/verification/test_kept.py"
PROVED = "tests/services/verification/test_proved.py::test_what_only_a_digest_sees_is_said_until_somebody_accepts_it"

BUGS = [
    Bug(
        "what verify has found counts as proved from then on",
        "app/services/verification/verify.py",
        "        if not found:\n            proved.keep(",
        "        if proofs:\n            proved.keep(",
        (PROVED,),
    ),
    Bug(
        "verify --all compares one digest of each series",
        "app/services/verification/proved.py",
        "return [each for each in kept if each not in unseen], unseen",
        "return [each for each in kept if each not in unseen][:1], unseen",
        (PROVED, KEPT),
    ),
    Bug(
        "verify says once what --all has found",
        "app/services/verification/verify.py",
        "if found and not has_left:",
        "if found and has_left:",
        (KEPT,),
    ),
    Bug(
        "verify compares nothing with what another release has kept",
        "app/services/verification/verify.py",
        "proved.tampered(session, proved.reached(session), segments)",
        "proved.tampered(session, before, segments if before.before_id else ())",
        (KEPT,),
    ),
    Bug(
        "verify does not say which digests it could not compare",
        "app/services/verification/verify.py",
        "    if unseen:\n",
        "    if unseen and not why:\n",
        (KEPT,),
    ),
    Bug(
        "verify takes it for another release's that a digest is made otherwise",
        "app/services/verification/proved.py",
        "if each.proofs != proofs and each.form",
        "if each.form",
        (KEPT,),
    ),
    Bug(
        "verify says that all digests are compared earlier than they are",
        "app/services/verification/proved.py",
        "return max(sum(1 for _",
        "return min(sum(1 for _",
        (KEPT,),
    ),
    Bug(
        "verify compares some digests again before it has compared all",
        "app/services/verification/proved.py",
        "queue.order_by(ProvedSegment.read_at, ",
        "queue.order_by(",
        (KEPT,),
    ),
    Bug(
        "verify does not prove a day again on which a row was booked later",
        "app/services/verification/proved.py",
        "days_before=min(days_before, booked",
        "days_before=max(days_before, booked",
        (KEPT,),
    ),
    Bug(
        "verify does not miss a row that others name",
        "app/services/verification/verify.py",
        "    *REFERENCE_PROOFS,\n",
        "",
        EVIDENCE,
    ),
    Bug(
        "verify overlooks an authorization whose usage stays",
        "app/services/verification/authorization_proofs.py",
        "having sum(micros) <> sum(used)",
        "having sum(micros) > sum(used)",
        EVIDENCE,
    ),
    Bug(
        "verify does not ask whether an event that counted is remembered",
        "app/services/verification/authorization_proofs.py",
        "where e.received_at >= :ids_since and k.id is null",
        "where e.received_at < :ids_since and k.id is null",
        EVIDENCE,
    ),
    Bug(
        "verify takes a floor that is too low",
        "app/services/verification/customer_proofs.py",
        "a.floor <> -c.overage_protection_micros",
        "a.floor > -c.overage_protection_micros",
        EVIDENCE,
    ),
    Bug(
        "verify takes an event as fanned out because it says so",
        "app/services/verification/event_proofs.py",
        "where e.state = 'done' and e.done_at > :deliveries_since and d.id is null",
        "where e.state = 'done' and e.done_at is null and d.id is null",
        EVIDENCE,
    ),
    Bug(
        "verify does not compare what was received with the audit trail",
        "app/services/verification/event_proofs.py",
        "where p.state in {_PAID} and a.after not like",
        "where p.state = '' and a.after not like",
        EVIDENCE,
    ),
    Bug(
        "verify takes a payment without an attempt as charged",
        "app/services/verification/charge_proofs.py",
        "where p.created_by <> 'reconcile'\n",
        "where p.created_by = 'reconcile'\n",
        EVIDENCE,
    ),
    Bug(
        "verify takes an attempt that is open for one that has ended",
        "app/services/verification/charge_proofs.py",
        "(a.state in {_STARTED}) <> (a.finished_at is null)\n            or (a.state in {_STARTED} and",
        "(a.state in {_STARTED} and a.number < 0 and",
        EVIDENCE,
    ),
    Bug(
        "verify takes any plan for the one that was given",
        "app/services/verification/terms_proofs.py",
        "return not Counter(self.given) - Counter([*self.replaced, now])",
        "return len(self.given) <= len([*self.replaced, now])",
        (*EVIDENCE, TERMS),
    ),
    Bug(
        "verify takes a closed period's plan as it is",
        "app/services/verification/terms_proofs.py",
        "BillingPeriod.closed_at.is_not(None))",
        "BillingPeriod.closed_at.is_(None))",
        (TERMS,),
    ),
    Bug(
        "verify counts proved rows that are gone, and none that are more",
        "app/services/verification/proved.py",
        "if now != before:",
        "if now < before:",
        ("tests/services/verification/test_proved.py",),
    ),
    Bug(
        "verify looks for a fact that was posted twice among new rows alone",
        "app/services/verification/tables.py",
        "where 1 < (select count(*) from all_transfers o",
        "where 1 < (select count(*) from transfers o",
        ("tests/services/verification/test_proved.py",),
    ),
    Bug(
        "verify does not compare days with what was proved of them",
        "app/services/verification/usage_proofs.py",
        "having sum(events) <> 0 or sum(quantity) <> 0 or sum(micros) <> 0",
        "having sum(events) > 0",
        SERIES,
    ),
    Bug(
        "verify keeps an authorization as proved while it is open",
        "app/services/verification/series.py",
        """select min(id || '') from authorizations where state = 'held'""",
        """select min(id || '') from authorizations where state = 'none'""",
        SERIES,
    ),
    Bug(
        "verify keeps authorizations as proved whose captures it reads again",
        "app/services/verification/series.py",
        "ago + _HELD + _LATER",
        "ago - _HELD",
        SERIES,
    ),
    Bug(
        "verify reads no event of a hold that was captured the day before",
        "app/services/verification/proved.py",
        "min(usage_before, hold or usage_before) - timedelta(days=1)",
        "usage_before",
        SERIES,
    ),
    Bug(
        "verify leaves an event's properties out of the digest",
        "app/services/verification/series.py",
        "e.micros e.properties e.authorization_id",
        "e.micros e.authorization_id",
        SERIES,
    ),
    Bug(
        "verify takes the usage of an authorization that had ended",
        "app/services/verification/authorization_proofs.py",
        "where authorization_id < :holds_since and day >= :usage_since",
        "where authorization_id < :holds_since and day < :usage_since",
        SERIES,
    ),
]
