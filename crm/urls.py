"""Routes of `crm`: customer data, their import, members, and who signs in."""

from django.urls import path, register_converter

from common.types import RecordType
from crm import views_accounts, views_imports, views_items, views_members, views_records


class RecordTypeConverter:
    """`company`, `department` or `lead` in an address."""

    regex = "|".join(RecordType)

    def to_python(self, value: str) -> RecordType:
        """The type that the address names."""
        return RecordType(value)

    def to_url(self, value: str) -> str:
        """The word for the type in an address."""
        return RecordType(value).value


register_converter(RecordTypeConverter, "record_type")

app_name = "crm"
urlpatterns = [
    path("<record_type:record_type>/", views_records.record_list, name="records"),
    path("<record_type:record_type>/<int:pk>/", views_records.show_record, name="record"),
    path("<record_type:record_type>/add/", views_records.add_record, name="record-add"),
    path("<record_type:record_type>/<int:pk>/edit/", views_records.edit_record, name="record-edit"),
    path("<record_type:record_type>/items/", views_items.item_list, name="custom-items"),
    path("<record_type:record_type>/import/", views_imports.upload, name="import"),
    path("imports/<int:pk>/", views_imports.show_run, name="import-run"),
    path("imports/<int:pk>/match/", views_imports.match, name="import-match"),
    path("imports/<int:pk>/resume/", views_imports.resume, name="import-resume"),
    path("imports/<int:pk>/discard/", views_imports.discard, name="import-discard"),
    path("imports/<int:pk>/refused.csv", views_imports.refused_lines, name="import-refused"),
    path("items/<int:pk>/", views_items.rename_item, name="custom-item"),
    path("items/<int:pk>/delete/", views_items.delete_item, name="custom-item-delete"),
    path("members/", views_members.member_list, name="members"),
    path("members/add/", views_members.add_member, name="member-add"),
    path("members/<int:pk>/", views_members.change_member, name="member"),
    path("members/<int:pk>/enable/", views_members.enable_member, name="member-enable"),
    path("members/<int:pk>/disable/", views_members.disable_member, name="member-disable"),
    path("members/<int:pk>/delete/", views_members.delete_member, name="member-delete"),
    path("accounts/", views_accounts.account_list, name="accounts"),
    path("accounts/add/", views_accounts.add_account, name="account-add"),
    path("accounts/<int:pk>/", views_accounts.change_account, name="account"),
    path("accounts/<int:pk>/password/", views_accounts.change_password, name="account-password"),
]
