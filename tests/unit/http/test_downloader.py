"""Downloads from a real server on this machine that misbehaves as told."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina

from etheatmap_assets.resources.http import downloader as http
from etheatmap_assets.resources.http.downloader import ATTEMPTS, Downloader
from etheatmap_core.archive import Received
from etheatmap_core.errors import CorruptCaptureError, NotPublishedYetError, UpstreamUnreachableError

BODY = b"en Whitney_Houston 41433 0\n" * 5000
NOW = datetime(2012, 2, 18, 18, 5, tzinfo=UTC)
Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, body: bytes = b"", announced: int | None = None, **headers: str) -> Behaviour:
    """Sends ``body``, but announces ``announced`` bytes."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body) if announced is None else announced), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return send


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Closes with a TCP reset instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.close_connection = True
    handler.wfile.close()
    handler.connection.close()


class Server:
    """Plays its list of behaviours, one a request, the last one for ever."""

    def __init__(self) -> None:
        self.script: list[Behaviour] = []
        self.requests: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.requests.append(dict(self.headers.items()))
                (server.script.pop(0) if len(server.script) > 1 else server.script[0])(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """The resets are meant."""

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/pageviews.gz"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


@pytest.fixture
def downloader() -> Iterator[Downloader]:
    """Retries as often as in earnest, without the waiting."""
    downloader = Downloader("ET Heatmap tests", clock=lambda: NOW)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield downloader
    downloader.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


@pytest.fixture
def waits() -> Iterator[list[float]]:
    """The waits before each retry, as decided; nothing is waited for."""
    decided: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: decided.append(details.wait_for)])
    yield decided
    stamina.instrumentation.set_on_retry_hooks(None)


def test_a_good_answer_is_stored_byte_for_byte(server: Server, downloader: Downloader, target: Path) -> None:
    server.script = [answer(200, BODY)]
    received = downloader.download(server.url, target)
    assert received == Received(server.url, 200, len(BODY), hashlib.sha256(BODY).hexdigest())
    assert target.read_bytes() == BODY
    assert server.requests[0]["User-Agent"] == "ET Heatmap tests"


def test_packed_answers_are_not_unpacked(server: Server, downloader: Downloader, target: Path) -> None:
    """The bytes as sent are what is hashed and kept, whatever the server says about them."""
    server.script = [answer(200, BODY, Content_Encoding="gzip")]
    assert downloader.download(server.url, target).size_bytes == len(BODY)


def test_no_such_file_is_not_published_yet_and_asked_once(server: Server, downloader: Downloader, target: Path) -> None:
    server.script = [answer(404)]
    with pytest.raises(NotPublishedYetError, match=r"pageviews\.gz"):
        downloader.download(server.url, target)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(answer(500), id="500"),
        pytest.param(answer(503), id="503"),
        pytest.param(answer(429), id="429"),
        pytest.param(reset, id="connection reset"),
        pytest.param(answer(200, BODY[:1000], announced=len(BODY)), id="body cut short"),
    ],
)
def test_passing_trouble_is_asked_again(
    server: Server, downloader: Downloader, target: Path, trouble: Behaviour
) -> None:
    server.script = [trouble, answer(200, BODY)]
    assert downloader.download(server.url, target).size_bytes == len(BODY)
    assert target.read_bytes() == BODY
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "reason"), [(500, "500"), (429, "429")])
def test_lasting_trouble_names_host_and_reason(
    server: Server, downloader: Downloader, target: Path, status: int, reason: str
) -> None:
    server.script = [answer(status)]
    with pytest.raises(UpstreamUnreachableError, match=rf"127\.0\.0\.1.*{reason}"):
        downloader.download(server.url, target)
    assert len(server.requests) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_a_refusal_is_not_asked_again(server: Server, downloader: Downloader, target: Path, status: int) -> None:
    server.script = [answer(status)]
    with pytest.raises(UpstreamUnreachableError, match=str(status)):
        downloader.download(server.url, target)
    assert len(server.requests) == 1


def test_an_answer_that_stays_cut_short_is_corrupt(server: Server, downloader: Downloader, target: Path) -> None:
    server.script = [answer(200, BODY[:1000], announced=len(BODY))]
    with pytest.raises(CorruptCaptureError, match=rf"1000 of {len(BODY)} bytes"):
        downloader.download(server.url, target)
    assert len(server.requests) == ATTEMPTS


def test_nobody_listening(downloader: Downloader, target: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(UpstreamUnreachableError, match=rf"127\.0\.0\.1:{port}.*refused"):
            downloader.download(f"http://127.0.0.1:{port}/pageviews.gz", target)


@pytest.mark.parametrize(
    ("spelled", "seconds"),
    [
        ("7", 7.0),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20.0),
        (format_datetime(NOW - timedelta(seconds=20), usegmt=True), 0.0),
        ("86400", http.MAX_RETRY_AFTER_SECONDS),
    ],
)
def test_retry_after_is_honoured_within_reason(
    server: Server,
    downloader: Downloader,
    target: Path,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    spelled: str,
    seconds: float,
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)
    server.script = [answer(429, Retry_After=spelled), answer(200, BODY)]
    with stamina.set_testing(False):
        downloader.download(server.url, target)
    assert waits == [seconds]


def test_an_endless_answer_is_refused(
    server: Server, downloader: Downloader, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_SIZE_BYTES", 1000)
    server.script = [answer(200, BODY)]
    with pytest.raises(CorruptCaptureError, match="larger than 1000 bytes"):
        downloader.download(server.url, target)


def test_a_file_url_is_copied(downloader: Downloader, tmp_path: Path, target: Path) -> None:
    source = tmp_path / "ein é.gz"
    source.write_bytes(BODY)
    received = downloader.download(source.as_uri(), target)
    assert received == Received(source.as_uri(), None, len(BODY), hashlib.sha256(BODY).hexdigest())
    assert target.read_bytes() == BODY


def test_a_missing_file_is_not_published_yet(downloader: Downloader, tmp_path: Path, target: Path) -> None:
    with pytest.raises(NotPublishedYetError, match="missing"):
        downloader.download((tmp_path / "missing.gz").as_uri(), target)
