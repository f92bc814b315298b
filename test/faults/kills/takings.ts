import type { Client } from 'pg';
import type { Lab } from '../../../lab';
import { eventually } from '../../support/eventually';
import type { MixedLoad } from '../../support/mixed-load';

const COLLECT_EVERY_MS = 200;

/** A message as a provider took it. */
interface Taken {
  readonly receivedAt: number;
  /** The delivery's id, or else a text with the code. */
  readonly names: string;
}

interface DeliveryRow {
  readonly id: string;
  readonly status: string;
  readonly expires_at: Date;
  readonly flagged: boolean;
}

/** What became of what was acknowledged. */
export interface Account {
  readonly table: string;
  /** Codes by the status they ended with. */
  readonly ends: ReadonlyMap<string, number>;
  readonly lost: readonly string[];
  /** Sent when their time was over. */
  readonly late: readonly string[];
  readonly twiceUnmarked: readonly string[];
}

/** Collects what the partners took, of which the lab keeps the newest alone, and holds it against the database. */
export class Takings {
  readonly #messages = new Map<string, Taken>();
  readonly #events = new Map<string, { readonly ids: Set<string>; copies: number }>();
  readonly #seenEvents = new WeakSet<object>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly lab: Lab) {
    this.#timer = setInterval(() => this.#collect(), COLLECT_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Approved data that Common KYC does not have yet, once there is time enough. */
  untilShared(sql: Client, withinMs: number): Promise<number> {
    return counted(
      sql,
      `SELECT count(*)::integer AS left FROM common_kyc_share WHERE state = 'waiting'`,
      withinMs,
    );
  }

  /** Events that the unit's back end has not heard of yet. The schedule is in a hurry: what is planned for later is due now. */
  async untilTold(sql: Client, withinMs: number): Promise<number> {
    const open = `SELECT count(*)::integer AS left FROM event_endpoint e JOIN kyc_event k USING (business_unit)
      LEFT JOIN event_delivery d USING (business_unit, seq) WHERE d.status IS DISTINCT FROM 'delivered' AND k.seq <= e.taken_to`;
    const hurry = `UPDATE event_delivery SET due_at = now() WHERE status = 'pending' AND due_at > now()`;
    return counted(sql, open, withinMs, hurry);
  }

  async account(sql: Client, load: MixedLoad): Promise<Account> {
    this.#collect();
    const { rows } = await sql.query<DeliveryRow>(
      `SELECT d.id, d.status, d.expires_at, coalesce(bool_or(a.may_repeat), false) AS flagged
       FROM otp_delivery d LEFT JOIN otp_attempt a ON a.business_unit = d.business_unit AND a.delivery_id = d.id
       WHERE d.id = ANY ($1) GROUP BY d.business_unit, d.id`,
      [load.codes],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    const messages = [...this.#messages.values()];
    const found = { late: [] as string[], twiceUnmarked: [] as string[], contradicted: [] as string[] };
    const ends = new Map<string, number>();
    let twice = 0;
    for (const id of load.codes) {
      const row = byId.get(id);
      if (row === undefined) continue;
      const otp = load.otps.get(id) ?? id;
      const copies = messages.filter(({ names }) => names.includes(id) || names.includes(otp));
      ends.set(row.status, (ends.get(row.status) ?? 0) + 1);
      if (copies.length > 1) twice += 1;
      if (copies.length > 2 || (copies.length === 2 && !row.flagged))
        found.twiceUnmarked.push(`${id}: ${copies.length} copies`);
      if (copies.some(({ receivedAt }) => receivedAt > row.expires_at.getTime())) found.late.push(id);
      if (['accepted', 'delivered', 'read'].includes(row.status) && copies.length === 0)
        found.contradicted.push(id);
    }
    const { codes, submissions } = await load.lost(sql);
    const shares = await sql.query<{ again: number }>(
      'SELECT count(*)::integer AS again FROM common_kyc_share WHERE tries > 1 AND submission_id = ANY ($1)',
      [load.submissions],
    );
    const events = [...this.#events.values()];
    const told = events.filter(({ copies }) => copies > 1).length;
    // One event under two ids could not be told from two events.
    for (const [event, { ids }] of this.#events) if (ids.size > 1) found.twiceUnmarked.push(`event ${event}`);
    const line = (...cells: (string | number)[]): string =>
      cells
        .map((cell, index) => (index === 0 ? String(cell).padEnd(12) : String(cell).padStart(14)))
        .join('');
    const table = [
      line('', 'acknowledged', 'survived', 'lost', 'repeated', 'unknown'),
      line(
        'codes',
        load.codes.length,
        load.codes.length - codes.length,
        codes.length,
        twice,
        load.unanswered.codes,
      ),
      line(
        ...[
          'submissions',
          load.submissions.length,
          load.submissions.length - submissions.length,
          submissions.length,
        ],
        ...[shares.rows[0]?.again ?? 0, load.unanswered.submissions],
      ),
      line('events', '', events.length, 0, told, ''),
      `codes ended: ${[...ends].map(([status, count]) => `${count} ${status}`).join(', ')}; answers by status: ` +
        JSON.stringify(Object.fromEntries(load.statuses)),
    ].join('\n');
    const { late, twiceUnmarked, contradicted } = found;
    return { table, ends, lost: [...codes, ...submissions, ...contradicted], late, twiceUnmarked };
  }

  #collect(): void {
    const { whatsapp, twilio, smtp, unitBackEnd } = this.lab;
    for (const { id, opaque, receivedAt } of whatsapp.messages())
      this.#messages.set(id, { receivedAt: Date.parse(receivedAt), names: opaque ?? '' });
    for (const { id, text, receivedAt } of twilio.messages())
      this.#messages.set(id, { receivedAt: Date.parse(receivedAt), names: text });
    for (const mail of smtp.mails())
      this.#messages.set(`${mail.messageId} ${mail.receivedAt}`, {
        receivedAt: Date.parse(mail.receivedAt),
        names: mail.messageId,
      });
    for (const event of unitBackEnd.events()) {
      if (this.#seenEvents.has(event) || event.data['seq'] === undefined) continue;
      this.#seenEvents.add(event);
      const name = `${event.unit} ${JSON.stringify(event.data['seq'])}`;
      const known = this.#events.get(name) ?? { ids: new Set<string>(), copies: 0 };
      known.ids.add(event.id);
      known.copies += 1;
      this.#events.set(name, known);
    }
  }
}

async function counted(sql: Client, statement: string, withinMs: number, before?: string): Promise<number> {
  return eventually(
    async () => {
      if (before !== undefined) await sql.query(before);
      return (await sql.query<{ left: number }>(statement)).rows[0]?.left ?? -1;
    },
    (left) => left === 0,
    withinMs,
  );
}
