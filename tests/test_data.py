"""The tests bring their data with them: permissive, redacted, small, and from nowhere else."""

from __future__ import annotations

import re

from support.data import CHECKOUT, DATA, EXCHANGES, records

PERMISSIVE = {"MIT", "Apache-2.0", "Apache-2.0 OR BSD-3-Clause"}
MOST_BYTES = 1_500_000
OUTSIDE = re.compile(r"""["'/]shared["'/]|\.\./shared""")
CREDENTIALS = {"x-api-key", "authorization", "cookie", "set-cookie", "anthropic-organization-id"}


def test_every_exchange_names_its_source_and_a_permissive_licence() -> None:
    for record in records(EXCHANGES):
        assert record["license"] in PERMISSIVE, record["source"]
        assert record["source"]
        assert re.fullmatch(r"[0-9a-f]{40}", record["commit"]), record["source"]


def test_no_exchange_holds_a_credential_or_names_a_person() -> None:
    for record in records(EXCHANGES):
        for part in (record["request"], record["response"]):
            shown = {value for name, value in part["headers"].items() if name.lower() in CREDENTIALS}
            assert {value.strip("*") for value in shown} <= {"REDACTED"}, record["source"]
        text = str(record)
        assert set(re.findall(r"(?<![\w.+-])[\w.+-]+@([\w-]+\.[a-z]{2,})\b", text)) <= {"example.com"}, record["source"]
        assert set(re.findall(r"/(?:home|Users)/([\w.-]+)", text)) <= {"user"}, record["source"]
        assert set(re.findall(r"wrkspc_01(\w+)", text)) <= {"1" * 22}, record["source"]


def test_the_data_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < MOST_BYTES


def test_no_test_reads_anything_beside_the_checkout() -> None:
    sources = [
        path for path in (CHECKOUT / "tests").rglob("*.py") if path.parent != DATA and path.name != "test_data.py"
    ]
    assert [str(path) for path in sources if OUTSIDE.search(path.read_text(encoding="utf-8"))] == []
