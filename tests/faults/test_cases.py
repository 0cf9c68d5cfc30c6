"""No crash point without a case, and no case that the seeds leave out."""

from services.cli.faults import crash_points
from tests.faults.cases import ALONE, CRASHES, KINDS, POINTS
from tests.faults.plan import CRASHES_PER_SEED, Fault, Plan, plan

IN_CI = range(10)
IN_FULL = range(200)
PROMISED = {
    "restart broker",
    "restart database",
    "poison",
    "mail down",
    "hold",
    "lose orders",
}
"""What even a short run must have, as its faults begin."""


def test_every_crash_point_of_the_code_has_its_case() -> None:
    assert POINTS.keys() | ALONE == {point.name for point in crash_points()}


def test_ten_seeds_pass_every_crash_point() -> None:
    assert {fault.point for seed in IN_CI for fault in faults(plan(seed)) if fault.point} == set(POINTS)


def test_the_long_run_kills_each_service_at_each_of_its_points() -> None:
    assert len(CRASHES) <= CRASHES_PER_SEED * len(IN_FULL)
    died = {(fault.target, fault.point) for seed in IN_FULL for fault in faults(plan(seed)) if fault.point}
    assert died == set(CRASHES) == {(service, point) for point, services in POINTS.items() for service in services}


def test_the_long_run_has_every_kind_of_fault_and_ten_seeds_have_what_is_promised() -> None:
    struck = {(fault.kind, fault.target) for seed in IN_FULL for fault in faults(plan(seed))}
    assert {(kind.name, target) for kind in KINDS for target in kind.targets} <= struck
    short = [str(fault) for seed in IN_CI for fault in faults(plan(seed))]
    assert not {promise for promise in PROMISED if not any(fault.startswith(promise) for fault in short)}


def test_a_seed_means_the_same_everywhere() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


def faults(one: Plan) -> list[Fault]:
    """All faults of a plan."""
    return [fault for phase in one.phases for fault in phase]
