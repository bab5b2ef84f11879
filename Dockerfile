# The exporter's image.
#
# The base is an argument, so that a mirror, a newer Python or a base with more tools in it can be had without an edit:
#   docker build --build-arg PYTHON_IMAGE=mirror.example.org/python:3.13-slim .
# The digest of the default is the one that several public repositories name beside this tag (October 2026). It was not
# pulled here; compare it with your registry before you rely on it.
ARG PYTHON_IMAGE=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
# Two environments: what builds the wheel stays behind in this stage, pip included.
RUN python3 -m venv /opt/build \
 && python3 -m venv --without-pip /opt/umbrella \
 && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r requirements/build.txt \
 && /opt/build/bin/pip --python /opt/umbrella/bin/python install --require-hashes --only-binary=:all: -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY exporter exporter
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/build/bin/pip --python /opt/umbrella/bin/python install --no-deps --no-index /wheels/*.whl

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Umbrella" \
      org.opencontainers.image.description="Prometheus exporter for osTicket and Slurm" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# The user has a name because ssh, a usual slurm.command_prefix, refuses to run without one. The state directory exists
# so that a new volume takes over its owner and mode.
RUN groupadd --gid 10001 umbrella \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/umbrella --shell /usr/sbin/nologin umbrella \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/umbrella
COPY --from=build /opt/umbrella /opt/umbrella
# One thread for linear algebra: the arrays are small, and a pool of one thread per core of a large host would exceed the
# container's limit of processes. Inside a container only all addresses can be published; docker-compose.yml publishes
# on 127.0.0.1.
ENV PATH=/opt/umbrella/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    UMBRELLA_WEB__LISTEN=0.0.0.0:10042 \
    HEALTHCHECK_URL=http://127.0.0.1:10042/healthz
USER 10001:10001
VOLUME /var/lib/umbrella
EXPOSE 10042
# With web.tls set HEALTHCHECK_URL to https://…: the certificate is for the outside name and therefore not compared.
# Proxies of the host's Docker configuration are passed over.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, ssl, urllib.request as r; r.build_opener(r.ProxyHandler({}), r.HTTPSHandler(context=ssl._create_unverified_context())).open(os.environ['HEALTHCHECK_URL'], timeout=4)"]
ENTRYPOINT ["umbrella"]
CMD ["serve"]
