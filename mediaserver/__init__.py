"""An embeddable selective forwarding unit: `MediaServer` gives rooms, rooms take offers and give answers.

    server = MediaServer(MediaSettings(udp_port=7882))
    await server.start()
    session, answer = server.room("shop").publish("alice", offer)

HTTP, WHIP and the rest of the program stand on the same calls (`mediaserver.http`, `mediaserver.protocol`).
"""

from mediaserver.config import IceServer, MediaSettings
from mediaserver.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    LocalError,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    RemoteError,
    TooLarge,
    TooMany,
    TresenError,
    Unauthorized,
    Unavailable,
    Unprocessable,
    UnsupportedMediaType,
)
from mediaserver.mixing.clips import Clip
from mediaserver.participant import Participant
from mediaserver.room import Room
from mediaserver.server import MediaServer

__all__ = [
    "BadRequest",
    "Clip",
    "Conflict",
    "Forbidden",
    "IceServer",
    "LocalError",
    "MediaServer",
    "MediaSettings",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "Participant",
    "PreconditionFailed",
    "PreconditionRequired",
    "RemoteError",
    "Room",
    "TooLarge",
    "TooMany",
    "TresenError",
    "Unauthorized",
    "Unavailable",
    "Unprocessable",
    "UnsupportedMediaType",
]
