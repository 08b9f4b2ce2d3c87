"""Give a draft its number, in the short transaction that makes it final: no number is left out, none given twice (I23).

The number comes from a row and never from a sequence of the database, which jumps: a rollback takes it back. The row
stays locked until the commit, so it is taken last, when the customer's own rows are locked already.
"""

from datetime import UTC, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.errors import ensure
from app.domain.invoices.documents import State
from app.domain.invoices.numbers import written
from app.models.bulk import count_up
from app.models.documents import Document, NumberSeries


def finalize(session: Session, document: Document, state: State, now: datetime) -> None:
    """Number the draft, and leave it in `state`; whoever holds the row of the series is waited for."""
    ensure(document.number is None, f"{document.id} has a number already")
    year = now.astimezone(UTC).year
    key = {"catalog": document.catalog, "kind": document.kind, "prefix": document.prefix, "year": year}
    place = count_up(session, NumberSeries, key, "last")
    values: dict[str, object] = {
        "state": state.value,
        "number": written(document.prefix, year, place),
        "year": year,
        "place": place,
        "issued_at": now,
    }
    if state is State.PAID:
        values |= {"paid_minor": document.payable_minor, "paid_at": now}
    numbered = session.execute(
        update(Document)
        .where(
            Document.customer_id == document.customer_id,
            Document.id == document.id,
            Document.state == State.DRAFT.value,
        )
        .values(values)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(numbered is not None, f"{document.id} is no draft")
    for name, value in values.items():
        set_committed_value(document, name, value)
