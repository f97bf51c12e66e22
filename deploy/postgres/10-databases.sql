-- Run once by the database's image, as its superuser, while the data folder is still empty.
-- Two databases with an owner each: neither Dagster nor our own code can use up the other's connections or tables.
\getenv password POSTGRES_PASSWORD

CREATE ROLE etheatmap LOGIN PASSWORD :'password' CONNECTION LIMIT 40;
CREATE ROLE dagster LOGIN PASSWORD :'password' CONNECTION LIMIT 50;
CREATE DATABASE etheatmap OWNER etheatmap;
CREATE DATABASE dagster OWNER dagster;
REVOKE ALL ON DATABASE etheatmap, dagster FROM PUBLIC;

-- From here on the superuser logs in inside the container only.
ALTER ROLE CURRENT_USER PASSWORD NULL;
