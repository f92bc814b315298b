import { bodyDigest, type EventBody } from '../events/event';
import { linked } from '../../../test/support/chain-hashes';
import { pick, type Random } from '../../../test/support/randomness';

/** The business unit whose tables are falsified. */
export const UNIT = 'nanovest';

/** What there is to falsify. */
export interface Chain {
  readonly events: readonly { readonly seq: number; readonly body: EventBody; readonly digest: Buffer }[];
  readonly entries: readonly string[];
  readonly submissions: readonly string[];
  readonly people: readonly string[];
}

/** Ways to falsify the tables, by their owner with triggers switched off; each is SQL. */
export const EDITS: Readonly<Record<string, (chain: Chain, random: Random) => string>> = {
  'an event was edited': ({ events }, random) => {
    const { seq } = pick(random, events);
    const flip = pick(random, ['body_digest', 'previous_hash', 'hash']);
    const edit = pick(random, [
      'submission_id = gen_random_uuid()',
      'person_id = gen_random_uuid()',
      `type = type || 'd'`,
      `at = at + interval '1 millisecond'`,
      `source_key = source_key || '.'`,
      `data = data || '{"by":"nobody"}'`,
      `vault = vault || '[{"id":"x"}]'`,
      'seq = seq + 1000',
      `business_unit = 'siminvest', seq = seq + 1000`,
      flipped(flip, 32, random),
    ]);
    return `UPDATE kyc_event SET ${edit} WHERE business_unit = '${UNIT}' AND seq = ${seq}`;
  },
  'an event was deleted': ({ events }, random) =>
    `DELETE FROM kyc_event WHERE business_unit = '${UNIT}' AND seq = ${pick(random, events).seq}`,
  'two events were swapped': ({ events }, random) => {
    const [one, other] = two(
      random,
      events.map(({ seq }) => seq),
    );
    return `UPDATE kyc_event SET seq = -1 WHERE business_unit = '${UNIT}' AND seq = ${one};
      UPDATE kyc_event SET seq = ${one} WHERE business_unit = '${UNIT}' AND seq = ${other};
      UPDATE kyc_event SET seq = ${other} WHERE business_unit = '${UNIT}' AND seq = -1`;
  },
  'the end was cut off, with its checkpoints': ({ events }, random) => {
    const { seq } = pick(random, events);
    return `DELETE FROM kyc_event WHERE business_unit = '${UNIT}' AND seq >= ${seq};
      UPDATE ledger_head h SET seq = ${seq - 1}, hash = coalesce(
        (SELECT hash FROM kyc_event e WHERE e.business_unit = '${UNIT}' AND e.seq = ${seq - 1}), decode(repeat('00', 32), 'hex'))
        WHERE business_unit = '${UNIT}';
      DELETE FROM ledger_checkpoint WHERE business_unit = '${UNIT}' AND seq >= ${seq}`;
  },
  'the chain was written anew from some event, its checkpoints deleted': (chain, random) =>
    rewriting(chain, random),
  'the chain was written anew from some event, and its end signed by somebody else': (chain, random) =>
    `${rewriting(chain, random)}; INSERT INTO ledger_checkpoint
      SELECT business_unit, seq, hash, now(), 'somebody-elses-k', decode(repeat('ab', 64), 'hex')
        FROM ledger_head WHERE business_unit = '${UNIT}'`,
  'an entry of the vault was edited': ({ entries, people }, random) => {
    const edit = pick(random, [
      flipped('sealed', 45, random),
      `name = name || 's'`,
      `created_at = created_at + interval '1 millisecond'`,
      `person_id = (SELECT id FROM person p WHERE p.id <> person_id AND p.id = ANY ('{${people.join()}}') LIMIT 1)`,
      'id = gen_random_uuid()',
      `business_unit = 'siminvest'`,
    ]);
    return `UPDATE vault_entry SET ${edit} WHERE id = '${pick(random, entries)}'`;
  },
  'an entry of the vault was deleted': ({ entries }, random) =>
    `DELETE FROM vault_entry WHERE id = '${pick(random, entries)}'`,
  'two entries of the vault were swapped': ({ entries }, random) => {
    const [one, other] = two(random, entries);
    return `UPDATE vault_entry v SET sealed = o.sealed FROM vault_entry o
      WHERE (v.id, o.id) IN (('${one}', '${other}'), ('${other}', '${one}'))`;
  },
  'a submission was edited': ({ submissions }, random) => {
    const edit = pick(random, [
      'person_id = gen_random_uuid()',
      `kind = CASE kind WHEN 'gtf-coe' THEN 'gtf-siv' ELSE 'gtf-coe' END`,
      `opened_by = CASE opened_by WHEN 'user' THEN 'back-office' ELSE 'user' END`,
      `status = CASE status WHEN 'verified' THEN 'approved' ELSE 'verified' END`,
      `reason_code = coalesce(reason_code, '') || 'x'`,
      `verification = coalesce(verification, '{}') || '{"nik":"fail"}'`,
      'phone_entry = gen_random_uuid()',
      'identity_entry = gen_random_uuid()',
      'partner_entry = gen_random_uuid()',
      `created_at = created_at + interval '1 millisecond'`,
      `updated_at = updated_at + interval '1 millisecond'`,
      'last_seq = last_seq + 1',
    ]);
    return `UPDATE kyc_submission SET ${edit} WHERE id = '${pick(random, submissions)}'`;
  },
  'a submission was deleted': ({ submissions }, random) =>
    `DELETE FROM kyc_submission WHERE id = '${pick(random, submissions)}'`,
  'the opening of a submission was edited': ({ submissions }, random) => {
    const edit = pick(random, [
      'id = gen_random_uuid()',
      'person_id = gen_random_uuid()',
      `kind = CASE kind WHEN 'gtf-coe' THEN 'gtf-siv' ELSE 'gtf-coe' END`,
      `opened_by = CASE opened_by WHEN 'user' THEN 'back-office' ELSE 'user' END`,
      `created_at = created_at + interval '1 millisecond'`,
      `business_unit = CASE business_unit WHEN 'nanovest' THEN 'siminvest' ELSE 'nanovest' END`,
    ]);
    return `UPDATE kyc_submission_opening SET ${edit} WHERE id = '${pick(random, submissions)}'`;
  },
  'the opening of a submission was deleted': ({ submissions }, random) =>
    `DELETE FROM kyc_submission_opening WHERE id = '${pick(random, submissions)}'`,
  'the recorded end was edited': (_chain, random) => {
    const edit = pick(random, ['seq = seq + 1', 'seq = seq - 1', flipped('hash', 32, random)]);
    return `UPDATE ledger_head SET ${edit} WHERE business_unit = '${UNIT}'`;
  },
  'the recorded end was deleted': () => `DELETE FROM ledger_head WHERE business_unit = '${UNIT}'`,
  'a checkpoint was edited': (_chain, random) => {
    const edit = pick(random, [
      'seq = seq - 1',
      `at = at + interval '1 millisecond'`,
      `key_id = 'somebody-elses-k'`,
      `business_unit = 'siminvest'`,
      flipped('hash', 32, random),
      flipped('signature', 64, random),
    ]);
    return `UPDATE ledger_checkpoint SET ${edit} WHERE business_unit = '${UNIT}'`;
  },
  'the checkpoints were deleted': () => `DELETE FROM ledger_checkpoint WHERE business_unit = '${UNIT}'`,
};

/** One bit of a binary column, of which `bytes` are certain to be there. */
function flipped(column: string, bytes: number, random: Random): string {
  const bit = Math.floor(random() * bytes * 8);
  return `${column} = set_bit(${column}, ${bit}, 1 - get_bit(${column}, ${bit}))`;
}

function two<T>(random: Random, choices: readonly T[]): readonly [T, T] {
  const one = pick(random, choices);
  return [
    one,
    pick(
      random,
      choices.filter((other) => other !== one),
    ),
  ];
}

function rewriting({ events }: Chain, random: Random): string {
  const victim = pick(random, events);
  let previous: Buffer = Buffer.alloc(32);
  const statements: string[] = [];
  for (const { seq, body, digest } of events) {
    const changed = { ...body, data: { ...body.data, by: 'nobody' } };
    const own = seq === victim.seq ? bodyDigest(changed) : digest;
    const hash = linked(previous, seq, own);
    if (seq >= victim.seq)
      statements.push(
        `UPDATE kyc_event SET body_digest = '\\x${own.toString('hex')}', previous_hash = '\\x${previous.toString('hex')}',
          hash = '\\x${hash.toString('hex')}'${seq === victim.seq ? `, data = '${JSON.stringify(changed.data)}'` : ''}
          WHERE business_unit = '${UNIT}' AND seq = ${seq}`,
      );
    previous = hash;
  }
  return `${statements.join(';')};
    UPDATE ledger_head SET hash = '\\x${previous.toString('hex')}' WHERE business_unit = '${UNIT}';
    DELETE FROM ledger_checkpoint WHERE business_unit = '${UNIT}' AND seq >= ${victim.seq}`;
}
