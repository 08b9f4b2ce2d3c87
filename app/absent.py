"""Lets a package seem not installed while another is imported that takes it where it finds it."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def absent(package: str) -> "Iterator[None]":
    """Let the package seem not installed, which whoever is imported provides for; leave it where it is imported."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # Python's own mark of what cannot be imported
    try:
        yield
    finally:
        del sys.modules[package]
