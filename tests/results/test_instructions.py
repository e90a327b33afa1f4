"""One sentence says that the model follows no instruction, where enough replies could have shown that it does."""

from __future__ import annotations

import pytest

from conformance.results.conclusions.instructions import sentence_on_model
from conformance.standard.instructions import LEAST
from support import make, standard


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["qx wv"] * LEAST, True),
        (["qx wv"] * (LEAST - 1), False),
        ([*["qx wv"] * LEAST, "Lapis-7431."], False),
        ([*["LAPIS-7431"] * LEAST], False),
    ],
)
def test_the_sentence_is_said_where_no_reply_of_many_shows_what_was_asked_for(texts, said) -> None:
    replies = [make.reply(make.message(text), scenario="text") for text in texts]
    assert bool(sentence_on_model(standard.library().catalogue.cases, replies)) is said


def test_replies_to_requests_that_ask_for_nothing_say_nothing_of_the_model() -> None:
    replies = [make.reply(make.message("qx"), scenario="hello")] * LEAST
    assert sentence_on_model(standard.library().catalogue.cases, replies) == ""
