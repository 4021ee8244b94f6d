"""GitHub's Markdown to HTML, not yet sanitised, through cmark-gfm, and without its binding's leak.

cmarkgfm never frees the tree and the page that cmark allocates for each call: some 45 bytes for each byte of Markdown,
for good, in a service that renders all day. The library exports the functions that free them; where a build hides them
(Windows), rendering works and leaks as the binding does.
"""

import ctypes
import re
from collections.abc import Callable
from contextlib import suppress

from cmarkgfm import cmark
from cmarkgfm.cmark import _cmark

# Beyond these, what is written is no post but an attack on whoever renders it.
LONGEST_MARKDOWN = 2_000_000
LONGEST_HTML = 6_000_000
DEEPEST = 400

_OPTIONS = (
    cmark.Options.CMARK_OPT_UNSAFE  # raw HTML goes through to the sanitiser, which runs last
    | cmark.Options.CMARK_OPT_FOOTNOTES
    | cmark.Options.CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE  # `~5` is about five
)
cmark.core_extensions_ensure_registered()
_EXTENSIONS = [cmark.find_syntax_extension(name) for name in ("table", "autolink", "strikethrough")]
_EDGE = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_UNCLOSED = frozenset({"br", "hr", "img", "source", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "input", "col"})


def to_html(markdown: str) -> str | None:
    """The HTML of Markdown, unsafe as it is; None when it is too long or too deep to be worth rendering."""
    if len(markdown) > LONGEST_MARKDOWN:
        return None
    html = _convert(markdown.encode("utf-8", "replace"))
    return None if len(html) > LONGEST_HTML or _too_deep(html) else html


def _too_deep(html: str) -> bool:
    """Deep nesting makes an HTML parser quadratic; elements that close themselves do not nest."""
    if html.count("<") <= DEEPEST:
        return False
    depth = 0
    for edge in _EDGE.finditer(html):
        if edge[2].lower() in _UNCLOSED:
            continue
        depth = max(0, depth - 1) if edge[1] else depth + 1
        if depth > DEEPEST:
            return True
    return False


def _convert(markdown: bytes) -> str:
    parser = cmark.parser_new(_OPTIONS)
    root = page = _cmark.ffi.NULL
    try:
        for extension in _EXTENSIONS:
            cmark.parser_attach_syntax_extension(parser, extension)
        _cmark.lib.cmark_parser_feed(parser, markdown, len(markdown))
        root = cmark.parser_finish(parser)
        page = _cmark.lib.cmark_render_html(root, _OPTIONS, cmark.parser_get_syntax_extensions(parser))
        return bytes(_cmark.ffi.string(page)).decode("utf-8", "replace")
    finally:
        _free(root, page)
        cmark.parser_free(parser)


class _Allocator(ctypes.Structure):
    """cmark_mem of cmark-gfm.h."""

    _fields_ = (
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    )


def _free(root: object, page: object) -> None:
    if _EXPORTED is None:
        return
    free_tree, free_page = _EXPORTED
    if page != _cmark.ffi.NULL:
        free_page(_address(page))
    if root != _cmark.ffi.NULL:
        free_tree(_address(root))


def _address(pointer: object) -> int:
    return int(_cmark.ffi.cast("uintptr_t", pointer))


def _exported() -> tuple[Callable[[int], None], Callable[[int], None]] | None:
    """What frees a tree, and what frees a page."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(_cmark.__file__)
        library.cmark_node_free.argtypes = [ctypes.c_void_p]
        library.cmark_node_free.restype = None
        library.cmark_get_default_mem_allocator.argtypes = []
        library.cmark_get_default_mem_allocator.restype = ctypes.POINTER(_Allocator)
        return library.cmark_node_free, library.cmark_get_default_mem_allocator().contents.free
    return None


_EXPORTED = _exported()
