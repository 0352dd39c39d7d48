"""Wrencos' words for support: customers and staff on registered sockets."""

from typing import ClassVar

from realtime import wire
from streams.wire.wrencos import Handle
from support.wire.conversations import Text


class CustomerMessage(wire.ClientMessage, tag="customer_message"):
    """A registered customer writes to support."""

    limit: ClassVar[str] = "support"
    message: Text
    customer_name: wire.Name | None = None


class StaffMessage(wire.ClientMessage, tag="staff_message"):
    """Answers the customer of a session; only a registered admin may. Every tab of that session is told."""

    limit: ClassVar[str] = "support"
    session_id: Handle
    content: Text


class CustomerWrote(wire.ServerMessage, tag="customer_message"):
    """A customer has written. Every admin is told."""

    session_id: str
    message: str
    customer_name: str
    timestamp: str


class StaffReply(wire.ServerMessage, tag="staff_reply"):
    """Staff have answered. Only the customer of that session is told, in each of their tabs."""

    message: str
    timestamp: str
