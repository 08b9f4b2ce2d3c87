"""`make demo`: its people, its year, its processes."""
