"""SQLAlchemy engines on psycopg 3, in UTC."""

import sqlalchemy as sa
from sqlalchemy.engine import make_url

_DRIVER = "postgresql+psycopg"
_CONNECT_SECONDS = 10  # a host that swallows packets is no answer either


def create_engine(url: str) -> sa.Engine:
    """An engine for any spelling of a PostgreSQL URL (``postgres://``, ``postgresql+psycopg2://`` ...).

    Sessions are in UTC; connections that died with a restarted server are replaced unnoticed (pool_pre_ping).
    """
    address = make_url(url).set(drivername=_DRIVER)
    options = address.query.get("options", "")
    given = options if isinstance(options, str) else " ".join(options)
    return sa.create_engine(
        address,
        pool_pre_ping=True,
        connect_args={
            "options": f"{given} -c timezone=UTC".strip(),
            "fallback_application_name": "etheatmap",
            **({} if "connect_timeout" in address.query else {"connect_timeout": _CONNECT_SECONDS}),
        },
    )
