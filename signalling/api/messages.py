"""The frames of `/v1/socket`, in both directions, as models: what is validated, what is documented, one and the same.

A frame is one JSON object in one text message. What the client sends is parsed by `client_frame`; requests (every operation that is also
on the socket) are frames too, whose models follow from the operations (`schema`). What the server sends is put together from bytes where
it is sent to many, so a test holds every frame it sends against these models. For `api.socket` and `api.connection`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from signalling.api.models import Body, ConversationId
from signalling.api.operation import Operation
from signalling.conversation.conversation import Conversation

PROTOCOL = 1
# One message of a person with everything around it is a tenth of it; beyond it there are uploads.
FRAME_BYTES_MOST = 64 * 1024
# A rep looks after a handful at a time and a supervisor watches some more; beyond it there is the lobby.
WATCHES_MOST = 50
REQUEST_ID_MOST = 64
RESUME_MOST = 6144

# Close codes. Below 3000 as RFC 6455 section 7.4.1 registers them.
GOING_AWAY = 1001
UNSUPPORTED = 1003
INVALID_PAYLOAD = 1007
POLICY = 1008
INTERNAL = 1011
TRY_LATER = 1013
TOKEN_EXPIRED = 4401
SESSION_REVOKED = 4403

CLOSE_CODES: dict[int, str] = {
    1000: "The client closed it.",
    GOING_AWAY: "The server stops. Come back within seconds, with the resume token.",
    1002: "Against RFC 6455. A fault of the client's library.",
    UNSUPPORTED: "A binary message. Everything is text.",
    INVALID_PAYLOAD: "Not UTF-8, not JSON, not an object, or nested too deeply.",
    POLICY: "No `hello` in time, a `hello` that was refused, a second one, or far too many requests. Do not just repeat it.",
    1009: "A message of more than 64 KiB.",
    INTERNAL: "A fault of the server's. Come back with the resume token.",
    TRY_LATER: "What is sent is not read, or not acknowledged, for too long. Come back with the resume token.",
    TOKEN_EXPIRED: "The session token has expired. Get a new one, then come back with it and the resume token.",
    SESSION_REVOKED: "The session was ended: signed out, or revoked. Sign in again.",
}

RequestId = Annotated[str, Field(max_length=REQUEST_ID_MOST, description="Of the client's choice; the answer has the same.")]
Seq = Annotated[int, Field(ge=0, le=2**53)]


class Frame(Body):
    """What every frame of a client has."""

    id: RequestId | None = None


class Hello(Frame):
    """The first frame."""

    type: Literal["hello"]
    token: str = Field(max_length=8192, description="The session token.")
    protocol: Literal[1] = 1
    resume: str | None = Field(default=None, max_length=RESUME_MOST, description="The last resume token, where there was a connection.")
    after: dict[ConversationId, Seq] = Field(
        default={}, max_length=WATCHES_MOST, description="The last `seq` the client has, of each conversation; more exact than the token."
    )


class Renew(Frame):
    """A new session token for the same person, in time before the old one expires."""

    type: Literal["token.renew"]
    token: str = Field(max_length=8192)


class Watch(Frame):
    """Wants a conversation's entries: all after `after_seq`, then each as it comes."""

    type: Literal["conversation.watch"]
    conversation_id: ConversationId
    after_seq: Seq = 0


class Unwatch(Frame):
    """Wants no more of them."""

    type: Literal["conversation.unwatch"]
    conversation_id: ConversationId


class LobbyWatch(Frame):
    """For staff: wants to hear of all conversations that come, change hands and end."""

    type: Literal["lobby.watch"]


class LobbyUnwatch(Frame):
    """Wants no more of it."""

    type: Literal["lobby.unwatch"]


class Ack(Frame):
    """Has everything up to `seq`. Without it the server stops sending after a while."""

    type: Literal["ack"]
    conversation_id: ConversationId
    seq: Seq


class Ping(Frame):
    """Is answered by `pong`."""

    type: Literal["ping"]


class Typing(Frame):
    """The client's person is writing in a watched conversation, or has stopped."""

    type: Literal["typing"]
    conversation_id: ConversationId
    active: bool = True


class Caption(Frame):
    """What the client's person says in a call of a watched conversation, as text. Not kept anywhere."""

    type: Literal["caption"]
    conversation_id: ConversationId
    line: Annotated[str, Field(min_length=1, max_length=32, description="The same while a sentence grows; of the client's making.")]
    text: Annotated[str, Field(max_length=500)]
    final: bool = False
    unavailable: bool = Field(default=False, description="Instead of a text: there will be none from this person, who cannot or will not.")


class CaptionsWanted(Frame):
    """The client's person reads captions (or no longer does): whoever speaks may have their words written. To be repeated every 15 s."""

    type: Literal["captions.wanted"]
    conversation_id: ConversationId
    active: bool = True


ClientFrame = Hello | Renew | Watch | Unwatch | LobbyWatch | LobbyUnwatch | Ack | Ping | Typing | Caption | CaptionsWanted
CONTROLS: dict[str, TypeAdapter[ClientFrame]] = {
    "token.renew": TypeAdapter(Renew),
    "conversation.watch": TypeAdapter(Watch),
    "conversation.unwatch": TypeAdapter(Unwatch),
    "lobby.watch": TypeAdapter(LobbyWatch),
    "lobby.unwatch": TypeAdapter(LobbyUnwatch),
    "ack": TypeAdapter(Ack),
    "ping": TypeAdapter(Ping),
    "typing": TypeAdapter(Typing),
    "caption": TypeAdapter(Caption),
    "captions.wanted": TypeAdapter(CaptionsWanted),
}
HELLO = TypeAdapter(Hello)


class ServerFrame(BaseModel):
    """What the server sends."""

    model_config = ConfigDict(extra="forbid")


class ActorView(ServerFrame):
    """Who did something."""

    kind: Literal["customer", "rep", "bot", "shop", "system"]
    id: str
    name: str


class EntryView(ServerFrame):
    """One line of a timeline."""

    conversation_id: str
    seq: int
    type: str = Field(description="An event's name, such as `message.created`; `hidden` where the client may not see it.")
    at: str
    actor: ActorView | None = None
    data: dict[str, Any] | None = None


class Restored(BaseModel):
    """A conversation as it is at the moment, with what hangs on it (`ticket`, `call`, `cart`)."""

    model_config = ConfigDict(extra="allow")

    conversation: Conversation
    watching: bool
    after_seq: int = Field(description="Entries after this one follow, where it is watched.")


class Myself(ServerFrame):
    """Who the client is."""

    id: str
    role: str
    name: str
    verified: bool
    expires_at: str | None


class Welcome(ServerFrame):
    """The answer to `hello`."""

    type: Literal["welcome"] = "welcome"
    id: str | None = None
    protocol: int = PROTOCOL
    caller: Myself
    resumed: bool = Field(description="Whether a resume token was given and holds.")
    resume: str
    lobby: bool
    heartbeat_s: float
    unacknowledged_most: int
    conversations: list[Restored]


class Resume(ServerFrame):
    """The resume token from now on: what is watched has changed."""

    type: Literal["resume"] = "resume"
    resume: str


class Result(ServerFrame):
    """A request was done."""

    type: Literal["result"] = "result"
    id: str | None
    result: Any


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str


class Failure(ServerFrame):
    """A request was refused."""

    type: Literal["error"] = "error"
    id: str | None
    problem: Problem


class EntryFrame(ServerFrame):
    """The next entry of a watched conversation."""

    type: Literal["entry"] = "entry"
    entry: EntryView


class LobbyFrame(ServerFrame):
    """Something happened in a conversation, watched or not."""

    type: Literal["lobby"] = "lobby"
    entry: EntryView


class LobbyReset(ServerFrame):
    """Some `lobby` frames were left out: list the conversations again."""

    type: Literal["lobby.reset"] = "lobby.reset"


class Pong(ServerFrame):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    id: str | None


class TypingNote(ServerFrame):
    """Somebody is writing, or has stopped. Not repeated to the writer."""

    type: Literal["typing"] = "typing"
    conversation_id: str
    actor: ActorView
    active: bool


class CaptionNote(ServerFrame):
    """What somebody else is saying. The text of a `line` replaces what there was of it."""

    type: Literal["caption"] = "caption"
    conversation_id: str
    actor: ActorView
    line: str
    text: str
    final: bool
    unavailable: bool


class CaptionsWantedNote(ServerFrame):
    """Somebody else reads captions; not repeated within 45 s, no longer. Of a supervisor, who may listen unseen, staff alone are told."""

    type: Literal["captions.wanted"] = "captions.wanted"
    conversation_id: str
    actor: ActorView
    active: bool
    visibility: Literal["all", "staff"]


class PresenceNote(ServerFrame):
    """Somebody began or ceased to watch a conversation."""

    type: Literal["presence"] = "presence"
    conversation_id: str
    actor: ActorView
    online: bool


# Other notes (queue positions, offers, rings) are passed on as their part of the house makes them.
SERVER_FRAMES: dict[str, type[ServerFrame]] = {
    "welcome": Welcome,
    "resume": Resume,
    "result": Result,
    "error": Failure,
    "entry": EntryFrame,
    "lobby": LobbyFrame,
    "lobby.reset": LobbyReset,
    "pong": Pong,
    "typing": TypingNote,
    "caption": CaptionNote,
    "captions.wanted": CaptionsWantedNote,
    "presence": PresenceNote,
}


def text_frame(payload: bytes) -> bytes:
    """A whole WebSocket message as a server sends it (RFC 6455 section 5.2): one text frame, no mask."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def json_frame(message: Any) -> bytes:
    """`message` as JSON in one text frame."""
    return text_frame(to_json(message))


def schema(operations: Sequence[Operation]) -> dict[str, Any]:
    """JSON Schema (2020-12) of all frames: `client` and `server`, each a choice among its frames' definitions."""
    controls: list[type[Body]] = [Hello, Renew, Watch, Unwatch, LobbyWatch, LobbyUnwatch, Ack, Ping, Typing]
    template = "#/$defs/{model}"
    _, made = models_json_schema([(each, "validation") for each in (*controls, *SERVER_FRAMES.values())], ref_template=template)
    definitions: dict[str, Any] = made["$defs"]
    client = [{"$ref": f"#/$defs/{each.__name__}"} for each in controls]
    for operation in operations:
        if operation.socket:
            name = f"request:{operation.name}"
            definitions[name] = _request_schema(operation, definitions)
            client.append({"$ref": f"#/$defs/{name}"})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frames of /v1/socket",
        "client": {"oneOf": client},
        "server": {"oneOf": [{"$ref": f"#/$defs/{each.__name__}"} for each in SERVER_FRAMES.values()]},
        "close_codes": {str(code): meaning for code, meaning in CLOSE_CODES.items()},
        "$defs": definitions,
    }


def _request_schema(operation: Operation, definitions: dict[str, Any]) -> dict[str, Any]:
    """The body's fields side by side with the others, or under `body`."""
    shapes = [_shape(operation, definitions, nested=False)]
    if operation.body is not None:
        shapes.append(_shape(operation, definitions, nested=True))
    return {"description": operation.summary, **(shapes[0] if len(shapes) == 1 else {"anyOf": shapes})}


def _shape(operation: Operation, definitions: dict[str, Any], *, nested: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {"type": {"const": operation.name}, "id": {"type": "string", "maxLength": REQUEST_ID_MOST}}
    required = ["type"]
    if operation.if_match:
        properties["if_match"] = {"type": "integer", "minimum": 0}
    if operation.creates:
        properties["idempotency_key"] = {"type": "string", "maxLength": 255}
    for name, adapter in operation.params.items():
        properties[name] = adapter.json_schema()
        required.append(name)
    for part in (operation.query, operation.body):
        if part is None:
            continue
        made = part.json_schema(ref_template="#/$defs/{model}")
        definitions |= made.pop("$defs", {})
        if part is operation.body and nested:
            properties["body"] = made
            required.append("body")
        else:
            properties |= made.get("properties", {})
            required += made.get("required", [])
    return {"type": "object", "properties": properties, "required": sorted(set(required)), "additionalProperties": False}
