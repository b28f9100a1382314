"""CSV rows give typed cells, and every error names the file's line."""

import pytest

from cosearch.errors import DataError
from cosearch.validate.csv_rows import read_rows

TEXT = """# a comment
name, size, ms

a, 3, 1.5
b, , x
"""


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text(TEXT)
    return read_rows(path, ("name", "size"))


def test_cells_are_read_by_type(rows):
    assert [row.text("name") for row in rows] == ["a", "b"]
    assert rows[0].integer("size") == 3
    assert rows[0].number("ms") == 1.5
    assert rows[0].has("size")
    assert not rows[1].has("size")
    assert not rows[1].has("nowhere")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda rows: rows[1].text("size"), r"some\.csv:5: size is empty; fill it in"),
        (lambda rows: rows[1].number("ms"), r"some\.csv:5: ms='x' is not a number; mend it"),
        (lambda rows: rows[0].integer("ms"), r"some\.csv:4: ms='1\.5' is not a whole number; mend it"),
        (lambda rows: rows[0].integer("size", least=4), r"some\.csv:4: size=3 must be at least 4"),
        (lambda rows: rows[0].number("ms", above=2), r"some\.csv:4: ms=1\.5 must be a finite number above 2"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(rows, read, message):
    with pytest.raises(DataError, match=message):
        read(rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", r"bad\.csv: no rows; give a line of column names and rows under it"),
        ("name,ms\n", r"bad\.csv: no rows"),
        ("#\nname,ms\na,1\n", r"bad\.csv:2: no column 'size'; the columns are name, ms"),
        ("name,size\na,1\nb\n", r"bad\.csv:3: 1 cells under 2 columns; mend the line"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_rows(path, ("name", "size"))
