"""What callers send, made harmless before anybody looks at its meaning: JSON, query strings, path pieces.

For both doors. Every JSON text is UTF-8 with each key once, at most `DEPTH_MOST` deep; no string in it has a NUL, another control character
than tab and line ends, or half a surrogate pair (PostgreSQL takes none of them, and neither do mail and logs); integers fit into 64 bits,
other numbers are finite. RFC 8259 section 8, RFC 3986, the form encoding of the URL standard. Refusals: 400 for what cannot be read, 422
for what can be read but not taken.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError

from mediaserver.errors import BadRequest
from signalling.api.problem import Invalid, invalid

DEPTH_MOST = 32
QUERY_FIELDS_MOST = 64
EXACT_MOST = 2**53
INTEGER_LEAST, INTEGER_MOST = -(2**63), 2**63 - 1
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?")


def json_value(raw: bytes | str) -> Any:
    """The value of a JSON text. BadRequest for what is not one, Invalid for what is in it that we do not take."""
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refused, parse_float=_number)
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.", code="not_utf8") from None
    except RecursionError:
        raise BadRequest(f"The body is nested deeper than {DEPTH_MOST}.", code="too_deep") from None
    except ValueError:
        raise BadRequest("The body is not JSON.", code="not_json") from None
    check(value)
    return value


def check(value: Any, where: str = "") -> None:
    """Invalid where a decoded value has something in it that we do not take; see the module."""
    pending: list[tuple[Any, str, int]] = [(value, where, 0)]
    while pending:
        each, pointer, depth = pending.pop()
        if isinstance(each, str):
            if FORBIDDEN.search(each):
                raise _fault(pointer, "control_character", "Control characters are not taken.")
        elif isinstance(each, dict | list):
            if depth >= DEPTH_MOST:
                raise BadRequest(f"The body is nested deeper than {DEPTH_MOST}.", code="too_deep")
            if isinstance(each, list):
                pending.extend((item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(each))
                continue
            for key, item in each.items():
                if FORBIDDEN.search(key):
                    raise _fault(pointer, "control_character", "Control characters are not taken.")
                pending.append((item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1))
        elif isinstance(each, int):
            if not INTEGER_LEAST <= each <= INTEGER_MOST:
                raise _fault(pointer, "number_out_of_range", "Integers have at most 64 bits.")
        elif isinstance(each, float) and not math.isfinite(each):
            raise _fault(pointer, "number_out_of_range", "Numbers are finite.")


def validated(adapter: TypeAdapter[Any], value: Any, where: str = "") -> Any:
    """What the adapter makes of a decoded value, strictly: no text becomes a number. Invalid lists every fault."""
    try:
        return adapter.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise invalid(error, where) from None


def query_values(raw: str, kinds: Mapping[str, "Kind"]) -> dict[str, Any]:
    """The query string as JSON values, by the kind that its description gives each field; unknown ones stay text."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=QUERY_FIELDS_MOST)
    except UnicodeDecodeError:
        raise BadRequest("The query is not UTF-8.", code="not_utf8") from None
    except ValueError:
        raise BadRequest(f"The query has at most {QUERY_FIELDS_MOST} fields.", code="query_too_long") from None
    values: dict[str, Any] = {}
    for name, text in pairs:
        kind = kinds.get(name, TEXT)
        if kind.many:
            values.setdefault(name, []).append(kind.read(text))
        elif name in values:
            raise BadRequest("A field of the query is given twice.", code="query_twice", pointer="/query")
        else:
            values[name] = kind.read(text)
    check(values, "/query")
    return values


class Kind:
    """What a field of a query or a piece of a path holds, read from its JSON schema."""

    __slots__ = ("many", "type")

    def __init__(self, type_: str, many: bool = False) -> None:
        self.type = type_
        self.many = many

    def read(self, text: str) -> Any:
        """The JSON value that the text means; the text itself where it means none, for the validator to refuse."""
        match self.type:
            case "integer" if INTEGER.fullmatch(text):
                return int(text)
            case "number" if NUMBER.fullmatch(text):
                return float(text) if set(text) & set(".eE") else int(text)
            case "boolean" if text in ("true", "false"):
                return text == "true"
        return text


TEXT = Kind("string")


def kinds_of(schema: Mapping[str, Any]) -> dict[str, Kind]:
    """The fields of an object's JSON schema. It may refer to its own `$defs`."""
    whole = resolved(schema, schema)
    return {name: kind_of(each, schema) for name, each in whole.get("properties", {}).items()}


def kind_of(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Kind:
    """One field's."""
    schema = resolved(schema, root)
    for choice in schema.get("anyOf", ()):
        if resolved(choice, root).get("type") != "null":
            return kind_of(choice, root)
    if schema.get("type") == "array":
        return Kind(kind_of(schema.get("items", {}), root).type, many=True)
    return Kind(str(schema.get("type", "string")))


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a `$ref` into `$defs` means."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is given twice")
    return value


def _number(text: str) -> float | int:
    """1.0 is the integer 1 (JSON Schema 2020-12 section 6.1.1), as far as floats are exact."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= EXACT_MOST else value


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _fault(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid([{"pointer": FORBIDDEN.sub("\ufffd", pointer), "code": code, "detail": detail}], code=code)
