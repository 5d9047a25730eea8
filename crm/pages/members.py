"""Pages for members (社員), the users of the CRM that the data comes from."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from crm import access, selectors, writing
from crm.models import Member
from crm.pages.answers import get_or_post, show_form, wants_fragment
from crm.pages.forms_members import MemberForm
from crm.pages.paging import number_in, page_links


@require_safe
@vary_on_headers("HX-Request")
def member_list(request: HttpRequest) -> HttpResponse:
    """The members, searched and paged; the results alone where htmx asks."""
    words = request.GET.get("q", "")
    found = selectors.search_members(words)
    page = selectors.page_of(
        found, after=number_in(request, "after"), before=number_in(request, "before")
    )
    context = {
        "q": words,
        "page": page,
        "found_text": _found_text(words, found),
        "mode": access.mode(),
        **page_links(request, page),
    }
    template = "crm/members_results.html" if wants_fragment(request) else "crm/members.html"
    return render(request, template, context)


@get_or_post
def add_member(request: HttpRequest) -> HttpResponse:
    """A form for a new member."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (member := _saved(form)):
        messages.success(request, _("社員「%s」を追加しました。") % member.name)
        return redirect("crm:members")
    return show_form(request, "crm/member.html", form)


@get_or_post
def change_member(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for one member."""
    member = get_object_or_404(Member, pk=pk)
    initial = {
        "name": member.name,
        "email": member.email,
        "login": member.login,
        "groups": member.groups.all(),
        "section": member.section,
    }
    form = MemberForm(request.POST or None, initial=initial, member=member)
    if request.method == "POST" and form.is_valid() and (saved := _saved(form)):
        messages.success(request, _("社員「%s」を変更しました。") % saved.name)
        return redirect("crm:members")
    return show_form(request, "crm/member.html", form, member=member)


@require_POST
def enable_member(request: HttpRequest, pk: int) -> HttpResponse:
    """The member counts as one of the CRM's users again."""
    member = _switch(get_object_or_404(Member, pk=pk), active=True)
    messages.success(request, _("社員「%s」を有効にしました。") % member.name)
    return redirect("crm:member", pk)


@require_POST
def disable_member(request: HttpRequest, pk: int) -> HttpResponse:
    """The member stays as an owner, but nobody's leads are sent in its name any more."""
    member = _switch(get_object_or_404(Member, pk=pk), active=False)
    messages.success(request, _("社員「%s」を無効にしました。") % member.name)
    return redirect("crm:member", pk)


@get_or_post
def delete_member(request: HttpRequest, pk: int) -> HttpResponse:
    """What deleting one member means; deleted when that was confirmed."""
    member = get_object_or_404(Member, pk=pk)
    if request.method == "POST":
        writing.delete_member(pk)
        messages.success(request, _("社員「%s」を削除しました。") % member.name)
        return redirect("crm:members")
    owned = selectors.owned_by(member)
    return render(request, "crm/member_delete.html", {"member": member, "owned": owned})


def _found_text(words: str, found: QuerySet[Member]) -> str:
    if not words.strip():
        return ""
    count = found.count()
    return ngettext("%s名見つかりました。", "%s名見つかりました。", count) % f"{count:,}"


def _saved(form: MemberForm) -> Member | None:
    """The member as written; None where it was refused, and the form says why."""
    member = form.member
    try:
        return writing.save_member(
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
            login=form.cleaned_data["login"],
            active=member.active if member else True,
            groups=form.group_names,
            section=form.cleaned_data["section"],
            member_id=member.pk if member else None,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _switch(member: Member, *, active: bool) -> Member:
    return writing.save_member(
        name=member.name,
        email=member.email,
        login=member.login,
        active=active,
        member_id=member.pk,
    )
