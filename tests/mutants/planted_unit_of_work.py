"""The bugs planted in the unit of work: what waits, for whom it is written, and what is forgotten."""

from tests.mutants.bug import Bug

WAITING = "app/models/unit_of_work/waiting.py"
TESTS = "tests/models/test_unit_of_work.py"
AHEAD = "tests/models/test_ahead.py"
TOGETHER = (f"{TESTS}::test_what_is_written_together_is_what_was_written_row_by_row",)

BUGS = [
    Bug(
        "a statement reads past what waits",
        WAITING,
        "    return tables is not None and not any(",
        "    return tables is None or not any(",
        (f"{TESTS}::test_what_waits_is_one_statement_and_whoever_reads_finds_it",),
    ),
    Bug(
        "what was undone is written with the next transaction",
        WAITING,
        "_transaction: SessionTransaction) -> None:\n    session.info.pop(_WAITING, None)\n",
        "_transaction: SessionTransaction) -> None:\n    return\n",
        (f"{TESTS}::test_what_was_undone_is_not_written_with_the_next",),
    ),
    Bug(
        "a part that is undone takes with it what came before",
        "app/services/transaction.py",
        "    waiting.write(session)  # what came before is not undone with it\n",
        "",
        (f"{TESTS}::test_a_part_that_is_undone_takes_only_its_own",),
    ),
    Bug(
        "one statement moves an account twice",
        WAITING,
        "    if waiting and not _go_together(waiting, rows):\n",
        "    if False and waiting and not _go_together(waiting, rows):\n",
        (f"{TESTS}::test_an_account_that_moves_twice_is_written_twice",),
    ),
    Bug(
        "a row of another customer waits to be written",
        WAITING,
        "    ensure(not strangers, f",
        "    ensure(True or not strangers, f",
        (f"{TESTS}::test_nobody_s_row_is_written_by_another",),
    ),
    Bug(
        "a payment moves from whatever state it is in",
        "app/models/unit_of_work/changes.py",
        "        lambda payment, row: payment.state == row.moved_from,\n",
        "        lambda payment, row: payment.id == row.id,\n",
        (f"{TESTS}::test_a_payment_moves_only_from_where_it_was",),
    ),
    Bug(
        "events that are written together come in another order",
        "app/models/unit_of_work/kinds.py",
        "        for row in rows:\n            places[",
        "        for row in rows[::-1]:\n            places[",
        (f"{TESTS}::test_what_waits_is_one_statement_and_whoever_reads_finds_it",),
    ),
    Bug(
        "a document is numbered without what is paid of it",
        "app/models/unit_of_work/changes.py",
        '_NUMBERED = ("state", "number", "year", "place", "paid_minor", "paid_at")',
        '_NUMBERED = ("state", "number", "year", "place", "paid_at")',
        TOGETHER,
    ),
    Bug(
        "what was read ahead is used after a row of its table was written",
        WAITING,
        "    ahead.forget_what(session, ",
        "    _ = (session, ",
        (f"{AHEAD}::test_an_answer_is_not_used_once_what_it_reads_is_written",),
        of_postgresql=True,
    ),
    Bug(
        "what was read ahead is used after a flush",
        WAITING,
        "and may name it\n    ahead.forget(session)\n",
        "and may name it\n",
        (f"{AHEAD}::test_an_answer_is_not_used_once_what_it_reads_is_written",),
        of_postgresql=True,
    ),
    Bug(
        "what was read ahead of one customer answers for another",
        "app/models/unit_of_work/ahead.py",
        "    if any(said.get(name) != value",
        "    if False and any(said.get(name) != value",
        (f"{AHEAD}::test_an_answer_is_used_once_for_its_values_and_in_its_transaction",),
        of_postgresql=True,
    ),
    Bug(
        "a new row is written without what its columns are by default",
        WAITING,
        "None if default is None else default.arg)",
        "None)",
        TOGETHER,
    ),
]
