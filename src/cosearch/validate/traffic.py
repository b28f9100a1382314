"""What a layer must move, counted from its shape alone: neither tile by tile nor by classes of tiles."""

from cosearch.hardware import ACCUMULATOR_BITS, PARAMETER_BITS, Mapping, splits_reduction, words_per_beat
from cosearch.simulate import LayerTrace
from cosearch.validate.cases import Case
from cosearch.workload import Layer


def moves_what_it_must(case: Case, trace: LayerTrace) -> bool:
    """Whether a trace holds every operation and beat of a layer.

    Parameters, outputs, partial sums and residuals move once, to the beat, where their channels begin at beats; else
    no fewer. Weights and the input pixels under some output move at least once.
    """
    layer, beat_bits = case.layer, case.port.beat_bits
    sums = _partial_sums(layer, case.mapping, beat_bits)
    exact = {"P": -(-layer.out_channels * PARAMETER_BITS // beat_bits), "S": sums}
    least = {"W": _weights(case), "I": _inputs(layer, beat_bits)}
    stored = sums + _features(layer, beat_bits, layer.output_bits, layer.pool_y * layer.pool_x)
    (exact if _begins_at_beats(layer, beat_bits, layer.output_bits, layer.output_offset) else least)["STORE"] = stored
    if layer.residual is None:
        exact["R"] = 0
    else:
        added = _features(layer, beat_bits, layer.residual_bits)
        at_beats = _begins_at_beats(layer, beat_bits, layer.residual_bits, layer.residual_offset)
        (exact if at_beats else least)["R"] = added
    beats: dict[str, int] = {str(kind): num for kind, num in trace.beats.items()}
    return (
        trace.operations == layer.num_operations
        and all(beats[kind] == num for kind, num in exact.items())
        and all(beats[kind] >= num for kind, num in least.items())
    )


def _features(layer: Layer, beat_bits: int, bits: int, window: int = 1) -> int:
    """Beats of the output at some bits, each group from a beat of its own; of single channels there is one group."""
    block = words_per_beat(beat_bits, bits)
    blocks = -(-layer.G // block) if layer.is_depthwise else layer.G * -(-layer.K // block)
    return blocks * (layer.OY * layer.OX // window)


def _partial_sums(layer: Layer, mapping: Mapping, beat_bits: int) -> int:
    """Beats of partial sums written: after every reduction step but the last."""
    if not splits_reduction(layer, mapping):
        return 0
    return (-(-layer.C // mapping.tile.C) - 1) * _features(layer, beat_bits, ACCUMULATOR_BITS)


def _begins_at_beats(layer: Layer, beat_bits: int, bits: int, offset: int) -> bool:
    block = words_per_beat(beat_bits, bits)
    return offset % block == 0 and (layer.is_depthwise or layer.G == 1 or layer.K % block == 0)


def _weights(case: Case) -> int:
    """Beats of all weights, packed."""
    layer = case.layer
    kernel = {"convolution": layer.FY * layer.FX, "multiply": 1}.get(layer.op, 0)
    words = 0 if case.chunk.resident_weights else layer.G * layer.K * layer.C * kernel
    return -(-words // words_per_beat(case.port.beat_bits, layer.weight_bits))


def _inputs(layer: Layer, beat_bits: int) -> int:
    """Beats of the input pixels that some output needs."""
    rows = _positions(layer.OY, layer.FY, (layer.stride_y, layer.dilation_y, layer.padding_y), layer.IY)
    columns = _positions(layer.OX, layer.FX, (layer.stride_x, layer.dilation_x, layer.padding_x), layer.IX)
    return -(-layer.G * layer.C // words_per_beat(beat_bits, layer.input_bits)) * rows * columns


def _positions(out: int, kernel: int, steps: tuple[int, int, int], bound: int) -> int:
    stride, dilation, padding = steps
    reached = {o * stride + f * dilation - padding for o in range(out) for f in range(kernel)}
    return sum(0 <= position < bound for position in reached)
