#!/usr/bin/env node
// Verifies an export of the KYC ledger. Needs Node and nothing else: no server, no database, no package, no other file.
//
//   node verify-ledger-export.mjs EXPORT.jsonl [--public-key KEY.pem] [--checkpoints FILE]
//
// An export is JSON Lines: a manifest, the chain of one business unit (or a part of it), and a signed end.
//
//   event line  {"body":BODY,"hash":H,"seq":N}     an event that belongs to the export
//   link line   {"bodyDigest":D,"hash":H,"seq":N}  an event that does not: only its digest, so that the chain can be followed
//
//   digest = SHA-256(BODY as it stands in the line, which is its RFC 8785 form)
//   hash   = SHA-256(0x01 | hash of the event before | seq as 8 bytes big-endian | digest)
//
// The last line holds a checkpoint (the end of the chain, signed with Ed25519), the SHA-256 of everything before the line, and
// a signature over both. So a changed byte breaks a digest or a hash; a chain that was cut or written anew does not meet the
// signed checkpoint; and what is not in the chain (the manifest, the order of lines) is covered by the last signature.
//
// Somebody who can write the database may have the whole chain written anew before it is exported and signed. Only checkpoints that
// were kept elsewhere tell: lines of LEDGER_CHECKPOINT_FILE or of the log, and what the unit itself was told, events of its feed or
// bodies of its webhooks, one a line. A line with a `reason` is an end that an operator accepted after a restore; what was signed
// before it may be lost.
//
// Exit code 0: intact; 1: not intact; 2: cannot tell. The last line printed is the verdict.
import { createHash, createPublicKey, hash, verify } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const CHUNK = 1 << 20;
const LONGEST_LINE = 1 << 24;
const EVENT = /^\{"body":(\{.*\}),"hash":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15})\}$/s;
const LINK = /^\{"bodyDigest":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15})\}$/;

const CHECKPOINT_TYPE = 'kyc-ledger-checkpoint';

/** What is wrong, and where. */
class NotIntact extends Error {}

/** The RFC 8785 form of JSON values as they occur here: no numbers but small integers. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

/** The value of a line, if the line is exactly its canonical form. */
function parse(line, what) {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    throw new NotIntact(`${what} cannot be read`);
  }
  if (typeof value !== 'object' || value === null || canonical(value) !== line)
    throw new NotIntact(`${what} was changed`);
  return value;
}

/** A file's bytes, piece by piece. */
function* bytesOf(path) {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const size = readSync(file, chunk, 0, CHUNK, null);
      if (size === 0) return;
      yield chunk.subarray(0, size);
    }
  } finally {
    closeSync(file);
  }
}

/** The lines in the pieces, without their newlines. */
function* linesOf(pieces) {
  let rest = Buffer.alloc(0);
  for (const piece of pieces) {
    const data = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = data.indexOf(10, start); end !== -1; end = data.indexOf(10, start)) {
      yield data.subarray(start, end);
      start = end + 1;
    }
    rest = data.subarray(start);
    if (rest.length > LONGEST_LINE) throw new NotIntact('a line is longer than any event');
  }
  if (rest.length > 0) throw new NotIntact('the file ends in the middle of a line');
}

/** Whether `by` is the key's signature over the content. */
function isSigned(publicKey, type, content, by) {
  const bytes = Buffer.from(canonical({ type, version: 1, ...content }));
  return /^[0-9a-f]{128}$/.test(by) && verify(null, bytes, publicKey, Buffer.from(by, 'hex'));
}

/** The checkpoints in a file that was kept elsewhere; other lines of a log are passed over. */
function readCheckpoints(text) {
  const lines = text.split('\n').filter((line) => line.includes('"signature"'));
  return lines.map((line) => {
    const found = JSON.parse(line);
    const { businessUnit, seq, hash, at, keyId, signature, reason } = found.data?.checkpoint ?? found;
    return { signature, content: { businessUnit, seq, hash, at, keyId, ...(reason && { reason }) } };
  });
}

/**
 * Hashes of the unit's events that are signed with this key, by event, without those that an accepted restore overtook. The unit's own
 * events do not name it: the signature does.
 */
function witnessesOf(checkpoints, businessUnit, publicKey) {
  const keyId = keyIdOf(publicKey);
  const own = checkpoints.filter(
    ({ content }) => (content.businessUnit ?? businessUnit) === businessUnit && content.keyId === keyId,
  );
  for (const { content, signature } of own) {
    const type = content.reason === undefined ? CHECKPOINT_TYPE : 'kyc-ledger-restore';
    if (!isSigned(publicKey, type, { ...content, businessUnit }, signature))
      throw new NotIntact(`the checkpoint of event ${content.seq} from outside is not signed with this key`);
  }
  const restored = own.filter(({ content }) => content.reason !== undefined);
  const overtakenAt =
    restored
      .map(({ content }) => content.at)
      .sort()
      .at(-1) ?? '';
  const standing = own.filter(({ content }) => content.at >= overtakenAt);
  return new Map(standing.map(({ content }) => [content.seq, content.hash]));
}

/** Follows the chain line by line. */
class Chain {
  constructor(manifest, witnesses) {
    this.witnesses = witnesses;
    this.witnessed = 0;
    this.manifest = manifest;
    this.seq = manifest.from - 1;
    this.hash = Buffer.from(manifest.previousHash, 'hex');
    this.events = 0;
    // version byte | previous hash | seq | digest, filled in place: this runs for every event.
    this.link = Buffer.alloc(73);
    this.link[0] = 1;
  }

  add(line) {
    const text = line.toString('utf8');
    const event = EVENT.exec(text);
    const [, content, stated, seq] = event ?? LINK.exec(text) ?? [];
    if (content === undefined) throw new NotIntact(`the line after event ${this.seq} is no event`);
    if (Number(seq) !== this.seq + 1) throw new NotIntact(`event ${this.seq + 1} is missing or out of place`);
    this.seq += 1;
    const digest = event === null ? Buffer.from(content, 'hex') : hash('sha256', content, 'buffer');
    this.hash.copy(this.link, 1);
    this.link.writeBigUInt64BE(BigInt(this.seq), 33);
    digest.copy(this.link, 41);
    this.hash = hash('sha256', this.link, 'buffer');
    if (this.hash.toString('hex') !== stated)
      throw new NotIntact(`event ${this.seq} was changed, or the one before it was`);
    const witness = this.witnesses.get(this.seq);
    if (witness !== undefined && witness !== stated)
      throw new NotIntact(`event ${this.seq} is not the one that the checkpoints from outside signed`);
    if (witness !== undefined) this.witnessed += 1;
    if (event !== null) this.#belongs(content);
  }

  #belongs(content) {
    this.events += 1;
    const { businessUnit, submissionId, personId } = JSON.parse(content);
    const { businessUnit: unit, scope } = this.manifest;
    // A submission may bring somebody else's data: the officer opens it, the patient is the owner. A person's export then names
    // the submission, a submission's the owner, of whom what happened to the person as a whole belongs to it.
    const people = [scope.personId, ...(scope.ownerIds ?? [])];
    const submissions = [scope.submissionId, ...(scope.submissionIds ?? [])];
    const aboutPerson = people.includes(personId) && (scope.kind === 'person' || submissionId === null);
    const inScope = scope.kind === 'unit' || aboutPerson || submissions.includes(submissionId);
    if (businessUnit !== unit || !inScope)
      throw new NotIntact(`event ${this.seq} does not belong to this export`);
  }
}

function readManifest(line) {
  const manifest = parse(line.toString('utf8'), 'the manifest');
  const { format, version, businessUnit, scope, from, previousHash, publicKey } = manifest;
  const known =
    format === 'kyc-ledger-export' &&
    version === 1 &&
    typeof businessUnit === 'string' &&
    typeof scope === 'object' &&
    ['unit', 'submission', 'person'].includes(scope?.kind) &&
    [scope.ownerIds ?? [], scope.submissionIds ?? []].every(Array.isArray) &&
    Number.isSafeInteger(from) &&
    from > 0 &&
    typeof previousHash === 'string' &&
    /^[0-9a-f]{64}$/.test(previousHash) &&
    typeof publicKey === 'string';
  if (!known) throw new NotIntact('the manifest is not one of a KYC ledger export');
  if (from === 1 && !/^0{64}$/.test(previousHash))
    throw new NotIntact('the chain does not begin at its beginning');
  return manifest;
}

function checkEnd(line, chain, contentSha256, publicKey) {
  const end = parse(line.toString('utf8'), 'the last line');
  const { checkpoint, signature } = end;
  if (typeof checkpoint !== 'object' || checkpoint === null || typeof signature !== 'string')
    throw new NotIntact('the signed end is missing');
  const { signature: own, ...head } = checkpoint;
  if (!isSigned(publicKey, CHECKPOINT_TYPE, head, own))
    throw new NotIntact('the checkpoint is not signed with this key');
  if (head.businessUnit !== chain.manifest.businessUnit)
    throw new NotIntact('the checkpoint is of another business unit');
  if (head.seq !== chain.seq || head.hash !== chain.hash.toString('hex'))
    throw new NotIntact(
      `the chain ends at event ${chain.seq}, not at the signed checkpoint (event ${head.seq})`,
    );
  if (chain.events !== chain.manifest.events)
    throw new NotIntact(`there are ${chain.events} events, the manifest names ${chain.manifest.events}`);
  if (end.contentSha256 !== contentSha256) throw new NotIntact('something before the last line was changed');
  if (!isSigned(publicKey, 'kyc-ledger-export', { checkpoint, contentSha256 }, signature))
    throw new NotIntact('the export is not signed with this key');
  return head;
}

/** The first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
function keyIdOf(key) {
  return hash('sha256', key.export({ type: 'spki', format: 'der' })).slice(0, 16);
}

function ed25519(pem) {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the public key is no Ed25519 key');
  return key;
}

function ownKeyOf({ publicKey }) {
  try {
    return ed25519(publicKey);
  } catch {
    throw new NotIntact('the manifest holds no usable public key');
  }
}

/**
 * Verifies an export.
 * @param {Iterable<Buffer>} pieces the export's bytes, in order
 * @param {string} [trustedKey] the ledger's public key as PEM; without it the export can only be held against its own key
 * @param {readonly object[]} [checkpoints] what was kept elsewhere, as `readCheckpoints` reads it
 * @returns {{ code: 0 | 1, verdict: string, events: number, links: number }} events that the export holds in full, and digests
 * @throws {Error} when the key is no Ed25519 public key
 */
export function verifyExport(pieces, trustedKey, checkpoints = []) {
  const trusted = trustedKey === undefined ? undefined : ed25519(trustedKey);
  let chain;
  try {
    const content = createHash('sha256');
    let last;
    for (const line of linesOf(pieces)) {
      if (last !== undefined) {
        content.update(last).update('\n');
        if (chain === undefined) chain = beginning(readManifest(last), trusted, checkpoints);
        else chain.add(last);
      }
      last = line;
    }
    if (chain === undefined) throw new NotIntact('the manifest or the signed end is missing');
    const { manifest } = chain;
    const own = ownKeyOf(manifest);
    if (trusted !== undefined && keyIdOf(trusted) !== keyIdOf(own))
      throw new NotIntact(`it is signed with key ${keyIdOf(own)}, not with yours (${keyIdOf(trusted)})`);
    const { seq, at } = checkEnd(last, chain, content.digest('hex'), own);
    const by =
      trusted === undefined
        ? `only against the export's own key ${keyIdOf(own)}, which proves nothing about who made it: give --public-key`
        : `signed with your key ${keyIdOf(own)}`;
    const verdict = `INTACT: ${chain.events} events of ${manifest.businessUnit}, chain ${manifest.from} to ${seq} as of ${at}, ${by}, ${outsideOf(chain)}`;
    return { code: 0, verdict, events: chain.events, links: seq - manifest.from + 1 - chain.events };
  } catch (error) {
    if (!(error instanceof NotIntact)) throw error;
    return { code: 1, verdict: `NOT INTACT: ${error.message}`, events: chain?.events ?? 0, links: 0 };
  }
}

function beginning(manifest, trusted, checkpoints) {
  return new Chain(manifest, witnessesOf(checkpoints, manifest.businessUnit, trusted ?? ownKeyOf(manifest)));
}

function outsideOf({ witnesses, witnessed, seq }) {
  const newer = [...witnesses.keys()].filter((signed) => signed > seq).length;
  if (newer > 0) return `which is not the newest: ${newer} checkpoints from outside are`;
  if (witnessed > 0) return `as ${witnessed} checkpoints from outside say`;
  return 'without checkpoints from outside (--checkpoints): a chain that was written anew before it was signed looks the same';
}

/**
 * The command line.
 * @param {readonly string[]} args
 * @returns {number} the exit code
 */
export function main(args) {
  try {
    const options = { 'public-key': { type: 'string' }, checkpoints: { type: 'string' } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0) throw new Error('one EXPORT.jsonl is wanted');
    const { 'public-key': keyFile, checkpoints: file } = values;
    const key = keyFile && readFileSync(keyFile, 'utf8');
    const checkpoints = file && readCheckpoints(readFileSync(file, 'utf8'));
    const { code, verdict } = verifyExport(bytesOf(path), key, checkpoints);
    console.log(verdict);
    return code;
  } catch (error) {
    console.error('usage: verify-ledger-export.mjs EXPORT.jsonl [--public-key KEY.pem] [--checkpoints FILE]');
    console.log(`CANNOT TELL: ${error.message}`);
    return 2;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = main(process.argv.slice(2));
