"""Give a draft its number, in the short transaction that makes it final: no number is left out, none given twice (I23).

The number comes from a row and never from a sequence of the database, which jumps: a rollback takes it back. The row
stays locked until the commit, so it is taken last, when the customer's own rows are locked already.

In a series a higher number is never issued earlier: where the clock went back, or another transaction waited longer,
the document is issued at the moment of the one before. It never fails for that: the money has come.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.errors import ensure
from app.domain.invoices.documents import State
from app.domain.invoices.numbers import written
from app.models.bulk import Row, count_up
from app.models.documents import Document, NumberSeries
from app.models.unit_of_work import waiting
from app.services.invoices import files


def finalize(
    session: Session, document: Document, state: State, now: datetime, *, paid_at: datetime | None = None
) -> None:
    """Number the draft, and leave it in `state`; whoever holds the row of the series is waited for.

    `paid_at` says when it was paid, where that was before.
    """
    ensure(document.number is None, f"{document.id} has a number already")
    year = now.astimezone(UTC).year
    key = {"catalog": document.catalog, "kind": document.kind, "prefix": document.prefix, "year": year}
    place = waiting.write_with(session, "numbers", key)
    values: dict[str, object] = {
        "number": written(document.prefix, year, place),
        "year": year,
        "place": place,
        **_settled(state, document.payable_minor, document.taken_over_minor, paid_at or now),
    }
    before = {"last_number": written(document.prefix, year, max(place - 1, 1)), "now": now}
    key = {"customer_id": document.customer_id, "id": document.id, "catalog": document.catalog, "kind": document.kind}
    waiting.add(session, {"numbered_documents": [key | values | before]})
    for name, value in values.items():
        set_committed_value(document, name, value)
    session.expire(document, ["issued_at"])  # the statement decides it
    files.ask(session, document)


def finalize_many(session: Session, drafts: Sequence[Document], state: State, now: datetime) -> None:
    """Number drafts of one catalog, kind and prefix, one after the other, as `finalize` does each."""
    year, first = now.astimezone(UTC).year, drafts[0]
    key = {"catalog": first.catalog, "kind": first.kind, "prefix": first.prefix, "year": year}
    places = [count_up(session, NumberSeries, key, "last") for _each in drafts]  # the series counts by one
    before = select(Document.issued_at).where(
        Document.catalog == first.catalog,
        Document.kind == first.kind,
        Document.number == written(first.prefix, year, max(places[0] - 1, 1)),
    )
    issued = max(now, session.scalar(before) or now)
    for number, document in zip(places, drafts, strict=True):
        ensure(document.number is None, f"{document.id} has a number already")
        document.issued_at = issued
        document.number, document.year, document.place = written(document.prefix, year, number), year, number
        for name, value in _settled(state, document.payable_minor, document.taken_over_minor, issued).items():
            setattr(document, name, value)
        files.ask(session, document)
    session.flush()


def ahead(draft: Row, state: State, now: datetime) -> dict[str, object]:
    """Return what is known of a draft's numbering before it has a number, and the year of its series."""
    settled = _settled(state, draft["payable_minor"], draft["taken_over_minor"], now)
    return {"year": now.astimezone(UTC).year, **settled}


def _settled(state: State, payable: int, taken_over: int, paid_at: datetime) -> dict[str, object]:
    """Return the state, and what is paid of it already: of an invoice that is open, what it has taken over."""
    if state is State.PAID:
        return {"state": state.value, "paid_minor": payable, "paid_at": paid_at}
    return {"state": state.value, "paid_minor": taken_over if state is State.OPEN else 0, "paid_at": None}
