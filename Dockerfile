# Builds lotgraph and puts the one binary into a small image.
FROM rust:1.95.0-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY .cargo .cargo
COPY benches benches
COPY crates crates
COPY cypher cypher
COPY sql sql
COPY schema schema
COPY src src
COPY tests tests
COPY web web
RUN cargo build --release --locked --bin lotgraph

FROM debian:bookworm-slim
# curl answers the health check; a user of its own owns the data.
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /data --create-home lotgraph
COPY --from=build /build/target/release/lotgraph /usr/local/bin/lotgraph
USER lotgraph
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Inside a container the loopback address reaches nobody: publish the port to trusted networks only.
ENV LOTGRAPH__LISTEN=0.0.0.0:8080 LOTGRAPH__INSECURE=true
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD curl --fail --silent http://127.0.0.1:8080/readyz || exit 1
ENTRYPOINT ["lotgraph"]
CMD ["serve"]
