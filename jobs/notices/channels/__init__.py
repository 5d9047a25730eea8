"""The ways to tell somebody beside mail, a small class each; plain Python."""

from jobs.notices.channels.base import Answer, Channel, Request
from jobs.notices.channels.chatwork import Chatwork
from jobs.notices.channels.line_works import LineWorks
from jobs.notices.channels.slack import Slack
from jobs.notices.channels.teams import Teams
from jobs.notices.channels.webhook import Webhook

__all__ = ["Answer", "Channel", "Chatwork", "LineWorks", "Request", "Slack", "Teams", "Webhook"]
