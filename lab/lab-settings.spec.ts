import { readLabSettings } from './lab-settings';

describe('the lab’s settings', () => {
  it('plays for the sample units on the usual ports when nothing is said', () => {
    expect(readLabSettings({})).toEqual({
      basePort: 4400,
      units: ['nanovest', 'siminvest'],
      gateway: { url: 'http://127.0.0.1:3000', otpWebhook: {} },
    });
  });

  it('understands the environment that also starts the gateway', () => {
    expect(
      readLabSettings({
        LAB_BASE_PORT: '5500',
        BUSINESS_UNITS: 'nano-vest, siminvest',
        DATA_DIR: '.data',
        PUBLIC_URL: 'http://127.0.0.1:3100/',
        BU_NANO_VEST_OTP_WEBHOOK_CREDENTIALS: 'new:pass:word,old:other',
        BU_SIMINVEST_OTP_WEBHOOK_CREDENTIALS: '',
      }),
    ).toEqual({
      basePort: 5500,
      units: ['nano-vest', 'siminvest'],
      stateDir: '.data/lab',
      gateway: {
        url: 'http://127.0.0.1:3100',
        otpWebhook: { 'nano-vest': { user: 'new', password: 'pass:word' } },
      },
    });
  });

  it('lets its own variables win', () => {
    const { stateDir, gateway } = readLabSettings({
      DATA_DIR: '.data',
      LAB_STATE_DIR: '/var/lab',
      PUBLIC_URL: 'https://gateway.example',
      LAB_GATEWAY_URL: 'http://127.0.0.1:3000',
      BU_NANOVEST_OTP_WEBHOOK_CREDENTIALS: 'a:b',
      LAB_OTP_WEBHOOK: '{"nanovest":{"user":"c","password":"d"}}',
    });
    expect(stateDir).toBe('/var/lab');
    expect(gateway).toEqual({
      url: 'http://127.0.0.1:3000',
      otpWebhook: { nanovest: { user: 'c', password: 'd' } },
    });
  });

  it.each([
    ['LAB_BASE_PORT', { LAB_BASE_PORT: '65530' }],
    ['LAB_BASE_PORT', { LAB_BASE_PORT: 'http' }],
    ['LAB_OTP_WEBHOOK', { LAB_OTP_WEBHOOK: '{' }],
  ])('names %s when it cannot be read', (name, environment) => {
    expect(() => readLabSettings(environment)).toThrow(name);
  });
});
