"""Reference data: which file holds which kind, which service needs it, and how it gets there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "reporting" / "reference"

NEEDS: dict[str, tuple[str, ...]] = {
    "regions": ("enrollment", "reporting", "notify"),
    "changes": ("enrollment", "reporting"),
    "products": ("enrollment", "reporting"),
    "populations": ("reporting",),
    "targets": ("reporting",),
    "contacts": ("notify",),
}
_FILES = (
    ("regions", "", ("regions.csv",)),
    ("regions", "villages", ("regions_villages.csv", "regions_villages.csv.gz")),
    ("changes", "", ("regions_changes.csv",)),
    ("products", "", ("products.csv",)),
    ("populations", "", ("population.csv",)),
    ("targets", "", ("targets.csv",)),
    ("contacts", "", ("contacts.csv",)),
)


@dataclass(frozen=True)
class ReferenceFile:
    """A file of a reference directory: its kind, and which part of the kind it is."""

    kind: str
    part: str
    path: Path


class NoReference(Exception):
    """The reference directory cannot be used; says why."""


def files_in(directory: Path) -> Iterator[ReferenceFile]:
    """The files of a reference directory; without a products.csv the shipped catalogue applies."""
    if not (directory / "regions.csv").is_file():
        raise NoReference(f"{directory} holds no regions.csv: a reference directory needs at least that file")
    for kind, part, names in _FILES:
        found = next((directory / name for name in names if (directory / name).is_file()), None)
        if found is None and kind == "products":
            found = SHIPPED / "products.csv"
        if found is not None:
            yield ReferenceFile(kind, part, found)
