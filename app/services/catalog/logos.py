"""The seller's logo: read once, when the catalog is applied, drawn anew as a PNG, and kept in the catalog's text.

Nothing of the file that was given is kept but its picture. What a document shows is in the version of the catalog that
was the newest when it got its number: drawn again at any time it is the same.
"""

import base64
import binascii
import io
import re
import struct
import tomllib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.errors import Refused

if TYPE_CHECKING:
    from PIL import Image

DATA = "data:image/png;base64,"
WIDEST, HIGHEST = 480, 144
"""Pixels: sharp at the size at which a document shows it."""
LONGEST_FILE, MOST_PIXELS = 5 * 1024 * 1024, 25_000_000
LONGEST = 100_000
"""Characters: no picture of so many pixels and 256 colours is longer."""
_PLAIN = 32 * 1024
"""A PNG of more bytes is drawn with 256 colours."""
_LINE = re.compile(r"""^([ \t]*logo[ \t]*=[ \t]*)("[^"\n]*"|'[^'\n]*')""", re.MULTILINE)
_FILE = re.compile(r"""[^\s:"'\\]{1,200}\.(png|jpe?g)""", re.IGNORECASE)
_SIGNATURE, _PARTS = b"\x89PNG\r\n\x1a\n", {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_CHANNELS = {2: 3, 3: 1}
"""Bytes a pixel, by the kinds of PNG that are drawn here: RGB, or one of 256 colours."""


def drawn_in(text: str, folder: Path) -> str:
    """Return the catalog's text with the picture itself where it names a file, seen from the folder; or refuse.

    A picture that is there already is drawn anew as well. Text that is no catalog is returned as it is.
    """
    try:
        seller = tomllib.loads(text).get("seller")
    except tomllib.TOMLDecodeError:
        return text
    named = seller.get("logo") if isinstance(seller, dict) else None
    if not isinstance(named, str) or not named:
        return text
    found = [each for each in _LINE.finditer(text) if each[2][1:-1] == named]
    if len(found) != 1:
        raise Refused('seller.logo must stand on a line of its own: logo = "logo.png"', "logo_wrong", 422)
    given = _decoded(named) if named.startswith(DATA) else _read(folder / named)
    before, after = text[: found[0].end(1)], text[found[0].end() :]
    return f'{before}"{DATA}{base64.b64encode(drawn(given)).decode()}"{after}'


def drawn(given: bytes) -> bytes:
    """Return the picture of a PNG or JPEG as a small PNG on white, the same bytes for the same picture."""
    from PIL import (  # only who applies a catalog with a logo needs it
        Image,
        ImageChops,
        ImageOps,
        UnidentifiedImageError,
    )

    try:
        with Image.open(io.BytesIO(given), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(f"seller.logo has more than {MOST_PIXELS:,} pixels.", "logo_wrong", 422)
            picture = ImageOps.exif_transpose(opened)
            picture = (picture.convert("RGB") if picture.mode == "CMYK" else picture).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Refused("seller.logo is no PNG or JPEG that can be read.", "logo_wrong", 422) from None
    white = Image.new("RGB", picture.size, "white")
    paper = Image.composite(picture.convert("RGB"), white, picture.getchannel("A"))
    paper = paper.crop(ImageChops.difference(paper, white).getbbox())  # its margins are the document's
    paper.thumbnail((WIDEST, HIGHEST))
    made = _png(paper)
    return made if len(made) <= _PLAIN else _png(paper.quantize(256))


def may_be_kept(logo: str) -> bool:
    """Say whether a catalog may hold it: nothing, a picture that was drawn here, or the name of a file.

    Nothing is shown of a file that the command has not drawn.
    """
    return not logo or bool(_FILE.fullmatch(logo)) or (len(logo) <= LONGEST and size(logo) is not None)


def size(logo: str) -> tuple[int, int] | None:
    """Return the width and height of a logo that was drawn here, or None where it was not.

    It is looked at byte by byte and never decoded: no other kind of part, nothing behind the picture, and no more of it
    than its size says.
    """
    content = _decoded(logo)
    if not content.startswith(_SIGNATURE):
        return None
    parts, place = list[tuple[bytes, bytes]](), len(_SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4].rjust(4, b"\0"))
        kind, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        if kind not in _PARTS or content[place + 8 + length : place + 12 + length] != zlib.crc32(kind + body).to_bytes(
            4
        ):
            return None
        parts.append((kind, body))
        place += 12 + length
    if not parts or parts[0][0] != b"IHDR" or parts[-1] != (b"IEND", b"") or len(parts[0][1]) != 13:
        return None
    width, height, depth, colours, *_rest = struct.unpack(">IIBBBBB", parts[0][1])
    if not (0 < width <= WIDEST and 0 < height <= HIGHEST) or colours not in _CHANNELS or depth > 8:
        return None
    row = 1 + (width * _CHANNELS[colours] * depth + 7) // 8
    unpacked = zlib.decompressobj()
    try:
        pixels = unpacked.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"), row * height + 1)
    except zlib.error:
        return None
    is_all = len(pixels) == row * height and unpacked.eof and not unpacked.unused_data
    return (width, height) if is_all else None


def _png(picture: "Image.Image") -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _decoded(logo: str) -> bytes:
    try:
        return base64.b64decode(logo.removeprefix(DATA), validate=True) if logo.startswith(DATA) else b""
    except (binascii.Error, ValueError):
        return b""


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "no such file"
        raise Refused(f"seller.logo cannot be read: {path}: {why}.", "logo_wrong", 422) from None
    if len(content) > LONGEST_FILE:
        raise Refused("seller.logo is larger than 5 MB.", "logo_wrong", 422)
    return content
