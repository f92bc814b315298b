-- The KYC ledger: people and their keys, the vault of personal data, the append-only chain of events, and its projection.
-- Every tenant table's primary key starts with the business unit.

-- A person as one business unit knows them. The data key encrypts all of the person's values in the vault; destroying it
-- (wrapped_key = NULL) makes them unreadable for good. What is true of backups: docs/guides/prove-and-forget.md.
CREATE TABLE person (
  business_unit    text           NOT NULL,
  id               uuid           NOT NULL,
  key_id           text,           -- which of DATA_ENCRYPTION_KEYS wraps the data key
  wrapped_key      bytea,
  created_at       timestamptz(3) NOT NULL,
  restricted_until timestamptz(3), -- the data is not used any more, and destroyed then
  erased_at        timestamptz(3),
  retained_from    timestamptz(3), -- the newest approval: identity records are kept from then on (UU 8/2010 Art 21)
  noted_at         timestamptz(3), -- when the erasure or restriction was written to ERASURES_FILE
  PRIMARY KEY (business_unit, id),
  CONSTRAINT person_key_or_erased CHECK ((wrapped_key IS NULL) = (erased_at IS NOT NULL)),
  CONSTRAINT person_key_named CHECK ((wrapped_key IS NULL) = (key_id IS NULL))
);
CREATE INDEX person_due ON person (restricted_until) WHERE restricted_until IS NOT NULL;
CREATE INDEX person_wrapping_key ON person (key_id) WHERE key_id IS NOT NULL; -- whose keys a retired key still wraps
CREATE INDEX person_to_note ON person (business_unit, id)
  WHERE noted_at IS NULL AND (erased_at IS NOT NULL OR restricted_until IS NOT NULL);

-- Which of DATA_ENCRYPTION_KEYS wrapped a person's key, until when: whose data a key could open that others got hold of in that time.
-- Ids alone, kept after an erasure as well, because those people had to be told too (UU 27/2022 art. 46).
CREATE TABLE person_former_key (
  business_unit text           NOT NULL,
  person_id     uuid           NOT NULL,
  wrapped_by    text           NOT NULL,
  until         timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, person_id, wrapped_by, until),
  FOREIGN KEY (business_unit, person_id) REFERENCES person (business_unit, id)
);
CREATE INDEX person_former_key_by_key ON person_former_key (wrapped_by);

CREATE FUNCTION person_key_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_former_key VALUES (OLD.business_unit, OLD.id, OLD.key_id, clock_timestamp()) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER person_key_replaced AFTER UPDATE OF key_id ON person FOR EACH ROW
  WHEN (OLD.key_id IS DISTINCT FROM NEW.key_id) EXECUTE FUNCTION person_key_replaced();

-- Keyed digests (blind index) that lead to a person, themselves personal data: deleted on erasure. `sealed` is what was digested, under
-- the person's own key: it tells erasure what features keep by phone number or e-mail address, and the person what is known of them.
-- Phone numbers change hands, and a restricted person's token subject leads to a second person: a digest may lead to several.
CREATE TABLE person_index (
  business_unit text  NOT NULL,
  kind          text  NOT NULL CHECK (kind IN ('subject', 'phone', 'nik', 'email')),
  digest        bytea NOT NULL,
  person_id     uuid  NOT NULL,
  sealed        bytea,
  PRIMARY KEY (business_unit, kind, digest, person_id),
  FOREIGN KEY (business_unit, person_id) REFERENCES person (business_unit, id)
);
CREATE INDEX person_index_of_person ON person_index (business_unit, person_id);

-- Personal data, AES-256-GCM under the person's data key, bound to its row (person-vault.ts).
-- No foreign key: entries are written with an event whose person is known, and checking that again costs a tenth of an append.
CREATE TABLE vault_entry (
  business_unit text           NOT NULL,
  id            uuid           NOT NULL,
  person_id     uuid           NOT NULL,
  name          text           NOT NULL,
  sealed        bytea          NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  PRIMARY KEY (business_unit, id)
);
CREATE INDEX vault_entry_of_person ON vault_entry (business_unit, person_id);

-- Checks that every append makes are domains: a domain's check is prepared once a session, a table's by every statement.
CREATE DOMAIN sha256_hash AS bytea CHECK (length(VALUE) = 32);
CREATE DOMAIN submission_kind AS text CHECK (VALUE IN ('gtf-siv', 'gtf-coe', 'satusehat', 'common-kyc'));
CREATE DOMAIN submission_opener AS text CHECK (VALUE IN ('user', 'back-office'));

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- The end of each unit's chain; locked while an event is appended. The low fill factor keeps its changes in one page.
CREATE TABLE ledger_head (
  business_unit text        NOT NULL PRIMARY KEY,
  seq           bigint      NOT NULL,
  hash          sha256_hash NOT NULL
) WITH (fillfactor = 10);

-- What happened. `vault` names the personal data an event brought, by digest and commitment, never in clear.
-- hash = SHA-256(0x01 | previous hash | seq as 8 bytes big-endian | SHA-256 of the event's canonical body)
CREATE TABLE kyc_event (
  business_unit text           NOT NULL,
  seq           bigint         NOT NULL,
  submission_id uuid,          -- NULL: about the person as a whole (erasure, restriction), shown with each of their submissions
  person_id     uuid,          -- NULL: about the chain itself (a checkpoint)
  type          text           NOT NULL,
  at            timestamptz(3) NOT NULL,
  source_key    text           NOT NULL,
  data          jsonb          NOT NULL,
  vault         jsonb          NOT NULL,
  body_digest   sha256_hash    NOT NULL,
  previous_hash sha256_hash    NOT NULL,
  hash          sha256_hash    NOT NULL,
  PRIMARY KEY (business_unit, seq),
  CONSTRAINT kyc_event_once UNIQUE (business_unit, source_key)
);
CREATE INDEX kyc_event_of_submission ON kyc_event (business_unit, submission_id, seq);
CREATE INDEX kyc_event_of_person ON kyc_event (business_unit, person_id, seq) WHERE submission_id IS NULL;
CREATE TRIGGER kyc_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kyc_event EXECUTE FUNCTION refuse_change();

-- Signed heads of the chains: with one of them and the public key, a chain that was cut or written anew is found out.
CREATE TABLE ledger_checkpoint (
  business_unit text           NOT NULL,
  seq           bigint         NOT NULL,
  hash          sha256_hash    NOT NULL,
  at            timestamptz(3) NOT NULL,
  key_id        text           NOT NULL,
  signature     bytea          NOT NULL CHECK (length(signature) = 64), -- Ed25519 over the RFC 8785 form of the columns above
  PRIMARY KEY (business_unit, seq)
);
CREATE TRIGGER ledger_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint EXECUTE FUNCTION refuse_change();

-- Ends of chains that an operator accepted after a restore (`ledger accept-restore`): what was signed before and is not in the chain
-- any more was given up knowingly. Signed as a checkpoint is, the reason among the columns.
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
CREATE TRIGGER ledger_restore_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_restore EXECUTE FUNCTION refuse_change();

-- The state of every submission, folded from its events; can be dropped and rebuilt. `…_entry` are ids of vault_entry.
CREATE TABLE kyc_submission (
  business_unit  text              NOT NULL,
  id             uuid              NOT NULL,
  person_id      uuid              NOT NULL,
  kind           submission_kind   NOT NULL,
  submission_type text,            -- what the partner is to check, in its own word
  opened_by      submission_opener NOT NULL,
  status         text              NOT NULL,
  reason_code    text,
  verification   jsonb,
  decision       jsonb,            -- of the back office
  phone_entry    uuid,
  identity_entry uuid,
  partner_entry  uuid,             -- the partner's id of the submission, which leads back to the person there
  created_at     timestamptz(3)    NOT NULL,
  updated_at     timestamptz(3)    NOT NULL,
  last_seq       bigint            NOT NULL
) WITH (fillfactor = 80); -- rows that change stay in their page
CREATE INDEX kyc_submission_by_status ON kyc_submission (business_unit, status, created_at DESC, id DESC);
-- For `updatedFrom` of lists. BRIN: a B-tree would take an entry for every event, and PostgreSQL 16 keeps changed rows in their page.
CREATE INDEX kyc_submission_by_change ON kyc_submission USING brin (business_unit, updated_at) WITH (pages_per_range = 16, autosummarize);
-- Made last: on an empty database PostgreSQL takes the newest of the indexes that begin with the unit and end with the id, and plans
-- of that time, which connections keep, read all of a unit's submissions with another one.
ALTER TABLE kyc_submission ADD PRIMARY KEY (business_unit, id);

-- What never changes of a submission, with the indexes that lists are read by: on kyc_submission every change of status would add an
-- entry to each of them, a sixth of the time of an append.
CREATE TABLE kyc_submission_opening (
  business_unit text              NOT NULL,
  id            uuid              NOT NULL,
  person_id     uuid              NOT NULL,
  kind          submission_kind   NOT NULL,
  opened_by     submission_opener NOT NULL,
  created_at    timestamptz(3)    NOT NULL,
  PRIMARY KEY (business_unit, id)
);
CREATE INDEX kyc_submission_opening_newest ON kyc_submission_opening (business_unit, created_at DESC, id DESC);
CREATE INDEX kyc_submission_opening_of_person ON kyc_submission_opening (business_unit, person_id, created_at DESC, id DESC);
CREATE INDEX kyc_submission_opening_by_kind ON kyc_submission_opening (business_unit, kind, created_at DESC, id DESC);

CREATE FUNCTION kyc_submission_opens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO kyc_submission_opening VALUES (NEW.business_unit, NEW.id, NEW.person_id, NEW.kind, NEW.opened_by, NEW.created_at)
    ON CONFLICT (business_unit, id) DO UPDATE SET person_id = NEW.person_id, kind = NEW.kind, opened_by = NEW.opened_by,
      created_at = NEW.created_at;
  RETURN NULL;
END $$;
CREATE TRIGGER kyc_submission_opens AFTER INSERT ON kyc_submission FOR EACH ROW EXECUTE FUNCTION kyc_submission_opens();

-- Appends events of one unit, in a transaction with other work or by itself: each with the personal data it brings (`entries`), by what
-- that lets its person be found (`leads`; `owner_id` is the person whose both are), and what becomes of its submission (the projection's
-- columns but `last_seq`; null leaves it as it is). `p_events` is a JSON array in the order of the chain; bytes are base64.
-- For each event, in that order:
--   its `seq`  it has its place in the chain
--   0          an event from this source is there already
--   NULL       its submission is not, or will not be, as it was when the event was prepared (`read_seq`, its `last_seq` then), or the
--              person whom it may not happen to (`unwithdrawn`) or whose data it brings was forgotten or restricted; nothing was
--              written, and the caller has to look again
-- What must not come after an event is so decided under the same locks. A row that somebody else holds is passed over, not waited for:
-- its holder may be about to wait for the chain.
-- The projection is written through the arbiter index of ON CONFLICT, never by a planned search: a function's plans are made once, on
-- an empty database perhaps, and may then walk an index that only begins with the right column.
CREATE FUNCTION ledger_append(p_business_unit text, p_events jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  e record;
  state kyc_submission%ROWTYPE;
  digest bytea;
  head ledger_head%ROWTYPE;
  next_hash bytea;
  places bigint[] := '{}';
BEGIN
  SELECT * INTO head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO ledger_head VALUES (p_business_unit, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT head FROM ledger_head l WHERE l.business_unit = p_business_unit FOR UPDATE;
  END IF;
  FOR e IN
    SELECT * FROM jsonb_to_recordset(p_events) AS q (
      submission_id uuid, person_id uuid, type text, at timestamptz, source_key text, data jsonb, vault jsonb, body_digest text,
      read_seq bigint, unwithdrawn boolean, owner_id uuid, entries jsonb, leads jsonb, submission jsonb)
  LOOP
    IF e.read_seq IS NOT NULL THEN
      PERFORM FROM kyc_submission s
        WHERE s.business_unit = p_business_unit AND s.id = e.submission_id AND s.last_seq = e.read_seq FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN places := places || NULL::bigint; CONTINUE; END IF;
    END IF;
    IF e.unwithdrawn OR e.entries IS NOT NULL THEN
      PERFORM FROM person p
        WHERE p.business_unit = p_business_unit AND p.id = e.owner_id AND p.erased_at IS NULL AND p.restricted_until IS NULL
        FOR KEY SHARE SKIP LOCKED;
      IF NOT FOUND THEN places := places || NULL::bigint; CONTINUE; END IF;
    END IF;
    digest := decode(e.body_digest, 'base64');
    next_hash := sha256('\x01'::bytea || head.hash || int8send(head.seq + 1) || digest);
    INSERT INTO kyc_event VALUES (p_business_unit, head.seq + 1, e.submission_id, e.person_id, e.type, e.at, e.source_key,
      e.data, e.vault, digest, head.hash, next_hash)
      ON CONFLICT (business_unit, source_key) DO NOTHING;
    IF NOT FOUND THEN places := places || 0::bigint; CONTINUE; END IF;
    head.seq := head.seq + 1;
    head.hash := next_hash;
    IF e.entries IS NOT NULL THEN
      INSERT INTO vault_entry
        SELECT p_business_unit, n.id, e.owner_id, n.name, decode(n.sealed, 'base64'), e.at
        FROM jsonb_to_recordset(e.entries) AS n (id uuid, name text, sealed text);
    END IF;
    IF e.leads IS NOT NULL THEN
      INSERT INTO person_index
        SELECT p_business_unit, n.kind, decode(n.digest, 'base64'), e.owner_id, decode(n.sealed, 'base64')
        FROM jsonb_to_recordset(e.leads) AS n (kind text, digest text, sealed text) ON CONFLICT DO NOTHING;
    END IF;
    IF e.submission IS NOT NULL THEN
      state := jsonb_populate_record(NULL::kyc_submission, e.submission);
      state.last_seq := head.seq;
      INSERT INTO kyc_submission VALUES (state.*)
        ON CONFLICT (business_unit, id) DO UPDATE SET status = excluded.status, reason_code = excluded.reason_code,
          verification = excluded.verification, decision = excluded.decision, phone_entry = excluded.phone_entry,
          identity_entry = excluded.identity_entry, partner_entry = excluded.partner_entry, updated_at = excluded.updated_at,
          last_seq = excluded.last_seq;
    END IF;
    places := places || head.seq;
  END LOOP;
  UPDATE ledger_head l SET seq = head.seq, hash = head.hash WHERE l.business_unit = p_business_unit;
  RETURN places;
END $$;
