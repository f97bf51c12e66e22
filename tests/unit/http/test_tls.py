"""Encrypted connections go to the address that was checked, and speak to nobody but the host that was meant."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_kit import Kit, Server, limits

from etheatmap_assets.resources.http import Call
from etheatmap_core.errors import UpstreamUnreachableError

HOST = "mirror.example.org"


@pytest.fixture
def names() -> list[str]:
    """Those the server was greeted with (SNI)."""
    return []


@pytest.fixture
def port(
    request: pytest.FixtureRequest, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Of a server on this machine that has a certificate, trusted here, for the name given by the test."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{request.param}", "-keyout", str(key),
         "-out", str(certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: names.append(str(name))
    server = Server()
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    serving = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1" if host == HOST else host, *rest, **more)
    )
    yield server.place.rpartition(":")[2]
    server.http.shutdown()
    server.http.server_close()
    serving.join()


@pytest.mark.parametrize("port", [HOST], indirect=True)
def test_the_certificate_is_checked_for_the_name_not_for_the_address(port: str, names: list[str], target: Path) -> None:
    kit = Kit(f"{HOST}:{port}", limits_of={"wiki": limits(hosts=("dumps.wikimedia.org",))})
    kit.gateway.fetch(Call("wiki", f"https://{HOST}:{port}/a"), target)
    assert (target.read_bytes(), names) == (b"hello", [HOST])
    kit.gateway.close()


@pytest.mark.parametrize("port", ["somebody.example.org"], indirect=True)
def test_somebody_else_at_the_address_is_not_spoken_to(port: str, target: Path) -> None:
    kit = Kit(f"{HOST}:{port}", limits_of={"wiki": limits(hosts=("dumps.wikimedia.org",), attempts=1)})
    with pytest.raises(UpstreamUnreachableError, match=r"CERTIFICATE_VERIFY_FAILED.*mirror\.example\.org"):
        kit.gateway.fetch(Call("wiki", f"https://{HOST}:{port}/a"), target)
    kit.gateway.close()
