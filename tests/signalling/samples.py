"""A request that an operation's documentation admits, naming things that exist where it names any."""

from collections.abc import Callable
from typing import Any

from signalling.api.openapi import document
from signalling.api.operation import Operation
from signalling.identity.caller import Caller
from signalling.ids import new_id, pattern
from tests.signalling.world import OTHER_NAMES, WORDS, Ids, existing_of, picture

# What JSON Schema cannot say, by operation: whole bodies.
BODIES: dict[str, Callable[[Ids, Caller], Any]] = {
    "conversation.create": lambda ids, caller: {"customer_id": new_id("cust")} if caller.staff else {},
    "order.place": lambda ids, caller: {
        "order_id": new_id("ord"),
        "cart_id": ids["cart_id"],
        "base_version": 3,
        "address": {"name": "Otto", "street": "Weg 2", "city": "Hamburg", "country": "DE"},
    },
    "payment.create": lambda ids, caller: {"order_id": ids["order_id"]},
    "message.send": lambda ids, caller: {"id": new_id("msg"), "text": "hello", "attachment_ids": [ids["attachment_id"]]},
}
FORMATS = {"date-time": "2026-03-01T09:30:00Z", "date": "2026-03-01", "email": "ana@example.com", "uri": "https://example.com/"}


class Samples:
    """Requests for these operations."""

    def __init__(self, operations: list[Operation], ids: Ids) -> None:
        self.whole = document(operations)
        self.ids = ids

    def path(self, operation: Operation) -> str:
        """With every piece filled in. KeyError where the world has no such thing."""
        return operation.path.format(**self.pieces(operation))

    def pieces(self, operation: Operation) -> dict[str, str]:
        """What fills the path, by name."""
        return {name: WORDS.get(name) or self.ids[OTHER_NAMES.get((operation.name, name), name)] for name in operation.params}

    def query(self, operation: Operation) -> dict[str, str]:
        """The required fields, and every one that names something."""
        found = {}
        for each in self._described(operation).get("parameters", ()):
            if each.get("in") == "query":
                names = self._names(each["schema"])
                if names or each["required"]:
                    found[each["name"]] = str(names or self.value(each["schema"]))
        return found

    def body(self, operation: Operation, caller: Caller) -> Any:
        """A JSON body; None where it takes none, bytes where it takes a file."""
        if operation.body_types:
            return picture()
        if operation.body is None:
            return None
        if operation.name in BODIES:
            return BODIES[operation.name](self.ids, caller)
        return self.value(self._described(operation)["requestBody"]["content"]["application/json"]["schema"])

    def value(self, schema: dict[str, Any]) -> Any:
        """The plainest value that the schema admits; ids are those of things that exist."""
        while "$ref" in schema:
            schema = self.whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        named = self._names(schema)
        if named:
            return named
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        for word in ("oneOf", "anyOf", "allOf"):
            if word in schema:
                return self.value(next((each for each in schema[word] if each.get("type") != "null"), schema[word][0]))
        prefix = str(schema.get("pattern", "")).removeprefix("^").partition("_")[0]
        if schema.get("pattern") == pattern(prefix):
            return new_id(prefix)
        if schema.get("examples"):
            return schema["examples"][0]
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                fields = schema.get("properties", {})
                made = {name: self.value(each) for name, each in fields.items() if name in required or self._names(each)}
                if "id" in made and isinstance(made["id"], str):  # of the thing to be made
                    made["id"] = new_id(made["id"].partition("_")[0])
                return made
            case "array":
                return [self.value(schema["items"])] * max(schema.get("minItems", 0), 1 if self._names(schema["items"]) else 0)
            case "integer" | "number":
                low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
                return max(1, low) if schema.get("maximum", 1) >= 1 else schema["maximum"]
            case "boolean":
                return True
            case "null":
                return None
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        return "x" * max(1, schema.get("minLength", 1))

    def _names(self, schema: dict[str, Any]) -> str | None:
        """The existing thing's id that a value of this schema would be, if it is an id."""
        for each in [schema, *schema.get("anyOf", ())]:
            found = existing_of(str(each.get("pattern", "")).removeprefix("^").partition("_")[0], self.ids)
            if found and "_" in each.get("pattern", ""):
                return found
        return None

    def _described(self, operation: Operation) -> dict[str, Any]:
        found: dict[str, Any] = self.whole["paths"][operation.path][operation.method.lower()]
        return found
