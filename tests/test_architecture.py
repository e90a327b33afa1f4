"""The rules of the house, as far as a program can check them. `docs/architecture.md` explains them."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "conformance"
MODULES = sorted(PACKAGE.rglob("*.py"))

SHARED = {"base", "model"}
"""What every package may import."""

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "base": set(),
    "model": {"base"},
    "protocol": SHARED,
    "standard": SHARED | {"protocol"},
    "judge": SHARED | {"protocol", "standard"},
    "wire": SHARED | {"protocol"},
    "results": SHARED | {"protocol", "standard"},
    "report": SHARED | {"protocol", "standard", "results", "comparison", "claims"},
    "config": SHARED | {"protocol", "standard"},
    "engine": SHARED | {"protocol", "standard", "wire", "judge", "config"},
    "sdk_drift": SHARED | {"protocol", "standard"},
    "second_opinion": SHARED | {"protocol"},
    "comparison": SHARED | {"protocol"},
    "claims": SHARED | {"standard"},
    "reference": SHARED | {"standard"},
    "plugin": SHARED | {"protocol", "standard", "wire", "judge", "results", "report", "config", "engine", "reference"},
    "commands": SHARED
    | {
        "protocol",
        "standard",
        "wire",
        "judge",
        "results",
        "report",
        "config",
        "engine",
        "sdk_drift",
        "second_opinion",
        "comparison",
        "claims",
        "reference",
        "plugin",
    },
    "cli": SHARED | {"config", "commands"},
}
"""What each package may import besides itself (DESIGN.md, section 4)."""

PEOPLE = {"click", "rich"}
MAY_TALK_TO_PEOPLE = {"cli", "commands", "report"}
TEST_RUNNER = {"pytest", "xdist", "pluggy"}
MAY_KNOW_THE_TEST_RUNNER = {"plugin"}

NETWORK = {
    "httpx", "httpcore", "h11", "socket", "ssl", "socketserver", "uvicorn", "starlette", "aiohttp", "requests",
    "urllib3", "http.client", "http.server", "urllib.request", "asyncio.streams",
}  # fmt: skip
NETWORK_OF_ASYNCIO = {
    "open_connection", "open_unix_connection", "start_server", "start_unix_server", "StreamReader", "StreamWriter",
}  # fmt: skip
MAY_TOUCH_THE_NETWORK = {"base", "wire", "reference"}

THE_SDK = {"anthropic", "httpx2"}
MAY_IMPORT_THE_SDK = {"sdk_drift", "second_opinion"}
"""The SDK and its HTTP client, by which the second opinion hands recorded bytes over. Neither connects to anything."""

MOST_LINES = 400

EXPENSIVE = ("httpx", "jsonschema", "yaml", "jinja2", "starlette", "uvicorn", "rich")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, with its line, also those inside functions and for type checkers only.

    `from a import b` gives both `a` and `a.b`, because `b` may be a module.
    """
    package = ["conformance", *path.relative_to(PACKAGE).parent.parts]
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, source
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__", "lazy_import"):
            yield from ((node.lineno, arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def packages_imported(path: Path) -> Iterator[tuple[int, str]]:
    for line, name in imports_of(path):
        words = name.split(".")
        if words[0] == "conformance" and len(words) > 1:
            yield line, words[1]


def roots_imported(path: Path) -> set[str]:
    return {name.split(".")[0] for _, name in imports_of(path)}


def test_every_package_has_its_line_and_no_line_is_without_a_package():
    assert {package_of(path) for path in MODULES} == set(MAY_IMPORT)


def test_imports_between_packages_run_one_way():
    wrong = {
        (name_of(path), imported): line
        for path in MODULES
        for line, imported in packages_imported(path)
        if imported not in MAY_IMPORT[package_of(path)] | {package_of(path), "__version__"}
    }
    assert wrong == {}


def test_the_table_itself_has_no_circle():
    left = {name: set(allowed) for name, allowed in MAY_IMPORT.items()}
    while free := {name for name, allowed in left.items() if not allowed & left.keys()}:
        left = {name: allowed for name, allowed in left.items() if name not in free}
    assert left == {}


def test_the_page_of_architecture_shows_this_table():
    page = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (.*)\|$", page, re.MULTILINE)
    shown = {package: set(re.findall(r"`(\w+)`", cell)) for package, cell in rows}
    shared = {name: SHARED if name not in SHARED else set() for name in MAY_IMPORT}
    assert shown == {name: allowed - shared[name] for name, allowed in MAY_IMPORT.items() if name != "__init__"}


def test_no_private_module_of_another_package_is_imported():
    private = [
        (name_of(path), line, name)
        for path in MODULES
        for line, name in imports_of(path)
        if not name.startswith(("conformance", "__future__")) and any(word[:1] == "_" for word in name.split("."))
    ]
    assert private == []


def test_only_the_packages_that_send_or_serve_touch_the_network():
    found = {}
    for path in MODULES:
        if package_of(path) in MAY_TOUCH_THE_NETWORK:
            continue
        named = {name for _, name in imports_of(path) if NETWORK & {name, name.split(".")[0]}}
        streams = {node.attr for node in nodes_of(path) if isinstance(node, ast.Attribute)}
        found[name_of(path)] = named | (streams & NETWORK_OF_ASYNCIO)
    assert {name: imports for name, imports in found.items() if imports} == {}


def test_only_those_who_talk_to_people_import_click_and_rich():
    offenders = {name_of(p) for p in MODULES if package_of(p) not in MAY_TALK_TO_PEOPLE and PEOPLE & roots_imported(p)}
    assert offenders == set()


def test_only_the_plugin_imports_the_test_runner():
    offenders = {
        name_of(path)
        for path in MODULES
        if package_of(path) not in MAY_KNOW_THE_TEST_RUNNER and TEST_RUNNER & roots_imported(path)
    }
    assert offenders == set()


def test_only_those_who_compare_with_the_sdk_import_it():
    named = {
        name_of(path)
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and node.value in THE_SDK
    }
    offenders = {name_of(path) for path in MODULES if THE_SDK & roots_imported(path)} | named
    assert {name.partition("/")[0] for name in offenders} == MAY_IMPORT_THE_SDK


def test_every_module_says_what_it_is():
    assert [name_of(path) for path in MODULES if not ast.get_docstring(tree_of(path))] == []


def test_no_module_is_longer_than_people_like_to_read():
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_no_public_class_has_two_homes():
    homes = defaultdict(list)
    for path in MODULES:
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name_of(path))
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


ONE_HOME = {
    "base/versions.py": {"2023-06-01", "2026-10-21"},
    "base/pointer.py": {"~0", "~1"},
    "protocol/usage.py": {"cache_creation_input_tokens", "cache_read_input_tokens"},
}
"""Module -> texts that no other module spells, the reference endpoint excepted for what it knows on its own."""


FEATURES = {"caching", "counting", "streaming", "thinking"}
"""Words of the API that end like a gerund."""
NOUNS = {"meaning"}


def test_modules_have_the_names_of_things():
    gerunds = [name_of(path) for path in MODULES if path.stem.endswith("ing") and path.stem not in FEATURES | NOUNS]
    assert gerunds == []


def test_what_has_one_home_is_spelled_nowhere_else():
    homes = {text: home for home, texts in ONE_HOME.items() for text in texts}
    found = {
        (name_of(path), node.value)
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in homes
        if package_of(path) != "reference" or not homes[node.value].startswith("protocol/")
    }
    assert found == {(home, text) for text, home in homes.items()}


def test_no_pointer_is_put_together_by_hand():
    by_hand = [
        f"{name_of(path)}:{node.value.lineno}"
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.keyword) and node.arg == "pointer" and isinstance(node.value, ast.JoinedStr)
    ]
    longer = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes_of(path)
        if isinstance(node, ast.JoinedStr) and re.search(r"pointer\}/", ast.unparse(node))
    ]
    assert by_hand + longer == []


def test_only_one_module_finds_the_nearest_name_and_only_a_reply_parses_events():
    finding = {path for path in MODULES for node in nodes_of(path) if getattr(node, "attr", "") == "get_close_matches"}
    assert {name_of(path) for path in finding} == {"base/suggestions.py"}
    readers = {
        name_of(path)
        for path in MODULES
        for _, name in imports_of(path)
        if name in ("conformance.protocol.sse.parse", "conformance.protocol.accumulation.accumulate")
    }
    assert readers == {"protocol/reply.py"}


WRITERS = {
    "base/output.py": "writes every file aside and moves it to its place",
    "base/lock.py": "holds the lock of a folder",
    "base/streams.py": "standard streams that were closed lead nowhere",
    "wire/journal.py": "a journal grows line by line",
    "wire/remote.py": "copies of what is elsewhere, in a folder that is removed again",
}
"""Modules that may open files for writing, with the reason."""

WRITES = {"write_text", "write_bytes", "touch", "fdopen", "O_WRONLY", "O_RDWR", "O_CREAT", "FileIO", "open_code"}
WRITES_BY_IMPORT = {"tempfile", "shutil", "fileinput"}


def opens_for_writing(node: ast.AST) -> bool:
    """True for `open(path, "w")` and `path.open("a")`; an argument that is not spelled out may be any mode."""
    if not isinstance(node, ast.Call) or called(node) != "open":
        return False
    modes = [*node.args[0 if isinstance(node.func, ast.Attribute) else 1 :][:1]]
    modes += [keyword.value for keyword in node.keywords if keyword.arg == "mode"]
    spelled = [mode.value if isinstance(mode, ast.Constant) else "w" for mode in modes]
    return any(set("wax+") & set(str(mode)) for mode in spelled)


def test_files_are_written_in_one_place():
    found = {
        name_of(path)
        for path in MODULES
        for node in nodes_of(path)
        if opens_for_writing(node) or getattr(node, "attr", getattr(node, "id", "")) in WRITES
    }
    importers = {name_of(path) for path in MODULES if WRITES_BY_IMPORT & roots_imported(path)}
    assert found | importers == set(WRITERS)


def test_yaml_stands_only_where_data_belongs():
    found = (path for pattern in ("*.yaml", "*.yml") for path in CHECKOUT.rglob(pattern))
    places = {path.relative_to(CHECKOUT).parts for path in found}
    ours = {parts for parts in places if parts[0] in ("conformance", "specs", "tests")}
    homes = {("conformance", "catalogue"), ("conformance", "reference"), ("tests", "data")}
    assert [parts for parts in ours if parts[0] != "specs" and parts[:2] not in homes] == []


MADE_IN_ONE_PLACE = {"Case", "Exchange", "Response"}
MAKERS = {
    "support/make.py": "the one place",
    "mutation/rehearsal.py": "records what the reference endpoint answers",
    "wire/test_journal.py": "spells each field that a line of the journal keeps",
}
"""Files of the tests that may construct the values above, with the reason."""


def test_every_hand_made_exchange_of_the_tests_is_made_by_one_module():
    tests = CHECKOUT / "tests"
    makers = {
        path.relative_to(tests).as_posix()
        for path in tests.rglob("*.py")
        if any(f"{name}(" in path.read_text(encoding="utf-8") for name in MADE_IN_ONE_PLACE)
        for node in nodes_of(path)
        if isinstance(node, ast.Call) and called(node) in MADE_IN_ONE_PLACE
    }
    assert makers == set(MAKERS)


def test_the_plugin_costs_nothing_where_it_is_not_used():
    code = "import json, sys; import conformance.plugin; print(json.dumps(sorted(sys.modules)))"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [name for name in EXPENSIVE if name in json.loads(done.stdout)] == []


READERS = {
    "base/files.py": "the one reader of files that users write or name",
    "base/yaml_text.py": "YAML of such files",
    "base/toml_text.py": "TOML of such files",
    "base/dotenv_text.py": "`.env` files",
    "base/json_text.py": "JSON of such files",
    "base/strict_json.py": "JSON of endpoints and files",
    "standard/schemas.py": "the JSON Schemas of the package",
    "standard/library.py": "the hash of the shipped catalogue",
    "standard/baseline.py": "writes YAML",
    "standard/submissions.py": "writes YAML",
    "report/pages.py": "the templates of the package",
    "commands/judge.py": "reads what it has rendered itself",
    "commands/regen.py": "the generated files of a checkout",
    "sdk_drift/sdk.py": "the source of an installed package",
    "sdk_drift/methods.py": "the source of an installed package",
    "sdk_drift/notes.py": "writes YAML",
    "base/output.py": "opens files for writing",
    "base/lock.py": "opens locks",
    "base/streams.py": "opens the null device",
    "wire/journal.py": "opens journals for writing",
    "wire/remote.py": "copies bytes without reading them",
    "engine/sender.py": "opens a turnstile and no file",
}
"""Modules that read a file or a text without `base/files.py` and its decoders, with the reason. The reference endpoint
reads what it is sent.
"""

READS = {"read_text", "read_bytes", "open", "fdopen", "loads", "load_source"}
READS_BY_IMPORT = {"yaml", "tomllib", "dotenv", "configparser", "pickle", "csv"}
OURS_TO_READ_WITH = {"conformance.base.files.read_text", "conformance.base.files.read_bytes"}


def owner(node: ast.Call) -> str:
    """The name before the dot of what is called, as `files` in `files.read_text(path, most)`."""
    return getattr(getattr(node.func, "value", None), "id", "")


def reads(path: Path) -> bool:
    """Whether a module reads a file or decodes a text by itself."""
    given = {name.rsplit(".", 1)[-1] for _, name in imports_of(path) if name in OURS_TO_READ_WITH}
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    own = {called(node) for node in calls if not {getattr(node.func, "id", ""), owner(node)} & (given | {"files"})}
    methods = {node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)}
    return bool((own - methods) & READS) or bool(READS_BY_IMPORT & roots_imported(path))


def test_files_of_users_are_read_in_one_place():
    found = {name_of(path) for path in MODULES if package_of(path) != "reference" and reads(path)}
    assert found == set(READERS)


def test_urls_of_others_are_taken_apart_where_that_cannot_raise():
    splitters = {
        name_of(path) for path in MODULES for _, name in imports_of(path) if name.startswith("urllib.parse.urlsplit")
    }
    guarded = {  # each catches ValueError, or has what was checked before
        "config/target.py", "config/connection.py", "commands/proxy.py", "commands/proxy_judge.py",
        "wire/credentials.py",
    }  # fmt: skip
    assert splitters - guarded == {"base/urls.py"}
