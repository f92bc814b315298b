#!/bin/sh
# `npm run --silent sbom`: a CycloneDX list of what production installs, from package-lock.json. `npm sbom --omit=dev` would leave
# out each package that a development dependency needs as well, pg and zod among them: so npm is shown a project that has none.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/kyc-gateway" # npm calls the project as its folder is called
cp package.json package-lock.json "$folder/kyc-gateway"
cd "$folder/kyc-gateway"
npm pkg delete devDependencies overrides scripts workspaces
npm install --silent --package-lock-only --offline
npm sbom --sbom-format=cyclonedx --sbom-type=application --package-lock-only --offline
