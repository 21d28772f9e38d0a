"""Whether a schema still accepts what an older one did; run as a module it publishes the schemas as they are now.

The baseline, published.json, only ever grows: a change that breaks an older message is named instead of written;
such a change needs a new version of the event type.
"""

import json
import sys
from collections.abc import Callable, Iterator
from operator import gt, lt, ne
from pathlib import Path
from typing import Any

from shared.contracts.registry import EVENT_TYPES
from shared.contracts.schemas import schema_of

PUBLISHED = Path(__file__).parent / "published.json"
Schema = dict[str, Any]
_LIMITS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), gt),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), lt),
    **dict.fromkeys(("pattern", "format"), ne),
}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Every way in which `new` refuses or loses what `old` allowed, with its place; empty when it is compatible."""
    return [*_Comparison(old, new).of(old, new, "")]


class _Comparison:
    """Two documents, each with its own `$defs`."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old.get("$defs", {}), new.get("$defs", {})

    def of(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        olds, news = _alternatives(old, self._old), _alternatives(new, self._new)
        for one in olds:
            found = [[*self._one(one, other, place)] for other in news]
            if all(found):
                yield from min(found, key=len)

    def _one(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        yield from _narrower(old, new, place or "the event")
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{place}[]")
        yield from self._properties(old, new, place)

    def _properties(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{_at(place, name)}: newly required"
        for name in before:
            if name not in after:
                yield f"{_at(place, name)}: removed"
            else:
                yield from self.of(before[name], after[name], _at(place, name))
        if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{place or 'the event'}: unknown fields are no longer ignored"


def _alternatives(schema: Schema, defs: Schema) -> list[Schema]:
    """The schemas of which one must hold, references followed."""
    if "$ref" in schema:
        return _alternatives(defs[schema["$ref"].rpartition("/")[2]], defs)
    parts = schema.get("anyOf") or schema.get("oneOf") or []
    return [one for part in parts for one in _alternatives(part, defs)] or [schema]


def _narrower(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if not _types(old) <= _types(new):
        yield f"{place}: type {_named(old)} became {_named(new)}"
        return
    if "enum" in new or "const" in new:
        lost = [value for value in _values(old) if value not in _values(new)] or ([] if _values(old) else ["any"])
        yield from (f"{place}: value {value} is refused" for value in lost)
    for word, is_narrower in _LIMITS.items():
        if word in new and (word not in old or is_narrower(new[word], old[word])):
            yield f"{place}: {word} {old.get(word)} became {new[word]}"


def _types(schema: Schema) -> set[str]:
    named = schema.get("type", ["string", "number", "boolean", "object", "array", "null"])
    types = {named} if isinstance(named, str) else set(named)
    return types | ({"integer"} if "number" in types else set())


def _named(schema: Schema) -> str:
    return str(schema.get("type", "any"))


def _values(schema: Schema) -> list[Any]:
    return list(schema.get("enum", [schema["const"]] if "const" in schema else []))


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def published() -> dict[str, Schema]:
    """What readers rely on, by event type."""
    found: dict[str, Schema] = json.loads(PUBLISHED.read_text(encoding="utf-8")) if PUBLISHED.exists() else {}
    return found


def main() -> int:
    """Publish the schemas as they are now, unless that would break an older message."""
    before = published()
    found = {name: breaks(schema, schema_of(name)) for name, schema in before.items() if name in EVENT_TYPES}
    gone = {name: ["the event type is gone"] for name in before if name not in EVENT_TYPES}
    problems = [f"{name}: {problem}" for name, all_ in (found | gone).items() for problem in all_]
    if problems:
        sys.stderr.write("\n".join(problems) + "\n")
        return 1
    now = {name: schema_of(name) for name in EVENT_TYPES}
    PUBLISHED.write_text(json.dumps(now, ensure_ascii=False, sort_keys=True, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
