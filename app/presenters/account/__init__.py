"""What the pages of the account menu say."""
