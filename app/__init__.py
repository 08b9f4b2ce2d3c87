"""Purser: the billing desk that a company's customers see."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings


def create_app(settings: "Settings") -> "Flask":
    """Return the portal for these settings. Its parts are imported here: who needs few of them waits for no others."""
    from app.making import make

    return make(settings)
