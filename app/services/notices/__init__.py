"""What is worth saying, decided once."""
