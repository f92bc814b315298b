import { Misunderstood, readArguments } from './ledger-arguments';

const [EARLY, LATE] = ['2026-11-22T00:00:00Z', '2026-11-23T00:00:00Z'];

describe('an operator who tells npm run ledger', () => {
  it('what to do is understood', () => {
    expect(readArguments(['affected', '--from', EARLY, '--to', LATE])).toEqual({
      name: 'affected',
      from: new Date(EARLY),
      to: new Date(LATE),
    });
    expect(
      readArguments(['export', '--business-unit', 'nanovest', '--out', 'x', '--person', '0812']),
    ).toEqual({
      ...{ name: 'export', unit: 'nanovest', out: 'x', person: '0812' },
    });
    expect(readArguments(['verify', '--public-key', 'a', '--public-key', 'b'])).toEqual({
      ...{ name: 'verify', publicKeys: ['a', 'b'] },
    });
    expect(readArguments(['accept-restore', '--reason', 'the disk of Monday was lost'])).toMatchObject({
      reason: 'the disk of Monday was lost',
    });
    expect(readArguments(['rebuild'])).toEqual({ name: 'rebuild', write: false });
    expect(readArguments(['reapply-erasures', 'file'])).toEqual({ name: 'reapply-erasures', file: 'file' });
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
    expect(() => readArguments(args)).toThrow(Misunderstood);
    expect(() => readArguments(args)).toThrow(words);
  });
});
