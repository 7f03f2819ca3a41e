"""What a browser decodes, brought into the test: scripts that read an element's picture and a track's sound, and what their answers become.

Each script is the text of a function, to be called within a page's own script with the element or track that page is about.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.e2e.sources import RATE, THUMB_HEIGHT, THUMB_WIDTH

# The element's frame at another size, as red, green and blue of each pixel.
PIXELS = """((element, width, height) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(element, 0, 0, width, height);
  return [...context.getImageData(0, 0, width, height).data].filter((_, at) => at % 4 < 3);
})"""
# The same, small and grey: see `thumbnail`.
SMALL = f"""((element) => {{
  const pixels = {PIXELS}(element, {THUMB_WIDTH}, {THUMB_HEIGHT});
  return pixels.flatMap((red, at) => (at % 3 ? [] : [0.299 * red + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]]));
}})"""
# Raw samples of a track, so that nothing but the call lies between them and the test: see `samples`. Null where it ended meanwhile.
SAMPLES = """(async (track, seconds) => {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const parts = [];
  let count = 0, rate = 48000;
  while (count < seconds * rate) {
    const { value, done } = await reader.read();
    if (done) return null;
    rate = value.sampleRate;
    const plane = new Float32Array(value.numberOfFrames);
    value.copyTo(plane, { planeIndex: 0, format: "f32-planar" });
    value.close();
    parts.push(plane);
    count += plane.length;
  }
  await reader.cancel();
  const all = new Float32Array(count);
  let at = 0;
  for (const part of parts) { all.set(part, at); at += part.length; }
  const bytes = new Uint8Array(all.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return { rate, samples: btoa(text) };
})"""


def thumbnail(grey: list[float]) -> NDArray[np.float32]:
    """What `SMALL` gave."""
    return np.array(grey, dtype=np.float32).reshape(THUMB_HEIGHT, THUMB_WIDTH)


def samples(got: dict[str, Any]) -> NDArray[np.float32]:
    """What `SAMPLES` gave, at 48 kHz, one channel."""
    assert got["rate"] == RATE
    return np.frombuffer(base64.b64decode(got["samples"]), dtype="<f4")
