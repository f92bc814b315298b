import { openDataFolder } from './data-folder';
import { loadEnvFile } from './env-file.mjs';
import { approvalJourney, handedInJourney, overrideJourney } from './journey/back-office';
import { Client } from './journey/client';
import { eventsJourney } from './journey/events';
import { documentJourney, sivJourney } from './journey/gtf';
import { otpJourney } from './journey/otp';
import { peopleJourney } from './journey/people';
import { satusehatJourney } from './journey/satusehat';
import { expectThat, Story } from './journey/story';
import { logIn, newPhoneNumber, type Person, type World } from './journey/world';
import { type RunningState, runningState } from './running-state';

/** `npm run journey`: plays every flow against the running gateway and lab. Exit code 1 when a step does not hold. */
async function journey(): Promise<void> {
  loadEnvFile();
  const state = runningState(openDataFolder(process.env['DATA_DIR'] ?? '.data'));
  if (state === undefined)
    give('No gateway is running from this folder: start one with `npm start`, then try again.');
  const world = meet(state);
  const person = await arrival(world);
  await otpJourney(world);
  const submissionId = await documentJourney(world, person, 'callback');
  if (submissionId !== undefined) await approvalJourney(world, person, submissionId);
  const other = await logIn(world, newPhoneNumber(), 'JANE ROE');
  await documentJourney(world, other, 'refresh');
  await overrideJourney(world, await logIn(world, newPhoneNumber(), 'MARY ROE'));
  await sivJourney(world, await logIn(world, newPhoneNumber(), 'RICHARD ROE'));
  await satusehatJourney(
    world,
    await logIn(world, newPhoneNumber(), 'Bambang Wisanggeni', 'officer'),
    person,
  );
  await handedInJourney(world);
  await peopleJourney(world, other);
  await eventsJourney(world);
  process.exitCode = world.story.end() ? 0 : 1;
}

/** Who one is, and what strangers are told. */
async function arrival(world: World): Promise<Person> {
  const { story } = world;
  story.chapter('A person arrives with a SIMAS-ID token');
  const person = await logIn(world, newPhoneNumber(), 'JOHN DOE');
  const health = world.anybody.get('/health/ready');
  await story.call('GET /health/ready', health, 200, ({ status }) => String(status));
  await story.call('GET /v1/me', person.client.get('/v1/me'), 200, (me) => {
    expectThat(me['phoneNumber'] === person.phoneNumber, 'another phone number than the token’s');
    return `${String(me['name'])} of ${String(me['businessUnit'])}`;
  });
  const asked = 'GET /v1/me/userinfo  the other way: SIMAS-ID is asked';
  await story.call(asked, person.client.get('/v1/me/userinfo'), 200, () => 'the same person');
  const tampered = Client.bearer(world.gatewayUrl, 'eyJhbGciOiJub25lIn0.e30.').get('/v1/me');
  await story.call('GET /v1/me  with a token that was tampered with', tampered, 401, () => '');
  return person;
}

function meet(state: RunningState): World {
  const [found] = Object.entries(state.businessUnits);
  if (found === undefined || state.lab === null)
    return give('The journey needs the partner lab: start with `npm start` and no partner configured.');
  const [unit, { api, otpWebhook }] = found;
  return {
    story: new Story(),
    unit,
    gatewayUrl: state.gatewayUrl,
    lab: state.lab,
    anybody: new Client(state.gatewayUrl),
    backOffice: Client.basic(state.gatewayUrl, api ?? ''),
    otpSender: Client.basic(state.gatewayUrl, otpWebhook ?? ''),
    inbox: new Client(state.lab['inbox'] ?? ''),
    unitBackEnd: new Client(state.lab['unitBackEnd'] ?? ''),
  };
}

function give(up: string): never {
  process.stderr.write(`${up}\n`);
  process.exit(1);
}

journey().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : 'unknown';
  process.stderr.write(`The journey ended early: ${reason}. Is the gateway still running?\n`);
  process.exitCode = 1;
});
