"""No secret in what is logged or told: user names and passwords, telling parameters, and the values of all secrets."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus, urlsplit

from pydantic import SecretStr

from etheatmap_core.settings import Settings

MASK = "***"
_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER = re.compile(r"(?P<before>[?&;#\s\"'(]|^)(?P<name>[^=?&;#\s\"'(]+)=(?P<value>[^&;#\s\"'<>]*)")
_TELLING = re.compile(r"key|token|secret|password|passwd|pwd|sig|signature|auth|authorization|credential|jwt")
_WORDS = re.compile(r"[a-z0-9]+")


class Redactor:
    """Masks ``secrets`` wherever they stand, plain or percent-encoded, and what an address says beside them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = sorted({secret for secret in secrets if secret.strip()}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(_in_any_spelling, values))) if values else None

    def text(self, text: str) -> str:
        """Any sentence, with the addresses in it."""
        text = self._secrets.sub(MASK, text) if self._secrets else text
        return _PARAMETER.sub(_without_value, _USER.sub("", text))

    def url(self, url: str, *, is_secret: bool = False) -> str:
        """An address. Of a secret call only host and path are told."""
        return self.text(re.split("[?#]", url, maxsplit=1)[0] if is_secret else url)


def secrets_of(settings: Settings) -> list[str]:
    """The value of every secret setting, and the passwords inside of those that are addresses."""
    found = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            password = _password_in(secret)
            found += [secret, *([password, unquote(password)] if password else [])]
    return found


def _password_in(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:  # a secret that only looks like an address
        return None


def _in_any_spelling(secret: str) -> str:
    """A pattern for the secret with any of its characters percent-encoded, and spaces as plus signs."""
    return "".join(map(_character, secret))


def _character(character: str) -> str:
    encoded = "".join(f"%(?i:{byte:02x})" for byte in character.encode())
    plain = [re.escape(character), encoded, *([r"\+"] if character == " " else [])]
    return f"(?:{'|'.join(plain)})"


def _without_value(match: re.Match[str]) -> str:
    """api_key=..., apiKey=..., access%5Ftoken=...: a name with one of the telling words in it."""
    name = unquote_plus(match["name"])
    words = _WORDS.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    is_telling = any(_TELLING.fullmatch(word) or word in ("apikey", "accesstoken") for word in words)
    return f"{match['before']}{match['name']}={MASK}" if is_telling else match[0]
