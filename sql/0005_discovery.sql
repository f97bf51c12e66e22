-- A day's heat, and discovery: what breaks out though nobody tracks it.

-- What a day's hourly scores come to, one row an entity and model. `ts` is the start of the UTC day.
CREATE TABLE daily_heat (
    entity_id     bigint NOT NULL REFERENCES entities (id),
    ts            timestamptz NOT NULL,
    model         text NOT NULL,
    avg_heat      double precision NOT NULL,
    max_heat      double precision NOT NULL,
    peak_ts       timestamptz NOT NULL,                 -- the hour of max_heat; of several that of the highest velocity
    hours_scored  integer NOT NULL CHECK (hours_scored BETWEEN 1 AND 24),
    rank          integer NOT NULL CHECK (rank >= 1),   -- by max_heat among the model's entities of the day, then by the peak's velocity
    change        double precision,                     -- of max_heat since the day before; null: that day has no score
    PRIMARY KEY (entity_id, ts, model)
) PARTITION BY RANGE (ts);
-- "the hottest of a day".
CREATE INDEX daily_heat_rank_idx ON daily_heat (ts DESC, model, rank);

-- Added up by the hour: whatever order the rows lie in, the last bit is the same, and that of daily_heat.
CREATE OR REPLACE VIEW cagg_scores_daily AS
SELECT date_trunc('day', ts, 'UTC') AS bucket,
       entity_id,
       avg(heat ORDER BY ts) AS avg_heat,
       max(heat) AS max_heat
FROM scores
WHERE model = 'mvp'
GROUP BY 1, 2;

-- An article whose hour stands out of its own week, tracked or not.
CREATE TABLE wiki_spikes (
    ts              timestamptz NOT NULL,
    title           text NOT NULL,
    views           bigint NOT NULL CHECK (views >= 0),
    usual           double precision NOT NULL,          -- views in such an hour
    z               double precision NOT NULL,          -- after the guards
    mobile_share    double precision,                   -- null: the hour's file does not tell mobile readers apart
    trust           double precision NOT NULL CHECK (trust BETWEEN 0 AND 1),
    is_doodle_like  boolean NOT NULL,
    PRIMARY KEY (ts, title)
) PARTITION BY RANGE (ts);
-- "when did this article spike".
CREATE INDEX wiki_spikes_title_idx ON wiki_spikes (title, ts DESC);

-- What an hour's spikes were chosen from: an hour without spikes is told from one that was not looked at.
CREATE TABLE wiki_spike_hours (
    ts           timestamptz PRIMARY KEY,
    known_days   integer NOT NULL,                      -- with the same hour in the lake
    tested       integer NOT NULL,                      -- articles with enough views
    distrusted   integer NOT NULL,                      -- would be spikes, were they people
    no_entities  jsonb NOT NULL                         -- kind of page → pages that are no articles
);

-- One source's word on a name that nobody tracks, in one hour.
CREATE TABLE discovery_sightings (
    ts        timestamptz NOT NULL,
    source    text NOT NULL,
    name      text NOT NULL,                            -- as the source spells it
    z         double precision,                         -- null: the source measures none
    mentions  integer NOT NULL CHECK (mentions >= 1),   -- items, feeds or spikes it was seen in
    receipts  text[] NOT NULL,                          -- links
    PRIMARY KEY (ts, source, name)
) PARTITION BY RANGE (ts);
-- "where was this name seen".
CREATE INDEX discovery_sightings_name_idx ON discovery_sightings (name, ts DESC);

-- What a name is. Asked once, and again only when the answer has aged.
CREATE TABLE discovery_identities (
    name           text PRIMARY KEY,                    -- with spaces, as Wikipedia's titles are compared
    state          text NOT NULL CHECK (state IN ('known', 'ambiguous', 'no entity', 'not found')),
    title          text,                                -- of the article
    wiki_id        text,
    description    text,
    type           text CHECK (type IN ('person', 'project', 'event')),
    category       text,
    kinds          text[] NOT NULL DEFAULT '{}',        -- Wikidata's "instance of" ids
    decided_by     text NOT NULL CHECK (decided_by IN ('wikipedia', 'wikidata', 'classifier')),
    reason         text NOT NULL,
    capture_id     bigint REFERENCES captures (id),     -- the answer it rests on; null: none was needed
    resolved_at    timestamptz NOT NULL
);

-- What several sources saw of one thing, at the end of an hour.
CREATE TABLE discovery_candidates (
    ts              timestamptz NOT NULL,
    key             text NOT NULL,                      -- Wikidata's item, or the title where there is none
    title           text NOT NULL,
    wiki_id         text,
    description     text,
    type            text,
    category        text,
    is_ambiguous    boolean NOT NULL,                   -- a page of many meanings that was not resolved to one
    is_doodle_like  boolean NOT NULL,
    first_seen      timestamptz NOT NULL,
    z               double precision,                   -- the highest within the window
    sources         text[] NOT NULL,
    sightings       jsonb NOT NULL,                     -- source, hour, name, z, links
    PRIMARY KEY (ts, key)
) PARTITION BY RANGE (ts);

-- What was decided of each candidate in each hour, and in one sentence why.
CREATE TABLE discovery_verdicts (
    ts            timestamptz NOT NULL,
    key           text NOT NULL,
    title         text NOT NULL,
    gate          text,                                 -- the first that was shut; null: admitted
    reason        text NOT NULL,
    source_types  text[] NOT NULL,
    z             double precision,
    entity_id     bigint REFERENCES entities (id),      -- whom it became or is
    PRIMARY KEY (ts, key)
) PARTITION BY RANGE (ts);

-- What an admitted entity rests on; kept for ever.
CREATE TABLE admissions (
    entity_id       bigint PRIMARY KEY REFERENCES entities (id),
    ts              timestamptz NOT NULL,               -- the hour it was judged for
    first_seen      timestamptz NOT NULL,
    z               double precision NOT NULL,
    source_types    text[] NOT NULL,
    sightings       jsonb NOT NULL,                     -- with their receipts
    reason          text NOT NULL,
    admitted_at     timestamptz NOT NULL,
    backfilled_from timestamptz,                        -- the oldest hour of its history that the lake and the archive gave
    backfilled_rows integer NOT NULL DEFAULT 0 CHECK (backfilled_rows >= 0),
    backfilled_at   timestamptz,                        -- null: its history was not looked for yet
    -- Source → the hour from which on its stored texts, all it had shown, were searched: there, not being named is a zero.
    searched_since  jsonb NOT NULL DEFAULT '{}'
);

-- Quiet and low for long: kept, but nothing paid is asked for it until a spike wakes it.
ALTER TABLE entities ADD COLUMN asleep_since timestamptz;  -- null: awake

-- Each time an entity fell asleep or woke, and why.
CREATE TABLE entity_standings (
    entity_id  bigint NOT NULL REFERENCES entities (id),
    ts         timestamptz NOT NULL,
    is_awake   boolean NOT NULL,
    reason     text NOT NULL,
    PRIMARY KEY (entity_id, ts)
);

-- A day's report of what was discovered and is still young. `ts` is the start of the UTC day.
CREATE TABLE discoveries (
    ts          timestamptz NOT NULL,
    entity_id   bigint NOT NULL REFERENCES entities (id),
    entity      text NOT NULL,
    category    text NOT NULL,
    admitted_ts timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,                   -- the last hour with a sighting, a mention or a spike
    confidence  double precision,                       -- null: nothing it could be read off
    velocity    double precision,                       -- of the newest score; null: not scored
    peak_heat   double precision,
    PRIMARY KEY (ts, entity_id)
) PARTITION BY RANGE (ts);

-- One outcome an entity and episode: updated, never repeated.
ALTER TABLE discovery_outcomes
    ADD COLUMN entity_id      bigint REFERENCES entities (id),
    ADD COLUMN episode_start  timestamptz,
    ADD COLUMN reason         text,
    ADD CONSTRAINT discovery_outcomes_episode_key UNIQUE (entity_id, episode_start);
