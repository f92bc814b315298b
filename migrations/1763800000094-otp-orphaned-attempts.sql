-- Whoever was forgotten at the moment a code of theirs was being claimed left its attempt behind, without a delivery.
DELETE FROM otp_attempt a
  WHERE NOT EXISTS (SELECT FROM otp_delivery d WHERE d.business_unit = a.business_unit AND d.id = a.delivery_id);
