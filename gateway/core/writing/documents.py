"""PDF and plain text, without what describes them.

Of a PDF (ISO 32000) the pages are copied into a new file: its description, XMP of the document and of every object in it, what programs keep
for themselves, files inside, scripts and actions that run by themselves stay behind, and pictures lose what their camera wrote.
"""

import io
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual
from gateway.core.writing.jpeg import without_segments

_MOST_PAGES = 2000
_MOST_OBJECTS = 200_000
_LARGEST = 26_214_400
_UNWANTED = frozenset(
    {"/Metadata", "/PieceInfo", "/LastModified", "/OpenAction", "/AA", "/JavaScript", "/JS", "/EmbeddedFiles", "/AF", "/Collection", "/Thumb",
     "/SpiderInfo", "/LegalAttestation", "/Perms", "/DSS", "/AcroForm", "/RichMedia", "/Requirements", "/VP", "/Measure", "/XFA", "/OPI"}
)  # fmt: skip
_OF_LINKS = frozenset({"/M", "/NM", "/T", "/Contents", "/CreationDate", "/RC", "/Popup"})
_NAMES = frozenset(  # what stands under these is named as the author pleased
    {"/XObject", "/Font", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties", "/CharProcs", "/Dests", "/Colorants"}
)  # fmt: skip
_HELD_ANNOTATIONS = frozenset({"/Link"})
_TELLING = (b"Exif\0\0", b"<x:xmpmeta", b"http://ns.adobe.com/xap/")
_SAFE_ACTIONS = frozenset({"/URI", "/GoTo"})


def pdf(data: bytes) -> tuple[Kind, Encoded]:
    """The pages of a PDF. Raises Damaged, Unusual for one that is encrypted or larger than a mail."""
    if len(data) > _LARGEST:
        raise Unusual("it is too large")
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Unusual("it is encrypted")
    if not 0 < len(reader.pages) <= _MOST_PAGES:
        raise Unusual("it has no pages, or too many")
    writer = PdfWriter()
    for page in reader.pages:
        writer.add_page(page)
    writer.metadata = None
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", writer.root_object)]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        if len(seen) > _MOST_OBJECTS:
            raise Unusual("it has too many parts")
        if isinstance(one, DictionaryObject):
            if name not in _NAMES:
                _tidy(one)
            waiting += one.items()
        elif isinstance(one, ArrayObject):
            waiting += (("", part) for part in one)
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return "file", Encoded(out.getvalue(), "application/pdf")


def text(data: bytes) -> tuple[Kind, Encoded]:
    """Plain text as UTF-8. Raises Damaged for what is no text."""
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Damaged("it is no text in UTF-8") from error
    if not words or any(mark < " " and mark not in "\t\n\r\f" for mark in words):
        raise Damaged("it is no text")
    return "file", Encoded(words.encode(), "text/plain; charset=utf-8")


def _tidy(one: DictionaryObject) -> None:
    """Takes away what describes this object or acts by itself; a picture's own bytes are tidied too."""
    unwanted = _UNWANTED | _OF_LINKS if one.get("/Subtype") == "/Link" else _UNWANTED
    for name in unwanted & one.keys():
        del one[NameObject(name)]
    action = one.get("/A")
    target = action.get_object() if action is not None else None
    if isinstance(target, DictionaryObject) and target.get("/S") not in _SAFE_ACTIONS:
        del one[NameObject("/A")]
    annotations = one.get("/Annots")
    if annotations is not None:
        kept = [entry for entry in annotations.get_object() if _subtype(entry) in _HELD_ANNOTATIONS]
        one[NameObject("/Annots")] = ArrayObject(kept)
    if isinstance(one, StreamObject):
        _tidy_picture(one)
        _check_inside(one)


def _subtype(entry: Any) -> str:
    found = entry.get_object()
    return str(found.get("/Subtype", "")) if isinstance(found, DictionaryObject) else ""


def _check_inside(one: StreamObject) -> None:
    """Raises Unusual when what a page draws holds a camera's words itself, as pictures inside of drawing orders may."""
    if one.get("/Subtype") == "/Image":
        return
    drawn = one.get_data()
    if any(mark in drawn for mark in _TELLING):
        raise Unusual("it holds pictures from which not everything can be taken")


def _tidy_picture(one: StreamObject) -> None:
    filters = one.get("/Filter")
    names = filters.get_object() if filters is not None else ()
    names = [names] if isinstance(names, str) else list(names)
    if "/JPXDecode" in names:
        raise Unusual("it holds pictures in JPEG 2000, from which not everything can be taken")
    if names == ["/DCTDecode"]:
        one._data = without_segments(one._data)
    elif "/DCTDecode" in names:
        raise Unusual("it holds packed pictures, from which not everything can be taken")
