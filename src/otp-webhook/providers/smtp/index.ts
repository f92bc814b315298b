import { defineProvider } from '../otp-provider';
import { SmtpClient } from './smtp.client';
import { smtpSettings } from './smtp.settings';

export const smtp = defineProvider({
  name: 'smtp',
  channel: 'email',
  settings: smtpSettings,
  client: ({ account }, context) => new SmtpClient(account, context),
});
