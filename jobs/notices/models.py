"""Who is told of alerts, and what was told.

A `NoticePlan` says for a connection, or for the tenant that data is pulled from, to which addresses
mails go by kind of alert, and when it is quiet. Its `NoticeChannel`s are the ways beside mail. A
`Delivery` is one notice to one of them, or by mail, from the moment that it is owed.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.encrypted import EncryptedTextField
from integrations.models import Connection
from jobs.notices.states import ChannelKind, Digest, Stage
from pulls.models import Tenant, Trouble


class Reached(models.Model):
    """When something was last reached, and when and why it was not."""

    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failure = models.JSONField(default=dict)
    """A `Problem` (`as_json`): the last one, also when it has been reached since."""

    class Meta:
        abstract = True

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt came to nothing."""
        if self.failed_at is None:
            return False
        return self.succeeded_at is None or self.failed_at > self.succeeded_at


class NoticePlan(Reached):
    """How people are told about one connection, or about the tenant; `Reached` is of its mails.

    All kinds go to the connection's (or tenant's) `notify`, unless `addresses` says otherwise.
    """

    connection = models.OneToOneField(
        Connection, models.CASCADE, null=True, related_name="notice_plan"
    )
    tenant = models.OneToOneField(Tenant, models.CASCADE, null=True, related_name="notice_plan")
    addresses = models.JSONField(default=dict)
    """Kind of alert → e-mail addresses; an empty list tells nobody by mail."""
    quiet_from = models.TimeField(null=True)
    """Japan time, as `quiet_until`; null for both: never quiet."""
    quiet_until = models.TimeField(null=True)
    urgent_at_once = models.BooleanField(default=True)
    """What a person must mend waits neither for quiet hours to end nor for others."""
    digest = models.CharField(max_length=10, choices=Digest.choices, default=Digest.IMMEDIATE)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(connection__isnull=True) ^ Q(tenant__isnull=True),
                name="notice_plan_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.connection_id}/{self.tenant_id}"


class NoticeChannel(Reached):
    """One way beside mail. Its address is a secret: it holds a token."""

    plan = models.ForeignKey(NoticePlan, models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=12, choices=ChannelKind.choices)
    name = models.CharField(_("名前"), max_length=64)
    url = EncryptedTextField(_("WebhookのURL"), blank=True, default="")
    """"" where the address is the service's own (Chatwork)."""
    secret = EncryptedTextField(blank=True, default="")
    """Of a webhook the key of its signature, "" for none; of Chatwork the API token."""
    room = models.CharField(_("ルームID"), max_length=20, blank=True)
    kinds = models.JSONField(default=list)
    """Kinds of alerts that it gets; none named: all."""
    enabled = models.BooleanField(_("有効"), default=True)
    url_variable = models.CharField(max_length=128, blank=True)
    """The environment variable that a settings file took it from; the same for the secret."""
    secret_variable = models.CharField(max_length=128, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="notice_channel_of_name")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.kind} {self.name}"


class Delivery(models.Model):
    """One notice to one channel, or by mail. It stays for a while after it is settled."""

    plan = models.ForeignKey(NoticePlan, models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(NoticeChannel, models.CASCADE, null=True, related_name="deliveries")
    """Null: by mail."""
    alert = models.ForeignKey("jobs.Alert", models.CASCADE, null=True, related_name="deliveries")
    trouble = models.ForeignKey(Trouble, models.CASCADE, null=True, related_name="deliveries")
    stage = models.CharField(max_length=8, choices=Stage.choices)
    since = models.DateTimeField()
    """When what it tells of began: of another problem of the same alert another moment."""
    urgent = models.BooleanField()
    """A person must act."""
    gathered = models.BooleanField()
    """It waited: goes together with the others that are due then."""
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """When it is tried, or tried again."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """How many failed, the first of them at `failing_since`: a day later it is given up."""
    failing_since = models.DateTimeField(null=True)
    sending_at = models.DateTimeField(null=True)
    """When a worker claimed it; an old claim is of a worker that died over it."""
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(alert__isnull=True) ^ Q(trouble__isnull=True),
                name="delivery_of_one_state",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="delivery_due",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=["created_at"], name="delivery_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.stage} {self.alert_id or self.trouble_id} → {self.channel_id}"
