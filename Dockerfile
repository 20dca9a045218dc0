# The gateway in a container. This file has not been run: no Docker engine was at hand when it was written.
# The npm package `node` brings a second Node 26 beside the image's own; it is redundant here and harmless.
FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY config config
COPY src src
COPY web web
# The embedded database and secret.key, when no DATABASE_URL and SECRET_KEY are given.
RUN mkdir data && chown node:node data
VOLUME /app/data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# node itself is the container's first process, so that SIGTERM reaches it and it drains.
CMD ["node", "--max-semi-space-size=64", "src/main.ts"]
