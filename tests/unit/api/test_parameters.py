"""Parameters are judged before any database is asked; every route is described."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from etheatmap_api.app import create_app
from etheatmap_api.queries import MODEL
from etheatmap_core.clock import system_clock
from etheatmap_core.scoring import mvp


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Not entered: its pool stays closed, so a request that got past the parameters would fail the test."""
    return TestClient(create_app("postgresql://127.0.0.1:1/none", now=system_clock))


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ("format=xml", 400, "Unsupported format. Use 'json' or 'csv'."),
        ("format=", 400, "Unsupported format"),
        ("timeframe=1y", 422, "1h, 24h, 7d"),
        ("timeframe=", 422, "timeframe"),
        ("depth=shallow", 422, "depth"),
        ("personalized=perhaps", 422, "personalized"),
        ("limit=0", 422, "limit"),
        ("limit=-1", 422, "limit"),
        ("limit=1000000000", 422, "limit"),
        ("limit=1e3", 422, "limit"),
        ("limit=NaN", 422, "limit"),
        ("offset=-1", 422, "offset"),
        ("offset=99999999999999999999999999", 422, "offset"),
        ("hours=0", 422, "hours"),
        ("hours=99999999", 422, "hours"),
        ("category=a%00b", 422, "NUL"),
        (f"category={'a' * 201}", 422, "category"),
    ],
)
def test_a_wrong_parameter_is_told(client: TestClient, query: str, status: int, named: str) -> None:
    answer = client.get(f"/trends/intelligent?{query}")
    assert answer.status_code == status
    assert named in json.dumps(answer.json()["detail"])


@pytest.mark.parametrize("query", ["limit=0", "limit=1000000000", "timeframe=soon", "category=%00"])
def test_the_dashboard_refuses_them_too(client: TestClient, query: str) -> None:
    assert client.get(f"/trends/dashboard?{query}").status_code == 422


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "%00", "%ff", "9" * 30])
def test_top_refuses_such_limits(client: TestClient, limit: str) -> None:
    assert client.get(f"/top?limit={limit}").status_code == 422


@pytest.mark.parametrize(
    ("address", "status", "named"),
    [
        ("/mentions", 422, "entity"),
        ("/mentions?entity=", 422, "entity"),
        ("/mentions?entity=a%00b", 422, "NUL"),
        (f"/mentions?entity={'a' * 201}", 422, "entity"),
        ("/mentions?entity=a&source=myspace", 422, "one of trends, trade_rss"),
        ("/mentions?entity=a&source=wiki", 422, "one of trends, trade_rss"),
        ("/mentions?entity=a&source=%00", 422, "one of trends, trade_rss"),
        ("/mentions?entity=a&hours=0", 422, "hours"),
        ("/mentions?entity=a&limit=1001", 422, "limit"),
        ("/mentions/ties?hours=8785", 422, "hours"),
        ("/mentions/ties?limit=0", 422, "limit"),
        ("/sources/myspace/hours", 404, "Source not found"),
        ("/sources/%00/hours", 404, "Source not found"),
        (f"/sources/{'a' * 201}/hours", 422, "name"),
        ("/sources/reddit/hours?hours=0", 422, "hours"),
        ("/score/advanced/a%00b", 422, "NUL"),
        (f"/score/advanced/{'a' * 201}", 422, "entity"),
    ],
)
def test_a_wrong_question_about_sources_is_told(client: TestClient, address: str, status: int, named: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert named in json.dumps(answer.json()["detail"])


def test_the_model_served_is_the_one_that_scores() -> None:
    assert MODEL == mvp.MODEL


def test_every_route_is_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/budget",
        "/freshness",
        "/health",
        "/health/extended",
        "/messages",
        "/score/advanced/{entity}",
        "/health/sources",
        "/mentions",
        "/mentions/ties",
        "/source-health",
        "/sources/status",
        "/sources/{name}/hours",
        "/top",
        "/trends/dashboard",
        "/trends/intelligent",
    }
    assert all(operation["get"]["description"] for operation in paths.values())
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    assert [path for path in paths if f"| `GET {path}` |" not in page] == []
