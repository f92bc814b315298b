import { defineProvider } from '../otp-provider';
import { httpClient } from './http.client';
import { httpSettings } from './http.settings';

/** Aggregators without a folder of their own. */
export const http = defineProvider({
  name: 'http',
  channel: 'sms',
  settings: httpSettings,
  client: httpClient,
});
