import { createKycClient } from '@kyc-gateway/client';
import { render } from 'preact';
import { App } from './app.tsx';
import { Session } from './session.ts';
import { readSettings } from './settings.ts';

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');

const settings = await readSettings();
const session = new Session(settings);
const client = createKycClient({ baseUrl: settings.gateway, token: () => session.accessToken() });
render(<App client={client} session={session} />, root);
