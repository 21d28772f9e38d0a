"""A plain page with the ranking: for a browser without scripts, for print, and until the dashboard is built."""

from datetime import date
from html import escape
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.reporting.queries.figures import Asked, Known, known_on
from services.reporting.queries.standing_lags import firing
from services.reporting.queries.yardsticks import Region, children_of, region_named, regions_below
from services.reporting.rules.indicators import Indicators, indicators_of
from services.reporting.rules.ranking import in_order, ranks_of
from shared.contracts.values import parent_of, programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import Guard, caller
from shared.runtime.sessions import COOKIE, SESSION_SECONDS
from shared.runtime.web import Reading

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%}
th,td{padding:.4rem .6rem;border-bottom:1px solid #8884;text-align:right;font-variant-numeric:tabular-nums}
th:nth-child(2),td:nth-child(2){text-align:left}
.wide{overflow-x:auto}.note{opacity:.75;font-size:.9rem}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_RULES = {
    "behind_pace": "进度落后",
    "negative_growth": "负增长",
    "low_penetration": "覆盖率偏低",
    "fiscal_dependence": "财政依赖",
    "one_step": "一步到岸",
    "elder_goal": "孝心保未达目标",
    "stalled": "承保停滞",
    "slow_claims": "理赔迟缓",
    "low_satisfaction": "满意率偏低",
    "no_agent": "有村没有协保员",
    "data_stale": "数据中断",
}


def page_of_ranking(start_month: int) -> APIRouter:
    """`/reporting/` (and `/` in the all-in-one process)."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    @router.get("/reporting/")
    async def page(
        tx: Reading, request: Request, region: Annotated[str, Query(max_length=12)] = "", token: str = ""
    ) -> Response:
        """The ranking of a region's children; a link token signs in first."""
        if token:
            return _signed_in(request, token)
        try:
            principal = await caller(request, None)
        except HTTPException:
            return _html(
                "登录", "<p>请打开 <code>guanai up</code> 打印的登录链接（十分钟内有效，只能用一次）。</p>", 401
            )
        return await _ranking(tx, principal, region or principal.region, start_month)

    return router


def _signed_in(request: Request, token: str) -> Response:
    guard: Guard = request.app.state.running.guard
    session = guard.sessions.begin(token)
    answer = RedirectResponse(request.url.path, 303)
    if session is not None:
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, session, max_age=int(SESSION_SECONDS), httponly=True, samesite="strict", secure=secure
        )
    return answer


async def _ranking(tx: Transaction, principal: Principal, code: str, start_month: int) -> Response:
    region = await region_named(tx, code) if code else await _root(tx)
    if region is None:
        return _html("关爱保险", "<p>还没有地区数据：先运行 <code>guanai load regions FILE</code>。</p>")
    if not principal.sees(region.code):
        return _html("关爱保险", "<p>没有这个地区，或者它不在您的权限范围内。</p>", 404)
    year = programme_year_of(tx.today, start_month)
    children = await children_of(tx, region.code)
    asked = Asked([region.code, *(c.code for c in children)], year, start_month)
    known = await known_on(tx, asked, tx.today)
    lags = [f"{row['name']}：{_RULES.get(row['rule'], row['rule'])}" for row in await firing(tx, region.code, year)]
    body = _summary(known[region.code], tx.today) + _table(children, known) + _lags(lags) + _demo_note(known)
    return _html(f"{region.name} {year}年度", _above(region, principal) + body)


async def _root(tx: Transaction) -> Region | None:
    provinces = await regions_below(tx, "", "province")
    return provinces[0] if provinces else None


def _above(region: Region, principal: Principal) -> str:
    parent = parent_of(region.code)
    return f'<p><a href="?region={parent}">返回上一级</a></p>' if parent and principal.sees(parent) else ""


def _summary(known: Known, today: date) -> str:
    found, now = indicators_of(known.figures), known.figures.now
    cells = [
        f"截至{today.year}年{today.month}月{today.day}日，承保 <b>{now.units:,}</b> 份",
        f"完成指导任务 {_percent(found['completion_guideline'], 2)}",
        f"保费 {now.premium_fen / 1_000_000:,.2f} 万元",
        f"理赔 {now.claims_paid:,} 件、{now.paid_fen / 1_000_000:,.2f} 万元",
        f"赔付率（已付/承保保费）{_percent(found['loss_ratio_paid_written'], 1)}",
    ]
    return f"<p>{'，'.join(cells)}。</p>"


def _table(children: list[Region], known: dict[str, Known]) -> str:
    units = {child.code: known[child.code].figures.now.units for child in children}
    names, ranks = {child.code: child.name for child in children}, ranks_of(units)
    heads = "".join(
        f'<th scope="col">{h}</th>' for h in ("名次", "地区", "份数", "完成率", "占常住人口", "同比增量", "财政占比")
    )
    rows = "".join(_row(code, names[code], ranks[code], known[code]) for code in in_order(units))
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(code: str, name: str, rank: int, known: Known) -> str:
    if not known.figures.has_feed:
        return f'<tr><td></td><td>{escape(name)}</td><td colspan="5">尚无数据上报</td></tr>'
    found: Indicators = indicators_of(known.figures)
    growth = found["growth_units"]
    columns = (
        f"{known.figures.now.units:,}",
        _percent(found["completion_guideline"], 0),
        _percent(found["penetration"], 2),
        "—" if growth is None else f"{growth:+,}",
        _percent(found["fiscal_share"], 0),
    )
    link = f'<a href="?region={code}">{escape(name)}</a>'
    return f"<tr><td>{rank}</td><td>{link}</td>{''.join(f'<td>{column}</td>' for column in columns)}</tr>"


def _lags(lags: list[str]) -> str:
    items = "".join(f"<li>{escape(lag)}</li>" for lag in lags[:40])
    return f"<h2>后进提醒</h2><ul>{items}</ul>" if lags else "<h2>后进提醒</h2><p>目前没有。</p>"


def _demo_note(known: dict[str, Known]) -> str:
    synthetic = any(t.document == "合成" for k in known.values() for t in k.targets.values())
    return '<p class="note">演示数据：部分数字为合成数据，不是统计数字。</p>' if synthetic else ""


def _percent(value: float | None, decimals: int) -> str:
    return "—" if value is None else f"{100 * value:.{decimals}f}%"


def _html(title: str, body: str, status: int = 200) -> Response:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    page = f'<!doctype html><html lang="zh"><head>{head}<title>{escape(title)}</title><style>{_STYLE}</style></head>'
    full = f"{page}<body><h1>{escape(title)}</h1>{body}</body></html>"
    return HTMLResponse(full, status, {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})
