"""What strangers, other customers and forged requests may not do."""
