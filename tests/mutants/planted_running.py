"""The bugs of running it: the first install, poolers, restarts, and what is away."""

from tests.mutants.bug import Bug

INSTALL = "tests/faults/test_first_install.py"
RESTARTS = "tests/faults/test_database_restarts.py"
POOLED = "tests/faults/test_pgbouncer.py"
CONNECTIONS = "app/models/postgresql.py"
REDIS = "tests/faults/test_redis_away.py"
STRANGE = "tests/gateways/stripe/test_strange_answers.py"
KEPT = "tests/models/test_connections.py"
BACKUP = "tests/cli/test_backup.py"
ENDS = "tests/faults/test_server_ends.py"
WHOLE = "tests/web/test_cut_short.py"
REPLICAS = "tests/models/test_replica_age.py"
CALLS = "app/services/authorizations/postgresql_calls.py"

BUGS = [
    Bug(
        "a web process that is starting does not hear that it is to end",
        "wsgi.py",
        '== "signal_handler_interrupt"',
        '== "none"',
        ("tests/faults/test_server_ends.py",),
    ),
    Bug(
        "nobody makes the folder of the queue",
        "app/config.py",
        "        if settings.on_postgresql and not settings.jobs_url:\n",
        "        if not settings.on_postgresql and not settings.jobs_url:\n",
        (f"{INSTALL}::test_where_no_folder_can_be_made_the_start_says_what_to_set",),
    ),
    Bug(
        "a relative path means another file to a command",
        "app/config.py",
        'return f"sqlite:///{Path.cwd() / path}"',
        "return url",
        (f"{INSTALL}::test_a_relative_path_is_the_same_file_for_a_command_and_for_the_server",),
    ),
    Bug(
        "a call is sent over a connection that has died",
        CALLS,
        "                if not has_died(connection):\n",
        "                if connection:\n",
        (f"{RESTARTS}::test_after_a_restart_no_good_call_of_any_customer_is_refused",),
    ),
    Bug(
        "the pause between two connections grows while the database is away",
        CALLS,
        "RECONNECTING = 2\n",
        "RECONNECTING = 300\n",
        (f"{RESTARTS}::test_after_a_restart_no_good_call_of_any_customer_is_refused",),
    ),
    Bug(
        "idle connections are kept when one has died",
        CALLS,
        "                self._pool.drain()  # where one has died, the others have too\n",
        "",
        (f"{RESTARTS}::test_one_that_died_in_a_call_takes_the_idle_ones_with_it",),
    ),
    Bug(
        "what may have been committed is sent again",
        CALLS,
        "if each.again and may_repeat]",
        "if may_repeat]",
        (f"{RESTARTS}::test_a_call_that_may_have_been_committed_is_repeated_only_where_it_has_its_effect_once",),
    ),
    Bug(
        "the queue's connection dies unnoticed",
        "app/gateways/queue.py",
        "if self._conn is not None and postgresql.has_died(self._conn):",
        "if self._conn is not None and self._conn.closed:",
        (f"{RESTARTS}::test_the_first_wake_up_after_a_restart_reaches_the_queue",),
    ),
    Bug(
        "statements are prepared through a pooler",
        CONNECTIONS,
        "return row is None or row[0] != connection.info.backend_pid",
        "return row is None",
        (f"{POOLED}::test_every_call_and_page_is_served_through_it",),
    ),
    Bug(
        "statements are never prepared",
        CONNECTIONS,
        "return row is None or row[0] != connection.info.backend_pid",
        "return row is not None",
        (f"{POOLED}::test_statements_are_prepared_only_straight_to_the_server",),
    ),
    Bug(
        "a setting for one call stays for whoever a pooler serves next",
        CONNECTIONS,
        "    if not _is_pooled(connection):\n",
        "    if connection:\n",
        (f"{POOLED}::test_statements_are_prepared_only_straight_to_the_server",),
    ),
    Bug(
        "a page's rollback drops what is prepared",
        CONNECTIONS,
        "connection.info.transaction_status == TransactionStatus.INTRANS",
        "connection.info.transaction_status == TransactionStatus.INERROR",
        (f"{KEPT}::test_what_pages_ask_stays_prepared_although_each_page_ends_with_a_rollback",),
        of_postgresql=True,
    ),
    Bug(
        "what is rare is a parameter, so that no plan is kept",
        "app/models/database.py",
        """else literal_column(f"'{value}'", String())""",
        """else bindparam(None, value, type_=String())""",
        (f"{KEPT}::test_what_is_rare_is_written_into_the_large_statements",),
        of_postgresql=True,
    ),
    Bug(
        "a statement that is kept keeps its first customer",
        "app/models/database.py",
        'return getattr(g.get("scope"), "customer_id", None)\n\n\n_PARAMETER',
        'return _kept.setdefault("first", getattr(g.get("scope"), "customer_id", None))\n\n\n'
        "_kept: dict[str, str | None] = {}\n_PARAMETER",
        (f"{KEPT}::test_a_statement_that_is_kept_shows_each_customer_its_own_rows",),
    ),
    Bug(
        "the customer is set for the session",
        "app/models/database.py",
        "set_config('app.customer_id', :customer_id, true)",
        "set_config('app.customer_id', :customer_id, false)",
        (f"{POOLED}::test_what_a_transaction_of_ours_sets_is_gone_for_the_next_client",),
    ),
    Bug(
        "the door is open while Redis is away",
        "app/web/shared_counts.py",
        "lambda: self._here.hit(limit, who))",
        "lambda: True)",
        (f"{REDIS}::test_people_sign_in_and_the_door_still_closes_after_five_wrong_tries",),
    ),
    Bug(
        "calls are not counted while Redis is away",
        "app/api/contract/callers.py",
        "        wait = _calls.add(shown.secret_hash, most)\n",
        "        wait = 0\n",
        (f"{REDIS}::test_calls_of_a_key_are_served_and_still_limited",),
    ),
    Bug(
        "what was counted while Redis was away is forgotten",
        "app/web/shared_counts.py",
        "        if not self._here.test(limit, who):\n            return False\n",
        "",
        (f"{REDIS}::test_people_sign_in_and_the_door_still_closes_after_five_wrong_tries",),
    ),
    Bug(
        "an answer that is no text goes on to the SDK",
        "app/gateways/stripe/transport.py",
        'return text or "", status, answered',
        "return content, status, answered",
        (f"{STRANGE}::test_an_answer_that_is_none_is_unknown_whatever_was_asked",),
    ),
    Bug(
        "an endless answer is read to its end",
        "app/gateways/stripe/transport.py",
        "if left < 0 or time.monotonic() > until:",
        "if time.monotonic() > until:",
        (f"{STRANGE}::test_an_answer_that_does_not_end_is_given_up",),
    ),
    Bug(
        "a backup writes over what is there",
        "app/services/operations/backup.py",
        "os.O_CREAT | os.O_EXCL | os.O_WRONLY",
        "os.O_CREAT | os.O_TRUNC | os.O_WRONLY",
        (f"{BACKUP}::test_a_file_that_is_there_stays_as_it_is",),
    ),
    Bug(
        "a backup may be read by everybody",
        "app/services/operations/backup.py",
        "OWNER_ALONE = 0o600",
        "OWNER_ALONE = 0o644",
        (f"{BACKUP}::test_backups_beside_writers_are_whole_and_restored_ones_hold_every_invariant",),
    ),
    Bug(
        "a backup is a copy of the file",
        "app/services/operations/backup.py",
        'connection.execute("vacuum into ?", (str(target),))',
        "target.write_bytes(path.read_bytes())",
        (f"{BACKUP}::test_a_plain_copy_of_the_file_lacks_rows_and_a_backup_has_them",),
    ),
    Bug(
        "a page that is made fails with the end of its lost connection",
        CONNECTIONS,
        "    return not connection.closed\n",
        "    return True\n",
        ("tests/faults/test_connection_lost.py::test_a_page_answers_503_wherever_its_connection_is_lost",),
        of_postgresql=True,
    ),
    Bug(
        "a worker that ends waits for each of its rounds by itself",
        "app/worker.py",
        "thread.join(max(0.0, until - time.monotonic()))",
        "thread.join(stop_seconds)",
        ("tests/faults/test_worker_ends.py::test_a_worker_ends_in_the_time_it_was_given_while_its_database_hangs",),
    ),
    Bug(
        "a web process has fewer connections than threads",
        "app/making.py",
        "max(LEAST_CONNECTIONS, settings.web_threads)",
        "LEAST_CONNECTIONS",
        ("tests/architecture/test_production.py::test_each_thread_of_a_web_process_has_a_connection",),
    ),
    Bug(
        "half a request holds up the end for ever",
        "Makefile",
        " --workers-kill-timeout $(WEB_STOP_SECONDS)",
        "",
        (f"{ENDS}::test_half_a_request_holds_up_the_end_no_longer_than_was_said",),
    ),
    Bug(
        "a web process that was killed stays away",
        "Makefile",
        " --respawn-failed-workers",
        "",
        (f"{ENDS}::test_what_was_cut_short_does_nothing_and_a_killed_process_is_started_again",),
    ),
    Bug(
        "a capture of which nothing came but its head captures all",
        "app/web/errors/cut_short.py",
        "        if not piece and self._missing > 0:\n",
        "        if piece and self._missing > 0:\n",
        (WHOLE,),
    ),
    Bug(
        "the server speaks HTTP/2",
        "Makefile",
        " --http 1 ",
        " ",
        (f"{ENDS}::test_it_speaks_no_http_2",),
    ),
    Bug(
        "the beginning of a form in pieces is a form",
        "app/web/errors/cut_short.py",
        "        elif is_unknown(environ) and ",
        "        elif not is_unknown(environ) and ",
        (WHOLE,),
    ),
    Bug(
        "the front takes a body by HTTP/2 for none",
        "app/api/front/plain.py",
        "    if is_unknown(environ) or ",
        "    if ",
        (WHOLE,),
    ),
    Bug(
        "a body that did not come in pieces is none",
        "app/api/contract/bodies.py",
        "    if not raw and model.model_fields and ",
        "    if raw and not raw and ",
        (WHOLE,),
    ),
    Bug(
        "a job takes the demo's end for its own failure",
        "app/demo/__main__.py",
        "class Stopped(BaseException):",
        "class Stopped(Exception):",
        (f"{ENDS}::test_no_job_takes_the_demos_end_for_a_failure_of_its_own",),
    ),
    Bug(
        "a replica that was promoted is still read",
        "app/models/replica.py",
        "    if not replay.is_replica:\n",
        "    if not replay:\n",
        (f"{REPLICAS}::test_a_replica_of_which_it_cannot_be_said_is_not_read",),
    ),
    Bug(
        "a replica is called old because its primary is idle",
        "app/models/replica.py",
        "    if replay.has_everything:\n",
        "    if replay.has_everything and asked_at == replay.replayed_at:\n",
        (f"{REPLICAS}::test_a_replica_that_has_everything_shows_the_present_however_long_nothing_happened",),
    ),
    Bug(
        "an export does not say that it was read from the primary",
        "app/web/exports.py",
        "    if replica.the_replica() is not None:\n",
        "    if at is not None:\n",
        ("tests/faults/test_replica.py::test_a_database_that_is_no_replica_is_not_read",),
        of_postgresql=True,
    ),
]
