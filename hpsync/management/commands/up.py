"""`manage.py up`: everything that hpsync needs on one machine, in one terminal."""

import fcntl
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from common.wording import in_brackets, listed
from hpsync import embedded
from hpsync.first_start import Login, ensure_administrator, prepare_database
from hpsync.ports import free_port, is_free
from hpsync.programs import Shape, programs
from hpsync.supervisor import Supervisor
from sandbox.demo import LOGIN, PASSWORD, demo_world
from sandbox.hotprofile.world import DEMO_KEY

WEB_PORT = 8000
SANDBOX_PORT = 8801
HOTPROFILE_PORT = 8802
PATIENCE_SECONDS = 2


class Command(BaseCommand):
    help = "Starts web, worker, beat, broker and sandbox; Ctrl-C stops all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help=f"port of the pages (default {WEB_PORT})")
        parser.add_argument(
            "--sandbox-port", type=int, help=f"port of the sandbox (default {SANDBOX_PORT})"
        )
        parser.add_argument(
            "--hotprofile-port",
            type=int,
            help=f"port of the stand-in for Hot Profile (default {HOTPROFILE_PORT})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped.

        Raises:
            CommandError: it runs already, or a port that was asked for is taken.
        """
        with _alone(settings.VAR_DIR / "up.lock"):
            self._say(_("準備しています…"))
            shape = self._choose_shape(
                web=options["port"],
                sandbox=options["sandbox_port"],
                hotprofile=options["hotprofile_port"],
            )
            _leave_word(shape)
            prepare_database()
            login = ensure_administrator()
            if login.made_now and shape.sandbox_port:
                self._say(_("デモデータを取り込んでいます…"))
                call_command("demo_data", verbosity=0)
            self._supervise(shape, login=login)
            self._say(_("停止しました。"))

    def _choose_shape(
        self, *, web: int | None, sandbox: int | None, hotprofile: int | None
    ) -> Shape:
        web_port = self._choose_port(web, usual=WEB_PORT, besides=())
        sandbox_port = hotprofile_port = None
        if not settings.KINTONE_GIVEN:
            sandbox_port = self._choose_port(sandbox, usual=SANDBOX_PORT, besides=(web_port,))
            hotprofile_port = self._choose_port(
                hotprofile, usual=HOTPROFILE_PORT, besides=(web_port, sandbox_port)
            )
        return Shape(
            base_dir=settings.BASE_DIR,
            var_dir=settings.VAR_DIR,
            web_port=web_port,
            sandbox_port=sandbox_port,
            hotprofile_port=hotprofile_port,
            own_broker=settings.EMBEDDED_BROKER,
        )

    def _choose_port(self, wanted: int | None, *, usual: int, besides: tuple[int, ...]) -> int:
        if wanted is not None:
            if not is_free(wanted):
                raise CommandError(_("ポート%(port)sは使用中です。") % {"port": wanted})
            return wanted
        port = free_port(usual, besides=besides)
        if port != usual:
            words = _("ポート%(usual)sは使用中のため、%(port)sを使用します。")
            self._say(words % {"usual": usual, "port": port})
        return port

    def _supervise(self, shape: Shape, *, login: Login) -> None:
        supervisor = Supervisor(programs(shape), say_ended=self._say_ended)

        def when_started() -> bool:
            if not _answers(f"{shape.web_url}/sign-in/"):
                return False
            self._greet(shape, login=login)
            return True

        supervisor.run(when_started=when_started)

    def _say_ended(self, name: str, code: int, pause: float) -> None:
        words = _("%(name)sが終了しました（%(code)s）。%(pause)d秒後に再起動します。ログ：%(log)s")
        log = settings.VAR_DIR / "log" / f"{name}.log"
        self._say(words % {"name": name, "code": code, "pause": pause, "log": log})

    def _greet(self, shape: Shape, *, login: Login) -> None:
        password = login.password or _("（変更済み）")
        self._say("")
        self._say(_("hpsyncを起動しました。"))
        self._fact(_("アドレス"), f"{shape.web_url}/")
        self._fact(_("ユーザー名"), login.name)
        self._fact(_("パスワード"), password)
        if shape.sandbox_port:
            self._introduce_sandbox(shape)
        if shape.hotprofile_host:
            self._fact(_("ホットプロファイルの代わりのサンドボックス"), shape.hotprofile_host)
            self._fact(_("APIキー"), DEMO_KEY, depth=2)
        self._fact(_("ログ"), str(shape.var_dir / "log"))
        self._say(_("停止するには、Ctrl+Cを押してください。"))

    def _introduce_sandbox(self, shape: Shape) -> None:
        domain = demo_world().default
        apps = listed(f"{app.id}{in_brackets(app.name)}" for app in domain.apps.values())
        self._fact(_("kintoneの代わりのサンドボックス"), f"{shape.sandbox_url}/")
        self._fact(_("サブドメイン"), domain.name, depth=2)
        self._fact(_("ログイン名"), LOGIN, depth=2)
        self._fact(_("パスワード"), PASSWORD, depth=2)
        self._fact(_("アプリID"), apps, depth=2)

    def _fact(self, name: str, value: str, *, depth: int = 1) -> None:
        self._say(f"{'  ' * depth}{name}{_('：')}{value}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Only one hpsync at a time keeps its things in this variable folder.

    Raises:
        CommandError: another one does.
    """
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(_("hpsyncはすでに起動しています。")) from error
        yield


def _leave_word(shape: Shape) -> None:
    """Commands started beside us find the same kintone, and mails the right address."""
    (settings.VAR_DIR / embedded.PUBLIC_URL_FILE).write_text(shape.web_url, encoding="utf-8")
    if shape.sandbox_port:
        path = settings.VAR_DIR / embedded.KINTONE_URL_FILE
        path.write_text(shape.kintone_url_template, encoding="utf-8")
    path = settings.VAR_DIR / embedded.HOTPROFILE_HOST_FILE
    path.write_text(shape.hotprofile_host, encoding="utf-8")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
