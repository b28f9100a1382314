"""Networks as workload graphs: shapes, sources and bits against hand-made values."""

import pytest

from cosearch.errors import WorkloadError
from cosearch.network import block_layers, geometry_of, head_layers, input_bits_of, stem_layers, workload_of


def test_the_stem_reads_the_image_at_edge_bits(tiny):
    (stem,) = stem_layers(tiny, 6)
    assert (stem.name, stem.source) == ("stem", "image")
    assert (stem.K, stem.C, stem.FY, stem.FX, stem.stride_y, stem.padding_x) == (4, 2, 3, 3, 2, 1)
    assert (stem.IY, stem.IX, stem.OY, stem.OX) == (11, 7, 6, 4)
    assert (stem.weight_bits, stem.input_bits, stem.output_bits) == (8, 8, 6)


def test_a_strided_block_has_three_layers_and_no_residual(tiny, blocks):
    expand, depthwise, project = block_layers(tiny, 2, blocks("k5_e3:4/6")[0], "stem", 8)
    assert [layer.name for layer in (expand, depthwise, project)] == [
        "block2.expand",
        "block2.depthwise",
        "block2.project",
    ]
    assert [layer.source for layer in (expand, depthwise, project)] == ["stem", "block2.expand", "block2.depthwise"]
    assert (expand.G, expand.K, expand.C, expand.OY, expand.OX) == (1, 12, 4, 6, 4)
    assert (depthwise.G, depthwise.K, depthwise.C, depthwise.FY, depthwise.padding_y) == (12, 1, 1, 5, 2)
    assert (depthwise.IY, depthwise.IX, depthwise.OY, depthwise.OX, depthwise.stride_x) == (6, 4, 3, 2, 2)
    assert (project.G, project.K, project.C, project.OY, project.OX) == (1, 6, 12, 3, 2)
    assert [layer.output_bits for layer in (expand, depthwise, project)] == [6, 6, 8]
    assert {layer.input_bits for layer in (expand, depthwise, project)} == {6}
    assert {layer.weight_bits for layer in (expand, depthwise, project)} == {4}
    assert project.residual is None
    assert project.residual_bits == 0


def test_groups_apply_to_both_pointwise_layers(tiny, blocks):
    expand, depthwise, project = block_layers(tiny, 3, blocks("k3_e1_g2:4")[0], "block2.project", 8)
    assert (expand.G, expand.K, expand.C) == (2, 3, 3)
    assert (depthwise.G, depthwise.K, depthwise.C) == (6, 1, 1)
    assert (project.G, project.K, project.C) == (2, 3, 3)


def test_a_tensor_is_stored_at_the_bits_of_the_next_block_that_is_no_skip(tiny, blocks):
    network = blocks("k3_e1:8/4", "skip", "k3_e1:4/6", "skip")
    assert input_bits_of(tiny, network) == [4, 6, 6, 8, 8]
    workload = workload_of(tiny, network)
    assert [layer.name for layer in workload.layers] == [
        "stem",
        "block0.expand",
        "block0.depthwise",
        "block0.project",
        "block2.expand",
        "block2.depthwise",
        "block2.project",
        "head",
        "classifier",
    ]
    assert workload.layer("stem").output_bits == 4
    assert workload.layer("block0.project").output_bits == 6
    assert (workload.layer("block0.project").residual, workload.layer("block0.project").residual_bits) == ("stem", 4)
    assert workload.layer("block2.expand").source == "block0.project"
    assert workload.layer("block2.project").output_bits == 8
    assert workload.layer("head").source == "block2.project"


def test_the_head_pools_in_its_store_path_and_the_logits_have_32_bits(tiny):
    head, classifier = head_layers(tiny, "block3.project")
    assert (head.K, head.C, head.OY, head.OX, head.pool_y, head.pool_x) == (8, 6, 3, 2, 3, 2)
    assert (classifier.C, classifier.K, classifier.IY, classifier.OY) == (8, 3, 1, 1)
    assert (classifier.weight_bits, classifier.input_bits, classifier.output_bits) == (8, 8, 32)


def test_the_counts_of_a_network_are_those_computed_by_hand(tiny, blocks):
    workload = workload_of(tiny, blocks("skip", "skip", "k3_e1:4", "skip"))
    macs = 24 * 4 * 2 * 9 + 24 * 4 * 4 + 6 * 4 * 9 + 6 * 4 * 6 + 6 * 6 * 8 + 8 * 3
    weights_bits = 8 * (4 * 2 * 9 + 6 * 8 + 8 * 3) + 4 * (4 * 4 + 4 * 9 + 4 * 6)
    parameter_bits = 64 * (4 + 4 + 4 + 6 + 8 + 3)
    assert (workload.num_macs, workload.model_bits) == (macs, weights_bits + parameter_bits)


def test_geometry_is_computed_once_a_space(tiny):
    assert geometry_of(tiny) is geometry_of(tiny.model_copy())


def test_what_the_space_does_not_hold_is_refused_by_name(tiny, blocks):
    with pytest.raises(WorkloadError, match="1 blocks given; space 'tiny' has 4"):
        workload_of(tiny, blocks("skip"))
    with pytest.raises(WorkloadError, match=r"block2: operator 'skip' cannot stand here; legal: k3_e1, k5_e3"):
        workload_of(tiny, blocks("skip", "skip", "skip", "skip"))
    with pytest.raises(WorkloadError, match=r"block1: 5 bits are not in the space; candidates: \[4, 6, 8\]"):
        workload_of(tiny, blocks("skip", "k3_e1:5", "k3_e1:4", "skip"))
