-- Ends of chains that an operator accepted after a restore (`ledger accept-restore`): what was signed before and is not in the chain
-- any more was given up knowingly. The signature covers the columns as a checkpoint's does, the reason among them.
CREATE TABLE ledger_restore (
  business_unit text           NOT NULL,
  at            timestamptz(3) NOT NULL,
  seq           bigint         NOT NULL,
  hash          sha256_hash    NOT NULL,
  reason        text           NOT NULL,
  key_id        text           NOT NULL,
  signature     bytea          NOT NULL CHECK (length(signature) = 64),
  PRIMARY KEY (business_unit, at)
);

CREATE FUNCTION ledger_restore_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger_restore is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_restore_no_change BEFORE UPDATE OR DELETE ON ledger_restore
  FOR EACH ROW EXECUTE FUNCTION ledger_restore_is_append_only();
CREATE TRIGGER ledger_restore_no_truncate BEFORE TRUNCATE ON ledger_restore
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_restore_is_append_only();
