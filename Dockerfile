# The hub as an image: `docker build -t fedihub .` (docs/howto/docker.md). scripts/docker-test builds and starts it for real.
#
# BASE is any image with python3 >= 3.11 and its venv module.
ARG BASE=python:3.13-slim

# First stage: the wheel of this source, and an environment with it and the locked versions, each checked by its hash.
# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /src
COPY build.lock requirements.lock ./
RUN python3 -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes -r build.lock \
    && python3 -m venv /opt/fedihub && /opt/fedihub/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY federation federation
COPY storage storage
COPY fedihub fedihub
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/fedihub/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

# Second stage: the environment and an unprivileged account, nothing else.
# hadolint ignore=DL3006
FROM ${BASE}
RUN groupadd --gid 1000 fedihub && useradd --uid 1000 --gid fedihub --no-create-home --home-dir /data fedihub \
    && install -d -o fedihub -g fedihub -m 0700 /data
COPY --from=build /opt/fedihub /opt/fedihub
ENV PATH=/opt/fedihub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FEDIHUB_DATA_DIR=/data \
    FEDIHUB_LISTEN=0.0.0.0:8080
USER 1000:1000
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['FEDIHUB_LISTEN'].rpartition(':')[2] + '/healthz', timeout=4)"]
ENTRYPOINT ["fedihub"]
CMD ["serve"]
