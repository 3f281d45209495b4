# The bot in one container. Give it a volume at /var/lib/latch, or a Redis with REDIS_URL.
FROM node:24-bookworm-slim

# For the embedded Redis, when REDIS_URL isn't set.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates redis-server \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json ./
# The optional packages are Node itself, which the image has.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY tsconfig.json ./
COPY src ./src
COPY manifests ./manifests

RUN mkdir -p /var/lib/latch && chown node:node /var/lib/latch
USER node
ENV LATCH_CONFIG=/etc/latch/latch.yaml LATCH_DATA=/var/lib/latch PORT=3000
VOLUME /var/lib/latch
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without npm in between, so that a SIGTERM reaches the bot.
CMD ["node", "src/main.ts"]
