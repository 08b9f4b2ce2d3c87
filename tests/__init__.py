"""The tests: one folder per layer of the app, and the cast of people in conftest.py."""
