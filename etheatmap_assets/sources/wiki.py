"""Wikipedia: hourly views of every article, from Wikimedia's hourly dumps.

Asked: one file an hour, ``pageviews-YYYYMMDD-HH0000.gz``, stamped with the END of its hour.
Comes back: a line a page of every wiki. Becomes: ``views``, ``views_desktop`` and ``views_mobile`` of the tracked
entities in ``signals``, and all pages of the chosen wikis in the Parquet lake.
https://wikitech.wikimedia.org/wiki/Data_Platform/Data_Lake/Traffic/Pageviews
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import dagster as dg
import sqlalchemy as sa

from etheatmap_assets.automation import ask_until_there
from etheatmap_assets.cadence import CADENCES
from etheatmap_assets.checks import check_results, check_specs, failed_checks
from etheatmap_assets.partitions import hours_of
from etheatmap_assets.progress import Progress
from etheatmap_assets.resources.http import Downloader
from etheatmap_core.archive import RawArchive
from etheatmap_core.clock import Clock
from etheatmap_core.config import Config
from etheatmap_core.errors import ChecksFailedError, CorruptCaptureError, EtHeatmapError, NotPublishedYetError
from etheatmap_core.hours import HOUR, HourRange, partition_key
from etheatmap_core.settings import Settings

SOURCE = "wiki"
MAX_CONNECTIONS = 2  # Wikimedia asks for few at a time
