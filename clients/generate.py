"""Write what the clients know of the API: the Python client's shapes and operations, and the TypeScript client's types.

`python clients/generate.py < document` reads the OpenAPI document of a portal, as `make clients` does. The types are
written by openapi-typescript, where `npm ci` has installed it in `clients/typescript`.
"""

import hashlib
import json
import keyword
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PYTHON, TYPESCRIPT = HERE / "python" / "purser_client", HERE / "typescript"
SCHEMA = TYPESCRIPT / "src" / "schema.ts"
HEAD = '"""{} Written by clients/generate.py: do not edit."""\n\n'
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
LEFT_OUT = {"example", "examples", "servers"}
Json = dict[str, Any]
PROBLEM: Json = {
    "description": "A problem document (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def described(document: Json) -> str:
    """Return the description as the clients keep it: without examples, and with one problem for all that go wrong."""

    def less(value: Any, within: str = "") -> Any:
        if isinstance(value, dict):
            kept = {k: each for k, each in value.items() if within == "properties" or k not in LEFT_OUT}
            return {k: less(each, k) for k, each in sorted(kept.items())}
        return [less(each) for each in value] if isinstance(value, list) else value

    for item in document["paths"].values():
        for each in item.values():
            good = {status: said for status, said in each["responses"].items() if status < "400"}
            each["responses"] = good | {"default": PROBLEM}
    return json.dumps(less(document), indent=1, ensure_ascii=False) + "\n"


def files(document: Json) -> dict[Path, str]:
    """Return each file of the Python client that is made from the description."""
    shapes = HEAD.format("The shapes of the Billing API.") + "\n".join(_shapes(document))
    operations = HEAD.format("The operations of the Billing API.") + "\n".join(_operations(document))
    return {PYTHON / "shapes.py": laid_out(shapes), PYTHON / "operations.py": laid_out(operations)}


def laid_out(text: str) -> str:
    """Return the text as ruff lays it out."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", "made.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _shapes(document: Json) -> Iterator[str]:
    yield "from typing import Any, Literal, NotRequired, TypeAlias, TypedDict\n"
    for name, schema in document["components"]["schemas"].items():
        fields = schema.get("properties")
        if schema.get("type") != "object" or fields is None:
            yield f'{_name(name)}: TypeAlias = "{_type(schema, quoted=False)}"\n'
            continue
        needed = schema.get("required", [])
        rows = [f"{json.dumps(field)}: {_maybe(_type(each), field in needed)}" for field, each in fields.items()]
        yield f'{_name(name)} = TypedDict("{_name(name)}", {{{", ".join(rows)}}})'
        yield f"{json.dumps(schema.get('description', name), ensure_ascii=False)}\n"


def _maybe(kind: str, is_needed: bool) -> str:
    return kind if is_needed else f"NotRequired[{kind}]"


def _name(name: str) -> str:
    if not name.startswith("app__"):
        return name.strip("_").replace("-", "_")
    *_rooms, room, shape = name.split("__")  # two resources have a shape of this name
    return _class(room) + shape


def _of(schema: Json) -> str:
    """Return a schema as a type of Python's, as the operations name it."""
    return _type(schema, quoted=False, room="shapes.")


def _type(schema: Json, *, quoted: bool = True, room: str = "") -> str:
    """Return a schema as a type of Python's."""
    if "$ref" in schema:
        found = room + _name(schema["$ref"].rpartition("/")[2])
        return f'"{found}"' if quoted else found
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(each) for each in schema['enum'])}]"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        kinds = list(dict.fromkeys(_type(each, quoted=False, room=room) for each in options))
        joined = " | ".join(kinds)
        return f'"{joined}"' if quoted and any("$ref" in json.dumps(each) for each in options) else joined
    match schema.get("type"):
        case "array":
            inner = _type(schema.get("items", {}), quoted=False, room=room)
            return f'"list[{inner}]"' if quoted and "$ref" in json.dumps(schema) else f"list[{inner}]"
        case "object":
            more = schema.get("additionalProperties")
            inner = _type(more, quoted=False, room=room) if isinstance(more, dict) and more else "Any"
            return f'"dict[str, {inner}]"' if quoted and "$ref" in json.dumps(schema) else f"dict[str, {inner}]"
        case str(kind):
            return SIMPLE[kind]
        case _:
            return "Any"


def _operations(document: Json) -> Iterator[str]:
    rooms: dict[str, list[tuple[str, str, str, Json]]] = {}
    for path, item in document["paths"].items():
        for method, each in item.items():
            room, _, name = each["operationId"].partition(".")
            rooms.setdefault(room, []).append((name, method.upper(), path, each))
    yield "from __future__ import annotations\n"
    yield "from typing import Any, Literal, Protocol, cast\n"
    yield "from purser_client import shapes"
    yield "from purser_client.paths import filled, given\n\n"
    yield "class Caller(Protocol):"
    yield '    """Makes calls: see `Purser.call` and `Purser.download`."""\n'
    yield "    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None,"
    yield "             query: Any = None, repeatable: bool = False) -> dict[str, Any]: ...\n"
    yield "    def download(self, path: str, *, query: Any = None) -> bytes: ...\n\n"
    for room, found in sorted(rooms.items()):
        yield f"class {_class(room)}:"
        yield f'    """{room.replace("_", " ").capitalize()}."""\n'
        yield "    def __init__(self, caller: Caller) -> None:\n        self._caller = caller\n"
        for each in found:
            yield from _method(*each)
    yield "class Operations:"
    yield '    """Every operation, by its resource."""\n'
    yield "    def _connect(self, caller: Caller) -> None:"
    for room in sorted(rooms):
        yield f"        self.{room} = {_class(room)}(caller)"


def _method(name: str, method: str, path: str, said: Json) -> Iterator[str]:
    in_path = [each["name"] for each in said["parameters"] if each["in"] == "path"]
    query = [each for each in said["parameters"] if each["in"] == "query"]
    arguments = ["self", *(f"{each}: str" for each in in_path)]
    content = said.get("requestBody", {}).get("content", {}).get("application/json")
    has_fields = content is not None and not content["schema"].get("$ref", "").endswith("/NoBody")
    if has_fields:
        optional = "" if said["requestBody"]["required"] else " | None = None"
        arguments.append(f"body: {_body(content['schema'])}{optional}")
    wanted = [(_word(each["name"]), _of(each["schema"]), each["required"]) for each in query]
    by_name = [f"{word}: {kind}{'' if needed else ' | None = None'}" for word, kind, needed in wanted]
    if method != "GET":
        by_name.append("key: str | None = None")
    arguments += ["*", *by_name] if by_name else []
    answer, call = _answer(said), f'"{method}", '
    sent = ", ".join(f"{json.dumps(each['name'])}: {_word(each['name'])}" for each in query)
    asked = f"query=given({{{sent}}})" if query else ""
    where = f"filled({json.dumps(path.removeprefix('/v1'))}, {', '.join(in_path)})" if in_path else None
    parts = [where or json.dumps(path.removeprefix("/v1"))]
    yield f"    def {name}({', '.join(arguments)}) -> {answer}:"
    yield f'        """{said["summary"]}."""'
    if answer == "bytes":
        yield f"        return self._caller.download({', '.join([*parts, *([asked] if asked else [])])})\n"
        return
    if has_fields:
        parts.append("body or {}" if not said["requestBody"]["required"] else "body")
    parts += [asked] if asked else []
    parts += ["key=key"] if method != "GET" else []
    made = f"self._caller.call({call}{', '.join(parts)})"
    yield f"        {made}\n" if answer == "None" else f'        return cast("{answer}", {made})\n'


def _body(schema: Json) -> str:
    found = schema.get("$ref", "").rpartition("/")[2]
    return "dict[str, Any] | list[dict[str, Any]]" if found == "ReportIn" else _of(schema)


def _answer(said: Json) -> str:
    good = next(each for status, each in sorted(said["responses"].items()) if status < "300")
    content = good.get("content")
    if content is None:
        return "None"
    return _of(content["application/json"]["schema"]) if "application/json" in content else "bytes"


def _word(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _class(room: str) -> str:
    return "".join(part.capitalize() for part in room.split("_"))


def main() -> None:
    """Write the files."""
    kept = described(json.load(sys.stdin))
    for path, text in files(json.loads(kept)).items():
        path.write_text(text)
    with tempfile.TemporaryDirectory() as made:
        source, types = Path(made) / "openapi.json", Path(made) / "schema.ts"
        source.write_text(kept)
        command = ["npx", "--no-install", "openapi-typescript", str(source), "--output", str(types)]
        subprocess.run(command, cwd=TYPESCRIPT, check=True)  # what is installed there
        SCHEMA.write_text(stamp(kept) + types.read_text())


def stamp(kept: str) -> str:
    """Return the first line of the TypeScript client's types: which description they were made from."""
    made_from = hashlib.sha256(kept.encode()).hexdigest()
    return f"// Of the description with the SHA-256 {made_from}; `make clients` writes it.\n"


if __name__ == "__main__":
    main()
