"""Messages to people where they work: what a chat is sent and answers, and the weeks of a digest."""
