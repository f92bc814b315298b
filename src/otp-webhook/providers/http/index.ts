import { defineProvider } from '../otp-provider';
import { HttpClient } from './http.client';
import { httpSettings } from './http.settings';

/** Aggregators without a folder of their own. */
export const http = defineProvider({
  name: 'http',
  channel: 'sms',
  reportsDelivery: false,
  settings: httpSettings,
  client: ({ account }, context) => new HttpClient(account, context),
});
