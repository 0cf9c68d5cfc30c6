"""What a command may be given: the JSON bodies of the API, and the same shapes for everybody else.

Strict: an unknown field is refused, amounts and percentages are strings, quantities are whole. What depends on the
present state of an order is checked by the commands. `fields` has the kinds of fields, `orders`, `decisions`,
`amending`, `checkout`, `customers`, `editing`, `groups`, `promotions`, `shops` and `statuses` the bodies.
"""

from services.orders.commands.inputs.amending import AmendOrder, NoteInput
from services.orders.commands.inputs.checkout import CheckoutInput
from services.orders.commands.inputs.customers import AmendCustomer, CustomerSettings, NewCustomer
from services.orders.commands.inputs.decisions import DecisionInput, LineQuantity, ShipmentInput
from services.orders.commands.inputs.editing import CorrectParcel, EditLines, LineEdit
from services.orders.commands.inputs.groups import GroupInput
from services.orders.commands.inputs.orders import (
    ActionsInput,
    AddressInput,
    CustomerInput,
    DeleteOrder,
    EditedTexts,
    LineInput,
    MoveOrder,
    PlaceOrder,
    check_price,
)
from services.orders.commands.inputs.promotions import PromotionInput
from services.orders.commands.inputs.shops import KeyInput, LegalInput, ShopInput
from services.orders.commands.inputs.statuses import (
    ShowOrder,
    StatusBody,
    StatusDraft,
    StatusInput,
    StatusOrder,
    StatusSet,
    StatusTexts,
)

__all__ = [
    "ActionsInput",
    "AddressInput",
    "AmendCustomer",
    "AmendOrder",
    "CheckoutInput",
    "CorrectParcel",
    "CustomerInput",
    "CustomerSettings",
    "DecisionInput",
    "DeleteOrder",
    "EditLines",
    "EditedTexts",
    "GroupInput",
    "KeyInput",
    "LegalInput",
    "LineEdit",
    "LineInput",
    "LineQuantity",
    "MoveOrder",
    "NewCustomer",
    "NoteInput",
    "PlaceOrder",
    "PromotionInput",
    "ShipmentInput",
    "ShopInput",
    "ShowOrder",
    "StatusBody",
    "StatusDraft",
    "StatusInput",
    "StatusOrder",
    "StatusSet",
    "StatusTexts",
    "check_price",
]
