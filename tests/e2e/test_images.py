"""The two pictures of the README, made by the browser: `MAILLAGE_README_IMAGES=1` writes them again."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.e2e.conftest import ROOT, Site

SIZE = {"width": 1280, "height": 800}
MAX_BYTES = 250_000
COLOURS = 64


def _light(picture: bytes) -> bytes:
    """The same picture with a palette: a page has few colours."""
    written = BytesIO()
    Image.open(BytesIO(picture)).convert("RGB").quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def test_the_pictures_of_the_readme(site: Site, sign_in: Callable[[str], Page], tmp_path: Path) -> None:
    folder = ROOT / "docs" / "images" if os.environ.get("MAILLAGE_README_IMAGES") else tmp_path
    page = sign_in("commissioner")
    page.set_viewport_size(SIZE)  # type: ignore[arg-type]  # a dict of the same shape
    for name, path, heading in (("overview", "/", None), ("document", "/documents/BILAN-2020/", 2)):
        page.goto(f"{site.url}{path}")
        page.wait_for_function("() => !document.querySelector('[data-chart]:not([data-drawn])')")
        if heading is not None:
            page.locator("h1, h2").nth(heading).evaluate("e => scrollTo(0, e.getBoundingClientRect().top - 90)")
        picture = _light(page.screenshot())
        assert len(picture) < MAX_BYTES
        (folder / f"{name}.png").write_bytes(picture)
