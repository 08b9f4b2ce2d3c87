"""Documents about money: drafted, numbered, paid and returned."""
