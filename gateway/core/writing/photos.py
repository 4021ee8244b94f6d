"""Pictures decoded and written anew, so that nothing but pixels goes out.

A picture's place, camera, time, thumbnail and comments cannot survive, because nothing of the old file is copied; colours are turned to
sRGB, so that no profile has to go along.
"""

import io
import warnings

import pillow_heif
from PIL import Image, ImageCms

from gateway.core.errors import Invalid, TooMuch
from gateway.core.words import later
from gateway.core.writing.encoded import Encoded

WIDTHS = (1600, 800, 400)
TALLEST = 8000
MOST_PIXELS = 64_000_000
MOST_FRAMES = 240
MOST_FRAME_PIXELS = 80_000_000
ANIMATION_WIDTH = 800
LARGE_PNG = 400_000

_DECODERS = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "heic": "HEIF", "avif": "AVIF"}
_CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_FILTER = Image.Resampling.LANCZOS
_TURNS = {  # EXIF 2.3, 4.6.4, Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_TURNS[number] for number in (5, 6, 7, 8)}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

pillow_heif.register_heif_opener(thumbnails=False)
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def is_photo(kind: str) -> bool:
    """Whether files of this kind are pictures that can be published."""
    return kind in _DECODERS


def photo(data: bytes, kind: str, name: str) -> tuple[tuple[Encoded, ...], tuple[str, ...]]:
    """The picture's sizes for the web, upright and never enlarged, and what its sender should know. Raises Invalid, TooMuch."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders warn of oddities in metadata, which is not kept
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _renditions(data, kind, name)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_large(name) from bomb
    except (Invalid, TooMuch):
        raise
    except Exception as broken:  # decoders of outside bytes raise almost anything
        raise Invalid(
            later("“{name}” could not be read as a picture: it is damaged or incomplete. It was left out.", name=name),
            hint=later("Send it again, or as JPEG or PNG."),
        ) from broken


def _renditions(data: bytes, kind: str, name: str) -> tuple[tuple[Encoded, ...], tuple[str, ...]]:
    with Image.open(io.BytesIO(data), formats=[_DECODERS[kind]]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise _too_large(name)
        frames = getattr(image, "n_frames", 1) if kind in {"gif", "webp"} else 1
        if frames > 1 and frames <= MOST_FRAMES and frames * image.width * image.height <= MOST_FRAME_PIXELS:
            return (_animation(image, frames, kind),), ()
        notes = (
            (later("“{name}” is too long an animation; its first picture was kept.", name=name),) if frames > 1 else ()
        )
        return tuple(_sizes(image, kind)), notes


def _sizes(image: Image.Image, kind: str) -> list[Encoded]:
    largest = _still(image, kind)
    sizes = [largest]
    for width in WIDTHS:
        if width < sizes[-1].width:
            sizes.append(largest.resize((width, max(1, round(largest.height * width / largest.width))), _FILTER))
    opaque_format = _format_for(largest, kind)
    return [_encode(size, opaque_format) for size in sizes]


def _still(image: Image.Image, kind: str) -> Image.Image:
    """The picture upright, in sRGB, at most as large as the largest size, with nothing attached."""
    turn = None if kind == "heic" else _TURNS.get(_orientation(image))  # pillow-heif has turned it already
    profile = image.info.get("icc_profile")
    lies = turn in _SIDEWAYS
    width, height = (image.height, image.width) if lies else image.size
    scale = min(1.0, WIDTHS[0] / width, TALLEST / height)
    target = max(1, round(width * scale)), max(1, round(height * scale))
    stored_target = target[::-1] if lies else target
    image.draft("RGB", stored_target)  # a JPEG is decoded at the next larger eighth
    pixels = _plain_mode(image)
    if pixels.size != stored_target:
        # The gap trades a little sharpness for a third of the time.
        pixels = pixels.resize(stored_target, _FILTER, reducing_gap=1.5)
    upright = pixels if turn is None else pixels.transpose(turn)
    return _bare(_to_srgb(upright, profile))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # broken EXIF says nothing about the picture
        return 1


def _plain_mode(image: Image.Image) -> Image.Image:
    """The pixels as L, RGB, RGBA or (for a profile to turn) CMYK."""
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        whole = image.convert("RGBA")
        return whole.convert("RGB") if whole.getchannel("A").getextrema() == (255, 255) else whole
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.copy() if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and image.mode != "L":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
            return image.convert(mode) if turned is None else turned
        except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile says nothing about the picture
            return image.convert(mode)
    return image.convert(mode) if image.mode == "CMYK" else image


def _bare(image: Image.Image) -> Image.Image:
    """The same pixels in an image that carries no information that an encoder might write."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _format_for(image: Image.Image, kind: str) -> str:
    """PNG for what is transparent, and for drawings and screenshots unless they are photographs in disguise."""
    if image.mode == "RGBA":
        return "PNG"
    if kind in {"png", "gif"} and len(_encode(image, "PNG").data) <= LARGE_PNG:
        return "PNG"
    return "JPEG"


def _encode(image: Image.Image, format_: str) -> Encoded:
    out = io.BytesIO()
    if format_ == "JPEG":
        image.save(out, "JPEG", quality=82, progressive=True)
    else:
        image.save(out, "PNG", compress_level=6)
    return Encoded(out.getvalue(), _CONTENT_TYPES[format_], image.width, image.height)


def _animation(image: Image.Image, count: int, kind: str) -> Encoded:
    """All frames anew, in the format they came in, at most 800 pixels wide."""
    scale = min(1.0, ANIMATION_WIDTH / image.width)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    frames: list[Image.Image] = []
    durations: list[int] = []
    for number in range(count):
        image.seek(number)
        frame = image.convert("RGBA")
        frames.append(_bare(frame if frame.size == size else frame.resize(size, _FILTER)))
        durations.append(max(20, min(60_000, int(image.info.get("duration", 100) or 100))))
    out, format_ = io.BytesIO(), _DECODERS[kind]
    frames[0].save(
        out,
        format_,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=int(image.info.get("loop", 0) or 0),
    )
    return Encoded(out.getvalue(), _CONTENT_TYPES[format_], *size)


def _too_large(name: str) -> TooMuch:
    return TooMuch(
        later(
            "“{name}” has more than {millions} million pixels. It was left out.",
            name=name,
            millions=MOST_PIXELS // 1000000,
        ),
        hint=later("Send a smaller copy."),
    )
