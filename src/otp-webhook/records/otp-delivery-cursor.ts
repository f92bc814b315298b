import { invalidField } from '../../platform/errors';

/** Where a page ended. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

const POSITION = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function toCursor({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');
}

/** @throws GatewayError 400 when it is none of ours */
export function fromCursor(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, milliseconds, id] = POSITION.exec(text) ?? [];
  if (milliseconds === undefined || id === undefined || Buffer.from(text).toString('base64url') !== cursor)
    throw invalidField('cursor', 'must be the `nextCursor` of an earlier answer');
  return { createdAt: new Date(Number(milliseconds)), id };
}
