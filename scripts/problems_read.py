"""Which problems no test brings to a page, where somebody reads them: runs the tests that could.

    python scripts/problems_read.py [FOLDER …]

Ends with 1 if there are any. Also lists, for each problem, a page and a test that shows it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

#: Where problems are brought about.
FOLDERS = [
    f"tests/{name}" for name in ("browser", "crm", "flows", "jobs", "mapping", "pages", "pulls")
]


def main(folders: list[str]) -> int:
    """0 if every problem was read."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "hpsync.settings"
    django.setup()
    from tests.screens.problems import wordings

    read = pages_of_problems(folders or FOLDERS)
    for code in wordings():
        print(f"{code:32} {read.get(code, '— nowhere')}")
    return 1 if set(wordings()) - set(read) else 0


def pages_of_problems(folders: list[str]) -> dict[str, str]:
    """Code → the name of a page that told of it, and the test."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as seen:
        pytest = (sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "seeing")
        environment = {**os.environ, "SEEN": seen.name, "PYTHONPATH": str(ROOT / "scripts")}
        environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        subprocess.run((*pytest, *folders), cwd=ROOT, env=environment, check=False)  # noqa: S603
        lines = [json.loads(line) for line in Path(seen.name).read_text("utf-8").splitlines()]
    return {code: f"{view:24} {test}" for code, view, test in lines}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
