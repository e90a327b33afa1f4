"""Allure 3, installed into `build/allure` from the versions in its lock, and the page that it makes of results.

`python -m support.allure_page` installs it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from support.installs import BUILD, CHECKOUT, install, run

HOME = CHECKOUT / "tests" / "browser" / "allure"
LOCK = HOME / "package-lock.json"
CONFIG = HOME / "allurerc.mjs"
FOLDER = BUILD / "allure"


def program() -> Path:
    """The program, installed if need be, and anew where the lock has changed."""
    kept = FOLDER / LOCK.name
    if kept.exists() and kept.read_bytes() != LOCK.read_bytes():
        shutil.rmtree(FOLDER)
    copies = [["cp", str(HOME / name), name] for name in ("package.json", LOCK.name)]
    install(FOLDER, [*copies, ["npm", "ci", "--no-audit", "--no-fund"]])
    return FOLDER / "node_modules" / ".bin" / "allure"


def page(results: Path, folder: Path) -> Path:
    """The folder of the page for some results. The page wants to be served."""
    config = shutil.copy(CONFIG, folder)
    run([str(program()), "generate", "--config", str(config), str(results)], folder)
    return folder / "report"


if __name__ == "__main__":
    program()
