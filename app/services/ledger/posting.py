"""Post to the ledger: balances, history and day totals move together, in the caller's transaction."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import ids
from app.domain import ledger as rule
from app.domain.errors import Broken, ensure
from app.domain.ledger import CREDIT_ACCOUNTS, CREDITS, MONEY_ACCOUNTS, AccountKey, Posting
from app.models.customers import Customer
from app.models.ledger import Account, Transfer
from app.services.ledger import spending


def open_accounts(session: Session, customer: Customer) -> None:
    """Open the customer's accounts, all at zero; the floor of the credits is minus the overage protection."""
    units = {
        rule.money_unit(customer.currency): MONEY_ACCOUNTS,
        rule.credits_unit(customer.credit_unit): CREDIT_ACCOUNTS,
    }
    for unit, names in units.items():
        for name in names:
            floor = -customer.overage_protection_micros if name == CREDITS else None
            session.add(
                Account(customer_id=customer.customer_id, unit=unit, name=name, balance=0, version=0, floor=floor)
            )
    session.flush()


def lock(
    session: Session, customer_id: str, units: Sequence[str], *, skip_locked: bool = False
) -> dict[AccountKey, Account]:
    """Lock the customer's spending, then the accounts of these units in the order of unit and name; return those.

    All of them, so that several postings of one transaction can never wait for each other's. With `skip_locked` the
    answer is empty when somebody else holds one.
    """
    if customer_id not in spending.lock(session, [customer_id], skip_locked=skip_locked):
        return {}
    rows = session.scalars(
        select(Account)
        .where(Account.customer_id == customer_id, Account.unit.in_(units))
        .order_by(Account.unit, Account.name)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()
    accounts = {(row.unit, row.name): row for row in rows}
    complete = all(
        (unit, name) in accounts
        for unit in units
        for name in (CREDIT_ACCOUNTS if rule.is_credits(unit) else MONEY_ACCOUNTS)
    )
    if skip_locked and not complete:
        return {}
    ensure(complete, f"{customer_id} lacks accounts in {', '.join(units)}")
    return accounts


def post(session: Session, customer_id: str, postings: list[Posting], now: datetime) -> list[Transfer]:
    """Post and return the transfers; refuse them whole when an account would fall below its floor.

    The same facts posted before give the transfers that are there; the same source with anything else is `Broken`.
    """
    ensure(postings, "nothing to post")
    accounts = lock(session, customer_id, sorted({each.unit for each in postings}))
    earlier = _posted(session, customer_id, postings)
    if earlier:
        return earlier
    touched = {key for each in postings for key in (each.debited, each.credited)}
    ensure(touched <= accounts.keys(), f"{customer_id} has no such accounts: {sorted(touched - accounts.keys())}")
    before = {key: accounts[key].balance for key in touched}
    history = {key: accounts[key].version for key in touched}
    after = rule.post(postings, before, {key: accounts[key].floor for key in touched})
    running = dict(before)
    transfers = [_transfer(customer_id, each, now, running, history) for each in postings]
    for key in sorted(touched):
        _move(session, accounts[key], after[key] - before[key], history[key])
    session.add_all(transfers)
    session.flush()
    for transfer in transfers:
        _add_to_day(session, transfer)
    return transfers


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
    moved = session.execute(
        update(Account)
        .where(
            Account.customer_id == account.customer_id,
            Account.unit == account.unit,
            Account.name == account.name,
            Account.version == account.version,
        )
        .values(
            balance=Account.balance + delta, version=version, debt=rule.debt(account.balance + delta, account.floor)
        )
        .returning(Account.balance)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(moved is not None, f"{account.name} of {account.customer_id} moved under its lock")
    session.expire(account)


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
