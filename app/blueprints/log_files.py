"""The logs of Spend management and Auto-recharge as files: every row of them, for people and for programs."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVarTuple

from flask import Blueprint
from werkzeug.wrappers import Response

from app import clock
from app.domain.errors import NotFound
from app.presenters import log_files as words
from app.presenters.log_files import Cell
from app.services.auto_recharge import log, settings
from app.services.notices import decisions
from app.services.spend_management import blocked_calls
from app.web import exports, workbooks
from app.web.access import current_catalog, current_customer, offered_only

Given = TypeVarTuple("Given")
KINDS = ("csv", "xlsx")
bp = Blueprint("log_files", __name__, url_prefix="/billing")


def _recharge() -> object:
    return settings.current(current_customer(), current_catalog())


@bp.get("/spend-management/notifications.<kind>")
def notifications(kind: str) -> Response:
    """Send the notifications that were sent."""
    exports.from_replica()
    customer = current_customer()
    given = decisions.every(customer.customer_id), customer.credit_unit
    return _file("notifications", "Notifications", kind, words.NOTIFIED, words.notice_lines, words.notified, *given)


@bp.get("/spend-management/refused-calls.<kind>")
def refused_calls(kind: str) -> Response:
    """Send the calls that were refused."""
    exports.from_replica()
    customer = current_customer()
    given = blocked_calls.every(customer.customer_id), current_catalog(), customer.credit_unit
    return _file("refused-calls", "Refused calls", kind, words.CALLS, words.call_lines, words.calls, *given)


@bp.get("/auto-recharge/charges.<kind>")
@offered_only(_recharge)
def charges(kind: str) -> Response:
    """Send what was charged automatically, and why not where it was not."""
    exports.from_replica()
    customer = current_customer()
    given = log.every(customer.customer_id), customer.credit_unit, customer.currency
    return _file(
        "automatic-charges", "Automatic charges", kind, words.CHARGES, words.charge_lines, words.charges, *given
    )


def _file(
    name: str,
    title: str,
    kind: str,
    header: list[str],
    lines: Callable[[*Given], Iterable[str]],
    cells: Callable[[*Given], Iterable[Sequence[Cell]]],
    *given: *Given,
) -> Response:
    """Send what was given as `lines` of a CSV file, or as typed `cells` of a spreadsheet."""
    if kind not in KINDS:
        raise NotFound
    called = f"{name}-{clock.now():%Y-%m-%d}.{kind}"
    if kind == "csv":
        return exports.as_csv_lines(called, header, lines(*given))
    return workbooks.as_workbook(called, title, words.sheet_header(header), cells(*given))
