"""The names under which a PDF keeps what draws a page (ISO 32000-1). What stands under any other is not published."""

PAGE = frozenset(  # 7.7.3.3
    {"/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Contents", "/Rotate", "/Group", "/Annots", "/UserUnit"}
)  # fmt: skip
RESOURCES = frozenset(  # 7.8.3
    {"/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font", "/Properties", "/ProcSet"}
)
LINK = frozenset(
    {"/Type", "/Subtype", "/Rect", "/Border", "/C", "/H", "/QuadPoints", "/A", "/Dest", "/BS", "/F"}
)  # 12.5.6.5
TEXTS = frozenset(
    {"/Registry", "/Ordering", "/URI", "/Dest", "/D", "/FontFamily", "/CharSet"}
)  # strings stand under these only

_TREE = {
    "/Type",
    "/Subtype",
    "/Pages",
    "/Kids",
    "/Count",
    "/Parent",
    "/Resources",
    "/MediaBox",
    "/CropBox",
    "/Rotate",
    "/URI",
}
_STREAM = {"/Length", "/Filter", "/DecodeParms", "/Predictor", "/Colors", "/Columns", "/EarlyChange", "/K", "/EndOfLine", "/EncodedByteAlign",
           "/Rows", "/EndOfBlock", "/BlackIs1", "/DamagedRowsBeforeError", "/JBIG2Globals", "/ColorTransform"}  # fmt: skip
_STATE = {"/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/OP", "/op", "/OPM", "/Font", "/BG", "/BG2", "/UCR", "/UCR2", "/TR", "/TR2", "/FL", "/SM", "/SA",
          "/BM", "/SMask", "/CA", "/ca", "/AIS", "/TK", "/S", "/G", "/BC", "/CS", "/I", "/W"}  # fmt: skip
_PICTURE = {"/FormType", "/BBox", "/Matrix", "/Group", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent", "/ImageMask", "/Mask",
            "/Decode", "/Interpolate", "/SMaskInData", "/Matte"}  # fmt: skip
_COLOUR = {
    "/N",
    "/Alternate",
    "/Range",
    "/WhitePoint",
    "/BlackPoint",
    "/Gamma",
    "/Process",
    "/Components",
    "/Colorants",
}
_FUNCTION = {
    "/FunctionType",
    "/Domain",
    "/Size",
    "/BitsPerSample",
    "/Order",
    "/Encode",
    "/C0",
    "/C1",
    "/Functions",
    "/Bounds",
}
_PATTERN = {"/PatternType", "/PaintType", "/TilingType", "/XStep", "/YStep", "/Shading", "/ExtGState", "/ShadingType", "/Background", "/AntiAlias",
            "/Coords", "/Extend", "/Function", "/BitsPerCoordinate", "/BitsPerFlag", "/VerticesPerRow"}  # fmt: skip
_FONT = {"/BaseFont", "/FirstChar", "/LastChar", "/Widths", "/FontDescriptor", "/Encoding", "/ToUnicode", "/DescendantFonts", "/CIDSystemInfo",
         "/Registry", "/Ordering", "/Supplement", "/DW", "/DW2", "/W2", "/CIDToGIDMap", "/FontBBox", "/FontMatrix", "/CharProcs", "/BaseEncoding",
         "/Differences", "/FontName", "/FontFamily", "/FontStretch", "/FontWeight", "/Flags", "/ItalicAngle", "/Ascent", "/Descent", "/Leading",
         "/CapHeight", "/XHeight", "/StemV", "/StemH", "/AvgWidth", "/MaxWidth", "/MissingWidth", "/FontFile", "/FontFile2", "/FontFile3", "/CharSet",
         "/CIDSet", "/Length1", "/Length2", "/Length3", "/CMapName", "/UseCMap", "/WMode"}  # fmt: skip

DRAWING = frozenset(_TREE | _STREAM | _STATE | _PICTURE | _COLOUR | _FUNCTION | _PATTERN | _FONT)
