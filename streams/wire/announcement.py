"""What a show says of itself before it begins, as it is told."""

from realtime import wire


class Announced(wire.ServerMessage):
    """The part of a message that says when a show is to begin and how it is announced."""

    starts_at: str | None  # when it is to begin
    time_zone: str | None  # of its host, by its IANA name
    cover: str | None
    language: str | None
