"""Auto-recharge: the customer's standing order for credit."""
