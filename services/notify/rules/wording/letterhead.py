"""What every notice shares: the region's full name at the top, and our name with the notice's number at the bottom."""

from collections.abc import Mapping, Sequence

from shared.contracts.values import with_ancestors


def full_name(region: str, name: str, names: Mapping[str, str]) -> str:
    """南宁市青秀区: with the names of the city and county above, as far as they are known."""
    above = [names[code] for code in with_ancestors(region)[1:-1] if code in names]
    return "".join([*above, name])


def signed(paragraphs: Sequence[str], notice_id: str) -> str:
    """The whole text; a paragraph that has nothing to say is left out."""
    said = [paragraph for paragraph in paragraphs if paragraph]
    return "\n".join([*said, f"——关爱保险平台（编号 {notice_id}）"])
