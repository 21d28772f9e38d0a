"""The committed contract is the one in the code, readable by others, and addressed as the broker is set up."""

import json

import jsonschema
import pytest

from shared.contracts import schemas
from shared.contracts.registry import EVENT_TYPES, SUBMISSIONS
from shared.messaging.topology import FACTS, INTAKE, RECEIPTS, TOPOLOGY
from tests.contracts.samples import samples_of

TYPES = pytest.mark.parametrize("name", EVENT_TYPES)


def test_every_committed_document_is_what_the_code_says() -> None:
    wanted = {name: schemas.text_of(document) for name, document in schemas.documents().items()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in schemas.FOLDER.iterdir()}
    assert sorted(committed) == sorted(wanted)
    assert [name for name in wanted if committed[name] != wanted[name]] == [], "run `make schemas`"


def test_writing_twice_writes_the_same() -> None:
    assert [schemas.text_of(schemas.schema_of(n)) for n in EVENT_TYPES] == [
        schemas.text_of(schemas.schema_of(n)) for n in EVENT_TYPES
    ]


@TYPES
def test_a_schema_is_one_that_others_can_use(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.schema_of(name))


@TYPES
def test_what_our_parser_takes_the_schema_takes(name: str) -> None:
    validator = jsonschema.Draft202012Validator(schemas.schema_of(name))
    assert [list(validator.iter_errors(sample)) for sample in samples_of(name)] == [[]] * len(samples_of(name))


@TYPES
def test_what_lacks_its_data_the_schema_refuses(name: str) -> None:
    validator = jsonschema.Draft202012Validator(schemas.schema_of(name))
    for sample in samples_of(name):
        for field in sample["data"]:
            if field in schemas.schema_of(name)["$defs"][EVENT_TYPES[name].__name__].get("required", ()):
                poorer = {k: v for k, v in sample["data"].items() if k != field}
                assert list(validator.iter_errors({**sample, "data": poorer})), field


def test_the_channels_are_the_exchanges_of_the_broker() -> None:
    assert sorted(schemas.CHANNELS) == sorted(TOPOLOGY.exchanges) == sorted([INTAKE, RECEIPTS, FACTS])


@TYPES
def test_every_type_is_said_to_travel_where_it_does(name: str) -> None:
    key = schemas.routing_key_of(name).replace("<insurer>", "demo-life").replace("<city>", "4507")
    heard = TOPOLOGY.heard_by(schemas.channel_of(name), key)
    assert len(heard) == 1 if name in SUBMISSIONS else isinstance(heard, tuple)
    for exchange in TOPOLOGY.exchanges:
        if exchange != schemas.channel_of(name) and schemas.channel_of(name) != RECEIPTS:
            assert TOPOLOGY.heard_by(exchange, key) == ()


def test_the_asyncapi_document_refers_only_to_what_is_there() -> None:
    document = schemas.asyncapi()
    assert document["asyncapi"] == "3.0.0"
    for reference in _references(document):
        if reference.startswith("./"):
            assert (schemas.FOLDER / reference).is_file(), reference
        else:
            _follow(document, reference)


def test_every_type_stands_in_one_channel_and_one_operation_and_says_what_it_is() -> None:
    document = schemas.asyncapi()
    in_channels = [name for channel in document["channels"].values() for name in channel["messages"]]
    in_operations = [m["$ref"].rpartition("/")[2] for o in document["operations"].values() for m in o["messages"]]
    assert sorted(in_channels) == sorted(in_operations) == sorted(EVENT_TYPES)
    assert all(message["description"] for message in document["components"]["messages"].values())


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []


def _follow(document: object, reference: str) -> None:
    for word in reference.removeprefix("#/").split("/"):
        assert isinstance(document, dict)
        document = document[word]


def test_no_schema_names_a_host() -> None:
    texts = [path.read_text(encoding="utf-8") for path in schemas.FOLDER.iterdir()]
    hosts = [word for text in texts for word in json.loads(text).values() if str(word).startswith("http")]
    assert set(hosts) == {"https://json-schema.org/draft/2020-12/schema"}
