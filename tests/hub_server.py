"""A small Hugging Face Hub on loopback: what `huggingface_hub` asks of the real one, and the ways in which it fails."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

API = re.compile(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?(?:/.*)?")
RESOLVE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


@dataclass
class Hub:
    """What is stored, what was asked, and what is broken.

    Attributes:
        repositories: Of each, by `models/NAME` or `datasets/NAME`, the files with their bytes.
        asked: Every request: its method and path.
        busy_until: Until then, in seconds of the monotonic clock, every answer is 503.
        drops: How many times a file's body is cut in the middle and the connection closed.
        drop_only: The files that this happens to have it in their names.
        silent: Whether connections are accepted and never answered.
        only: The paths that are busy or silent have it in them.
    """

    repositories: dict[str, dict[str, bytes]]
    url: str = ""
    asked: list[str] = field(default_factory=list)
    busy_until: float = 0.0
    drops: float = 0
    drop_only: str = ""
    only: str = ""
    silent: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def commit(self, repository: str) -> str:
        """A hash of the content, as git's is."""
        files = self.repositories[repository]
        return hashlib.sha1(b"".join(name.encode() + files[name] for name in sorted(files))).hexdigest()


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Answers on a free port of 127.0.0.1; `hub.url` is what HF_ENDPOINT wants."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        broken = self.hub.only in self.path
        if broken and self.hub.silent.is_set():
            self.hub.released.wait(60)
            self.close_connection = True
        elif broken and time.monotonic() < self.hub.busy_until:
            self._answer(503, b"busy")
        else:
            self._route(unquote(urlsplit(self.path).path))

    do_HEAD = do_GET  # noqa: N815 - likewise

    def _route(self, path: str) -> None:
        api, resolve = API.fullmatch(path), RESOLVE.fullmatch(path)
        if api:
            kind, name, what, revision = api.groups()
        elif resolve:
            kind, name, revision, what = ("datasets" if resolve[1] else "models"), resolve[2], resolve[3], resolve[4]
        else:
            return self._missing("EntryNotFound")
        repository = f"{kind}/{name}"
        if repository not in self.hub.repositories:
            return self._missing("RepoNotFound", 401)  # so that nobody learns which private ones there are
        commit = self.hub.commit(repository)
        if revision not in (None, "main", commit):
            return self._missing("RevisionNotFound")
        files = self.hub.repositories[repository]
        if api:
            return self._answer(
                200, json.dumps(_tree(files) if what == "tree" else _info(name, commit, files)).encode()
            )
        return self._file(files[what], what, commit) if what in files else self._missing("EntryNotFound", commit=commit)

    def _file(self, content: bytes, name: str, commit: str) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        body = content[int(asked[1]) :] if asked else content
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if asked:
            headers["Content-Range"] = f"bytes {asked[1]}-{len(content) - 1}/{len(content)}"
        cut = self.command == "GET" and self.hub.drops > 0 and self.hub.drop_only in name
        self.hub.drops -= cut
        self._answer(206 if asked else 200, body, headers, sent=len(body) // 2 if cut else len(body))

    def _missing(self, code: str, status: int = 404, commit: str = "") -> None:
        self._answer(status, b"", {"X-Error-Code": code} | ({"X-Repo-Commit": commit} if commit else {}))

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, sent: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:sent])
        self.close_connection = sent is not None and sent < len(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


def _info(name: str, commit: str, files: dict[str, bytes]) -> dict[str, object]:
    siblings = [{"rfilename": file} for file in sorted(files)]
    return {"_id": "0", "id": name, "sha": commit, "private": False, "gated": False, "tags": [], "siblings": siblings}


def _tree(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": len(files[name]), "oid": hashlib.sha1(files[name]).hexdigest()}
        for name in sorted(files)
    ]
