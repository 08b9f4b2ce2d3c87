"""What Purser has written of a customer beside what stands on paper, to the cent."""

from collections.abc import Iterator
from fractions import Fraction

from sqlalchemy import select

from app.domain.ledger import CREDITS
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.ledger import Account
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.models.usage import Spending
from tests.reference.two_years.customer import OnPaper
from tests.reference.two_years.papers import Paper

METERED = {"usage", "overage"}


def differences(customer_id: str, paper: OnPaper) -> Iterator[str]:
    """Yield in words what differs."""
    with as_service("compare with paper"):
        db.session.rollback()
        rows = _papers(customer_id)
        has = db.session.get_one(Customer, customer_id, populate_existing=True)
        row = db.session.get_one(Subscription, customer_id, populate_existing=True)
        account = db.session.scalars(
            select(Account)
            .where(Account.customer_id == customer_id, Account.name == CREDITS)
            .execution_options(populate_existing=True)
        ).one()
        to_post = db.session.get_one(Spending, customer_id, populate_existing=True).unposted_micros
    expected = sorted((_of_paper(each) for each in paper.papers), key=repr)
    found = sorted((each for each, _used in rows), key=repr)
    if found != expected:
        more = [each for each in found if each not in expected]
        less = [each for each in expected if each not in found]
        yield f"{customer_id} has {more or found[-2:]} and should have {less or expected[-2:]}"
        return
    for each, used in rows:
        of = next((it for it in paper.papers if _of_paper(it) == each and it.used), None)
        yield from _of_usage(customer_id, used, of) if of is not None else ()
    number = paper.terms.seats(paper.choice.plan)[0] if row.seats is None else row.seats
    plan = has.plan or paper.terms.default
    said = (plan, row.interval, number, has.catalog_version, has.standing == "suspended")
    wanted = (*vars(paper.choice).values(), paper.number, paper.is_suspended)
    if said != wanted:
        yield f"{customer_id} has {said} and should have {wanted}"
    if paper.terms.in_money and account.balance - to_post != paper.purse.balance:
        yield f"{customer_id} has {account.balance - to_post} of credit and should have {paper.purse.balance}"


def _papers(customer_id: str) -> list[tuple[tuple[object, ...], dict[str, int]]]:
    lines: dict[str, list[DocumentLine]] = {}
    for line in db.session.scalars(select(DocumentLine).where(DocumentLine.customer_id == customer_id)):
        lines.setdefault(line.document_id, []).append(line)
    rows = db.session.scalars(
        select(Document)
        .where(Document.customer_id == customer_id, Document.number.is_not(None))
        .execution_options(populate_existing=True)
    ).all()
    return [_of_row(each, lines.get(each.id, [])) for each in rows]


def _of_row(row: Document, lines: list[DocumentLine]) -> tuple[tuple[object, ...], dict[str, int]]:
    used = {line.meter: line.net_minor for line in lines if line.kind in METERED}
    kept = sorted((line.kind, line.net_minor) for line in lines if line.kind not in METERED)
    is_note = row.kind == "credit_note"
    sums = (row.net_minor, row.tax_minor, row.total_minor, 0 if is_note else row.credits_applied_minor)
    found = (f"{row.issued_at:%F %T}", row.kind, *sums, [] if is_note else kept, is_note or row.state != "open")
    return found, {str(meter): net for meter, net in used.items()}


def _of_paper(paper: Paper) -> tuple[object, ...]:
    is_note = paper.kind == "credit_note"
    sums = (paper.net, paper.tax, paper.total, paper.applied)
    return (f"{paper.at:%F %T}", paper.kind, *sums, [] if is_note else sorted(paper.lines), is_note or paper.is_paid)


def _of_usage(customer_id: str, used: dict[str, int], paper: Paper) -> Iterator[str]:
    """The lines of usage stand for what each meter cost: a cent more or less, and all together exactly.

    Of a day of which a part was invoiced already only the sum is known.
    """
    whole, cents = sum(paper.used.values()), sum(used.values())
    is_whole = cents + sum(net for _kind, net in paper.lines) == paper.net
    is_alike = set(used) == set(paper.used) and all(
        abs(net - Fraction(cents * paper.used[meter], whole)) <= 1 for meter, net in used.items()
    )
    if not is_whole or not (is_alike or paper.is_guess):
        yield f"{customer_id}: usage {used} for {paper.used}"
