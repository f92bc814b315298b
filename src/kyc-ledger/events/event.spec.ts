import { createHash } from 'node:crypto';
import { bodyDigest, canonicalBody, type EventBody } from './event';

const BODY: EventBody = {
  businessUnit: 'nanovest',
  submissionId: '0b4d4b0e-6f0a-4a53-9d8a-0f0f6f0f9f3f',
  personId: null,
  type: 'kyc.verified',
  at: new Date('2026-11-22T03:04:05.678Z'),
  sourceKey: 'callback:1',
  data: { reasonCode: null, learntBy: 'callback' },
  vault: [{ id: 'v', name: 'identity', sealedSha256: 'aa', commitment: 'bb' }],
};

/** Written down once: exports of before have to verify for ever. */
const CANONICAL =
  '{"at":"2026-11-22T03:04:05.678Z","businessUnit":"nanovest","data":{"learntBy":"callback","reasonCode":null},' +
  '"personId":null,"sourceKey":"callback:1","submissionId":"0b4d4b0e-6f0a-4a53-9d8a-0f0f6f0f9f3f","type":"kyc.verified",' +
  '"vault":[{"commitment":"bb","id":"v","name":"identity","sealedSha256":"aa"}],"version":1}';

it('an event is hashed in its canonical form (RFC 8785), which never changes', () => {
  expect(canonicalBody(BODY)).toBe(CANONICAL);
  expect(bodyDigest(BODY)).toEqual(createHash('sha256').update(CANONICAL).digest());
});
