"""Makes text of an endpoint harmless for the place where it is shown: one function for each kind of place.

HTML is escaped by Jinja2, after `printable`.
"""

from __future__ import annotations

import re
import unicodedata

_NOT_PLAIN = re.compile(r"[^\n\t\x20-\x7e]")
_ACTIVE_IN_MARKDOWN = re.compile(
    r"[&<>\\`*\[\]#|~@$]|:(?=//)|(?<=www)\.|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", re.IGNORECASE
)


def printable(text: str) -> str:
    r"""Text with every invisible or active character shown as an escape, such as `\x1b` or `\u202e`.

    Newline and tab stay. Escaped are controls, direction and joining marks, line separators, lone surrogates, private
    and unassigned characters, so that nothing can recolour a terminal, reorder a line or break an XML document.
    """
    return _NOT_PLAIN.sub(lambda match: _shown(match.group()), text)


def one_line(text: str) -> str:
    r"""Printable text on one line: a newline is shown as `\n`, a tab as `\t`."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def cut(text: str, limit: int) -> str:
    """One line of at most `limit` characters, with a note how long the whole was."""
    line = one_line(text)
    return line if len(line) <= limit else f"{line[:limit]} … ({len(text):,} characters)"


def markdown(text: str) -> str:
    """One line of plain words for GitHub's Markdown, with nothing in it that is markup, a link or a mention."""
    return _ACTIVE_IN_MARKDOWN.sub(lambda match: f"&#{ord(match.group())};", one_line(text))


def markdown_code(text: str) -> str:
    """One line of literal text, safe inside a table cell. Inside `code`, GitHub makes no links and no mentions."""
    return f"<code>{markdown(text)}</code>"


def markdown_block(text: str) -> str:
    """Literal text of several lines as a fenced block. The fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{printable(text)}\n{fence}"


def _shown(char: str) -> str:
    if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
