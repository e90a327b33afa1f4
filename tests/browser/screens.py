"""Pictures of report.html for all that a run can come to: `tox -e screens` writes them into build/screens.

Each run in each form: desktop, its first screen and the whole; phone; dark; print as PDF.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from conformance.report import html
from support import sample
from support.browser import launched
from support.command import Done, plain_environment, spawned, started
from support.reports import FEW, MANY, run, serving

DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
FORMS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "device_scale_factor": 2},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
}


def main(folder: Path) -> None:
    """Makes the runs and takes the pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ends = {
        "all-well": run(folder, "all-well"),
        "one-defect": run(folder, "one-defect", ["start-input-tokens-zero"]),
        "ten-defects": run(folder, "ten-defects", FEW),
        "many-defects": run(folder, "many-defects", MANY),
        "wrong-key": run(folder, "wrong-key", key="sk-wrong-key-000000"),
        "interrupted": interrupted(folder),
        "two-targets": two_targets(folder),
    }
    hostile = folder / "hostile" / "report.html"
    hostile.parent.mkdir(exist_ok=True)
    hostile.write_text(html.render(sample.poisoned(sample.results())), encoding="utf-8")
    for name, done in ends.items():
        (folder / f"{name}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    with launched() as browser:
        for page in sorted(folder.rglob("report.html")):
            pictures(browser, page, folder / "-".join(page.relative_to(folder).parts[:-1]))


def pictures(browser: Browser, report: Path, target: Path) -> None:
    """The pictures of a page, with its size and its number of elements."""
    for form, options in FORMS.items():
        with browser.new_context(**options) as context:
            context.set_default_timeout(300_000)
            page = context.new_page()
            page.goto(report.as_uri())
            page.screenshot(path=f"{target}-{form}.png")
            page.screenshot(path=f"{target}-{form}-whole.png", full_page=True)
            if form == "desktop":
                page.pdf(path=f"{target}.pdf", format="A4")
                elements = page.evaluate("document.querySelectorAll('*').length")
                print(f"{target.name:<24} {report.stat().st_size:>9,} bytes {elements:>6,} elements")


def interrupted(folder: Path) -> Done:
    """A run that is ended as soon as it has judged something."""
    with started("run", "--out", "interrupted", cwd=folder, environment=plain_environment()) as process:
        journal = folder / "interrupted" / "journal.ndjson"
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > 900_000):
            time.sleep(0.05)
        process.terminate()
        stdout, stderr = process.communicate()
    return Done(process.returncode, stdout, stderr)


def two_targets(folder: Path) -> Done:
    """Two targets of one file, one of which has defects."""
    with serving() as well, serving(FEW) as ill:
        lines = [
            f'[targets.{name}]\nurl = "{server.url}"\nmodel = "{server.model}"\napi-key-env = "KEY"\n'
            for name, server in (("well", well), ("ill", ill))
        ]
        (folder / "targets.toml").write_text("\n".join(lines), encoding="utf-8")
        options = ("--target", "well", "--target", "ill", "--out", "two-targets")
        return spawned("run", *options, cwd=folder, environment={"KEY": well.key})


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
