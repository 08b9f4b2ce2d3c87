"""The bugs planted in the short way of authorizations: in what it asks, in its captures, and where a database fails."""

from tests.mutants.bug import Bug

OVER_HTTP = "tests/faults/test_over_http.py"
WITHOUT = "tests/api/test_authorizations_without_database.py"
CAPTURING = "migrations/sql/0058_flat_capture.sql"
AUTHORIZE = ("tests/services/authorizations/test_both_ways_agree.py", "tests/services/authorizations/test_holds.py")
TOGETHER = "tests/services/authorizations/test_together.py"
ONCE = "app/api/front/once.py"
CLAIMS = ("tests/services/authorizations/test_claims.py",)
PLACES = ("tests/services/authorizations/test_places.py",)

BUGS = [
    Bug(
        "the front asks without the key that makes a request one",
        "app/api/front/authorizations.py",
        "authorized(body, asked.key, asked.proof)",
        "authorized(body, None, asked.proof)",
        (OVER_HTTP, "tests/api/test_front.py"),
    ),
    Bug(
        "the front releases beside what is kept by a key",
        ONCE,
        "    if asked.key is None:\n",
        "    if asked.key is None or sent is None:\n",
        ("tests/api/test_front.py",),
    ),
    Bug(
        "what the front could not do uses up its key",
        ONCE,
        "            claim.release()\n",
        "",
        ("tests/api/test_front.py",),
    ),
    Bug(
        "a call that the front hands on counts twice",
        "app/api/front/door.py",
        "COUNTED: True, ",
        "",
        ("tests/api/test_front_rates.py::test_the_rate_is_counted_once_and_alike",),
    ),
    Bug(
        "a transaction waits for ever for a row that somebody holds",
        "app/models/database.py",
        "\"set_config('lock_timeout', :wait, true)\"",
        '"length(:wait)"',
        ("tests/api/test_rows_held.py",),
        of_postgresql=True,
    ),
    Bug(
        "the beginning of a body in pieces that is too large is taken for all of it",
        "app/web/errors/cut_short.py",
        "        raise RequestEntityTooLarge\n",
        "        return raw\n",
        ("tests/web/test_cut_short.py",),
    ),
    Bug(
        "a key whose secret is wrong claims requests",
        "migrations/sql/0075_claims.sql",
        " and k.secret_hash = key_hash and ",
        " and ",
        CLAIMS,
    ),
    Bug(
        "who was slow answers for who has the lease now",
        "migrations/sql/0075_claims.sql",
        " and r.lease_until = until;",
        ";",
        CLAIMS,
    ),
    Bug(
        "a file that is no database is our mistake in an authorization",
        "app/services/authorizations/sqlite_connection.py",
        "        except sqlite3.Error as problem:\n",
        "        except sqlite3.OperationalError as problem:\n",
        (f"{WITHOUT}::test_without_its_file",),
    ),
    Bug(
        "authorizations go on with a file that is no longer there",
        "app/services/authorizations/sqlite_connection.py",
        "                self._hang_up()\n            raise DatabaseAway from problem\n",
        "                pass\n            raise DatabaseAway from problem\n",
        (f"{WITHOUT}::test_a_connection_that_failed_is_opened_anew",),
    ),
    Bug(
        "a hold whose time is over can be captured, on PostgreSQL",
        CAPTURING,
        "    if its_state <> 'held' or expiry <= moment then\n",
        "    if its_state <> 'held' then\n",
        AUTHORIZE,
    ),
    Bug(
        "more than was held is captured unasked, on PostgreSQL",
        CAPTURING,
        "        promised := units <= spare_units;\n",
        "        promised := units > 0;\n",
        (*AUTHORIZE, *PLACES),
    ),
    Bug(
        "a release gives back what was captured of a hold, on PostgreSQL",
        CAPTURING,
        "    change := -greatest(0, its_micros - captured);\n",
        "    change := -its_micros;\n",
        AUTHORIZE,
    ),
    Bug(
        "calls about one customer go each alone",
        "app/services/authorizations/lines.py",
        "MOST = 32\n",
        "MOST = 1\n",
        (f"{TOGETHER}::test_each_is_answered_as_if_it_were_alone",),
        of_postgresql=True,
    ),
    Bug(
        "a call waits for a customer's row before the calls of others",
        "migrations/sql/0073_take.sql",
        " for update skip locked",
        " for update",
        (f"{TOGETHER}::test_a_call_whose_customer_somebody_else_has_holds_up_no_other",),
        of_postgresql=True,
    ),
    Bug(
        "where one customer is busy, all that went with it wait for it",
        "app/services/authorizations/postgresql_calls.py",
        "            each.is_busy = not busy or each.customer_id in busy\n",
        "            each.is_busy = True\n",
        (f"{TOGETHER}::test_a_call_whose_customer_somebody_else_has_holds_up_no_other",),
        of_postgresql=True,
    ),
    Bug(
        "calls of busy customers take all connections",
        "app/services/authorizations/postgresql_calls.py",
        "BoundedSemaphore(max(1, size - LINES))",
        "BoundedSemaphore(max(1, size))",
        ("tests/services/authorizations/test_busy.py",),
        of_postgresql=True,
    ),
    Bug(
        "calls of several customers go each alone",
        "app/services/authorizations/postgresql_calls.py",
        "return str(hash(customer_id) % LINES)",
        "return customer_id",
        (f"{TOGETHER}::test_calls_of_several_customers_are_one_transaction_and_each_is_answered_as_if_it_were_alone",),
        of_postgresql=True,
    ),
    Bug(
        "who has given up is asked for all the same",
        "app/services/authorizations/lines.py",
        "                    line.remove(call)\n",
        "",
        (f"{TOGETHER}::test_who_gives_up_was_not_asked_for",),
        of_postgresql=True,
    ),
    Bug(
        "what is wrong with one call fails all that went with it",
        "app/services/authorizations/postgresql_calls.py",
        "            elif len(calls) == 1 or isinstance(problem, OF_ALL):\n",
        "            elif calls:\n",
        (f"{TOGETHER}::test_each_is_answered_as_if_it_were_alone",),
        of_postgresql=True,
    ),
    Bug(
        "calls that went together are answered although the commit failed",
        "app/services/authorizations/prepared.py",
        "    return results[:-1]  #",
        "    return results[: len(asked)]  #",
        (f"{TOGETHER}::test_nobody_is_answered_before_all_is_committed",),
        of_postgresql=True,
    ),
    Bug(
        "calls that went with a lost connection are all sent again",
        "app/services/authorizations/postgresql_calls.py",
        "repeated = [each for each in calls if each.again and",
        "repeated = [each for each in calls if",
        (f"{TOGETHER}::test_of_a_lost_connection_only_what_has_its_effect_once_is_sent_again",),
        of_postgresql=True,
    ),
    Bug(
        "a meter's hold keeps credit whose time was over when it was made",
        "app/models/ledger.py",
        "is_of_meter.correlate(cls, UsageTotal).exists()",
        "is_of_meter.exists()",
        ("tests/services/authorizations/test_kept_credit.py",),
    ),
]
