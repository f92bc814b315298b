import './node-version';
import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ShareRecords } from './common-kyc';
import { GtfRecords } from './gtf';
import {
  AffectedPeople,
  type ChainFault,
  Checkpoints,
  ErasureToolsModule,
  ExportScopes,
  LedgerExport,
  ledgerSettings,
  LedgerToolsModule,
  LedgerVerification,
  NothingToExport,
  type OutsideEnd,
  PersonErasure,
  ProjectionRebuild,
  readErasureNotes,
  readOutsideEnd,
} from './kyc-ledger';
import { Misunderstood, type LedgerCommand, type CommandOf, readArguments, USAGE } from './ledger-arguments';
import { ForgottenRecipients } from './otp-webhook';
import {
  ConfigurationError,
  loadSettings,
  platformSettings,
  processEnvironment,
  SettingsModule,
} from './platform/config';
import { CryptoModule, cryptoSettings } from './platform/crypto';
import { DatabaseModule, databaseSettings } from './platform/database';
import { JobsModule } from './platform/jobs';
import { createLog, LoggingModule } from './platform/logging';
import { TimeModule } from './platform/time';
import { FrameRecords } from './satusehat';

const [INTACT, NOT_INTACT, CANNOT_TELL] = [0, 1, 2];
/** What verifies an export is one file, as auditors get it, and needs neither settings nor database. */
const VERIFIER = join(__dirname, '..', 'launch', 'verify-ledger-export.mjs');
const FINDINGS_SHOWN = 20;

/** What features keep of people, which is forgotten with them. */
const RECORDS = [ForgottenRecipients, FrameRecords, GtfRecords, ShareRecords];
const SETTINGS = [platformSettings, databaseSettings, cryptoSettings, ledgerSettings];
const ENTITIES = RECORDS.flatMap(({ entities }) => entities as Type[]);

@Module({})
class CommandModule {}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'verify' && args[1]?.startsWith('--') === false)
    return ((await import(VERIFIER)) as { main: (args: readonly string[]) => number }).main(args.slice(1));
  const command = readArguments(args);
  const reapplies = command.name === 'reapply-erasures';
  const registry = loadSettings(SETTINGS, [], processEnvironment());
  const imports = [
    SettingsModule.forRoot(registry),
    LoggingModule.forRoot(createLog('warn', process.stderr)),
    TimeModule,
    CryptoModule,
    DatabaseModule.forRoot({ queues: [] }, 'check'),
    LedgerToolsModule,
    ...(reapplies ? [JobsModule, ErasureToolsModule, TypeOrmModule.forFeature(ENTITIES)] : []),
  ];
  const providers = reapplies ? RECORDS : [];
  // Nest would end the process with code 1 itself, which says that the ledger is not intact.
  const program = await NestFactory.createApplicationContext(
    { module: CommandModule, imports, providers },
    { logger: false, abortOnError: false },
  );
  try {
    return await carryOut(command, program);
  } finally {
    await program.close();
  }
}

function carryOut(command: LedgerCommand, program: INestApplicationContext): Promise<number> {
  switch (command.name) {
    case 'affected':
      return affected(program, command);
    case 'export':
      return exportChain(program, command);
    case 'verify':
      return verifyDatabase(program, command);
    case 'accept-restore':
      return acceptRestore(program, command);
    case 'rebuild':
      return rebuildProjection(program, command);
    case 'reapply-erasures':
      return reapplyErasures(program, command);
  }
}

async function exportChain(
  program: INestApplicationContext,
  { unit, out, submission, person }: CommandOf<'export'>,
): Promise<number> {
  const scopes = program.get(ExportScopes);
  const scope =
    submission !== undefined
      ? await scopes.ofSubmission(unit, submission)
      : person === undefined
        ? ({ kind: 'unit' } as const)
        : await scopes.ofPerson(unit, person);
  const file = createWriteStream(out);
  await once(file, 'open');
  const { events, checkpoint } = await program.get(LedgerExport).write(unit, scope, async (line) => {
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  });
  file.end();
  await finished(file);
  say(
    `EXPORTED: ${events} events of ${unit} to ${out}, signed at event ${checkpoint.seq} with key ${checkpoint.keyId}`,
  );
  return INTACT;
}

async function verifyDatabase(
  program: INestApplicationContext,
  { checkpoints, publicKeys }: CommandOf<'verify'>,
): Promise<number> {
  const outside = checkpoints === undefined ? [] : await readCheckpoints(checkpoints);
  const earlier = await Promise.all(publicKeys.map(readPublicKey));
  let told = performance.now();
  const report = await program.get(LedgerVerification).run(outside, earlier, (unit, done, total) => {
    if (performance.now() - told < 1_000) return;
    told = performance.now();
    process.stderr.write(`${unit}: ${done} of ${total} events\n`);
  });
  for (const fault of report.findings.slice(0, FINDINGS_SHOWN)) say(describe(fault));
  if (report.foreignCheckpoints > 0)
    say(
      `${report.foreignCheckpoints} checkpoints are signed with keys that are not at hand: only their hashes were compared`,
    );
  for (const { businessUnit, seq, at, reason } of report.restores)
    say(`${businessUnit}: a restore was accepted at event ${seq} on ${at}: ${reason}`);
  if (report.givenUp > 0)
    say(`${report.givenUp} events that were signed before an accepted restore are lost or others now`);
  const { agree, differ } = await program.get(ProjectionRebuild).run(false);
  for (const id of differ.slice(0, FINDINGS_SHOWN)) say(`submission ${id} is not what its events say`);
  const found = report.findings.length + differ.length;
  const seen = `${report.events} events, ${agree + differ.length} submissions`;
  if (found > 0) {
    say(`NOT INTACT: ${found} findings in ${seen}`);
    return NOT_INTACT;
  }
  if (report.missingKeys.length > 0) {
    const keys = report.missingKeys.join(', ');
    say(`CANNOT TELL: ${seen} agree, but checkpoints need the public key ${keys}: give it with --public-key`);
    return CANNOT_TELL;
  }
  say(`INTACT: ${seen}, ${outside.length > 0 ? 'as the checkpoints from outside say' : WITHOUT_OUTSIDE}`);
  return INTACT;
}

const WITHOUT_OUTSIDE =
  'without checkpoints from outside (--checkpoints): a chain that was cut or written anew together with its own looks the same';

async function acceptRestore(
  program: INestApplicationContext,
  { unit, reason }: CommandOf<'accept-restore'>,
): Promise<number> {
  const { ends, fault } = await program.get(Checkpoints, { strict: false }).acceptRestore(unit, reason);
  if (fault !== null) {
    say(`NOT ACCEPTED: ${describe(fault)}`);
    return NOT_INTACT;
  }
  for (const { businessUnit, seq } of ends) say(`${businessUnit} goes on from event ${seq}`);
  say(`ACCEPTED: ${ends.length} chains as they are now`);
  return INTACT;
}

function describe({ businessUnit, seq, what }: ChainFault): string {
  return seq === null ? `${businessUnit}: ${what}` : `${businessUnit}, event ${seq}: ${what}`;
}

async function readPublicKey(file: string): Promise<KeyObject> {
  const key = createPublicKey(await readFile(file, 'utf8'));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${file} holds no Ed25519 key`);
  return key;
}

async function readCheckpoints(file: string): Promise<OutsideEnd[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map(readOutsideEnd).filter((end) => end !== null);
}

async function rebuildProjection(
  program: INestApplicationContext,
  { write }: CommandOf<'rebuild'>,
): Promise<number> {
  const { agree, differ } = await program.get(ProjectionRebuild).run(write);
  for (const id of differ.slice(0, FINDINGS_SHOWN)) say(`${id} ${write ? 'was put right' : 'differs'}`);
  say(`${agree} submissions agree, ${differ.length} ${write ? 'were put right' : 'differ'}`);
  return differ.length === 0 || write ? INTACT : NOT_INTACT;
}

async function reapplyErasures(
  program: INestApplicationContext,
  { file }: CommandOf<'reapply-erasures'>,
): Promise<number> {
  const { notes, unreadable } = readErasureNotes(await readFile(file, 'utf8'));
  const { again, already, unknown } = await program.get(PersonErasure, { strict: false }).reapply(notes);
  for (const line of unreadable) say(`line ${line} cannot be read`);
  say(
    `REAPPLIED: ${again} people were forgotten again, ${already} were forgotten in the backup, ${unknown} are not in it`,
  );
  return unreadable.length === 0 ? INTACT : NOT_INTACT;
}

/** Whom a breach concerns: a list to work through, and how many they are. */
async function affected(
  program: INestApplicationContext,
  { from, to, key }: CommandOf<'affected'>,
): Promise<number> {
  const people = program.get(AffectedPeople);
  const found = await (key === undefined ? people.readBetween(from, to) : people.underKey(key, from, to));
  if (found === undefined) throw new Error(`no person’s data ever lay under a key ${key}`);
  for (const { businessUnit, id, status } of found) say(`${businessUnit} ${id} ${status}`);
  say(`AFFECTED: ${found.length} people`);
  return INTACT;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.exitCode = CANNOT_TELL;
    if (error instanceof Misunderstood) process.stderr.write(USAGE);
    const problems = error instanceof ConfigurationError ? `: ${error.problems.join('; ')}` : '';
    const reason = (error instanceof Error ? error.message : 'unknown error') + problems;
    const nothing = error instanceof NothingToExport ? 'NOTHING EXPORTED' : 'CANNOT TELL';
    say(`${nothing}: ${reason}`);
  },
);
