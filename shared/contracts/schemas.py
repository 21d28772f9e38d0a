"""The contract for readers in any language: `python -m shared.contracts.schemas` writes it from the registry."""

import json
from pathlib import Path
from typing import Any

from shared.contracts.envelope import BATCH, MOST_BYTES, MOST_EVENTS, ONE
from shared.contracts.registry import EVENT_TYPES, FACTS, SUBMISSIONS, event_of

FOLDER = Path(__file__).parent / "schemas"
Document = dict[str, Any]

CHANNELS = {
    "guanai.intake": "What insurers submit; each event is answered by a receipt",
    "guanai.receipts": "What insurers are answered: one receipt for every change of an event's status",
    "guanai.events": "What happened on the platform: facts without personal data",
}
_RECEIPT = "guanai.receipt.v1"


def documents() -> dict[str, Document]:
    """Every document by the name of its file."""
    schemas = {f"{name}.json": schema_of(name) for name in EVENT_TYPES}
    return {**schemas, "asyncapi.json": asyncapi()}


def text_of(document: Document) -> str:
    """The same bytes for the same contract, on any machine."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def schema_of(name: str) -> Document:
    """What a reader accepts of one event type, its envelope included."""
    schema = event_of(name).model_json_schema(mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:guanai:schema:{name}"}
    return {**head, **schema, "title": name}


def channel_of(name: str) -> str:
    """The exchange that carries an event type."""
    if name == _RECEIPT:
        return "guanai.receipts"
    return "guanai.intake" if name in SUBMISSIONS else "guanai.events"


def routing_key_of(name: str) -> str:
    """How a message of this type is addressed within its channel."""
    words = name.removeprefix("guanai.").rpartition(".")[0]
    if name == _RECEIPT:
        return "<insurer>"
    return words.replace("insurer.", "<insurer>.", 1) if name in SUBMISSIONS else f"{words}.<city>"


def asyncapi() -> Document:
    """AsyncAPI 3.0: channels, what they carry, and who sends it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guan'ai",
            "version": "1",
            "description": f"CloudEvents 1.0 in JSON over RabbitMQ. A message holds one event ({ONE}) or a JSON array "
            f"({BATCH}) of at most {MOST_EVENTS} events and {MOST_BYTES} bytes; every consumer takes both. "
            "Delivery is at least once: an event's (source, id) counts once.",
        },
        "defaultContentType": ONE,
        "channels": {name: _channel(name, says) for name, says in CHANNELS.items()},
        "operations": {
            "submit": _operation("receive", "guanai.intake", SUBMISSIONS),
            "answer": _operation("send", "guanai.receipts", [_RECEIPT]),
            "tell": _operation("send", "guanai.events", [name for name in FACTS if name != _RECEIPT]),
        },
        "components": {"messages": {name: _message(name) for name in EVENT_TYPES}},
    }


def _channel(name: str, says: str) -> Document:
    exchange = {"name": name, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": name,
        "description": says,
        "messages": {kind: _ref("components/messages", kind) for kind in EVENT_TYPES if channel_of(kind) == name},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operation(action: str, channel: str, names: Any) -> Document:
    messages = [_ref(f"channels/{channel}/messages", name) for name in names]
    return {"action": action, "channel": _ref("channels", channel), "messages": messages}


def _message(name: str) -> Document:
    says = " ".join((EVENT_TYPES[name].__doc__ or "").split())
    return {
        "name": name,
        "contentType": ONE,
        "description": says,
        "payload": {"$ref": f"./{name}.json"},
        "x-routing-key": routing_key_of(name),
    }


def _ref(place: str, name: str) -> Document:
    return {"$ref": f"#/{place}/{name}"}


def main() -> None:
    """Write every document, and remove those of types that are no more."""
    FOLDER.mkdir(exist_ok=True)
    wanted = documents()
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, document in wanted.items():
        (FOLDER / name).write_text(text_of(document), encoding="utf-8")


if __name__ == "__main__":
    main()
