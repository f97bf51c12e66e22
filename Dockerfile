# One image for every process; docker-compose.yml says which. For a release, pin the base by digest (docs/deployment.md).
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app \
    DAGSTER_HOME=/app \
    ETHEATMAP_HOME=/data \
    ETHEATMAP_CONFIG_DIR=/app/configs

# /data exists with this owner so that a new volume mounted there gets it.
RUN useradd --uid 10001 --create-home etheatmap && install --directory --owner=etheatmap --group=etheatmap /data
WORKDIR /app

# The packages are a layer of their own, made anew only when the lock changes. Wheels only: nothing is built here.
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements.lock

COPY . .
# The code runs from /app as it is. Installing it would fetch a build tool that no lock file pins.
RUN printf '#!/bin/sh\nexec python -m etheatmap_cli.main "$@"\n' > /usr/local/bin/etheatmap \
    && chmod 755 /usr/local/bin/etheatmap \
    && python -m compileall -q etheatmap_core etheatmap_assets etheatmap_api etheatmap_cli etheatmap_sim

USER etheatmap
EXPOSE 8080
# Of the default command; services that run another one say their own check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health', timeout=4)"]
CMD ["etheatmap", "api"]
