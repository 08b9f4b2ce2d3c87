"""What must stay true of the code and the schema whatever is built: read off the source and off live databases."""
