# One image for web, worker and beat; docker-compose.yml says what each of them runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/hpsync
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin hpsync
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY api api
COPY audit audit
COPY common common
COPY crm crm
COPY history history
COPY hpsync hpsync
COPY integrations integrations
COPY jobs jobs
COPY locale locale
COPY manual manual
COPY mapping mapping
COPY pulls pulls
COPY signin signin
COPY sandbox sandbox
COPY static static
COPY templates templates
# The static files, with their manifest, are part of the image; the keys that this makes are not.
# The folder belongs to us alone: a volume that is mounted on imports takes owner and mode from it.
RUN python manage.py collectstatic --noinput --verbosity 0 \
    && find "$VAR_DIR" -mindepth 1 -maxdepth 1 ! -name static -exec rm -r {} + \
    && install -d -m 0700 -o hpsync "$VAR_DIR" "$VAR_DIR/imports"
USER hpsync
EXPOSE 8000
CMD ["gunicorn", "hpsync.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--worker-class", "gthread", "--threads", "8", "--worker-tmp-dir", "/tmp", "--no-control-socket"]
