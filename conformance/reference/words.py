"""What the scripted model sees in a text: quotes, numbers, names, codes."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])")
_CODE = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*(?![\w-])"
    r"|(?<![\w-])[A-Z]{2,}(?:[-_][A-Z0-9]+)+(?![\w-])"
)
_CAPITALS = re.compile(
    r"\b([A-ZÀ-Þ][\wà-ÿ'’-]+(?:[ ](?:[A-ZÀ-Þ][\wà-ÿ'’-]+|de|la|do|of(?= [A-Z])))*)(?:,\s([A-Z]{2})\b)?"
)
_OBJECT = re.compile(r"\s(?:a|an|the|me|us|my|all|some|for|to|in|up|it|this|two|three|with|about|at)\b")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_NEAR = 40
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)

_ZERO_TO_TWENTY = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty"""
_NUMBER_WORDS = {name: value for value, name in enumerate(_ZERO_TO_TWENTY.split())} | {"fifty": 50, "hundred": 100}

_COMMON_WORDS = """
    what which who where when why how is are was were do does did can could please tell give use call the a an
    and or but if in on at for to of from with by it its this that these those there then i you he she we they
    my your our reply respond answer say repeat echo write output print return count list find search look
    check get fetch show compare add compute calculate send create tool tools weather temperature celsius
    fahrenheit json yes no ok okay now today tomorrow also first next finally after before both each every all
    only exactly just do not don't let user assistant system remember note name city place word code number
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december
"""
_NOT_NAMES = frozenset(_COMMON_WORDS.split())


def quoted(text: str) -> list[str]:
    """Everything in quotation marks or backticks."""
    return [next(part for part in match.groups() if part is not None) for match in _QUOTED.finditer(text)]


def numbers(text: str) -> list[float]:
    """All numbers in order, digits before number words."""
    digits = [float(match.group()) for match in _NUMBER.finditer(text)]
    return digits or [float(_NUMBER_WORDS[w]) for w in plain_words(text) if w in _NUMBER_WORDS]


def integer(text: str) -> int | None:
    """The value of one number, written in digits or as a word."""
    text = text.strip().lower()
    if text.isascii() and text.isdigit() and len(text) < 7:
        return int(text)
    return _NUMBER_WORDS.get(text)


def codes(text: str) -> list[str]:
    """Words that look like a code: letters with digits, or capitals joined by hyphens. Without repetition."""
    return list(dict.fromkeys(match.group() for match in _CODE.finditer(text)))


def dates(text: str) -> list[str]:
    """All dates of the form 2026-11-22."""
    return _DATE.findall(text)


def names(text: str) -> list[str]:
    """Capitalised names, such as cities and people, without words that only start a sentence."""
    found: list[str] = []
    opening: list[str] = []
    for match in _CAPITALS.finditer(text):
        words = match.group(1).split(" ")
        while words and words[0].lower().strip("'’") in _NOT_NAMES:
            words.pop(0)
        while words and words[-1].lower() in _NOT_NAMES:
            words.pop()
        name = re.sub(r"['’]s$", "", " ".join(words))
        if name and not name.isupper():
            place = opening if _opens(text, match) else found
            place.append(f"{name}, {match.group(2)}" if match.group(2) else name)
    return list(dict.fromkeys(found or opening))


def _opens(text: str, match: re.Match[str]) -> bool:
    """Whether a capitalised word only begins a sentence, like `Book` in `Book a table`."""
    before = text[max(0, match.start() - _NEAR) : match.start()].rstrip()
    return (not before or before[-1] in ".!?:\n") and bool(_OBJECT.match(text, match.end()))


def plain_words(text: str) -> list[str]:
    """All words in lower case; camelCase and snake_case are split."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word.lower() for word in _WORD.findall(apart.replace("_", " "))]


def stem(word: str) -> str:
    """A word without its most common endings, so that `calculates` matches `calculate`."""
    for ending in (
        "ations",
        "ation",
        "ating",
        "ates",
        "ated",
        "ate",
        "ings",
        "ing",
        "ies",
        "ers",
        "er",
        "es",
        "ed",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
