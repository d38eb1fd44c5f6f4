"""What people say and plan about a record: comments, files, activities, followers."""

from core.services.timeline.activities import TYPES, plan_activity, set_done
from core.services.timeline.attachments import attach, attached_file, detach
from core.services.timeline.comments import LONGEST, add_comment, mentioned_logins
from core.services.timeline.fed import Place
from core.services.timeline.feed import KINDS, Entry, feed, place_of
from core.services.timeline.notices import (
    Notice,
    follow,
    follows,
    mark_read,
    notices,
    unread,
)

__all__ = [
    "KINDS",
    "LONGEST",
    "TYPES",
    "Entry",
    "Notice",
    "Place",
    "add_comment",
    "attach",
    "attached_file",
    "detach",
    "feed",
    "follow",
    "follows",
    "mark_read",
    "mentioned_logins",
    "notices",
    "place_of",
    "plan_activity",
    "set_done",
    "unread",
]
