"""What the list pages share: positions out of the address, links of the pager, the number found."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import selectors

#: More digits than any id has.
TOO_LONG = 19


def found_text(count: int) -> str:
    """23件見つかりました。"""
    if count > selectors.COUNT_LIMIT:
        return _("%s件以上見つかりました。") % f"{selectors.COUNT_LIMIT:,}"
    return ngettext("%s件見つかりました。", "%s件見つかりました。", count) % f"{count:,}"


def page_links(request: HttpRequest, page: selectors.Page[selectors.RowT]) -> dict[str, str]:
    """The addresses that `partials/pager.html` links to, with the filters kept."""
    kept = {
        name: value
        for name, value in request.GET.items()
        if name not in ("after", "before") and value
    }

    def address(**position: int) -> str:
        query = urlencode({**kept, **position})
        return f"{request.path}?{query}" if query else request.path

    return {
        "first_url": address() if page.before is not None else "",
        "previous_url": "" if page.before is None else address(before=page.before),
        "next_url": "" if page.after is None else address(after=page.after),
    }


def number_in(request: HttpRequest, name: str) -> int | None:
    """The id that the address gives under `name`; None if it gives none."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < TOO_LONG else None
