"""Pictures of several people in one: who is where, and the painting of it. Called by `composer`. Plain functions and one canvas."""

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

__all__ = ["Canvas", "Cell", "cells", "fit"]

BLACK = (16, 128, 128)  # BT.601, limited range


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the picture; all numbers even, since colour has half the lines."""

    x: int
    y: int
    width: int
    height: int


def cells(count: int, width: int, height: int) -> list[Cell]:
    """A grid for so many people, as square as it goes; a last row that is not full stands in the middle."""
    if count == 0:
        return []
    columns = ceil(sqrt(count))
    rows = ceil(count / columns)
    across, down = width // columns & ~1, height // rows & ~1
    places = []
    for index in range(count):
        row = index // columns
        in_row = min(columns, count - row * columns)
        left = (width - in_row * across) // 2 & ~1
        places.append(Cell(left + index % columns * across, row * down, across, down))
    return places


def fit(width: int, height: int, cell: Cell) -> Cell:
    """The largest place in a cell for a picture of this shape; bars fill the rest."""
    scale = min(cell.width / max(1, width), cell.height / max(1, height))
    inner_width, inner_height = max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)
    x, y = (cell.width - inner_width) // 2 & ~1, (cell.height - inner_height) // 2 & ~1
    return Cell(cell.x + x, cell.y + y, inner_width, inner_height)


def _planes(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    planes = []
    for plane in frame.planes:
        lines = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
        planes.append(lines[: plane.height, : plane.width])
    return planes


class Canvas:
    """A picture in YUV 4:2:0 that others are painted on."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._planes = [np.empty((height >> shift, width >> shift), np.uint8) for shift in (0, 1, 1)]
        self.clear()

    def clear(self) -> None:
        """All black."""
        for plane, value in zip(self._planes, BLACK, strict=True):
            plane[:] = value

    def paint(self, frame: VideoFrame, cell: Cell) -> None:
        """Scales a picture into a cell, its shape kept."""
        place = fit(frame.width, frame.height, cell)
        scaled = frame.reformat(place.width, place.height, "yuv420p")
        for plane, part, shift in zip(self._planes, _planes(scaled), (0, 1, 1), strict=True):
            y, x = place.y >> shift, place.x >> shift
            plane[y : y + part.shape[0], x : x + part.shape[1]] = part

    def frame(self) -> VideoFrame:
        """A copy to encode."""
        packed = np.concatenate([plane.reshape(-1, self.width) for plane in self._planes])
        return VideoFrame.from_ndarray(packed, format="yuv420p")
