"""Credits by hand beside the automatic ones: never undone, never doubled, never more than is left."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.billing.domain import Issued, due, live_invoices
from services.billing.domain.by_hand import Case, NothingLeft, TooMuch, Wish, credit_note, reissue
from shared.contracts import DocumentKind, InvoicePolicy, Invoicing
from tests.billing.builders import issue
from tests.billing.test_domain_paths import USUAL, Sold, Steps, World, check_documents, gross_of, steps


@dataclass
class Books:
    """An order's world, its documents, and a hand that credits."""

    world: World
    policy: InvoicePolicy
    documents: list[Issued] = field(default_factory=list)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def new_id(self) -> str:
        return f"doc-{next(self.ids)}"

    @property
    def case(self) -> Case:
        return Case(self.world.order, self.policy, self.world.paid, self.documents)

    @property
    def net(self) -> int:
        return sum(invoice.value for invoice in live_invoices(self.documents))

    def converge(self) -> int:
        """Hear of the order as it is; how many documents came of it. Twice brings nothing more."""
        order, paid = self.world.order, self.world.paid
        drafts = due(order, self.policy, paid, self.documents, self.new_id)
        self.documents = issue(drafts, order, self.documents)
        assert due(order, self.policy, paid, self.documents, self.new_id) == [], "asked again, it is issued twice"
        check_documents(self.documents)
        return len(drafts)

    def credit(self, n: int, which: int) -> bool:
        """Credit something of a live invoice by hand: in full, a unit or more, an amount."""
        live = live_invoices(self.documents)
        if not live:
            return False
        invoice = live[n % len(live)]
        lines = [position for position in invoice.positions.values() if position.quantity]
        position = lines[n % len(lines)]
        wish = (
            Wish("geste", "Alix"),
            Wish("geste", "Alix", lines={position.line: 1 + n % position.quantity}),
            Wish("geste", "Alix", amount=1 + (invoice.value - 1) * n // 12),
        )[which % 3]
        try:
            draft = credit_note(self.case, invoice.id, wish, self.new_id)
        except NothingLeft:
            assert invoice.value == 0 or wish.lines
            return False
        self.documents = issue([draft], self.world.order, self.documents)
        check_documents(self.documents)
        return True


def story(*parts: str) -> Steps:
    """Steps written as `ship 2 1`: what happens, to which line, a number."""
    words = [part.split() for part in parts]
    return [(what, int(id_), int(n), True) for what, id_, n in words]


SHIPPED, PARCELS, PAID = InvoicePolicy.ON_SHIPMENT, InvoicePolicy.PER_SHIPMENT, InvoicePolicy.ON_PAYMENT
REFUND_THEN_UNIT = story("quantity 2 1", "pay 2 1", "wanted 2 1", "refund 2 1", "hand 1 0")
REFUND_HOLDS_BACK_A_LINE = story("ship 1 0", "quantity 3 1", "pay 1 3", "refund 1 2", "quantity 1 1", "hand 2 0")
GIFT_WAITS = story("none 1 0", "ship 1 0", "hand 2 0", "none 2 5", "ship 2 0", "hand 3 0")
GIFT_CAME_BACK = story("add 1 0", "ship 1 0", "return 3 5", "hand 2 0", "ship 3 0", "return 3 0", "hand 3 0")
GIFT_BY_NEW_PRICE = story("return 1 0", "wanted 1 1", "none 2 0", "hand 2 1", "price 2 5")
UNIT_OF_A_REDUCED_LINE = story("return 3 2", "ship 3 1", "hand 2 0", "hand 1 0", "ship 3 0")
RETURN_TAKEN_OFF_ANOTHER = story("pay 1 0", "ship 1 0", "hand 2 0", "level 3 0", "ship 3 0", "return 1 0", "hand 1 1")
RETURN_BY_MONEY = story("quantity 3 1", "ship 3 0", "wanted 3 1", "add 1 0", "hand 2 0", "wanted 1 0", "return 3 0")
EARLY_HIDES_SHIPPED = story(
    *("wanted 2 1", "ship 2 1", "quantity 1 0", "hand 1 0", "quantity 3 0", "ship 3 0", "return 2 0"),
    *("quantity 2 0", "hand 2 1", "ship 1 0", "hand 1 1"),
)
REFUNDED_AND_INVOICED_AGAIN = story(
    *("pay 2 3", "pay 2 5", "ship 2 0", "refund 3 0", "ship 2 0", "quantity 1 1", "any_level 1 4"),
    *("refund 3 8", "hand 1 0", "wanted 1 1"),
)


@example(PAID, False, REFUND_THEN_UNIT)
@example(PAID, True, REFUND_HOLDS_BACK_A_LINE)
@example(PARCELS, True, GIFT_WAITS)
@example(SHIPPED, False, GIFT_CAME_BACK)
@example(SHIPPED, False, GIFT_BY_NEW_PRICE)
@example(SHIPPED, True, UNIT_OF_A_REDUCED_LINE)
@example(PARCELS, False, RETURN_TAKEN_OFF_ANOTHER)
@example(SHIPPED, True, RETURN_BY_MONEY)
@example(SHIPPED, True, EARLY_HIDES_SHIPPED)
@example(PARCELS, False, REFUNDED_AND_INVOICED_AGAIN)
@settings(max_examples=800, deadline=None)
@given(st.sampled_from(InvoicePolicy), st.booleans(), steps(*USUAL, "hand", "hand", "any_level", "wanted"))
def test_a_credit_by_hand_comes_to_rest_at_once(policy: InvoicePolicy, include_tax: bool, history: Steps) -> None:
    """What a hand has credited, the same state of the order does not ask for again, nor credits once more."""
    books = Books(World(include_tax), policy)
    for what, id_, n, _heard in history:
        if what == "hand":
            before = books.net
            if books.credit(n, id_):
                assert books.net <= before
                credited = books.net
                assert books.converge() == 0
                assert books.net == credited
        else:
            books.world.step(what, id_, n)
            books.converge()


ORDERLY = ("ship", "ship", "quantity", "add", "pay", "hand", "hand", "level")


@settings(max_examples=500, deadline=None)
@given(steps(*ORDERLY))
def test_what_was_granted_stays_granted(history: Steps) -> None:
    """Whatever is shipped, cancelled and revived later: goods out less the credits by hand, to the cent."""
    books = Books(World(include_tax=True), InvoicePolicy.ON_SHIPMENT)
    granted = 0
    for what, id_, n, _heard in history:
        if what == "hand":
            before = books.net
            books.credit(n, id_)
            granted += before - books.net
        else:
            books.world.step(what, id_, n)
            books.converge()
    books.world.level = Invoicing.POLICY
    books.converge()
    kept = books.world.worth({id_: one.out for id_, one in books.world.lines.items()})
    assert books.net == kept - granted


def shipped(**more: int) -> Books:
    """Three units at 12.00 gross, sent, invoiced and paid."""
    world = World(include_tax=True, lines={1: Sold(3, "12.00", "20", shipped=3, **more)}, captured=3600)
    books = Books(world, InvoicePolicy.ON_SHIPMENT)
    books.converge()
    return books


def hand(books: Books, **wish: Any) -> None:
    [invoice] = live_invoices(books.documents)
    draft = credit_note(books.case, invoice.id, Wish("geste", "Alix", **wish), books.new_id)
    books.documents = issue([draft], books.world.order, books.documents)


def test_goods_that_come_back_after_they_were_credited_are_credited_once() -> None:
    books = shipped()
    hand(books, lines={1: 1})
    books.world.lines[1].restocked = 1
    books.world.level = Invoicing.LESS_RETURNED
    assert (books.converge(), books.net) == (0, 2400)
    books.world.lines[1].restocked = 2
    assert (books.converge(), books.net) == (1, 1200)


def test_a_credit_after_goods_came_back_is_one_more() -> None:
    books = shipped()
    books.world.lines[1].restocked = 1
    books.world.level = Invoicing.LESS_RETURNED
    books.converge()
    hand(books, lines={1: 1})
    assert (books.converge(), books.net) == (0, 1200)


def test_an_amount_that_is_then_refunded_is_credited_once() -> None:
    books = shipped()
    books.world.level = Invoicing.LESS_RETURNED
    hand(books, amount=500)
    books.world.refunded = 500
    assert (books.converge(), books.net) == (0, 3100)
    books.world.refunded = 800
    assert (books.converge(), books.net) == (1, 2800)


def test_an_amount_after_a_refund_is_one_more() -> None:
    books = shipped()
    books.world.level, books.world.refunded = Invoicing.LESS_RETURNED, 500
    books.converge()
    hand(books, amount=300)
    assert (books.converge(), books.net) == (0, 2800)


def test_a_unit_credited_for_less_than_its_worth_takes_nothing_more() -> None:
    books = shipped()
    books.world.level, books.world.refunded = Invoicing.LESS_RETURNED, 600
    books.converge()
    hand(books, lines={1: 1})
    assert [gross_of(one) for one in books.documents] == [3600, 600, 1000]
    assert (books.converge(), books.net) == (0, 2000)


def test_a_new_price_keeps_what_was_granted() -> None:
    books = shipped()
    hand(books, amount=500)
    books.world.lines[1].price = "10.00"
    books.converge()
    assert [(one.kind, one.reason, gross_of(one)) for one in books.documents[2:]] == [
        (DocumentKind.CREDIT_NOTE, "corrected", 3100),
        (DocumentKind.INVOICE, None, 3000),
        (DocumentKind.CREDIT_NOTE, "granted", 500),
    ]


def test_cancelled_and_revived_is_as_before() -> None:
    books = shipped()
    hand(books, lines={1: 1})
    books.world.level = Invoicing.CREDIT
    assert (books.converge(), books.net) == (1, 0)
    books.world.level = Invoicing.POLICY
    assert (books.converge(), books.net) == (1, 2400)


def test_no_more_than_is_left() -> None:
    books = shipped()
    hand(books, lines={1: 2})
    with pytest.raises(TooMuch) as units:
        hand(books, lines={1: 2})
    assert (units.value.left, units.value.line) == (1, 1)
    with pytest.raises(TooMuch) as amount:
        hand(books, amount=1201)
    assert (amount.value.left, amount.value.line) == (1200, None)
    hand(books, amount=1200)
    with pytest.raises(NothingLeft):
        credit_note(books.case, "doc-1", Wish("geste", "Alix"), books.new_id)


def test_an_amount_is_spread_over_the_rates() -> None:
    world = World(include_tax=True, lines={1: Sold(1, "60.00", "20", shipped=1), 2: Sold(1, "40.00", "5.5", shipped=1)})
    books = Books(world, InvoicePolicy.ON_SHIPMENT)
    books.converge()
    hand(books, amount=1000)
    credit = books.documents[1].positions
    assert [(position.quantity, position.amounts.gross, position.amounts.tax) for position in credit] == [
        (0, 600, 100),
        (0, 400, 21),
    ]


def test_reissued_is_a_credit_in_full_and_a_new_generation() -> None:
    books = shipped()
    hand(books, amount=500)
    drafts = reissue(books.case, "doc-1", Wish("wrong buyer", "Alix"), books.new_id)
    books.documents = issue(drafts, books.world.order, books.documents)
    books.converge()
    assert [(one.kind, one.reason, gross_of(one)) for one in books.documents[2:]] == [
        (DocumentKind.CREDIT_NOTE, "corrected", 3100),
        (DocumentKind.INVOICE, None, 3600),
        (DocumentKind.CREDIT_NOTE, "granted", 500),
    ]


def test_an_invoice_credited_by_hand_is_issued_again() -> None:
    books = shipped()
    hand(books)
    assert (books.converge(), books.net) == (0, 0)
    drafts = reissue(books.case, "doc-1", Wish("by mistake", "Alix"), books.new_id)
    books.documents = issue(drafts, books.world.order, books.documents)
    assert (books.converge(), books.net) == (0, 3600)


def test_what_the_state_credited_is_not_issued_again() -> None:
    books = shipped()
    books.world.level = Invoicing.CREDIT
    books.converge()
    with pytest.raises(NothingLeft):
        reissue(books.case, "doc-1", Wish("why not", "Alix"), books.new_id)
