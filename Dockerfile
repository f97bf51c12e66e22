# One image for every process of the platform; docker-compose.yml says which command each service runs.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# Before the sources, so that only a changed lock installs the packages again. The lock is complete, hence no-deps:
# pip's hash mode otherwise refuses what a package asks for with an extra, as dagster-graphql does with gql[requests].
COPY requirements.lock ./
COPY deploy/build.lock deploy/
RUN pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement requirements.lock --requirement deploy/build.lock
COPY . .
# In place, because sql/ and configs/ belong beside the packages.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && python -m compileall -q etheatmap_*

FROM python:3.11.14-slim-bookworm
# A fresh volume takes over the owner of the folder it is mounted on.
RUN groupadd --gid 10001 etheatmap \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/etheatmap etheatmap \
    && install --directory --owner etheatmap --group etheatmap /var/lib/etheatmap
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# DAGSTER_HOME: dagster.yaml and workspace.yaml of the project's root are production's.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DAGSTER_HOME=/app \
    ETHEATMAP_HOME=/var/lib/etheatmap \
    ETHEATMAP_CONFIG_DIR=/app/configs \
    API_HOST=0.0.0.0
WORKDIR /app
USER 10001:10001
EXPOSE 8080
# No HEALTHCHECK here: the container of a run would inherit it. Each service has its own.
CMD ["etheatmap", "api"]
