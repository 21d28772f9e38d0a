"""Whether a submitted policy is taken: every reason against it, each with field, code and sentence."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from services.enrollment.rules.id_numbers import birthday_or_problem
from shared.contracts.facts import PolicyState
from shared.contracts.receipts import Problem
from shared.contracts.submissions import PolicyContent, SubmittedPolicyCancelled

FARTHEST_AHEAD = timedelta(days=400)
_ID_MESSAGES = {
    "check_digit": "The ID number has not 18 characters or its check digit is wrong",
    "bad_date": "The ID number names a day that does not exist",
}
_REGION_MESSAGE = "No township (9 digits) or village (12 digits) has this code"
_AGE_MESSAGE = "The product does not admit this age on the first day of cover"


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """A product as it is sold from a day to a day; ages inclusive, on the first day of cover."""

    code: str
    on_sale_from: date
    on_sale_to: date | None
    min_age_days: int | None
    min_age_years: int | None
    max_age_years: int | None

    def is_on_sale(self, day: date) -> bool:
        return self.on_sale_from <= day and (self.on_sale_to is None or day <= self.on_sale_to)

    def birthdays_admitted(self, on: date) -> tuple[date, date]:
        """The first and the last birthday of those who may be insured from that day."""
        first = date.min if self.max_age_years is None else _before(on, self.max_age_years + 1) + timedelta(days=1)
        return first, min(on - timedelta(days=self.min_age_days or 0), _before(on, self.min_age_years or 0))


def _before(day: date, years: int) -> date:
    """The last birthday with so many completed years on that day; who is born on 29 February waits for 1 March."""
    year = max(day.year - years, 1)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


Catalogue = Mapping[str, Sequence[ProductVersion]]
_EVERYBODY = (date.min, date.max)


class _Terms(NamedTuple):
    """What holds for every policy of a product, a day of sale and a first day of cover."""

    problem: Problem | None
    first_birthday: date
    last_birthday: date


class Admission:
    """What the policies of a batch are held against; each combination of product and days is looked up once."""

    def __init__(self, catalogue: Catalogue, known_regions: AbstractSet[str], today: date) -> None:
        self.today = today
        self._catalogue, self._known_regions = catalogue, known_regions
        self._terms: dict[tuple[str, date, date], _Terms] = {}

    def reasons_to_reject(self, policy: PolicyContent, booked_on: date) -> list[Problem]:
        """All reasons against a policy's content; empty when it can be taken."""
        problems = _date_problems(policy, booked_on, self.today) + self._person_problems(policy)
        if policy.region not in self._known_regions or len(policy.region) not in {9, 12}:
            problems.insert(0, _problem("region", "unknown_region", _REGION_MESSAGE))
        return problems

    def _person_problems(self, policy: PolicyContent) -> list[Problem]:
        """Product, ID numbers and ages: an age is judged only where product and number are right."""
        problem, first, last = self._terms_of(policy)
        problems = [problem] if problem else []
        holder = policy.policyholder.id_number
        if isinstance(holders := birthday_or_problem(holder), str):
            problems.append(_problem("policyholder.id_number", holders, _ID_MESSAGES[holders]))
        for place, person in enumerate(policy.insured):
            number = person.id_number
            born = holders if number == holder else birthday_or_problem(number)
            if isinstance(born, str):
                problems.append(_problem(f"insured.{place}.id_number", born, _ID_MESSAGES[born]))
            elif not first <= born <= last:
                problems.append(_problem(f"insured.{place}.id_number", "age_out_of_range", _AGE_MESSAGE))
        return problems

    def _terms_of(self, policy: PolicyContent) -> _Terms:
        key = (policy.product, policy.sold_on, policy.effective_from)
        if (terms := self._terms.get(key)) is None:
            terms = self._terms[key] = self._found(*key)
        return terms

    def _found(self, product: str, sold_on: date, effective_from: date) -> _Terms:
        versions = self._catalogue.get(product, ())
        version = next((v for v in versions if v.is_on_sale(sold_on)), None)
        if version is not None:
            return _Terms(None, *version.birthdays_admitted(effective_from))
        if versions:
            message = "The product was not on sale on the day of the sale"
            return _Terms(_problem("product", "not_on_sale", message), *_EVERYBODY)
        return _Terms(_problem("product", "unknown_product", "The catalogue has no such product"), *_EVERYBODY)


def _date_problems(policy: PolicyContent, booked_on: date, today: date) -> list[Problem]:
    sold_on, effective_from = policy.sold_on, policy.effective_from
    problems = []
    if policy.effective_to < effective_from:
        problems.append(_problem("effective_to", "date_order", "The cover ends before it begins"))
    if effective_from < sold_on:
        problems.append(_problem("effective_from", "date_order", "The cover begins before the policy was sold"))
    if booked_on < sold_on:
        problems.append(_problem("endorsed_on", "date_order", "The change is dated before the sale"))
    if (problem := too_far_ahead("sold_on", max(sold_on, booked_on), today)) is not None:
        problems.append(problem)
    return problems


def too_far_ahead(field: str, day: date, today: date) -> Problem | None:
    """A booking day may lie ahead, but not more than 400 days."""
    if day - today > FARTHEST_AHEAD:
        return _problem(field, "date_in_future", "The day lies more than 400 days ahead")
    return None


def warnings_about(policy: PolicyContent) -> list[Problem]:
    """What does not refuse a policy but should be looked at."""
    warnings = []
    if policy.consent is None:
        warnings.append(_problem("consent", "no_consent", "No consent of the policyholder is on record"))
    if len({person.id_number.upper() for person in policy.insured}) < len(policy.insured):
        warnings.append(_problem("insured", "duplicate_insured", "A person is insured twice on this policy"))
    return warnings


def reasons_not_to_change(policy: PolicyContent, sold_on: date) -> list[Problem]:
    """What no endorsement may touch."""
    if policy.sold_on != sold_on:
        return [_problem("sold_on", "immutable", "The day of the sale never changes")]
    return []


def reasons_not_to_cancel(
    cancelled: SubmittedPolicyCancelled, before: PolicyState, sold_on: date, today: date
) -> list[Problem]:
    """Why a cancellation cannot be true."""
    found = [too_far_ahead("cancelled_on", cancelled.cancelled_on, today)]
    if cancelled.cancelled_on < sold_on:
        found.append(_problem("cancelled_on", "date_order", "The policy was sold after that day"))
    if not before.in_force:
        found.append(_problem("revision", "immutable", "The policy is cancelled already"))
    for payer in ("self_paid", "fiscal", "donated"):
        if getattr(cancelled.refund, payer) > getattr(before.premium, payer):
            found.append(_problem(f"refund.{payer}", "not_positive", "More is given back than was paid"))
    return [problem for problem in found if problem is not None]


def _problem(field: str, code: str, message: str) -> Problem:
    return Problem(field=field, code=code, message=message)
