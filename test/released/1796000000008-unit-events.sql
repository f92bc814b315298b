-- How business units' own back ends are told of events. The ledger is the outbox: nothing here says what happened, and an event has a row
-- only once it is due (ADR 0025).

-- One row a unit that events are sent to.
CREATE TABLE event_endpoint (
  business_unit text           NOT NULL PRIMARY KEY,
  url_digest    bytea          NOT NULL, -- of the address, which may hold a secret; another address starts with the next event
  taken_to      bigint         NOT NULL, -- events up to this `seq` were sent, have a row, or follow one of their submission that has
  stopped_at    timestamptz(3)           -- since when it wants nothing any more (410); NULL: it does
);

-- An event that is due, or was. Of a submission at most the oldest that was not sent: the next one becomes due when that one has ended.
CREATE TABLE event_delivery (
  business_unit text           NOT NULL,
  seq           bigint         NOT NULL,
  id            uuid           NOT NULL DEFAULT gen_random_uuid(),
  submission_id uuid,                                      -- in whose order it is sent; NULL: in none
  status        text           NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'stopped')),
  tries         smallint       NOT NULL DEFAULT 0,         -- since it was made due, at first or by hand
  due_at        timestamptz(3) NOT NULL,                   -- the next try, or when it ended
  attempts      jsonb          NOT NULL DEFAULT '[]',      -- start, duration, HTTP status; never what was answered
  PRIMARY KEY (business_unit, seq)
);
CREATE UNIQUE INDEX event_delivery_id ON event_delivery (business_unit, id);
CREATE INDEX event_delivery_due ON event_delivery (business_unit, due_at) WHERE status = 'pending';
CREATE INDEX event_delivery_open ON event_delivery (business_unit, submission_id, seq) WHERE status IN ('pending', 'stopped');
CREATE INDEX event_delivery_undelivered ON event_delivery (business_unit, seq) WHERE status <> 'delivered';
