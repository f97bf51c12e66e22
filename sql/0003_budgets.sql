-- Budgets that cannot be overspent, messages that are sent once, sensors that show they live.

-- What may be spent. `total` is the operator's whole month, less its fixed costs; only accounts in micro-dollars count for it.
CREATE TABLE budget_limits (
    provider               text PRIMARY KEY,
    unit                   text NOT NULL CHECK (unit IN ('credits', 'requests', 'units', 'usd_micros')),
    period                 text NOT NULL CHECK (period IN ('day', 'month')),  -- of the UTC calendar
    limit_units            bigint NOT NULL CHECK (limit_units >= 0),
    pace_ahead_seconds     bigint CHECK (pace_ahead_seconds >= 0),  -- how far the spending of automation may run ahead of time; null: not paced
    expires_after_seconds  bigint NOT NULL CHECK (expires_after_seconds > 0),  -- a call not settled by then was lost
    configured_at          timestamptz NOT NULL
);

CREATE TABLE budget_periods (
    provider        text NOT NULL REFERENCES budget_limits,
    period_start    timestamptz NOT NULL,
    period_end      timestamptz NOT NULL,
    spent_units     bigint NOT NULL DEFAULT 0 CHECK (spent_units >= 0),
    reserved_units  bigint NOT NULL DEFAULT 0 CHECK (reserved_units >= 0),
    closed_reason   text,                               -- an overrun closes the provider for the rest of the period
    closed_at       timestamptz,
    PRIMARY KEY (provider, period_start),
    CHECK (period_start < period_end)
);

-- Money set aside for one attempt. reserved → sent → settled; a call that was never sent is released; one whose answer
-- never came is lost, and booked whole.
CREATE TABLE budget_reservations (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider            text NOT NULL,
    period_start        timestamptz NOT NULL,           -- the period that pays, also where the answer comes in the next
    total_period_start  timestamptz,                    -- the month whose dollars it counts for; null: it costs none
    units               bigint NOT NULL CHECK (units >= 0),
    state               text NOT NULL CHECK (state IN ('reserved', 'sent', 'settled', 'released', 'lost')),
    asset               text NOT NULL,
    partition_key       text NOT NULL,
    run_id              text NOT NULL,                  -- '': no run of Dagster
    request             text NOT NULL,                  -- what was asked, without secrets
    reserved_at         timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,
    sent_at             timestamptz,
    FOREIGN KEY (provider, period_start) REFERENCES budget_periods
);
-- "what a crash left".
CREATE INDEX budget_reservations_open_idx ON budget_reservations (expires_at) WHERE state IN ('reserved', 'sent');
-- "cost a source in this period", and the newest calls of a provider.
CREATE INDEX budget_reservations_period_idx ON budget_reservations (provider, period_start, asset);

-- What a call really cost. One a reservation, never changed but for a lost call that is found again.
CREATE TABLE budget_settlements (
    reservation_id  bigint PRIMARY KEY REFERENCES budget_reservations ON DELETE CASCADE,
    units           bigint NOT NULL CHECK (units >= 0),
    kind            text NOT NULL CHECK (kind IN ('answer', 'lost call', 'adjustment')),
    is_overrun      boolean NOT NULL,
    settled_at      timestamptz NOT NULL
);

-- A day's comparison of our books with the provider's own count.
CREATE TABLE budget_reconciliations (
    provider        text NOT NULL,
    day             date NOT NULL,
    period_start    timestamptz NOT NULL,
    ledger_units    bigint NOT NULL,
    provider_units  bigint NOT NULL,
    adjusted_units  bigint NOT NULL CHECK (adjusted_units >= 0),  -- booked, where the provider counts more than we
    compared_at     timestamptz NOT NULL,
    PRIMARY KEY (provider, day)
);

CREATE FUNCTION budget_period(period text, instant timestamptz, OUT starts_at timestamptz, OUT ends_at timestamptz)
LANGUAGE sql IMMUTABLE AS $$
    SELECT start AT TIME ZONE 'UTC', (start + ('1 ' || period)::interval) AT TIME ZONE 'UTC'
    FROM date_trunc(period, instant AT TIME ZONE 'UTC') AS start
$$;

-- Holds units of one account, or says why not: 'exhausted', 'closed', 'paced', 'unknown'. The UPDATE decides: its
-- condition is checked on the newest row, under the row's lock, so no two processes are granted the same unit.
CREATE FUNCTION budget_hold(
    account text, amount bigint, is_paced boolean, instant timestamptz,
    OUT refusal text, OUT held budget_periods, OUT known budget_limits, OUT allowed_units bigint
) LANGUAGE plpgsql AS $$
DECLARE
    starts timestamptz;
    ends   timestamptz;
BEGIN
    SELECT * INTO known FROM budget_limits l WHERE l.provider = account;
    IF NOT FOUND THEN
        refusal := 'unknown';
        RETURN;
    END IF;
    SELECT p.starts_at, p.ends_at INTO starts, ends FROM budget_period(known.period, instant) p;
    allowed_units := known.limit_units;
    IF is_paced AND known.pace_ahead_seconds IS NOT NULL THEN
        -- Exact: numeric, rounded down, so that pacing never grants a unit more than its share of time.
        allowed_units := least(known.limit_units, floor(
            known.limit_units::numeric * (extract(epoch FROM instant - starts) + known.pace_ahead_seconds)
            / extract(epoch FROM ends - starts)));
    END IF;
    LOOP
        UPDATE budget_periods p SET reserved_units = p.reserved_units + amount
        WHERE p.provider = account AND p.period_start = starts AND p.closed_reason IS NULL
          AND amount <= allowed_units - p.spent_units - p.reserved_units  -- a sum could be more than a bigint
        RETURNING p.* INTO held;
        EXIT WHEN FOUND;
        SELECT * INTO held FROM budget_periods p WHERE p.provider = account AND p.period_start = starts;
        IF FOUND THEN
            -- Freed between the two looks: once more, so that a refusal's figures always say why.
            CONTINUE WHEN held.closed_reason IS NULL AND amount <= allowed_units - held.spent_units - held.reserved_units;
            refusal := CASE
                WHEN held.closed_reason IS NOT NULL THEN 'closed'
                WHEN allowed_units < known.limit_units
                     AND amount <= known.limit_units - held.spent_units - held.reserved_units THEN 'paced'
                ELSE 'exhausted' END;
            RETURN;
        END IF;
        INSERT INTO budget_periods (provider, period_start, period_end) VALUES (account, starts, ends)
        ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- Sets money aside for one attempt, in the provider's account and, where it is dollars, in the total. Always in this
-- order, so that two reservations never wait for each other. `id` is null where one of them refuses: then neither holds.
CREATE FUNCTION budget_reserve(
    account text, amount bigint, of_asset text, of_partition text, of_run text, what text, is_paced boolean,
    at_instant timestamptz,
    OUT id bigint, OUT refusal text, OUT refused_by text, OUT unit text, OUT limit_units bigint, OUT allowed_units bigint,
    OUT spent_units bigint, OUT reserved_units bigint, OUT period_start timestamptz, OUT period_end timestamptz,
    OUT pace_ahead_seconds bigint, OUT closed_reason text
) LANGUAGE plpgsql AS $$
DECLARE
    instant      timestamptz := coalesce(at_instant, clock_timestamp());
    own          record;
    total        record;
    refusing     record;
    total_start  timestamptz;
BEGIN
    -- Limits stand still while a reservation is decided on: whoever changes one waits (Ledger.configure).
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('budget limits', 0));
    SELECT * INTO own FROM budget_hold(account, amount, is_paced, instant);
    refusing := own;
    IF own.refusal IS NULL AND (own.known).unit = 'usd_micros' AND account <> 'total' THEN
        SELECT * INTO total FROM budget_hold('total', amount, is_paced, instant);
        refusing := total;
        IF total.refusal IS NOT NULL THEN
            UPDATE budget_periods p SET reserved_units = p.reserved_units - amount
            WHERE p.provider = account AND p.period_start = (own.held).period_start;
        END IF;
        total_start := (total.held).period_start;
    END IF;
    refusal := refusing.refusal;
    refused_by := CASE WHEN own.refusal IS NOT NULL THEN account WHEN refusal IS NOT NULL THEN 'total' END;
    unit := (refusing.known).unit;
    limit_units := (refusing.known).limit_units;
    allowed_units := refusing.allowed_units;
    spent_units := (refusing.held).spent_units;
    reserved_units := (refusing.held).reserved_units;
    period_start := (refusing.held).period_start;
    period_end := (refusing.held).period_end;
    pace_ahead_seconds := (refusing.known).pace_ahead_seconds;
    closed_reason := (refusing.held).closed_reason;
    IF refusal IS NULL THEN
        INSERT INTO budget_reservations (provider, period_start, total_period_start, units, state, asset, partition_key,
                                         run_id, request, reserved_at, expires_at)
        VALUES (account, (own.held).period_start, total_start, amount,
                'reserved', of_asset, of_partition, of_run, what, instant,
                instant + make_interval(secs => (own.known).expires_after_seconds))
        RETURNING budget_reservations.id INTO id;
    END IF;
END
$$;

-- Moves a reservation on, in its own row and in its accounts. `to_state`: released (nothing is charged), settled or lost
-- (`charged` is). Returns null where the reservation is not in one of the states it may come from: nothing is changed.
CREATE FUNCTION budget_book(
    reservation bigint, from_states text[], to_state text, charged bigint, settlement_kind text, at_instant timestamptz
) RETURNS budget_reservations LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz := coalesce(at_instant, clock_timestamp());
    before  budget_reservations;
    held    bigint;
    booked  bigint := 0;
    overrun boolean;
    reason  text;
BEGIN
    SELECT * INTO before FROM budget_reservations r
    WHERE r.id = reservation AND r.state = ANY (from_states) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    held := CASE WHEN before.state IN ('reserved', 'sent') THEN before.units ELSE 0 END;
    IF before.state = 'lost' THEN
        SELECT s.units INTO booked FROM budget_settlements s WHERE s.reservation_id = reservation;
    END IF;
    overrun := charged > before.units;
    UPDATE budget_reservations r SET state = to_state WHERE r.id = reservation;
    IF to_state IN ('settled', 'lost') THEN
        INSERT INTO budget_settlements (reservation_id, units, kind, is_overrun, settled_at)
        VALUES (reservation, charged, settlement_kind, overrun, instant)
        ON CONFLICT (reservation_id) DO UPDATE SET units = excluded.units, kind = excluded.kind,
            is_overrun = excluded.is_overrun, settled_at = excluded.settled_at;
    END IF;
    UPDATE budget_periods p SET reserved_units = p.reserved_units - held, spent_units = p.spent_units - booked + charged
    WHERE p.provider = before.provider AND p.period_start = before.period_start;
    IF overrun THEN
        -- What calls of this provider cost is not what we think: it closes now, also where an older period pays.
        SELECT format('a call of %s cost %s %s, and at most %s were expected', before.asset, charged, l.unit, before.units)
        INTO reason FROM budget_limits l WHERE l.provider = before.provider;
        INSERT INTO budget_periods (provider, period_start, period_end)
        SELECT l.provider, now.starts_at, now.ends_at
        FROM budget_limits l, budget_period(l.period, instant) now WHERE l.provider = before.provider
        ON CONFLICT DO NOTHING;
        UPDATE budget_periods p SET closed_reason = reason, closed_at = instant
        WHERE p.provider = before.provider AND p.closed_reason IS NULL
          AND (p.period_start = before.period_start OR p.period_end > instant);
    END IF;
    IF before.total_period_start IS NOT NULL THEN
        UPDATE budget_periods p
        SET reserved_units = p.reserved_units - held, spent_units = p.spent_units - booked + charged
        WHERE p.provider = 'total' AND p.period_start = before.total_period_start;
    END IF;
    before.state := to_state;
    RETURN before;
END
$$;

-- Messages on their way to people. A key is sent once, whoever asks for it however often.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL UNIQUE,                   -- what the message is about: asking again adds nothing
    kind        text NOT NULL,                          -- budget, freshness, daemon, alert ...
    text        text NOT NULL,                          -- the message, and what is shown where blocks cannot be
    blocks      jsonb,                                  -- Slack's blocks; null: the text alone
    state       text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'failed', 'logged')),
    attempts    integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at  timestamptz NOT NULL,
    next_at     timestamptz NOT NULL,                   -- not before
    claimed_at  timestamptz,                            -- when the attempt under way began
    ended_at    timestamptz,
    error       text                                    -- why it is not sent (yet)
);
CREATE INDEX outbox_waiting_idx ON outbox (id) WHERE state IN ('pending', 'sending');
CREATE INDEX outbox_created_idx ON outbox (created_at DESC);

-- One row a sensor, written at each tick. Silence tells that the daemon is gone: no sensor can report that.
CREATE TABLE sensor_heartbeats (
    sensor     text PRIMARY KEY,
    ticked_at  timestamptz NOT NULL
);

-- The freshness verdict on each asset as the sensor last gave it.
CREATE TABLE asset_freshness (
    asset            text PRIMARY KEY,
    state            text NOT NULL CHECK (state IN ('fresh', 'late', 'stale', 'waiting', 'held', 'off')),
    reason           text,
    due_partition    text,                              -- the newest partition that should be there
    newest_partition text,                              -- the newest one that is
    since            timestamptz NOT NULL,              -- when it came into this state
    judged_at        timestamptz NOT NULL,
    first_judged_at  timestamptz NOT NULL               -- or switched on again: nothing is owed from before it
);

-- A stretch in which assets are stale: told once when it opens, once when it is over.
CREATE TABLE freshness_incidents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    assets     text[] NOT NULL,                         -- that were stale by themselves when it opened
    over       text[] NOT NULL DEFAULT '{}'             -- those of them that have come back since
);
CREATE INDEX freshness_incidents_open_idx ON freshness_incidents (id) WHERE closed_at IS NULL;

-- An hour made of an older answer, because the budget is nearly used up.
ALTER TABLE source_hours DROP CONSTRAINT source_hours_state_check;
ALTER TABLE source_hours ADD CONSTRAINT source_hours_state_check CHECK (state IN ('ok', 'empty', 'not published',
    'deferred', 'rate limited', 'circuit open', 'out of budget', 'disabled', 'no credentials', 'failed', 'stale'));
