"""What a customer has of the plans that are sold: its price, its periods, and what a change of it costs."""
