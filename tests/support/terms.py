"""Other terms in tests: a customer is given another plan of the newest version, as the seller's command does."""

from app.domain.errors import ensure
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.customers import plan_moves


def gives(customer: Customer, plan: str) -> Customer:
    """Give the customer the plan, or let it be refused; return its row."""
    moves, stay = plan_moves.planned(customer.catalog, customers=[customer.customer_id], to=plan)
    ensure((len(moves), stay) == (1, []), f"nothing changes with {plan}")
    plan_moves.move(moves[0], by="seller", reason="Asked for")
    with as_service("look at a customer"):
        return db.session.get_one(Customer, customer.customer_id, populate_existing=True)
