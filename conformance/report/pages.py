"""What every HTML page of ours shares: it loads nothing, runs nothing but its own script, and escapes every text."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.report.escape import printable

TEMPLATES: Final = Path(__file__).with_name("templates")


def environment() -> Environment:
    """The environment of a page's template."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style_of(name: str) -> Markup:
    """A style sheet or a script beside the templates, to be put into the page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def policy(style: str, script: str = "") -> str:
    """The content security policy of a page that allows its own style and script alone."""
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_hash(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _shown(value: Any) -> Any:
    """What every expression of a template passes through before it is escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
