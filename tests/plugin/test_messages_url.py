"""`--messages-url` and what describes the target."""

from __future__ import annotations

import pytest

from support import worst
from support.project import chosen
from support.servers import serving


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/", "/v1/messages"])
def test_a_base_url_is_understood_in_every_form(project, reference, monkeypatch, suffix) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", reference.key)
    target = (f"--messages-url={reference.url}{suffix}", "--messages-model=reference-1")
    assert project.catalogue(*target, *chosen("models-page-has-data")).ret == 0
    assert {record["request"]["url"] for record in project.sent} == {
        f"{reference.url}/v1/messages",
        f"{reference.url}/v1/models",
    }


def test_a_url_needs_a_model(project) -> None:
    done = project.catalogue("--messages-url=http://127.0.0.1:9")
    assert done.ret == 4
    assert "--model" in done.stderr.str() + done.stdout.str()


def test_name_headers_version_and_credential_style_are_sent_and_told(project, reference, monkeypatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", reference.key)
    monkeypatch.setenv("TEAM", "blue-team-token")
    done = project.catalogue(
        f"--messages-url={reference.url}",
        "--messages-model=reference-1",
        "--messages-name=ours",
        "--messages-auth=bearer",
        "--messages-header=x-team: ${TEAM}",
        "--messages-api-version=2026-10-21",
        *chosen("models-page-has-data"),
    )
    assert done.ret == 0
    target = project.results["target"]
    assert (target["name"], target["api_version"], target["auth"]) == ("ours", "2026-10-21", "bearer")
    for record in project.sent:
        headers = dict(record["request"]["headers"])
        assert headers["anthropic-version"] == "2026-10-21"
        assert "x-api-key" not in headers
        assert "blue-team-token" not in headers["x-team"]


def test_concurrency_bounds_the_requests_under_way(project) -> None:
    import threading

    lock = threading.Lock()
    under_way, most = [], []

    class Counting(worst.Canned):
        def answer(self) -> None:
            with lock:
                under_way.append(1)
                most.append(len(under_way))
            super().answer()
            with lock:
                under_way.pop()

    with serving(Counting) as url:
        target = (f"--messages-url={url}", "--messages-model=m")
        project.catalogue(*target, "--messages-area=tools", "--messages-concurrency=1")
    assert len(most) > 10
    assert max(most) == 1
