"""A ledger of two entries in PL/pgSQL, of our own: a transfer is one call, each entry keeps the balances around it.

It stands for what a ledger that is nothing but a ledger costs on the same server, as pgledger's documentation describes
one. It knows no grants, no days, no floors that move and no notices.
"""

import itertools
from collections.abc import Callable

from sqlalchemy import text

from benchmarks.places import Place

_TABLES = """
create schema two_entry;
create table two_entry.accounts (
    id text primary key, balance bigint not null default 0, version bigint not null default 0,
    least bigint, check (least is null or balance >= least)
);
create table two_entry.transfers (
    id bigint generated always as identity primary key,
    from_account text not null references two_entry.accounts, to_account text not null references two_entry.accounts,
    amount bigint not null check (amount > 0), key text not null unique, at timestamptz not null default now()
);
create index on two_entry.transfers (from_account);
create index on two_entry.transfers (to_account);
create table two_entry.entries (
    id bigint generated always as identity primary key,
    transfer_id bigint not null references two_entry.transfers, account_id text not null references two_entry.accounts,
    amount bigint not null, before bigint not null, after bigint not null, version bigint not null,
    unique (account_id, version)
);
create index on two_entry.entries (transfer_id);
create function two_entry.transfer(source text, target text, many bigint, fact text) returns bigint
language plpgsql as $$
declare made bigint; own two_entry.accounts; other two_entry.accounts;
begin
    perform 1 from two_entry.accounts where id in (source, target) order by id for update;
    insert into two_entry.transfers (from_account, to_account, amount, key) values (source, target, many, fact)
        returning id into made;
    update two_entry.accounts set balance = balance - many, version = version + 1 where id = source
        returning * into own;
    update two_entry.accounts set balance = balance + many, version = version + 1 where id = target
        returning * into other;
    insert into two_entry.entries (transfer_id, account_id, amount, before, after, version)
    values (made, source, -many, own.balance + many, own.balance, own.version),
           (made, target, many, other.balance - many, other.balance, other.version);
    return made;
end $$;
insert into two_entry.accounts values ('revenue', 0, 0, null), ('credits', 1000000000, 0, 0);
"""
_CALL = text("select two_entry.transfer('credits', 'revenue', 1, :key)")


def transfers(place: Place) -> Callable[[], object]:
    """Return what makes the next transfer, in a transaction of its own on one connection."""
    with place.raw.begin() as connection:
        connection.exec_driver_sql("drop schema if exists two_entry cascade")
        connection.exec_driver_sql(_TABLES)
    numbers = itertools.count()

    def transfer() -> None:
        with place.raw.begin() as connection:
            connection.execute(_CALL, {"key": f"fact-{next(numbers)}"})

    return transfer
