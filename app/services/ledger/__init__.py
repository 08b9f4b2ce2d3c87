"""The books: the only writer of balances."""
