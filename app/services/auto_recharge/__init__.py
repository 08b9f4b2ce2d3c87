"""Auto-recharge: credit bought by the customer's standing order."""
