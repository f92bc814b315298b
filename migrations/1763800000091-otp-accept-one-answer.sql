-- Accepting codes costs less once more: a row for each code cost whoever asked more than the rest of the answer, and hardly any says
-- anything. Now there is one row: how many were simply accepted, under the ids they came with and superseding nothing (`accepted`), and
-- what became of the others (`others`, NULL when there are none), each under its `place`.
DROP FUNCTION otp_accept_all;
CREATE FUNCTION otp_accept_all(
  p_requests json, p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer, p_per_prefix integer,
  p_overdue interval
) RETURNS TABLE (accepted integer, others json) LANGUAGE plpgsql AS $$
DECLARE
  r record;
  v_now timestamptz := clock_timestamp();
  v_places integer[];
  v_others json[] := '{}';
  v_other record;
BEGIN
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
  WITH request AS MATERIALIZED (
    SELECT DISTINCT ON (q.business_unit, q.recipient) q.*
    FROM json_to_recordset(p_requests) AS q (
      place integer, business_unit text, id uuid, channel text, masked_identifier text, recipient bytea, code bytea,
      key bytea, key_id text, sealed bytea, held double precision)
    WHERE p_per_prefix = 0 AND q.key IS NULL AND q.held IS NULL
    ORDER BY q.business_unit, q.recipient, q.place
  ), stranger AS (
    INSERT INTO otp_recipient (business_unit, recipient, newest_code, accepted_at, last_at)
    SELECT q.business_unit, q.recipient, q.code, ARRAY[v_now], v_now FROM request q
    ON CONFLICT DO NOTHING RETURNING business_unit, recipient
  ), accepted AS (
    INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, key_id, sealed,
                              created_at, updated_at, expires_at, due_at, overdue_at)
    SELECT q.business_unit, q.id, q.channel, q.channel, q.masked_identifier, q.recipient, q.code, q.key_id, q.sealed,
           v_now, v_now, v_now + p_ttl, v_now, v_now + p_overdue
    FROM request q JOIN stranger s ON s.business_unit = q.business_unit AND s.recipient = q.recipient
    RETURNING id
  )
  SELECT coalesce(array_agg(q.place), '{}') INTO v_places
  FROM request q JOIN accepted a ON a.id = q.id;
  IF cardinality(v_places) = json_array_length(p_requests) THEN
    RETURN QUERY SELECT cardinality(v_places), NULL::json;
    RETURN;
  END IF;

  FOR r IN
    SELECT * FROM json_to_recordset(p_requests) AS q (
      place integer, business_unit text, id uuid, channel text, masked_identifier text, recipient bytea, code bytea,
      prefix bytea, key bytea, request bytea, key_id text, sealed bytea, held double precision)
    WHERE q.place <> ALL (v_places)
    ORDER BY q.business_unit, q.recipient, q.place
  LOOP
    SELECT r.place, a.* INTO v_other FROM otp_accept(
      r.business_unit, r.id, r.channel, r.masked_identifier, r.recipient, r.code, r.request, r.prefix, r.key, r.key_id, r.sealed,
      r.held, p_ttl, p_dedupe, p_per_10_minutes, p_per_day, p_per_prefix, p_overdue) a;
    v_others := v_others || row_to_json(v_other);
  END LOOP;
  RETURN QUERY SELECT cardinality(v_places), array_to_json(v_others);
END $$;
