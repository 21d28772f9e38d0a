"""A bulletin was published: what it is about, up to which day, and where to read it."""

from collections.abc import Mapping

from services.notify.rules.numerals import day
from services.notify.rules.wording.letterhead import full_name, signed
from shared.contracts.judgements import BulletinPublished

KINDS = {"weekly": "周通报", "quarterly": "季度通报", "annual": "年度通报"}


def title_and_text(bulletin: BulletinPublished, notice_id: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The region goes by its code where its name was never loaded."""
    name = full_name(bulletin.region, names.get(bulletin.region, bulletin.region), names)
    where = f"/reporting/v1/bulletins/{bulletin.bulletin_id}"
    said = [
        f"{name}{bulletin.programme_year}年度关爱保险{KINDS[bulletin.kind]}《{bulletin.title}》已经发布，"
        f"数据截至{day(bulletin.as_of)}。",
        f"全文请登录关爱保险平台阅读：{where}.html（同一地址另有 .docx、.pdf、.xlsx 版本可供下载）。",
    ]
    return f"【通报】{bulletin.title}", signed(said, notice_id)
