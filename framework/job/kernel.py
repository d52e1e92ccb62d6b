"""The kernel of a run: this interpreter, and nothing of the user's or the system's Jupyter."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import Dict, Unicode, default
from traitlets.config import Config

from framework.job.watch import REPORT

NAME: Final = "python3"
OPTIONS: Final = (
    "--HistoryManager.enabled=False",
    "--IPKernelApp.extra_extensions=framework.job.watch",
    "--IPKernelApp.log_level=50",
)
THREADS_SECONDS: Final = 30.0  # that threads get to end after the last cell


class OwnKernel(AsyncKernelManager):
    """A kernel made of the running interpreter. Kernelspecs installed anywhere are not looked at."""

    folder = Unicode(help="Private and short-lived: connection file, sockets, IPython's files, faults.").tag(
        config=True
    )
    environment: Any = Dict(help="Variables that the kernel has besides ours.").tag(config=True)

    @default("connection_file")
    def _own_connection_file(self) -> str:
        return f"{self.folder}/kernel.json"

    @default("transport")
    def _own_transport(self) -> str:
        return "ipc"  # sockets in a private folder: no port to race for, none for others to connect to

    @default("ip")
    def _own_address(self) -> str:
        return f"{self.folder}/socket"

    @default("shutdown_wait_time")
    def _own_patience(self) -> float:
        return 2.0 * THREADS_SECONDS  # the manager insists after half of it

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel, whatever name is asked for."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *OPTIONS],
            display_name=NAME,
            language="python",
            env={**self.environment, "IPYTHONDIR": self.folder},
        )

    async def shutdown_kernel(  # type: ignore[override] # the base class declares its blocking twin
        self,
        now: bool = False,  # noqa: FBT001, FBT002 - theirs
        restart: bool = False,  # noqa: FBT001, FBT002 - theirs
    ) -> None:
        """End the kernel: at once if something failed in it, else once its threads have ended."""
        failed = (Path(self.folder) / REPORT).exists()
        await super().shutdown_kernel(now=now or failed, restart=restart)


def kernel_options(folder: Path, environment: Mapping[str, str], directory: Path) -> dict[str, Any]:
    """What papermill passes on to its client, so that it starts, and ends, our kernel in `directory`.

    papermill's own ``cwd`` would change the directory of this whole process, which may be running other notebooks.
    """
    config = Config({"OwnKernel": {"folder": str(folder), "environment": dict(environment)}})
    resources = {"metadata": {"path": str(directory)}}
    return {"kernel_manager_class": OwnKernel, "config": config, "resources": resources}
