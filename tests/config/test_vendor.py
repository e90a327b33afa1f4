"""`--vendor`: what the profile of a vendor supplies, and what does not come from elsewhere then."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.base.errors import UsageError
from conformance.config.settings import read_settings


def test_an_unknown_vendor_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Unknown vendor 'nobody'"):
        read_settings({"vendor": "nobody"}, tmp_path)


def test_an_empty_vendor_is_no_default(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--vendor is empty"):
        read_settings({"vendor": " "}, tmp_path)
