-- Signed heads of the chains: whoever holds one of them and the public key notices a chain that was cut or written anew.
CREATE TABLE ledger_checkpoint (
  business_unit text           NOT NULL,
  seq           bigint         NOT NULL,
  hash          bytea          NOT NULL CHECK (length(hash) = 32),
  at            timestamptz(3) NOT NULL,
  key_id        text           NOT NULL,
  signature     bytea          NOT NULL CHECK (length(signature) = 64), -- Ed25519 over the RFC 8785 form of the columns above
  PRIMARY KEY (business_unit, seq)
);

CREATE FUNCTION ledger_checkpoint_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger_checkpoint is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_checkpoint_no_change BEFORE UPDATE OR DELETE ON ledger_checkpoint
  FOR EACH ROW EXECUTE FUNCTION ledger_checkpoint_is_append_only();
CREATE TRIGGER ledger_checkpoint_no_truncate BEFORE TRUNCATE ON ledger_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_checkpoint_is_append_only();
