"""People: members, what they may do, their passwords, and what they say of themselves."""
