"""The pages of the account menu: what a member sees of themselves, and who else acts for the customer."""
