"""Files that are drawn once and kept: what every file of a customer's has in common, and papers beside documents."""
