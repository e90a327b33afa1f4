"""SIGINT and SIGTERM do the same."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from conformance.base.interrupt import SIGNALS, interruptible, interruption, uninterrupted


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_the_second_does_not_and_the_third_does(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(SIGNALS[0])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert [signal.getsignal(each) for each in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_what_must_end_is_not_interrupted(number: int) -> None:
    with interruptible():
        with uninterrupted():
            for _ in range(3):
                signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_waiting_and_further_ones_do_nothing(number: int) -> None:
    with interruption() as wait:
        for _ in range(3):
            os.kill(os.getpid(), number)
        wait()


def test_a_signal_that_was_ignored_from_the_start_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_than_the_main_one_leaves_signals_alone() -> None:
    def enter() -> None:
        with interruptible(), uninterrupted():
            entered.append(True)

    entered: list[bool] = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [True]
