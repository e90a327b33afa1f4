"""Long computations beside an event loop, in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_daemon(function: Callable[[], T]) -> T:
    """What `function` returns or raises, computed in a daemon thread.

    Unlike the threads of an executor it is left behind where the caller is cancelled or the process ends, so that an
    interrupt does not wait for it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, problem: BaseException | None) -> None:
        if done.done():
            return
        if problem is not None:
            done.set_exception(problem)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, problem = None, None
        try:
            result = function()
        except BaseException as raised:
            problem = raised
        with suppress(RuntimeError):  # the loop has closed
            loop.call_soon_threadsafe(settle, result, problem)

    threading.Thread(target=run, name="messages-reading", daemon=True).start()
    return await done
