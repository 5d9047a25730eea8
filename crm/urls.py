"""Routes of `crm`: customer data, their import, members, and who signs in."""

from django.urls import path, register_converter

from common.types import RecordType
from crm.pages import accounts, imports, items, member_files, members, records


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
    path("<record_type:record_type>/", records.record_list, name="records"),
    path("<record_type:record_type>/<int:pk>/", records.show_record, name="record"),
    path("<record_type:record_type>/add/", records.add_record, name="record-add"),
    path("<record_type:record_type>/<int:pk>/edit/", records.edit_record, name="record-edit"),
    path("<record_type:record_type>/items/", items.item_list, name="custom-items"),
    path("<record_type:record_type>/import/", imports.upload, name="import"),
    path("imports/<int:pk>/", imports.show_run, name="import-run"),
    path("imports/<int:pk>/match/", imports.match, name="import-match"),
    path("imports/<int:pk>/forecast/", imports.forecast, name="import-forecast"),
    path("imports/<int:pk>/resume/", imports.resume, name="import-resume"),
    path("imports/<int:pk>/discard/", imports.discard, name="import-discard"),
    path("imports/<int:pk>/refused.csv", imports.refused_lines, name="import-refused"),
    path("items/<int:pk>/", items.rename_item, name="custom-item"),
    path("items/<int:pk>/delete/", items.delete_item, name="custom-item-delete"),
    path("members/", members.member_list, name="members"),
    path("members/import/", member_files.import_file, name="members-import"),
    path("members/add/", members.add_member, name="member-add"),
    path("members/<int:pk>/", members.change_member, name="member"),
    path("members/<int:pk>/enable/", members.enable_member, name="member-enable"),
    path("members/<int:pk>/disable/", members.disable_member, name="member-disable"),
    path("members/<int:pk>/delete/", members.delete_member, name="member-delete"),
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/add/", accounts.add_account, name="account-add"),
    path("accounts/<int:pk>/", accounts.change_account, name="account"),
    path("accounts/<int:pk>/password/", accounts.change_password, name="account-password"),
]
