-- What the free sources need: several questions an hour, items and who they name, the state of each hour, limits.

-- A source may ask several questions for one hour; each answer is kept under the question's key.
ALTER TABLE captures
    ADD COLUMN request_key   text NOT NULL DEFAULT '',
    ADD COLUMN content_type  text,
    ADD COLUMN etag          text,                      -- validators for a conditional request
    ADD COLUMN last_modified text;
-- "the newest answer to this very question": time to live, validators.
CREATE INDEX captures_source_key_idx ON captures (source, request_key, captured_at DESC);

-- An index is asked for many hours at once, again and again: the earliest capture that held an hour's value owns it.
ALTER TABLE signals ADD COLUMN capture_ts timestamptz;  -- null: the row's own hour was captured for itself

-- How an hour of a source ended. "Nothing seen" is `empty`; none of the other states is ever a zero.
CREATE TABLE source_hours (
    source          text NOT NULL,
    ts              timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('ok', 'empty', 'not published', 'deferred', 'rate limited',
                        'circuit open', 'out of budget', 'disabled', 'no credentials', 'failed')),
    reason          text,                               -- why it is not ok, or what of it is missing
    is_complete     boolean NOT NULL,                   -- all that was sent was answered: who is not named had no mention
    questions       integer NOT NULL CHECK (questions >= 0),
    answered        integer NOT NULL CHECK (answered >= 0),
    deferred        integer NOT NULL CHECK (deferred >= 0),
    items           integer NOT NULL CHECK (items >= 0),
    mentions        integer NOT NULL CHECK (mentions >= 0),
    ended_at        timestamptz NOT NULL,
    PRIMARY KEY (source, ts),
    CHECK (NOT is_complete OR state IN ('ok', 'empty'))
);

-- One item in one capture, as it was seen then. Daily partitions by the hour of the capture.
CREATE TABLE sightings (
    source        text NOT NULL,
    ts            timestamptz NOT NULL,                 -- the partition whose capture holds it
    item_id       text NOT NULL,
    channel       text NOT NULL,                        -- which feed, listing or search
    url           text NOT NULL,
    title         text NOT NULL,
    summary       text NOT NULL,
    author        text,
    names         text[] NOT NULL,                      -- names the upstream itself has found in it
    topics        text[] NOT NULL,                      -- what its source is about, evidence for ambiguous names
    published_at  timestamptz,                          -- as the upstream says; null: undated
    numbers       jsonb NOT NULL,                       -- what the upstream counts: score, comments, tone
    PRIMARY KEY (source, ts, item_id)
) PARTITION BY RANGE (ts);
-- "every capture that holds this item".
CREATE INDEX sightings_item_idx ON sightings (source, item_id, ts);

-- An item, once: its words as first seen, its numbers as last seen. Derived from the sightings, in whatever order they came.
CREATE TABLE items (
    source        text NOT NULL,
    item_id       text NOT NULL,
    channel       text NOT NULL,
    url           text NOT NULL,
    title         text NOT NULL,
    summary       text NOT NULL,
    author        text,
    names         text[] NOT NULL,
    topics        text[] NOT NULL,
    published_at  timestamptz,
    numbers       jsonb NOT NULL,
    first_ts      timestamptz NOT NULL,                 -- the earliest partition that holds it
    last_ts       timestamptz NOT NULL,                 -- the newest one
    counted_ts    timestamptz,                          -- the one hour in which it counts; null: seen too late to count
    matcher       text NOT NULL,                        -- version of the names and rules its mentions rest on
    PRIMARY KEY (source, item_id)
);
-- "the items of this hour" (signals, pages).
CREATE INDEX items_source_counted_idx ON items (source, counted_ts);
-- Retention.
CREATE INDEX items_last_idx ON items (last_ts);

-- An item names an entity, once, and how that was decided.
CREATE TABLE mentions (
    source        text NOT NULL,
    item_id       text NOT NULL,
    entity_id     bigint NOT NULL REFERENCES entities (id),
    alias         text NOT NULL,                        -- the name found, as the roster writes it
    alias_class   text NOT NULL CHECK (alias_class IN ('unique', 'common_word', 'shared')),
    evidence      text[] NOT NULL,                      -- what spoke for it, in words
    affect        double precision NOT NULL CHECK (affect BETWEEN -1 AND 1),
    PRIMARY KEY (source, item_id, entity_id),
    FOREIGN KEY (source, item_id) REFERENCES items ON DELETE CASCADE
);
-- One entity's receipts.
CREATE INDEX mentions_entity_idx ON mentions (entity_id, source);

-- A shared name that nobody could be given: it counts for no one, and can be listed.
CREATE TABLE mention_ties (
    source        text NOT NULL,
    item_id       text NOT NULL,
    position      integer NOT NULL,                     -- of its first letter in the text
    alias         text NOT NULL,
    candidates    bigint[] NOT NULL,
    reason        text NOT NULL,
    PRIMARY KEY (source, item_id, position),
    FOREIGN KEY (source, item_id) REFERENCES items ON DELETE CASCADE
);

-- Names beside the curated ones (entities.aliases), and where they come from. A curated name is never overwritten.
CREATE TABLE entity_names (
    entity_id  bigint NOT NULL REFERENCES entities (id),
    name       text NOT NULL,
    origin     text NOT NULL CHECK (origin IN ('redirect', 'wikidata', 'moved')),
    seen_at    timestamptz NOT NULL,                    -- the day's roster that saw it last
    PRIMARY KEY (entity_id, origin, name)
);
-- Where an entity is from: configs/entities.csv, or admitted by discovery. Only the former sleep when they leave the file.
ALTER TABLE entities
    ADD COLUMN origin        text NOT NULL DEFAULT 'configured' CHECK (origin IN ('configured', 'admitted')),
    -- Texts of earlier hours were never searched for its names: there, not being named is unknown, and no zero.
    ADD COLUMN tracked_since timestamptz NOT NULL DEFAULT '1970-01-01T00:00Z',
    ADD COLUMN current_title text,                      -- where Wikipedia has moved wiki_title to; null: it has not
    ADD COLUMN kinds         text[] NOT NULL DEFAULT '{}',  -- Wikidata's "instance of" ids
    ADD COLUMN roster_ts     timestamptz;               -- the day whose roster current_title, kinds and names are from

-- Circuit breaker: closed, open (nobody asks), half open (one caller probes until then, the others are refused).
ALTER TABLE source_health
    ADD COLUMN circuit_state text NOT NULL DEFAULT 'closed' CHECK (circuit_state IN ('closed', 'open', 'half_open')),
    ADD COLUMN open_count    integer NOT NULL DEFAULT 0 CHECK (open_count >= 0),  -- openings in a row: each doubles the pause
    ADD COLUMN probe_until   timestamptz;

-- Token buckets shared by all processes, where no Redis is configured.
CREATE TABLE rate_buckets (
    bucket       text PRIMARY KEY,
    tokens       double precision NOT NULL,
    refilled_at  timestamptz NOT NULL
);
