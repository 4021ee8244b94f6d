"""PDF and plain text, without what describes them.

Of a PDF (ISO 32000) the pages are copied into a new file, and of every object in it only what draws the page or leads from it: what is not known to
do that stays behind, whoever put it there. So go its description, XMP of the document and of any object, places on maps, what programs keep for
themselves, files inside, scripts and actions that run by themselves; pictures lose what their camera wrote, drawing orders their remarks.
"""

import codecs
import io
import zlib
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    StreamObject,
    TextStringObject,
)

from gateway.core.words import N
from gateway.core.writing.drawing import TELLING, without_remarks
from gateway.core.writing.encoded import Damaged, Encoded, Kind, Unusual
from gateway.core.writing.jpeg import without_segments
from gateway.core.writing.pdf_keys import DRAWING, LINK, PAGE, RESOURCES, TEXTS

_MOST_PAGES = 2000
_MOST_OBJECTS = 200_000
_LARGEST = 26_214_400
_MOST_ORDERS = 80_000_000  # bytes unpacked, of all pages
_NEVER = frozenset(
    {"/Metadata", "/EmbeddedFile", "/Filespec", "/F", "/Measure", "/Viewport", "/PtData", "/Sig", "/XML"}
)
_SAFE_ACTIONS = frozenset({"/URI", "/GoTo"})
_NAMED = {"/CharProcs": "glyphs", "/Colorants": "names"}
_FILTERS = {
    "/A85": "/ASCII85Decode", "/AHx": "/ASCIIHexDecode", "/CCF": "/CCITTFaxDecode", "/DCT": "/DCTDecode", "/Fl": "/FlateDecode", "/LZW": "/LZWDecode",
    "/RL": "/RunLengthDecode", "/JBIG2": "/JBIG2Decode", "/JPX": "/JPXDecode",
}  # fmt: skip
_KNOWN_FILTERS = frozenset(_FILTERS.values())


def pdf(data: bytes) -> tuple[Kind, Encoded]:
    """The pages of a PDF. Raises Damaged, Unusual for one that is encrypted or larger than a mail."""
    if len(data) > _LARGEST:
        raise Unusual(N("it is too large"))
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Unusual(N("it is encrypted"))
    if not 0 < len(reader.pages) <= _MOST_PAGES:
        raise Unusual(N("it has no pages, or too many"))
    if _hides_layers(reader):
        raise Unusual(N("it has hidden layers, which would show"))
    writer = PdfWriter()
    for page in reader.pages:
        writer.add_page(page)
    writer.metadata = None
    _Tidying().all_from(writer.root_object)
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return "file", Encoded(out.getvalue(), "application/pdf")


def text(data: bytes) -> tuple[Kind, Encoded]:
    """Plain text as UTF-8, from that or what has a mark of UTF-16. Raises Damaged for what is no text, Unusual for text of which nobody says how it is written."""
    by_mark = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        words = data.decode(by_mark)
    except UnicodeDecodeError as error:
        raise Unusual(N("it is not written in UTF-8")) from error
    if not words or any(mark < " " and mark not in "\t\n\r\f" for mark in words):
        raise Damaged(N("it is no text"))
    return "file", Encoded(words.encode(), "text/plain; charset=utf-8")


def _hides_layers(reader: PdfReader) -> bool:
    """Whether parts of the pages are not shown at first (8.11.4.3); the list of layers itself does not go out."""
    layers = _resolved(reader.root_object.get("/OCProperties"))
    shown = _resolved(layers.get("/D")) if isinstance(layers, DictionaryObject) else None
    return isinstance(shown, DictionaryObject) and (
        shown.get("/BaseState") == "/OFF" or bool(_resolved(shown.get("/OFF")))
    )


class _Tidying:
    """A walk over all objects of a new file, each in the role in which it is first met."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._orders = 0

    def all_from(self, root: DictionaryObject) -> None:
        waiting: list[tuple[str, Any]] = [("", root)]
        while waiting:
            role, one = waiting.pop()
            if isinstance(one, IndirectObject):
                if one.idnum in self._seen:
                    continue
                self._seen.add(one.idnum)
                if len(self._seen) > _MOST_OBJECTS:
                    raise Unusual(N("it has too many parts"))
                one = one.get_object()
            if isinstance(one, DictionaryObject):
                self._dictionary(one, role)
                waiting += ((_role(name, value, role), value) for name, value in one.items())
            elif isinstance(one, ArrayObject):
                _tidy_array(one)
                waiting += ((role if role == "orders" else "", part) for part in one)

    def _dictionary(self, one: DictionaryObject, role: str) -> None:
        if role == "layer":  # a layer's name and who made it; the orders still speak of it
            one.clear()
        elif role in {"names", "glyphs", "layers"}:
            _keep(one, set(one.keys()))
        elif role == "resources":
            _keep(one, RESOURCES)
        elif one.get("/Type") == "/Page":
            _keep(one, PAGE)
            _tidy_annotations(one)
        elif one.get("/Subtype") == "/Link":
            _keep(one, LINK)
            _tidy_action(one)
        else:
            _keep(one, DRAWING)
        if isinstance(one, StreamObject):
            self._stream(one, role)

    def _stream(self, one: StreamObject, role: str) -> None:
        filters = _filters(one)
        if "/JPXDecode" in filters:
            raise Unusual(N("it holds pictures in JPEG 2000, from which not everything can be taken"))
        if filters == ["/DCTDecode"]:
            one._data = without_segments(one._data)
        elif "/DCTDecode" in filters:
            raise Unusual(N("it holds packed pictures, from which not everything can be taken"))
        elif role in {"orders", "glyph"} or one.get("/Subtype") == "/Form" or one.get("/PatternType") == 1:
            orders = one.get_data()
            self._orders += len(orders)
            if self._orders > _MOST_ORDERS:
                raise Unusual(N("it is too large"))
            one._data = zlib.compress(without_remarks(orders))
            one[NameObject("/Filter")] = NameObject("/FlateDecode")
            if "/DecodeParms" in one:
                del one[NameObject("/DecodeParms")]
        else:
            one._data = _without_rest(one._data, filters[0] if filters else "")
            if one.get("/Subtype") != "/Image" and any(mark in one.get_data() for mark in TELLING):
                raise Unusual(N("it holds descriptions that can't be taken out"))


def _role(name: str, value: Any, outer: str) -> str:
    """What an entry of a dictionary is, as far as its rules differ."""
    if outer == "resources":
        return "layers" if name == "/Properties" else "names"
    if outer in {"layers", "glyphs"}:
        return outer[:-1]
    if outer == "names":
        return ""
    if name == "/Resources":
        return "resources"
    return "orders" if name == "/Contents" else _NAMED.get(name, "")


def _keep(one: DictionaryObject, wanted: Any) -> None:
    """Takes away every entry that is not wanted, that is words where none belong, or a thing that describes."""
    for name, value in list(one.items()):
        found = _resolved(value)
        is_words = isinstance(found, TextStringObject | ByteStringObject)
        if name not in wanted or (is_words and name not in TEXTS) or _describes(found):
            del one[NameObject(name)]


def _tidy_array(one: ArrayObject) -> None:
    """Words are at home only in palettes (8.6.6.3)."""
    palette = bool(one) and one[0] in ("/Indexed", "/I")
    for place, part in enumerate(one):
        found = _resolved(part)
        if (isinstance(found, TextStringObject | ByteStringObject) and not palette) or _describes(found):
            one[place] = NullObject()


def _describes(found: Any) -> bool:
    return isinstance(found, DictionaryObject) and any(
        str(_resolved(found.get(name))) in _NEVER for name in ("/Type", "/Subtype")
    )


def _tidy_annotations(page: DictionaryObject) -> None:
    annotations = _resolved(page.get("/Annots"))
    if annotations is None:
        return
    entries = annotations if isinstance(annotations, ArrayObject) else ()
    links = [
        entry
        for entry in entries
        if isinstance(_resolved(entry), DictionaryObject) and _resolved(entry).get("/Subtype") == "/Link"
    ]
    page[NameObject("/Annots")] = ArrayObject(links)


def _tidy_action(link: DictionaryObject) -> None:
    """A link leads to a page or an address, or nowhere."""
    target = _resolved(link.get("/A"))
    if isinstance(target, DictionaryObject) and str(_resolved(target.get("/S"))) in _SAFE_ACTIONS:
        _keep(target, {"/S", "/URI", "/D"})
    elif target is not None:
        del link[NameObject("/A")]


def _filters(one: StreamObject) -> list[str]:
    """The full names of a stream's filters, which then stand in it as plain names. Raises Unusual for unknown ones."""
    given = _resolved(one.get("/Filter"))
    if given is None or isinstance(given, NullObject):
        return []
    names = [_resolved(part) for part in given] if isinstance(given, ArrayObject) else [given]
    full = [_FILTERS.get(name, name) if isinstance(name, NameObject) else "" for name in names]
    if not _KNOWN_FILTERS.issuperset(full):
        raise Unusual(N("a part of it is packed in an unknown way"))
    one[NameObject("/Filter")] = (
        NameObject(full[0]) if len(full) == 1 else ArrayObject(NameObject(name) for name in full)
    )
    return full


def _without_rest(data: bytes, first: str) -> bytes:
    """What a filter reads of a stream's bytes, without what stands after their end."""
    if first == "/ASCII85Decode" and (end := data.find(b"~>")) >= 0:
        return data[: end + 2]
    if first == "/ASCIIHexDecode" and (end := data.find(b">")) >= 0:
        return data[: end + 1]
    if first != "/FlateDecode":
        return data
    unpacking, read = zlib.decompressobj(), 0
    try:
        while read < len(data) and not unpacking.eof:
            unpacking.decompress(data[read : read + 65536])
            read += 65536
    except zlib.error as error:
        raise Damaged(N("a part of it can't be unpacked")) from error
    return data[: min(read, len(data)) - len(unpacking.unused_data)]


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
