"""Pictures: what they are, whether they can be drawn safely, and small ones of them.

Used by `kinds` for every upload and by `reading` for thumbnails. Pillow is imported
when the first picture comes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, BinaryIO, TypeVar

from core.services.files.refused import UploadRefused

MOST_PIXELS = 60_000_000
MOST_FRAMES = 500
MOST_FRAME_PIXELS = 250_000_000
SMALL = "thumb"
_EDGE = 320
_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "image/png": "PNG",
        "image/jpeg": "JPEG",
        "image/gif": "GIF",
        "image/webp": "WEBP",
        "image/avif": "AVIF",
        "image/bmp": "BMP",
        "image/tiff": "TIFF",
    }
)
T = TypeVar("T")


def picture_type(head: bytes) -> str | None:
    """The media type of a picture by its first bytes, None for something else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "image/avif"
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "image/tiff"
    if head.startswith(b"BM") and head[14:18] in (b"\x28\0\0\0", b"\x7c\0\0\0"):
        return "image/bmp"
    return None


def has_thumbnail(media_type: str) -> bool:
    """Whether a small picture can be made of this kind of file."""
    return media_type in _FORMATS


def check_picture(file: BinaryIO, media_type: str, name: str) -> None:
    """Draw the picture once; UploadRefused if it is damaged or would fill the memory.

    The sizes in its head are asked before a single pixel is unfolded.
    """

    def draw(image: Any) -> None:
        width, height = image.size
        frames = getattr(image, "n_frames", 1)
        pixels = width * height
        if pixels > MOST_PIXELS or frames > MOST_FRAMES:
            raise _bomb(name, width, height, frames)
        if pixels * frames > MOST_FRAME_PIXELS:
            raise _bomb(name, width, height, frames)
        image.load()

    _opened(file, media_type, name, draw)


def thumbnail(file: BinaryIO, media_type: str, name: str) -> bytes:
    """A WebP of at most 320 pixels a side, turned upright, without hidden data."""

    def make(image: Any) -> bytes:
        from PIL import ImageOps

        if image.width * image.height > MOST_PIXELS:
            raise _bomb(name, image.width, image.height, 1)
        image.draft("RGB", (_EDGE * 2, _EDGE * 2))
        small = ImageOps.exif_transpose(image)
        small.thumbnail((_EDGE, _EDGE))
        if small.mode not in ("RGB", "RGBA"):
            small = small.convert("RGBA" if "A" in small.mode else "RGB")
        target = BytesIO()
        small.save(target, "WEBP", quality=80, method=2)
        return target.getvalue()

    return _opened(file, media_type, name, make)


def _opened(file: BinaryIO, media_type: str, name: str, work: Callable[[Any], T]) -> T:
    """Open with the one decoder of the type; whatever breaks inside is a refusal."""
    from PIL import Image

    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=(_FORMATS[media_type],)) as image:
                return work(image)
    except UploadRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bomb(name, 0, 0, 0) from error
    except Exception as error:
        # Decoders fail in many ways over hostile bytes; none of them may pass.
        raise UploadRefused(
            "damaged_picture",
            f"'{name}' is damaged or no picture. Open it in a program for pictures "
            "and save it anew.",
        ) from error


def _bomb(name: str, width: int, height: int, frames: int) -> UploadRefused:
    size = f" of {width} x {height} pixels" if width else ""
    many = f" and {frames} frames" if frames > 1 else ""
    return UploadRefused(
        "too_many_pixels",
        f"'{name}' is a picture{size}{many}; that is more than can be drawn safely. "
        "Make it smaller.",
        most=MOST_PIXELS,
    )
