"""Bugs in what `verify` sees of rows that were deleted, lowered or marked as done: what is changed, which test is red."""

from tests.mutants.bug import Bug

EVIDENCE = ("tests/services/verification/test_evidence.py",)
TERMS = "tests/services/verification/test_terms.py"

BUGS = [
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
        "app/services/verification/audit_proofs.py",
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
]
