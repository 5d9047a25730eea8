"""The page that takes a file of members (社員)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from crm.importing.members import MembersReport, import_members
from crm.importing.reader import CsvError
from crm.pages.answers import get_or_post, show_form
from crm.pages.forms_imports import UploadForm, upload_form

#: Refused lines that the page lists.
LISTED = 200


@get_or_post
def import_file(request: HttpRequest) -> HttpResponse:
    """A form for the file; what was refused of it, else back to the members."""
    form = upload_form(request)
    if not form.is_valid():
        return show_form(request, "crm/members_import.html", form)
    try:
        report = import_members(form.cleaned_data["file"].file)
    except CsvError as error:
        form.add_error("file", str(error))
        return show_form(request, "crm/members_import.html", form)
    if report.refused:
        context = {"form": UploadForm(), "report": report, "listed": report.refused[:LISTED]}
        return render(request, "crm/members_import.html", context, status=422)
    messages.success(request, _done(report))
    return redirect("crm:members")


def _done(report: MembersReport) -> str:
    return _("社員を%(added)s名追加し、%(changed)s名変更しました。%(same)s名は変更なしです。") % {
        "added": f"{report.added:,}",
        "changed": f"{report.changed:,}",
        "same": f"{report.unchanged:,}",
    }
