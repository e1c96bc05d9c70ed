"""Let nbval compare pictures too: by itself it passes a chart whose data changed."""

import base64
import io
import warnings
from pathlib import Path

import numpy as np
from nbval.plugin import IPyNbCell
from PIL import Image

# Root mean square difference of two pictures on the scale 0 to 255. The same matplotlib draws the
# same pixels on every Python; one mark that moves by its own width differs by 1 or more.
MOST_RMS = 0.2

compare_text = IPyNbCell.compare_outputs


def pictures(outputs) -> list[bytes]:
    """Return the PNG pictures among a cell's outputs."""
    return [
        base64.b64decode(out["data"]["image/png"])
        for out in outputs
        if "image/png" in out.get("data", {})
    ]


def drawn_by(picture: bytes) -> str:
    """Return the version of matplotlib that a picture names as its maker."""
    return str(Image.open(io.BytesIO(picture)).info.get("Software", "unknown"))


def difference(stored: bytes, fresh: bytes) -> str | None:
    """Return in words how two pictures differ, or None."""
    before, after = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)
        for png in (stored, fresh)
    )
    if before.shape != after.shape:
        return f"its size went from {before.shape[1::-1]} to {after.shape[1::-1]} pixels"
    rms = np.sqrt(np.mean((before - after) ** 2))
    return f"RMS {rms:.2f}, {MOST_RMS} allowed" if rms > MOST_RMS else None


def compare_outputs(cell, fresh_outputs, stored_outputs, skip_compare=None) -> bool:
    """Compare text as nbval does, then pictures by pixels; keep both pictures if they differ."""
    same = compare_text(cell, fresh_outputs, stored_outputs, skip_compare)
    stored, fresh = pictures(stored_outputs), pictures(fresh_outputs)
    if len(stored) != len(fresh):
        cell.comparison_traceback.append(f"{len(fresh)} pictures instead of {len(stored)} stored")
        return False
    for number, (before, after) in enumerate(zip(stored, fresh, strict=True)):
        if drawn_by(before) != drawn_by(after):
            warnings.warn(
                f"{cell.nodeid}: stored picture is by {drawn_by(before)}, "
                f"this is {drawn_by(after)}: not compared. "
                "`./run test` uses the pinned version.",
                stacklevel=1,
            )
        elif words := difference(before, after):
            folder = Path(cell.config.cache.mkdir("pictures"))
            names = [
                folder / f"{cell.path.stem}-cell-{cell.cell_num}-{number}-{age}.png"
                for age in ("stored", "fresh")
            ]
            for name, picture in zip(names, (before, after), strict=True):
                name.write_bytes(picture)
            cell.comparison_traceback.append(
                f"The picture changed ({words}). Compare\n  {names[0]}\n  {names[1]}"
            )
            same = False
    return same


IPyNbCell.compare_outputs = compare_outputs
