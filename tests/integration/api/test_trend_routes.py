"""/top and /trends/intelligent on a real database: the contract's shapes, which rows, in which order."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from api_seeds import HOSTILE_TEXTS
from conftest import AddScore, NEWEST  # noqa: I001
