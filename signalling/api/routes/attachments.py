"""Attachments: files uploaded into a conversation and shown to those who take part in it."""

import asyncio
import re
from urllib.parse import quote

from pydantic import Field

from signalling.api.models import Body, ConversationId
from signalling.api.operation import Context, Operations, Raw
from signalling.api.routes.messages import AttachmentId
from signalling.conversation import attachments
from signalling.conversation.attachments import Attachment
from signalling.conversation.files import cleaned, safe_name
from signalling.identity.caller import ANYBODY

operations = Operations("Attachments")

# A telephone's photograph; larger files have better ways.
BYTES_MOST = 10 * 1024 * 1024
# What a browser may show of itself; all else it saves.
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


class FileName(Body):
    """How the file is called at its sender's."""

    name: str = Field(default="file", min_length=1, max_length=255)


@operations.add(
    "attachment.upload",
    "POST",
    "/v1/conversations/{conversation_id}/attachments",
    roles=ANYBODY,
    status=201,
    creates=True,
    body_types=("*/*",),
    body_bytes=BYTES_MOST,
)
async def upload(context: Context, conversation_id: ConversationId, query: FileName, body: bytes) -> Attachment:
    """Uploads a file for a message to come: an image (JPEG, PNG, WebP, GIF), a PDF or a text, 10 MiB at most.

    What it is, is read from its bytes. Images are encoded anew, without EXIF, place and other metadata.
    """
    clean = await asyncio.to_thread(cleaned, body)
    return await context.write(attachments.keep, context.caller, conversation_id, safe_name(query.name, clean.content_type), clean)


@operations.add(
    "attachment.read",
    "GET",
    "/v1/conversations/{conversation_id}/attachments/{attachment_id}",
    roles=ANYBODY,
    media_type="image/jpeg, image/png, image/webp, image/gif, application/pdf, text/plain, application/octet-stream",
)
async def download(context: Context, conversation_id: ConversationId, attachment_id: AttachmentId) -> Raw:
    """The file itself, for whoever may read the conversation."""
    file, content = await context.read(attachments.fetch, context.caller, conversation_id, attachment_id)
    disposition = "inline" if file.content_type in SHOWN else "attachment"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", file.name)
    return Raw(
        content,
        file.content_type + ("; charset=utf-8" if file.content_type.startswith("text/") else ""),
        headers={
            "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )
