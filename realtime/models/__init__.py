"""The tables of the kernel: each room's log, who is present where, and who may not speak or enter."""

from realtime.models.job_run import JobRun
from realtime.models.log import LogOrigin, Room, RoomEvent, new_epoch
from realtime.models.presence import Presence, Worker
from realtime.models.restriction import Banned, Restriction, restricted

__all__ = [
    "Banned",
    "JobRun",
    "LogOrigin",
    "Presence",
    "Restriction",
    "Room",
    "RoomEvent",
    "Worker",
    "new_epoch",
    "restricted",
]
