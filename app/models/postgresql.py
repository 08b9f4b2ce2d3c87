"""Connections to PostgreSQL as both pools and the queue keep them: whether an idle one has died."""

import select
from typing import Any

import psycopg


def has_died(connection: psycopg.Connection[Any]) -> bool:
    """Say whether the other side has ended an idle connection, without asking it.

    Nothing is sent, so a call that is made over another connection then is made for the first time. A server that ends
    a connection says so or closes it, and either can be read; from one that is well and idle there is nothing to read.
    """
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))
