-- A delivery's row is its queue: `due_at` is when somebody must look at it.
DROP INDEX otp_delivery_live;
ALTER TABLE otp_delivery DROP COLUMN overdue_at;
CREATE INDEX otp_delivery_due ON otp_delivery (business_unit, via, due_at) WHERE sealed IS NOT NULL;

DROP FUNCTION otp_accept;
CREATE FUNCTION otp_accept(
  p_business_unit text, p_id uuid, p_channel text, p_masked_identifier text,
  p_recipient bytea, p_counted bytea, p_code bytea, p_request bytea, p_prefix bytea, p_key bytea, p_key_id text, p_sealed bytea,
  p_held double precision, p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer, p_per_prefix integer
) RETURNS TABLE (outcome text, delivery_id uuid, retry_after double precision, superseded text[]) LANGUAGE plpgsql
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
        v_known.delivery_id, 0::double precision, NULL::text[];
      RETURN;
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
      RETURN QUERY SELECT 'limited', NULL::uuid, v_wait, NULL::text[];
      RETURN;
    END IF;
  END IF;

  IF p_key IS NOT NULL THEN
    INSERT INTO otp_idempotency_key AS k VALUES (p_business_unit, p_key, p_request, coalesce(v_repeat, p_id), v_now)
      ON CONFLICT (business_unit, key) DO UPDATE
        SET request = excluded.request, delivery_id = excluded.delivery_id, created_at = excluded.created_at
        WHERE k.created_at <= v_now - interval '24 hours';
    IF NOT FOUND THEN RAISE EXCEPTION 'an idempotency key was not locked'; END IF;
  END IF;
  IF v_repeat IS NOT NULL THEN
    RETURN QUERY SELECT 'repeat', v_repeat, 0::double precision, NULL::text[];
    RETURN;
  END IF;

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

DROP FUNCTION otp_accept_all;
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
      SELECT DISTINCT q.business_unit, q.prefix, '{}'::timestamptz[]
      FROM json_to_recordset(p_requests) AS q (business_unit text, prefix bytea)
      WHERE q.prefix IS NOT NULL ORDER BY 1, 2
      ON CONFLICT DO NOTHING;
    PERFORM FROM otp_prefix x
      WHERE (x.business_unit, x.prefix) IN (
        SELECT q.business_unit, q.prefix FROM json_to_recordset(p_requests) AS q (business_unit text, prefix bytea))
      ORDER BY x.business_unit, x.prefix FOR UPDATE;
  END IF;

  -- Most requests are the first in a day for their recipient: nothing to compare them with, so they are written together.
  WITH stranger AS (
    INSERT INTO otp_recipient (business_unit, recipient, newest_code, accepted_at, last_at)
    SELECT q.business_unit, q.recipient, q.code, ARRAY[v_now], v_now
    FROM json_to_recordset(p_requests) AS q (business_unit text, recipient bytea, code bytea, plain boolean)
    WHERE q.plain
    ON CONFLICT DO NOTHING RETURNING recipient
  )
  SELECT coalesce(array_agg(s.recipient), '{}') INTO v_new FROM stranger s;

  INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, key_id, sealed,
                            created_at, updated_at, expires_at, due_at)
    SELECT q.business_unit, q.id, q.channel, q.channel, q.masked_identifier, q.recipient, q.code, q.key_id, q.sealed,
           v_now, v_now, v_now + p_ttl, v_now
    FROM json_to_recordset(p_requests) AS q (
      business_unit text, id uuid, channel text, masked_identifier text, recipient bytea, code bytea, key_id text, sealed bytea,
      plain boolean)
    -- Digests are keyed with the unit, too: no two units share one.
    WHERE q.plain AND q.recipient = ANY (v_new);
  GET DIAGNOSTICS v_accepted = ROW_COUNT;
  IF v_accepted <> cardinality(v_new) THEN RAISE EXCEPTION 'plain requests have different recipients'; END IF;
  IF v_accepted = json_array_length(p_requests) THEN
    RETURN QUERY SELECT v_accepted, NULL::json;
    RETURN;
  END IF;

  FOR r IN
    SELECT * FROM json_to_recordset(p_requests) AS q (
      business_unit text, id uuid, channel text, masked_identifier text, recipient bytea, counted bytea, code bytea,
      prefix bytea, key bytea, request bytea, key_id text, sealed bytea, held double precision, plain boolean)
    WHERE q.plain IS NOT TRUE OR q.recipient <> ALL (v_new)
  LOOP
    SELECT r.id, a.* INTO v_other FROM otp_accept(
      r.business_unit, r.id, r.channel, r.masked_identifier, r.recipient, r.counted, r.code, r.request, r.prefix, r.key, r.key_id,
      r.sealed, r.held, p_ttl, p_dedupe, p_per_10_minutes, p_per_day, p_per_prefix) a;
    v_others := v_others || row_to_json(v_other);
  END LOOP;
  RETURN QUERY SELECT v_accepted, array_to_json(v_others);
END $$;
