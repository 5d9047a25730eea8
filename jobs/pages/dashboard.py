"""ダッシュボード: is it well, what must I do, when will it be well by itself?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common import clock
from jobs.pages.health import Health, app_uses, mapping_lines
from jobs.pages.select_settings import first_steps


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The three steps until a mapping was enabled; then one line per mapping, the worst first."""
    steps = first_steps()
    if steps is not None:
        return render(request, "jobs/first_steps.html", {"steps": steps})
    now = clock.now()
    lines = mapping_lines(now=now)
    context = {
        "lines": lines,
        "to_mend": [line for line in lines if line.health == Health.ACTION],
        "uses": app_uses(lines, now=now),
        "now": now,
    }
    return render(request, "jobs/dashboard.html", context)
