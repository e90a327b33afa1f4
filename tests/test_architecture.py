"""The rules of the house, as far as a program can check them: see DESIGN and the docstrings of the modules."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "conformance"
MODULES = sorted(PACKAGE.rglob("*.py"))

EVERYTHING = frozenset({"model", "standard", "judge", "wire", "results", "report", "reference", "run"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "model": frozenset(),
    "standard": frozenset({"model"}),
    "judge": frozenset({"model", "standard"}),
    "wire": frozenset({"model"}),
    "results": frozenset({"model"}),
    "report": frozenset({"model", "results"}),
    "reference": frozenset({"model", "standard"}),
    "run": EVERYTHING,
    "plugin": EVERYTHING,
    "cli": EVERYTHING,
    "__init__": frozenset(),
    "__main__": frozenset({"cli"}),
}

NETWORK = frozenset(
    {"httpx", "httpcore", "h11", "socket", "ssl", "socketserver", "uvicorn", "starlette", "aiohttp", "requests",
     "urllib3", "http.client", "http.server", "urllib.request", "asyncio.streams"}
)  # fmt: skip
NETWORK_OF_ASYNCIO = frozenset(
    {"open_connection", "open_unix_connection", "start_server", "start_unix_server", "StreamReader", "StreamWriter"}
)
MAY_TOUCH_THE_NETWORK = frozenset({"wire", "run", "reference", "cli"})

MOST_LINES = 400
LONGER: dict[str, str] = {}
"""Modules that are longer, by path below the package, with the reason."""

EXPENSIVE = ("httpx", "jsonschema", "yaml", "jinja2", "starlette", "uvicorn")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, with its line, also those inside functions and for type checkers only.

    `from a import b` gives both `a` and `a.b`, because `b` may be a module.
    """
    package = ["conformance", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


def parts_imported(path: Path) -> Iterator[tuple[int, str]]:
    for line, name in imports_of(path):
        words = name.split(".")
        if words[0] == "conformance" and len(words) > 1:
            yield line, words[1]


every_module = pytest.mark.parametrize("path", MODULES, ids=name_of)


@every_module
def test_imports_between_parts_run_one_way(path):
    allowed = MAY_IMPORT[part_of(path)] | {part_of(path)}
    exported = {"__version__"}
    wrong = [f"line {line}: {part}" for line, part in parts_imported(path) if part not in allowed | exported]
    assert wrong == []


@every_module
def test_nothing_imports_the_plugin(path):
    assert [line for line, part in parts_imported(path) if part == "plugin" and part_of(path) != "plugin"] == []


@every_module
def test_no_private_module_of_another_package_is_imported(path):
    foreign = [(line, name) for line, name in imports_of(path) if not name.startswith(("conformance", "__future__"))]
    assert [item for item in foreign if any(word.startswith("_") for word in item[1].split("."))] == []


@every_module
def test_only_the_parts_that_send_or_serve_touch_the_network(path):
    if part_of(path) in MAY_TOUCH_THE_NETWORK:
        return
    found = {name for _, name in imports_of(path) if NETWORK & {name, name.split(".")[0]}}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    streams = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & NETWORK_OF_ASYNCIO
    named = {name for _, name in imports_of(path) if name.startswith("asyncio.")}
    assert found | streams | {name for name in named if name.rpartition(".")[2] in NETWORK_OF_ASYNCIO} == set()


@every_module
def test_every_module_says_what_belongs_in_it(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@every_module
def test_no_module_is_longer_than_people_like_to_read(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert (lines > MOST_LINES) == (name_of(path) in LONGER), f"{lines} lines"


def test_every_exception_for_length_has_a_module_and_a_reason():
    assert {name for name, reason in LONGER.items() if not reason} == set()
    assert set(LONGER) <= {name_of(path) for path in MODULES}


def test_yaml_stands_only_in_the_catalogue_and_in_the_specification():
    found = (path for pattern in ("*.yaml", "*.yml") for path in CHECKOUT.rglob(pattern))
    places = {path.relative_to(CHECKOUT).parts for path in found}
    ours = {parts for parts in places if parts[0] in ("conformance", "specs", "tests") or len(parts) == 1}
    assert [parts for parts in ours if parts[0] != "specs" and parts[:2] != ("conformance", "catalogue")] == []


@pytest.mark.skipif(not (PACKAGE / "plugin.py").is_file(), reason="the plugin is not part of this checkout")
def test_the_plugin_costs_nothing_where_it_is_not_used():
    code = "import json, sys; import conformance.plugin; print(json.dumps(sorted(sys.modules)))"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert [name for name in EXPENSIVE if name in json.loads(done.stdout)] == []
