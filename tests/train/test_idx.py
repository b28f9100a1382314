"""IDX files: what is read, and one line for every way a file can be wrong."""

import gzip
import struct
from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.train import read_idx


def idx(shape: tuple[int, ...], body: bytes) -> bytes:
    return bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + body


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def test_an_array_is_read_in_order(tmp_path):
    array = read_idx(write(tmp_path / "a.gz", idx((2, 2, 3), bytes(range(12)))), 3)
    assert array.shape == (2, 2, 3)
    assert array.flatten().tolist() == list(range(12))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "starts with nothing, an IDX file of 1 dimensions with 00000801"),
        (idx((1, 1, 1), b"x"), "starts with 00000803"),
        (bytes((0, 0, 8, 1)) + b"\0", "ends inside its header"),
        (idx((5,), b"1234"), "the header says 5 bytes, the file has 4"),
        (idx((5,), b"123456"), "the header says 5 bytes, the file has more"),
        (idx((0,), b""), r"shape \[0\] is empty or above 2147483648 bytes"),
        (idx((2**32 - 1,), b""), "is empty or above"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path, content, message):
    path = write(tmp_path / "a.gz", content)
    with pytest.raises(DataError, match=message) as error:
        read_idx(path, 1)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_truncated_gzip_or_none_at_all_says_what_to_do(tmp_path):
    whole = gzip.compress(idx((5000,), bytes(i % 251 for i in range(5000))))
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "plain.gz").write_bytes(b"hello, no gzip")
    for name in ("cut.gz", "plain.gz"):
        with pytest.raises(DataError, match=r"is not a whole gzip file .* delete it and run `make data`"):
            read_idx(tmp_path / name, 1)
    with pytest.raises(DataError, match=r"is missing; run `make data` or give its folder with --set data.path=DIR"):
        read_idx(tmp_path / "none.gz", 1)
    with pytest.raises(DataError, match="Is a directory; check the path"):
        read_idx(tmp_path, 1)
