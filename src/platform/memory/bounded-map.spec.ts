import fc from 'fast-check';
import { BoundedMap } from './bounded-map';

describe('a bounded map', () => {
  it('never gives another value than the last one set, and never one that was deleted', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.nat() }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('get' as const), key }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new BoundedMap<number>(2);
        const model = new Map<string, number>();
        for (const one of steps) {
          if (one.do === 'set') {
            map.set(one.key, one.value);
            model.set(one.key, one.value);
          } else if (one.do === 'delete') {
            map.delete(one.key);
            model.delete(one.key);
          } else expect([undefined, model.get(one.key)]).toContain(map.get(one.key));
        }
      }),
    );
  });

  it('keeps what is used and forgets what is not', () => {
    const map = new BoundedMap<number>(10);
    map.set('used', 1);
    map.set('unused', 2);
    for (let index = 0; index < 100; index += 1) {
      map.set(`k${index}`, index);
      expect(map.get('used')).toBe(1);
    }
    expect(map.get('unused')).toBeUndefined();
  });
});
