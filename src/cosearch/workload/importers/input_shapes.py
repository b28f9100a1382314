"""The shape of a network's input, where the file leaves dimensions open."""

from collections.abc import Sequence

from cosearch.errors import WorkloadError


def settled(name: str, sizes: Sequence[int | str], input_shape: Sequence[int] | None) -> tuple[int, ...]:
    """Lengths of all dimensions of an input.

    Args:
        name: Of the input.
        sizes: As the file states them; a text is the name of an open dimension.
        input_shape: What the caller says, the batch first; None leaves open dimensions open.

    Raises:
        WorkloadError: if a dimension is open, or the caller contradicts the file.
    """
    where = f"input {name!r}"
    if input_shape is None:
        opened = [(index, size) for index, size in enumerate(sizes) if isinstance(size, str)]
        if opened:
            index, size = opened[0]
            example = ", ".join(str(size) if isinstance(size, int) else "..." for size in sizes)
            raise WorkloadError(f"dimension {index} ({size}) has no fixed length; give input_shape=({example})").at(
                where
            )
        input_shape = [size for size in sizes if isinstance(size, int)]
    if len(input_shape) != len(sizes):
        raise WorkloadError(f"input_shape has {len(input_shape)} dimensions; the file has {len(sizes)}").at(where)
    for index, (size, wanted) in enumerate(zip(sizes, input_shape, strict=True)):
        if wanted < 1:
            raise WorkloadError(f"input_shape has {wanted} at dimension {index}; it must be at least 1").at(where)
        if isinstance(size, int) and size != wanted:
            raise WorkloadError(f"input_shape has {wanted} at dimension {index}; the file fixes {size}").at(where)
    return tuple(input_shape)
