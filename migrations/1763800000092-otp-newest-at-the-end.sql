-- New deliveries come to the end of this index, where PostgreSQL writes without searching and without splitting pages in halves;
-- in descending order they came to its beginning. Lists of the newest read it backwards.
DROP INDEX otp_delivery_newest;
CREATE INDEX otp_delivery_newest ON otp_delivery (business_unit, created_at, id);
