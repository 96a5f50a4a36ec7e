# The image holds what `npm run bundle` made and nothing else: npm ci && npm run bundle && docker build -t panless .
# It needs no shell, writes nothing (run it with a read-only root) and listens on 8443; settings are in README.md.
FROM node:24.21.0-bookworm-slim

ENV NODE_ENV=production
WORKDIR /app
COPY --chown=root:root dist/ ./

# Compiled once here instead of at each start: by the user who runs it, since each has a cache of its own, which is then
# given to root, so that the running service cannot change its own code.
ENV NODE_COMPILE_CACHE=/app/cache
RUN ln -s /app/panless.mjs /usr/local/bin/panless && mkdir cache && chown 65534:65534 cache \
    && setpriv --reuid=65534 --regid=65534 --clear-groups node panless.mjs --version \
    && chown -R root:root cache && chmod -R u=rwX,go=rX cache

USER 65534:65534
EXPOSE 8443
STOPSIGNAL SIGTERM

# For `serve`. A `worker` answers on METRICS_PORT alone: run it with --no-healthcheck, or a probe of /metrics.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["node", "healthcheck.mjs"]

# Node lets a heap grow far beyond what is in use as long as the machine has memory; what `serve` holds is bounded.
CMD ["node", "--max-semi-space-size=4", "--max-old-space-size=256", "panless.mjs", "serve"]
