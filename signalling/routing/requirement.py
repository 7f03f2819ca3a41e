"""Requirements: what a rep must be able to do to be given a ticket, and how that is relaxed while the customer waits.

As text, for people, and as JSON, for programs:

    billing >= 3 and language in (de, en)
    {"all": [{"skill": "billing", "at_least": 3}, {"language": ["de", "en"]}]}

    expression  = conjunction *("or" conjunction)
    conjunction = negation *("and" negation)
    negation    = "not" negation / "(" expression ")" / "anybody" / language / level
    language    = "language" ("in" "(" tag *("," tag) ")" / "=" tag)
    level       = skill [(">=" / ">" / "<=" / "<" / "=") number]      ; a skill alone is ">= 1"; a skill that a rep has not is level 0

For `matching` and the operations that take requirements. Pure. Invariants: reading is total (an expression or Unprocessable with the place
of the fault) and bounded in size; equal requirements that are written in another order are one class (`==` and `hash`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mediaserver.errors import Unprocessable

TEXT_MOST = 1000
TERMS_MOST = 32
DEPTH_MOST = 8
LEVEL_MOST = 100
STEPS_MOST = 8
# A day: who waits longer is not waiting.
WAIT_MOST_S = 86_400

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z][A-Za-z0-9_-]*)|(?P<number>[0-9]{1,3}(?![0-9]))|(?P<sign>>=|<=|==|[<>=(),]))")
_WORDS = frozenset({"and", "or", "not", "in", "language", "anybody"})


@dataclass(frozen=True, slots=True)
class Level:
    """A skill between two levels, both included."""

    skill: str
    least: int
    most: int = LEVEL_MOST


@dataclass(frozen=True, slots=True)
class Speaks:
    """At least one of these languages; `de` is met by `de-AT`, not the other way round."""

    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; of nothing: anybody."""

    parts: frozenset["Requirement"] = frozenset()


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these."""

    parts: frozenset["Requirement"]


@dataclass(frozen=True, slots=True)
class Lacks:
    """Not this."""

    part: "Requirement"


Requirement = Level | Speaks | Every | Some | Lacks
ANYBODY = Every()


@dataclass(frozen=True, slots=True)
class Step:
    """From this wait on, this is required and no longer what was before."""

    after_us: int
    requirement: Requirement


def meets(requirement: Requirement, skills: Mapping[str, int], languages: frozenset[str]) -> bool:
    """Whether somebody with these skills (name -> level) and languages (lower case tags) meets it."""
    match requirement:
        case Level(skill, least, most):
            return least <= skills.get(skill, 0) <= most
        case Speaks(wanted):
            return any(has == want or has.startswith(want + "-") for want in wanted for has in languages)
        case Every(parts):
            return all(meets(part, skills, languages) for part in parts)
        case Some(parts):
            return any(meets(part, skills, languages) for part in parts)
        case Lacks(part):
            return not meets(part, skills, languages)


def both(first: Requirement, second: Requirement) -> Requirement:
    """What meets both."""
    return _every([first, second])


def combined(first: Sequence[Step], second: Sequence[Step]) -> tuple[Step, ...]:
    """Two relaxations at once: at every moment, what each of them requires then."""
    steps: list[Step] = []
    for at_us in sorted({0, *(step.after_us for step in first), *(step.after_us for step in second)}):
        steps.append(Step(at_us, both(_at(first, at_us), _at(second, at_us))))
    return tuple(steps)


def _at(steps: Sequence[Step], wait_us: int) -> Requirement:
    found: Requirement = ANYBODY
    for step in steps:
        if step.after_us <= wait_us:
            found = step.requirement
    return found


def read(value: Any) -> Requirement:
    """From text or from JSON as Python objects (None: anybody). Unprocessable where it is neither."""
    if value is None:
        return ANYBODY
    if isinstance(value, str):
        return parse(value)
    counted = [0]
    return _of_json(value, "", 0, counted)


def parse(text: str) -> Requirement:
    """From text. Unprocessable, with the place, where it is none."""
    if len(text) > TEXT_MOST:
        raise _wrong(f"A requirement has at most {TEXT_MOST} characters.")
    if not text.strip():
        return ANYBODY
    return _Parser(text).whole()


def written(requirement: Requirement) -> Any:
    """As JSON; `read` gives the same again."""
    match requirement:
        case Level(skill, least, most) if most == LEVEL_MOST:
            return {"skill": skill, "at_least": least}
        case Level(skill, least, most):
            return {"skill": skill, "at_least": least, "at_most": most}
        case Speaks(languages):
            return {"language": sorted(languages)}
        case Every(parts):
            return {"all": sorted((written(part) for part in parts), key=repr)}
        case Some(parts):
            return {"any": sorted((written(part) for part in parts), key=repr)}
        case Lacks(part):
            return {"not": written(part)}


def steps_of(value: Any) -> tuple[Step, ...]:
    """Relaxation from JSON: `[{"after_s": 0, "requirement": ...}, ...]`, ascending; the first begins at 0. Unprocessable otherwise."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > STEPS_MOST:
        raise _wrong(f"A relaxation is a list of at most {STEPS_MOST} steps.")
    steps: list[Step] = []
    for number, item in enumerate(value):
        if not isinstance(item, Mapping) or set(item) != {"after_s", "requirement"}:
            raise _wrong("A step has after_s and requirement.", f"/{number}")
        after_s = item["after_s"]
        if isinstance(after_s, bool) or not isinstance(after_s, int) or not 0 <= after_s <= WAIT_MOST_S:
            raise _wrong(f"after_s is a number of seconds up to {WAIT_MOST_S}.", f"/{number}/after_s")
        if steps and after_s * 1_000_000 <= steps[-1].after_us:
            raise _wrong("Steps ascend in after_s.", f"/{number}/after_s")
        steps.append(Step(after_s * 1_000_000, read(item["requirement"])))
    return tuple(steps)


def steps_written(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """As JSON; `steps_of` gives the same again."""
    return [{"after_s": step.after_us // 1_000_000, "requirement": written(step.requirement)} for step in steps]


def _every(parts: Sequence[Requirement]) -> Requirement:
    flat: set[Requirement] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Every) else {part}
    return next(iter(flat)) if len(flat) == 1 else Every(frozenset(flat))


def _some(parts: Sequence[Requirement]) -> Requirement:
    flat: set[Requirement] = set()
    for part in parts:
        flat |= part.parts if isinstance(part, Some) else {part}
    if ANYBODY in flat:
        return ANYBODY
    return next(iter(flat)) if len(flat) == 1 else Some(frozenset(flat))


def _wrong(detail: str, pointer: str | None = None) -> Unprocessable:
    return Unprocessable(detail, code="requirement", pointer=pointer)


def _level(skill: str, sign: str, number: int) -> Requirement:
    if number > LEVEL_MOST:
        raise _wrong(f"Levels go up to {LEVEL_MOST}.")
    least, most = {
        ">=": (number, LEVEL_MOST),
        ">": (number + 1, LEVEL_MOST),
        "<=": (0, number),
        "<": (0, number - 1),
        "=": (number, number),
        "==": (number, number),
    }[sign]
    return Level(skill.lower(), least, most)


def _of_json(value: Any, pointer: str, depth: int, counted: list[int]) -> Requirement:
    counted[0] += 1
    if depth > DEPTH_MOST or counted[0] > TERMS_MOST:
        raise _wrong(f"A requirement has at most {TERMS_MOST} terms, {DEPTH_MOST} deep.", pointer or None)
    if not isinstance(value, Mapping):
        raise _wrong("A requirement is text or an object.", pointer or None)
    match dict(value):
        case {"skill": str(skill), **rest} if _is_name(skill) and set(rest) <= {"at_least", "at_most"}:
            least, most = rest.get("at_least", 1 if "at_most" not in rest else 0), rest.get("at_most", LEVEL_MOST)
            if not all(isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= LEVEL_MOST + 1 for each in (least, most)):
                raise _wrong(f"Levels are whole numbers up to {LEVEL_MOST}.", pointer or None)
            return Level(skill.lower(), least, most)
        case {"language": list(tags), **rest} if not rest and 0 < len(tags) <= TERMS_MOST:
            if not all(isinstance(tag, str) and _NAME.fullmatch(tag) for tag in tags):
                raise _wrong("Languages are tags such as de or pt-BR.", f"{pointer}/language")
            return Speaks(frozenset(tag.lower() for tag in tags))
        case {"all": list(parts), **rest} if not rest:
            return _every([_of_json(part, f"{pointer}/all/{n}", depth + 1, counted) for n, part in enumerate(parts)])
        case {"any": list(parts), **rest} if not rest and parts:
            return _some([_of_json(part, f"{pointer}/any/{n}", depth + 1, counted) for n, part in enumerate(parts)])
        case {"not": part, **rest} if not rest:
            return Lacks(_of_json(part, f"{pointer}/not", depth + 1, counted))
    raise _wrong("A requirement has skill (at_least, at_most), language, all, any or not.", pointer or None)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and text.lower() not in _WORDS


class _Parser:
    """Recursive descent over the tokens; every refusal names the character it is at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.terms = 0
        self.token = ""
        self.kind = ""
        self.advance()

    def whole(self) -> Requirement:
        found = self.expression(0)
        if self.kind != "end":
            raise self.wrong("an operator (and, or) or the end")
        return found

    def wrong(self, expected: str) -> Unprocessable:
        return _wrong(f"At character {self.at - len(self.token) + 1}: expected {expected}.")

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            rest = self.text[self.at :].strip()
            if rest:
                raise _wrong(f"At character {len(self.text) - len(self.text[self.at :].lstrip()) + 1}: nothing is written like this.")
            self.at, self.token, self.kind = len(self.text), "", "end"
            return
        self.at = found.end()
        self.kind = str(found.lastgroup)
        self.token = found[self.kind]

    def word(self, word: str) -> bool:
        """Steps over this word or sign, if it is next."""
        if self.kind in ("name", "sign") and self.token.lower() == word:
            self.advance()
            return True
        return False

    def expression(self, depth: int) -> Requirement:
        parts = [self.conjunction(depth)]
        while self.word("or"):
            parts.append(self.conjunction(depth))
        return _some(parts) if len(parts) > 1 else parts[0]

    def conjunction(self, depth: int) -> Requirement:
        parts = [self.negation(depth)]
        while self.word("and"):
            parts.append(self.negation(depth))
        return _every(parts) if len(parts) > 1 else parts[0]

    def negation(self, depth: int) -> Requirement:
        self.terms += 1
        if depth >= DEPTH_MOST or self.terms > TERMS_MOST:
            raise _wrong(f"A requirement has at most {TERMS_MOST} terms, {DEPTH_MOST} deep.")
        if self.word("not"):
            return Lacks(self.negation(depth + 1))
        if self.word("("):
            inner = self.expression(depth + 1)
            if not self.word(")"):
                raise self.wrong(")")
            return inner
        if self.word("anybody"):
            return ANYBODY
        if self.word("language"):
            return self.language()
        if self.kind != "name" or not _is_name(self.token):
            raise self.wrong("a skill or language")
        skill = self.token
        self.advance()
        if self.kind == "sign" and self.token in (">=", ">", "<=", "<", "=", "=="):
            sign = self.token
            self.advance()
            if self.kind != "number":
                raise self.wrong("a level")
            level = int(self.token)
            self.advance()
            return _level(skill, sign, level)
        return Level(skill.lower(), 1)

    def language(self) -> Requirement:
        if self.word("=") or self.word("=="):
            return Speaks(frozenset({self.tag()}))
        if not self.word("in") or not self.word("("):
            raise self.wrong("in ( or =")
        tags = {self.tag()}
        while self.word(","):
            self.terms += 1
            if self.terms > TERMS_MOST:
                raise _wrong(f"A requirement has at most {TERMS_MOST} terms.")
            tags.add(self.tag())
        if not self.word(")"):
            raise self.wrong(", or )")
        return Speaks(frozenset(tags))

    def tag(self) -> str:
        if self.kind != "name" or _NAME.fullmatch(self.token) is None:
            raise self.wrong("a language tag")
        tag = self.token.lower()
        self.advance()
        return tag
