"""Everything that is kept about a customer, as a zip file for them: JSON for programs, an index for people, their files as they are.

    async for piece in export.archive(store, subject, recordings): ...

GDPR articles 15 and 20, LGPD articles 18 and 19. Written as it is sent: a page of rows or a piece of a file in memory at a time, each
read in a unit of work of its own, so that a long history neither fills memory nor holds the database. Staff's notes are theirs and not
exported; what reps said to the customer is. Invariant: every table that the register calls personal is in it.
"""

import html
import json
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from sqlalchemy import select

from signalling.privacy import register, subject
from signalling.privacy.recordings import Recorded
from signalling.privacy.subject import Subject
from signalling.store import Store, Transaction
from signalling.store.tables.conversation import attachment_chunks
from signalling.times import rfc3339

PAGE = 100
READ_BYTES = 256 * 1024
# Their content is exported as files; answers kept for repetitions and login sessions say nothing that the rest does not.
NOT_AS_ROWS = frozenset({"attachment_chunks", "idempotency_keys", "outbox"})


class _Pipe:
    """A file that `zipfile` writes to and cannot seek in; `take` gives what has come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def archive(store: Store, whose: Subject, recorded: Sequence[Recorded] = ()) -> AsyncGenerator[bytes, None]:
    """The zip file in pieces. `recorded`: of the customer's calls."""
    pipe = _Pipe()
    counts: dict[str, int] = {}
    files: list[tuple[str, str]] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[call-overload]  # a stream that cannot seek is fine
        for name in register.personal():
            if name not in NOT_AS_ROWS:
                async with aclosing(_table(store, whose, name, made, pipe, counts, files)) as written:
                    async for piece in written:
                        yield piece
        for at, (file_id, path) in enumerate(files):
            async with aclosing(_file(store, whose.tenant_id, file_id, f"files/{at + 1:04}-{path}", made, pipe)) as written:
                async for piece in written:
                    yield piece
        for each in recorded:
            for source in each.files:
                async with aclosing(_recording(source, f"recordings/{each.call_id}/{source.name}", made, pipe)) as written:
                    async for piece in written:
                        yield piece
        made.writestr("index.html", index(whose, counts, [path for _, path in files], recorded, store.clock()))
        yield pipe.take()
    yield pipe.take()


def index(whose: Subject, counts: dict[str, int], files: Sequence[str], recorded: Sequence[Recorded], now_us: int) -> str:
    """The page that says what is in the archive."""
    rows = "".join(
        f"<tr><td><a href='data/{name}.json'>{name}</a></td><td>{html.escape(register.REGISTER[name].what)}</td><td>{number}</td></tr>"
        for name, number in counts.items()
    )
    listed = "".join(f"<li><a href='files/{at + 1:04}-{html.escape(path)}'>{html.escape(path)}</a></li>" for at, path in enumerate(files))
    calls = "".join(
        f"<li><a href='recordings/{html.escape(each.call_id)}/{html.escape(source.name)}'>{html.escape(source.name)}</a></li>"
        for each in recorded
        for source in each.files
    )
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Your data</title><h1>Your data</h1>"
        f"<p>Everything kept about {html.escape(whose.customer_id)}, as of {rfc3339(now_us)}. Times are microseconds since 1970 UTC.</p>"
        f"<table><tr><th>data</th><th>what it is</th><th>rows</th></tr>{rows}</table>"
        f"<h2>Files</h2><ul>{listed}</ul><h2>Recordings</h2><ul>{calls}</ul></html>"
    )


async def _table(
    store: Store,
    whose: Subject,
    name: str,
    made: zipfile.ZipFile,
    pipe: _Pipe,
    counts: dict[str, int],
    files: list[tuple[str, str]],
) -> AsyncGenerator[bytes, None]:
    after: list[Any] | None = None
    number = 0
    with made.open(f"data/{name}.json", "w", force_zip64=True) as target:
        while True:
            rows, after = await store.read(_rows, whose, name, after)
            for row in rows:
                target.write(("[\n" if number == 0 else ",\n").encode() + json.dumps(row, ensure_ascii=False, default=str).encode())
                number += 1
                if name == "attachments":
                    files.append((row["id"], safe_name(str(row["name"]))))
            yield pipe.take()
            if after is None:
                break
        target.write(b"\n]\n" if number else b"[]\n")
    counts[name] = number


def _rows(tx: Transaction, whose: Subject, name: str, after: Sequence[Any] | None) -> tuple[list[dict[str, Any]], list[Any] | None]:
    found = subject.page(tx, whose, name, after, PAGE)
    shown = [subject.opened(tx, name, row) for row in found if not (name == "timeline" and row.visibility == "staff")]
    return shown, subject.key_of(name, found[-1]) if len(found) == PAGE else None


async def _file(store: Store, tenant_id: str, file_id: str, path: str, made: zipfile.ZipFile, pipe: _Pipe) -> AsyncGenerator[bytes, None]:
    number = 0
    with made.open(path, "w", force_zip64=True) as target:
        while (piece := await store.read(_chunk, tenant_id, file_id, number)) is not None:
            target.write(piece)
            number += 1
            yield pipe.take()


def _chunk(tx: Transaction, tenant_id: str, file_id: str, number: int) -> bytes | None:
    body = tx.execute(
        select(attachment_chunks.c.body).where(
            attachment_chunks.c.tenant_id == tenant_id, attachment_chunks.c.attachment_id == file_id, attachment_chunks.c.number == number
        )
    ).scalar()
    return tx.unseal(tenant_id, body, f"attachments/{file_id}/{number}") if body is not None else None


async def _recording(source: Path, path: str, made: zipfile.ZipFile, pipe: _Pipe) -> AsyncGenerator[bytes, None]:
    with source.open("rb") as opened, made.open(path, "w", force_zip64=True) as target:
        while piece := opened.read(READ_BYTES):
            target.write(piece)
            yield pipe.take()


def safe_name(name: str) -> str:
    """A file's name without anything a file system or an unzipper would take for a place."""
    kept = "".join(letter if letter.isalnum() or letter in "._- " else "_" for letter in name).strip(". ")
    return kept[-100:] or "file"
