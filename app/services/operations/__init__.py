"""Keeping it running: installation, retention, partitions, jobs given up."""
