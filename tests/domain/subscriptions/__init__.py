"""What a customer has of the plans that are sold."""
