import { openDataFolder } from './data-folder';
import { loadEnvFile } from './env-file.mjs';
import { approvalJourney, handedInJourney, overrideJourney } from './journey/back-office';
import { eventsJourney } from './journey/events';
import { documentJourney, sivJourney } from './journey/gtf';
import { otpJourney } from './journey/otp';
import { arrivalJourney, forgettingJourney } from './journey/people';
import { satusehatJourney } from './journey/satusehat';
import { logIn, meet } from './journey/world';
import { LaunchError } from './launch-error';
import { runningState } from './running-state';

/** `npm run journey`: plays every flow against the running gateway and lab. Exit code 1 when a step does not hold. */
async function journey(): Promise<void> {
  loadEnvFile();
  const state = runningState(openDataFolder(process.env['DATA_DIR'] ?? '.data'));
  if (state === undefined)
    throw new LaunchError(
      'No gateway is running from this folder: start one with `npm start`, then try again.',
    );
  const world = meet(state);
  const person = await logIn(world, 'JOHN DOE');
  await arrivalJourney(world, person);
  await otpJourney(world);
  const submissionId = await documentJourney(world, person, 'callback');
  if (submissionId !== undefined) await approvalJourney(world, person, submissionId);
  const other = await logIn(world, 'JANE ROE');
  await documentJourney(world, other, 'refresh');
  await overrideJourney(world, await logIn(world, 'MARY ROE'));
  await sivJourney(world, await logIn(world, 'RICHARD ROE'));
  await satusehatJourney(world, await logIn(world, 'Bambang Wisanggeni', 'officer'), person);
  await handedInJourney(world);
  await forgettingJourney(world, other);
  await eventsJourney(world);
  process.exitCode = world.story.end() ? 0 : 1;
}

journey().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : 'unknown';
  const isForPeople = error instanceof LaunchError;
  process.stderr.write(
    `${isForPeople ? reason : `The journey ended early: ${reason}. Is the gateway still running?`}\n`,
  );
  process.exitCode = 1;
});
