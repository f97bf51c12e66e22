-- Run once by the PostgreSQL image, when its data folder is empty; POSTGRES_DB has made the database 'etheatmap'.
CREATE DATABASE dagster;
