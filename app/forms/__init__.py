"""What a page asks: each form reads and checks input."""
