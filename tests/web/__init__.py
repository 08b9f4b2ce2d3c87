"""How pages speak: the charts."""
