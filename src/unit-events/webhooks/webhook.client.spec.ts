import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpService } from '@nestjs/axios';
import type { LedgerEvent } from '../../kyc-ledger';
import { Secret } from '../../platform/config';
import { createLog } from '../../platform/logging';
import { Metrics } from '../../platform/metrics';
import { WebhookClient } from './webhook.client';

const EVENT: LedgerEvent = {
  ...{ seq: 1, id: '9f86d081-884c-8d65-8a2f-eaa0c55ad015', type: 'kyc.verified', at: new Date(0) },
  ...{ submissionId: null, personId: null, data: {}, hash: '', submission: null },
};

/** Sends three times, one after the other. @returns the statuses heard, and how many connections that took */
async function sendThrice(
  answer: RequestListener,
): Promise<{ statuses: (number | null)[]; connections: number }> {
  let connections = 0;
  const server = createServer(answer).on('connection', () => (connections += 1));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = new WebhookClient(new HttpService(), createLog('silent'), new Metrics());
  const endpoint = {
    EVENTS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    EVENTS_SECRETS: [new Secret(`whsec_${randomBytes(24).toString('base64')}`)],
    EVENTS_TYPES: undefined,
  };
  const statuses: (number | null)[] = [];
  for (let time = 0; time < 3; time += 1) {
    const attempt = { startedAt: new Date(), failedBefore: 0 };
    const sent = await client.send('nanovest', endpoint, EVENT, attempt);
    statuses.push(sent.attempt.status);
    await new Promise((done) => setTimeout(done, 20)); // the answer's end comes after its status
  }
  server.closeAllConnections();
  server.close();
  return { statuses, connections };
}

describe('a unit’s own back end', () => {
  it.each([
    ['204 without a length', 204, undefined],
    ['a short text in chunks', 200, 'taken'],
  ])('that answers %s is sent the next event over the same connection', async (_, status, text) => {
    const { statuses, connections } = await sendThrice((_request, response) => {
      response.writeHead(status).end(text);
    });
    expect(statuses).toEqual([status, status, status]);
    expect(connections).toBe(1);
  });

  it('that answers at length is not listened to', async () => {
    const { statuses, connections } = await sendThrice((_request, response) => {
      response.writeHead(200);
      response.write(randomBytes(1_000_000));
    });
    expect(statuses).toEqual([200, 200, 200]);
    expect(connections).toBe(3);
  });
});
