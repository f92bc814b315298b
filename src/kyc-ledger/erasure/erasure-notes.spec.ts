import { readErasureNotes } from './erasure-notes';

describe('the file of who was forgotten', () => {
  const line = (fields: object): string =>
    JSON.stringify({ businessUnit: 'nanovest', personId: '1', ...fields });

  it('may have been edited by hand: another offset, or a word too much about who is erased', () => {
    const until = '2027-01-01T07:00:00+07:00';
    const lines = [
      line({ status: 'restricted', until }),
      line({ personId: '2', status: 'erased', until }),
      line({ personId: '3', status: 'erased' }),
    ];
    const { notes, unreadable } = readErasureNotes(lines.join('\n'));
    expect(unreadable).toEqual([]);
    expect(notes.map((note) => [note.personId, note.status, note.until])).toEqual([
      ['1', 'restricted', until],
      ['2', 'erased', null],
      ['3', 'erased', null],
    ]);
  });

  it('has lines that say nothing, by their number', () => {
    const lines = ['half a li', line({ status: 'restricted' }), line({ status: 'erased', personId: 1 })];
    expect(readErasureNotes(lines.join('\n')).unreadable).toEqual([1, 2, 3]);
  });
});
