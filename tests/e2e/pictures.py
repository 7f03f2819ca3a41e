"""The README's pictures, taken from the running product: `python -m tests.e2e.pictures`. Writes docs/pictures/.

The callers are drawn, since no face of anybody's belongs into the repository.
"""

import asyncio
import io
import math
import re
import tempfile
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from tests.e2e.face import Face, browser, face
from tests.e2e.program import ROOT, demo
from tests.e2e.sources import BACK, FPS, FRONT, Caller, speech, write_wav
from tests.e2e.test_story import rep_at, write

TARGET = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 640, 480
FRAMES = 40
# Drawn larger and made smaller, for smooth edges.
FINE = 3


def portrait(wall: str, hair: str, skin: str, shirt: str, turn: float) -> Image.Image:
    """Somebody in front of a wall, flat; `turn` moves the head a little."""
    picture = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), wall)
    draw = ImageDraw.Draw(picture)
    middle, sway = WIDTH // 2, 6 * math.sin(turn)

    def oval(x: float, y: float, width: float, height: float, colour: str) -> None:
        draw.ellipse([FINE * (x - width), FINE * (y - height), FINE * (x + width), FINE * (y + height)], fill=colour)

    oval(120, 90, 190, 190, "#ffffff22" if wall == "#000000" else "#f6ead9")
    oval(middle, 500, 190, 150, shirt)
    draw.rounded_rectangle([FINE * (middle - 34), FINE * 300, FINE * (middle + 34), FINE * 380], FINE * 30, fill=skin)
    oval(middle + sway, 200, 118, 128, hair)
    oval(middle + sway, 225, 92, 112, skin)
    draw.pieslice([FINE * (middle + sway - 100), FINE * 96, FINE * (middle + sway + 100), FINE * 280], 180, 360, fill=hair)
    for side in (-34, 34):
        oval(middle + 1.6 * sway + side, 228, 7, 7 if math.sin(3 * turn) < 0.95 else 2, "#2b2320")
    mouth = [FINE * (middle + 1.6 * sway - 30), FINE * 255, FINE * (middle + 1.6 * sway + 30), FINE * 297]
    draw.arc(mouth, 20, 160, fill="#8a3b32", width=FINE * 5)
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def caller(folder: Path, name: str, sentences: tuple[str, ...], *colours: str) -> Caller:
    """A drawn caller's devices."""
    samples = speech(sentences)
    wav, video = folder / f"{name}.wav", folder / f"{name}.mjpeg"
    write_wav(wav, samples)
    with av.open(str(video), "w", format="mjpeg") as writer:
        stream = writer.add_stream("mjpeg", rate=FPS, width=WIDTH, height=HEIGHT, pix_fmt="yuvj420p")
        for number in range(FRAMES):
            drawn = av.VideoFrame.from_image(portrait(*colours, 2 * math.pi * number / FRAMES))
            writer.mux(stream.encode(drawn.reformat(format="yuvj420p")))
        writer.mux(stream.encode(None))
    return Caller(wav, video, samples, np.zeros((1, 1, 1), dtype=np.float32))


async def keep(shown: Face, name: str) -> None:
    """One picture, small enough for a repository."""
    taken = Image.open(io.BytesIO(await shown.page.screenshot()))
    taken.convert("RGB").quantize(255, dither=Image.Dither.NONE).save(TARGET / f"{name}.png", optimize=True)


async def take(folder: Path) -> None:
    """Plays the story as far as the pictures need it."""
    ana = caller(folder, "ana", FRONT, "#dfe7dc", "#3b2a20", "#e8b793", "#a3482a")
    rita = caller(folder, "rita", BACK, "#efdfcd", "#6b3a1f", "#f0c7a4", "#0b6b5d")
    with demo(folder) as running:
        async with browser(ana) as shopping, browser(rita) as working, browser(None, color_scheme="dark") as watching:
            desk = await face(working, running.console)
            await rep_at(desk, "rita")
            shop = await face(shopping, running.shop)
            await shop.page.get_by_role("button", name=re.compile("^Sign in")).click()
            await shop.page.get_by_role("button", name=re.compile("^Sign out")).wait_for()
            await shop.page.get_by_role("link", name="Gooseneck kettle").first.click()
            await shop.page.get_by_role("button", name="Add to cart").click()
            await shop.page.get_by_role("link", name="Cart, 1").wait_for()
            await shop.page.get_by_role("button", name="Talk to us").click()
            await shop.page.get_by_role("button", name=re.compile("^Chat")).click()
            await write(shop, "Does this kettle work on induction?")
            await desk.page.get_by_role("button", name="Accept").click()
            await write(desk, "Yes, on induction, gas and ceramic.")
            await shop.page.get_by_role("button", name="Yes, allow").click()
            await desk.page.get_by_text("Gooseneck kettle, Black").first.wait_for()
            await desk.page.get_by_role("searchbox", name="Suggest a product").fill("dripper")
            await desk.page.get_by_role("button", name="Suggest Pour-over dripper White").click()
            await desk.page.get_by_label("Why?").fill("Its cone fits the spout")
            await desk.page.get_by_role("button", name="Suggest", exact=True).last.click()
            await shop.page.get_by_role("button", name="Accept").click()
            await desk.page.get_by_role("searchbox", name="Suggest a product").fill("")
            await shop.page.get_by_role("button", name="Back to the start").click()
            await shop.page.get_by_role("button", name=re.compile("^Video")).click()
            await shop.page.get_by_role("button", name="Call now with video").click()
            await desk.page.locator("console-ring").get_by_role("button", name="Accept").click()
            await asyncio.gather(shop.seeing(60), desk.seeing(60))
            await keep(desk, "console-call")
            # What was said in passing has passed.
            await shop.page.get_by_text("Thank you. You can stop it at any moment.").wait_for(state="hidden")
            await keep(shop, "widget-call")
            board = await face(watching, running.console)
            await board.page.get_by_label("Login").fill("sue")
            await board.page.get_by_label("Password").fill("tresen-demo-counter")
            await board.page.keyboard.press("Enter")
            await board.page.get_by_role("button", name="Board").click()
            await board.page.locator("board-calls").get_by_role("button", name="Join").first.wait_for()
            await keep(board, "board-dark")


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(take(Path(made)))
