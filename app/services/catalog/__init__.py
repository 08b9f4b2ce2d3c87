"""What is sold: catalogs are read, checked and kept as versions."""
