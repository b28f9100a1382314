"""Weights on disk, as safetensors: arrays and nothing that could run."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from cosearch.errors import RunError
from cosearch.records import write_atomically


def save_weights(module: nn.Module, path: Path) -> None:
    """Write every parameter and buffer; equal weights are equal bytes.

    Raises:
        RunError: if the folder cannot be written.
    """
    write_atomically(path, save({name: value.contiguous() for name, value in module.state_dict().items()}))


def load_weights(module: nn.Module, path: Path) -> None:
    """Read parameters and buffers into a module of the same form.

    Raises:
        RunError: if the file is missing, no safetensors file, or of another network.
    """
    try:
        state = load(path.read_bytes())
    except OSError as fault:
        raise RunError(f"cannot read {path}: {fault.strerror}; run `cosearch train` first") from fault
    except SafetensorError as fault:
        raise RunError(f"{path} is not a whole safetensors file ({fault}); run `cosearch train` again") from fault
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    if own != found:
        name = sorted(key for key in own.keys() | found.keys() if own.get(key) != found.get(key))[0]
        raise RunError(
            f"{path} is of another network: {name} is {found.get(name, 'missing')}, "
            f"expected {own.get(name, 'none')}; use the run's own weights"
        )
    module.load_state_dict(state)
