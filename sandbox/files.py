"""Uploading and downloading: file.json."""

import email.policy
import secrets
from email.parser import BytesParser
from typing import Any

from sandbox import params as parameters
from sandbox.errors import ApiError, bad_input
from sandbox.http_values import Answer, Incoming, json_answer
from sandbox.world import World


def handle(world: World, incoming: Incoming, *, params: Any) -> Answer:
    """POST file.json keeps a file and answers its key; GET gives it back.

    Raises:
        ApiError: GAIA_BL01, no file has this key.
    """
    with world.lock:
        if incoming.method == "POST":
            return json_answer({"fileKey": _keep(world, incoming)})
        key = parameters.text(params, "fileKey")
        if key not in world.contents:
            raise ApiError("GAIA_BL01", key=key)
        kind = world.files[key]["contentType"]
        return Answer(status=200, body=world.contents[key], content_type=kind)


def _keep(world: World, incoming: Incoming) -> str:
    head = f"Content-Type: {incoming.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + incoming.body)
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            key = secrets.token_hex(16)
            world.contents[key] = content
            world.files[key] = {
                "name": part.get_filename() or "file",
                "contentType": part.get_content_type(),
                "size": str(len(content)),
            }
            return key
    raise bad_input("file", "missing_parameter")
