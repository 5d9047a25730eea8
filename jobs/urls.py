"""Routes of `jobs`."""

from django.urls import path

from jobs.pages import (
    connections,
    dashboard,
    previews,
    recipes,
    records,
    removals,
    runs,
    source,
    trials,
    users,
    values,
)

app_name = "jobs"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("settings/", connections.settings_list, name="settings"),
    path("settings/new/", connections.connection, name="connection-new"),
    path("settings/<int:pk>/", connections.connection, name="connection"),
    path("settings/<int:pk>/recipe/<str:record_type>/", recipes.recipe, name="connection-recipe"),
    path("settings/<int:pk>/users/", users.users, name="connection-users"),
    path("settings/<int:pk>/delete/", removals.delete_connection, name="connection-delete"),
    path("settings/mappings/<int:pk>/delete/", removals.delete_mapping, name="mapping-delete"),
    path("settings/mappings/<int:pk>/test/", trials.page, name="trial"),
    path("settings/mappings/<int:pk>/test/push/", trials.push, name="trial-push"),
    path("settings/mappings/<int:pk>/enable/", trials.enable, name="enable"),
    path("settings/mappings/<int:pk>/run/", runs.run_now, name="run-now"),
    path("settings/mappings/<int:pk>/first-load/", runs.first_load, name="first-load"),
    path("settings/mappings/<int:pk>/preview/", previews.preview, name="preview"),
    path("settings/mappings/<int:pk>/preview/run/", previews.carry_out, name="preview-run"),
    path("settings/mappings/<int:pk>/preview/cancel/", previews.cancel, name="preview-cancel"),
    path("settings/mappings/<int:pk>/values/", values.values, name="values"),
    path("settings/mappings/<int:pk>/failures/", runs.failures, name="failures"),
    path("settings/mappings/<int:pk>/retry/", runs.retry, name="retry"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:pk>/", runs.run_page, name="run"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="run-cancel"),
    path("runs/<int:pk>/pause/", runs.pause, name="run-pause"),
    path("runs/<int:pk>/resume/", runs.resume, name="run-resume"),
    path("source/", source.source, name="source"),
    path("source/delete/", source.delete, name="source-delete"),
    path("source/pull/", source.pull, name="source-pull"),
    path("source/pulls/<int:pk>/cancel/", source.cancel, name="source-cancel"),
    path("source/refused/", source.refused, name="source-refused"),
    path("source/gone/", source.gone, name="source-gone"),
    path("records/<str:record_type>/<int:pk>/", records.record_state, name="record-state"),
]
