-- Delivery of one-time codes: what was accepted, what was tried, and how much one recipient may get.
-- Digests (`recipient`, `code`, `prefix`, `key`, `request`) are keyed with the unit (blind index): equality only.

-- A code to deliver. `sealed` holds code and identifier (AES-256-GCM, bound to this row) while they may still be needed; NULL ends it.
CREATE TABLE otp_delivery (
  business_unit     text           NOT NULL,
  id                uuid           NOT NULL,
  channel           text           NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
  via               text           NOT NULL CHECK (via IN ('email', 'sms', 'whatsapp')), -- after a fallback another than `channel`
  masked_identifier text,          -- NULL: the person was forgotten, and nobody can tell who it was
  recipient         bytea          NOT NULL,
  code              bytea          NOT NULL,
  key_id            text,
  sealed            bytea,
  status            text           NOT NULL DEFAULT 'queued' CHECK (status IN
    ('queued', 'sending', 'accepted', 'delivered', 'read', 'failed', 'expired', 'superseded')),
  reason            text,
  retries           integer        NOT NULL DEFAULT 0,
  unknowns          integer        NOT NULL DEFAULT 0,
  claims            integer        NOT NULL DEFAULT 0,
  created_at        timestamptz(3) NOT NULL,
  updated_at        timestamptz(3) NOT NULL,
  expires_at        timestamptz(3) NOT NULL,
  -- When somebody must look at a row whose code is not erased: of one that is queued the next try, of one that is being sent the end of
  -- its lease, of one that was taken the end of its code.
  due_at            timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id),
  CONSTRAINT otp_delivery_key_named CHECK ((sealed IS NULL) = (key_id IS NULL)),
  CONSTRAINT otp_delivery_erased CHECK (sealed IS NULL OR status IN ('queued', 'sending', 'accepted'))
);
CREATE INDEX otp_delivery_of_recipient ON otp_delivery (business_unit, recipient, created_at DESC);
-- The queue: each unit's channel is worked by itself.
CREATE INDEX otp_delivery_due ON otp_delivery (business_unit, via, due_at) WHERE sealed IS NOT NULL;
CREATE INDEX otp_delivery_age ON otp_delivery USING brin (created_at);
-- Ascending: new deliveries come to the end of the index, where PostgreSQL neither searches nor splits pages in halves. Lists of the
-- newest read it backwards.
CREATE INDEX otp_delivery_newest ON otp_delivery (business_unit, created_at, id);

-- Every try, written before it is made. `outcome` NULL: under way, or its worker died.
-- No foreign key: an attempt is written by the statement that locks its delivery, and one statement purges both.
CREATE TABLE otp_attempt (
  business_unit       text           NOT NULL,
  delivery_id         uuid           NOT NULL,
  number              integer        NOT NULL,
  channel             text           NOT NULL,
  provider            text           NOT NULL, -- a name of the program's registry of providers
  outcome             text           CHECK (outcome IN
    ('accepted', 'transient', 'throttled', 'recipient', 'setup', 'spam', 'unknown')),
  error_code          text,
  provider_message_id text,
  receipt             text           CHECK (receipt IN ('sent', 'delivered', 'read', 'failed')),
  may_repeat          boolean        NOT NULL,
  started_at          timestamptz(3) NOT NULL,
  duration_ms         integer,
  PRIMARY KEY (business_unit, delivery_id, number)
);
CREATE INDEX otp_attempt_of_message ON otp_attempt (business_unit, provider_message_id) WHERE provider_message_id IS NOT NULL;

-- Who gets codes: the newest code's digest (older ones are superseded) and when codes were accepted (sliding windows).
-- Locked while a code is accepted, so that dedupe and limits are exact under concurrency.
CREATE TABLE otp_recipient (
  business_unit text             NOT NULL,
  recipient     bytea            NOT NULL,
  newest_code   bytea            NOT NULL,
  accepted_at   timestamptz(3)[] NOT NULL,
  last_at       timestamptz(3)   NOT NULL,
  PRIMARY KEY (business_unit, recipient)
);
CREATE INDEX otp_recipient_last ON otp_recipient USING brin (last_at); -- for the purge alone: not worth an entry for each code

-- The same for the first eight digits of phone numbers; used only when that limit is switched on.
CREATE TABLE otp_prefix (
  business_unit text             NOT NULL,
  prefix        bytea            NOT NULL,
  accepted_at   timestamptz(3)[] NOT NULL,
  PRIMARY KEY (business_unit, prefix)
);

-- `Idempotency-Key` of the webhook, kept 24 hours.
CREATE TABLE otp_idempotency_key (
  business_unit text           NOT NULL,
  key           bytea          NOT NULL,
  request       bytea          NOT NULL,
  delivery_id   uuid           NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, key)
);
CREATE INDEX otp_idempotency_key_age ON otp_idempotency_key (created_at);

-- That a unit's back office reset the limits of one identifier: by which credential, for whom, when. Kept as long as deliveries are.
CREATE TABLE otp_limit_reset (
  business_unit     text           NOT NULL,
  id                uuid           NOT NULL,
  masked_identifier text           NOT NULL,
  recipient         bytea          NOT NULL,
  credential        text           NOT NULL,
  reset_at          timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id)
);
CREATE INDEX otp_limit_reset_age ON otp_limit_reset USING brin (reset_at);

-- Seconds until a window of `p_span` has room for one more of `p_limit`; 0 = now. A limit of 0 is none.
CREATE FUNCTION otp_window_wait(p_accepted_at timestamptz[], p_limit integer, p_span interval, p_now timestamptz)
RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce((
    SELECT extract(epoch FROM a + p_span - p_now)
    FROM unnest(p_accepted_at) a
    WHERE p_limit > 0 AND a > p_now - p_span
    ORDER BY a DESC OFFSET greatest(p_limit, 1) - 1 LIMIT 1), 0)
$$;

-- Accepts a code, or says why not. Called by `otp_accept_all`, which holds the locks on key and prefix.
-- outcome: accepted (`superseded`: the channels of the older codes it ended) | repeat (inside the dedupe window)
--          | replayed (same Idempotency-Key) | key_reused (same key, other request) | limited (`retryAfterSeconds`)
-- `p_counted`: what limits count where that is not the recipient (an e-mail address without its `+tag`), else NULL. Its row counts and is
-- locked first; the recipient's own row then holds the newest code alone, so that an address with another tag supersedes nothing.
-- `p_held`: seconds for which the unit's hourly quota lets nothing new pass.
-- Superseding waits for no worker: the claim of an older code compares it with the newest one.
CREATE FUNCTION otp_accept(
  p_business_unit text, p_id uuid, p_channel text, p_masked_identifier text,
  p_recipient bytea, p_counted bytea, p_code bytea, p_request bytea, p_prefix bytea, p_key bytea, p_key_id text, p_sealed bytea,
  p_held double precision, p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer, p_per_prefix integer
) RETURNS TABLE (outcome text, "deliveryId" uuid, "retryAfterSeconds" double precision, superseded text[]) LANGUAGE plpgsql
-- Planning anew, a fraction of a millisecond, is for recipients who had a code within the last day only.
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
  v_counted bytea := coalesce(p_counted, p_recipient);
  v_known otp_idempotency_key%ROWTYPE;
  v_new boolean;
  v_accepted_at timestamptz[] := '{}';
  v_prefix_accepted_at timestamptz[];
  v_repeat uuid;
  v_wait double precision := coalesce(p_held, 0);
  v_superseded text[];
BEGIN
  IF p_key IS NOT NULL THEN
    SELECT * INTO v_known FROM otp_idempotency_key k
      WHERE k.business_unit = p_business_unit AND k.key = p_key AND k.created_at > v_now - interval '24 hours';
    IF FOUND THEN
      RETURN QUERY SELECT CASE WHEN v_known.request = p_request THEN 'replayed' ELSE 'key_reused' END,
        v_known.delivery_id, 0::double precision, NULL::text[]; RETURN;
    END IF;
  END IF;

  -- Requests that count together queue up here until the one before has committed.
  INSERT INTO otp_recipient
    VALUES (p_business_unit, v_counted, CASE WHEN p_counted IS NULL THEN p_code ELSE '' END, ARRAY[v_now], v_now)
    ON CONFLICT DO NOTHING;
  v_new := FOUND;
  IF NOT v_new THEN
    SELECT r.accepted_at INTO STRICT v_accepted_at FROM otp_recipient r
      WHERE r.business_unit = p_business_unit AND r.recipient = v_counted FOR UPDATE;
    v_now := clock_timestamp();
    SELECT d.id INTO v_repeat FROM otp_delivery d
      WHERE d.business_unit = p_business_unit AND d.recipient = p_recipient AND d.code = p_code AND d.channel = p_channel
        AND d.created_at > v_now - p_dedupe
      ORDER BY d.created_at DESC LIMIT 1;
    v_wait := greatest(v_wait, otp_window_wait(v_accepted_at, p_per_10_minutes, interval '10 minutes', v_now),
                       otp_window_wait(v_accepted_at, p_per_day, interval '24 hours', v_now));
  END IF;
  IF v_repeat IS NULL THEN
    IF p_prefix IS NOT NULL AND p_per_prefix > 0 THEN
      INSERT INTO otp_prefix VALUES (p_business_unit, p_prefix, '{}') ON CONFLICT DO NOTHING;
      SELECT x.accepted_at INTO STRICT v_prefix_accepted_at FROM otp_prefix x
        WHERE x.business_unit = p_business_unit AND x.prefix = p_prefix FOR UPDATE;
      v_wait := greatest(v_wait, otp_window_wait(v_prefix_accepted_at, p_per_prefix, interval '10 minutes', v_now));
    END IF;
    IF v_wait > 0 THEN
      IF v_new THEN DELETE FROM otp_recipient r WHERE r.business_unit = p_business_unit AND r.recipient = v_counted; END IF;
      RETURN QUERY SELECT 'limited', NULL::uuid, v_wait, NULL::text[]; RETURN;
    END IF;
  END IF;

  IF p_key IS NOT NULL THEN
    INSERT INTO otp_idempotency_key AS k VALUES (p_business_unit, p_key, p_request, coalesce(v_repeat, p_id), v_now)
      ON CONFLICT (business_unit, key) DO UPDATE
        SET request = excluded.request, delivery_id = excluded.delivery_id, created_at = excluded.created_at
        WHERE k.created_at <= v_now - interval '24 hours';
    IF NOT FOUND THEN RAISE EXCEPTION 'an idempotency key was not locked'; END IF;
  END IF;
  IF v_repeat IS NOT NULL THEN RETURN QUERY SELECT 'repeat', v_repeat, 0::double precision, NULL::text[]; RETURN; END IF;

  IF NOT v_new THEN
    WITH older AS (
      UPDATE otp_delivery d SET status = 'superseded', sealed = NULL, key_id = NULL, updated_at = v_now
        WHERE d.business_unit = p_business_unit AND d.id IN (
          SELECT o.id FROM otp_delivery o
          WHERE o.business_unit = p_business_unit AND o.recipient = p_recipient AND o.status = 'queued' AND o.code <> p_code
          FOR UPDATE SKIP LOCKED)
        RETURNING d.via
    ) SELECT array_agg(o.via) INTO v_superseded FROM older o;
    UPDATE otp_recipient r
      SET newest_code = CASE WHEN p_counted IS NULL THEN p_code ELSE r.newest_code END, last_at = v_now, accepted_at = ARRAY(
        SELECT a FROM unnest(v_accepted_at) a
        WHERE (p_per_day > 0 AND a > v_now - interval '24 hours')
           OR (p_per_10_minutes > 0 AND a > v_now - interval '10 minutes')) || v_now
      WHERE r.business_unit = p_business_unit AND r.recipient = v_counted;
  END IF;
  IF p_counted IS NOT NULL THEN
    INSERT INTO otp_recipient AS r VALUES (p_business_unit, p_recipient, p_code, '{}', v_now)
      ON CONFLICT (business_unit, recipient) DO UPDATE SET newest_code = excluded.newest_code, last_at = excluded.last_at;
  END IF;
  IF v_prefix_accepted_at IS NOT NULL THEN
    UPDATE otp_prefix x
      SET accepted_at = ARRAY(SELECT a FROM unnest(v_prefix_accepted_at) a WHERE a > v_now - interval '10 minutes') || v_now
      WHERE x.business_unit = p_business_unit AND x.prefix = p_prefix;
  END IF;
  INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, key_id, sealed,
                            created_at, updated_at, expires_at, due_at)
    VALUES (p_business_unit, p_id, p_channel, p_channel, p_masked_identifier, p_recipient, p_code, p_key_id, p_sealed,
            v_now, v_now, v_now + p_ttl, v_now);
  RETURN QUERY SELECT 'accepted', p_id, 0::double precision, v_superseded;
END $$;

-- Accepts several codes at once: under load one round trip and one flush to disk serve all that arrived meanwhile. `p_requests` is a JSON
-- array, sorted by what counts; `p_keys` are their idempotency keys, sorted; bytes are hexadecimal, as PostgreSQL reads them (`\x…`).
-- `plain` marks the first of the array for their recipient, without a key, without a prefix or quota to respect.
-- The answer is one row: how many were accepted under the id they came with and have no more to be said of them (`accepted`), and what
-- became of the others, each with the id it came with (`others`, NULL when there are none).
-- Locks are taken in one order: keys, prefixes, new recipients, others. A recipient who is plain in one batch and not in another can
-- still close a circle of two processes; PostgreSQL then ends one statement, whose codes are accepted in smaller batches.
CREATE FUNCTION otp_accept_all(
  p_requests json, p_keys bytea[], p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer,
  p_per_prefix integer
) RETURNS TABLE (accepted integer, others json) LANGUAGE plpgsql AS $$
DECLARE
  r record;
  v_now timestamptz := clock_timestamp();
  v_new bytea[];
  v_accepted integer;
  v_others json[] := '{}';
  v_other record;
BEGIN
  -- Of two requests with one key at once the second one waits here, and then finds what the first one wrote.
  PERFORM pg_advisory_xact_lock(('x' || encode(substr(k, 1, 8), 'hex'))::bit(64)::bigint) FROM unnest(p_keys) k;
  IF p_per_prefix > 0 THEN
    INSERT INTO otp_prefix
      SELECT DISTINCT q."businessUnit", q.prefix, '{}'::timestamptz[]
      FROM json_to_recordset(p_requests) AS q ("businessUnit" text, prefix bytea)
      WHERE q.prefix IS NOT NULL ORDER BY 1, 2 ON CONFLICT DO NOTHING;
    PERFORM FROM otp_prefix x
      WHERE (x.business_unit, x.prefix) IN (
        SELECT q."businessUnit", q.prefix FROM json_to_recordset(p_requests) AS q ("businessUnit" text, prefix bytea))
      ORDER BY x.business_unit, x.prefix FOR UPDATE;
  END IF;

  -- Most requests are the first in a day for their recipient: nothing to compare them with, so they are written together.
  WITH stranger AS (
    INSERT INTO otp_recipient (business_unit, recipient, newest_code, accepted_at, last_at)
    SELECT q."businessUnit", q.recipient, q.code, ARRAY[v_now], v_now
    FROM json_to_recordset(p_requests) AS q ("businessUnit" text, recipient bytea, code bytea, plain boolean)
    WHERE q.plain
    ON CONFLICT DO NOTHING RETURNING recipient
  )
  SELECT coalesce(array_agg(s.recipient), '{}') INTO v_new FROM stranger s;

  INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, key_id, sealed,
                            created_at, updated_at, expires_at, due_at)
    SELECT q."businessUnit", q.id, q.channel, q.channel, q."maskedIdentifier", q.recipient, q.code, q."keyId", q.sealed,
           v_now, v_now, v_now + p_ttl, v_now
    FROM json_to_recordset(p_requests) AS q ("businessUnit" text, id uuid, channel text, "maskedIdentifier" text, recipient bytea,
      code bytea, "keyId" text, sealed bytea, plain boolean)
    -- Digests are keyed with the unit, too: no two units share one.
    WHERE q.plain AND q.recipient = ANY (v_new);
  GET DIAGNOSTICS v_accepted = ROW_COUNT;
  IF v_accepted <> cardinality(v_new) THEN RAISE EXCEPTION 'plain requests have different recipients'; END IF;
  IF v_accepted = json_array_length(p_requests) THEN RETURN QUERY SELECT v_accepted, NULL::json; RETURN; END IF;

  FOR r IN
    SELECT * FROM json_to_recordset(p_requests) AS q (
      "businessUnit" text, id uuid, channel text, "maskedIdentifier" text, recipient bytea, counted bytea, code bytea,
      prefix bytea, key bytea, request bytea, "keyId" text, sealed bytea, held double precision, plain boolean)
    WHERE q.plain IS NOT TRUE OR q.recipient <> ALL (v_new)
  LOOP
    SELECT r.id, a.* INTO v_other FROM otp_accept(
      r."businessUnit", r.id, r.channel, r."maskedIdentifier", r.recipient, r.counted, r.code, r.request, r.prefix, r.key, r."keyId",
      r.sealed, r.held, p_ttl, p_dedupe, p_per_10_minutes, p_per_day, p_per_prefix) a;
    v_others := v_others || row_to_json(v_other);
  END LOOP;
  RETURN QUERY SELECT v_accepted, array_to_json(v_others);
END $$;
