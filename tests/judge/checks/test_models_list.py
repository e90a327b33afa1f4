"""Checks on the list of models: each with a reply that passes, one that fails, one with nothing."""

from __future__ import annotations

import pytest

from support import make


def entry(identity, created="2026-01-01T00:00:00Z", **more):
    return {"type": "model", "id": identity, "display_name": identity, "created_at": created} | more


def page(*entries, has_more=False, **more):
    ids = [item.get("id") for item in entries]
    body = {"data": list(entries), "has_more": has_more}
    body |= {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return make.reply(body | more, path="/v1/models", method="GET")


class TestPages:
    def test_cursors_name_the_ends(self):
        assert make.observe("page-ends", True, page(entry("a"), entry("b"))).findings == ()
        swapped = page(entry("a"), entry("b"), first_id="b", last_id="a")
        assert make.places(make.observe("page-ends", True, swapped)) == ["/first_id", "/last_id"]
        assert not make.observe("page-ends", True, page()).seen

    def test_a_limit_is_kept_and_says_that_there_is_more(self):
        argument, whole = {"limit": 1, "of": "models"}, page(entry("a"), entry("b"))
        kept = page(entry("a"), has_more=True)
        assert make.observe("page-limited", argument, kept, models=whole).findings == ()
        ignored = make.observe("page-limited", argument, whole, models=whole)
        assert make.places(ignored) == ["/data"]
        assert ignored.findings[0].kind == "ignored"
        silent = make.observe("page-limited", argument, page(entry("a")), models=whole)
        assert make.places(silent) == ["/has_more"]

    def test_a_list_of_one_model_cannot_show_a_limit(self):
        one = page(entry("a"))
        assert not make.observe("page-limited", {"limit": 1, "of": "models"}, one, models=one).seen

    def test_the_next_page_does_not_overlap(self):
        first = {"probe/1": page(entry("a"), has_more=True)}
        following = make.observe("page-follows", {"after": 1}, page(entry("b")), replies=first)
        assert following.seen
        assert following.findings == ()
        same = make.observe("page-follows", {"after": 1}, page(entry("a")), replies=first)
        assert make.places(same) == ["/data/0/id"]
        empty = make.observe("page-follows", {"after": 1}, page(), replies=first)
        assert make.places(empty) == ["/data"]

    def test_the_last_page_has_none_behind_it(self):
        last = {"probe/1": page(entry("a"))}
        assert not make.observe("page-follows", {"after": 1}, page(entry("a")), replies=last).seen

    def test_the_page_before_is_the_page_that_was_seen(self):
        first = {"probe/1": page(entry("a"), has_more=True)}
        assert make.observe("page-equals", {"step": 1}, page(entry("a")), replies=first).findings == ()
        other = make.observe("page-equals", {"step": 1}, page(entry("b")), replies=first)
        assert make.places(other) == ["/data"]
        assert not make.observe("page-equals", {"step": 1}, page(entry("a"))).seen

    def test_newer_models_come_first_and_unknown_dates_say_nothing(self):
        new, old, unknown = "2026-02-01T00:00:00.123456789Z", "2025-02-01T00:00:00+01:00", "1970-01-01T00:00:00Z"
        fine = page(entry("u", unknown), entry("a", new), entry("u2", unknown), entry("b", old))
        observation = make.observe("newest-first", True, fine)
        assert observation.seen
        assert observation.findings == ()
        wrong = page(entry("b", old), entry("a", new))
        assert make.places(make.observe("newest-first", True, wrong)) == ["/data/1/created_at"]
        assert not make.observe("newest-first", True, page(entry("a"))).seen


class TestEntries:
    POINTER = "/data/*/created_at"

    @pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "1990-12-31T23:59:60-08:00"])
    def test_times_of_rfc_3339_pass(self, time):
        observation = make.observe("date-time", self.POINTER, page(entry("a", time)))
        assert observation.seen
        assert observation.findings == ()

    @pytest.mark.parametrize("time", [1767225600, "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "١٩٩٠"])
    def test_other_times_are_reported(self, time):
        observation = make.observe("date-time", self.POINTER, page(entry("b"), entry("a", time)))
        assert make.places(observation) == ["/data/1/created_at"]

    def test_no_time_shows_nothing(self):
        assert not make.observe("date-time", self.POINTER, page()).seen

    def test_a_single_model_equals_its_entry(self):
        listed = page(entry("a"), entry("b"))
        single = make.reply(entry("b", more=1))
        assert make.observe("equals-list-entry", "models", single, models=listed).findings == ()
        changed = make.reply(entry("b", display_name="B"))
        assert make.places(make.observe("equals-list-entry", "models", changed, models=listed)) == ["/display_name"]
        assert not make.observe("equals-list-entry", "models", make.reply(entry("z")), models=listed).seen

    def test_the_tested_model_is_listed(self):
        assert make.observe("model-listed", True, page(entry("x"), entry("m"))).findings == ()
        assert make.places(make.observe("model-listed", True, page(entry("x")))) == ["/data"]
        assert not make.observe("model-listed", True, page(entry("x"), has_more=True)).seen


@pytest.mark.parametrize(
    ("said", "status", "found"),
    [
        (True, 200, []),
        (False, 400, []),
        (False, 200, ["/capabilities/image_input/supported"]),
        (True, 400, ["/capabilities/image_input/supported"]),
    ],
)
def test_what_a_model_says_of_a_capability_is_what_a_request_meets(said, status, found):
    body = make.message("red") if status == 200 else {"type": "error", "error": {"type": "x", "message": "no images"}}
    image = make.reply(body, status)
    model = make.reply({"type": "model", "capabilities": {"image_input": {"supported": said}}})
    observed = make.observe("capabilities-as-observed", True, model, image=image)
    assert (observed.seen, make.places(observed)) == (True, found)
    assert not make.observe("capabilities-as-observed", True, model).seen
