"""Prints the OpenAPI document of the app, for the clients that are written from it: `make clients`."""

import json
import sys
import tempfile
from dataclasses import replace

from app import create_app
from app.api.contract.openapi import document
from app.config import Settings

SERVER = "https://billing.example.com"


def main() -> None:
    """Print it."""
    with tempfile.TemporaryDirectory() as nowhere:  # nothing is read from the database
        url = f"sqlite:///{nowhere}/none.sqlite3"
        settings = Settings.from_env({"SECRET_KEY": "x" * 44, "PAYMENTS": "sandbox", "DATABASE_URL": url})
        app = create_app(replace(settings, base_url=SERVER))
        with app.app_context():
            json.dump(document(app, SERVER), sys.stdout)


if __name__ == "__main__":
    main()
