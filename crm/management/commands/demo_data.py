"""`manage.py demo_data`: invented customers, to try the product with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actors import by_command
from crm import demo
from crm.demo import loading as demo_loading
from crm.labels import record_type_label


class Command(BaseCommand):
    """Adds the invented data where it is missing; called again, it changes nothing."""

    help = str(
        _("架空の顧客データ（会社、部署、リード、社員）を追加します。何度実行しても同じ結果です。")
    )

    @by_command("demo_data")
    def handle(self, *_args: Any, **_options: Any) -> None:
        with transaction.atomic():
            added = demo_loading.load(demo.invent())
        for record_type, count in added.items():
            self.stdout.write(f"{record_type_label(record_type)}: {count:,}")
