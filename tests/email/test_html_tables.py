"""Tables of HTML mail, as they are given to the library that makes Markdown."""

import pytest

from gateway.email.html_body import markdown
from gateway.email.html_tables import without_layout_tables

WHOLE = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"


@pytest.mark.parametrize(
    "written",
    [
        WHOLE,
        "<table><tr><th>a<th>b<tr><td>1<td>2</table>",
        "<table><tr><th>a</th><th>b</tr><tr><td>1</td><td>2</td></table>",
        "<table><tr><th>a<th>b</th></tr><tr><td>1<td>2</tr></table>",
    ],
)
def test_cells_and_rows_are_ended_where_html_lets_one_leave_that_out(written: str) -> None:
    assert without_layout_tables(written) == WHOLE


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<TABLE><THEAD><TR><TH>a<TH>b<TBODY><TR><TD>1<TD>2</TABLE>after", "</TABLE>after"),
        (
            "<table><td>a<td>b<tr><td>1<td>2<tr></table>",
            "<table><td>a</td><td>b</td><tr><td>1</td><td>2</td></tr><tr></tr></table>",
        ),
        ("<table><tr><td>a</th><td>b<tr><td>1<td>2</table>", "<td>b</td></tr>"),
        ("<table><tr><td>only<tr><td>one column</table>", "<div><div><div>only<div><div>one column</div>"),
        ("<td>no table<td>at all", "<td>no table<td>at all"),
    ],
)
def test_odd_tables_keep_their_words(written: str, read: str) -> None:
    assert read in without_layout_tables(written)


def test_a_table_reads_the_same_with_its_end_tags_and_without() -> None:
    bare = "<p>Before</p><table><tr><th>day<th>tea<tr><td>Monday<td><b>green</b><tr><td>Tuesday<td>mint</table><p>After</p>"
    whole = bare.replace("<th>tea<tr>", "</th><th>tea</th></tr><tr>").replace(
        "<td>mint</table>", "</td><td>mint</td></tr></table>"
    )
    whole = whole.replace("Monday<td><b>green</b><tr>", "Monday</td><td><b>green</b></td></tr><tr>")
    assert [line.split() for line in markdown(bare).splitlines()] == [
        line.split() for line in markdown(whole).splitlines()
    ]
    assert ["|", "Monday", "|", "**green**", "|"] in [line.split() for line in markdown(bare).splitlines()]
