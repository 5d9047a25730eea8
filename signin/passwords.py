"""What a password must not be, beside too short, like its owner's name, or a common one."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Somebody who guesses tries the product's words first.
WORDS = frozenset({"hpsync", "kintone", "cybozu", "hotprofile"})
FEWEST_DIFFERENT = 5


class GuessableValidator(CommonPasswordValidator):
    """Refuses a common word that digits and signs only make longer, and a few letters repeated."""

    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 — Django's
        """Nothing, for a password that takes more than a list of words to guess.

        Raises:
            ValidationError: it does not.
        """
        bare = re.sub(r"[\W\d_]+", "", password.casefold())
        if bare in self.passwords or bare in WORDS:
            raise ValidationError(self.get_error_message(), code="guessable")
        if len(set(password)) < FEWEST_DIFFERENT:
            message = _(
                "同じ文字の繰り返しが多いため、推測されやすいパスワードです。"
                "別のパスワードを入力してください。"
            )
            raise ValidationError(message, code="repeated")

    def get_error_message(self) -> str:
        """Why it is refused, and what to do."""
        return _(
            "よく使われる単語に数字や記号を加えただけのパスワードです。"
            "別のパスワードを入力してください。"
        )

    def get_help_text(self) -> str:
        """What is asked for."""
        return _("推測されにくいものを入力してください。")
