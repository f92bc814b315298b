import {
  ConfigurationError,
  type LoadedSettings,
  loadSettings,
  type RawEnvironment,
} from '../../../platform/config';
import { httpSettings } from './http.settings';

describe('A unit’s SMS aggregator', () => {
  function smsHttp(more: RawEnvironment): ReturnType<LoadedSettings<typeof httpSettings>['forUnit']> {
    const environment = {
      BU_NANOVEST_SMS_HTTP_URL: 'https://sms.example.org/send/',
      BU_NANOVEST_SMS_HTTP_BODY: 'to={{to}}&text={{message}}',
      ...more,
    };
    const registry = loadSettings([httpSettings], ['nanovest'], environment);
    return registry.of(httpSettings).forUnit('nanovest');
  }

  it('needs an address and a body; method and headers have defaults', () => {
    const account = smsHttp({});
    expect(account).toMatchObject({ SMS_HTTP_METHOD: 'POST', SMS_HTTP_URL: 'https://sms.example.org/send/' });
    expect(account?.SMS_HTTP_HEADERS.reveal()).toEqual({});
  });

  it('takes headers as JSON', () => {
    const account = smsHttp({ BU_NANOVEST_SMS_HTTP_HEADERS: '{"Authorization":"Bearer x"}' });
    expect(account?.SMS_HTTP_HEADERS.reveal()).toEqual({ authorization: 'Bearer x' });
  });

  it.each(['[]', 'x', '{"a b":"c"}', '{"a":1}', '{"a":"b\\r\\nc: d"}'])(
    'refuses the headers %s',
    (headers) => {
      expect(() => smsHttp({ BU_NANOVEST_SMS_HTTP_HEADERS: headers })).toThrow(ConfigurationError);
    },
  );

  it('refuses a body without recipient or message', () => {
    expect(() => smsHttp({ BU_NANOVEST_SMS_HTTP_BODY: 'to={{to}}' })).toThrow(ConfigurationError);
  });
});
