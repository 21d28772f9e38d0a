"""The table of contents: every benchmark in the order in which they run, the long ones last."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.batches import batches
from tests.bench.freshness import freshness
from tests.bench.growth import growth
from tests.bench.reading import reading
from tests.bench.rebuilding import rebuilding
from tests.bench.result import Result
from tests.bench.scale_out import scale_out
from tests.bench.single_events import single_events
from tests.bench.stand import Stand
from tests.bench.start import start
from tests.bench.whole_year import whole_year


@dataclass(frozen=True)
class Benchmark:
    """What it is about, how to run it, and whether it needs the year that B6 loads."""

    work: str
    run: Callable[[Stand], Result]
    needs_year: bool = False


BENCHMARKS = {
    "B9": Benchmark("`guanai up` in an empty directory", start),
    "B1": Benchmark("batches, end to end", batches),
    "B2": Benchmark("single events, end to end", single_events),
    "B3": Benchmark("freshness", freshness),
    "B7": Benchmark("scale-out", scale_out),
    "B6": Benchmark("a whole year", whole_year, needs_year=True),
    "B4": Benchmark("reading", reading, needs_year=True),
    "B5": Benchmark("growth", growth, needs_year=True),
    "B8": Benchmark("rebuilding", rebuilding, needs_year=True),
}
