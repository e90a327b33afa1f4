import json
import re
from collections import Counter
from pathlib import Path

import pytest

from conformance.model import Direction, Level
from conformance.standard.ledger import load_ledger
from conformance.standard.source import SourceError, check_shape, load_yaml
from support.data import read_data

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / "specs" / "clauses"

ENTRY = """\
- id: REQ-HTTP-001
  level: must
  direction: serve
  grade: A
  depends: deterministic
  statement: It works.
  source: DOC Errors
"""


@pytest.fixture(scope="module")
def ledger():
    return load_ledger(FOLDER)


@pytest.fixture(scope="module")
def facts():
    return read_data("requirements.json")


@pytest.fixture
def write(tmp_path):
    (tmp_path / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())

    def write_file(text: str, name: str = "http.yaml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write_file


def words(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_ledger_file_fits_the_schema(path):
    check_shape(load_yaml(path), json.loads((FOLDER / "schema.json").read_text(encoding="utf-8")), path)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_ledger_file_is_in_the_order_of_its_ids_without_anchors(path):
    ids = [entry["id"] for entry in load_yaml(path)]
    assert ids == sorted(ids)
    assert len({clause_id.rsplit("-", 1)[0] for clause_id in ids}) == 1
    assert not re.search(r"(?m):\s[&*]\w", path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kept(ledger, facts):
    """The facts that stand as they were first written down: not corrected since, and not retired."""
    return [fact for fact in facts if fact["id"] in ledger and ledger[fact["id"]].corrected is None]


def retired() -> set[str]:
    """The ids that the page on the ledger lists as retired."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    return {f"REQ-{name}" for name in re.findall(r"(?m)^\| ([A-Z]+-\d{3}) \| \d{4}-\d{2}-\d{2} \|", page)}


def test_all_clauses_of_the_facts_are_in_the_ledger_or_retired(ledger, facts):
    assert {fact["id"] for fact in facts} - set(ledger.clauses) == retired()


def test_every_source_is_of_a_kind_that_the_page_on_the_ledger_lists(ledger):
    page = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## Sources")[2]
    kinds = {re.split(r"[ ./]", row)[0] for row in re.findall(r"(?m)^\| ([^|]+) \|", page)} | {"RFC"}
    of_grade_d = {clause.id for clause in ledger if clause.grade == "D"}
    strange = {clause.id: clause.source for clause in ledger if re.split("[ ./:;,]", clause.source)[0] not in kinds}
    assert {name: source for name, source in strange.items() if name not in of_grade_d} == {}


def test_a_recording_as_a_source_says_how_many_and_when(ledger):
    for clause in ledger:
        for part in clause.source.split("; "):
            if part.startswith("REC "):
                assert re.match(r"REC .*\d", part), clause.id
                assert re.search(r"\b20\d\d\b", part), clause.id


def test_source_grade_and_dependence_are_those_of_the_facts(ledger, kept):
    for fact in kept:
        clause = ledger[fact["id"]]
        assert words(clause.source) == words(fact["source"])
        assert (clause.grade, clause.depends) == (fact["confidence"], fact["depends"]), clause.id


def test_a_statement_is_worded_freely_and_keeps_every_figure_and_name_of_the_facts(ledger, kept):
    lost = {}
    for fact in kept:
        statement = ledger[fact["id"]].statement
        if gone := {word for word in fact["statement_names"] if word not in statement}:
            lost[fact["id"]] = gone
    assert lost == {}


def test_a_level_other_than_that_of_the_facts_has_a_note(ledger, kept):
    changed = {fact["id"] for fact in kept if ledger[fact["id"]].level != fact["level"].lower()}
    assert changed == set(ledger.level_notes) - {"REQ-MSG-014"} == {"REQ-HTTP-012"}


def test_each_uncertain_remark_of_the_facts_is_kept_in_exactly_one_place(ledger, kept):
    lost = {}
    for fact in kept:
        clause = ledger[fact["id"]]
        if fact["uncertain_names"] is None:
            assert clause.uncertain is None, clause.id
            continue
        assert (clause.uncertain is None) != (clause.caveat is None), clause.id
        kept = clause.uncertain or clause.caveat or ""
        if gone := {word for word in fact["uncertain_names"] if word not in kept}:
            lost[fact["id"]] = gone
    assert lost == {}


def test_a_caveat_without_a_remark_in_the_facts_comes_from_the_recordings(ledger, kept):
    added = [ledger[fact["id"]] for fact in kept if fact["uncertain_names"] is None and ledger[fact["id"]].caveat]
    assert added
    for clause in added:
        assert "ecord" in clause.caveat, clause.id


def test_every_clause_of_grade_d_informs_only(ledger):
    grade_d = [clause for clause in ledger if clause.grade == "D"]
    assert grade_d
    assert [clause.id for clause in grade_d if not clause.informational] == []


@pytest.mark.parametrize(
    "clause_id",
    [
        "REQ-STREAM-003", "REQ-STREAM-004", "REQ-STREAM-005", "REQ-STREAM-007", "REQ-STREAM-008", "REQ-STREAM-019",
        "REQ-STREAM-025", "REQ-SSE-001", "REQ-SSE-002", "REQ-SSE-003", "REQ-RESP-002", "REQ-RESP-006", "REQ-TOOL-005",
        "REQ-TOOL-012", "REQ-MSG-003", "REQ-MSG-004", "REQ-ERR-001", "REQ-ERR-017", "REQ-BODY-001",
    ],
)  # fmt: skip
def test_firm_clauses_decide_at_must_level(ledger, clause_id):
    assert ledger[clause_id].level is Level.MUST
    assert not ledger[clause_id].informational


@pytest.mark.parametrize(
    "clause_id",
    [
        "REQ-HTTP-007", "REQ-HTTP-032", "REQ-ERR-014", "REQ-BODY-032", "REQ-MSG-010",
        "REQ-TOOL-010", "REQ-CACHE-006", "REQ-RESP-019", "REQ-STREAM-017", "REQ-STREAM-027",
        "REQ-CAP-009", "REQ-MODELS-009",
    ],
)  # fmt: skip
def test_clauses_that_sources_leave_open_inform_only(ledger, clause_id):
    assert ledger[clause_id].informational


def test_what_servers_often_omit_without_harm_is_should(ledger):
    assert ledger["REQ-HTTP-012"].level is Level.SHOULD
    assert ledger["REQ-MSG-014"].level is Level.SHOULD


@pytest.mark.parametrize(
    ("clause_id", "direction"),
    [
        ("REQ-HTTP-001", Direction.SERVE),
        ("REQ-HTTP-011", Direction.REFUSE),
        ("REQ-BODY-003", Direction.REFUSE),
        ("REQ-MSG-004", Direction.SERVE),
        ("REQ-MSG-021", Direction.REFUSE),
        ("REQ-STREAM-001", Direction.SERVE),
        ("REQ-ERR-017", Direction.REFUSE),
        ("REQ-ERR-013", Direction.SERVE),
    ],
)
def test_the_direction_says_whether_the_clause_shows_in_a_4xx(ledger, clause_id, direction):
    assert ledger[clause_id].direction is direction


def test_a_clause_that_shows_only_in_a_4xx_has_direction_refuse(ledger):
    shows_in_4xx = {
        clause.id for clause in ledger if re.search(r"4\d\d|4xx", clause.observe) and "200" not in clause.observe
    }
    serving = {clause.id for clause in ledger if clause.direction is Direction.SERVE}
    also_what_a_valid_request_gets = {"REQ-MODELS-007", "REQ-HTTP-040"}
    assert shows_in_4xx & serving == also_what_a_valid_request_gets


def test_reasons_for_no_case_come_from_the_short_list(ledger):
    reasons = Counter(clause.uncovered.split(":")[0] for clause in ledger if clause.uncovered)
    assert set(reasons) <= {
        "not-visible-from-outside", "needs-account", "needs-abuse", "sources-disagree", "client-side"
    }  # fmt: skip


def test_areas_are_the_files_and_hold_every_clause_once(ledger):
    areas = ledger.by_area
    assert set(areas) == {path.stem for path in FOLDER.glob("*.yaml")}
    assert sum(len(clauses) for clauses in areas.values()) == len(ledger)
    assert {clause.id.rsplit("-", 1)[0] for clause in areas["sse"]} == {"REQ-SSE"}


def test_an_unknown_id_names_the_nearest_one(ledger):
    with pytest.raises(SourceError, match=r"Unknown clause 'REQ-STREM-003'\. Did you mean 'REQ-STREAM-003'\?"):
        ledger["REQ-STREM-003"]


def test_membership_and_iteration_go_by_id_and_clause(ledger):
    assert "REQ-SSE-001" in ledger
    assert "REQ-SSE-999" not in ledger
    assert [clause.id for clause in ledger] == list(ledger.clauses)


def test_the_ledger_cannot_be_changed(ledger):
    with pytest.raises(TypeError):
        ledger.clauses["REQ-X-001"] = None


def test_a_small_ledger_loads_with_defaults(write):
    clause = load_ledger(write(ENTRY))["REQ-HTTP-001"]
    assert (clause.area, clause.observe, clause.uncertain, clause.caveat, clause.uncovered) == (
        "http",
        "",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{reason: client-side}", "client-side"),
        ("{reason: needs-account, note: a paid one}", "needs-account: a paid one"),
        ("{note: a paid one, reason: needs-account}", "needs-account: a paid one"),
    ],
)
def test_the_reason_for_no_case_is_read_as_one_text(write, written, read):
    assert load_ledger(write(f"{ENTRY}  uncovered: {written}\n"))["REQ-HTTP-001"].uncovered == read


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "level: must",
            "level: mus",
            ":2: [0].level: Expected one of 'must', 'should', 'may', found 'mus'. Did you mean",
        ),
        (
            "direction: serve",
            "direction: reject",
            ":3: [0].direction: Expected one of 'serve', 'refuse', found 'reject'",
        ),
        ("grade: A", "grade: E", ":4: [0].grade: Expected one of 'A', 'B', 'C', 'D', found 'E'"),
        ("depends: deterministic", "depends: model", ":5: [0].depends: Expected one of"),
        ("REQ-HTTP-001", "REQ-http-1", ":1: [0].id: Expected a string that matches"),
        ("source:", "sorce:", ":7: [0].sorce: Unknown key 'sorce'. Did you mean 'source'?"),
        ("  source: DOC Errors\n", "", ":1: [0]: Missing key 'source'"),
        ("statement: It works.", "statement: ''", ":6: [0].statement: Expected "),
        ("statement: It works.", "statement: ' x'", ":6: [0].statement: Expected a string that matches"),
        ("statement: It works.", "statement: 7", ":6: [0].statement: Expected a string, found 7"),
        ("  source: DOC Errors\n", "  source: x\n  caveat:\n", ":8: [0].caveat: Expected a string, found null"),
        ("  source: DOC Errors\n", "  source: x\n  uncovered:\n", ":8: [0].uncovered: Expected a mapping, found null"),
        (
            "  source: DOC Errors\n",
            "  source: x\n  uncovered: {reason: client-sid}\n",
            ":8: [0].uncovered.reason: Expected one of 'not-visible-from-outside', 'needs-account', 'needs-abuse', "
            "'sources-disagree', 'client-side', found 'client-sid'. Did you mean 'client-side'?",
        ),
        (
            "  source: DOC Errors\n",
            "  source: x\n  uncovered: {note: x}\n",
            ":8: [0].uncovered: Missing key 'reason'",
        ),
        (
            "  source: DOC Errors\n",
            "  source: x\n  uncovered: {reason: client-side, note: ''}\n",
            ":8: [0].uncovered.note: Expected ",
        ),
        (ENTRY, "- just a text\n", ":1: [0]: Expected a mapping, found 'just a text'"),
        (ENTRY, "a: 1\n", ":1: Expected a list, found a mapping with the keys a"),
        (ENTRY, "[]\n", ":1: Expected at least 1 item, found an empty list"),
    ],
)
def test_an_entry_that_does_not_fit_is_told_with_file_line_and_key(write, old, new, told):
    folder = write(ENTRY.replace(old, new))
    with pytest.raises(SourceError) as caught:
        load_ledger(folder)
    assert str(caught.value).startswith(f"{folder / 'http.yaml'}{told}")


def test_an_id_that_is_used_twice_names_both_files(write):
    write(ENTRY, "errors.yaml")
    folder = write(ENTRY, "http.yaml")
    with pytest.raises(SourceError) as caught:
        load_ledger(folder)
    assert str(caught.value) == (
        f"{folder / 'http.yaml'}:1: [0].id: Duplicate id REQ-HTTP-001 (first used in errors.yaml)"
    )


def test_a_folder_without_ledger_files_is_refused(tmp_path):
    with pytest.raises(SourceError, match="No ledger files in the folder"):
        load_ledger(tmp_path)
