"""Pages for カスタム項目."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.types import RecordType
from crm import custom_items, selectors
from crm.models import CustomItem
from crm.pages.answers import get_or_post, show_form
from crm.pages.forms_items import AddItemForm, RenameItemForm


@get_or_post
def item_list(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The custom items of one type, and a form for another."""
    form = AddItemForm(request.POST or None, record_type=record_type)
    if request.method == "POST" and form.is_valid():
        item = custom_items.add(record_type, **form.cleaned_data)
        messages.success(request, _("カスタム項目「%s」を追加しました。") % item.label)
        return redirect("crm:custom-items", record_type)
    items = CustomItem.objects.filter(record_type=record_type)
    context = {"record_type": record_type, "record_types": list(RecordType), "items": items}
    return show_form(request, "crm/custom_items.html", form, **context)


@get_or_post
def rename_item(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for what one custom item is called."""
    item = get_object_or_404(CustomItem, pk=pk)
    form = RenameItemForm(request.POST or None, initial={"label": item.label})
    if request.method == "POST" and form.is_valid():
        custom_items.rename(item, **form.cleaned_data)
        messages.success(request, _("項目名を「%s」に変更しました。") % item.label)
        return redirect("crm:custom-items", item.record_type)
    return show_form(request, "crm/custom_item.html", form, item=item)


@get_or_post
def delete_item(request: HttpRequest, pk: int) -> HttpResponse:
    """What deleting one custom item means; deleted when that was confirmed."""
    item = get_object_or_404(CustomItem, pk=pk)
    if request.method == "POST":
        custom_items.delete(item)
        messages.success(request, _("カスタム項目「%s」を削除しました。") % item.label)
        return redirect("crm:custom-items", item.record_type)
    holders = selectors.holders_of(item)
    return render(request, "crm/custom_item_delete.html", {"item": item, "holders": holders})
