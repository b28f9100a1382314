from cosearch.design import Infeasible, Limit, Relaxation
from cosearch.records import canonical_json


def test_an_infeasible_result_is_written_and_read_back() -> None:
    dsp, fps = Limit(metric="dsp", op="<=", limit=10), Limit(metric="fps", op=">=", limit=1e6)
    result = Infeasible(
        status="infeasible",
        binding="dsp",
        relaxations=(Relaxation(limit=dsp, sufficient=36.0), Relaxation(limit=fps, sufficient=None)),
        joint_factor=1.9,
        reason="no design with 10 DSPs reaches 1e+06 images a second",
    )
    assert Infeasible.model_validate_json(canonical_json(result)) == result
