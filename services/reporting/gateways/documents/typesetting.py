"""Typesetting with typst: the fonts of this machine, and templates that get all text as data, never as markup."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from services.reporting.settings import ReportingSettings

SONG = (
    "仿宋_GB2312", "FangSong_GB2312", "FangSong", "FandolFang", "FandolFang R", "STFangsong", "Noto Serif CJK SC",
    "Noto Serif SC", "Source Han Serif SC", "SimSun", "AR PL SungtiL GB", "AR PL UMing CN",
)  # fmt: skip
SANS = ("SimHei", "FandolHei", "STHeiti", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei")
KAI = ("楷体_GB2312", "KaiTi_GB2312", "KaiTi", "FandolKai", "STKaiti", "AR PL KaitiM GB", "AR PL UKai CN")
TITLE = ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05")
_LATIN = "Libertinus Serif"
NO_FONT = (
    "WARNING: this server has no Chinese font, so Chinese characters (zhongwen) are missing here. "
    "Install the package fonts-noto-cjk, or set GUANAI_FONT_DIR to a directory with Chinese fonts."
)
_one_at_a_time = Lock()


def missing_fonts() -> bool:
    """Whether no Chinese font is to be had."""
    known = _families(ReportingSettings().font_dir)
    return not any(family.casefold() in known for family in (*SONG, *SANS))


def typeset(template: str, data: Mapping[str, Any], day: date, format: Literal["pdf", "png"] = "pdf") -> list[bytes]:
    """The pages of a picture, or the one PDF, that the template of this package makes of `data`."""
    inputs = {"data": json.dumps({**data, "fonts": fonts(), "warning": NO_FONT if missing_fonts() else ""})}
    source = files(__package__).joinpath("templates", template).read_bytes()
    noon = int((day - date(1970, 1, 1)).days * 86_400 + 4 * 3_600)
    with _one_at_a_time:
        made = _compiler(ReportingSettings().font_dir).compile(
            source, format=format, ppi=144, sys_inputs=inputs, timestamp=noon
        )
    return made if isinstance(made, list) else [made]


def fonts() -> dict[str, list[str]]:
    """The families that are here, by what they are used for, the wanted one first."""
    known = _families(ReportingSettings().font_dir)

    def here(*families: str) -> list[str]:
        return [family for family in families if family.casefold() in known] + [_LATIN]

    return {
        "song": here(*SONG, *SANS),
        "sans": here(*SANS, *SONG),
        "kai": here(*KAI, *SONG, *SANS),
        "title": here(*TITLE, *SONG[6:], *SANS),
    }


@cache
def _families(directory: Path | None) -> frozenset[str]:
    return frozenset(family.casefold() for family in _fonts(directory).families())


@cache
def _fonts(directory: Path | None) -> Any:
    from typst import Fonts

    return Fonts(include_system_fonts=directory is None, font_paths=[directory] if directory else [])


@cache
def _compiler(directory: Path | None) -> Any:
    from typst import Compiler

    return Compiler(font_paths=_fonts(directory), ignore_system_fonts=directory is not None)
