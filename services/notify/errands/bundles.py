"""Which errands share a message: those to one address, in the order their notices were written."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from services.notify.errands.claims import Errand
from services.notify.rules.digests import portions

Bundle = Sequence[Errand]


def bundles_of(errands: Sequence[Errand]) -> Iterator[Bundle]:
    """Every errand in exactly one bundle; a bundle has one channel and one address."""
    by_place: defaultdict[tuple[str, str], list[Errand]] = defaultdict(list)
    for errand in errands:
        by_place[errand.channel, errand.address].append(errand)
    for (channel, _), together in by_place.items():
        first = 0
        for many in portions(channel, [errand.letter for errand in together]):
            yield together[first : first + many]
            first += many
