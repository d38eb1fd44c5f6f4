"""Registers the API with the Flask app: one blueprint for all entities.

`create_web_app(register=[register_api])` calls it; no address is made per entity, the
views find the entity by its name.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from core.web.api.limits import install_limits
from core.web.api.problems import ROOT, install_problems
from core.web.api.strangers import install_strangers
from core.web.csrf import DECLARED
from core.web.declared import declared
from core.web.errors import reference
from core.web.late_views import LateView
from core.web.state import WebState

_ENTITY = "/<module>/<name>"
_RECORD = f"{_ENTITY}/<int(max=9223372036854775807):id>"
_VIEW = f"{_ENTITY}/views/<int(max=9223372036854775807):view>"
_VERSION = f"{_RECORD}/versions/<int(max=2147483647):version>"
_WEBHOOK = "/webhooks/<int(max=9223372036854775807):webhook>"
_FLOW = "/flows/<int(max=9223372036854775807):flow>"
_ATTACHMENT = f"{_RECORD}/attachments/<int:attachment>"

#: Address, method, name, file and view. Names are taken by `url_for("api.<name>")`.
ROUTES: tuple[tuple[str, str, str, str], ...] = (
    ("/auth/login", "POST", "login", "sign_in.sign_in"),
    ("/openapi.json", "GET", "openapi", "openapi.show_openapi"),
    ("/docs", "GET", "docs", "docs.show_docs"),
    ("/webhooks", "GET", "webhooks", "webhooks.list_all"),
    ("/webhooks", "POST", "add_webhook", "webhooks.create_one"),
    (_WEBHOOK, "GET", "webhook", "webhooks.get_one"),
    (_WEBHOOK, "PATCH", "change_webhook", "webhooks.change_one"),
    (_WEBHOOK, "DELETE", "delete_webhook", "webhooks.delete_one"),
    (f"{_WEBHOOK}/deliveries", "GET", "deliveries", "webhooks.list_deliveries"),
    (f"{_WEBHOOK}/replay", "POST", "replay", "webhooks.replay"),
    ("/jobs", "GET", "jobs", "jobs.list_all"),
    ("/jobs/replay", "POST", "replay_jobs", "jobs.replay"),
    ("/schedules", "GET", "schedules", "jobs.list_schedules"),
    ("/schedules/<schedule>/run", "POST", "run_schedule", "jobs.run"),
    ("/flows", "GET", "flows", "flows.list_all"),
    ("/flows", "POST", "start_flow", "flows.start"),
    (_FLOW, "GET", "flow", "flows.get_one"),
    (f"{_FLOW}/wake", "POST", "wake_flow", "flows.wake"),
    (f"{_FLOW}/cancel", "POST", "cancel_flow", "flows.cancel"),
    ("/mails", "GET", "mails", "mails.list_all"),
    ("/suppressed", "GET", "suppressed", "mails.list_kept_back"),
    ("/suppressed", "POST", "suppress", "mails.keep_back"),
    ("/suppressed/<address>", "DELETE", "release", "mails.let_go"),
    ("/mails/bounces", "POST", "bounce", "mails.bounce"),
    ("/mailboxes", "GET", "mailboxes", "mailboxes.list_all"),
    ("/arrivals", "GET", "arrivals", "mailboxes.list_mails"),
    ("/mailboxes/<mailbox>/mails", "POST", "take_mail", "mailboxes.take"),
    ("/mailboxes/<mailbox>/pull", "POST", "pull_mailbox", "mailboxes.pull"),
    ("/notices", "GET", "notices", "notices.list_notices"),
    ("/notices/read", "POST", "read_notices", "notices.read_notices"),
    ("/approvals", "GET", "approvals", "approvals.list_waiting"),
    ("/sign-ins", "GET", "sign_ins", "sign_ins.list_entries"),
    (_ENTITY, "GET", "list", "collection.list_records"),
    (_ENTITY, "POST", "create", "collection.create_record"),
    (f"{_ENTITY}/bulk", "POST", "bulk", "bulk.write_bulk"),
    (f"{_ENTITY}/actions/<action>", "POST", "list_action", "list_actions.press"),
    (f"{_ENTITY}/count", "GET", "count", "collection.count_records"),
    (f"{_ENTITY}/aggregate", "GET", "aggregate", "aggregates.show_aggregate"),
    (f"{_ENTITY}/evaluate", "POST", "evaluate", "collection.evaluate_draft"),
    (f"{_ENTITY}/lookup", "GET", "lookup", "collection.look_up"),
    (f"{_ENTITY}/views", "GET", "saved_views", "saved_views.list_views"),
    (f"{_ENTITY}/views", "POST", "save_view", "saved_views.create_view"),
    (_VIEW, "GET", "saved_view", "saved_views.get_view"),
    (_VIEW, "PATCH", "change_view", "saved_views.alter_view"),
    (_VIEW, "DELETE", "delete_view", "saved_views.remove_view"),
    (f"{_ENTITY}/duplicates", "GET", "duplicates", "duplicates.list_pairs"),
    (f"{_ENTITY}/duplicates", "POST", "similar", "duplicates.find_for_draft"),
    (f"{_ENTITY}/duplicates/apart", "GET", "apart", "duplicates.list_apart"),
    (f"{_ENTITY}/duplicates/apart", "POST", "keep_apart", "duplicates.mark_apart"),
    (
        f"{_ENTITY}/duplicates/together",
        "POST",
        "bring_together",
        "duplicates.mark_together",
    ),
    (f"{_RECORD}/duplicates", "GET", "likes", "duplicates.find_for_record"),
    (f"{_RECORD}/merge", "POST", "merge", "duplicates.merge_records"),
    (f"{_ENTITY}/import", "POST", "import", "transfer.import_file"),
    (f"{_ENTITY}/export", "GET", "export", "transfer.export_file"),
    ("/imports", "GET", "imports", "transfer.list_imports"),
    ("/imports/<int:id>", "GET", "import_run", "transfer.show_import"),
    ("/imports/<int:id>/undo", "POST", "import_undo", "transfer.undo_import"),
    (_RECORD, "GET", "record", "record.get_record"),
    (_RECORD, "PATCH", "change", "record.change_record"),
    (_RECORD, "DELETE", "delete", "record.delete_record"),
    (f"{_RECORD}/archive", "POST", "archive", "record.archive_record"),
    (f"{_RECORD}/restore", "POST", "restore", "record.restore_record"),
    (f"{_RECORD}/personal-data", "GET", "personal_data", "privacy.hand_out"),
    (f"{_RECORD}/erase", "POST", "erase", "privacy.erase"),
    (f"{_RECORD}/explain", "GET", "explain", "explaining.explain"),
    (f"{_RECORD}/print", "GET", "print", "versions_of.print_record"),
    (f"{_RECORD}/copy", "POST", "copy", "versions_of.make_copy"),
    (f"{_VERSION}", "GET", "old_version", "versions_of.get_version"),
    (f"{_VERSION}/restore", "POST", "go_back", "versions_of.go_back"),
    (f"{_RECORD}/history", "GET", "history", "record.show_history"),
    (f"{_RECORD}/actions", "GET", "actions", "record.list_actions"),
    (f"{_RECORD}/actions/<action>", "POST", "action", "record.run_action"),
    (f"{_RECORD}/transitions", "GET", "transitions", "record.list_transitions"),
    (f"{_RECORD}/transitions/<action>", "POST", "transition", "record.run_action"),
    ("/mappings/<id>", "POST", "mapping", "mappings.run"),
    ("/files", "POST", "upload", "files.upload_file"),
    (f"{_RECORD}/files/<field>", "GET", "file", "files.get_file"),
    (f"{_RECORD}/files/<field>/<sha256>", "GET", "one_file", "files.get_file"),
    (f"{_RECORD}/timeline", "GET", "timeline", "timeline.show_timeline"),
    (f"{_RECORD}/clocks", "GET", "clocks", "clocks.list_clocks"),
    (f"{_RECORD}/states", "GET", "states", "clocks.list_states"),
    (f"{_RECORD}/comments", "GET", "comments", "timeline.list_comments"),
    (f"{_RECORD}/comments", "POST", "comment", "timeline.create_comment"),
    (f"{_RECORD}/mails", "POST", "write_mail", "mails.create_mail"),
    (f"{_RECORD}/mails/draft", "GET", "mail_draft", "mails.show_draft"),
    (f"{_RECORD}/attachments", "GET", "attachments", "timeline.list_attachments"),
    (f"{_RECORD}/attachments", "POST", "attach", "timeline.create_attachment"),
    (_ATTACHMENT, "GET", "attachment", "timeline.get_attachment"),
    (_ATTACHMENT, "DELETE", "detach", "timeline.delete_attachment"),
    (f"{_RECORD}/activities", "POST", "plan", "timeline.create_activity"),
    (
        f"{_RECORD}/activities/<int:activity>",
        "PATCH",
        "do_activity",
        "timeline.change_activity",
    ),
    (f"{_RECORD}/follow", "PUT", "follow", "timeline.follow_record"),
    (f"{_RECORD}/follow", "DELETE", "unfollow", "timeline.follow_record"),
    (f"{_RECORD}/related/<relation>", "GET", "related", "related.list_related"),
)


def register_api(app: Flask, state: WebState) -> None:
    """Add the API below `/api/v1`, with its way of answering errors."""
    blueprint = Blueprint("api", __name__, url_prefix=ROOT)
    for address, method, name, place in ROUTES:
        view = LateView(__package__, place)
        blueprint.add_url_rule(
            address, name, view, methods=[method], strict_slashes=False
        )
    config = getattr(state.application, "config", None)
    install_limits(blueprint, config)
    install_strangers(app, config)
    blueprint.after_request(_mark)
    install_problems(app, blueprint)
    app.extensions[DECLARED] = declared
    app.before_request(LateView(__package__, "endpoints.answer_declared"))
    app.register_blueprint(blueprint)


def _mark(response: Response) -> Response:
    """What every answer carries: the correlation id, and what caches must look at."""
    response.headers["X-Correlation-Id"] = reference()
    response.vary.update(("Authorization", "Cookie", "X-API-Key"))
    return response
