"""The rules alone: what becomes of an obligation, and how a lane is paced."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.channel_orders import nobody
from services.notifications.domain.lanes import PROBE, Lane, Leave, Rate, after, fresh, healed, leave, spent
from services.notifications.domain.lifecycle import Standing, follow, wait
from services.notifications.domain.payloads import Letter
from services.notifications.domain.results import Result, Trouble, clip, done, down, rejected, unknown
from services.notifications.domain.wanted import Written, asks, compare, wanted
from shared.contracts import Channel, Invoicing, Levels, LineKind, Marketplace, Outcome, Status, StatusType
from tests.notifications.driver import NOON, entry, line, marketplace_order, order, parcel, shop

RATE = Rate(2, 10)
BUSY = Result(Outcome.RETRY, retry_after=30, trouble=Trouble.BUSY)
REFUSED = Result(Outcome.RETRY, trouble=Trouble.REFUSED)


def _standing(state: Outcome = Outcome.DUE, **changes: object) -> Standing:
    values: dict[str, object] = {
        "channel": "mail", "state": state, "attempts": 1, "since": NOON, "attempted_at": NOON, "unsure_since": None,
    }  # fmt: skip
    return Standing(**values | changes)  # type: ignore[arg-type]


@pytest.mark.failure_mode(14)
def test_waits_double_from_seconds_to_an_hour() -> None:
    assert [wait(attempts, 0.999) for attempts in (1, 2, 3, 11, 1000)] == pytest.approx(
        [5, 10, 20, 3600, 3600], rel=0.01
    )
    assert wait(5, 0.0) > 0


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_no_wait_is_over_an_hour(attempts: int, jitter: float) -> None:
    assert 0.5 <= wait(attempts, jitter) <= 3600


def test_done_and_rejected_close() -> None:
    for result, state in ((done("ref"), Outcome.DONE), (rejected("no"), Outcome.REJECTED)):
        step = follow(_standing(unsure_since=NOON), result, NOON, 0.5)
        assert (step.state, step.due_at, step.unsure_since) == (state, None, None)


def test_a_retry_is_tried_later_and_the_other_side_may_say_when() -> None:
    assert follow(_standing(), down("x"), NOON, 0.5).due_at == NOON + timedelta(seconds=2.5)
    assert follow(_standing(), BUSY, NOON, 0.0).due_at == NOON + timedelta(seconds=30)


def test_doubt_stays_until_something_is_certain() -> None:
    step = follow(_standing(), unknown("x"), NOON, 0.5)
    assert (step.state, step.unsure_since) == (Outcome.UNKNOWN, NOON)
    later = NOON + timedelta(minutes=5)
    again = follow(_standing(Outcome.UNKNOWN, unsure_since=NOON, attempted_at=later), down("x"), later, 0.5)
    assert (again.state, again.unsure_since) == (Outcome.UNKNOWN, NOON)


def test_a_person_is_left_what_no_call_can_settle() -> None:
    step = follow(_standing(), unknown("x", person=True), NOON, 0.5)
    assert (step.state, step.due_at) == (Outcome.UNKNOWN, None)


@pytest.mark.parametrize("result", [down("x"), unknown("x"), rejected("x")])
def test_what_became_obsolete_in_flight_stays_so(result: Result) -> None:
    step = follow(_standing(Outcome.OBSOLETE), result, NOON, 0.5)
    assert (step.state, step.due_at) == (Outcome.OBSOLETE, None)


@pytest.mark.failure_mode(14)
def test_after_its_horizon_nothing_is_tried_any_more() -> None:
    late = NOON + timedelta(hours=49)
    assert follow(_standing(channel="sms"), down("x"), late, 0.5).state == Outcome.REJECTED
    assert follow(_standing(channel="mail"), down("x"), late, 0.5).state == Outcome.RETRY
    doubt = follow(_standing(channel="sms"), unknown("x"), late, 0.5)
    assert (doubt.state, doubt.due_at) == (Outcome.UNKNOWN, None)
    assert follow(_standing(channel="sms"), BUSY, late, 0.5).due_at is not None


def test_a_bucket_spends_its_burst_and_refills() -> None:
    lane = fresh(RATE, NOON)
    assert leave(lane, RATE, NOON) == Leave(10)
    lane = spent(lane, RATE, NOON, 10)
    assert leave(lane, RATE, NOON) == Leave(0)
    assert leave(lane, RATE, NOON + timedelta(seconds=1.6)) == Leave(3)
    assert leave(lane, RATE, NOON + timedelta(hours=1)) == Leave(10)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 20)), max_size=60))
def test_no_history_exceeds_burst_plus_rate(steps: list[tuple[int, int]]) -> None:
    lane, now, made = fresh(RATE, NOON), NOON, 0
    for milliseconds, wish in steps:
        now += timedelta(milliseconds=milliseconds)
        calls = min(wish, leave(lane, RATE, now).calls)
        lane, made = spent(lane, RATE, now, calls), made + calls
        assert made <= RATE.burst + RATE.per_second * (now - NOON).total_seconds() + 1e-6


def test_a_breaker_opens_after_three_failures_in_a_row() -> None:
    lane = after(fresh(RATE, NOON), [down("x"), done(), down("x"), down("x")], NOON)
    assert lane.opened_at is None
    lane = after(lane, [down("x")], NOON)
    assert (lane.opened_at, lane.probe_at) == (NOON, NOON + PROBE)
    assert leave(lane, RATE, NOON) == Leave(0)
    assert leave(lane, RATE, NOON + PROBE) == Leave(1, probe=True)


def test_a_probe_that_fails_costs_another_pause_and_one_that_succeeds_heals() -> None:
    lane = after(fresh(RATE, NOON), [REFUSED], NOON)
    assert lane.opened_at == NOON, "refused credentials open it at once"
    later = NOON + PROBE
    probing = spent(lane, RATE, later, 1)
    assert leave(probing, RATE, later) == Leave(0)
    failed = after(probing, [down("x")], later)
    assert (failed.opened_at, leave(failed, RATE, later + PROBE)) == (NOON, Leave(1, probe=True))
    for answer in (done(), rejected("the other side is there"), BUSY):
        assert healed(probing, after(probing, [answer], later))


def test_the_longest_silence_counts() -> None:
    short = Result(Outcome.RETRY, retry_after=1, trouble=Trouble.BUSY)
    lane = after(fresh(RATE, NOON), [BUSY, short], NOON)
    assert lane.quiet_until == NOON + timedelta(seconds=30)
    assert leave(lane, RATE, NOON + timedelta(seconds=29)) == Leave(0)
    assert isinstance(lane, Lane)


def test_units_of_one_item_are_added_up() -> None:
    lines = (line(1, external_id="A"), line(2, external_id="A"), line(3, external_id=None))
    [one] = wanted(
        marketplace_order(Channel.EBAY, 1, parcel(1, (1, 2), (2, 3), (3, 1)), lines=lines, entries=(entry(1),)), shop()
    )
    assert [(item.item, item.quantity) for item in one.payload.items] == [("A", 5), ("3", 1)]  # type: ignore[union-attr]
    assert one.traceparent == entry(1).traceparent


def test_a_client_without_an_address_or_telephone_is_not_written_to() -> None:
    silent = order(1, 1, entry(1, mail=True, sms=True, mail_admins=True))
    client = silent.customer.model_copy(update={"email": "", "phone": None})
    unreachable = silent.model_copy(update={"customer": client})
    assert [(want.channel, want.role) for want in wanted(unreachable, shop())] == [("mail", "administrator")]
    assert wanted(unreachable, shop(administrators=())) == []


def test_a_buyer_whom_the_marketplace_hides_is_not_written_to() -> None:
    hidden = order(1, 1, entry(1, mail=True))
    buyer = hidden.customer.model_copy(update={"email": nobody("amazon", "902-1")})
    bought = hidden.model_copy(update={"customer": buyer, "channel": Channel.AMAZON})
    assert wanted(bought, shop()) == []


def test_delivery_that_was_paid_is_in_no_parcel() -> None:
    lines = (line(1), line(2, 1, kind=LineKind.SERVICE, external_id="shipping"))
    both, alone = parcel(1, (1, 6), (2, 1)), parcel(2, (2, 1))
    [one] = wanted(marketplace_order(Channel.AMAZON, 1, both, alone, lines=lines), shop())
    assert [(item.item, item.quantity) for item in one.payload.items] == [("item-1", 6)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "out", "before"),
    [
        (Outcome.DONE, False, 1),
        (Outcome.UNKNOWN, False, 1),
        (Outcome.RETRY, True, 1),
        (Outcome.DUE, False, 0),
        (Outcome.REJECTED, False, 0),
        (Outcome.OBSOLETE, False, 0),
    ],
)
def test_money_that_went_back_or_may_have_is_not_paid_twice(state: Outcome, out: bool, before: int) -> None:
    levels = Levels(payable=False, invoicing=Invoicing.LESS_RETURNED, marketplace=Marketplace.REFUND_REPORTED)
    status = Status(mnemonic="refunded", type=StatusType.REFUNDED)
    back = marketplace_order(Channel.EBAY, 2, lines=(line(1),), levels=levels, status=status)
    earlier = Written("old", ("ebay", "refund", "line/1", "marketplace", 1), state, 1, out)
    changes = compare(back, wanted(back, shop()), [earlier])
    [want] = changes.new
    assert (want.revision, want.payload.before) == (6, before)  # type: ignore[union-attr]
    assert changes.obsolete == (("old",) if state in (Outcome.DUE, Outcome.REJECTED) else ())


def test_a_mail_tells_of_the_parcels_that_had_left() -> None:
    first, second = entry(1, mail=True), entry(2, mail=True, at=NOON + timedelta(hours=1))
    later = parcel(1, shipped_at=NOON + timedelta(hours=1))
    told = [want.payload for want in wanted(order(1, 2, first, second, parcels=(later,)), shop())]
    assert [len(payload.words.parcels) for payload in told] == [0, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize(("with_tax", "shown"), [(True, 490), (False, 408)])
def test_a_mail_shows_the_lines_as_the_client_was_shown_their_prices(with_tax: bool, shown: int) -> None:
    [*_, want] = wanted(order(1, 1, entry(1, mail=True), prices_include_tax=with_tax), shop())
    assert isinstance(want.payload, Letter)
    assert [item.total for item in want.payload.words.items] == [shown]
    assert (want.payload.words.net, want.payload.words.gross) == (408, 490)


def test_an_erased_order_asks_for_nothing() -> None:
    gone = order(1, 1, entry(1, mail=True), erased=True)
    assert not asks(gone)
    assert wanted(gone, shop()) == []
    assert compare(gone, [], []).obsolete == ()


def test_reasons_are_one_bounded_line() -> None:
    assert clip("a\n b\t c") == "a b c"
    assert len(clip("x" * 10_000)) == 500
