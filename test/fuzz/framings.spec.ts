import { RawConnection } from '../support/raw-connection';
import { backOffice, startTestGateway, type TestGateway } from '../support/test-gateway';

/**
 * Bytes that no HTTP client would send. Each is refused or served, never taken for two requests where a proxy in front saw one
 * (request smuggling), and nobody else notices. What is served twice is counted in the access log, by request id.
 */
let gateway: TestGateway;
beforeAll(async () => {
  // Refusals of strangers leave slowly (ADR 0022); that is not what is tried here.
  gateway = await startTestGateway({
    environment: { ANONYMOUS_REQUESTS_PER_SECOND: '0', LOG_LEVEL: 'info' },
  });
});
afterAll(() => gateway?.close());

const OFFICE = `Authorization: ${backOffice('nanovest')}\r\n`;
const BODY = '{"nik":"3171010101900001"}';
const SEARCH = '/v1/submissions/search';
/** What a smuggler hides. Its id must be in no line of the log. */
const HIDDEN_ID = 'smuggled-request';
const HIDDEN = `GET /health/live HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${HIDDEN_ID}\r\n\r\n`;
const HEX = (text: string): string => Buffer.byteLength(text).toString(16);
const CHUNKED = `${HEX(BODY)}\r\n${BODY}\r\n0\r\n\r\n`;

/** A POST whose framing lines are the case's. */
function post(lines: string, body: string, { version = 'HTTP/1.1', host = 'Host: a\r\n' } = {}): string {
  return `POST ${SEARCH} ${version}\r\n${host}${OFFICE}Content-Type: application/json\r\n${lines}\r\n${body}`;
}
const get = (lines: string, target = '/v1/submissions?limit=1'): string =>
  `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const length = (value: string | number = BODY.length): string => `Content-Length: ${value}\r\n`;
const coded = (value: string): string => `Transfer-Encoding: ${value}\r\n`;
const HOST = `Host: a\r\n${OFFICE}`;

type Case = readonly [name: string, bytes: string | Buffer];

/** One status, a connection that ends, and nothing behind it. */
const REFUSED: readonly Case[] = [
  // Two lengths, or a length and a coding (RFC 9112 §6.3).
  ...[
    length() + length(),
    length() + length(0),
    length(0) + length(),
    length() + length(BODY.length + 1),
  ].map((lines): Case => [`lengths ${JSON.stringify(lines)}`, post(lines, BODY + HIDDEN)]),
  ...['chunked', 'Chunked', ' chunked', 'chunked ', 'identity', 'gzip'].flatMap((coding): Case[] => [
    [`a length in front of ${JSON.stringify(coding)}`, post(length() + coded(coding), CHUNKED + HIDDEN)],
    [`a length behind ${JSON.stringify(coding)}`, post(coded(coding) + length(4), CHUNKED + HIDDEN)],
  ]),
  ...[
    ...[
      '+26',
      '-1',
      '0x1a',
      '26,26',
      '26, 26',
      '26;',
      '26.0',
      '2 6',
      '1e1',
      '\t',
      '',
      'NaN',
      '٢٦',
      '\u00b226',
      '99999999999999999999',
    ],
    ...['18446744073709551616', '4294967322', '26\v', '26\f', '"26"'],
  ]
    .filter((value) => value !== '4294967322')
    .map((value): Case => [`a length of ${JSON.stringify(value)}`, post(length(value), BODY + HIDDEN)]),
  ...[
    ...[
      'xchunked',
      'chunkedx',
      'chunked, identity',
      'identity, chunked',
      'chunked, chunked',
      'gzip, chunked',
      'cow',
    ],
    ...[
      '"chunked"',
      "'chunked'",
      'chunk',
      'chunked;q=1',
      'chunked\v',
      '\vchunked',
      'chun\u00a0ked',
      'trailers',
    ],
  ].map((coding): Case => [`a coding of ${JSON.stringify(coding)}`, post(coded(coding), CHUNKED + HIDDEN)]),
  ...[
    coded('chunked') + coded('chunked'),
    coded('chunked') + coded('identity'),
    coded('identity') + coded('chunked'),
  ].map((lines): Case => [`codings ${JSON.stringify(lines)}`, post(lines, CHUNKED + HIDDEN)]),
  // Names that one parser reads and another does not.
  ...[
    'Transfer-Encoding :',
    'Transfer_Encoding\u0000:',
    ' Transfer-Encoding:',
    'Transfer-Encoding\t:',
    '\tTransfer-Encoding:',
    ':',
  ].map((name): Case => [
    `the name ${JSON.stringify(name)}`,
    post(`${length()}${name} chunked\r\n`, BODY + HIDDEN),
  ]),
  ...[
    'Content-Length :',
    ' Content-Length:',
    'Content-Length\t:',
    'Content Length:',
    'Content-Length\u0000:',
    'Content-Length',
  ].map((name): Case => [
    `the name ${JSON.stringify(name)}`,
    post(`${name} ${BODY.length}\r\n`, BODY + HIDDEN),
  ]),
  // Lines that are folded, or end in one byte.
  ['a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', CHUNKED + HIDDEN)],
  ['a folded length', post(`Content-Length:\r\n ${BODY.length}\r\n`, BODY + HIDDEN)],
  ['a folded header', get(`Host: a\r\nX: 1\r\n folded\r\n${OFFICE}`)],
  ['a folded first header', get(` folded\r\n${HOST}`)],
  ['a bare LF behind a header', get(`Host: a\n${OFFICE}`)],
  ['a bare LF at the end', `GET /v1/submissions HTTP/1.1\r\n${HOST}\n`],
  ['a bare CR in a header', get(`${HOST}X: a\rb\r\n`)],
  ['a bare CR that hides a header', get(`${HOST}X: a\rTransfer-Encoding: chunked\r\n`)],
  ['a NUL in a header', get(`${HOST}X: a\u0000b\r\n`)],
  ['lines of bare LF', `GET /v1/submissions HTTP/1.1\nHost: a\n\n${HIDDEN}`],
  ['a bare CR behind the first line', `GET /v1/submissions HTTP/1.1\rHost: a\r\n\r\n`],
  ['an escape in a header', get(`${HOST}X: \u001b[2J\r\n`)],
  ['a DEL in a name', get(`${HOST}X\u007f: 1\r\n`)],
  ['a name beyond ASCII', get(`${HOST}X-\u00e9: 1\r\n`)],
  ['a header without a colon', get(`${HOST}nothing\r\n`)],
  // Chunks.
  ...[
    ...[
      'g',
      '-1',
      '+1a',
      '0x1a',
      ' 1a',
      '1a ',
      '1 a',
      '',
      ';',
      '1a\n',
      'ffffffffffffffffff',
      '10000000000000000',
      '1a\r',
    ],
    ...['1a;a\nb', '1a;a\rb', '1a;\u0000', '１a'],
  ].map((size): Case => [
    `a chunk of size ${JSON.stringify(size)}`,
    post(coded('chunked'), `${size}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`),
  ]),
  [
    'a chunk shorter than it says',
    post(coded('chunked'), `${HEX(`${BODY}x`)}\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`),
  ],
  ['a chunk longer than it says', post(coded('chunked'), `2\r\n${BODY}\r\n0\r\n\r\n${HIDDEN}`)],
  ['a chunk that ends in LF', post(coded('chunked'), `${HEX(BODY)}\n${BODY}\n0\n\n${HIDDEN}`)],
  ['a chunk without an end', post(coded('chunked'), `${HEX(BODY)}\r\n${BODY}0\r\n\r\n${HIDDEN}`)],
  [
    'an extension beyond all bounds',
    post(coded('chunked'), `1a;${'x'.repeat(40_000)}\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  [
    'a trailer without a colon',
    post(coded('chunked'), `${HEX(BODY)}\r\n${BODY}\r\n0\r\nnothing\r\n\r\n${HIDDEN}`),
  ],
  // Hosts and targets.
  ['a host with a NUL', get(`Host: a\u0000b\r\n${OFFICE}`)],
  ['a target with a blank', get(HOST, '/v1/submissions?a b')],
  ['a target with a tab', get(HOST, '/v1/sub\tmissions')],
  ['a target with a NUL', get(HOST, '/v1/sub\u0000missions')],
  ['no target', get(HOST, '')],
  ['a fragment alone', get(HOST, '#x')],
  ['a target that is a word', get(HOST, 'v1/submissions')],
  ['a blank in front', ` ${get(HOST)}`],
  ...[
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/2.0',
    'HTTP/9.9',
    'HTTP/1',
    'HTTP/1.1.1',
    'http/1.1',
    'HTTP/01.1',
    'HTTP 1.1',
    'HTTPS/1.1',
    'RTSP/1.0',
  ].map((version): Case => [
    `the version ${version}`,
    `GET /v1/submissions ${version}\r\n${HOST}\r\n${HIDDEN}`,
  ]),
  ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000'],
  ['TLS', Buffer.from('16030100c0010000bc0303', 'hex')],
  ['SSH', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['a PROXY line', `PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${get(HOST)}`],
  ["PostgreSQL's start", Buffer.from('0000000804d2162f', 'hex')],
  ['no version', `GET /health/live\r\n\r\n${HIDDEN}`],
  [
    'a length as a trailer',
    post(coded('chunked'), `${HEX(BODY)}\r\n${BODY}\r\n0\r\nContent-Length: 3\r\n\r\n${HIDDEN}`),
  ],
  ['a method in small letters', get(HOST).replace('GET', 'get')],
  ['a method with a NUL', get(HOST).replace('GET', 'G\u0000T')],
  ['a method nobody knows', get(HOST).replace('GET', 'FROBNICATE')],
  ['a tunnel', 'CONNECT 127.0.0.1:5432 HTTP/1.1\r\nHost: 127.0.0.1:5432\r\n\r\n'],
  // Sizes.
  ['a header beyond all bounds', get(`${HOST}X: ${'x'.repeat(20_000)}\r\n`)],
  ['a name beyond all bounds', get(`${HOST}${'x'.repeat(20_000)}: 1\r\n`)],
  ['2,000 headers', get(`${HOST}${'X: 12345678\r\n'.repeat(2_000)}`)],
  ['a target beyond all bounds', get(HOST, `/${'x'.repeat(20_000)}`)],
];

/** One answer of the gateway's own, on a connection that goes on. */
const SERVED: readonly Case[] = [
  ['two hosts in other letters', get(`hOsT: b\r\n${HOST}`)],
  ['two hosts', get(`Host: b\r\n${HOST}`)],
  ['no host', get(OFFICE)],
  ['a length in front of a blank line', `\r\n${post(length(), BODY)}`],
  ['a length with blanks around', post(`Content-Length: \t ${BODY.length} \t\r\n`, BODY)],
  ['a length with zeros', post(length(`000${BODY.length}`), BODY)],
  ['a length in other letters', post(`cOnTeNt-LeNgTh: ${BODY.length}\r\n`, BODY)],
  ['chunks', post(coded('chunked'), CHUNKED)],
  ['chunks in other letters', post('tRANSFER-eNCODING: cHuNkEd\r\n', CHUNKED)],
  [
    'one byte a chunk',
    post(coded('chunked'), `${[...BODY].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`),
  ],
  ['a chunk with an extension', post(coded('chunked'), `${HEX(BODY)};a=b\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'a chunk with a quoted extension',
    post(coded('chunked'), `${HEX(BODY)};a="b;c"\r\n${BODY}\r\n0;z\r\n\r\n`),
  ],
  [
    'a size in capitals with zeros',
    post(coded('chunked'), `000${HEX(BODY).toUpperCase()}\r\n${BODY}\r\n0000\r\n\r\n`),
  ],
  ['trailers', post(`${coded('chunked')}Trailer: X\r\n`, `${HEX(BODY)}\r\n${BODY}\r\n0\r\nX: 1\r\n\r\n`)],
  [
    'trailers that would be headers',
    post(coded('chunked'), `${HEX(BODY)}\r\n${BODY}\r\n0\r\nAuthorization: Basic eDp5\r\nHost: b\r\n\r\n`),
  ],
  ['absolute form', get(HOST, 'http://a/v1/submissions?limit=1')],
  ['absolute form with another host', get(HOST, 'http://elsewhere.example/v1/submissions?limit=1')],
  ['a body on a GET', `GET /v1/submissions?limit=1 HTTP/1.1\r\n${HOST}${length(HIDDEN.length)}\r\n${HIDDEN}`],
  [
    'chunks on a GET',
    `GET /v1/submissions?limit=1 HTTP/1.1\r\n${HOST}${coded('chunked')}\r\n${HEX(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ],
  [
    'a body on a route without one',
    `GET /health/live HTTP/1.1\r\nHost: a\r\n${length(HIDDEN.length)}\r\n${HIDDEN}`,
  ],
  ['a body in front of a 404', `POST /nothing HTTP/1.1\r\n${HOST}${length(HIDDEN.length)}\r\n${HIDDEN}`],
  ['a body in front of a 405', `PATCH ${SEARCH} HTTP/1.1\r\n${HOST}${length(HIDDEN.length)}\r\n${HIDDEN}`],
  ['a body in front of a 401', `POST ${SEARCH} HTTP/1.1\r\nHost: a\r\n${length(HIDDEN.length)}\r\n${HIDDEN}`],
  [
    'chunks in front of a 401',
    `POST ${SEARCH} HTTP/1.1\r\nHost: a\r\n${coded('chunked')}\r\n${HEX(HIDDEN)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  ],
  ['a body in front of a 415', `POST ${SEARCH} HTTP/1.1\r\n${HOST}${length(HIDDEN.length)}\r\n${HIDDEN}`],
  ['a body in front of a 417', post(`Expect: wonders\r\n${length()}`, BODY)],
  ['two Authorization headers', get(`${HOST}${OFFICE}`)],
  [
    'an upgrade to h2c',
    get(`${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n`),
  ],
  [
    'an upgrade to a WebSocket',
    get(
      `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n`,
    ),
  ],
  ['an expectation that is met', post(`Expect: 100-continue\r\n${length()}`, BODY)],
  ['an expectation in other letters', post(`Expect: 100-Continue\r\n${length()}`, BODY)],
  ['TRACE', `TRACE /v1/submissions HTTP/1.1\r\n${HOST}\r\n`],
  ['OPTIONS for all', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ['a length named in Connection', post(`Connection: Content-Length\r\n${length()}`, BODY)],
  ['a coding named in Connection', post(`Connection: Transfer-Encoding\r\n${coded('chunked')}`, CHUNKED)],
  ['Proxy-Connection', get(`${HOST}Proxy-Connection: keep-alive\r\n`)],
  [
    'override headers',
    get(`${HOST}X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /health/live\r\nX-Rewrite-URL: /\r\n`),
  ],
  ['an underscore for a dash', post(`${length()}Transfer_Encoding: chunked\r\n`, BODY)],
  ['a forwarded host', get(`${HOST}X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n`)],
];

/** Everything that comes until the connection ends. */
async function exchange(
  bytes: string | Buffer,
): Promise<{ answers: number[]; ended: boolean; text: string }> {
  const connection = await RawConnection.open(gateway.url);
  connection.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const ended = await connection.end(15_000);
  const text = connection.rest;
  connection.close();
  return {
    answers: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    ended,
    text,
  };
}

const NEXT_ID = 'the-next-one';
const NEXT = `GET /health/live HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${NEXT_ID}\r\n\r\n`;

async function neighbour(): Promise<void> {
  const answer = await fetch(`${gateway.url}/v1/submissions?limit=1`, {
    headers: { authorization: backOffice('nanovest') },
  });
  expect(answer.status).toBe(200);
}

describe('bytes that no client would send', () => {
  afterEach(neighbour);

  it.each(REFUSED)('are refused, and what is behind them is not read: %s', async (_name, bytes) => {
    const { answers, ended, text } = await exchange(bytes);
    expect([answers, ended]).toEqual([[expect.any(Number)], true]);
    expect(String(answers[0])).toMatch(/^4(00|05|13|14|31)$/);
    expect(text).toMatch(/"code":"(invalid_request|method_not_allowed|payload_too_large)"/);
  });

  it.each(SERVED)(
    'are one request, and the connection goes on, or says that it does not: %s',
    async (_name, bytes) => {
      const connection = await RawConnection.open(gateway.url);
      connection.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
      const first = await connection.answer();
      expect(first?.status).toBeLessThan(500);
      expect(connection.rest).toBe('');
      if (first?.headers['connection'] === 'close') return expect(await connection.end()).toBe(true);
      connection.send(NEXT);
      const next = await connection.answer();
      expect([next?.status, next?.headers['x-request-id'], connection.rest]).toEqual([200, NEXT_ID, '']);
      connection.close();
    },
  );

  it('hide no request from a proxy in front: none of those hidden was ever seen', async () => {
    expect((await gateway.log()).filter((line) => line.includes(HIDDEN_ID))).toEqual([]);
  });
});

describe('requests in a row', () => {
  it('are each answered for themselves, however the bytes are cut', async () => {
    for (const size of [1, 7, 64, 1_000]) {
      const connection = await RawConnection.open(gateway.url);
      for (let index = 0; index < 10; index += 1) {
        const id = `row-${size}-${index}`;
        const lines = `X-Request-Id: ${id}\r\n`;
        const bytes = Buffer.from(
          index % 2 === 0 ? post(lines + length(), BODY) : post(lines + coded('chunked'), CHUNKED),
        );
        for (let at = 0; at < bytes.length; at += size) {
          connection.send(bytes.subarray(at, at + size));
          await new Promise(setImmediate);
        }
        const answer = await connection.answer();
        expect([answer?.status, answer?.headers['x-request-id'], connection.rest]).toEqual([200, id, '']);
      }
      connection.close();
    }
  });

  it('that do not wait for their answers end the connection, and nobody gets another one’s answer', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `pipelined-${index}`);
    const { ended, text } = await exchange(
      ids.map((id) => post(`X-Request-Id: ${id}\r\n${length()}`, BODY)).join(''),
    );
    expect(ended).toBe(true);
    const seen = [...text.matchAll(/x-request-id: (\S+)/gi)].map(([, id]) => id);
    expect(seen).toEqual(ids.slice(0, seen.length));
  });

  it('are answered once or not at all when the sender has closed its half', async () => {
    const connection = await RawConnection.open(gateway.url);
    connection.finish(post(length(), BODY));
    expect(await connection.end()).toBe(true);
    expect(connection.rest.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThan(2);
  });

  it('of which one is never finished keep nobody else waiting', async () => {
    const held = await Promise.all(
      [post(coded('chunked'), '0'.repeat(20_000)), post(length(1_000), BODY), get(HOST).slice(0, -2)].map(
        async (bytes) => {
          const connection = await RawConnection.open(gateway.url);
          connection.send(bytes);
          return connection;
        },
      ),
    );
    await neighbour();
    for (const connection of held) connection.close();
    await neighbour();
  });
});
