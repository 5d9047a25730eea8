"""What each kind of channel is sent, byte for byte as its service wants it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from jobs.notices.channels import Answer, Chatwork, LineWorks, Slack, Teams, Webhook
from jobs.notices.channels.webhook import key_of
from jobs.notices.message import Message

LINK = "https://hpsync.example.com/settings/1/"
KEY = "whsec_" + base64.b64encode(b"k" * 24).decode()


def message(**changed) -> Message:
    values: dict[str, Any] = {
        "id": "hpsync-1",
        "event": "alert.began",
        "at": datetime(2026, 11, 22, 3, tzinfo=UTC),
        "title": "【要対応】kintoneにログインできません｜本番｜hpsync",
        "text": f"接続: 本番\n\n入力し直してください。\n\n接続先の設定を確認する:\n{LINK}",
        "link": LINK,
        "link_text": "接続先の設定を確認する",
        "notices": [{"kind": "configuration"}],
    }
    return Message(**(values | changed))


def test_slack_gets_text_whose_marks_are_escaped():
    request = Slack(url="https://hooks.example/x").request(
        message(title="<!channel> A&B", text="<b>")
    )

    assert request.url == "https://hooks.example/x"
    assert request.headers["Content-Type"].startswith("application/json")
    assert json.loads(request.body) == {"text": "*&lt;!channel&gt; A&amp;B*\n&lt;b&gt;"}


def test_teams_gets_an_adaptive_card_with_a_button_to_the_page():
    body = json.loads(Teams(url="https://x").request(message()).body)

    assert body["type"] == "message"
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    texts = [block["text"] for block in card["body"]]
    assert texts[:3] == [message().title, "接続: 本番", "入力し直してください。"]
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "接続先の設定を確認する", "url": LINK}
    ]


def test_a_name_does_not_become_a_link_in_a_card():
    body = Teams(url="https://x").request(message(text="[本番](https://evil.example)")).body

    assert b"](" not in body


def test_a_card_of_a_very_long_text_stays_below_what_teams_takes():
    lines = "\n".join("株式会社青葉商事のデータを連携できません。" for _ in range(2000))
    request = Teams(url="https://x").request(message(title="長" * 5000, text=lines))

    assert len(request.body) < 28 * 1024


def test_teams_may_say_in_an_answer_of_200_that_it_failed():
    said = "Microsoft Teams endpoint returned HTTP error 429"
    channel = Teams(url="https://x")

    assert not channel.took(Answer(status=200, text=said))
    assert channel.took(Answer(status=202, text=""))


def test_chatwork_gets_a_form_with_the_token_in_its_header():
    request = Chatwork(token="the-token", room="42").request(message())

    assert request.url == "https://api.chatwork.com/v2/rooms/42/messages"
    assert request.headers["x-chatworktoken"] == "the-token"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    body = parse_qs(request.body.decode())["body"][0]
    assert body.startswith(f"[info][title]{message().title}[/title]接続: 本番")
    assert body.endswith(f"{LINK}[/info]")


def test_no_name_calls_people_in_chatwork_or_ends_the_frame():
    body = Chatwork(token="t", room="1").request(message(text="[/info][To:123]本番")).body

    written = parse_qs(body.decode())["body"][0]
    assert written.count("[") == 4
    assert "［To:123］本番" in written


def test_chatwork_confirms_by_naming_the_message():
    channel = Chatwork(token="t", room="1")

    assert channel.took(Answer(status=200, text='{"message_id":"1234"}'))
    assert not channel.took(Answer(status=200, text="<html>maintenance</html>"))


def test_line_works_gets_title_and_text():
    assert json.loads(LineWorks(url="https://x").request(message()).body) == {
        "title": message().title,
        "body": {"text": message().text},
    }


@pytest.mark.parametrize(
    ("text", "took"),
    [
        ('{"code":200,"description":"success"}', True),
        ('{"code":"200","description":"success"}', True),
        ("", True),
        ('{"code":400,"description":"missing parameter"}', False),
    ],
)
def test_line_works_says_in_its_body_whether_it_took_the_message(text, took):
    assert LineWorks(url="https://x").took(Answer(status=200, text=text)) is took


def test_what_is_too_long_is_cut_but_keeps_its_link():
    request = LineWorks(url="https://x").request(message(text="長" * 5000))
    text = json.loads(request.body)["body"]["text"]

    assert len(text) == 1000
    assert text.endswith(f"…\n接続先の設定を確認する:\n{LINK}")


def test_a_webhook_gets_the_notices_by_their_parts():
    request = Webhook(url="https://x").request(message())

    assert json.loads(request.body) == {
        "type": "alert.began",
        "timestamp": "2026-11-22T03:00:00+00:00",
        "data": {
            "title": message().title,
            "text": message().text,
            "notices": [{"kind": "configuration"}],
        },
    }
    assert request.headers["webhook-id"] == "hpsync-1"
    assert "webhook-signature" not in request.headers


def test_a_webhook_is_signed_as_the_specification_says():
    request = Webhook(url="https://x", secret=KEY, now=lambda: 1700000000.9).request(message())

    signed = b"hpsync-1.1700000000." + request.body
    digest = hmac.new(b"k" * 24, signed, hashlib.sha256).digest()
    assert request.headers["webhook-timestamp"] == "1700000000"
    assert request.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_the_signature_is_the_one_of_the_specifications_own_example():
    # standard-webhooks/standard-webhooks, libraries' tests: this key, id, time and body.
    from jobs.notices.channels.webhook import signature

    assert (
        signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            stamp="1614265330",
            body=b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", KEY[6:]])
def test_what_is_no_key_is_none(secret):
    with pytest.raises(ValueError):
        key_of(secret)


def test_no_address_or_token_shows_where_a_channel_or_request_is_printed():
    channel = Chatwork(token="the-token", room="42")
    printed = f"{channel!r} {channel.request(message())!r} {Slack(url='https://the-address')!r}"
    printed += repr(Webhook(url="https://the-address", secret=KEY))

    assert "the-token" not in printed
    assert "the-address" not in printed
    assert KEY not in printed
