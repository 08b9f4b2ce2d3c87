"""The bugs planted in the short way of authorizations: in what it asks, in its captures, and where a database fails."""

from tests.mutants.bug import Bug

OVER_HTTP = "tests/faults/test_over_http.py"
WITHOUT = "tests/api/test_authorizations_without_database.py"
CAPTURING = "migrations/sql/0058_flat_capture.sql"
AUTHORIZE = ("tests/services/authorizations/test_both_ways_agree.py", "tests/services/authorizations/test_holds.py")
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
        "app/api/front/authorizations.py",
        "    if asked.key is not None or asked.raw not in",
        "    if asked.raw not in",
        ("tests/api/test_front.py",),
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
]
