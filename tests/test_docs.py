"""What the pages for people say is true: every file, command, option, id and name in them exists."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest
import yaml

from conformance.cli import command as cli
from conformance.config.settings import OPTIONS
from conformance.judge.checks import REGISTRY
from conformance.judge.library import load_library
from conformance.reference.faults import all_faults
from conformance.standard.vendors import vendor_ids

CHECKOUT = Path(__file__).parents[1]
FORMS = CHECKOUT / ".github" / "ISSUE_TEMPLATE"
PROGRAM = "messages-conformance"

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "conformance/**/*.md", "specs/**/*.md", "reports/*.md")
    for path in CHECKOUT.glob(pattern)
)
HISTORY = CHECKOUT / "CHANGELOG.md"
"""The only page that may name what no longer exists."""

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
FILE = re.compile(r"[\w.*/-]+\.(?:py|yaml|yml|json|toml|ini|md|ndjson|html|xml|txt|j2)|\.?[\w-]+/[\w.*/-]*")

SOURCES = (
    "conformance/**/*.py", "conformance/**/*.yaml", "conformance/**/*.json", "conformance/**/*.j2", "specs/**/*.yaml",
    "specs/**/*.json", "tests/*.py", "tests/support/*.py", ".ci/run", "tox.ini", "pyproject.toml",
)  # fmt: skip
"""Where a name in a page may come from."""

EXAMPLES = {"naga", "kimi", "NAGA_API_KEY", "TARGET", "ID", "DIR", "VARIABLE", "CLAUSE", "DATE", "sk-test-canary"}
"""Names that pages make up."""

OF_OTHERS = {"GITHUB_STEP_SUMMARY", "anthropic-ai", "gz", "--lf", "--junitxml"}
"""Names and options that other programs define."""

PENDING: set[str] = set()
"""What pages name already and others are still building."""


@dataclass(frozen=True)
class Page:
    """The parts of a page that name things."""

    path: Path
    spans: tuple[str, ...]
    fences: tuple[tuple[str, str], ...]
    links: tuple[str, ...]

    @property
    def commands(self) -> Iterator[str]:
        """Every call of our command, in spans and in shell blocks."""
        lines = [line for language, body in self.fences if language == "sh" for line in body.splitlines()]
        for text in (*self.spans, *lines):
            for part in re.split(r"&&|\|", text.partition(" #")[0]):
                words = part.split()
                if words and words[0].rpartition("/")[2] == PROGRAM and len(words) > 1:
                    yield part.strip()


@cache
def page(path: Path) -> Page:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yml":
        text = "\n".join(words_of(yaml.load(text, yaml.BaseLoader)))
    fences = tuple((match[1], match[2]) for match in FENCE.finditer(text))
    prose = FENCE.sub("", text)
    spans = tuple(" ".join(match.split()) for match in SPAN.findall(prose))
    return Page(path, spans, fences, tuple(LINK.findall(SPAN.sub("", prose))))


def words_of(value: object) -> Iterator[str]:
    """Every string in a YAML document."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)
    else:
        yield str(value)


def true_pages() -> list[Page]:
    return [page(path) for path in (*PAGES, *sorted(FORMS.glob("*.yml"))) if path != HISTORY]


def named(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


@pytest.fixture(scope="module")
def vocabulary(library) -> set[str]:
    """Every word of the product: of its code, of its data, and of its registries."""
    texts = [path.read_text(encoding="utf-8") for pattern in SOURCES for path in CHECKOUT.glob(pattern)]
    words = {word for text in texts for word in WORD.findall(text)}
    return words | {case.id for case in library.catalogue.cases} | set(all_faults()) | EXAMPLES | OF_OTHERS


def test_every_command_in_a_page_is_one_that_the_command_line_understands(library):
    values = {
        "case": {case.id for case in library.catalogue.cases},
        "area": {case.area for case in library.catalogue.cases},
        "faults": set(all_faults()),
        "declare": set(library.capabilities),
        "lacks": set(library.capabilities),
        "name": {
            *(*library.cases, *library.ledger.clauses, *vendor_ids()),
            *(client.id for client in library.clients.clients),
        },
        "vendor": set(vendor_ids()),
        "persona": set(vendor_ids()),
    }
    wrong = [
        (named(each.path), line, problem)
        for each in true_pages()
        for line in each.commands
        for problem in problems_of(line, values)
    ]
    assert wrong == []


def problems_of(line: str, values: dict[str, set[str]]) -> Iterator[str]:
    """What is wrong with a call of our command. Words in capitals stand for something that the reader fills in."""
    words = shlex.split(line)[1:]
    if words[0].startswith("-"):
        yield from () if words[0] in options_of(cli) else (f"no option {words[0]}",)
        return
    subcommand = cli.commands.get(words[0])
    if subcommand is None:
        yield f"no command {words[0]}"
        return
    try:
        given, _, _ = subcommand.make_parser(click.Context(subcommand)).parse_args(words[1:])
    except click.UsageError as problem:
        yield problem.format_message()
        return
    for key in given.keys() & values.keys():
        if key == "name" and subcommand.name != "explain":
            continue
        for value in given[key] if isinstance(given[key], list) else [given[key]]:
            if isinstance(value, str) and not value.isupper() and "CASE" not in value and value not in values[key]:
                yield f"no {key} {value}"


def options_of(of: click.Command) -> set[str]:
    """The options of a command, those that click adds among them."""
    return {name for parameter in of.get_params(click.Context(of)) for name in parameter.opts}


def test_every_option_in_a_page_exists():
    known = options_of(cli).union(OF_OTHERS, *(options_of(each) for each in cli.commands.values()))
    known |= {f"--messages-{option.name}" for option in OPTIONS}
    wrong = [
        (named(each.path), span)
        for each in true_pages()
        for span in each.spans
        if span.startswith("--") and "..." not in span and span.split()[0] not in known
    ]
    assert wrong == []


def test_every_environment_variable_in_a_page_exists(vocabulary):
    known = {option.variable for option in OPTIONS} | vocabulary
    wrong = [
        (named(each.path), name)
        for each in true_pages()
        for name in re.findall(r"\bMESSAGES_[A-Z_]+\b", " ".join(each.spans))
        if name not in known
    ]
    assert wrong == []


def test_every_file_that_a_page_names_exists(vocabulary):
    wrong = [
        (named(each.path), span)
        for each in true_pages()
        for span in each.spans
        if FILE.fullmatch(span) and not (exists(span, each.path.parent) or Path(span).name in made_by_a_run())
    ]
    assert wrong == []


def exists(name: str, folder: Path) -> bool:
    """Whether a file, or a pattern of files, exists: seen from the page, the root, the package or anywhere by its name.

    What only looks like a path, such as `text/json`, does not start with a folder of ours.
    """
    roots = (folder, CHECKOUT, CHECKOUT / "conformance")
    if any(next(root.glob(name), None) is not None for root in roots if not name.startswith("/")):
        return True
    first, _, rest = name.partition("/")
    if first == "build":  # what is installed there depends on the machine
        return True
    if rest and Path(name).suffix == "":
        return not any((root / first).is_dir() for root in roots)
    return not rest and any(path.name == name for path in our_files())


@cache
def our_files() -> tuple[Path, ...]:
    folders = ("conformance", "specs", "tests", "docs", ".github", ".ci", "benchmarks")
    return (*CHECKOUT.iterdir(), *(path for folder in folders for path in (CHECKOUT / folder).rglob("*")))


@cache
def made_by_a_run() -> set[str]:
    """Files that a run writes or a user brings."""
    from conformance.report.comparison import ARRIVED, COMPARISON
    from conformance.report.files import OUTPUTS

    return {*OUTPUTS, ARRIVED, COMPARISON, "journal.ndjson", "targets.toml", ".env", "badge.json", "*.messages.yaml"}


def test_every_name_in_a_page_occurs_in_the_product(vocabulary):
    wrong = [
        (named(each.path), span, word)
        for each in true_pages()
        for span in each.spans
        if not FILE.fullmatch(span) and " " not in span and "..." not in span
        for word in WORD.findall(span)
        if word not in vocabulary
    ]
    assert wrong == []


def test_every_clause_in_a_page_is_in_the_ledger(library):
    wrong = [
        (named(each.path), clause)
        for each in true_pages()
        for clause in re.findall(r"\bREQ-[A-Z]+-\d+\b", each.path.read_text(encoding="utf-8"))
        if clause not in library.ledger
    ]
    assert wrong == []


def test_every_example_of_a_case_loads(library, tmp_path):
    """With another id, because the id of the example is that of a real case, which has the same title.

    Blocks that begin with the name of a file are new cases; `test_adding.py` adds them.
    """
    blocks = [textwrap.dedent(body) for each in true_pages() for language, body in each.fences if language == "yaml"]
    examples = [body for body in blocks if "\n  expect:" in body and not body.startswith("# conformance/")]
    assert examples
    for number, body in enumerate(examples):
        for entry in yaml.safe_load(body):
            if entry["id"].startswith("our-"):  # a case of a user
                continue
            assert entry["title"] == library.cases[entry["id"]].title
            assert set(entry["caught"]) <= set(all_faults())
        path = tmp_path / f"example{number}.messages.yaml"
        path.write_text(re.sub(r"(id: [\w-]+)", r"\1-example", body), encoding="utf-8")
        assert load_library("2023-06-01", (path,)).cases


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_links_resolve(path):
    wrong = []
    for link in page(path).links:
        target, _, anchor = link.partition("#")
        if target.startswith(("https://", "http://")):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(link)
    assert wrong == []


def anchors(file: Path) -> set[str]:
    """The anchors of a page, as the forge makes them from headings."""
    headings = HEADING.findall(FENCE.sub("", file.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def walks() -> dict[str, list[tuple[str, str | None]]]:
    """The numbered steps of the walks on the page of architecture: the file and the function that each step names."""
    text = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, str | None]]] = {}
    for section in text.split("\n## ")[1:]:
        steps = re.findall(r"^\d+\. `(conformance/[\w./-]+)`(?:: `(\w+)`)?", section, re.MULTILINE)
        if steps:
            found[section.partition("\n")[0]] = [(file, function or None) for file, function in steps]
    return found


def test_every_step_of_a_walk_names_a_function_of_its_module():
    wrong = [
        (file, function)
        for steps in walks().values()
        for file, function in steps
        if function and not re.search(rf"^ *(async )?def {function}\b", (CHECKOUT / file).read_text(), re.MULTILINE)
    ]
    assert wrong == []


def test_a_response_takes_at_most_eight_steps_to_the_report_and_never_goes_back():
    (steps,) = [steps for title, steps in walks().items() if title.startswith("One response")]
    packages = [file.split("/")[1] for file, _ in steps]
    entered = [package for package, before in zip(packages, ["", *packages], strict=False) if package != before]
    assert len(steps) <= 8
    assert len(entered) == len(set(entered)), "a package is left and entered again"


def load(path: Path) -> dict:
    """A YAML file of the forge, all values as strings, so that the key `on` stays one."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


FIELD_TYPES = {
    "markdown": {"value"}, "input": {"label"}, "textarea": {"label"}, "dropdown": {"label", "options"},
    "checkboxes": {"label", "options"},
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(set(FORMS.glob("*.yml")) - {FORMS / "config.yml"}), ids=named)
def test_an_issue_form_has_what_the_forge_expects(path):
    form = load(path)
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "title", "labels", "body"}
    assert len(form["description"]) <= 200
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in fields]
    labels = [field["attributes"]["label"] for field in fields]
    assert len(ids) == len(set(ids)) > 0
    assert len(labels) == len(set(labels))
    for field in form["body"]:
        assert FIELD_TYPES[field["type"]] <= field["attributes"].keys()
        assert field.keys() <= {"type", "id", "attributes", "validations"}
        assert re.fullmatch(r"[\w-]+", field.get("id", "x"))


def test_the_first_issue_form_is_for_disputes_and_asks_for_case_source_and_journal_line():
    first = load(sorted(FORMS.glob("*.yml"))[0])
    assert first["name"] == "I dispute a verdict"
    required = [field["id"] for field in first["body"] if field.get("validations", {}).get("required") == "true"]
    assert required[:3] == ["case", "source", "line"]


def test_the_form_chooser_sends_vulnerabilities_to_a_private_place():
    chooser = load(FORMS / "config.yml")
    assert chooser.keys() == {"blank_issues_enabled", "contact_links"}
    assert all(link.keys() == {"name", "url", "about"} for link in chooser["contact_links"])
    assert any(link["url"].endswith("/security/advisories/new") for link in chooser["contact_links"])


@pytest.mark.parametrize("path", sorted((CHECKOUT / ".github" / "workflows").glob("*.yml")), ids=named)
def test_a_workflow_may_only_read_ends_in_time_and_calls_what_exists(path):
    workflow = load(path)
    assert {"name", "on", "permissions", "jobs"} <= workflow.keys()
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys()
        calls = " ".join(step.get("run", "") for step in job["steps"])
        assert set(re.findall(r"\btox -e ([\w-]+)", calls)) <= tox_environments()
        assert [
            name for name in re.findall(r"[\w.-]+\.(?:lock|txt)|\.ci/\w+", calls) if not (CHECKOUT / name).exists()
        ] == []


def test_ci_runs_what_developers_run_on_every_supported_python():
    jobs = load(CHECKOUT / ".github" / "workflows" / "ci.yml")["jobs"]
    (job,) = [job for job in jobs.values() if any(step.get("run") == ".ci/run" for step in job["steps"])]
    assert job["strategy"]["matrix"]["python"] == supported_pythons()


def supported_pythons() -> list[str]:
    """The versions that the classifiers of the package promise."""
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)


def test_the_hooks_are_local_and_call_what_exists():
    hooks = load(CHECKOUT / ".pre-commit-config.yaml")
    assert [source["repo"] for source in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        for word in hook["entry"].split():
            assert not FILE.fullmatch(word) or (CHECKOUT / word).exists()
        assert not hook["entry"].startswith(PROGRAM) or list(problems_of(hook["entry"], {})) == []


def tox_environments() -> set[str]:
    """The environments that tox.ini defines."""
    text = (CHECKOUT / "tox.ini").read_text(encoding="utf-8")
    listed = re.search(r"^env_?list = (.*?)^\S", text, re.MULTILINE | re.DOTALL)
    return {
        *re.findall(r"^\[testenv:([\w-]+)", text, re.MULTILINE),
        *re.findall(r"[\w.-]+", listed[1] if listed else ""),
    }


def test_every_tox_environment_in_a_page_exists():
    wrong = [
        (named(each.path), name)
        for each in true_pages()
        for text in (*each.spans, *(body for _, body in each.fences))
        for name in re.findall(r"\btox -e ([\w-]+)", text)
        if name not in tox_environments() | PENDING
    ]
    assert wrong == []


def test_the_renamed_ids_in_the_change_log_have_names_that_exist(vocabulary):
    text = HISTORY.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| `([\w-]+)` \|$", text, re.MULTILINE)
    assert rows
    assert [new for _, new in rows if new not in vocabulary] == []
    assert [old for old, _ in rows if old in vocabulary] == []


def test_the_renamed_checks_in_the_change_log_have_names_that_exist():
    rows = re.findall(r"^\| `([\w-]+): .+` \| `([\w-]+): .+` \|$", HISTORY.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows
    assert [new for _, new in rows if new not in REGISTRY] == []
    assert [old for old, _ in rows if old in REGISTRY] == []
