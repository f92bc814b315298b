import { invalidField } from '../errors';

/** Where a page of a list that is newest first ended. */
export interface ListPosition {
  readonly createdAt: Date;
  readonly id: string;
}

const POSITION = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const SEQ = /^\d{1,15}$/;

/** The position as an opaque text. */
export function positionCursor({ createdAt, id }: ListPosition): string {
  return encode(`${createdAt.getTime()}.${id}`);
}

/** @throws GatewayError 400 when it is none of ours */
export function parsePosition(cursor: string | undefined): ListPosition | null {
  if (cursor === undefined) return null;
  const [, milliseconds, id] = POSITION.exec(decode(cursor)) ?? [];
  if (milliseconds === undefined || id === undefined) throw notACursor();
  return { createdAt: new Date(Number(milliseconds)), id };
}

/** Where a page of numbered rows ended, as an opaque text. */
export function seqCursor(seq: number): string {
  return encode(String(seq));
}

/** The number a page ended with; 0 without a cursor. @throws GatewayError 400 when it is none of ours */
export function parseSeq(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const seq = decode(cursor);
  if (!SEQ.test(seq)) throw notACursor();
  return Number(seq);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Empty for what {@link encode} did not write. */
function decode(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  return encode(text) === cursor ? text : '';
}

function notACursor(): Error {
  return invalidField('cursor', 'must be the `nextCursor` of an earlier answer');
}
