# syntax=docker/dockerfile:1
# The production image. docker-compose.yml runs it as web, worker and beat.

FROM node:22.21-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY build.mjs tsconfig.json ./
COPY static/src static/src
COPY booth/src booth/src
RUN npm run build

FROM python:3.13-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/server.txt /requirements.txt
RUN python -m venv /opt/pnyx \
    && /opt/pnyx/bin/pip install --require-hashes --only-binary :all: -r /requirements.txt

# The fast checks of public data, for any CPython from 3.11 on.
FROM python:3.13-bookworm AS extension
WORKDIR /build
COPY requirements/extension.py requirements/
COPY evote/group/native.c evote/group/
RUN python requirements/extension.py require

FROM python:3.13-slim-bookworm
ENV PATH=/opt/pnyx/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PNYX_DATA_DIR=/data
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin pnyx \
    && install --directory --owner=pnyx --group=pnyx --mode=0750 /data /witness
WORKDIR /srv/pnyx
COPY --from=packages /opt/pnyx /opt/pnyx
COPY . .
COPY --from=front-end /build/static/dist static/dist
COPY --from=extension /build/evote/group/_native.abi3.so evote/group/
# The addresses are never asked: the settings only have to be complete.
RUN python -m config.translations \
    && PNYX_SECRET_KEY=unused PNYX_BASE_URL=https://unused.invalid \
    DATABASE_URL=postgres:///unused REDIS_URL=redis://unused \
    python manage.py collectstatic --no-input --verbosity 0
USER 10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "32", "--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"]
