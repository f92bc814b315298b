-- The last good key set of each issuer: a gateway that restarts during an outage of SIMAS-ID still verifies tokens.
-- Public keys only, as RFC 7517 members {kid, kty, n, e}.
CREATE TABLE jwks_snapshot (
  issuer     text        PRIMARY KEY,
  keys       jsonb       NOT NULL CHECK (jsonb_typeof(keys) = 'array' AND jsonb_array_length(keys) > 0),
  fetched_at timestamptz NOT NULL
);
