import fc from 'fast-check';
import { Trace } from './trace';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const OURS = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;

function idOf(traceparent: unknown): unknown {
  return Trace.from(traceparent, {}).fields['traceId'];
}

describe('what a caller sends as traceparent', () => {
  it.each([
    ['is gone on with', `00-${ID}-${PARENT}-01`, '01'],
    ['keeps that nothing was recorded', `00-${ID}-${PARENT}-00`, '00'],
    ['loses flags that are not known', `00-${ID}-${PARENT}-ff`, '03'],
    ['may be of a later version', `cc-${ID}-${PARENT}-01`, '01'],
    ['may be of a later version that says more', `cc-${ID}-${PARENT}-01-what-the-future-holds`, '01'],
  ])('%s', (_, sent, flags) => {
    const sentOn = Trace.from(sent, {}).traceparent();
    expect(sentOn).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-${flags}$`));
    expect(sentOn).not.toContain(PARENT); // each call is a span of its own
  });

  it.each([
    ['nothing', undefined],
    ['two of them', `00-${ID}-${PARENT}-01, 00-${ID}-${PARENT}-01`],
    ['the version that there is not', `ff-${ID}-${PARENT}-01`],
    ['version 00 that says more', `00-${ID}-${PARENT}-01-more`],
    ['an id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent of zeros', `00-${ID}-${'0'.repeat(16)}-01`],
    ['capital letters', `00-${ID.toUpperCase()}-${PARENT}-01`],
    ['a phone number', `00-6281234567890-${PARENT}-01`],
    ['a line break', `00-${ID}-${PARENT}-01\n`],
  ])('is begun anew where it is %s', (_, sent) => {
    expect(idOf(sent)).toMatch(/^[0-9a-f]{32}$/);
    expect(idOf(sent)).not.toBe(ID);
    expect(idOf(sent)).not.toBe(idOf(sent));
  });

  it('never breaks a request nor goes on as it came, whatever it is', () => {
    const almost = fc.stringMatching(
      /^[0-9a-f]{0,3}-[0-9a-f]{30,34}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-.{0,20})?$/,
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost, fc.anything()), (sent) => {
        expect(Trace.from(sent, {}).traceparent()).toMatch(OURS);
      }),
    );
  });
});

describe('a trace', () => {
  it('is known to everything that is done within it, and to nothing else', async () => {
    const seen = (): unknown => Trace.current()?.fields['requestId'];
    const within = async (requestId: string): Promise<unknown[]> =>
      Trace.from(undefined, { requestId }).run(async () => {
        await new Promise(setImmediate);
        return [seen(), Trace.outside(seen)];
      });
    expect(await Promise.all([within('one'), within('two')])).toEqual([
      ['one', undefined],
      ['two', undefined],
    ]);
    expect(seen()).toBeUndefined();
  });

  it('learns while it goes on what it is about', () => {
    const trace = Trace.from(`00-${ID}-${PARENT}-01`, { requestId: 'one' });
    trace.run(() => Trace.note({ submissionId: 'two' }));
    expect(trace.fields).toEqual({ traceId: ID, requestId: 'one', submissionId: 'two' });
  });
});
