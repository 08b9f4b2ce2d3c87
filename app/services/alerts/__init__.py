"""Usage alerts, and the addresses that get them."""
