"""The first start: a shop and its first key, so that somebody can get in.

`COMPTOIR_API_KEY` is used at that start only. With `seed` the shop is a small French wine and gift shop (inventory
brings its products); otherwise a blank one that its owner fills in by the API. Links in its mails lead to where this
installation is reached (`COMPTOIR_PUBLIC_URL`), until its owner says otherwise.
"""

from sqlalchemy import select

from services.orders.commands.inputs import KeyInput, ShopInput
from services.orders.commands.inputs.orders import AddressInput
from services.orders.commands.inputs.shops import LegalInput
from services.orders.commands.shop_log import HOUSE, Subject, logged
from services.orders.commands.shops import create_key, create_shop
from services.orders.tables import shops
from shared.outbox import Transaction
from shared.settings import FIRST_SHOP

ADMINISTRATOR = KeyInput(name="administrator", scopes=("admin",))

DEMONSTRATION = ShopInput(
    shop=FIRST_SHOP,
    title="Le Comptoir des Vignes",
    legal=LegalInput(
        name="Le Comptoir des Vignes",
        legal_form="SARL au capital de 8 000 €",
        address=AddressInput(
            name="Le Comptoir des Vignes",
            street="12 cours du Médoc",
            postal_code="33300",
            city="Bordeaux",
            country="FR",
        ),
        siren="732829320",
        vat_number="FR44732829320",
        email="bonjour@comptoir-des-vignes.example",
        phone="+33 5 56 00 00 00",
    ),
    mail_from="bonjour@comptoir-des-vignes.example",
    administrators=("commandes@comptoir-des-vignes.example",),
    sms=True,
)

BLANK = ShopInput(
    shop=FIRST_SHOP,
    title="Comptoir",
    legal=LegalInput(
        name="Comptoir", address=AddressInput(name="Comptoir", street="", postal_code="", city="", country="FR")
    ),
    mail_from="shop@comptoir.invalid",
)


async def found(tx: Transaction, key: str | None, *, demonstration: bool, public_url: str = "") -> bool:
    """Create the first shop and its administrator's key; False where there is a shop, or no key to open it with."""
    if key is None or (await tx.execute(select(shops.c.shop).limit(1))).first() is not None:
        return False
    async with logged(tx, FIRST_SHOP, HOUSE, Subject.SHOP, Subject.KEYS):
        shop = DEMONSTRATION if demonstration else BLANK
        await create_shop(tx, shop.model_copy(update={"public_url": public_url}))
        await create_key(tx, FIRST_SHOP, ADMINISTRATOR, secret=key)
    return True
