"""Of a PDF goes out what draws its pages and leads from them; nothing else does, wherever it stands."""

import base64
import io
import zlib
from contextlib import suppress

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, PdfObject, StreamObject, read_object

from gateway.core.errors import Invalid
from gateway.core.writing.drawing import without_remarks
from gateway.core.writing.encoded import Unusual
from gateway.core.writing.media import prepare
from tests.core.writing.media_samples import SECRET, camera_jpeg
from tests.email.growth import grows_linearly

TEXT = b"(" + SECRET + b")"
WORDS = b"BT /F1 9 Tf (Said 100% \\) << BI /DCT) Tj ET"
JPEG = b"/Type/XObject/Subtype/Image/Width 16/Height 16/ColorSpace/DeviceRGB/BitsPerComponent 8"
FILE = b"<</Type/Filespec/F" + TEXT + b"/EF<</F 9 0 R>>>>"


def paper(
    parts: dict[int, bytes], *, page: bytes = b"", catalog: bytes = b"", orders: bytes = WORDS, resources: bytes = b""
) -> bytes:
    """A file of one page by hand: objects 1 to 4 are catalog, pages, page and orders, 5 its font; others as given."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>" + resources + b">>" + page + b">>",
        4: stream(b"", orders),
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **parts,
    }  # fmt: skip
    out, places = b"%PDF-1.7\n", dict[int, int]()
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj " % number + objects[number] + b"\nendobj\n"
    table = b"".join(b"%d 1\n%010d 00000 n \n" % one for one in places.items())
    end = b"trailer<</Size 50/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 1\n0000000000 65535 f \n" + table + end


def stream(head: bytes, body: bytes) -> bytes:
    return b"<<" + head + b"/Length %d>>stream\n" % len(body) + body + b"\nendstream"


METADATA = stream(b"/Type/Metadata/Subtype/XML", b"<x:xmpmeta>" + SECRET)
NOTE = stream(b"", SECRET)
DRAWN = b"/XObject<</A 8 0 R>>"


def image(more: bytes, body: bytes | None = None) -> bytes:
    return stream(JPEG + more, camera_jpeg() if body is None else body)


def form(more: bytes, body: bytes = b"q Q") -> bytes:
    return stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + more, body)


PLANTED: dict[str, bytes] = {
    "a map on a page": paper({}, page=b"/LGIDict<</Registration[[" + TEXT + b"]]/Display" + TEXT + b">>"),
    "any key of a page": paper({9: NOTE}, page=b"/Anything 9 0 R/Other[" + TEXT + b"]"),
    "metadata under any key": paper({9: METADATA, 8: image(b"/Filter/DCTDecode/SMask 9 0 R")}, page=b"/Group 9 0 R", resources=DRAWN),
    "metadata in a list": paper({9: METADATA}, resources=b"/ColorSpace<</C[/ICCBased 9 0 R]>>"),
    "viewports and measures": paper({}, page=b"/VP[<</Type/Viewport/Measure<</Type/Measure/Subtype/GEO/GPTS" + TEXT + b">>>>]"),
    "a measure of a form": paper({8: form(b"/Measure<</GPTS[" + TEXT + b"]>>/PtData<</X" + TEXT + b">>")}, resources=DRAWN),
    "what programs keep": paper({}, page=b"/PieceInfo<</App<</Private" + TEXT + b">>>>", catalog=b"/PieceInfo<</A" + TEXT + b">>"),
    "files of a page": paper({9: NOTE}, page=b"/AF[" + FILE + b"]", catalog=b"/AF[" + FILE + b"]/Names<</EmbeddedFiles<</Names[" + TEXT + FILE + b"]>>>>"),
    "files of an annotation": paper({9: NOTE}, page=b"/Annots[<</Subtype/FileAttachment/FS" + FILE + b">><</Subtype/Link/Rect[0 0 1 1]/AF[" + FILE + b"]>>]"),
    "links with more": paper({9: NOTE}, page=b"/Annots[<</Subtype/Link/Rect[0 0 1 1]/X 9 0 R/A<</S/URI/URI(https://a.example)/Next<</S/JavaScript/JS" + TEXT + b">>/Y" + TEXT + b">>>>]"),
    "names of layers": paper({9: b"<</Type/OCG/Name" + TEXT + b"/Usage<</CreatorInfo<</Creator" + TEXT + b">>>>>>"},
                             catalog=b"/OCProperties<</OCGs[9 0 R]/D<<>>>>", resources=b"/Properties<</L 9 0 R>>", orders=b"/OC /L BDC q Q EMC"),
    "properties of parts": paper({9: METADATA}, resources=b"/Properties<</P<</Metadata 9 0 R/GPS" + TEXT + b"/K[" + TEXT + b"]>>>>"),
    "forms": paper({9: NOTE}, catalog=b"/AcroForm<</XFA 9 0 R>>"),
    "a thumbnail": paper({9: image(b"/Filter/DCTDecode")}, page=b"/Thumb 9 0 R"),
    "an indirect filter": paper({8: image(b"/Filter[9 0 R]"), 9: b"/DCTDecode"}, resources=DRAWN),
    "an indirect list of filters": paper({8: image(b"/Filter 9 0 R"), 9: b"[/DCTDecode]"}, resources=DRAWN),
    "a short filter": paper({8: image(b"/Filter/DCT")}, resources=DRAWN),
    "an escaped filter": paper({8: image(b"/Filter/#44CTDecode")}, resources=DRAWN),
    "a picture in a picture": paper({8: image(b"/Filter/DCTDecode/Alternates[<</Image 9 0 R>>]/SMask 9 0 R"), 9: image(b"/Filter/DCTDecode")}, resources=DRAWN),
    "behind the end of a packed picture": paper({8: image(b"/Filter/FlateDecode", zlib.compress(bytes(768)) + SECRET)}, resources=DRAWN),
    "behind the end of a picture in letters": paper({8: image(b"/Filter/A85", b"zzz~>" + SECRET)}, resources=DRAWN),
    "a remark": paper({}, orders=b"q % " + SECRET + b"\n" + WORDS + b" Q %" + SECRET),
    "marked content": paper({}, orders=b"/Span<</GPS" + TEXT + b"/In<</Deep" + TEXT + b">>>>BDC " + WORDS + b" EMC"),
    "a remark in a form": paper({8: form(b"", b"% " + SECRET)}, resources=DRAWN),
    "a remark in a pattern": paper({8: stream(b"/PatternType 1/BBox[0 0 9 9]", b"% " + SECRET)}, resources=b"/Pattern<</P 8 0 R>>"),
    "a remark in a glyph": paper({5: b"<</Type/Font/Subtype/Type3/CharProcs<</a 9 0 R>>>>", 9: stream(b"", b"% " + SECRET)}, orders=b"q Q"),
    "words among names": paper({}, resources=b"/ExtGState<</A" + TEXT + b"/B<</Type/ExtGState/X" + TEXT + b"/D[[" + TEXT + b"]0]>>>>"),
    "the name of a font": paper({5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Name" + TEXT + b">>"}),
    "a shading with more": paper({}, resources=b"/Shading<</S<</ShadingType 2/Coords[0 0 1 1]/Private" + TEXT + b">>>>"),
    "a description of the document": paper({9: METADATA}, catalog=b"/Metadata 9 0 R/Lang" + TEXT + b"/URI<</Base" + TEXT + b">>/StructTreeRoot<</K" + TEXT + b">>"),
}  # fmt: skip


def unpacked(data: bytes) -> bytes:
    """The bytes, what each of its streams unpacks to, and all its strings."""
    found = [data]
    reader = PdfReader(io.BytesIO(data))
    for number in reader.xref[0]:
        one = reader.get_object(number)
        with suppress(Exception):  # of what is no stream, or packed as a picture
            found.append(one.get_data())  # type: ignore[union-attr]
        found.append(repr(one).encode("latin-1", "replace"))
    return b"\n".join(found)


@pytest.mark.parametrize("where", PLANTED)
def test_nothing_that_describes_goes_out_with_a_paper(where: str) -> None:
    data = PLANTED[where]
    assert SECRET in data
    made = prepare(data, "a.pdf").renditions[0].data
    published = unpacked(made)
    assert [
        mark for mark in (SECRET, b"SECR", b"xmpmeta", b"Exif", b"/Metadata", b"LGIDict") if mark in published
    ] == []
    [page] = PdfReader(io.BytesIO(made)).pages
    if WORDS in data:
        assert "Said 100% ) << BI /DCT" in page.extract_text()


INLINE = b"q BI /W 16 /H 16 /CS /RGB /BPC 8 %b ID %b EI Q"
REFUSED: dict[str, bytes] = {
    "a packed picture": paper({8: image(b"/Filter[/FlateDecode/DCTDecode]", zlib.compress(camera_jpeg()))}, resources=DRAWN),
    "a picture in hexadecimal digits": paper({8: image(b"/Filter[/AHx 9 0 R]", camera_jpeg().hex().encode() + b">"), 9: b"/DCT"}, resources=DRAWN),
    "JPEG 2000": paper({8: image(b"/Filter[9 0 R]", SECRET), 9: b"/JPXDecode"}, resources=DRAWN),
    "an unknown filter": paper({8: image(b"/Filter/Secret", SECRET)}, resources=DRAWN),
    "a filter that is no name": paper({8: image(b"/Filter[(DCTDecode)]")}, resources=DRAWN),
    "an inline picture": paper({}, orders=INLINE % (b"/F /DCT", camera_jpeg())),
    "an inline picture in digits": paper({}, orders=INLINE % (b"/F [/AHx /DCT]", camera_jpeg().hex().encode() + b">")),
    "an inline picture in letters": paper({}, orders=INLINE % (b"/Filter [/A85 /D#43TDecode]", base64.a85encode(camera_jpeg()) + b"~>")),
    "an inline picture without an end": paper({}, orders=b"q BI /W 1 /H 1 ID " + SECRET),
    "an inline picture in a form": paper({8: form(b"", INLINE % (b"/F[/DCT]", camera_jpeg()))}, resources=DRAWN),
    "layers that are hidden": paper({9: b"<</Type/OCG/Name(a)>>"}, catalog=b"/OCProperties<</OCGs[9 0 R]/D<</OFF[9 0 R]>>>>"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_a_paper_that_cannot_be_cleaned_for_sure_is_refused_with_a_note(why: str) -> None:
    with pytest.raises(
        Invalid, match=r"“a\.pdf” can't be published: (it holds|a part of it is packed|it has hidden layers)"
    ) as refused:
        prepare(REFUSED[why], "a.pdf")
    assert "It was left out." in str(refused.value)


KEPT: dict[str, bytes] = {
    "strings": rb"BT (a % b \( << c) Tj <25 3c3c> Tj [(x) 3 (y(%)z)] TJ ET",
    "a plain picture": b"q BI /W 2 /H 1 /CS /G /BPC 8 ID %( EI Q",
    "a packed picture": b"q BI /W 64 /H 4 /CS /G /BPC 8 /F /Fl ID " + zlib.compress(b" EI % (" * 40, 0) + b" EI Q",
    "a picture in letters": b"q BI /W 4 /H 1 /CS /G /BPC 8 /F [/A85] ID " + base64.a85encode(b"%(<<") + b"~> EI Q",
    "a picture in digits": b"q BI /W 1 /H 1 /CS /G /BPC 8 /F /AHx ID 25> EI Q",
    "odd ends": b"(never closed",
}


@pytest.mark.parametrize("what", KEPT)
def test_drawing_orders_stay_as_they_are(what: str) -> None:
    assert without_remarks(KEPT[what]) == KEPT[what]


def test_what_draws_a_page_stays() -> None:
    writer = PdfWriter()
    page = writer.add_blank_page(99, 99)
    resources = (
        b"<</ExtGState<</G<</Type/ExtGState/ca 0.5/SMask/None>>>>/ColorSpace<</C[/Indexed/DeviceRGB 1(abcdef)]>>"
        b"/Shading<</S<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 9 9]/Function<</FunctionType 2/Domain[0 1]/C0[0 0 0]/C1[1 1 1]/N 1>>>>>>"
        b"/Font<</F<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/X"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/W[1[500]]/DW 1000>>]>>>>>>"
    )
    given = read_object(io.BytesIO(resources), None)
    assert isinstance(given, DictionaryObject)
    page[NameObject("/Resources")] = given
    orders = StreamObject()
    orders.set_data(b"/G gs /S sh")
    page[NameObject("/Contents")] = writer._add_object(orders)
    out = io.BytesIO()
    writer.write(out)
    [made] = PdfReader(io.BytesIO(prepare(out.getvalue(), "a.pdf").renditions[0].data)).pages
    assert _plain(made["/Resources"]) == _plain(given)


def _plain(one: PdfObject) -> object:
    found = one.get_object()
    if isinstance(found, DictionaryObject):
        return {name: _plain(value) for name, value in found.items()}
    return [_plain(part) for part in found] if isinstance(found, list) else str(found)


@pytest.mark.parametrize("piece", [b"(", b"<<", b"BI ", b"% \n", b"()", b"<a>", b"q BI ID x EI\n"])
def test_the_time_of_orders_grows_with_their_size(piece: bytes) -> None:
    def work(orders: bytes) -> None:
        with suppress(Unusual):
            without_remarks(orders)

    grows_linearly(lambda count: piece * count, work, size=6_000)
