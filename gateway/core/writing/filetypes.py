"""What a file is, by its first bytes; its name and its sender's word for it count for nothing."""

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_AUDIO_BRANDS = {b"M4A ", b"M4B ", b"M4P "}

_STARTS = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"ID3", "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"PK\x03\x04", "zip"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"BM", "bmp"),
)


def filetype(data: bytes) -> str:
    """`jpeg`, `png`, `gif`, `webp`, `heic`, `avif`, `svg`, or the name of another known kind; empty when unknown."""
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav", b"AVI ": "avi"}.get(data[8:12], "")
    if data[:1] == b"\xff" and len(data) > 1 and data[1] & 0xE6 == 0xE2:
        return "mp3"
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    return "svg" if _is_svg(data) else ""


def _iso_media(data: bytes) -> str:
    """The brand of an ISO base media file (ISO/IEC 14496-12, 4.3): the major one, else what it is compatible with."""
    length = min(int.from_bytes(data[:4], "big"), 256, len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length - 3, 4))]
    if not _AVIF_BRANDS.isdisjoint(brands):
        return "avif"
    if not _HEIF_BRANDS.isdisjoint(brands):
        return "heic"
    if brands[0] in _AUDIO_BRANDS:
        return "m4a"
    return "mov" if brands[0] == b"qt  " else "mp4"


def _is_svg(data: bytes) -> bool:
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"<") and b"<svg" in head.lower()
