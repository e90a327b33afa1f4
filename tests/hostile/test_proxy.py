"""The proxy between a client and hostile endpoints: nothing of ours breaks, no key is written, no byte is changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.commands import proxy
from hostile import canary, properties, strategies
from hostile.attacks.attack import Plan
from hostile.drive import Endpoint, folder
from hostile.profile import examples
from hostile.server import Script, Stage

pytestmark = pytest.mark.slow

BODY = {"model": "reference-1", "max_tokens": 30, "messages": [{"role": "user", "content": "hello"}]}
TOGETHER = 50
"""Examples that one proxy passes on before it ends and its files are searched."""

LAYERS = (
    strategies.connection(), strategies.status_line(), strategies.headers(), strategies.codings(),
    strategies.charsets(), strategies.texts(), strategies.values(), strategies.framings(), strategies.events(),
    strategies.spoken(),
)  # fmt: skip


@dataclass(frozen=True)
class Client:
    """A client. It takes at most `patience` pieces of an answer, and then goes away."""

    key: str
    other: str
    patience: int = 10_000

    def talk(self, url: str) -> bytes:
        """Sends a few requests, whatever becomes of them; returns the bytes of all answers."""
        got = []
        headers = {"x-api-key": self.key, "x-gateway-user": self.other, "anthropic-version": "2023-06-01"}
        with httpx.Client(headers=headers, timeout=httpx.Timeout(0.5, connect=5), trust_env=False) as http:
            for stream in (False, True):
                try:
                    with http.stream("POST", f"{url}/v1/messages", json={**BODY, "stream": stream}) as answer:
                        for number, data in enumerate(answer.iter_raw(), 1):
                            got.append(data)
                            if number >= self.patience:
                                break
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue
        return b"".join(got)


@dataclass
class Proxies:
    """One proxy after the other for all endpoints of a stage. A proxy ends after `TOGETHER` examples."""

    stage: Stage
    secrets: list[str] = field(default_factory=list)
    _open: AbstractContextManager[str] | None = None
    url: str = ""

    def of(self, script: Script, *secrets: str) -> str:
        """The address of an endpoint behind the proxy."""
        if len(self.secrets) >= 2 * TOGETHER:
            self.end()
        if self._open is None:
            self._open = _watching(self.stage.url, self.secrets)
            self.url = self._open.__enter__()
        self.secrets += secrets
        return self.url + script.url.removeprefix(self.stage.url)

    def end(self) -> None:
        """Ends the proxy, which has kept all its promises."""
        if self._open is not None:
            running, self._open = self._open, None
            running.__exit__(None, None, None)
            self.secrets.clear()


@contextmanager
def _watching(upstream: str, secrets: list[str]) -> Iterator[str]:
    lines: list[str] = []
    codes: list[int] = []
    ready, over = threading.Event(), threading.Event()

    def wait() -> None:
        ready.set()
        over.wait()

    def serve() -> None:
        try:
            codes.append(proxy.watch(proxy.ProxyOptions(upstream, 0, here / "run"), lines.append, wait))
        finally:
            ready.set()

    with folder() as here:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            ready.wait()
            yield next(line for line in lines if line.startswith("proxy at ")).split()[2]
        finally:
            over.set()
            thread.join()
        assert codes[0] in (0, 1, 2)
        assert json.loads((here / "run" / "results.json").read_text(encoding="utf-8"))["exit_code"] == codes[0]
        shown = "\n".join(lines)
        assert "Traceback" not in shown
        written = {path.name: path.read_bytes() for path in properties.files(here / "run")}
        written["terminal"] = shown.encode("utf-8", "surrogatepass")
        for name, data in written.items():
            found = canary.leaks(secrets, name, data)
            assert not found, f"{found[0]} (and {len(found) - 1} more)"


@contextmanager
def _proxies(stage: Stage) -> Iterator[Proxies]:
    proxies = Proxies(stage)
    try:
        yield proxies
    except BaseException:
        proxies.secrets.clear()
        raise
    finally:
        proxies.end()


def test_the_proxy_keeps_its_promises(stage: Stage) -> None:
    with _proxies(stage) as proxies:

        @examples()
        @given(strategies.plans(*LAYERS), strategies.keys(), strategies.keys(), st.sampled_from([1, 2, 1_000]))
        def holds(plans: tuple[Plan, ...], key: str, other: str, patience: int) -> None:
            with stage.script(Endpoint(plans, key, key)) as script:
                Client(key, other, patience).talk(proxies.of(script, key, other))

        holds()


def test_the_proxy_changes_no_byte_of_a_body(stage: Stage) -> None:
    layers = (
        strategies.charsets(),
        strategies.texts(),
        strategies.values(),
        strategies.framings(),
        strategies.codings(),
    )
    with _proxies(stage) as proxies:

        @examples()
        @given(strategies.plans(*layers), strategies.keys())
        def holds(plans: tuple[Plan, ...], key: str) -> None:
            client = Client(key, "sk-through-the-proxy")
            with stage.script(Endpoint(plans, key, key)) as script:
                through = client.talk(proxies.of(script, key, "sk-through-the-proxy"))
            with stage.script(Endpoint(plans, key, key)) as script:
                assert client.talk(script.url) == through

        holds()
