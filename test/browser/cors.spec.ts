import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { sampleImage } from '../../lab/gtf';
import { GtfPerson } from '../support/gtf-person';
import { customer } from '../support/submission-story';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';
import { describeInBrowser, openPage, startBrowser } from './support/browser';

/** A page with the person's token goes from opening a submission to its result; where it came to, and what stopped it. */
const ONBOARDING = `async ({ gateway, token, picture }) => {
  const reached = [];
  const authorization = 'Bearer ' + token;
  const ask = async (method, path, headers, body) => {
    const answer = await fetch(gateway + path, { method, headers: { authorization, ...headers }, body });
    reached.push(method + ' ' + answer.status);
    return answer;
  };
  const upload = (path) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', gateway + path);
    request.setRequestHeader('authorization', authorization);
    request.setRequestHeader('content-type', 'image/png');
    request.upload.onprogress = () => undefined;
    request.onload = () => resolve(reached.push('PUT ' + request.status));
    request.onerror = () => reject(new TypeError('refused'));
    request.send(Uint8Array.from(atob(picture), (character) => character.charCodeAt(0)));
  });
  try {
    const key = crypto.randomUUID();
    const created = await ask('POST', '/v1/gtf/submissions',
      { 'content-type': 'application/json', 'idempotency-key': key }, '{"submissionType":"KTP_SCAN"}');
    const { submissionId } = await created.json();
    reached.push('Location ' + created.headers.get('location').endsWith(submissionId));
    await upload('/v1/gtf/submissions/' + submissionId + '/documents/KTP');
    await ask('POST', '/v1/gtf/submissions/' + submissionId + '/confirm');
    const stream = await ask('GET', '/v1/submissions/' + submissionId + '/stream', { 'last-event-id': '0' });
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('kyc.verified')) text += (await reader.read()).value;
    await reader.cancel();
    reached.push('verified');
  } catch (error) {
    reached.push(error.name);
  }
  return reached;
}`;
const REQUESTED = `async ({ gateway, method, path, authorization }) => {
  try {
    const answer = await fetch(gateway + path, { method, headers: { authorization }, credentials: 'omit' });
    return answer.status;
  } catch (error) {
    return error.name;
  }
}`;

describeInBrowser('a page on an origin of its own', () => {
  let gateway: TestGateway;
  let browser: Browser;
  const servers: Server[] = [];
  let [own, ofOtherUnit, foreign] = ['', '', ''];

  beforeAll(async () => {
    [own = '', ofOtherUnit = '', foreign = ''] = await Promise.all([serve(), serve(), serve()]);
    const environment = { BU_NANOVEST_ALLOWED_ORIGINS: own, BU_SIMINVEST_ALLOWED_ORIGINS: ofOtherUnit };
    gateway = await startTestGateway({ environment });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    for (const server of servers) server.close();
  });

  /** An empty page on a port of its own; its origin. */
  async function serve(): Promise<string> {
    const server = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,">'),
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  async function onPage<T>(origin: string, work: (page: Page) => Promise<T>): Promise<T> {
    const { page, close } = await openPage(browser, 1280, [gateway.url, origin]);
    await page.goto(origin);
    const done = await work(page);
    await close();
    return done;
  }

  const run = <T>(page: Page, program: string, input: object): Promise<T> =>
    page.evaluate<T>(`(${program})(${JSON.stringify({ gateway: gateway.url, ...input })})`);

  const onboarding = (origin: string, token: string): Promise<string[]> =>
    onPage(origin, (page) => run(page, ONBOARDING, { token, picture: sampleImage().toString('base64') }));

  it('takes a person of its unit from opening to the result: preflights, upload and stream', async () => {
    const { token } = new GtfPerson(gateway, 'nanovest', customer().phoneNumber);
    expect(await onboarding(own, token)).toEqual([
      ...['POST 201', 'Location true', 'PUT 200', 'POST 202', 'GET 200', 'verified'],
    ]);
  });

  it('is refused by the browser where no unit names its origin, before anything is done', async () => {
    const person = new GtfPerson(gateway, 'nanovest', customer().phoneNumber);
    expect(await onboarding(foreign, person.token)).toEqual(['TypeError']);
    expect((await person.get('/v1/submissions')).body).toMatchObject({ data: [] });
  });

  it('reads nothing about a person of another unit', async () => {
    const { token } = new GtfPerson(gateway, 'nanovest', customer().phoneNumber);
    expect(await onboarding(ofOtherUnit, token)).toEqual(['TypeError']);
    const authorization = `Bearer ${token}`;
    const asked = await onPage(ofOtherUnit, (page) =>
      run(page, REQUESTED, { method: 'GET', path: '/v1/me', authorization }),
    );
    expect(asked).toBe('TypeError');
  });

  it('never gets to a route of the back office, nor with its credential to any other', async () => {
    const authorization = backOffice('nanovest');
    await onPage(own, async (page) => {
      for (const [method, path] of [
        ['GET', '/v1/submissions'],
        ['GET', '/v1/submissions/summary'],
        ['GET', '/v1/events'],
        ['POST', '/v1/people/search'],
        ['GET', '/v1/otp-deliveries'],
      ])
        expect([path, await run(page, REQUESTED, { method, path, authorization })]).toEqual([
          path,
          'TypeError',
        ]);
    });
  });
});
