"""Says who is at work: the account that is signed in, or the token that opens the API."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.access import is_for_programs, token_of
from audit import actors
from audit.actors import Actor
from audit.kinds import Origin


class ActorMiddleware:
    """What a request changes is done by whoever was let in; stands behind the gate."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; nobody is looked up where nothing is written down."""
        with actors.acting(lambda: _actor(request)):
            return self.get_response(request)


def _actor(request: HttpRequest) -> Actor:
    if is_for_programs(request):
        return Actor(origin=Origin.API, name=token_of(request).name)
    account = request.user
    return Actor(origin=Origin.SCREEN, name=account.get_username(), account_id=account.pk)
