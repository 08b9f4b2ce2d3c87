"""Post to the ledger: balances, history and day totals move together, in the caller's transaction."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app import ids
from app.domain import ledger as rule
from app.domain.errors import Broken, NotFound, ensure
from app.domain.ledger import CREDIT_ACCOUNTS, CREDITS, MONEY_ACCOUNTS, AccountKey, Posting
from app.models.customers import Customer
from app.models.ledger import Account, Transfer
from app.models.usage import Spending
from app.services.ledger import spending
from app.services.outbox import events
from app.services.outbox.events import Outbox

_LOCKED = "purser_books"


def open_accounts(session: Session, customer: Customer) -> None:
    """Open the customer's accounts, all at zero; the floor of the credits is minus the overage protection."""
    units = {
        rule.money_unit(customer.currency): MONEY_ACCOUNTS,
        rule.credits_unit(customer.credit_unit): CREDIT_ACCOUNTS,
    }
    for unit, names in units.items():
        for name in names:
            floor = -customer.overage_protection_micros if name == CREDITS else None
            session.add(Account(customer_id=customer.customer_id, unit=unit, name=name, floor=floor))
    session.flush()


class Books:
    """A customer's accounts, locked: whoever has them may post, until the transaction that locked them ends.

    There is one `Books` for a customer in a transaction; it is handed on, and nobody locks or reads the rows again.
    """

    def __init__(self, session: Session, spending_row: Spending, accounts: dict[AccountKey, Account]) -> None:
        self.session = session
        self.customer_id = spending_row.customer_id
        self.spending = spending_row
        """The customer's row of `spending`. It moves along with what is posted here."""
        self.accounts = accounts
        self.unit = next(unit for unit, _name in accounts if rule.is_credits(unit))
        """What the customer's balance is counted in, such as `credits:USD`."""
        self._transaction = session.get_transaction()

    @property
    def credits(self) -> Account:
        """Return the account of the customer's balance."""
        return self.accounts[self.unit, CREDITS]

    @cached_property
    def outbox(self) -> Outbox:
        """Return the customer's outbox. Its lock comes after those of the accounts, at the first need."""
        return events.lock(self.session, self.customer_id)

    @property
    def customer(self) -> Customer:
        """Return the customer, read once."""
        return self.outbox.customer

    def post(self, postings: list[Posting], now: datetime) -> list[Transfer]:
        """Post and return the transfers; refuse them whole when an account would fall below its floor.

        The same facts posted before give the transfers that are there; the same source with anything else is `Broken`.
        """
        ensure(postings, "nothing to post")
        ensure(self.session.get_transaction() is self._transaction, "books of a transaction that is over")
        earlier = _posted(self.session, self.customer_id, postings)
        if earlier:
            return earlier
        touched = {key for each in postings for key in (each.debited, each.credited)}
        unknown = sorted(touched - self.accounts.keys())
        ensure(not unknown, f"{self.customer_id} has no such accounts: {unknown}")
        before = {key: self.accounts[key].balance for key in touched}
        history = {key: self.accounts[key].version for key in touched}
        after = rule.post(postings, before, {key: self.accounts[key].floor for key in touched})
        running = dict(before)
        transfers = [_transfer(self.customer_id, each, now, running, history) for each in postings]
        for key in sorted(touched):
            _move(self.session, self.accounts[key], after[key] - before[key], history[key])
        self.session.add_all(transfers)
        self.session.flush()
        for transfer in transfers:
            _add_to_day(self.session, transfer)
        return transfers


def lock(session: Session, customer_id: str) -> Books:
    """Lock the customer's spending, then the accounts in the order of unit and name; or `NotFound`."""
    spending_row = spending.lock_one(session, customer_id)
    if spending_row is None:
        raise NotFound("customer")
    return lock_accounts(session, spending_row)


def lock_if_free(session: Session, customer_id: str) -> Books | None:
    """Lock like `lock`, or return None at once where somebody else holds the customer's spending or an account."""
    spending_row = spending.lock_one(session, customer_id, skip_locked=True)
    return _locked(session, spending_row, skip_locked=True) if spending_row is not None else None


def lock_accounts(session: Session, spending_row: Spending) -> Books:
    """Lock the accounts of a customer whose row of `spending` the caller has locked in this transaction."""
    books = _locked(session, spending_row, skip_locked=False)
    ensure(books is not None, f"{spending_row.customer_id} lacks accounts")
    return cast("Books", books)


def _locked(session: Session, spending_row: Spending, *, skip_locked: bool) -> Books | None:
    """Lock all accounts of the customer, so that no two postings of a transaction wait for each other's; or None."""
    customer_id = spending_row.customer_id
    _only_once(session, customer_id)
    rows = session.scalars(
        select(Account)
        .where(Account.customer_id == customer_id)
        .order_by(Account.unit, Account.name)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()
    accounts = {(row.unit, row.name): row for row in rows}
    return Books(session, spending_row, accounts) if _is_complete(accounts) else None


def _is_complete(accounts: Mapping[AccountKey, Account]) -> bool:
    """Say whether no account of a customer is missing: of the one credit unit, and of the currency."""
    units = {unit for unit, _name in accounts}
    credit_units = {unit for unit in units if rule.is_credits(unit)}
    wanted = {(unit, name) for unit in units for name in (CREDIT_ACCOUNTS if unit in credit_units else MONEY_ACCOUNTS)}
    return len(credit_units) == 1 and len(units) > 1 and wanted <= accounts.keys()


def _only_once(session: Session, customer_id: str) -> None:
    """Make sure that nobody in this transaction has the customer's books already: they are handed on."""
    transaction = session.get_transaction()
    known, customers = session.info.get(_LOCKED, (None, set()))
    if known is not transaction:
        customers = set()
    ensure(customer_id not in customers, f"the books of {customer_id} are locked already: hand them on")
    session.info[_LOCKED] = (transaction, customers | {customer_id})


def _posted(session: Session, customer_id: str, postings: list[Posting]) -> list[Transfer]:
    """Return the transfers of these facts when all are there and alike; raise when only some are, or they differ."""
    rows = session.scalars(
        select(Transfer).where(
            Transfer.customer_id == customer_id,
            Transfer.source_type.in_({each.source_type for each in postings}),
            Transfer.source_id.in_({each.source_id for each in postings}),
            Transfer.kind.in_({each.kind for each in postings}),
        )
    )
    known = {(row.source_type, row.source_id, row.kind): row for row in rows}
    found = [known.get((each.source_type, each.source_id, each.kind)) for each in postings]
    if not any(found):
        return []
    same = [
        row
        for row, each in zip(found, postings, strict=True)
        if row is not None
        and (row.unit, row.debit_account, row.credit_account, row.amount, row.corrects_id)
        == (each.unit, each.debit, each.credit, each.amount, each.corrects_id)
    ]
    if len(same) != len(postings):
        raise Broken(f"posted before with another content: {postings}")
    return same


def _transfer(
    customer_id: str, posting: Posting, now: datetime, running: dict[AccountKey, int], history: dict[AccountKey, int]
) -> Transfer:
    """Make the row, and move `running` balances and `history` counts along."""
    running[posting.debited] -= posting.amount
    running[posting.credited] += posting.amount
    history[posting.debited] += 1
    history[posting.credited] += 1
    own, key = posting.change is not None, (posting.unit, CREDITS)
    ensure(not own or posting.kind in rule.HISTORY_KINDS, f"the balance history has no {posting.kind!r}")
    return Transfer(
        id=ids.new("txn"),
        customer_id=customer_id,
        unit=posting.unit,
        debit_account=posting.debit,
        credit_account=posting.credit,
        amount=posting.amount,
        kind=posting.kind,
        source_type=posting.source_type,
        source_id=posting.source_id,
        description=posting.description,
        booked_at=now,
        corrects_id=posting.corrects_id,
        sequence=history[key] if own else None,
        change_micros=posting.change,
        balance_after_micros=running[key] if own else None,
    )


def _move(session: Session, account: Account, delta: int, version: int) -> None:
    """Move one balance by a guarded update: only from the version that was read; a debt is what is below its floor."""
    debt = rule.debt(account.balance + delta, account.floor)
    moved = session.execute(
        update(Account)
        .where(
            Account.customer_id == account.customer_id,
            Account.unit == account.unit,
            Account.name == account.name,
            Account.version == account.version,
        )
        .values(balance=Account.balance + delta, version=version, debt=debt)
        .returning(Account.balance)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(moved is not None, f"{account.name} of {account.customer_id} moved under its lock")
    for name, value in (("balance", moved), ("version", version), ("debt", debt)):
        set_committed_value(account, name, value)  # what the row says now: it needs no reading


def _add_to_day(session: Session, transfer: Transfer) -> None:
    """Add a row of the history to the totals of its UTC day. Usage that was accepted before counts there already."""
    if transfer.change_micros is None:
        return
    spending.touch(session, transfer.customer_id)
    if transfer.source_type in rule.ACCEPTED_BEFORE:
        return
    used = -transfer.change_micros if transfer.kind == "usage" else 0
    added = 0 if used else transfer.change_micros
    day = transfer.booked_at.astimezone(UTC).date()
    spending.move_day(session, transfer.customer_id, day, added=added, used=used)
