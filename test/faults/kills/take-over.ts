import { Client } from 'pg';

interface TakeOver {
  /** Codes of which nobody knows yet what became of them. */
  readonly open: number;
  readonly lost: number;
  readonly takenOver: number;
  /** When the last of them was tried again. */
  readonly last: Date | null;
}

/** What became of attempts that died with their worker at that moment. */
export async function takeOver(url: string, killed: Date): Promise<TakeOver> {
  const sql = new Client(url);
  await sql.connect();
  try {
    const { rows } = await sql.query<TakeOver>(TAKE_OVER, [killed]);
    return rows[0] ?? { open: -1, lost: 0, takenOver: 0, last: null };
  } finally {
    await sql.end();
  }
}

const TAKE_OVER = `
SELECT (SELECT count(*)::integer FROM otp_delivery WHERE status IN ('queued', 'sending')) AS open,
       count(*)::integer AS lost, count(next.started_at)::integer AS "takenOver", max(next.started_at) AS last
FROM otp_attempt lost
LEFT JOIN otp_attempt next ON next.business_unit = lost.business_unit AND next.delivery_id = lost.delivery_id
  AND next.number = lost.number + 1 AND next.may_repeat AND next.started_at > $1
WHERE lost.error_code = 'worker_lost' AND lost.started_at > $1::timestamptz - interval '5 s'`;
