"""When each policy of a known order showed, told by the units of its city: every one has added to them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tests.bench.result import Wrong


class Arrivals:
    """`sent` are the city and the units of each policy in the order in which they were sent.

    Facts of a city keep their order, so its units say which of them show.
    """

    def __init__(self, sent: Sequence[tuple[str, int]], before: Mapping[str, int]) -> None:
        self._before = dict(before)
        self._sums: dict[str, list[int]] = defaultdict(list)
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._shown: dict[str, int] = defaultdict(int)
        self._sent = len(sent)
        self.moments: dict[int, float] = {}
        """When the policy with this number showed."""
        for number, (city, units) in enumerate(sent):
            sums = self._sums[city]
            sums.append((sums[-1] if sums else self._before.get(city, 0)) + units)
            self._numbers[city].append(number)

    def note(self, units_of_cities: Mapping[str, int], moment: float) -> None:
        """This is how the cities stand at this moment. Raises Wrong for units that no number of policies comes to."""
        for city, units in units_of_cities.items():
            sums = self._sums.get(city, [])
            place = bisect_right(sums, units)
            if units != (sums[place - 1] if place else self._before.get(city, 0)):
                raise Wrong(f"{city} shows {units} units, which no number of its policies comes to")
            for number in self._numbers.get(city, [])[self._shown[city] : place]:
                self.moments[number] = moment
            self._shown[city] = max(place, self._shown[city])

    @property
    def lost(self) -> int:
        """How many do not show (yet)."""
        return self._sent - len(self.moments)

    def waits_ms(self, began: float, pace: float) -> list[float]:
        """How long each took from its moment of being sent, so many a second."""
        return [1000 * (moment - began - number / pace) for number, moment in self.moments.items()]
