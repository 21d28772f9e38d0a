"""The life of a bulletin's text: edited by a person, made final, published, followed by corrections."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.reporting.rules.bulletins.document import Correction, Document
from services.reporting.rules.bulletins.figures import Change, Figure, Frozen, ranks_changed
from services.reporting.rules.bulletins.phrases import SYNTHETIC_NOTE


def edited(document: Document, changes: Mapping[str, Any]) -> Document:
    """The draft with a person's words; that data is made up cannot be taken out."""
    new = Document.model_validate({**document.model_dump(), **changes})
    if SYNTHETIC_NOTE in document.notes and SYNTHETIC_NOTE not in new.notes:
        return new.model_copy(update={"notes": (SYNTHETIC_NOTE, *new.notes)})
    return new


def final(document: Document, signed_on: date, reason: str | None, differences: Sequence[str]) -> Document:
    """What is published: of its day, no draft, and telling the reason it was published over differences."""
    told = (
        [f"数据核对尚有差异（{'；'.join(differences)}），经研究仍予发布，理由：{reason}。"]
        if reason and differences
        else []
    )
    notes = (*document.notes, *told, *([f"发布说明：{reason}。"] if reason and not differences else []))
    return document.model_copy(update={"signed_on": signed_on.isoformat(), "is_draft": False, "notes": notes})


def as_corrected(figures: Frozen, corrected: Sequence[Figure]) -> dict[str, Figure]:
    """The frozen figures with those that errata have replaced."""
    return {**figures, **{figure.id: figure for figure in corrected}}


def numbered_errata(
    frozen: Frozen, changes: Sequence[Change], first: int, told: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A row for each figure that differs, with whose rank changed."""
    return [
        {
            **told,
            "number": number,
            "figure": change.old.id,
            "old": change.old.model_dump(mode="json"),
            "new": change.new.model_dump(mode="json"),
            "ranks": ranks_changed(frozen, changes, change.old.measure),
        }
        for number, change in enumerate(changes, first)
    ]


def with_corrections(
    document: Document, errata: Sequence[Mapping[str, Any]], since_publication: Sequence[Change]
) -> Document:
    """The published document followed by its errata and by what has changed since without one."""
    corrections = tuple(_correction(row) for row in errata)
    since = tuple(change.sentence for change in since_publication)
    return document.model_copy(update={"corrections": corrections, "since_publication": since})


def _correction(row: Mapping[str, Any]) -> Correction:
    old, new = Figure.model_validate(row["old"]), Figure.model_validate(row["new"])
    return Correction(
        number=row["number"],
        issued_on=row["issued_on"].isoformat(),
        figure=f"{old.name}{old.title}",
        old=old.shown,
        new=new.shown,
        cause=row["cause"],
        ranks=tuple(row["ranks"]),
    )
