-- Accepting codes costs less once more. Whoever asks puts the requests in the order of their recipients and says which of them are
-- `plain`: the first of the batch for their recipient, with no key, no prefix to limit, and a unit that may send. So nothing is sorted
-- and told apart here, and two statements write new recipients and their deliveries, which costs less than one that joins them.
--
-- Accepts several codes at once. `p_requests` is a JSON array, sorted by `recipient`; bytes are hexadecimal, as PostgreSQL reads them
-- (`\x…`). The answer is one row: how many were simply accepted, under the ids they came with and superseding nothing (`accepted`), and
-- what became of the others (`others`, NULL when there are none), each with the id it came with. Locks are taken in one order, so that
-- batches of several processes cannot wait for each other in a circle: prefixes, then new recipients, then known ones.
DROP FUNCTION otp_accept_all;
CREATE FUNCTION otp_accept_all(
  p_requests json, p_ttl interval, p_dedupe interval, p_per_10_minutes integer, p_per_day integer, p_per_prefix integer,
  p_overdue interval
) RETURNS TABLE (accepted integer, others json) LANGUAGE plpgsql AS $$
DECLARE
  r record;
  v_now timestamptz := clock_timestamp();
  v_new bytea[];
  v_accepted integer;
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
  WITH stranger AS (
    INSERT INTO otp_recipient (business_unit, recipient, newest_code, accepted_at, last_at)
    SELECT q.business_unit, q.recipient, q.code, ARRAY[v_now], v_now
    FROM json_to_recordset(p_requests) AS q (business_unit text, recipient bytea, code bytea, plain boolean)
    WHERE q.plain
    ON CONFLICT DO NOTHING RETURNING recipient
  )
  SELECT coalesce(array_agg(s.recipient), '{}') INTO v_new FROM stranger s;

  INSERT INTO otp_delivery (business_unit, id, channel, via, masked_identifier, recipient, code, key_id, sealed,
                            created_at, updated_at, expires_at, due_at, overdue_at)
    SELECT q.business_unit, q.id, q.channel, q.channel, q.masked_identifier, q.recipient, q.code, q.key_id, q.sealed,
           v_now, v_now, v_now + p_ttl, v_now, v_now + p_overdue
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
      business_unit text, id uuid, channel text, masked_identifier text, recipient bytea, code bytea,
      prefix bytea, key bytea, request bytea, key_id text, sealed bytea, held double precision, plain boolean)
    WHERE q.plain IS NOT TRUE OR q.recipient <> ALL (v_new)
  LOOP
    SELECT r.id, a.* INTO v_other FROM otp_accept(
      r.business_unit, r.id, r.channel, r.masked_identifier, r.recipient, r.code, r.request, r.prefix, r.key, r.key_id, r.sealed,
      r.held, p_ttl, p_dedupe, p_per_10_minutes, p_per_day, p_per_prefix, p_overdue) a;
    v_others := v_others || row_to_json(v_other);
  END LOOP;
  RETURN QUERY SELECT v_accepted, array_to_json(v_others);
END $$;
