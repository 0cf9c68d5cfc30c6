"""A shop's theme: what may be chosen, what is refused by name, and that issued documents keep theirs."""

import asyncio
import base64
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from PIL import Image

from services.billing.documents.logos import MOST_SHAPES, WrongLogo, read_logo
from services.billing.domain import Logo, contrast_with_white
from tests.billing.builders import line
from tests.billing.driver import Driver, order
from tests.billing.samples import LOGO


def picture(form: str, size: tuple[int, int] = (300, 90)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "#7a1f3d").save(written, form)
    return written.getvalue()


def base64_of(content: bytes) -> dict[str, str]:
    return {"content": base64.b64encode(content).decode()}


CHOSEN = {
    "logo": base64_of(LOGO.encode()),
    "accent": "#7A1F3D",
    "font": "libertinus-serif",
    "footer": {"fr": "L’abus d’alcool est dangereux pour la santé."},
    "mentions": {"fr": ["Réserve de propriété."], "en": ["Retention of title."]},
    "texts": {"fr": {"thanks": "Merci, et santé !"}},
}


async def test_a_theme_is_chosen_read_back_and_kept_in_versions(billing: Driver) -> None:
    plain = await billing.get("theme")
    assert (plain["version"], plain["logo"], plain["accent"]) == (0, None, "#1f4d43")
    answer = await billing.http.put("theme", json=CHOSEN)
    assert answer.status_code == 200, answer.text
    theme = answer.json()
    assert (theme["version"], theme["accent"], theme["font"]) == (1, "#7a1f3d", "libertinus-serif")
    assert theme["logo"] | {"sha256": ""} == {"sha256": "", "media_type": "image/svg+xml", "width": 240, "height": 64}
    assert await billing.get("theme") == theme
    logo = await billing.http.get("theme/logo")
    assert (logo.content, logo.headers["content-type"]) == (LOGO.encode(), "image/svg+xml")
    assert "sandbox" in logo.headers["content-security-policy"]

    body = {name: value for name, value in theme.items() if name != "version"}
    assert (await billing.http.put("theme", json=body)).json() == theme, "what was read may be sent back"
    changed = (await billing.http.put("theme", json=body | {"accent": "#1b2a4a"})).json()
    assert (changed["version"], changed["logo"]) == (2, theme["logo"])
    assert [row.version for row in await billing.rows("themes")] == [1, 2]


async def test_versions_are_given_one_at_a_time(billing: Driver) -> None:
    bodies = [{"footer": {"fr": f"Phrase {number}"}} for number in range(5)]
    answers = await asyncio.gather(*(billing.http.put("theme", json=body) for body in bodies))
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3, 4, 5]


async def test_an_issued_document_keeps_its_theme(billing: Driver) -> None:
    """It is typeset under the version its snapshot names, whatever the shop has chosen since."""
    await billing.http.put("theme", json=CHOSEN)
    await billing.hear(order(1, 1, line(shipped=1)))
    [document] = await billing.documents(1)
    assert (await billing.get(f"documents/{document['id']}"))["snapshot"]["theme"] == 1
    copy = {"copy": True}
    before = (await billing.http.get(f"documents/{document['id']}/pdf", params=copy)).content
    await billing.http.put("theme", json={})
    assert (await billing.http.get(f"documents/{document['id']}/pdf", params=copy)).content == before
    await billing.hear(order(2, 1, line(shipped=1)))
    [other] = await billing.documents(2)
    assert (await billing.get(f"documents/{other['id']}"))["snapshot"]["theme"] == 2


async def test_texts_that_no_typeface_has_are_refused_by_name(billing: Driver) -> None:
    """They would make every document of the shop one that is no PDF/A."""
    printable = {"fr": "À bientôt — العربية, Ελληνικά"}
    body = {
        "footer": printable | {"en": "谢谢"},
        "mentions": {"fr": ["Réserve de propriété.", "Merci 🍷"]},
        "texts": {"en": {"greeting": "ขอบคุณ"}},
    }
    answer = await billing.http.put("theme", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["footer.en", "mentions.fr.1", "texts.en.greeting"]
    assert "谢" in answer.json()["errors"][0]["detail"]
    assert (await billing.http.put("theme", json={"footer": printable})).status_code == 200


async def test_samples_of_every_kind(billing: Driver) -> None:
    await billing.http.put("theme", json=CHOSEN)
    titles = []
    for parameters in (
        {"kind": "invoice", "language": "en"},
        {"kind": "order_form"},
        {"kind": "receipt", "format": "80mm"},
        {"kind": "packing_slip"},
    ):
        answer = await billing.http.get("theme/sample.pdf", params=parameters)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        with pikepdf.open(BytesIO(answer.content)) as pdf, pdf.open_metadata() as metadata:
            titles.append(metadata["dc:title"])
    assert titles == ["Invoice 0000-00000", "Bon de commande SAMPLE", "Reçu SAMPLE", "Bon de préparation SAMPLE"]
    assert await billing.rows("documents") == []
    wrong = await billing.http.get("theme/sample.pdf", params={"kind": "invoice", "format": "80mm"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "format")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"accent": "#ffff00"}, "accent"),
        ({"accent": "red"}, "accent"),
        ({"font": "comic-sans"}, "font"),
        ({"footer": {"de": "x"}}, "footer.de.[key]"),
        ({"footer": {"fr": "x" * 301}}, "footer.fr"),
        ({"texts": {"fr": {"poem": "x"}}}, "texts.fr.poem"),
        ({"mentions": {"fr": ["x"] * 9}}, "mentions.fr"),
        ({"logo": {"content": "***"}}, "logo.content"),
        ({"logo": {"content": "é"}}, "logo.content"),
        ({"logo": {"url": "http://127.0.0.1/logo.png"}}, "logo.sha256"),
        ({"logo": base64_of(b"GIF89a")}, "logo.content"),
        ({"logo": base64_of(picture("PNG")[:60])}, "logo.content"),
        ({"logo": base64_of(picture("PNG", (5000, 10)))}, "logo.content"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(billing: Driver, body: dict[str, Any], field: str) -> None:
    answer = await billing.http.put("theme", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await billing.get("theme"))["version"] == 0


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_is_known_by_its_bytes(form: str) -> None:
    content = picture(form)
    found = read_logo(content)
    assert found == Logo(found.sha256, f"image/{form.lower()}", 300, 90)
    for end in (2, 12, 20):
        with pytest.raises(WrongLogo):
            read_logo(content[:end])


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<image href="file:///etc/passwd" width="9" height="9"/>',
        '<rect width="9" height="9" onload="alert(1)"/>',
        '<rect width="9" height="9" fill="url(http://127.0.0.1/x)"/>',
        '<use href="#a"/>',
        "<text>Maison</text>",
        "<style>@import 'x'</style>",
        "<foreignObject/>",
        '<rect xmlns:l="http://www.w3.org/1999/xlink" l:href="x"/>',
        "<?php x ?>",
        "<g>" * (MOST_SHAPES + 1) + "</g>" * (MOST_SHAPES + 1),
    ],
)
def test_an_svg_is_shapes_alone(inside: str) -> None:
    with pytest.raises(WrongLogo):
        read_logo(SVG.format(inside).encode())


def test_an_svg_with_entities_is_not_read() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    for entity in ("&b;", "&c;", ""):
        with pytest.raises(WrongLogo):
            read_logo((bomb + SVG.format(entity)).encode())
    for text in ("", "<svg", "<html/>", SVG.replace("0 0 10 10", "0 0 9000 10").format("")):
        with pytest.raises(WrongLogo):
            read_logo(text.encode())
    assert read_logo(SVG.format('<path d="M0 0h9" fill="#123456"/>').encode()).width == 10


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)
