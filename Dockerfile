# One image for the nightly jobs and the site generator. Built as
#   docker build --build-arg GIT_SHA="$(git rev-parse HEAD)" --build-arg IMAGE_TAG=0.1.0 --tag openbook:0.1.0 .
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/pip install --require-hashes --no-deps --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY framework framework
COPY strategies strategies
COPY research research
RUN .venv/bin/pip install --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q framework strategies research

FROM python:3.12-slim-bookworm
ARG GIT_SHA
ARG IMAGE_TAG
RUN test -n "$GIT_SHA" && test -n "$IMAGE_TAG" \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /scratch openbook
WORKDIR /app
COPY --from=build /app /app
COPY papermill_jobs papermill_jobs
COPY notebooks notebooks
COPY site site
# The root file system is read-only in the cluster: all that is written at run time goes to /scratch.
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/scratch TMPDIR=/scratch NUMBA_CACHE_DIR=/scratch/numba \
    OPENBOOK_HOME=/scratch/openbook OPENBOOK_GIT_SHA=$GIT_SHA OPENBOOK_IMAGE_TAG=$IMAGE_TAG
VOLUME /scratch
USER 10001:10001
ENTRYPOINT ["openbook"]
CMD ["--help"]
