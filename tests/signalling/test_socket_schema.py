"""The socket's documentation says what the socket does."""

import re
from pathlib import Path

import jsonschema
from aiohttp import web
from aiohttp.test_utils import TestClient

from signalling.api.messages import CLOSE_CODES, CONTROLS, SERVER_FRAMES, schema, text_frame
from signalling.api.routes import all_operations

GUIDE = (Path(__file__).parents[2] / "docs" / "socket.md").read_text()


async def test_the_schema_is_served_and_one(client: TestClient[web.Request, web.Application]) -> None:
    answer = await client.get("/v1/socket.json")
    whole = await answer.json()
    jsonschema.Draft202012Validator.check_schema({"oneOf": whole["client"]["oneOf"], "$defs": whole["$defs"]})
    assert whole["close_codes"].keys() == {str(code) for code in CLOSE_CODES}


def test_every_reference_in_it_leads_somewhere() -> None:
    whole = schema(all_operations())
    named = set(re.findall(r"'\$ref': '#/\$defs/([^']+)'", str(whole)))
    assert named <= whole["$defs"].keys()


def test_it_admits_the_frames_of_the_guide_and_no_others() -> None:
    whole = schema(all_operations())
    validator = jsonschema.Draft202012Validator({"oneOf": whole["client"]["oneOf"], "$defs": whole["$defs"]})
    conversation = "conv_01JD3Q8Z6W0V7M9K4C2T5B8N1X"
    good = [
        {"type": "hello", "token": "x", "after": {conversation: 18}},
        {"type": "conversation.create", "id": conversation, "locale": "de"},
        {"type": "conversation.create", "id": "r1", "body": {}},
        {"type": "message.send", "id": "msg_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "conversation_id": conversation, "text": "Hello?"},
        {"type": "conversation.list", "id": "r7", "assigned": "nobody"},
        {"type": "ack", "conversation_id": conversation, "seq": 18},
    ]
    bad = [
        {"type": "hello"},
        {"type": "nonsense"},
        {"type": "message.send", "id": "msg_01JD3Q8Z6W0V7M9K4C2T5B8N1X", "text": "to nobody"},
        {"type": "ack", "conversation_id": conversation, "seq": -1},
        {"type": "conversation.list", "unknown": 1},
    ]
    assert [validator.is_valid(frame) for frame in good + bad] == [True] * len(good) + [False] * len(bad)


def test_the_guide_knows_every_close_code_and_every_frame() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", GUIDE, re.MULTILINE)} == set(CLOSE_CODES)
    missing = [kind for kind in [*CONTROLS, *SERVER_FRAMES, "hello"] if not re.search(rf'[`"]{re.escape(kind)}[`"]', GUIDE)]
    assert missing == []


def test_lengths_are_written_as_the_standard_says() -> None:
    heads = {
        0: b"\x81\x00",
        125: b"\x81\x7d",
        126: b"\x81\x7e\x00\x7e",
        65535: b"\x81\x7e\xff\xff",
        65536: b"\x81\x7f" + (65536).to_bytes(8, "big"),
    }
    for length, head in heads.items():
        assert text_frame(b"x" * length) == head + b"x" * length
