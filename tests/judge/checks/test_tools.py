import pytest

from conformance.judge.checks.tools import calls, calls_tool, input_valid, no_text_before_call
from support import make

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUEST = {"tools": [{"name": "get_weather", "input_schema": SCHEMA}, {"name": "get_time", "input_schema": SCHEMA}]}
DECLARED = {"tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}
SERVER_TOOL = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}
LISBON = {"name": "get_weather", "input": {"city": "lisbon"}}


def call(name="get_weather", arguments=None, identity="toolu_1"):
    return {
        "type": "tool_use",
        "id": identity,
        "name": name,
        "input": {"city": "Lisbon, PT"} if arguments is None else arguments,
    }


@pytest.fixture
def answer():
    def build(*content, **changes):
        return make.reply(make.message(*content, **changes), request=REQUEST)

    return build


def fine(observation):
    return observation.seen and not observation.findings


def test_a_call_of_the_tool_with_its_required_keys_is_a_call(answer):
    assert fine(calls_tool(answer("Let me look.", call()), "get_weather", make.context()))
    assert fine(calls_tool(answer(call("get_time"), call()), LISBON, make.context()))


@pytest.mark.parametrize("content", [(), ("I call get_weather.",), (call("get_time"),), ({"type": "tool_use"},)])
def test_a_reply_without_the_call_ignored_the_request(answer, content):
    (finding,) = calls_tool(answer(*content), "get_weather", make.context()).findings
    assert finding.kind == "ignored"


@pytest.mark.parametrize("arguments", [{}, '{"city": "Lisbon"}', [], {"town": "Lisbon"}])
def test_a_call_without_the_required_input_is_a_deviation(answer, arguments):
    (finding,) = calls_tool(answer(call(arguments=arguments)), "get_weather", make.context()).findings
    assert (finding.kind, finding.where.pointer) == ("deviation", "/content/0/input")


def test_a_call_with_another_value_is_a_deviation_only_where_values_are_asked_for(answer):
    reply = answer(call(arguments={"city": "Oslo"}))
    assert fine(calls_tool(reply, "get_weather", make.context()))
    assert calls_tool(reply, LISBON, make.context()).findings


@pytest.mark.parametrize("reason", ["max_tokens", "refusal"])
def test_a_reply_that_was_cut_shows_nothing_of_a_missing_call(answer, reason):
    assert not calls_tool(answer(stop_reason=reason), "get_weather", make.context()).seen
    assert not calls_tool(answer(call(arguments={}), stop_reason=reason), "get_weather", make.context()).seen
    assert not calls(answer(stop_reason=reason), {"exactly": 1}, make.context()).seen
    assert not input_valid(answer(call(arguments={}), stop_reason=reason), True, make.context()).seen


def test_the_first_call_beyond_the_limit_is_located(answer):
    assert fine(calls(answer("sunny"), {"exactly": 0}, make.context()))
    for most, place in ((0, "/content/1"), (1, "/content/2")):
        (finding,) = calls(answer("a", call(), call("get_time")), {"exactly": most}, make.context()).findings
        assert (finding.kind, finding.where.pointer) == ("ignored", place)


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [({"exactly": 1}, {1}), ({"at-least": 1}, {1, 2}), ({"at-most": 1}, {0, 1}), ({"at-least": 1, "at-most": 1}, {1})],
)
def test_calls_are_counted(answer, wanted, allowed):
    seen = {
        n for n in range(3) if fine(calls(answer(*[call(identity=str(i)) for i in range(n)]), wanted, make.context()))
    }
    assert seen == allowed


def test_calls_of_other_tools_are_reported(answer):
    assert fine(calls(answer(call("get_time")), {"only": "get_time"}, make.context()))
    (finding,) = calls(answer(call("get_time"), call()), {"only": "get_time"}, make.context()).findings
    assert finding.where.pointer == "/content/1"


def test_text_before_a_call_is_reported_and_blank_text_and_later_text_are_not(answer):
    assert no_text_before_call(answer("Well.", call()), True, make.context()).findings
    assert fine(
        no_text_before_call(answer({"type": "thinking", "thinking": "hm"}, " ", call(), "done"), True, make.context())
    )
    assert not no_text_before_call(answer("Well."), True, make.context()).seen


def test_input_is_checked_against_the_schema_of_its_tool(answer):
    assert fine(input_valid(answer(call(), call("get_time", {"city": "Oslo"})), True, make.context()))
    (finding,) = input_valid(answer(call(), call("get_time", {"city": 7})), True, make.context()).findings
    assert finding.where.pointer == "/content/1/input"
    assert not input_valid(answer(call("unknown")), True, make.context()).seen


@pytest.mark.parametrize(
    "schema", [None, 7, {"type": "strange"}, {"$ref": "https://elsewhere.invalid/x"}, {"pattern": "("}]
)
def test_a_schema_that_nothing_can_be_checked_against_forbids_nothing(schema):
    request = {"tools": [{"name": "get_weather", "input_schema": schema}]}
    assert fine(input_valid(make.reply(make.message(call()), request=request), True, make.context()))


@pytest.mark.parametrize(
    ("check", "argument"),
    [(calls_tool, "a"), (calls, {"exactly": 0}), (no_text_before_call, True), (input_valid, True)],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(check, argument):
    assert not check(make.reply({}, status=400), argument, make.context()).seen


class TestToolCalls:
    def test_distinct_declared_calls_pass(self):
        answer = make.reply(make.message(make.call("a"), make.call("b")), request=DECLARED)
        for check in ("tool-ids-unique", "tool-names-declared"):
            assert make.observe(check, True, answer).seen
            assert make.observe(check, True, answer).findings == ()

    def test_parallel_calls_with_one_id_are_reported(self):
        answer = make.reply(make.message(make.call("a"), "hi", make.call("a")))
        assert make.places(make.observe("tool-ids-unique", True, answer)) == ["/content/0/id", "/content/2/id"]

    def test_an_id_of_the_history_is_not_used_again(self):
        history = {"messages": [{"role": "assistant", "content": [make.call("a")]}]}
        answer = make.reply(make.message(make.call("a")), request=history)
        assert make.places(make.observe("tool-ids-unique", True, answer)) == ["/content/0/id"]

    @pytest.mark.parametrize("request_body", [DECLARED, {}])
    def test_a_tool_that_was_not_declared_is_reported(self, request_body):
        answer = make.reply(make.message(make.call(name="other")), request=request_body)
        assert make.places(make.observe("tool-names-declared", True, answer)) == ["/content/0/name"]

    def test_tools_with_their_own_schema_say_nothing_about_names(self):
        answer = make.reply(make.message(make.call(name="other")), request=SERVER_TOOL)
        assert not make.observe("tool-names-declared", True, answer).seen
