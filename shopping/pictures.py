"""Pictures that people upload: known by their content, made small, and without what a camera wrote beside them."""

import io
import threading
import warnings

from django.core.exceptions import ValidationError
from PIL import Image, ImageOps

from realtime import errors

MAX_BYTES = 8 * 1024 * 1024  # of an upload
MAX_PIXELS = 24_000_000  # of an upload: about 100 MB while it is made small
MAX_SIDE = 1600  # pixels, of what is kept
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82
PATIENCE = 10.0  # seconds that an upload waits for another's

_turn = threading.Semaphore(1)  # One at a time in a process: each needs so much memory.


def shrunk(content: bytes) -> bytes:
    """A picture as WebP, at most MAX_SIDE wide and high, the way up that its camera said.

    Nothing else of the file is kept: no EXIF, no comments, no second frame. Raises ValidationError, and Busy.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(f"A picture has at most {MAX_BYTES // 1024**2} MiB")
    if not _turn.acquire(timeout=PATIENCE):
        raise errors.Busy
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _shrunk(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(_too_large()) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, MemoryError):
        # Pillow's decoders raise whatever a broken file makes them.
        raise ValidationError("This is no picture that is taken: JPEG, PNG, WebP or GIF") from None
    finally:
        _turn.release()


def _shrunk(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # JPEG is decoded smaller at once
        image.load()
        turned = ImageOps.exif_transpose(image)
        turned.thumbnail((MAX_SIDE, MAX_SIDE))
        mode = "RGBA" if turned.has_transparency_data else "RGB"
        clean = Image.new(mode, turned.size)
        clean.paste(turned.convert(mode))
    kept = io.BytesIO()
    clean.save(kept, "WEBP", quality=QUALITY, method=4)
    return kept.getvalue()


def _too_large() -> str:
    return f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels"
