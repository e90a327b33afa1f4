"""Writes `requirements-dev.lock`: the exact version of everything that is installed here except this project.

`tox -e lock` installs the newest versions into an environment of their own and runs this in it. It uses the oldest
supported Python, because its releases work on newer ones too and only it needs every backport.
"""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements-dev.lock"
HEAD = """\
# Exact versions of everything that development uses: tox applies them to every environment as constraints.
# Written by `tox -e lock`, never by hand. Renew it on purpose, in a commit of its own.
"""
INSTALLERS = {"pip", "setuptools", "wheel", "messages-conformance"}


def main() -> None:
    """Writes the file, sorted by normalised name."""
    found = {re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower(): each.version for each in distributions()}
    lines = [f"{name}=={version}\n" for name, version in sorted(found.items()) if name not in INSTALLERS]
    LOCK.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
