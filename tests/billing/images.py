"""`python -m tests.billing.images` makes the pictures of docs/documents.md anew, from the samples; it needs poppler."""

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from services.billing.documents import render
from tests.billing.samples import SAMPLES

FOLDER = Path(__file__).parent.parent.parent / "docs" / "images" / "documents"
DPI = 80
COLOURS = 48


def main() -> None:
    """Each sample's first page, and the last of one that runs over several."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, job in SAMPLES.items():
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "document.pdf"
            file.write_bytes(render(job))
            subprocess.run(["pdftoppm", "-r", str(DPI), "-png", str(file), f"{folder}/page"], check=True)
            pages = sorted(Path(folder).glob("page*.png"))
            shown = {name: pages[0]} | ({f"{name}-end": pages[-1]} if len(pages) > 1 else {})
            for title, page in shown.items():
                Image.open(page).convert("RGB").quantize(COLOURS).save(FOLDER / f"{title}.png", optimize=True)


if __name__ == "__main__":
    main()
