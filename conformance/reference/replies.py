"""What the scripted model says: one text for one conversation, from simple instructions and questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from conformance.reference.attention import heeded, orders_of, without_reminders
from conformance.reference.words import codes, integer, plain_words, quoted

_VERBS = r"(?:reply|respond|answer|say|repeat|echo|output|write|print|return|type|state|give)"
_FILLER = re.compile(
    r"(?:\s+(?:back|only|just|exactly|simply|with|by|the|this|that|these|following|single|one|exact|literal|word|words|"
    r"code|codes|text|string|phrase|sentence|token|tokens|marker|line|number|to|me|after|and|nothing|else|but|verbatim|"
    r"saying|containing|is|here|please|of|for|character|characters|emoji|value|as|consisting|unchanged)"
    r"(?=[\s:,;.!?\"'`]|$))+",
    re.IGNORECASE,
)
_COLON = re.compile(rf"\b{_VERBS}\b(?!\s+from\b)([^:\n.?!]{{0,160}}?):[ \t]*(\n?[^\n].*)", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(
    rf"(?:^|[.!?;:,\n]\s*|\b(?:please|must|then|and|to|just|only|always|now)\s+){_VERBS}\b([^\n]*)", re.IGNORECASE
)
_TAIL = re.compile(
    r"(?:,|\s)*\s*(?:\band nothing else\b|\bnothing else\b|\band only that\b|\bonly\b|\bexactly\b|\bverbatim\b"
    r"|\bplease\b|\bin (?:your|a|the) (?:reply|answer|response)\b|\bto (?:me|every \w+|any \w+|everything)\b"
    r"|\bto (?:the|all) \w+(?: \w+)?"
    r"|\bwithout (?:any )?\w+(?: \w+)*|\band stop\b)[\s.!,]*$",
    re.IGNORECASE,
)
_LONGEST_TAIL = 120
_META = re.compile(
    r"(?<=[.!?\n\"'`”])\s+(?:Do not|Don't|Nothing|No |Only|Just|Without|Then|Use|Answer|Reply|Say|Never|Keep|Add|That|"
    r"This|It|Please|Stop|Output|After|I |You |Even|Whatever|Ignore|What|Respond)\b.*",
    re.DOTALL,
)
_VAGUE = re.compile(
    r"^[,;]|^\d+ \w+|^(?:in|or|a|an|your|my|its|two|three|some|any|it|them|what|which|how|"
    r"whether|json|about|me|all|each|every|at|long|short|"
    r"briefly|concisely|brief|concise|honestly|normally|politely|yes or|on|using|if)\b",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(r"\b(?:the|this|that|these)(?: (?:single|one|exact|literal))?\s*$", re.IGNORECASE)
_OTHERWISE = re.compile(r"\bor\b(?: \w+){0,3}?\s+[\"']?([A-Z]{2,}|\w+)[\"']?\s+(?:if|when|otherwise)\b")
_COUNT = re.compile(
    r"\b(?:count(?:ing)?|numbers?|integers?)\b[^.?!\n]{0,40}?\b(?:from\s+)?(\w+)\s*"
    r"(?:to|through|until|up to|-|–|\.\.\.?)\s*(\w+)",
    re.IGNORECASE,
)
_COUNT_TO = re.compile(r"\bcount(?:ing)?\b[^.?!\n]{0,20}?\bto\s+(\w+)", re.IGNORECASE)
_TIMES = re.compile(r"\b(\w+)\s+times\b|\b(twice|thrice)\b", re.IGNORECASE)
_SUM = re.compile(
    r"(-?\d{1,12})\s*(\+|-|−|\*|×|x|/|÷|plus|minus|times|multiplied by|divided by)\s*(-?\d{1,12})", re.IGNORECASE
)
_LENGTH = re.compile(r"\b(\d{2,5})[ -]words?\b", re.IGNORECASE)
_LONG = re.compile(
    r"\b(long|story|essay|poem|detailed|explain|describe|paragraphs?|tale|article|history|tell me about)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:what|which|who|tell me|give me|repeat|recall|state|name|say|reply with|answer with|respond with)\b"
    r"[^?.!\n]{0,200}?\b(?:is|was|are|were|of|with|the|my|me|your|did)\b\s+(?:(?:the|my|your|our|its)\s+)?([^?.!\n,:]+)",
    re.IGNORECASE,
)
_CAPITALS = {
    "france": "Paris",
    "germany": "Berlin",
    "italy": "Rome",
    "spain": "Madrid",
    "japan": "Tokyo",
    "england": "London",
}
_MOST_QUESTIONS, _MOST_WORDS, _MOST_NOTED = 4, 6, 8
_SMALL_WORDS = """the a an of in on at to for from is was are were be been do did does you i told me my your our it its
    this that these those and or what which who how when where please tell give say reply answer respond with only just
    exactly nothing else one remember earlier above given mentioned user system document message conversation word
    text single"""
_STOPWORDS = frozenset(_SMALL_WORDS.split())
_STORY = (
    "Once upon a time a small lighthouse stood at the edge of a quiet sea.",
    "Every evening its keeper climbed the stairs and lit the lamp.",
    "Ships passed by slowly and their crews waved to the light.",
    "One winter a storm came that was louder than any storm before.",
    "The keeper stayed awake all night and kept the flame alive.",
    "In the morning a boat with three sailors reached the harbour.",
    "They brought oranges, a blue map and a song from the south.",
    "From then on the keeper sang while polishing the glass.",
)


@dataclass(frozen=True)
class Conversation:
    """What the model reads: standing instructions, earlier texts, results of calls, and the last request.

    `known` is everything that may hold an answer, the most recent last. `sights` are colours of images.
    """

    system: str = ""
    known: tuple[str, ...] = ()
    results: tuple[tuple[str, str, bool], ...] = ()
    request: str = ""
    sights: tuple[str, ...] = ()


def reply(conversation: Conversation) -> str:
    """The reply to a conversation. Standing instructions come first, then the request itself."""
    orders = orders_of(conversation.system)
    standing = direct(orders)
    text = standing if standing is not None else _to_request(conversation)
    return _decorated(text, orders)


def direct(text: str) -> str | None:
    """The text that a request literally asks for, or None: `Reply with exactly: X`, `Say X`, `repeat "X" 3 times`."""
    for pattern in (_COLON, _PLAIN):
        for match in pattern.finditer(text):
            payload = match.group(2) if pattern is _COLON else match.group(1)
            if pattern is _COLON and not _announces(match.group(), match.group(1).strip(), payload.strip()):
                continue
            wanted = _payload(payload, fenced=pattern is _COLON)
            if wanted:
                return _repeated(wanted, match.group())
    return None


def _announces(order: str, introduction: str, payload: str) -> bool:
    """Whether what follows a colon is the text to say, and not a question to answer."""
    literal = re.search(r"\b(?:exactly|following|verbatim|repeat|echo|say|back)\b|:\s*$", order[: -len(payload)], re.I)
    asks = payload.endswith("?") or bool(_VAGUE.match(introduction))
    return not asks or bool(literal and re.search(r"\w", literal.group()))


def _payload(text: str, *, fenced: bool) -> str | None:
    rest = text if fenced else re.split(r"(?<=[.!?])\s+(?=[A-Z])", text, maxsplit=1)[0]
    rest = _META.sub("", rest).strip()
    if not fenced:
        filler = _FILLER.match(f" {rest}")
        named = bool(filler) and bool(
            re.search(
                r"exactly|word|only|just|text|phrase|string|code|with|back", filler.group() if filler else "", re.I
            )
        )
        rest = rest[max(0, (filler.end() if filler else 0) - 1) :].strip()
        if _VAGUE.match(rest) or _DESCRIBED.search(filler.group() if filler else ""):
            return None
        marked = quoted(rest) or codes(rest)
        if not marked and not named and len(rest.split()) > 4:
            return None
    found = quoted(rest)
    if found and (rest[:1] in "\"'`“" or not fenced):
        return found[0]
    for _ in range(3):
        rest = (rest[:-_LONGEST_TAIL] + _TAIL.sub("", rest[-_LONGEST_TAIL:])).strip()
    rest = re.sub(r",?\s*\b(?:\w+ times|twice|thrice)\b\.?$", "", rest)
    if rest.endswith(".") and (len(rest.split()) <= 3 or not fenced):
        rest = rest.rstrip(".")
    return rest.strip() or None


def _repeated(wanted: str, order: str) -> str:
    match = _TIMES.search(order)
    named = {"twice": 2, "thrice": 3}
    times = (integer(match.group(1) or "") or named.get((match.group(2) or "").lower())) if match else None
    return " ".join([wanted] * min(times, 500)) if times else wanted


def _to_request(conversation: Conversation) -> str:
    request = conversation.request
    wanted = direct(request)
    if wanted is not None:
        return wanted
    for answer in (_counting(request), _recalled(conversation), _arithmetic(request)):
        if answer is not None:
            return answer
    otherwise = _OTHERWISE.search(request)
    if otherwise is not None:
        return otherwise.group(1)
    if conversation.results:
        return _from_results(conversation)
    if conversation.sights and re.search(r"\b(colou?r|image|picture|see|photo|shown?)\b", request, re.IGNORECASE):
        return f"The image is {' and '.join(conversation.sights)}."
    return _fallback(conversation)


def _counting(request: str) -> str | None:
    match, single = _COUNT.search(request), _COUNT_TO.search(request)
    first = integer(match.group(1)) if match else None
    last = integer(match.group(2)) if match else None
    if first is None or last is None:
        first, last = 1, integer(single.group(1)) if single else None
    if last is None or abs(last - first) > 2000:
        return None
    step = 1 if last >= first else -1
    separator = ", "
    if re.search(r"\b(lines?|newlines?)\b", request, re.IGNORECASE):
        separator = "\n"
    elif re.search(r"\bspaces?\b", request, re.IGNORECASE) and "comma" not in request.lower():
        separator = " "
    return separator.join(str(n) for n in range(first, last + step, step))


def _arithmetic(request: str) -> str | None:
    match = _SUM.search(request)
    if match is None:
        return None
    left, right, sign = int(match.group(1)), int(match.group(3)), match.group(2).lower()
    if sign in ("+", "plus"):
        return str(left + right)
    if sign in ("-", "−", "minus"):
        return str(left - right)
    if sign in ("*", "×", "x", "times", "multiplied by"):
        return str(left * right)
    return str(left // right if right and left % right == 0 else round(left / right, 4)) if right else "undefined"


def _recalled(conversation: Conversation) -> str | None:
    """An answer found in earlier texts: `The code word is X` answers `What is the code word?`."""
    sources = [conversation.system, *conversation.known, *(text for _, text, _ in conversation.results)]
    sources = [*reversed(sources), conversation.request]
    lowered = [source.lower() for source in sources]
    for match in islice(_ASKED.finditer(conversation.request), _MOST_QUESTIONS):
        words = [word for word in plain_words(match.group(1)) if word not in _STOPWORDS]
        asked = [word for word in plain_words(match.group()) if word not in _STOPWORDS and len(word) > 2]
        capital = re.search(r"capital of (\w+)", match.group(), re.IGNORECASE)
        if capital and capital.group(1).lower() in _CAPITALS:
            return _sentence(conversation.request, "capital", _CAPITALS[capital.group(1).lower()])
        nouns = [words[:_MOST_WORDS], *([word] for word in dict.fromkeys(asked[:_MOST_WORDS]))]
        for source, low in zip(sources, lowered, strict=True):
            found = (_value_of(noun, source) for noun in nouns if noun and noun[0] in low)
            value = next(filter(None, found), None)
            if value is not None and value.lower() not in match.group().lower():
                return _sentence(conversation.request, match.group(1).strip(), value)
    return None


def _value_of(words: list[str], text: str) -> str | None:
    for size in range(len(words), 0, -1):
        phrase = r"[\s_-]*".join(re.escape(word) for word in words[:size])
        pattern = rf"\b{phrase}s?\b[^.:=\n]{{0,40}}?(?:\bis\b|\bare\b|\bwas\b|\bequals\b|:|=)\s*(?:now\s+)?([^\n]+)"
        found = [m.group(1) for m in re.finditer(pattern, text, re.IGNORECASE)]
        found = found or re.findall(rf"\b{phrase}\s+((?=[\w-]*\d)[A-Za-z0-9][\w-]*)", text, re.IGNORECASE)
        if found:
            value = re.split(r"(?<=\w)[.!?;](?:\s|$)|,\s(?=and|but|please|what)", found[-1], maxsplit=1)[0]
            return (quoted(value) or [value.strip().strip("\"'`.*")])[0] or None
    return None


def _sentence(request: str, noun: str, value: str) -> str:
    brief = re.search(r"\b(only|just|exactly|nothing else|one word|single word)\b", request, re.IGNORECASE)
    plain = noun.strip() if len(noun.split()) <= 3 else "answer"
    return value if brief else f"The {plain} is {value}."


def _from_results(conversation: Conversation) -> str:
    parts = []
    for name, text, failed in conversation.results:
        if failed:
            parts.append(f"The tool {name} reported an error: {text or 'no details'}")
        else:
            parts.append(f"According to {name}: {text}" if text else f"The tool {name} returned nothing")
    return ". ".join(part.rstrip(".") for part in parts) + "."


def _fallback(conversation: Conversation) -> str:
    request = conversation.request
    length = _LENGTH.search(request)
    if length or _LONG.search(request):
        words = int(length.group(1)) if length else 400
        text = _story(min(words, 8000))
    elif "alphabet" in request.lower():
        text = " ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    elif re.match(r"\W*(?:(?:please )?say )?(hi|hello|hey|good (morning|evening|day))\b", request, re.IGNORECASE):
        text = "Hello! How can I help you?"
    else:
        text = "I understand."
    earlier = map(without_reminders, conversation.known[-_MOST_NOTED:])
    sources = (orders_of(conversation.system), *earlier, request)
    seen = [code for source in sources for code in codes(heeded(source))]
    noted = list(dict.fromkeys(seen))[-8:]
    return f"Noted: {', '.join(noted)}. {text}" if noted else text


def _story(words: int) -> str:
    sentences: list[str] = []
    total = 0
    while total < words:
        sentence = _STORY[len(sentences) % len(_STORY)]
        sentences.append(sentence)
        total += len(sentence.split())
    return " ".join(" ".join(sentences).split()[:words])


def _decorated(text: str, system: str) -> str:
    """Follows standing instructions on how replies begin and end, and what they contain."""
    ends = re.search(r"\b(?:end|finish|close|conclude)\b[^.\n]{0,200}?\bwith\b([^\n]*)", system, re.IGNORECASE)
    begins = re.search(r"\b(?:begin|start|open|prefix)\b[^.\n]{0,200}?\bwith\b([^\n]*)", system, re.IGNORECASE)
    holds = re.search(r"\b(?:always |must )?(?:include|mention|append|contain|add)s?\b([^\n]*)", system, re.IGNORECASE)
    for match, place in ((begins, "front"), (ends, "back"), (holds, "back")):
        wanted = _payload(match.group(1).lstrip(" :"), fenced=False) if match else None
        marked = (codes(match.group(1)) or quoted(match.group(1))) if match else []
        wanted = marked[0] if marked else wanted
        if wanted and wanted not in text:
            text = f"{wanted} {text}" if place == "front" else f"{text} {wanted}"
    if re.search(r"\b(?:upper ?case|capital letters|all caps)\b", system, re.IGNORECASE):
        text = text.upper()
    return text
