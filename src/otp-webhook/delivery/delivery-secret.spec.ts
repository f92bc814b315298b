import { Secret } from '../../platform/config';
import { KeyRing, UnsealError } from '../../platform/crypto';
import { DeliverySecrets } from './delivery-secret';

describe('The code at rest', () => {
  const secrets = new DeliverySecrets(new KeyRing([{ id: 'k1', key: new Secret(Buffer.alloc(32, 7)) }]));
  const secret = { to: '6281234567890', code: '123456' };

  it('opens in its own row alone', () => {
    const sealed = secrets.seal('nanovest', 'delivery-1', secret);
    expect(secrets.open('nanovest', 'delivery-1', sealed)).toEqual(secret);
    expect(() => secrets.open('nanovest', 'delivery-2', sealed)).toThrow(UnsealError);
    expect(() => secrets.open('siminvest', 'delivery-1', sealed)).toThrow(UnsealError);
  });

  it('shows neither code nor number', () => {
    const { sealed } = secrets.seal('nanovest', 'delivery-1', secret);
    expect(sealed.includes('123456')).toBe(false);
    expect(sealed.includes('81234567890')).toBe(false);
  });
});
