"""Whether a submitted policy is taken: every reason against it, each with field, code and sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.enrollment.rules.id_numbers import age_in_years, birthday_of, problem_with
from shared.contracts.facts import PolicyState
from shared.contracts.receipts import Problem
from shared.contracts.submissions import PolicyContent, SubmittedPolicyCancelled

FARTHEST_AHEAD = timedelta(days=400)
_ID_MESSAGES = {
    "check_digit": "The ID number has not 18 characters or its check digit is wrong",
    "bad_date": "The ID number names a day that does not exist",
}


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

    def admits(self, born: date, on: date) -> bool:
        """Whether someone born then may be insured from that day."""
        years = age_in_years(born, on)
        old_enough = (on - born).days >= (self.min_age_days or 0) and years >= (self.min_age_years or 0)
        return old_enough and (self.max_age_years is None or years <= self.max_age_years)


Catalogue = Mapping[str, Sequence[ProductVersion]]


def reasons_to_reject(
    policy: PolicyContent, booked_on: date, catalogue: Catalogue, known_regions: set[str], today: date
) -> list[Problem]:
    """All reasons against a policy's content; empty when it can be taken."""
    if policy.region not in known_regions or len(policy.region) not in (9, 12):
        region = [_problem("region", "unknown_region", "No township (9 digits) or village (12 digits) has this code")]
    else:
        region = []
    return [*region, *_date_problems(policy, booked_on, today), *_person_problems(policy, catalogue)]


def _date_problems(policy: PolicyContent, booked_on: date, today: date) -> Iterator[Problem]:
    if policy.effective_to < policy.effective_from:
        yield _problem("effective_to", "date_order", "The cover ends before it begins")
    if policy.effective_from < policy.sold_on:
        yield _problem("effective_from", "date_order", "The cover begins before the policy was sold")
    if booked_on < policy.sold_on:
        yield _problem("endorsed_on", "date_order", "The change is dated before the sale")
    if (problem := too_far_ahead("sold_on", max(policy.sold_on, booked_on), today)) is not None:
        yield problem


def too_far_ahead(field: str, day: date, today: date) -> Problem | None:
    """A booking day may lie ahead, but not more than 400 days."""
    if day - today > FARTHEST_AHEAD:
        return _problem(field, "date_in_future", "The day lies more than 400 days ahead")
    return None


def _person_problems(policy: PolicyContent, catalogue: Catalogue) -> Iterator[Problem]:
    """Product, ID numbers and ages: an age is judged only where product and number are right."""
    versions = catalogue.get(policy.product, ())
    version = next((v for v in versions if v.is_on_sale(policy.sold_on)), None)
    if not versions:
        yield _problem("product", "unknown_product", "The catalogue has no such product")
    elif version is None:
        yield _problem("product", "not_on_sale", "The product was not on sale on the day of the sale")
    if (code := problem_with(policy.policyholder.id_number)) is not None:
        yield _problem("policyholder.id_number", code, _ID_MESSAGES[code])
    for place, person in enumerate(policy.insured):
        yield from _insured_problems(f"insured.{place}.id_number", person.id_number, policy.effective_from, version)


def _insured_problems(field: str, number: str, on: date, version: ProductVersion | None) -> Iterator[Problem]:
    if (code := problem_with(number)) is not None:
        yield _problem(field, code, _ID_MESSAGES[code])
        return
    if version is not None and not version.admits(birthday_of(number), on):
        yield _problem(field, "age_out_of_range", "The product does not admit this age on the first day of cover")


def warnings_about(policy: PolicyContent) -> list[Problem]:
    """What does not refuse a policy but should be looked at."""
    numbers = [person.id_number.upper() for person in policy.insured]
    warnings = []
    if policy.consent is None:
        warnings.append(_problem("consent", "no_consent", "No consent of the policyholder is on record"))
    if len(set(numbers)) < len(numbers):
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
