import { migrationsOf, releasedMigrations } from './released-migrations';

describe('A migration that was released', () => {
  const present = migrationsOf('migrations');
  const released = releasedMigrations();

  it('stays as it is, byte for byte: what it should have been is a new file', () => {
    const changed = [...released].filter(([file, text]) => present.get(file) !== text).map(([file]) => file);
    expect(changed).toEqual([]);
  });

  it('stands before every newer one', () => {
    const newest = [...released.keys()].at(-1) ?? '';
    const between = [...present.keys()].filter((file) => !released.has(file) && file < newest);
    expect([released.size > 0, between]).toEqual([true, []]);
  });
});
