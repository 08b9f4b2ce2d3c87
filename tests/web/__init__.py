"""How pages speak HTTP."""
