"""One row for each thing that was done; it refers to nothing, so that it outlives everything."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind, Origin


class Entry(models.Model):
    """What somebody did.

    Names stand as they were then. `before` and `after` are documents (`audit.recording`); secrets
    are in neither, only the names of those that changed. `row_id` is given where the documents hold
    what a source row says: they are forgotten together with it (`audit.contents`).
    """

    at = models.DateTimeField(_("日時"), db_index=True)
    kind = models.CharField(_("操作"), max_length=30, choices=Kind)
    area = models.CharField(max_length=20)
    origin = models.CharField(_("操作元"), max_length=10, choices=Origin)
    account_id = models.BigIntegerField(null=True)
    actor = models.CharField(_("操作した人"), max_length=200, blank=True)
    """The account's, the token's or the command's name; "" where it happened by itself."""
    connection_id = models.BigIntegerField(null=True)
    connection_name = models.CharField(_("接続"), max_length=64, blank=True)
    record_type = models.CharField(_("対象データ"), max_length=20, blank=True)
    row_id = models.BigIntegerField(null=True)
    label = models.CharField(_("対象"), max_length=255, blank=True)
    """What people call the thing: an app, a custom item, a member, a file."""
    before = models.JSONField(null=True)
    """None: there is nothing to compare; {}: there was nothing."""
    after = models.JSONField(null=True)
    secrets = models.JSONField(default=list)
    """Names of the secrets that are others now."""
    details = models.JSONField(default=dict)
    """What else is shown: `run`, `file`, `count`, `external_id` …; `id` of the thing itself."""
    erased = models.BooleanField(default=False)
    """What the record said is forgotten."""
    undoes = models.BigIntegerField(null=True, db_index=True)
    """The entry that was put back by this one."""

    class Meta:
        indexes = [
            models.Index(fields=["area", "id"], name="audit_of_area"),
            models.Index(fields=["kind", "id"], name="audit_of_kind"),
            models.Index(fields=["account_id", "id"], name="audit_of_account"),
            models.Index(fields=["origin", "id"], name="audit_of_origin"),
            models.Index(fields=["connection_id", "id"], name="audit_of_connection"),
            models.Index(
                fields=["record_type", "row_id"],
                condition=models.Q(row_id__isnull=False),
                name="audit_of_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.label}".strip()
