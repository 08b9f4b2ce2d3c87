"""What holds for every operation of the Billing API."""
