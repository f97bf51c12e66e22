"""Who was discovered and is still young, as the day's report and the API show it: one statement for both.

Here: the statement, without what only scoring needs, for the API is a small process. Not here: writing the report
(discovery_store), the JSON (etheatmap_api).
"""

YOUNG_DAYS = 14
# The counts of mentions that a score knows, by source.
MENTIONS = {"reddit": "mention_count", "news": "headline_count", "gdelt_gkg": "gkg_mentions"}
_MENTIONED = ", ".join(f"('{source}', '{metric}')" for source, metric in MENTIONS.items())


def young(last: str, days: str, limit: str) -> str:
    """The SQL of those admitted within ``days`` up to hour ``last``, newest first; arguments are placeholders.

    last_seen: the last hour with a sighting, a mention or a spike. Confidence and velocity are those of the newest
    score, null where a day has none; peak_heat is the highest since the admission.
    """
    span = f"ts >= young.ts AND ts <= CAST({last} AS timestamptz)"
    return f"""
        WITH young AS (
            SELECT entity_id, ts FROM admissions
            WHERE ts <= CAST({last} AS timestamptz) AND ts > CAST({last} AS timestamptz) - {days} * interval '1 day'
            ORDER BY ts DESC, entity_id LIMIT {limit})
        SELECT id AS entity_id, name AS entity, category, young.ts AS admitted_ts,
               greatest(young.ts, mentioned.ts, spiked.ts) AS last_seen, confidence, velocity, peak_heat
        FROM young JOIN entities ON id = young.entity_id
        CROSS JOIN LATERAL (
            SELECT max(ts) AS ts FROM signals
            WHERE entity_id = id AND {span} AND value > 0 AND (source, metric) IN ({_MENTIONED})) AS mentioned
        CROSS JOIN LATERAL (
            SELECT max(ts) AS ts FROM wiki_spikes WHERE title IN (wiki_title, current_title) AND {span}) AS spiked
        CROSS JOIN LATERAL (
            SELECT max(heat) AS peak_heat FROM scores WHERE entity_id = id AND model = 'mvp' AND {span}) AS hottest
        LEFT JOIN LATERAL (
            SELECT confidence, velocity_raw AS velocity FROM scores
            WHERE entity_id = id AND model = 'mvp' AND {span}
              AND ts > CAST({last} AS timestamptz) - interval '1 day' AND velocity_raw IS NOT NULL
            ORDER BY ts DESC LIMIT 1) AS newest ON true
        ORDER BY young.ts DESC, id"""
