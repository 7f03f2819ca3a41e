"""Files that strangers send: what they are is read from their bytes, and what they tell about their maker is taken out.

Pure functions of the bytes, slow ones: call `cleaned` in a thread. Images are decoded and encoded anew, which drops EXIF, comments, ICC
profiles, thumbnails and whatever hides behind the image's end. PDF and text are kept as they are, and served so that no browser runs them.
For `api.routes.attachments`. Invariant: what comes out has the type it says.
"""

import io
import re
import unicodedata
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from mediaserver.errors import Unprocessable, UnsupportedMediaType

# A decoded pixel is 4 bytes: 160 MB at the worst moment, for a photograph of any telephone (48 megapixels come down to 12 in practice).
PIXELS_MOST = 40_000_000
FRAMES_MOST = 200  # of an animation
SIDE_MOST = 16_384
NAME_MOST = 120
IMAGE_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


@dataclass(frozen=True, slots=True)
class Clean:
    """A file that may be shown to others."""

    content: bytes
    content_type: str
    width: int | None = None
    height: int | None = None


def sniffed(content: bytes) -> str:
    """The content type, by the bytes alone. UnsupportedMediaType where it is none of `ENDINGS`."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if not content or re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text):
        raise UnsupportedMediaType("Files are JPEG, PNG, WebP or GIF images, PDF documents, or text in UTF-8.", code="file_type")
    return "text/plain"


def cleaned(content: bytes) -> Clean:
    """The file without what its sender did not mean to send. UnsupportedMediaType, or Unprocessable for a broken or huge image."""
    content_type = sniffed(content)
    if not content_type.startswith("image/"):
        return Clean(content, content_type)
    return _image(content, content_type)


def safe_name(name: str, content_type: str) -> str:
    """A file name without paths, control or direction characters, with the ending of its type, `NAME_MOST` characters at most."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join("" if unicodedata.category(each)[0] == "C" else each for each in base)
    base = re.sub(r'[<>:"|?*%;]+', "_", base).strip(" .")
    stem = base.rsplit(".", 1)[0].strip(" .") if "." in base else base
    ending = ENDINGS[content_type]
    return (stem[: NAME_MOST - len(ending)] or "file") + ending


def _image(content: bytes, content_type: str) -> Clean:
    [form] = [each for each, named in IMAGE_TYPES.items() if named == content_type]
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as image:
            width, height = image.size
            frames = getattr(image, "n_frames", 1)
            if width > SIDE_MOST or height > SIDE_MOST or width * height * frames > PIXELS_MOST * (4 if frames > 1 else 1):
                raise Unprocessable(f"Images have at most {PIXELS_MOST // 1_000_000} megapixels.", code="image_too_large")
            if frames > FRAMES_MOST:
                raise Unprocessable(f"Animations have at most {FRAMES_MOST} pictures.", code="image_too_large")
            return _encoded(image, form, frames)
    except Image.DecompressionBombError:
        raise Unprocessable("The image is too large.", code="image_too_large") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError, OverflowError):
        # What Pillow raises on broken images, by its format plug-ins.
        raise Unprocessable("The image cannot be read.", code="image_broken") from None


def _encoded(image: Image.Image, form: str, frames: int) -> Clean:
    out = io.BytesIO()
    if frames > 1 and form in ("GIF", "WEBP"):
        pictures = []
        durations = []
        for frame in ImageSequence.Iterator(image):
            pictures.append(_bare(frame.convert("RGBA")))
            durations.append(min(int(frame.info.get("duration", 100)), 60_000))
        loops = int(image.info.get("loop", 0))
        pictures[0].save(out, form, save_all=True, append_images=pictures[1:], duration=durations, loop=loops)
        width, height = pictures[0].size
    else:
        # Telephones turn a picture by a tag; the tag goes, so the pixels are turned.
        upright = ImageOps.exif_transpose(image)
        has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        bare = _bare(upright.convert("RGBA" if has_alpha and form != "JPEG" else "RGB"))
        if form == "JPEG":
            bare.save(out, form, quality=88, optimize=False)
        elif form == "WEBP":
            bare.save(out, form, quality=88)
        else:
            bare.save(out, form)
        width, height = bare.size
    return Clean(out.getvalue(), IMAGE_TYPES[form], width, height)


def _bare(picture: Image.Image) -> Image.Image:
    """The pixels alone, so that no encoder finds something else to write."""
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh
