import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { eventCursor, parseEventCursor, parseSubmissionCursor, submissionCursor } from './page-cursor';

describe('a cursor', () => {
  it('leads back to where the page ended', () => {
    const position = { createdAt: new Date('2026-11-22T03:04:05.678Z'), id: randomUUID() };
    expect(parseSubmissionCursor(submissionCursor(position))).toEqual(position);
    expect(parseEventCursor(eventCursor(4_711))).toBe(4_711);
  });

  it('that is absent means the beginning', () => {
    expect(parseSubmissionCursor(undefined)).toBeNull();
    expect(parseEventCursor(undefined)).toBe(0);
  });

  it('that we never gave out is 400', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        for (const parse of [parseSubmissionCursor, parseEventCursor])
          expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400 }));
      }),
    );
    const cursor = submissionCursor({ createdAt: new Date(0), id: randomUUID() });
    for (const edited of [`${cursor}=`, `${cursor} `, cursor.slice(1), eventCursor(1)])
      expect(() => parseSubmissionCursor(edited)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
