"""Tax: what customers are registered under, what is answered about it, and how their sales are taxed."""
