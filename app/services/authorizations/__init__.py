"""Holds: may this customer spend now?"""
