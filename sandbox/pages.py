"""The pages on which a person looks where the records went; readable without script."""

import re
from html import escape

from sandbox import params
from sandbox.cells import show_cell
from sandbox.errors import ApiError
from sandbox.form import Field
from sandbox.http_values import Answer, Incoming, html_answer, text_answer
from sandbox.model import App, Domain, Record
from sandbox.reading import show_record, stored_value
from sandbox.world import World

RECORDS_PER_PAGE = 100

BLOCK_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>アクセスが制限されています</title></head>
<body><h1>アクセスが制限されています</h1>
<p>お使いのIPアドレスからのアクセスは許可されていません。(Forbidden: IP address restriction)</p>
</body></html>
"""
BASIC_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>401 Unauthorized</title></head>
<body><h1>401 Unauthorized</h1></body></html>
"""
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 16px 24px 48px; max-width: 1400px; color: #23221e;
  background: #f6f6f4; line-height: 1.5;
  font: 16px/1.7 "Noto Sans JP","Noto Sans CJK JP","Hiragino Sans","BIZ UDPGothic",Meiryo,
  system-ui,sans-serif; }
h1 { font-size: 24px; line-height: 1.4; } h2 { font-size: 18px; }
a { color: #0b5394; } nav { font-size: 14px; }
.wide { overflow-x: auto; background: #fff; border: 1px solid #d6d3d0; border-radius: 4px; }
table { border-collapse: collapse; font-size: 14px; line-height: 1.5; width: 100%; }
th, td { padding: 8px 12px; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e8e6e3; overflow-wrap: anywhere; min-width: 8em; }
thead th { border-bottom: 2px solid #706d65; white-space: nowrap; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
tr:target { background: #fff6d6; }
dt { font-weight: 700; font-size: 14px; } dd { margin: 0 0 12px; white-space: pre-wrap; }
code { font-family: ui-monospace, monospace; }
"""
# A browser does not send what follows #; so the page asks again with it in the query.
_FOLLOW_HASH = """<script>
const follow = () => {
  const found = /^#record=(\\d+)$/.exec(location.hash);
  if (found) location.replace("?record=" + found[1]);
};
addEventListener("hashchange", follow);
follow();
</script>"""

_APP_PATH = re.compile(
    r"/k/(?:guest/(?P<guest>[0-9]+)/)?(?P<app>[0-9]{1,15})(?P<show>/show)?/?",
)


def handle(world: World, domain: Domain, incoming: Incoming, *, path: str) -> Answer:
    """The page at `path`, which has no domain segment any more."""
    if incoming.method not in {"GET", "HEAD"}:
        return text_answer("Method Not Allowed", status=405)
    base = incoming.path.removesuffix(path) if path != "/" else incoming.path.rstrip("/")
    with world.lock:
        if path in {"/", "/k", "/k/"}:
            return html_answer(_start_page(domain, base=base, loopback=incoming.loopback))
        found = _APP_PATH.fullmatch(path)
        app = domain.apps.get(int(found["app"])) if found else None
        if found is None or app is None or str(app.guest_space or "") != (found["guest"] or ""):
            return html_answer(_not_found(base), status=404)
        return _app_answer(domain, app, incoming, base=base, shows_one=bool(found["show"]))


def _app_answer(
    domain: Domain, app: App, incoming: Incoming, *, base: str, shows_one: bool
) -> Answer:
    asked = params.from_query(incoming.query)
    try:
        if shows_one and asked.get("record"):
            record = app.records.get(params.whole_number(asked["record"], key="record"))
            if record is None:
                return html_answer(_not_found(base), status=404)
            return html_answer(_record_page(domain, app, record, base=base))
        page = params.whole_number(asked.get("page") or 1, key="page")
    except ApiError:
        return html_answer(_not_found(base), status=404)
    return html_answer(_list_page(domain, app, page=page, base=base))


def _page(title: str, content: str, *, base: str, trail: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}｜練習用kintone</title><style>{_STYLE}</style></head>
<body><nav><a href="{escape(base)}/">練習用kintone</a>{trail}</nav>
<main><h1>{escape(title)}</h1>
{content}
</main></body></html>
"""


def _not_found(base: str) -> str:
    return _page("ページが見つかりません", "<p>アプリまたはレコードがありません。</p>", base=base)


def _app_url(app: App, base: str) -> str:
    space = f"guest/{app.guest_space}/" if app.guest_space is not None else ""
    return f"{escape(base)}/k/{space}{app.id}/"


def _start_page(domain: Domain, *, base: str, loopback: bool) -> str:
    rows = "".join(
        f'<tr><td class="number">{app.id}</td>'
        f'<td><a href="{_app_url(app, base)}">{escape(app.name)}</a></td>'
        f'<td class="number">{len(app.records):,}件</td>'
        f"<td>{_tokens(app) if loopback else ''}</td></tr>"
        for app in domain.apps.values()
    )
    return _page(
        "アプリ",
        f"""<p>kintoneの代わりに動く、練習用のkintoneです。</p>
{_credentials(domain) if loopback else ""}
<div class="wide"><table><thead><tr><th class="number">アプリID</th><th>アプリ</th>
<th class="number">レコード</th><th>APIトークン</th></tr></thead>
<tbody>{rows}</tbody></table></div>""",
        base=base,
    )


def _credentials(domain: Domain) -> str:
    user = next(iter(domain.users.values()), None)
    if user is None:
        return ""
    return f"""<dl><dt>サブドメイン</dt><dd><code>{escape(domain.name)}</code></dd>
<dt>ログイン名</dt><dd><code>{escape(user.login)}</code></dd>
<dt>パスワード</dt><dd><code>{escape(user.password)}</code></dd></dl>"""


def _tokens(app: App) -> str:
    return "<br>".join(f"<code>{escape(token)}</code>" for token in app.tokens)


def _list_page(domain: Domain, app: App, *, page: int, base: str) -> str:
    fields = [field for field in app.form.fields.values() if field.in_records]
    fields.sort(key=lambda field: field.type != "RECORD_NUMBER")
    newest = app.ids[::-1][(page - 1) * RECORDS_PER_PAGE : page * RECORDS_PER_PAGE]
    heads = "".join(f'<th scope="col">{escape(field.label)}</th>' for field in fields)
    rows = "".join(
        _list_row(domain, app, app.records[number], fields=fields, base=base) for number in newest
    )
    empty = "" if newest else "<p>レコードはありません。</p>"
    return _page(
        app.name,
        f"""<p>アプリID：{app.id}　レコード：{len(app.ids):,}件</p>
<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>
{rows}</tbody></table></div>{empty}{_pager(app, page=page)}{_FOLLOW_HASH}""",
        base=base,
    )


def _list_row(domain: Domain, app: App, record: Record, *, fields: list[Field], base: str) -> str:
    shown = show_record(domain, app, record)
    cells = "".join(
        _list_cell(app, record, field, shown[field.code]["value"], base=base) for field in fields
    )
    return f'<tr id="record={record.id}">{cells}</tr>\n'


def _list_cell(app: App, record: Record, field: Field, value: object, *, base: str) -> str:
    if field.type == "RECORD_NUMBER":
        number = escape(str(stored_value(app, record, field.code)))
        url = f"{_app_url(app, base)}show?record={record.id}"
        return f'<td class="number"><a href="{url}">{number}</a></td>'
    kind = ' class="number"' if field.type in {"NUMBER", "CALC"} else ""
    return f"<td{kind}>{show_cell(field, value)}</td>"


def _pager(app: App, *, page: int) -> str:
    last = max(1, -(-len(app.ids) // RECORDS_PER_PAGE))
    if last == 1:
        return ""
    before = f'<a href="?page={page - 1}">前へ</a>' if page > 1 else ""
    after = f'<a href="?page={page + 1}">次へ</a>' if page < last else ""
    return f"<p>{before} {page} / {last} {after}</p>"


def _record_page(domain: Domain, app: App, record: Record, *, base: str) -> str:
    shown = show_record(domain, app, record)
    items = "".join(
        f"<dt>{escape(field.label)}</dt><dd>{show_cell(field, shown[field.code]['value'])}</dd>"
        for field in app.form.fields.values()
        if field.in_records
    )
    trail = f' ＞ <a href="{_app_url(app, base)}">{escape(app.name)}</a>'
    return _page(
        f"{app.name}：レコード{record.id}",
        f"<dl>{items}<dt>リビジョン</dt><dd>{record.revision}</dd></dl>{_FOLLOW_HASH}",
        base=base,
        trail=trail,
    )
