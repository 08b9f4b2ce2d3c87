"""The demo's people and their year."""
