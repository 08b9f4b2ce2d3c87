"""Who the members are: what they say of themselves, who invites them, and what they changed."""
