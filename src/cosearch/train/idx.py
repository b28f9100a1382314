"""The IDX format of MNIST-like data sets: big-endian header, then unsigned bytes."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor

from cosearch.errors import DataError

_UNSIGNED_BYTE = 0x08
_LARGEST_BYTES = 2**31


def read_idx(path: Path, num_dimensions: int) -> Tensor:
    """The array of a gzipped IDX file of unsigned bytes.

    Args:
        path: The file.
        num_dimensions: What it must have: 3 for images, 1 for labels.

    Raises:
        DataError: if it is missing, no gzip, no IDX file of that form, truncated or too long.

    Source: LeCun et al., "The MNIST database", http://yann.lecun.com/exdb/mnist/.
    """
    try:
        with gzip.open(path, "rb") as file:
            magic = file.read(4)
            shape = _shape(magic, file.read(4 * num_dimensions), num_dimensions, path)
            num_bytes = math.prod(shape)
            body = file.read(num_bytes + 1)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; run `make data` or give its folder with --set data.path=DIR") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        raise DataError(f"{path} is not a whole gzip file ({fault}); delete it and run `make data`") from None
    except OSError as fault:
        raise DataError(f"cannot read {path}: {fault.strerror}; check the path") from fault
    if len(body) != num_bytes:
        found = "more" if len(body) > num_bytes else str(len(body))
        raise DataError(
            f"{path}: the header says {num_bytes} bytes, the file has {found}; delete it and run `make data`"
        )
    return torch.frombuffer(bytearray(body), dtype=torch.uint8).reshape(shape)


def _shape(magic: bytes, sizes: bytes, num_dimensions: int, path: Path) -> tuple[int, ...]:
    expected = bytes((0, 0, _UNSIGNED_BYTE, num_dimensions))
    if magic != expected:
        raise DataError(
            f"{path}: starts with {magic.hex() or 'nothing'}, an IDX file of {num_dimensions} dimensions "
            f"with {expected.hex()}; give the original file"
        )
    if len(sizes) != 4 * num_dimensions:
        raise DataError(f"{path}: ends inside its header; delete it and run `make data`")
    shape: tuple[int, ...] = struct.unpack(f">{num_dimensions}I", sizes)
    if min(shape) < 1 or math.prod(shape) > _LARGEST_BYTES:
        raise DataError(
            f"{path}: shape {list(shape)} is empty or above {_LARGEST_BYTES} bytes; give the original file"
        )
    return shape
