-- Sources that cost.

-- A call may begin what is charged when it ends, a run of somebody's program: its reservation stays 'sent' until then.
ALTER TABLE budget_reservations ADD COLUMN begun text;  -- what the upstream calls it; null: the call was all

-- "what this partition has begun".
CREATE INDEX budget_reservations_begun_idx ON budget_reservations (asset, partition_key) WHERE begun IS NOT NULL;
