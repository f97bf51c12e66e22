"""No secret in what is logged or told."""

import re
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from http_kit import Kit, Server, answer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from etheatmap_assets.resources.http import Call
from etheatmap_assets.resources.http.redact import Redactor, secrets_of
from etheatmap_core.errors import EtHeatmapError, UpstreamRefusedError, UpstreamUnreachableError
from etheatmap_core.settings import Settings

# A secret made of the mask's own sign, or of blanks, cannot be hidden by it.
SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["*"]), min_size=1).filter(str.strip)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:pw@h.org/a?b=c", "https://h.org/a?b=c"),
        ("https://ann:p@w@h.org/a", "https://h.org/a"),
        ("https://h.org/?key=x&q=Dune", "https://h.org/?key=***&q=Dune"),
        ("https://h.org/?q=Dune&api_key=x", "https://h.org/?q=Dune&api_key=***"),
        ("https://h.org/?apikey=x;APIKEY=y", "https://h.org/?apikey=***;APIKEY=***"),
        ("https://h.org/?apiKey=x&accessToken=y", "https://h.org/?apiKey=***&accessToken=***"),
        ("https://h.org/?a%70i_key=x", "https://h.org/?a%70i_key=***"),
        (
            "https://h.org/?client_secret=x&password=y&sig=z&token=t",
            "https://h.org/?client_secret=***&password=***&sig=***&token=***",
        ),
        ("https://h.org/#access_token=x", "https://h.org/#access_token=***"),
        ("https://h.org/?keyword=Dune&monkey=1&design=2", "https://h.org/?keyword=Dune&monkey=1&design=2"),
    ],
)
def test_an_address_keeps_what_is_no_secret(url: str, shown: str) -> None:
    assert Redactor().url(url) == shown


def test_of_a_secret_call_only_host_and_path_are_told() -> None:
    assert Redactor().url("https://u:p@h.org/token?grant=x#y", is_secret=True) == "https://h.org/token"


def test_an_address_inside_a_sentence() -> None:
    told = Redactor(["s3cret"]).text("ConnectError: http://u:p@h.org/?q=1&token=abc failed (header 's3cret')")
    assert told == "ConnectError: http://h.org/?q=1&token=*** failed (header '***')"


def small(encoded: str) -> str:
    """%c3%a9 for %C3%A9."""
    return re.sub("%..", lambda found: found[0].lower(), encoded)


@given(secret=SECRETS, before=WORDS, after=WORDS)
def test_a_secret_is_nowhere(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    for spelled in (secret, quote(secret, safe=""), quote_plus(secret), small(quote(secret))):
        for text in (f"{before}{spelled}{after}", f"https://h.org/{quote(before)}/{spelled}?q={spelled}&key={spelled}"):
            shown = redactor.text(text)
            assert spelled not in shown
            assert secret not in shown


@given(secrets=st.lists(SECRETS, max_size=4), text=WORDS)
def test_none_of_several_secrets_is_left(secrets: list[str], text: str) -> None:
    shown = Redactor(secrets).text("".join(f"{text}{secret}" for secret in secrets))
    assert [secret for secret in secrets if secret in shown] == []


def test_every_secret_setting_is_known_and_the_passwords_in_addresses() -> None:
    names = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    values = {name: SecretStr(f"secret of {name}") for name in names}
    values["database_url"] = SecretStr("postgresql://ann:p%40ss@h/d")
    found = secrets_of(Settings().model_copy(update=values))
    assert {value.get_secret_value() for value in values.values()} <= set(found)
    assert {"p%40ss", "p@ss"} <= set(found)


def test_neither_error_nor_audit_nor_archive_tells_a_secret(server: Server, target: Path) -> None:
    kit = Kit(server.place, secrets=("s3cret",))
    server.script = [
        answer(200),
        answer(403),
        answer(429, Retry_After="9999"),
        answer(302, Location="http://s3cret.org/"),
    ]
    url = f"http://ann:pw@{server.place}/s3cret?api_key=other&q=Dune"
    told = [kit.gateway.fetch(Call("wiki", url), target).url]
    for _ in range(3):
        with pytest.raises(EtHeatmapError) as error:
            kit.gateway.fetch(Call("wiki", url), target)
        told.append(str(error.value))
    told += [str(row) for row in kit.audit.rows] + [str(verdict) for verdict in kit.breaker.verdicts]
    for secret in ("s3cret", "other", "ann", "pw"):
        assert [line for line in told if secret in line] == []
    assert server.asked[0].path == "/s3cret?api_key=other&q=Dune", "the upstream is told all"
    kit.gateway.close()


def test_a_header_that_cannot_be_sent_is_not_quoted(server: Server, kit: Kit, target: Path) -> None:
    with pytest.raises(UpstreamUnreachableError, match="the request cannot be sent as it is") as error:
        kit.gateway.fetch(Call("wiki", server.url, headers={"Authorization": "Bearer hidden\n"}), target)
    told = [str(error.value), str(error.value.__cause__), *map(str, kit.audit.rows)]
    assert [line for line in told if "hidden" in line] == []
    assert server.asked == []


def test_the_log_at_its_most_talkative_tells_no_key(
    server: Server, kit: Kit, target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.script = [answer(500), answer(200)]
    kit.gateway.fetch(Call("wiki", f"{server.url}?api_key=hidden", headers={"X-Key": "hidden"}), target)
    assert "hidden" not in caplog.text


def test_of_a_token_request_the_query_is_not_told(server: Server, kit: Kit, target: Path) -> None:
    server.script = [answer(401)]
    with pytest.raises(UpstreamRefusedError) as error:
        kit.gateway.fetch(Call("wiki", f"{server.url}?grant=abc", is_secret=True), target)
    assert "abc" not in str(error.value) + str(kit.audit.rows)
