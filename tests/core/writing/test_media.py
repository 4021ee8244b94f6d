"""Pictures go out as pixels and nothing else: upright, in web sizes, by what they are and not by what they are called."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from gateway.core.errors import Invalid, PostroomError, TooMuch
from gateway.core.writing.media import Prepared, prepare
from gateway.core.writing.photos import MOST_PIXELS
from tests.email.growth import costs_less, grows_linearly

SECRET = "SECRETCAM 9000"
MARKS = (
    SECRET.encode(),
    SECRET.encode("utf-16-le"),
    b"Exif",
    b"eXIf",
    b"EXIF",
    b"http://ns.adobe.com",
    b"xmpmeta",
    b"XMP ",
    b"Photoshop 3.0",
    b"8BIM",
    b"ICC_PROFILE",
    b"iCCP",
    b"ICCP",
    b"tEXt",
    b"iTXt",
    b"zTXt",
    b"\xff\xfe",  # a JPEG's comment
)
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a exif:GPSLatitude="52,31N">{SECRET}</a></x:xmpmeta>'.encode()


def corners(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", size, "white")
    half = size[0] // 2, size[1] // 2
    image.paste("red", (0, 0, *half))
    image.paste("lime", (half[0], 0, size[0], half[1]))
    image.paste("blue", (0, half[1], half[0], size[1]))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    data = Image.Exif()
    data[0x010F] = SECRET
    data[0x0112] = orientation
    data[0x0132] = "2026:11:22 06:00:00"
    data.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return data


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(prepared: Prepared, number: int = 0) -> Image.Image:
    """A fresh reading of one size."""
    return Image.open(io.BytesIO(prepared.renditions[number].data))


def with_everything(format_: str) -> bytes:
    """A picture with place, camera, XMP, IPTC, comment and colour profile wherever the format can hold them."""
    image = corners((1000, 500))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, object] = {"exif": exif().tobytes(), "xmp": XMP, "icc_profile": profile}
    if format_ == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET)
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options = {"pnginfo": text, "exif": exif().tobytes(), "icc_profile": profile}
    if format_ == "GIF":
        options = {"comment": SECRET.encode()}
    if format_ == "HEIF":
        options = {"exif": exif().tobytes(), "xmp": XMP}
    data = saved(image, format_, **options)
    if format_ == "JPEG":
        iptc = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", 5 + len(SECRET)) + b"\x1c\x02\x78\0\x0e"
        data = data[:2] + _segment(0xED, iptc + SECRET.encode()) + _segment(0xFE, SECRET.encode()) + data[2:]
    return data


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_no_byte_of_place_camera_or_comment_is_in_any_size(format_: str) -> None:
    data = with_everything(format_)
    assert SECRET.encode() in data  # else this would prove nothing
    prepared = prepare(data, "photo.bin")
    assert [rendition.width for rendition in prepared.renditions] == [1000, 800, 400]
    for number, rendition in enumerate(prepared.renditions):
        assert [mark for mark in MARKS if mark in rendition.data] == []
        assert not opened(prepared, number).getexif()
        assert set(opened(prepared, number).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright(orientation: int, format_: str) -> None:
    """The stored pixels are the upright ones, turned back by the camera's way of writing each orientation."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = corners() if back is None else corners().transpose(back)
    prepared = prepare(saved(stored, format_, exif=exif(orientation).tobytes(), quality=95), "a")
    assert_upright(prepared, (80, 40))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_of_an_iphone_is_turned_once(orientation: int) -> None:
    back = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[
        orientation
    ]
    stored = corners((160, 96)) if back is None else corners((160, 96)).transpose(back)
    data = saved(stored, "HEIF", exif=exif(orientation).tobytes(), quality=90)
    assert_upright(prepare(data, "IMG_1.HEIC"), (160, 96))


def assert_upright(prepared: Prepared, size: tuple[int, int]) -> None:
    image = opened(prepared).convert("RGB")
    assert image.size == size == (prepared.renditions[0].width, prepared.renditions[0].height)
    right, bottom = size[0] - 8, size[1] - 8
    expected = {
        (8, 8): (255, 0, 0),
        (right, 8): (0, 255, 0),
        (8, bottom): (0, 0, 255),
        (right, bottom): (255, 255, 255),
    }
    for place, colour in expected.items():
        found = image.getpixel(place)
        assert isinstance(found, tuple)
        assert all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True)), (place, found)


def test_a_portrait_that_lies_on_its_side_gets_sizes_by_its_upright_width() -> None:
    stored = Image.new("RGB", (2400, 1800), "navy")
    prepared = prepare(saved(stored, "JPEG", exif=exif(6).tobytes()), "a.jpg")
    assert [(r.width, r.height) for r in prepared.renditions] == [(1600, 2133), (800, 1066), (400, 533)]


def test_a_small_picture_is_never_enlarged() -> None:
    prepared = prepare(saved(corners((120, 60)), "JPEG"), "a.jpg")
    assert [(r.width, r.height) for r in prepared.renditions] == [(120, 60)]


def test_the_bytes_say_what_it_is_not_the_name() -> None:
    prepared = prepare(saved(corners(), "PNG"), "holiday.jpg")
    assert prepared.kind == "image"
    assert prepared.renditions[0].content_type == "image/png"
    assert prepared.filename == "holiday.png"


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\alice\\Desktop\\tea time.JPG", "tea time.jpg"),
        ("a\r\nX-Evil: 1\u202e.jpg", "aX-Evil 1.jpg"),
        ("", "file.jpg"),
        ("x" * 300 + ".jpeg", "x" * 80 + ".jpg"),
    ],
)
def test_a_filename_is_only_a_name(given: str, clean: str) -> None:
    assert prepare(saved(corners(), "JPEG"), given).filename == clean


def test_a_photograph_saved_as_png_goes_out_as_jpeg() -> None:
    noise = Image.effect_noise((700, 700), 80).convert("RGB")
    assert prepare(saved(noise, "PNG"), "a.png").renditions[0].content_type == "image/jpeg"


def test_transparency_stays() -> None:
    image = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    for format_ in ("PNG", "WEBP"):
        shown = opened(prepare(saved(image, format_), "a"))
        assert shown.mode == "RGBA"
        assert shown.getchannel("A").getextrema() == (0, 0)


def test_sixteen_bit_grey_keeps_its_greys() -> None:
    image = Image.new("I;16", (20, 20), 128 * 256)
    darkest, lightest = opened(prepare(saved(image, "PNG"), "scan.png")).convert("L").getextrema()
    assert darkest == lightest == 128


def test_print_colours_become_screen_colours() -> None:
    cmyk = corners().convert("CMYK")
    assert opened(prepare(saved(cmyk, "JPEG"), "a.jpg")).mode == "RGB"


def test_a_colour_profile_is_applied_before_it_is_dropped() -> None:
    """In this profile red and blue have changed places, so that the colours show whether it was heeded."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"keep").replace(b"bXYZ", b"rXYZ").replace(b"keep", b"bXYZ")
    data = saved(Image.new("RGB", (20, 20), (255, 0, 0)), "PNG", icc_profile=swapped)
    found = opened(prepare(data, "a.png")).convert("RGB").getpixel((1, 1))
    assert isinstance(found, tuple)
    assert found[0] < 30
    assert found[2] > 220


@pytest.mark.parametrize(
    "profile", [b"no profile at all", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_makes_no_sense_changes_nothing(profile: bytes) -> None:
    data = saved(Image.new("RGB", (20, 20), (90, 90, 90)), "PNG", icc_profile=profile)
    assert opened(prepare(data, "a.png")).convert("RGB").getpixel((1, 1)) == (90, 90, 90)


def test_an_animation_stays_one_within_the_cap() -> None:
    frames = [Image.new("RGB", (1000, 500), colour) for colour in ("red", "lime", "blue")]
    data = saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0, comment=b"secret"
    )
    prepared = prepare(data, "a.gif")
    shown = opened(prepared)
    assert shown.format == "GIF"
    assert shown.size == (800, 400)
    assert getattr(shown, "n_frames", 1) == 3
    assert b"secret" not in prepared.renditions[0].data
    assert shown.info["duration"] == 100


def test_an_animation_past_the_cap_keeps_its_first_picture_and_says_so() -> None:
    frames = [Image.new("L", (4, 4), number % 250) for number in range(300)]
    prepared = prepare(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "party.gif")
    assert prepared.renditions[0].content_type == "image/png"
    assert prepared.notes == ("“party.gif” is too long an animation; its first picture was kept.",)


def png_of(width: int, height: int) -> bytes:
    """A valid PNG of one colour, row by row compressed to next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (9_000, 9_000), (100_000, 1_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(width: int, height: int) -> None:
    data = png_of(width, height)
    assert len(data) < 100_000
    assert width * height > MOST_PIXELS

    def refuse() -> None:
        with pytest.raises(TooMuch, match=r"million pixels\. It was left out"):
            prepare(data, "bomb.png")

    small = png_of(1_000, 1_000)
    costs_less(refuse, lambda: prepare(small, "small.png"))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused_or_read_but_never_an_accident(format_: str, part: float) -> None:
    data = saved(Image.effect_noise((200, 200), 60).convert("RGB"), format_)
    cut = data[: int(len(data) * part)]
    with pytest.raises(Invalid) as refused:
        prepare(cut, "half.jpg")
    assert "“half.jpg” could not be read as a picture" in str(refused.value)
    assert "left out" in str(refused.value)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
def test_bytes_changed_on_the_way_never_raise_anything_but_our_own(format_: str) -> None:
    data = with_everything(format_)
    for number in range(40):
        spoiled = bytearray(data)
        for step in range(8):
            spoiled[(number * 97 + step * 131) % min(len(data), 2000)] ^= 0x5A
        with suppress(PostroomError):
            prepared = prepare(bytes(spoiled), "a")
            assert not [mark for mark in MARKS if mark in prepared.renditions[0].data]


REFUSED: dict[str, tuple[bytes, str]] = {
    "drawing.svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "SVG"),
    "photo.jpg": (b"<svg onload='alert(1)'></svg>", "SVG"),
    "scan.tif": (b"II*\0\x08\0\0\0", ".tiff pictures"),
    "notes.doc": (b"\xd0\xcf\x11\xe0", ".doc files"),
    "empty": (b"", "files of this kind"),
    "page.html": (b"<html><body>", ".html files"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_in_a_sentence_that_names_them(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(Invalid) as refused:
        prepare(data, name)
    assert words in str(refused.value)
    assert f"“{name}”" in str(refused.value)
    assert "left out" in str(refused.value)


def test_a_photograph_costs_no_more_than_it_is_large() -> None:
    def photograph(width: int) -> bytes:
        return saved(Image.radial_gradient("L").resize((width, 1000)).convert("RGB"), "JPEG")

    grows_linearly(photograph, lambda data: prepare(data, "a.jpg"), size=1000)
