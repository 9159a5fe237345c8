# Image with only the operator. Build it with `make image` or `docker build .`
# The digest is of the index of all platforms. For another registry: `docker build --build-context base=docker-image://IMAGE .`
FROM docker.io/library/python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93 AS base

FROM base AS build
WORKDIR /src
COPY image/ image/
ENV PIP="/opt/build/bin/python -m pip --python /opt/dataflowxpress/bin/python"
RUN python -m venv --without-pip /opt/dataflowxpress \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r image/build.lock \
 && $PIP install --no-cache-dir --no-compile --no-deps --require-hashes -r image/requirements.lock
COPY . .
# This step uses no package index. `pip check` fails if the lock file lacks a package.
RUN /opt/build/bin/python -m pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /tmp/wheel . \
 && $PIP install --no-compile --no-deps --no-index /tmp/wheel/*.whl \
 && $PIP check \
 && /opt/dataflowxpress/bin/python image/slim.py \
 && /opt/dataflowxpress/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/dataflowxpress/lib

FROM base
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="DataFlowXpress" \
      org.opencontainers.image.description="Operator for DataPipeline: a serverless CSV-to-Parquet pipeline on AWS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/dataflowxpress /opt/dataflowxpress
ENV PATH=/opt/dataflowxpress/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    HOME=/tmp
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080 8081
ENTRYPOINT ["dataflowxpress"]
CMD ["operator", "--probes", ":8081", "--metrics", ":8080"]
