"""The pages on which a person looks where the records went; no script, everything escaped."""

from sandbox.http_values import Answer, Incoming, text_answer
from sandbox.model import Domain
from sandbox.world import World

BLOCK_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>アクセスが制限されています</title></head>
<body><h1>アクセスが制限されています</h1>
<p>お使いのIPアドレスからのアクセスは許可されていません。(Forbidden: IP address restriction)</p>
</body></html>
"""
BASIC_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>401 Unauthorized</title></head>
<body><h1>401 Unauthorized</h1></body></html>
"""


def handle(world: World, domain: Domain, incoming: Incoming, *, path: str) -> Answer:
    """The page at `path`."""
    return text_answer("Not Found", status=404)
