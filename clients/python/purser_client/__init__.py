"""Report usage to Purser, and ask it for permission to spend."""

from purser_client.bodies import Invalid
from purser_client.client import Answer, Captured, NotCounted, Purser, Refused, Rejected, Reported, Unavailable
from purser_client.gate import AsgiGate, Gate, WsgiGate
from purser_client.lease import Lease, NotCharged

__all__ = [
    "Answer",
    "AsgiGate",
    "Captured",
    "Gate",
    "Invalid",
    "Lease",
    "NotCharged",
    "NotCounted",
    "Purser",
    "Refused",
    "Rejected",
    "Reported",
    "Unavailable",
    "WsgiGate",
]
