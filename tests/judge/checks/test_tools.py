import pytest

from conformance.judge.checks.tools import calls, calls_tool, input_valid, no_text_before_call

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUEST = {"tools": [{"name": "get_weather", "input_schema": SCHEMA}, {"name": "get_time", "input_schema": SCHEMA}]}
LISBON = {"name": "get_weather", "input": {"city": "lisbon"}}


def call(name="get_weather", arguments=None, identity="toolu_1"):
    return {
        "type": "tool_use",
        "id": identity,
        "name": name,
        "input": {"city": "Lisbon, PT"} if arguments is None else arguments,
    }


@pytest.fixture
def answer(reply_of, message_of):
    def build(*content, **changes):
        return reply_of(message_of(*content, **changes), request=REQUEST)

    return build


def fine(observation):
    return observation.seen and not observation.findings


def test_a_call_of_the_tool_with_its_required_keys_is_a_call(answer, facts_of):
    assert fine(calls_tool(answer("Let me look.", call()), "get_weather", facts_of()))
    assert fine(calls_tool(answer(call("get_time"), call()), LISBON, facts_of()))


@pytest.mark.parametrize("content", [(), ("I call get_weather.",), (call("get_time"),), ({"type": "tool_use"},)])
def test_a_reply_without_the_call_ignored_the_request(answer, facts_of, content):
    (finding,) = calls_tool(answer(*content), "get_weather", facts_of()).findings
    assert finding.kind == "ignored"


@pytest.mark.parametrize("arguments", [{}, '{"city": "Lisbon"}', [], {"town": "Lisbon"}])
def test_a_call_without_the_required_input_is_a_deviation(answer, facts_of, arguments):
    (finding,) = calls_tool(answer(call(arguments=arguments)), "get_weather", facts_of()).findings
    assert (finding.kind, finding.where.pointer) == ("deviation", "/content/0/input")


def test_a_call_with_another_value_is_a_deviation_only_where_values_are_asked_for(answer, facts_of):
    reply = answer(call(arguments={"city": "Oslo"}))
    assert fine(calls_tool(reply, "get_weather", facts_of()))
    assert calls_tool(reply, LISBON, facts_of()).findings


@pytest.mark.parametrize("reason", ["max_tokens", "refusal"])
def test_a_reply_that_was_cut_shows_nothing_of_a_missing_call(answer, facts_of, reason):
    assert not calls_tool(answer(stop_reason=reason), "get_weather", facts_of()).seen
    assert not calls_tool(answer(call(arguments={}), stop_reason=reason), "get_weather", facts_of()).seen
    assert not calls(answer(stop_reason=reason), {"exactly": 1}, facts_of()).seen
    assert not input_valid(answer(call(arguments={}), stop_reason=reason), True, facts_of()).seen


def test_the_first_call_beyond_the_limit_is_located(answer, facts_of):
    assert fine(calls(answer("sunny"), {"exactly": 0}, facts_of()))
    for most, place in ((0, "/content/1"), (1, "/content/2")):
        (finding,) = calls(answer("a", call(), call("get_time")), {"exactly": most}, facts_of()).findings
        assert (finding.kind, finding.where.pointer) == ("ignored", place)


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [({"exactly": 1}, {1}), ({"at-least": 1}, {1, 2}), ({"at-most": 1}, {0, 1}), ({"at-least": 1, "at-most": 1}, {1})],
)
def test_calls_are_counted(answer, facts_of, wanted, allowed):
    seen = {n for n in range(3) if fine(calls(answer(*[call(identity=str(i)) for i in range(n)]), wanted, facts_of()))}
    assert seen == allowed


def test_calls_of_other_tools_are_told(answer, facts_of):
    assert fine(calls(answer(call("get_time")), {"only": "get_time"}, facts_of()))
    (finding,) = calls(answer(call("get_time"), call()), {"only": "get_time"}, facts_of()).findings
    assert finding.where.pointer == "/content/1"


def test_text_before_a_call_is_told_and_blank_text_and_later_text_are_not(answer, facts_of):
    assert no_text_before_call(answer("Well.", call()), True, facts_of()).findings
    assert fine(
        no_text_before_call(answer({"type": "thinking", "thinking": "hm"}, " ", call(), "done"), True, facts_of())
    )
    assert not no_text_before_call(answer("Well."), True, facts_of()).seen


def test_input_is_checked_against_the_schema_of_its_tool(answer, facts_of):
    assert fine(input_valid(answer(call(), call("get_time", {"city": "Oslo"})), True, facts_of()))
    (finding,) = input_valid(answer(call(), call("get_time", {"city": 7})), True, facts_of()).findings
    assert finding.where.pointer == "/content/1/input"
    assert not input_valid(answer(call("unknown")), True, facts_of()).seen


@pytest.mark.parametrize(
    "schema", [None, 7, {"type": "strange"}, {"$ref": "https://elsewhere.invalid/x"}, {"pattern": "("}]
)
def test_a_schema_that_nothing_can_be_checked_against_forbids_nothing(reply_of, message_of, facts_of, schema):
    request = {"tools": [{"name": "get_weather", "input_schema": schema}]}
    assert fine(input_valid(reply_of(message_of(call()), request=request), True, facts_of()))


@pytest.mark.parametrize(
    ("check", "argument"),
    [(calls_tool, "a"), (calls, {"exactly": 0}), (no_text_before_call, True), (input_valid, True)],
)
def test_nothing_is_seen_in_a_reply_that_is_no_message(reply_of, facts_of, check, argument):
    assert not check(reply_of({}, status=400), argument, facts_of()).seen
