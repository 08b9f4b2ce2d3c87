"""The seller's commands: `flask --app wsgi portal …`, one file per subject."""

from flask import Blueprint

from app.cli import api_keys, catalogs, credits, customers, invoices, payments, setup, tax, verification, worker  # noqa: A004  # nobody prints the interpreter's

bp = Blueprint("portal", __name__, cli_group="portal")
bp.cli.help = "Set up, run and check the portal."
for subject in (setup, catalogs, customers, credits, payments, invoices, api_keys, tax, worker, verification):
    subject.add_to(bp)
