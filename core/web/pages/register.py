"""Registers the pages with the Flask app: one set for all entities.

`create_web_app(register=[install_pages])` calls it; no address is made per entity, the
views find the entity by its name.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from core.web.late_views import LateView
from core.web.menus import SetupLink
from core.web.pages.navigation import module_menus
from core.web.state import WebState

_ENTITY = "/<module>/<name>"
_RECORD = f"{_ENTITY}/<int(max=9223372036854775807):id>"

#: Address, method, file and view; its name is its endpoint: `url_for("pages.press")`.
ROUTES: tuple[tuple[str, str, str], ...] = (
    (_ENTITY, "GET", "list_page.show_list"),
    (_ENTITY, "POST", "form_page.create_record"),
    (f"{_ENTITY}/new", "GET", "form_page.new_record"),
    (f"{_ENTITY}/evaluate", "POST", "evaluate.evaluate_draft"),
    (f"{_ENTITY}/lookup", "GET", "lookup.look_up"),
    (f"{_ENTITY}/lookup/<field>", "GET", "lookup.look_up_field"),
    (f"{_ENTITY}/named", "POST", "lookup.create_named"),
    (f"{_ENTITY}/filter-value", "GET", "filter_dialog.filter_value"),
    (f"{_ENTITY}/columns", "POST", "columns.choose_columns"),
    (f"{_ENTITY}/views", "POST", "saved_views.keep_view"),
    (f"{_ENTITY}/views/<int:view>", "POST", "saved_views.act_on_view"),
    (f"{_ENTITY}/bulk", "POST", "bulk.act_on_many"),
    (f"{_ENTITY}/bulk-edit", "POST", "bulk_edit.change_many"),
    (f"{_ENTITY}/undo", "POST", "take_back.take_back_many"),
    (f"{_ENTITY}/export", "GET", "bulk.export_list"),
    (f"{_ENTITY}/exports", "GET", "bulk.offer_formats"),
    (f"{_ENTITY}/group", "GET", "list_page.show_group"),
    (f"{_ENTITY}/duplicates", "GET", "duplicates_page.show_duplicates"),
    (f"{_ENTITY}/duplicates/apart", "POST", "apart_page.mark_apart"),
    (f"{_ENTITY}/duplicates/together", "POST", "apart_page.mark_together"),
    (f"{_ENTITY}/merge", "GET", "merge_page.compare_records"),
    (f"{_ENTITY}/merge", "POST", "merge_page.merge_records"),
    (f"{_ENTITY}/actions/<action>", "GET", "list_actions.show_action"),
    (f"{_ENTITY}/actions/<action>", "POST", "list_actions.press_for_list"),
    (
        f"{_ENTITY}/actions/<action>/lookup/<field>",
        "GET",
        "list_actions.look_up_for_list",
    ),
    (f"{_ENTITY}/cards", "GET", "board_page.more_cards"),
    (f"{_RECORD}/move", "POST", "board_page.move_card"),
    (f"{_RECORD}/reschedule", "POST", "calendar_page.move_event"),
    (f"{_RECORD}/branch", "GET", "tree_page.show_branch"),
    (f"{_RECORD}/cells/<field>", "GET", "cell_page.edit_cell"),
    (f"{_RECORD}/cells/<field>", "POST", "cell_page.save_cell"),
    (f"{_RECORD}/peek", "GET", "peek_page.peek_record"),
    (f"{_RECORD}/versions/<int:version>", "GET", "version_page.show_version"),
    (f"{_RECORD}/versions/<int:version>", "POST", "version_page.go_back"),
    (f"{_RECORD}/print", "GET", "printing.print_record"),
    (f"{_RECORD}/take-back", "POST", "take_back.take_back_change"),
    (f"{_ENTITY}/upload/<field>", "POST", "files.upload"),
    (f"{_RECORD}/files/<field>/<sha256>", "GET", "files.show_file"),
    ("/uploads/<sha256>", "GET", "files.show_upload"),
    (f"{_RECORD}/comments", "POST", "timeline.comment"),
    (f"{_RECORD}/attachments", "POST", "timeline.add_attachment"),
    (f"{_RECORD}/attachments/<int:attachment>", "GET", "timeline.show_attachment"),
    (
        f"{_RECORD}/attachments/<int:attachment>/remove",
        "POST",
        "timeline.remove_attachment",
    ),
    (f"{_RECORD}/activities", "POST", "timeline.add_activity"),
    (f"{_RECORD}/activities/<int:activity>", "POST", "timeline.finish_activity"),
    (f"{_RECORD}/follow", "POST", "timeline.follow_record"),
    (f"{_RECORD}/mail", "GET", "mail_page.write"),
    (f"{_RECORD}/mail", "POST", "mail_page.send"),
    (f"{_RECORD}/people", "GET", "timeline.find_people"),
    ("/approvals", "GET", "approvals_page.show_approvals"),
    ("/notifications", "GET", "timeline.show_notices"),
    ("/notifications", "POST", "timeline.read_notices"),
    (f"{_RECORD}/actions/<action>/lookup/<field>", "GET", "actions.look_up_answer"),
    (_RECORD, "GET", "detail_page.show_record"),
    (f"{_RECORD}/edit", "GET", "form_page.edit_record"),
    (f"{_RECORD}/edit", "POST", "form_page.update_record"),
    (f"{_RECORD}/archive", "POST", "record_acts.archive_record"),
    (f"{_RECORD}/restore", "POST", "record_acts.restore_record"),
    (f"{_RECORD}/delete", "POST", "record_acts.delete_record"),
    (f"{_RECORD}/actions/<action>", "POST", "actions.press"),
    (f"{_RECORD}/explain", "GET", "rights_page.explain_record"),
    (f"{_RECORD}/personal-data", "GET", "personal_page.show_personal"),
    (f"{_RECORD}/personal-data/file", "GET", "personal_page.hand_out"),
    (f"{_RECORD}/personal-data/erase", "POST", "personal_page.erase"),
    ("/rights", "GET", "rights_page.show_rights"),
    ("/webhooks", "GET", "webhooks_page.show_webhooks"),
    ("/webhooks", "POST", "webhooks_page.create_webhook"),
    ("/webhooks/<int:id>", "GET", "webhooks_page.show_webhook"),
    ("/webhooks/<int:id>", "POST", "webhooks_page.act_on_webhook"),
    ("/jobs", "GET", "jobs_page.show_jobs"),
    ("/jobs", "POST", "jobs_page.act_on_jobs"),
    ("/tests", "GET", "trials_page.show_tests"),
    ("/tests", "POST", "trials_page.start_tests"),
    ("/flows", "GET", "flows_page.show_flows"),
    ("/flows", "POST", "flows_page.act_on_flows"),
    ("/forms", "GET", "webform_model.list_webforms"),
    ("/forms/<module>/<name>", "GET", "webform_page.show_webform"),
    ("/forms/<module>/<name>", "POST", "webform_page.send_webform"),
    ("/endpoints", "GET", "endpoints_page.show_endpoints"),
    ("/mailboxes", "GET", "mailboxes_page.show_mailboxes"),
    ("/mailboxes", "POST", "mailboxes_page.act_on_mailboxes"),
    ("/unsubscribe/<token>", "GET", "unsubscribe_page.show_unsubscribe"),
    ("/unsubscribe/<token>", "POST", "unsubscribe_page.act_on_unsubscribe"),
    ("/mails", "GET", "mails_page.show_mails"),
    ("/mails", "POST", "mails_page.act_on_mails"),
    ("/apps", "GET", "apps_page.show_apps"),
    ("/apps/<module>/<change>", "GET", "apps_page.show_plan"),
    ("/apps/<module>/<change>", "POST", "apps_page.apply_change"),
    ("/settings/<module>", "GET", "settings_page.show_settings"),
    ("/settings/<module>", "POST", "settings_page.save_settings"),
    ("/dashboards/<id>", "GET", "dashboard_page.show_dashboard"),
    (
        "/dashboards/<id>/<int(max=9223372036854775807):record>",
        "GET",
        "dashboard_page.show_record_dashboard",
    ),
    ("/search", "GET", "palette.search_all"),
    ("/import", "GET", "import_page.choose_file"),
    ("/import", "POST", "import_page.upload_file"),
    ("/import/<entity>/<name>", "GET", "import_page.map_columns"),
    ("/import/<entity>/<name>", "POST", "import_page.run_file"),
    ("/import/<entity>/<name>/rejected", "GET", "import_page.rejected_rows"),
    ("/import/<entity>/<name>/progress", "GET", "import_page.show_progress"),
    ("/import/<entity>/<name>/resume", "POST", "import_page.resume_file"),
    ("/imports", "GET", "imports_page.show_imports"),
    ("/imports/<int:id>", "GET", "imports_page.show_import"),
    ("/imports/<int:id>/undo", "POST", "imports_page.undo_one"),
)


def install_pages(app: Flask, state: WebState) -> None:
    """Add the pages, the start page and the menus of the modules."""
    blueprint = Blueprint("pages", __name__)
    for address, method, place in ROUTES:
        view = LateView(__package__, place)
        blueprint.add_url_rule(address, view.__name__, view, methods=[method])
    app.register_blueprint(blueprint)
    app.context_processor(lambda: {"search_url": "/search"})
    state.menus = module_menus
    state.top_links = LateView(__package__, "approvals_page.top_links")
    state.home = LateView(__package__, "home_page.home_page")
    state.setup_links += [
        SetupLink("Apps", "pages.show_apps", "layout-grid-add", 10),
        SetupLink("Rights", "pages.show_rights", "shield-lock", 55),
        SetupLink("Webhooks", "pages.show_webhooks", "plug", 60),
        SetupLink("Flows", "pages.show_flows", "git-merge", 63),
        SetupLink("Jobs", "pages.show_jobs", "clock", 61),
        SetupLink("Tests", "pages.show_tests", "checkbox", 62),
        SetupLink("Web forms", "pages.list_webforms", "world-share", 64),
        SetupLink("Mails", "pages.show_mails", "mail", 63),
        SetupLink("Endpoints", "pages.show_endpoints", "api", 60),
        SetupLink("Mailboxes", "pages.show_mailboxes", "inbox", 63),
        SetupLink("Import", "pages.choose_file", "table-import", 30),
        SetupLink("Imports", "pages.show_imports", "history", 31),
    ]
