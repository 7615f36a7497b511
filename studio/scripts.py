"""Scripts that the browser loads once and keeps: those of the studio's own components, and the vis-network inside pyvis.

A component's script could be sent inside the page, but then all of it is sent again whenever the component's data
change: half a megabyte. Addresses hold a digest of the contents, so a browser may keep each file for ever.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

GRAPH = Path(__file__).parent / "components" / "graph"
PREFIX = "studio-scripts"


@cache
def scripts() -> dict[str, bytes]:
    """Every script by its name; nothing else is served."""
    library = files("pyvis") / "templates/lib/vis-9.1.2/vis-network.min.js"
    text = library.read_text("utf-8").split("//# sourceMappingURL")[0]
    own = {name: (GRAPH / name).read_bytes() for name in ("graph.js", "graph_png.js")}
    return {"vis-network.min.js": text.encode(), **own}


@cache
def version() -> str:
    """A digest of all scripts."""
    return sha256(b"\0".join(scripts().values())).hexdigest()[:16]


def address(name: str) -> str:
    """Where a script is, seen from any page."""
    return f"{PREFIX}/{version()}/{name}"


async def _serve(request: Request) -> Response:
    body = scripts().get(request.path_params["name"])
    if body is None or request.path_params["version"] != version():
        return Response("There is no such script.", status_code=404, media_type="text/plain")
    return Response(
        body, media_type="text/javascript", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def routes() -> list[Route]:
    """What the server answers under `PREFIX`."""
    return [Route(f"/{PREFIX}/{{version}}/{{name}}", _serve, methods=["GET"])]
