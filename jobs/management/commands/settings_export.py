"""`manage.py settings_export`: the settings as YAML on standard output."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from jobs.settings_file.export import export


class Command(BaseCommand):
    """Writes connections, mappings and rules; secrets as the names of environment variables."""

    help = str(_("設定をYAMLで書き出します。パスワードなどは環境変数の名前で書き出します。"))

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(export(), ending="")
