"""The bugs planted in usage: rating, counting and authorizations."""

from tests.mutants.bug import Bug

RATING = ("tests/domain/test_rating.py",)
EVENTS = ("tests/services/usage/test_events.py", "tests/services/usage/test_events_time.py")
POSTINGS = ("tests/services/usage/test_posting_schedule.py",)
HISTORIES = ("tests/services/usage/test_histories.py",)
AUTHORIZE = (
    "tests/services/authorizations/test_holds.py",
    "tests/services/authorizations/test_terms.py",
    "tests/services/authorizations/test_both_ways_agree.py",
)
PLACES = ("tests/services/authorizations/test_places.py",)
SQL, ASKING = "migrations/sql/0007_authorize.sql", "migrations/sql/0056_flat_authorize.sql"
CAPTURING = "migrations/sql/0058_flat_capture.sql"
NOTICES = ("tests/services/notices/test_decisions.py",)

BUGS = [
    Bug(
        "one customer whose usage cannot be written stops the others of a batch",
        "app/services/usage/events.py",
        "        if len(named) == 1 or is_away(problem):\n",
        "        if len(named) >= 1 or is_away(problem):\n",
        (
            "tests/services/test_poisoned_customers.py::test_in_a_batch_of_several_customers_the_events_of_the_others_are_counted",
        ),
    ),
    Bug(
        "a meter that falls gives credit back",
        "app/domain/rating.py",
        "if self.is_free or after <= before:",
        "if self.is_free:",
        RATING,
    ),
    Bug(
        "the allowance is charged",
        "app/domain/rating.py",
        "beyond = quantity - self.allowance",
        "beyond = quantity",
        RATING,
    ),
    Bug(
        "each event is priced by itself",
        "app/domain/rating.py",
        "return self.cost(after) - self.cost(before)",
        "return self.cost(after - before)",
        RATING,
    ),
    Bug(
        "a subject counts again and again",
        "app/domain/rating.py",
        "return Tally(tally.quantity + is_new)",
        "return Tally(tally.quantity + 1)",
        RATING,
    ),
    Bug(
        "the latest report wins, not the latest value",
        "app/domain/rating.py",
        "return tally if late else Tally(quantity, at)",
        "return Tally(quantity, at)",
        RATING,
    ),
    Bug(
        "the highest value is the last one",
        "app/domain/rating.py",
        "return Tally(max(tally.quantity, quantity))",
        "return Tally(quantity)",
        RATING,
    ),
    Bug(
        "an event may be older than its id is kept",
        "app/domain/rating.py",
        "OLDEST = timedelta(days=34)",
        "OLDEST = timedelta(days=36)",
        (*RATING, *EVENTS),
    ),
    Bug(
        "the quantity is left out of an event's digest",
        "app/domain/rating.py",
        'said = f"{report.meter}\\n{report.quantity}\\n{report.subject}',
        'said = f"{report.meter}\\n{report.subject}',
        (*RATING, *EVENTS),
    ),
    Bug(
        "an id that was used for another event counts as a duplicate",
        "app/services/usage/events.py",
        "elif not reason and earlier == each.digest:",
        "elif not reason and earlier:",
        EVENTS,
    ),
    Bug(
        "an event twice in one batch counts twice",
        "app/services/usage/events.py",
        "            if not reason:\n                known[each.key] = each.digest\n",
        "",
        EVENTS,
    ),
    Bug(
        "a batch forgets what it costs",
        "app/services/usage/counting.py",
        '{"unposted_micros": "add", "held_micros": "set"',
        '{"unposted_micros": "set", "held_micros": "set"',
        (*EVENTS, *HISTORIES),
    ),
    Bug(
        "no notice is decided after usage",
        "app/services/usage/counting.py",
        '"held_micros": held[owner], "dirty": True}',
        '"held_micros": held[owner], "dirty": False}',
        (*NOTICES, *EVENTS),
    ),
    Bug(
        "a day's events are not added up",
        "app/services/usage/counting.py",
        '{"quantity": rule, "events": "add", "micros": "add"}',
        '{"quantity": rule, "events": "add", "micros": "set"}',
        (*EVENTS, *HISTORIES),
    ),
    Bug(
        "what is posted stays to be posted",
        "app/services/journal/usage.py",
        "    writes.spent(customer_id, sum(entry.posting.amount for entry in entries))\n",
        "    writes.spent(customer_id, 0)\n",
        (*POSTINGS, *HISTORIES),
    ),
    Bug(
        "usage that waits does not lower the balance",
        "app/domain/numbers.py",
        "remaining = balance - usage_to_post - lapsed",
        "remaining = balance - lapsed",
        ("tests/domain/test_numbers.py", *HISTORIES),
    ),
    Bug(
        "the day's limit forgets what is held",
        "app/domain/numbers.py",
        "daily_limit - used_today - held_today",
        "daily_limit - used_today",
        ("tests/domain/test_numbers.py", *AUTHORIZE),
    ),
    Bug(
        "what just reaches the limit is refused",
        "app/domain/authorizations.py",
        "    if micros > available:\n",
        "    if micros >= available:\n",
        AUTHORIZE,
    ),
    Bug(
        "a limit of the plan is not looked at",
        "app/domain/authorizations.py",
        '    if over_plan:\n        return Blocked(micros, available, "plan_limit")\n',
        "",
        AUTHORIZE,
    ),
    Bug(
        "a capture keeps what it does not use",
        "app/domain/authorizations.py",
        "held = -(hold.left if is_over else price)",
        "held = -price",
        AUTHORIZE,
    ),
    Bug(
        "more than was held is taken unasked",
        "app/domain/authorizations.py",
        "price, promised = meter.price(units), units <= hold.quantity_left",
        "price, promised = meter.price(units), True",
        AUTHORIZE,
    ),
    Bug(
        "midnight is a second too early",
        "app/domain/authorizations.py",
        "return -((moment - over) // timedelta(seconds=1))",
        "return (over - moment) // timedelta(seconds=1)",
        AUTHORIZE,
    ),
    Bug(
        "a key is answered for any request",
        "app/services/authorizations/on_sqlite.py",
        "        if earlier[1] != request.digest:\n",
        "        if not earlier[1]:\n",
        AUTHORIZE,
    ),
    Bug(
        "a released hold stays held",
        "app/services/authorizations/sqlite_funds.py",
        "        self._write(after, credit=-hold.left)\n",
        "        self._write(self.reservation, credit=0)\n",
        AUTHORIZE,
    ),
    Bug(
        "a hold whose time is over can be captured",
        "app/services/authorizations/on_sqlite.py",
        'if seen.state != "held" or seen.expires_at <= locked.now:',
        'if seen.state != "held":',
        AUTHORIZE,
    ),
    Bug(
        "a hold is priced where it stands, not at its place",
        "app/domain/authorizations.py",
        "more = after.micros - meter.micros + (price if at_once else 0) if metered else micros",
        "more = price",
        (*PLACES, "tests/domain/test_authorizations.py"),
    ),
    Bug(
        "a hold is priced where it stands, not at its place, on PostgreSQL",
        ASKING,
        "        more := purser_reserved(after, terms) - more + case when at_once then price else 0 end;\n",
        "        more := price;\n",
        PLACES,
    ),
    Bug(
        "its own hold counts twice at a capture against the plan's limit",
        "app/domain/authorizations.py",
        "over_plan = meter.tariff is not None and after.is_over_plan",
        "over_plan = meter.tariff is not None and meter.use(units).is_over_plan",
        (*PLACES, "tests/domain/test_authorizations.py"),
    ),
    Bug(
        "its own hold counts twice at a capture against the plan's limit, on PostgreSQL",
        CAPTURING,
        "when of_meter <> '' and used + held_units > least(",
        "when of_meter <> '' and used + held_units + freed > least(",
        PLACES,
    ),
    Bug(
        "a hold that outlasts its period is priced in it alone",
        "app/domain/reservations.py",
        "        if not self.outlasting:\n",
        "        if self.outlasting >= 0:\n",
        ("tests/domain/test_reservations.py", *PLACES),
    ),
    Bug(
        "a hold that outlasts its period is priced in it alone, on PostgreSQL",
        SQL,
        "    if later = 0 then return purser_cost",
        "    if later >= 0 then return purser_cost",
        PLACES,
    ),
    Bug(
        "what is held is left in the period that is over",
        "app/services/customers/billing_periods.py",
        "    reservations.turn(session, [last.customer_id for last in ended], now)\n",
        "",
        (*PLACES, "tests/services/authorizations/test_terms.py"),
    ),
    Bug(
        "reported usage leaves what is held where it was",
        "app/services/usage/counting.py",
        "                held[key[0]] += self._reserved(key, self._tallies[key].quantity) - before\n",
        "                held[key[0]] += 0\n",
        PLACES,
    ),
    Bug(
        "another plan leaves what is held at the old price",
        "app/services/customers/plan_moves.py",
        "    reservations.write(session, customer.customer_id)\n",
        "    session.flush()\n",
        PLACES,
    ),
    Bug(
        "credit expires that later holds count on",
        "app/domain/grants.py",
        "lost = min(grant.remaining - keeps[grant.id], spare)",
        "lost = grant.remaining - keeps[grant.id]",
        ("tests/services/authorizations/test_kept_credit.py",),
    ),
    Bug(
        "one unreadable event refuses its batch",
        "app/api/v1/usage_events.py",
        '    judged_each="events",\n',
        "",
        ("tests/api/test_usage_batches.py",),
    ),
    Bug(
        "an event that cannot be kept is counted by what is left of it",
        "app/api/v1/usage_events.py",
        '        events = cast("list[EventIn | Unreadable]", self.events)\n'
        "        for index, words in (info.context or {}).items():\n"
        "            events[index] = Unreadable(words)",
        '        events = cast("list[EventIn | Unreadable]", self.events)\n'
        "        for index, words in (info.context or {}).items():\n"
        "            events[index] = events[index] or words",
        ("tests/api/test_usage_batches.py",),
    ),
]
