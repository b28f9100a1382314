"""Loop orders that differ in what they reuse."""

from cosearch.accelerate.asic.orders import loop_orders


def test_one_order_for_each_axis_along_which_windows_move() -> None:
    assert [order[0] for order in loop_orders("W", slides=True)] == ["OX", "OY"]
    assert [order[0] for order in loop_orders("O", slides=True)] == ["FX", "FY"]
    assert [order[:2] for order in loop_orders("I", slides=True)] == [
        ("K", "OX"),
        ("K", "OY"),
        ("K", "FX"),
        ("K", "FY"),
    ]


def test_orders_that_differ_in_absent_loops_are_one() -> None:
    pointwise = ("K", "C", "OX", "OY")
    assert [order[1] for order in loop_orders("I", slides=True, long=pointwise)] == ["OX", "OY", "FX"]
    assert len(loop_orders("O", slides=True, long=pointwise)) == 1
    assert {len(loop_orders(operand, slides=True, long=("K", "C"))) for operand in ("I", "W", "O")} == {1}
