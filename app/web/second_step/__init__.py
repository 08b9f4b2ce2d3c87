"""The second step of a sign-in: who has taken the first one, and how often a code may be tried."""
