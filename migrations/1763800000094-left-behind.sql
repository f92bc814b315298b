-- Removes what earlier versions could leave behind.

-- Whoever was forgotten at the moment a code of theirs was being claimed left its attempt, without a delivery.
DELETE FROM otp_attempt a
  WHERE NOT EXISTS (SELECT FROM otp_delivery d WHERE d.business_unit = a.business_unit AND d.id = a.delivery_id);

-- A job that came before a signed URL had expired dropped nothing, and was the only one.
UPDATE gtf_document SET url_key_id = NULL, url_sealed = NULL
  WHERE url_sealed IS NOT NULL AND expires_at < now() - interval '1 hour';
