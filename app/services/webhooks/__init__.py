"""Notifying hosts and chats: events are sent to endpoints and channels until they arrive."""
