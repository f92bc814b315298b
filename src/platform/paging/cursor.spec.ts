import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { seqCursor, parseSeq, parsePosition, positionCursor } from './cursor';

describe('a cursor', () => {
  it('leads back to where the page ended', () => {
    const position = { createdAt: new Date('2026-11-22T03:04:05.678Z'), id: randomUUID() };
    expect(parsePosition(positionCursor(position))).toEqual(position);
    expect(parseSeq(seqCursor(4_711))).toBe(4_711);
  });

  it('that is absent means the beginning', () => {
    expect(parsePosition(undefined)).toBeNull();
    expect(parseSeq(undefined)).toBe(0);
  });

  it('that we never gave out is 400', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        for (const parse of [parsePosition, parseSeq])
          expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400 }));
      }),
    );
    const cursor = positionCursor({ createdAt: new Date(0), id: randomUUID() });
    for (const edited of [`${cursor}=`, `${cursor} `, cursor.slice(1), seqCursor(1)])
      expect(() => parsePosition(edited)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
