"""The quickstart, run through the JupyterLab server that `make lab` starts: by its API, and in a browser."""

import json
import uuid
from pathlib import Path

import httpx
import pytest
import websocket
from playwright.sync_api import expect

from framework.desk.lab import Lab

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "notebooks" / "quickstart.ipynb"

# The page's own application object; `--LabApp.expose_app_in_browser=True` puts it there.
NOTEBOOK_READY = "() => window.jupyterapp?.shell?.currentWidget?.context?.isReady"
KERNEL_CONNECTED = """() => window.jupyterapp.shell.currentWidget.context.sessionContext.session?.kernel
    ?.connectionStatus === 'connected'"""
KERNEL_ANSWERS = """async () =>
    (await window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.info).status"""
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
ALL_RAN = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code').every(cell => cell.model.executionCount)"""
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .flatMap(cell => cell.model.outputs.toJSON())
    .filter(output => output.output_type === 'error').map(output => output.evalue)"""


class Kernel:
    """A kernel of the running server, spoken to as JupyterLab does: REST to start it, a websocket to run cells."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._client = httpx.Client(
            base_url=lab.url, headers={"Authorization": f"token {lab.token}"}, timeout=60.0
        )
        answer = self._client.post("api/kernels", json={"name": "python3", "path": "notebooks"})
        self._id = answer.raise_for_status().json()["id"]
        address = f"{lab.url.replace('http', 'ws', 1)}api/kernels/{self._id}/channels?token={lab.token}"
        self._socket = websocket.create_connection(address, timeout=120)

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._client.delete(f"api/kernels/{self._id}").raise_for_status()
        self._client.close()

    def run(self, source: str) -> list[dict]:
        """The outputs of a cell, in order, once the kernel is idle again."""
        request = uuid.uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": "execute_request",
            "session": "test",
            "username": "",
            "version": "5.3",
        }
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        self._socket.send(json.dumps(message))
        outputs = []
        while True:
            said = json.loads(self._socket.recv())
            if said["parent_header"].get("msg_id") != request:
                continue
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                return outputs
            if said["msg_type"] in {"display_data", "execute_result", "error", "stream"}:
                outputs.append({"type": said["msg_type"], **said["content"]})


def test_the_quickstart_runs_through_the_server_for_who_has_the_token(lab, ledger):
    assert httpx.get(f"{lab.url}api/contents").status_code == 403
    cells = [cell for cell in json.loads(QUICKSTART.read_text())["cells"] if cell["cell_type"] == "code"]
    with Kernel(lab) as kernel:
        outputs = [kernel.run("".join(cell["source"])) for cell in cells]
    said = [output for cell in outputs for output in cell if output["type"] in {"error", "stream"}]
    assert said == []
    shown = [list(output["data"]) for output in outputs[-1]]
    assert sum("text/html" in kinds for kinds in shown) == 4
    assert sum("application/vnd.plotly.v1+json" in kinds for kinds in shown) == 2
    assert "Verdict" in outputs[-1][0]["data"]["text/html"]
    assert ledger.latest_backtest("dual_momentum").verdict["trials"] == 1
    assert ledger.counts()["trials"] == 1


def test_the_quickstart_is_about_twelve_lines_of_code():
    cells = [cell for cell in json.loads(QUICKSTART.read_text())["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines() if line.strip()]
    assert len(lines) <= 13


@pytest.mark.browser
def test_run_all_in_the_browser_ends_with_a_verdict_that_is_seen(lab, ledger, browser):
    elsewhere = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.on(
        "request",
        lambda request: request.url.startswith(("http", "ws")) and elsewhere.append(request.url),
    )
    page.goto(lab.link())
    page.wait_for_function(NOTEBOOK_READY)
    page.wait_for_function(KERNEL_CONNECTED)
    assert page.evaluate(KERNEL_ANSWERS) == "ok"  # idle is shown before the kernel would run a cell
    page.evaluate(RUN_ALL)
    page.wait_for_function(ALL_RAN)
    assert page.evaluate(ERRORS) == []
    verdict = page.locator(".jp-OutputArea h4", has_text="Verdict")
    verdict.scroll_into_view_if_needed()
    expect(verdict).to_be_visible()
    expect(verdict.locator(".badge")).to_have_text("Rejected")
    expect(page.locator(".jp-OutputArea .js-plotly-plot").first).to_be_visible()
    page.close()
    assert [url for url in elsewhere if not url.startswith(lab.url)] == []
    assert ledger.latest_backtest("dual_momentum") is not None
