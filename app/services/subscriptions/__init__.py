"""Subscriptions: what a customer has of the plans, what a change costs, and the orders that bring it about."""
