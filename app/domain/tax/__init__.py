"""Tax: how one sale to one customer is taxed on one day, and why."""
