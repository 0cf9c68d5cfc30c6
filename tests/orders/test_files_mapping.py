"""A mapping file says what the columns mean; what it says wrongly is named, with the file."""

from decimal import Decimal
from pathlib import Path

import pytest

from services.orders.files.countries import country_code
from services.orders.files.loading import MappingError, load_channels, load_mapping, parse_mapping

COLUMNS = '[columns]\norder = "No"\nsku = "Art"\nquantity = "Qty"\nunit_price = "Price"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text)
    return path


def test_a_mapping_is_read_with_its_defaults(tmp_path: Path) -> None:
    mapping = load_mapping(
        written(
            tmp_path, f'currency = "EUR"\ntax_rate = 5.5\nservices = ["GIFT"]\ntimezone = "Europe/Paris"\n{COLUMNS}'
        )
    )
    assert (mapping.tax_rate, mapping.services, mapping.delimiter) == (Decimal("5.5"), frozenset({"GIFT"}), None)
    assert mapping.prices_include_tax


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currency = ", "Invalid value"),
        ('currency = "EUR"', "a table [columns]"),
        (f"{COLUMNS}", "currency: is needed"),
        (f'currency = "EURO"\n{COLUMNS}', "'EURO' is no ISO 4217 currency"),
        (f'currency = "EUR"\ncolour = "red"\n{COLUMNS}', "colour: is no setting"),
        (
            f'currency = "EUR"\nchannel = "fnac"\n{COLUMNS}',
            "channel: Input should be 'web', 'manual', 'amazon' or 'ebay'",
        ),
        (f'currency = "EUR"\ndelimiter = "tab"\n{COLUMNS}', "delimiter: String should have at most 1 character"),
        (f'currency = "EUR"\nencoding = "utf-88"\n{COLUMNS}', "utf-88"),
        (f'currency = "EUR"\ntimezone = "Mars/Base"\n{COLUMNS}', "Mars/Base"),
        (f'currency = "EUR"\ntax_rate = "a fifth"\n{COLUMNS}', "tax_rate: Input should be a valid decimal"),
        (f'currency = "EUR"\n{COLUMNS}size = "Size"\n', "there is no field 'size'"),
        ('currency = "EUR"\n[columns]\norder = "No"\n', "fields: 'sku' is needed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MappingError, match=r"map\.toml") as caught:
        load_mapping(written(tmp_path, text))
    assert message in str(caught.value)


def test_a_channel_map_names_orders(tmp_path: Path) -> None:
    path = written(tmp_path, 'amazon = ["536365", 536366]\nebay = ["536367"]\n')
    assert load_channels(path) == {"536365": "amazon", "536366": "amazon", "536367": "ebay"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fnac = ["1"]', "'fnac' is no channel"),
        ('amazon = "1"', "amazon is no list"),
        ('amazon = ["1"]\nebay = ["1"]', "1 stands under amazon and under ebay"),
    ],
)
def test_a_wrong_channel_map_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        load_channels(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"nowhere\.toml: No such file"):
        load_mapping(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("RSA", "ZA"),
        ("USA", "US"),
        ("Norvège", "NO"),
        ("switzerland", "CH"),
        ("fr", "FR"),
        ("Etats-Unis", "US"),
        ("The Netherlands", "NL"),
        ("Bosnia and Herzegovina", "BA"),
        ("C\u00f4te d'Ivoire", "CI"),
        ("Saint Lucia", "LC"),
        ("Unspecified", None),
        ("", None),
        ("EU", None),
        ("ZZ", None),
    ],
)
def test_countries_are_known_by_name_or_code(name: str, code: str | None) -> None:
    assert country_code(name) == code


def test_the_example_of_the_docs_is_a_mapping() -> None:
    text = (Path(__file__).parents[2] / "docs/import.md").read_text()
    mapping = parse_mapping(text.split("```yaml\n")[1].split("```")[0], "docs/import.md")
    cells = {"Order ID": "1", "Article": "A", "Tax": "TVA 20 %", "Type": "voucher", "Street": "1 rue", "ZIP": "'01000"}
    read = {name: rule.read(cells) for name, rule in mapping.fields.items()}
    assert (read["sku"], read["name"], read["tax_rate"], read["kind"]) == ("A", "-", "20", "digital")
    assert (read["shipping_street"], read["shipping_postal_code"], read["origin"]) == ("1 rue", "01000", "old shop")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fields: [", "while parsing"),
        ("just words", "a mapping is a list of settings"),
        ("currency: EUR\nfields: {order: {values: {a: b}}}", "fields.order: needs either columns or a constant value"),
        (
            "currency: EUR\nfields: {order: {columns: No, pattern: '['}}",
            "fields.order.pattern: is no regular expression",
        ),
        ("currency: EUR\nfields: {order: {columns: No, pattern: 'a'}}", "needs one group in parentheses, and has 0"),
        ("currency: EUR\nskip: [{column: A, because: so}]\nfields: {}", "skip.0: needs either values or filled"),
        ("currency: EUR\ncharges: [{sku: S}]\nfields: {}", "charges.0.name: is needed; charges.0.amount: is needed"),
        ("currency: EUR\nfields: {order: A, sku: B, quantity: C}", "either unit_price or amount"),
    ],
)
def test_what_is_wrong_in_yaml_is_named_by_its_place(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=r"^mine\.yaml: ") as caught:
        parse_mapping(text, "mine.yaml")
    assert message in str(caught.value)
