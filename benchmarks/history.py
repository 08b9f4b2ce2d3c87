"""The balance history: is the page at depth a million as fast as the first, and as fast as of a short history?"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.balance import history as balance_history
from app.services.balance.history import HistoryQuery
from benchmarks.filling import DAYS
from benchmarks.places import Place
from benchmarks.timing import Ratio, interleaved, milliseconds
from tests.support.browser import Browser

LONG, SHORT = 1_000_000, 1_000
BOTTOM = 27
"""The place from which the oldest full page goes down."""
PATH = "/billing/balance-history?view=rows"
BY_DAY = "/billing/balance-history"
GOAL = 1.3
_ROW = re.compile(r'class="rowlink" href="/billing/balance-history/')
_PAGE = """
    select id, sequence, kind, description, booked_at, change_micros, balance_after_micros, source_type, source_id
    from transfers where customer_id = {mark} and sequence is not null and sequence < {mark}
    order by sequence desc limit 26"""


def measure(place: Place, long: tuple[Customer, Browser], short: tuple[Customer, Browser]) -> list[Ratio]:
    """Measure the service and the whole page."""
    return [*_service(place, long[0], short[0]), *_page(place, long[1], short[1])]


def _service(place: Place, long: Customer, short: Customer) -> list[Ratio]:
    cursor = place.raw.raw_connection().cursor()
    sql = _PAGE.format(mark="%s" if place.kind == "postgresql" else "?")

    def bare(below: int) -> Callable[[], int]:
        def read() -> int:
            cursor.execute(sql, (long.customer_id, below))
            return len(cursor.fetchall())

        return read

    def history(customer: Customer, before: int | None = None) -> Callable[[], int]:
        def read() -> int:
            with place.app.app_context(), as_customer(customer.customer_id):
                found = len(balance_history.history(HistoryQuery(before=before)).entries)
                db.session.rollback()
            return found

        return read

    tasks = {
        "first": history(long),
        "deep": history(long, BOTTOM),
        "short": history(short),
        "bare first": bare(LONG + 1),
        "bare deep": bare(BOTTOM),
    }
    rows = {name: task() for name, task in tasks.items()}
    assert set(rows.values()) == {25, 26}, rows
    took = interleaved(tasks, times=12)
    assert cursor.connection
    cursor.connection.rollback()
    first, deep, few = took["first"], took["deep"], took["short"]
    return [
        Ratio(
            "balance.history(): depth 1,000,000 to first page", place.kind, deep / first, GOAL,
            f"{milliseconds(deep)} to {milliseconds(first)}; the bare statement "
            f"{milliseconds(took['bare deep'])} to {milliseconds(took['bare first'])}",
        ),
        Ratio(
            "balance.history(): customer with 1,000,000 rows to one with 1,000", place.kind, first / few, GOAL,
            f"{milliseconds(first)} to {milliseconds(few)}",
        ),
        Ratio(
            "balance.history(): first page to the bare statement", place.kind, first / took["bare first"], None,
            f"{milliseconds(first)} to {milliseconds(took['bare first'])}",
        ),
    ]  # fmt: skip


def _page(place: Place, long: Browser, short: Browser) -> list[Ratio]:
    def get(browser: Browser, path: str) -> Callable[[], int]:
        def read() -> int:
            answer = browser.client.get(path, base_url=browser.origin)
            assert answer.status_code == 200
            return len(_ROW.findall(answer.text))

        return read

    tasks = {"first": get(long, PATH), "deep": get(long, f"{PATH}&before={BOTTOM}"), "short": get(short, PATH)}
    oldest = f"{datetime.now(UTC).date() - timedelta(days=DAYS - BOTTOM)}.1d"
    tasks |= {
        "days": get(long, BY_DAY),
        "oldest days": get(long, f"{BY_DAY}?before={oldest}"),
        "days of few rows": get(short, BY_DAY),
    }
    rows = {name: task() for name, task in tasks.items()}
    assert set(rows.values()) == {25}, rows
    took = interleaved(tasks, times=3)
    first, deep, few = took["first"], took["deep"], took["short"]
    return [
        Ratio(
            "GET balance history: depth 1,000,000 to first page", place.kind, deep / first, GOAL,
            f"{milliseconds(deep)} to {milliseconds(first)}",
        ),
        Ratio(
            "GET balance history: customer with 1,000,000 rows to one with 1,000", place.kind, first / few, GOAL,
            f"{milliseconds(first)} to {milliseconds(few)}",
        ),
        Ratio(
            "GET balance history by day: the oldest days to the first page", place.kind,
            took["oldest days"] / took["days"], GOAL,
            f"{milliseconds(took['oldest days'])} to {milliseconds(took['days'])}",
        ),
        Ratio(
            "GET balance history by day: customer with 1,000,000 rows to one with 1,000", place.kind,
            took["days"] / took["days of few rows"], GOAL,
            f"{milliseconds(took['days'])} to {milliseconds(took['days of few rows'])}",
        ),
    ]  # fmt: skip
