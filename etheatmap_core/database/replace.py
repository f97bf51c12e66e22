"""Replaces the rows of whole hours, after checks: a failed check leaves the table as it was.

Here: staging by COPY, the checks, and the two ways to replace (plain; scores with their history kept).
Not here: transactions (the caller's), day partitions (partitions.py, before), and what a source's own checks say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from etheatmap_core.database.copy import copy_rows
from etheatmap_core.database.partitions import missing_day_partitions
from etheatmap_core.errors import ChecksFailedError

_STAGED = "staged_rows"
_EXAMPLE_CHARACTERS = 300


@dataclass(frozen=True)
class RowCheck:
    """A rule every row must keep. ``violates`` is an SQL predicate on a row's columns, true for a bad row;
    ``meaning`` says in words what is wrong with it."""

    name: str
    violates: str
    meaning: str


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check; ``detail`` counts the rows and shows a bad one. A warning stops no write."""

    name: str
    passed: bool
    detail: str
    is_warning: bool = False


@dataclass(frozen=True)
class ReplaceResult:
    """``rows_replaced`` counts old rows that are no more, ``rows_written`` new ones; unchanged scores are neither."""

    rows_written: int
    rows_replaced: int
    checks: tuple[CheckResult, ...]


# Of every write. The names in braces stand for predicates made from the table's own columns.
BUILT_IN_CHECKS = (
    RowCheck("key_not_null", "{key_has_null}", "a column of the primary key is missing"),
    RowCheck("no_duplicates", "{key_repeats}", "two rows have the same primary key"),
    RowCheck("hour_inside_partition", "{is_elsewhere}", "the row belongs to another hour or owner than those replaced"),
    RowCheck("finite_numbers", "{is_not_finite}", "a number is NaN or infinite"),
)


def replace_hours(
    connection: sa.Connection,
    table: str,
    hours: Collection[datetime],
    owner: Mapping[str, object],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    checks: Sequence[RowCheck] = (),
) -> ReplaceResult:
    """Makes ``rows`` (values in the order of ``columns``) all that ``owner`` has in ``table`` for exactly these hours.

    ``owner`` names whose rows they are, e.g. ``{"source": "wiki"}``; those columns are in every row. In the caller's
    transaction; two writers of one owner wait for each other. Raises ChecksFailedError before the table is touched;
    the transaction stays usable.
    """
    write = _Write(connection, table, hours, owner)
    results = write.stage_and_check(columns, rows, checks)
    replaced = write.execute(f"DELETE FROM {table} AS stored WHERE {write.is_owned('stored')}").rowcount
    names = ", ".join(columns)
    written = write.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {_STAGED}").rowcount
    return ReplaceResult(written, replaced, results)


def replace_scores(
    connection: sa.Connection,
    hours: Collection[datetime],
    model: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    replaced_at: datetime,
    checks: Sequence[RowCheck] = (),
) -> ReplaceResult:
    """Like ``replace_hours`` for a model's ``scores``, but what was known at the time stays known.

    A row that comes out the same, but for ``scored_at``, is left untouched. One that changed or vanished goes to
    ``score_revisions`` first, unless it was scored at ``replaced_at`` itself and so was never known.
    """
    write = _Write(connection, "scores", hours, {"model": model})
    results = write.stage_and_check(columns, rows, checks)
    every = ", ".join(write.table_columns)
    judged = [name for name in write.table_columns if name != "scored_at"]
    outdated = f"""
        WITH outdated AS (
            DELETE FROM scores AS stored
            WHERE {write.is_owned("stored")}
              AND NOT EXISTS (
                SELECT FROM {_STAGED} AS staged
                WHERE {write.has_same_key("staged", "stored")}
                  AND ({_listed("staged", judged)}) IS NOT DISTINCT FROM ({_listed("stored", judged)}))
            RETURNING {every}
        ), kept AS (
            INSERT INTO score_revisions ({every}, replaced_at)
            SELECT {every}, :replaced_at FROM outdated WHERE scored_at <> :replaced_at
        )
        SELECT count(*) FROM outdated"""
    replaced = write.execute(outdated, replaced_at=replaced_at).scalar_one()
    names = ", ".join(columns)
    written = write.execute(
        f"""INSERT INTO scores ({names})
            SELECT {names} FROM {_STAGED} AS staged
            WHERE NOT EXISTS (
                SELECT FROM scores AS stored
                WHERE {write.is_owned("stored")} AND {write.has_same_key("staged", "stored")})"""
    ).rowcount
    return ReplaceResult(written, replaced, results)


class _Write:
    """One replacement under way: whose rows, of which hours, and what the catalog says about the table."""

    def __init__(
        self, connection: sa.Connection, table: str, hours: Collection[datetime], owner: Mapping[str, object]
    ) -> None:
        self._connection, self._table, self._owner = connection, table, owner
        self._parameters = {"hours": sorted(hours), **{f"owner_{name}": value for name, value in owner.items()}}
        if missing := missing_day_partitions(connection, table, hours):
            raise ValueError(f"{table} has no partition for {missing[0]}: call ensure_day_partitions before the write")
        described = connection.execute(_COLUMNS, {"table": table}).all()
        self.table_columns = [column.name for column in described]
        self._key = [column.name for column in described if column.is_key]
        self._floats = [column.name for column in described if column.is_float]

    def execute(self, statement: str, **parameters: object) -> sa.CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(sa.text(statement), {**self._parameters, **parameters})

    def is_owned(self, row: str) -> str:
        """SQL: the row belongs to what is replaced."""
        owned = [f"{row}.{name} = :owner_{name}" for name in self._owner]
        return " AND ".join([f"{row}.ts = ANY(:hours)", *owned])

    def has_same_key(self, row: str, other: str) -> str:
        return f"({_listed(row, self._key)}) = ({_listed(other, self._key)})"

    def stage_and_check(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], checks: Sequence[RowCheck]
    ) -> tuple[CheckResult, ...]:
        """Takes the owner's lock, COPYs the rows aside, runs all checks there; raises if one fails."""
        spelled = " ".join([self._table, *(f"{name}={value}" for name, value in sorted(self._owner.items()))])
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended(:spelled, 0))", spelled=spelled)
        self._stage(columns, rows)
        every = [*(self._built_in(check) for check in BUILT_IN_CHECKS), *checks]
        counts = ", ".join(f"count(*) FILTER (WHERE {check.violates})" for check in every)
        total, *bad_counts = self.execute(f"SELECT count(*), {counts} FROM {_STAGED} AS staged").one()
        results = tuple(self._judge(check, bad, total) for check, bad in zip(every, bad_counts, strict=True))
        if failed := [result for result in results if not result.passed]:
            told = "; ".join(f"{result.name}: {result.detail}" for result in failed)
            raise ChecksFailedError(f"Nothing was written to {spelled}, a check failed: {told}.", results)
        return results

    def _stage(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.execute(f"DROP TABLE IF EXISTS pg_temp.{_STAGED}")
        self.execute(f"CREATE TEMP TABLE {_STAGED} ON COMMIT DROP AS SELECT * FROM {self._table} WITH NO DATA")
        copy_rows(self._connection, _STAGED, columns, rows)
        # Only what rows are found by: of wide columns nothing is asked, and reading samples of them takes its time.
        self.execute(f"ANALYZE {_STAGED} ({', '.join(self._key)})")

    def _built_in(self, check: RowCheck) -> RowCheck:
        """The check with this table's predicate in it."""
        key, staged_key = ", ".join(self._key), _listed("staged", self._key)
        predicates = {
            "key_has_null": " OR ".join(f"staged.{name} IS NULL" for name in self._key),
            "key_repeats": f"({staged_key}) IN (SELECT {key} FROM {_STAGED} GROUP BY {key} HAVING count(*) > 1)",
            "is_elsewhere": f"({self.is_owned('staged')}) IS NOT TRUE",
            "is_not_finite": " OR ".join(f"staged.{name} IN ('NaN', 'Infinity', '-Infinity')" for name in self._floats)
            or "false",
        }
        return RowCheck(check.name, check.violates.format(**predicates), check.meaning)

    def _judge(self, check: RowCheck, bad: int, total: int) -> CheckResult:
        if not bad:
            return CheckResult(check.name, True, f"{total} rows")
        bad_rows = f"SELECT * FROM {_STAGED} AS staged WHERE {check.violates} ORDER BY {', '.join(self._key)}"
        example = self.execute(f"{bad_rows} LIMIT 1").one()
        told = ", ".join(f"{name}={value}" for name, value in example._mapping.items() if value is not None)
        return CheckResult(
            check.name, False, f"{check.meaning} in {bad} of {total} rows, e.g. {told[:_EXAMPLE_CHARACTERS]}"
        )


_COLUMNS = sa.text("""
    SELECT a.attname AS name, a.attnum = ANY(i.indkey) AS is_key,
           a.atttypid IN ('float8'::regtype, 'float4'::regtype, 'numeric'::regtype) AS is_float
    FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum""")


def _listed(row: str, names: Sequence[str]) -> str:
    return ", ".join(f"{row}.{name}" for name in names)
