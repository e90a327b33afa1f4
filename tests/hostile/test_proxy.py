"""The proxy between a client and a hostile endpoint: nothing of ours breaks, no key is written, no byte is changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from hypothesis import given
from hypothesis import strategies as st

from conformance.commands import proxy
from hostile import canary, properties, strategies
from hostile.attacks.attack import Plan
from hostile.drive import Endpoint, folder, library
from hostile.profile import examples
from hostile.server import Stage

BODY = {"model": "reference-1", "max_tokens": 30, "messages": [{"role": "user", "content": "hello"}]}


@dataclass
class Client:
    """A client of the proxy. It takes at most `patience` pieces of an answer, and then goes away."""

    key: str
    other: str
    patience: int
    lines: list[str] = field(default_factory=list)
    got: list[bytes] = field(default_factory=list)

    def talk(self) -> None:
        """Sends a few requests, whatever becomes of them."""
        url = next(line for line in self.lines if line.startswith("proxy at ")).split()[2]
        headers = {"x-api-key": self.key, "x-gateway-user": self.other, "anthropic-version": "2023-06-01"}
        with httpx.Client(headers=headers, timeout=httpx.Timeout(0.5, connect=5), trust_env=False) as http:
            for stream in (False, True):
                try:
                    with http.stream("POST", f"{url}/v1/messages", json={**BODY, "stream": stream}) as answer:
                        for number, data in enumerate(answer.iter_raw(), 1):
                            self.got.append(data)
                            if number >= self.patience:
                                break
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue


def _watched(stage: Stage, plans: tuple[Plan, ...], client: Client, here: Path) -> int:
    with stage.script(Endpoint(plans, client.key, client.key)) as script:
        asked = proxy.ProxyOptions(script.url, 0, here / "run")
        return proxy.watch(asked, client.lines.append, client.talk, library=library())


def test_the_proxy_keeps_its_promises(stage: Stage) -> None:
    layers = (
        strategies.connection(), strategies.status_line(), strategies.headers(), strategies.codings(),
        strategies.charsets(), strategies.texts(), strategies.values(), strategies.framings(), strategies.events(),
        strategies.spoken(),
    )  # fmt: skip

    @examples()
    @given(strategies.plans(*layers), strategies.keys(), strategies.keys(), st.sampled_from([1, 2, 1_000]))
    def holds(plans: tuple[Plan, ...], key: str, other: str, patience: int) -> None:
        client = Client(key, other, patience)
        with folder() as here:
            code = _watched(stage, plans, client, here)
            assert code in (0, 1, 2)
            told = json.loads((here / "run" / "results.json").read_text(encoding="utf-8"))
            assert told["exit_code"] == code
            shown = "\n".join(client.lines)
            assert "Traceback" not in shown
            for secret in (key, other):
                found = canary.leaks(secret, "terminal", shown.encode("utf-8", "surrogatepass"))
                for path in properties.files(here / "run"):
                    found += canary.leaks(secret, path.name, path.read_bytes())
                assert not found, f"{found[0]} (and {len(found) - 1} more)"

    holds()


def test_the_proxy_changes_no_byte_of_a_body(stage: Stage) -> None:
    layers = (
        strategies.charsets(),
        strategies.texts(),
        strategies.values(),
        strategies.framings(),
        strategies.codings(),
    )

    @examples(0.5)
    @given(strategies.plans(*layers))
    def holds(plans: tuple[Plan, ...]) -> None:
        through, direct = Client("sk-through-the-proxy", "x", 10_000), Client("sk-through-the-proxy", "x", 10_000)
        with folder() as here:
            _watched(stage, plans, through, here)
        with stage.script(Endpoint(plans, direct.key, direct.key)) as script:
            direct.lines.append(f"proxy at {script.url} ")
            direct.talk()
        assert b"".join(through.got) == b"".join(direct.got)

    holds()
