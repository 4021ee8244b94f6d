"""Tables of HTML mail: those that only place things become blocks, the others get the end tags that HTML lets one leave out.

The end tag of a cell or row may be left out (HTML, 13.1.2.4). The library that makes Markdown reads a table without them twice.
"""

import re
from dataclasses import dataclass, field

_TABLE_TAG = re.compile(r"<(/?)(table|tbody|thead|tfoot|tr|td|th)((?:\s|/)[^<>]{0,4000})?>", re.IGNORECASE)
_CELLS = frozenset({"td", "th"})


@dataclass(slots=True)
class _Table:
    """A table being read: where its tags stand, what is open in it, the cells of its rows, and the end tags it lacks by where they belong."""

    tags: list[int]
    open: list[str] = field(default_factory=list)  # of row and cell
    lacking: dict[int, str] = field(default_factory=dict)
    cells: int = 0
    most_cells: int = 0
    rows: int = 0
    layout: bool = False

    def read(self, index: int, name: str, closing: str) -> None:
        """One more of its tags."""
        self.tags.append(index)
        self._end_what_is_open(index, name, closing)
        if closing:
            return
        if name == "tr":
            self.rows, self.cells = self.rows + 1, 0
        elif name in _CELLS:
            self.cells += 1
            self.most_cells = max(self.most_cells, self.cells)

    def _end_what_is_open(self, index: int, name: str, closing: str) -> None:
        """A cell ends a cell; all else ends row and cell. An end tag that stands there ends its own."""
        keeps = 1 if name in _CELLS and self.open[:1] == ["tr"] else 0
        ended, self.open = self.open[keeps:], self.open[:keeps]
        if closing and name in ended:
            ended = ended[ended.index(name) + 1 :]
        if ended:
            self.lacking[index] = "".join(f"</{one}>" for one in reversed(ended))
        if not closing and (name == "tr" or name in _CELLS):
            self.open.append(name)


def without_layout_tables(html: str) -> str:
    """The HTML with tables that only place things (nested, one column, `role=presentation`) made into blocks, and every cell of the others ended."""
    found = list(_TABLE_TAG.finditer(html))
    if not found:
        return html
    for_layout, lacking = _read(found)
    pieces: list[str] = []
    at = 0
    for index in sorted(for_layout | lacking.keys()):
        tag = found[index]
        shown = f"<{tag[1]}div>" if index in for_layout else tag[0]
        pieces += [html[at : tag.start()], lacking.get(index, ""), shown]
        at = tag.end()
    return "".join([*pieces, html[at:]])


def _read(found: list[re.Match[str]]) -> tuple[set[int], dict[int, str]]:
    """The tags of tables for layout, and what to put before which tags of the others."""
    for_layout: set[int] = set()
    lacking: dict[int, str] = {}
    stack: list[_Table] = []
    for index, tag in enumerate(found):
        closing, name, attributes = tag[1], tag[2].lower(), (tag[3] or "").lower()
        if name == "table" and not closing:
            for outer in stack[-1:]:
                outer.layout = True
            stack.append(_Table([index], layout="presentation" in attributes))
            continue
        if not stack:
            continue
        table = stack[-1]
        table.read(index, name, closing)
        if name == "table":
            stack.pop()
            if table.layout or table.most_cells < 2 or table.rows < 2:
                for_layout.update(table.tags)
            else:
                lacking.update(table.lacking)
    for table in stack:  # never closed
        for_layout.update(table.tags)
    return for_layout, lacking
