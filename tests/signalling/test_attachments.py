"""Attachments: what they may be, what is taken out of them, who gets them, how they are served."""

import io
import random
import zlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from PIL import Image
from sqlalchemy import select

from mediaserver.errors import RemoteError, UnsupportedMediaType
from signalling.app import SignallingCore
from signalling.conversation import attachments
from signalling.conversation.files import cleaned, safe_name, sniffed
from signalling.ids import new_id
from signalling.store.tables.conversation import attachment_chunks
from tests.signalling.people import CUSTOMER, OTHER_CUSTOMER, REP, TENANT, bearer

Client = TestClient[web.Request, web.Application]
SECRET = b"52.5200N 13.4050E"


def picture(form: str, *, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    """An image with its place in EXIF and in whatever other metadata the format has."""
    image = Image.new(mode, size, "red")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6  # turned by 90 degrees
    out = io.BytesIO()
    extra = {"comment": SECRET} if form in ("JPEG", "GIF") else {}
    image.save(out, form, exif=exif, **extra)
    return out.getvalue() + (SECRET if form != "WEBP" else b"")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_an_image_keeps_its_pixels_and_nothing_else(form: str) -> None:
    content = picture(form)
    assert SECRET in content
    clean = cleaned(content)
    assert SECRET not in clean.content and b"Exif" not in clean.content
    # Upright without the tag.
    assert (clean.content_type, clean.width, clean.height) == (f"image/{form.lower()}", 30, 40)
    with Image.open(io.BytesIO(clean.content)) as seen:
        assert not seen.getexif()
        pixel = seen.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple) and pixel[0] > 240 and max(pixel[1:]) < 15


def test_an_animation_still_moves() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50, comment=SECRET)
    assert SECRET in out.getvalue()
    clean = cleaned(out.getvalue())
    assert SECRET not in clean.content
    with Image.open(io.BytesIO(clean.content)) as seen:
        assert getattr(seen, "n_frames", 1) == 3


def bomb() -> bytes:
    """A PNG of some kilobytes that says it has 2.5 thousand million pixels."""
    out = io.BytesIO()
    Image.new("1", (50, 50)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


BAD = {
    "a bomb": bomb(),
    "half a picture": picture("JPEG")[:200],
    "only a signature": b"\x89PNG\r\n\x1a\n",
    "a page": b"<!doctype html>\0<script>",
    "a program": b"\x7fELF\x02\x01\x01" + b"\0" * 100,
    "an archive": b"PK\x03\x04" + b"\0" * 40,
    "nothing": b"",
    "other text": "Grüße".encode("latin-1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_file_of_ours_is_refused(name: str) -> None:
    with pytest.raises(RemoteError) as refused:
        cleaned(BAD[name])
    assert refused.value.status in (415, 422)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_images_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(picture(chance.choice(["JPEG", "PNG", "WEBP", "GIF"])))
    for _ in range(chance.randrange(1, 12)):
        content[chance.randrange(12, len(content))] = chance.randrange(256)
    try:
        cleaned(bytes(content[: chance.randrange(20, len(content) + 1)]))
    except RemoteError as error:
        assert error.status in (415, 422)


def test_what_a_file_is_is_read_from_its_bytes() -> None:
    assert sniffed(b"%PDF-1.7\n") == "application/pdf"
    assert sniffed("Grüße\n\tund mehr".encode()) == "text/plain"
    assert sniffed(b"<script>alert(1)</script>") == "text/plain"
    with pytest.raises(UnsupportedMediaType):
        sniffed(b"GIF")[:0] or sniffed(b"\x00")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo.JPG", "photo.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\Ana\\a.png", "a.png"),
        ("a\u202egnp.exe", "agnp.png"),
        ('x"; filename="y.html', "x_ filename=_y.png"),
        ("...", "file.png"),
        ("\x00\r\n", "file.png"),
        ("Straße Łódź.png", "Straße Łódź.png"),
        ("x" * 300, "x" * 116 + ".png"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given, "image/png") == kept


async def begun(core: SignallingCore, client: Client) -> str:
    made = await client.post("/v1/conversations", json={}, headers=bearer(core, CUSTOMER))
    conversation: str = (await made.json())["id"]
    return conversation


async def uploaded(core: SignallingCore, client: Client, conversation: str, content: bytes, name: str = "a.png") -> dict[str, object]:
    answer = await client.post(
        f"/v1/conversations/{conversation}/attachments",
        params={"name": name},
        data=content,
        headers={**bearer(core, CUSTOMER), "Content-Type": "image/svg+xml"},
    )
    assert answer.status == 201, await answer.text()
    made: dict[str, object] = await answer.json()
    return made


async def test_a_file_goes_with_a_message_to_the_rep(core: SignallingCore, client: Client) -> None:
    conversation = await begun(core, client)
    file = await uploaded(core, client, conversation, picture("PNG"), "../my photo.png")
    assert (file["name"], file["content_type"], file["width"]) == ("my photo.png", "image/png", 30)
    sent = await client.post(
        f"/v1/conversations/{conversation}/messages",
        json={"id": new_id("msg"), "attachment_ids": [file["id"]]},
        headers=bearer(core, CUSTOMER),
    )
    [shown] = (await sent.json())["attachments"]
    assert (shown["id"], shown["name"]) == (file["id"], "my photo.png")
    got = await client.get(f"/v1/conversations/{conversation}/attachments/{file['id']}", headers=bearer(core, REP))
    assert got.status == 200 and (await got.read()).startswith(b"\x89PNG")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["Cache-Control"].startswith("private")
    assert got.headers["Content-Disposition"].startswith('inline; filename="my photo.png"')
    assert got.headers["Content-Type"] == "image/png"


async def test_a_page_in_disguise_is_text_to_be_saved(core: SignallingCore, client: Client) -> None:
    conversation = await begun(core, client)
    file = await uploaded(core, client, conversation, b"<html><script>alert(1)</script>", "page.html")
    assert (file["name"], file["content_type"]) == ("page.txt", "text/plain")
    got = await client.get(f"/v1/conversations/{conversation}/attachments/{file['id']}", headers=bearer(core, REP))
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert got.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_a_file_is_found_through_its_conversation_by_its_people_only(core: SignallingCore, client: Client) -> None:
    conversation, other = await begun(core, client), await begun(core, client)
    file = await uploaded(core, client, conversation, b"for two")
    places = [(OTHER_CUSTOMER, conversation), (CUSTOMER, other)]
    for caller, where in places:
        got = await client.get(f"/v1/conversations/{where}/attachments/{file['id']}", headers=bearer(core, caller))
        assert got.status == 404
    # Nor can another conversation, or another sender, show it.
    for caller, where in ((CUSTOMER, other), (REP, conversation)):
        sent = await client.post(
            f"/v1/conversations/{where}/messages",
            json={"id": new_id("msg"), "attachment_ids": [file["id"]]},
            headers=bearer(core, caller),
        )
        assert sent.status == 422


async def test_a_file_is_sealed_in_pieces_and_goes_with_its_message(core: SignallingCore, client: Client) -> None:
    conversation = await begun(core, client)
    content = b"my secret line\n" * 40_000
    file = await uploaded(core, client, conversation, content)
    pieces = await core.store.read(lambda tx: [bytes(row.body) for row in tx.all(select(attachment_chunks.c.body))])
    assert len(pieces) == 3 and not any(b"secret" in piece for piece in pieces)
    assert await core.store.read(attachments.content, TENANT, str(file["id"])) == content
    message = new_id("msg")
    await client.post(
        f"/v1/conversations/{conversation}/messages",
        json={"id": message, "text": "this", "attachment_ids": [file["id"]]},
        headers=bearer(core, CUSTOMER),
    )
    await client.delete(f"/v1/conversations/{conversation}/messages/{message}", headers=bearer(core, CUSTOMER))
    got = await client.get(f"/v1/conversations/{conversation}/attachments/{file['id']}", headers=bearer(core, CUSTOMER))
    assert got.status == 404
    assert await core.store.read(lambda tx: len(tx.all(select(attachment_chunks.c.number)))) == 0


async def test_a_file_that_is_too_large_is_413(core: SignallingCore, client: Client) -> None:
    conversation = await begun(core, client)
    answer = await client.post(
        f"/v1/conversations/{conversation}/attachments", data=b"x" * (10 * 1024 * 1024 + 1), headers=bearer(core, CUSTOMER)
    )
    assert answer.status == 413
