"""Renew `docs/images`, made of samples: `python docs/site/pictures.py`; needs playwright and chromium.

The label page's is made by hand: somebody has to label.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "images"
_RUN = "run --task pandalm --sample --judge baseline/longest --judge baseline/random"
_MORE = "run --task triviaqa --sample --judge contains --judge exact-match --judge baseline/random"
#: Width, height and colour scheme of each picture, the page, and what is scrolled to.
_PICTURES = {
    "report-light": (1180, 860, "light", "report.html", ""),
    "report-items": (1180, 860, "light", "report.html", "#items"),
    "report-dark": (1180, 860, "dark", "report.html", "#items"),
    "report-phone": (390, 844, "light", "report.html", ""),
    "leaderboard": (1280, 920, "light", "board.html", ""),
}


def main() -> None:
    """Make the pages, and take their pictures."""
    with tempfile.TemporaryDirectory() as folder:
        pages = (_RUN, "report runs --sample", _MORE, "leaderboard runs --output board.html")
        for command in pages:
            subprocess.run([sys.executable, "-m", "judgebench", *command.split()], cwd=folder, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            for name, (width, height, scheme, page, place) in _PICTURES.items():
                shown = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
                )
                shown.goto(f"{(Path(folder) / page).as_uri()}{place}")
                if place:
                    shown.locator(place).first.evaluate("one => one.scrollIntoView()")
                    shown.wait_for_timeout(500)
                shown.screenshot(path=IMAGES / f"{name}.png")
            browser.close()


if __name__ == "__main__":
    main()
