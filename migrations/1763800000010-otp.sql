-- Delivery of one-time codes: what was accepted, what was tried, and how much one recipient may get.

-- A code to deliver. `sealed` holds code and identifier (AES-256-GCM, bound to this row) while they may still be needed; NULL ends it.
-- `recipient`, `code` and `request` are keyed digests (blind index): equality only.
CREATE TABLE otp_delivery (
  business_unit     text           NOT NULL,
  id                uuid           NOT NULL,
  channel           text           NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp')),
  via               text           NOT NULL CHECK (via IN ('email', 'sms', 'whatsapp')),
  masked_identifier text           NOT NULL,
  recipient         bytea          NOT NULL,
  code              bytea          NOT NULL,
  request           bytea          NOT NULL,
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
  due_at            timestamptz(3) NOT NULL,
  -- When nothing happened by then, somebody must look: a lost job, a dead worker's lease, the deadline.
  overdue_at        timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id),
  CONSTRAINT otp_delivery_key_named CHECK ((sealed IS NULL) = (key_id IS NULL)),
  CONSTRAINT otp_delivery_erased CHECK (sealed IS NULL OR status IN ('queued', 'sending', 'accepted'))
);
CREATE INDEX otp_delivery_newest ON otp_delivery (business_unit, created_at DESC, id DESC);
CREATE INDEX otp_delivery_of_recipient ON otp_delivery (business_unit, recipient, created_at DESC);
CREATE INDEX otp_delivery_live ON otp_delivery (overdue_at) WHERE sealed IS NOT NULL;
CREATE INDEX otp_delivery_age ON otp_delivery USING brin (created_at);

-- Every try, written before it is made. `outcome` NULL: under way, or its worker died.
CREATE TABLE otp_attempt (
  business_unit       text           NOT NULL,
  delivery_id         uuid           NOT NULL,
  number              integer        NOT NULL,
  channel             text           NOT NULL,
  -- A name of the program's registry of providers.
  provider            text           NOT NULL,
  outcome             text           CHECK (outcome IN
    ('accepted', 'transient', 'throttled', 'recipient', 'setup', 'spam', 'unknown')),
  error_code          text,
  provider_message_id text,
  receipt             text           CHECK (receipt IN ('sent', 'delivered', 'read', 'failed')),
  may_repeat          boolean        NOT NULL,
  started_at          timestamptz(3) NOT NULL,
  duration_ms         integer,
  PRIMARY KEY (business_unit, delivery_id, number),
  FOREIGN KEY (business_unit, delivery_id) REFERENCES otp_delivery (business_unit, id) ON DELETE CASCADE
);
CREATE INDEX otp_attempt_of_message ON otp_attempt (business_unit, provider_message_id)
  WHERE provider_message_id IS NOT NULL;

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
CREATE INDEX otp_recipient_last ON otp_recipient (last_at);

-- The same for the first eight digits of phone numbers; used only when that limit is switched on.
CREATE TABLE otp_prefix (
  business_unit text             NOT NULL,
  prefix        bytea            NOT NULL,
  accepted_at   timestamptz(3)[] NOT NULL,
  PRIMARY KEY (business_unit, prefix)
);

-- `Idempotency-Key` of the webhook, kept 24 hours. `key` is a keyed digest.
CREATE TABLE otp_idempotency_key (
  business_unit text           NOT NULL,
  key           bytea          NOT NULL,
  request       bytea          NOT NULL,
  delivery_id   uuid           NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, key)
);
CREATE INDEX otp_idempotency_key_age ON otp_idempotency_key (created_at);

-- Seconds until a window of `p_span` has room for one more of `p_limit`; 0 = now. A limit of 0 is none.
CREATE FUNCTION otp_window_wait(p_accepted_at timestamptz[], p_limit integer, p_span interval, p_now timestamptz)
RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce((
    SELECT extract(epoch FROM a + p_span - p_now)
    FROM unnest(p_accepted_at) a
    WHERE p_limit > 0 AND a > p_now - p_span
    ORDER BY a DESC OFFSET greatest(p_limit, 1) - 1 LIMIT 1), 0)
$$;

-- Accepts a code, or says why not, in one atomic statement.
-- outcome: accepted | repeat (inside the dedupe window) | replayed (same Idempotency-Key) | key_reused (same key, other request)
--          | limited (`retry_after` seconds)
CREATE FUNCTION otp_accept(
  p_business_unit text, p_id uuid, p_channel text, p_masked_identifier text,
  p_recipient bytea, p_code bytea, p_request bytea, p_prefix bytea, p_key bytea, p_key_id text, p_sealed bytea,
  p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer, p_per_prefix integer,
  p_overdue interval
) RETURNS TABLE (outcome text, delivery_id uuid, retry_after double precision) LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz;
  v_known otp_idempotency_key%ROWTYPE;
  v_accepted_at timestamptz[];
  v_prefix_accepted_at timestamptz[];
  v_repeat uuid;
  v_wait double precision;
BEGIN
  -- One recipient's requests queue up here until the one before has committed.
  INSERT INTO otp_recipient VALUES (p_business_unit, p_recipient, p_code, '{}', clock_timestamp())
    ON CONFLICT DO NOTHING;
  SELECT r.accepted_at INTO STRICT v_accepted_at FROM otp_recipient r
    WHERE r.business_unit = p_business_unit AND r.recipient = p_recipient FOR UPDATE;
  v_now := clock_timestamp();

  IF p_key IS NOT NULL THEN
    SELECT * INTO v_known FROM otp_idempotency_key k
      WHERE k.business_unit = p_business_unit AND k.key = p_key AND k.created_at > v_now - interval '24 hours';
    IF FOUND THEN
      RETURN QUERY SELECT CASE WHEN v_known.request = p_request THEN 'replayed' ELSE 'key_reused' END,
        v_known.delivery_id, 0::double precision;
      RETURN;
    END IF;
  END IF;

  SELECT d.id INTO v_repeat FROM otp_delivery d
    WHERE d.business_unit = p_business_unit AND d.recipient = p_recipient AND d.request = p_request
      AND d.created_at > v_now - p_dedupe
    ORDER BY d.created_at DESC LIMIT 1;
  IF v_repeat IS NULL THEN
    v_wait := greatest(otp_window_wait(v_accepted_at, p_per_10_minutes, interval '10 minutes', v_now),
                       otp_window_wait(v_accepted_at, p_per_day, interval '24 hours', v_now));
    IF p_prefix IS NOT NULL AND p_per_prefix > 0 THEN
      INSERT INTO otp_prefix VALUES (p_business_unit, p_prefix, '{}') ON CONFLICT DO NOTHING;
      SELECT x.accepted_at INTO STRICT v_prefix_accepted_at FROM otp_prefix x
        WHERE x.business_unit = p_business_unit AND x.prefix = p_prefix FOR UPDATE;
      v_wait := greatest(v_wait, otp_window_wait(v_prefix_accepted_at, p_per_prefix, interval '10 minutes', v_now));
    END IF;
    IF v_wait > 0 THEN
      RETURN QUERY SELECT 'limited', NULL::uuid, v_wait;
      RETURN;
    END IF;
  END IF;

  IF p_key IS NOT NULL THEN
    -- Two different requests with one key at once: the second one fails here, is tried again and then finds the first.
    INSERT INTO otp_idempotency_key AS k VALUES (p_business_unit, p_key, p_request, coalesce(v_repeat, p_id), v_now)
      ON CONFLICT (business_unit, key) DO UPDATE
        SET request = excluded.request, delivery_id = excluded.delivery_id, created_at = excluded.created_at
        WHERE k.created_at <= v_now - interval '24 hours';
    IF NOT FOUND THEN RAISE unique_violation USING MESSAGE = 'idempotency key in use'; END IF;
  END IF;
  IF v_repeat IS NOT NULL THEN
    RETURN QUERY SELECT 'repeat', v_repeat, 0::double precision;
    RETURN;
  END IF;

  UPDATE otp_delivery d
    SET status = 'superseded', sealed = NULL, key_id = NULL, updated_at = v_now
    WHERE d.business_unit = p_business_unit AND d.recipient = p_recipient AND d.status = 'queued' AND d.code <> p_code;
  UPDATE otp_recipient r
    SET newest_code = p_code, last_at = v_now, accepted_at = ARRAY(
      SELECT a FROM unnest(v_accepted_at) a
      WHERE (p_per_day > 0 AND a > v_now - interval '24 hours')
         OR (p_per_10_minutes > 0 AND a > v_now - interval '10 minutes')) || v_now
    WHERE r.business_unit = p_business_unit AND r.recipient = p_recipient;
  IF v_prefix_accepted_at IS NOT NULL THEN
    UPDATE otp_prefix x
      SET accepted_at = ARRAY(SELECT a FROM unnest(v_prefix_accepted_at) a WHERE a > v_now - interval '10 minutes') || v_now
      WHERE x.business_unit = p_business_unit AND x.prefix = p_prefix;
  END IF;
  INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, request, key_id, sealed,
                            created_at, updated_at, expires_at, due_at, overdue_at)
    VALUES (p_business_unit, p_id, p_channel, p_channel, p_masked_identifier, p_recipient, p_code, p_request, p_key_id, p_sealed,
            v_now, v_now, v_now + p_ttl, v_now, v_now + p_overdue);
  RETURN QUERY SELECT 'accepted', p_id, 0::double precision;
END $$;
