import { Misunderstood, readOrder } from './ledger-order';

const [EARLY, LATE] = ['2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'];

describe('an operator who tells npm run ledger', () => {
  it('what to do is understood', () => {
    expect(readOrder(['affected', '--from', EARLY, '--to', LATE])).toEqual({
      command: 'affected',
      from: new Date(EARLY),
      to: new Date(LATE),
    });
    expect(readOrder(['export', '--business-unit', 'nanovest', '--out', 'x', '--person', '0812'])).toEqual({
      ...{ command: 'export', unit: 'nanovest', out: 'x', person: '0812' },
    });
    expect(readOrder(['verify', '--public-key', 'a', '--public-key', 'b'])).toEqual({
      ...{ command: 'verify', publicKeys: ['a', 'b'] },
    });
    expect(readOrder(['accept-restore', '--reason', 'the disk of Monday was lost'])).toMatchObject({
      reason: 'the disk of Monday was lost',
    });
    expect(readOrder(['rebuild'])).toEqual({ command: 'rebuild', write: false });
    expect(readOrder(['reapply-erasures', 'file'])).toEqual({ command: 'reapply-erasures', file: 'file' });
  });

  it.each([
    [[], 'there is no command'],
    [['burn'], 'there is no command burn'],
    [['verify', '--quickly'], "Unknown option '--quickly'"],
    [['rebuild', 'file'], 'positional'],
    [['export', '--business-unit', 'nanovest'], 'export needs --business-unit and --out'],
    [['export', '--out', 'x'], 'export needs --business-unit and --out'],
    [
      ['export', '--business-unit', 'nanovest', '--out', 'x', '--person', '1', '--submission', '2'],
      '--submission and --person exclude each other',
    ],
    [['affected', '--from', '2026-11-22', '--to', LATE], 'affected needs --from with a time'],
    [['affected', '--from', EARLY], 'affected needs --to with a time'],
    [['affected', '--from', LATE, '--to', EARLY], '--to lies before --from'],
    [['accept-restore'], 'accept-restore needs --reason, in plain words'],
    [['accept-restore', '--reason', ''], 'accept-restore needs --reason, in plain words'],
    [['accept-restore', '--reason', 'as 3171010101900001 wished'], 'accept-restore needs --reason'],
    [['reapply-erasures'], 'one FILE is wanted'],
    [['reapply-erasures', 'one', 'two'], 'one FILE is wanted'],
  ])('%j is told what is wanted', (args, words) => {
    expect(() => readOrder(args)).toThrow(Misunderstood);
    expect(() => readOrder(args)).toThrow(words);
  });
});
