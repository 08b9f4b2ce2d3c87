"""The seller's commands: `flask --app wsgi portal …`, one file per subject."""

from flask import Blueprint

from app.cli import (
    api_keys,
    catalogs,
    credit_codes,
    customers,
    embedding,
    invoices,
    members,
    months,
    payments,
    setup,
    tax,
    verification,
    worker,
)
from app.cli import credits as credit

bp = Blueprint("portal", __name__, cli_group="portal")
bp.cli.help = "Set up, run and check the portal."
SUBJECTS = (
    setup, catalogs, customers, members, credit, credit_codes, payments, invoices, months, api_keys, embedding, tax,
    worker, verification,
)  # fmt: skip
for subject in SUBJECTS:
    subject.add_to(bp)
