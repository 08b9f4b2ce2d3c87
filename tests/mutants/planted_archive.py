"""Bugs in how old usage events leave for a file: what is changed, which test is red."""

from tests.mutants.bug import Bug

ARCHIVE_PROOF = ("tests/services/operations/test_archive_proof.py",)
ARCHIVE = ("tests/services/operations/test_archive.py", "tests/services/operations/test_archive_runs.py")

BUGS = [
    Bug(
        "events leave the database that are not in the file",
        "app/services/operations/archive.py",
        "if not known and contents.lines != lines:",
        "if not known and not contents.lines:",
        ARCHIVE,
    ),
    Bug(
        "a month is archived of which usage is still to be posted",
        "app/services/operations/archive.py",
        "UsageDay.micros > UsageDay.posted_micros",
        "UsageDay.micros < UsageDay.posted_micros",
        ARCHIVE,
    ),
    Bug(
        "a month is archived that was not proved",
        "app/services/operations/archive.py",
        "if proved is None or proved <= before.date():",
        "if proved is not None and proved <= before.date():",
        ARCHIVE,
    ),
    Bug(
        "a month is archived whose events are not as they were proved",
        "app/services/operations/archive_proof.py",
        "proved.changed(session, [*events, *holds])",
        "proved.changed(session, holds)",
        ARCHIVE_PROOF,
    ),
    Bug(
        "a month is archived whose authorizations are not as they were proved",
        "app/services/operations/archive_proof.py",
        "proved.changed(session, [*events, *holds])",
        "proved.changed(session, events)",
        ARCHIVE_PROOF,
    ),
    Bug(
        "a month is archived of whose events some were proved",
        "app/services/operations/archive_proof.py",
        "if there != were:",
        "if not were:",
        ARCHIVE_PROOF,
    ),
    Bug(
        "a month is archived whose days are not the sums of its events",
        "app/services/operations/archive_proof.py",
        "if (events, micros) != (whole.events, whole.micros) or not fits:",
        "if not fits:",
        ARCHIVE_PROOF,
    ),
    Bug(
        "an archive names a day whose last events another month has received",
        "app/services/operations/archive_proof.py",
        "if events != whole.events:",
        "if events < whole.events:",
        ARCHIVE_PROOF,
    ),
    Bug(
        "another file of an archived month is taken for the one that was written",
        "app/services/operations/archive.py",
        "if known and known != contents.sha256:",
        "if known and not contents.sha256:",
        ARCHIVE,
    ),
    Bug(
        "two runs take the same events of a month out",
        "app/services/operations/archive.py",
        "month.events)) != sums.events:",
        "month.events)) is None:",
        ARCHIVE,
    ),
    Bug(
        "verify leaves out what is kept of archived captures",
        "app/services/verification/authorization_proofs.py",
        "group by customer_id, meter having sum(micros) <> 0 or sum(quantity) <> 0 or sum(captures) <> 0",
        "group by customer_id, meter having sum(captures) > 99",
        ARCHIVE,
    ),
    Bug(
        "verify compares what an archive adds up to with a part of its authorizations",
        "app/services/verification/proved.py",
        "and made < gone\n",
        "and made > gone\n",
        ARCHIVE[:1],
    ),
    Bug(
        "verify keeps events as proved that leave for an archive",
        "app/services/verification/proved.py",
        "return gone is not None and is_of_events and",
        "return gone is None and is_of_events and",
        ARCHIVE[1:],
    ),
    Bug(
        "the API lists a month without its archived events",
        "app/api/v1/usage.py",
        "if archived.holds(first):",
        "if archived.holds(last):",
        ARCHIVE,
    ),
    Bug(
        "a month is archived whose days do not add up to what was proved of them",
        "app/services/operations/archive_proof.py",
        "    for each in violations_of(",
        "    for each in () and violations_of(",
        ("tests/services/operations/test_archive_proof.py",),
    ),
]
