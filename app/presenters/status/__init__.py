"""What the line at the top of a page says, and what it asks for."""
