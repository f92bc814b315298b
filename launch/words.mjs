// One concept, one word: names that were replaced by the field's terms do not come back (`npm run check`).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is wrong wherever it stands, and what is meant by it. */
const REPLACED = {
  'LookJob|LookRound': 'StatusPollJob, PollSchedule',
  'Settlements?': 'ResultRecorder',
  'Finding|Learnt': 'GtfResult',
  InARow: 'nothing: it is gone',
  Drafts: 'EventFactory',
  LedgerNews: 'LedgerNotifier',
  ClaimsJudge: 'ClaimsValidator',
  'TokenVerdicts|Standing': 'TokenAudit, TrustLevel',
  'KeyStore|KeySetArchive': 'JwksCache, JwksSnapshotRepository',
  Alongside: 'TransactionHook',
  Lane: 'ChannelAccount',
  'MOST_\\w+|LONGEST_\\w+|LEAST_\\w+': 'MAX_, MIN_',
  Batches: 'WriteBatcher',
  'Upkeep|Chore': 'Scheduler, ScheduledTask',
  'Doorkeeper|KnockJob': 'CallbackProcessor',
  Inquiry: 'GtfStatusReader',
  LaunchedJourneys: 'HostedFlowService',
  'Happening|LoneHappening': 'NewEvent',
  'SharedAppends|EventBatcher|RecentSubmissions': 'Ledger.record',
  'GroupFlush|FlushLine': 'nothing: a commit is on disk when it is confirmed',
  CallerProof: 'Authenticator',
  FirstAnswers: 'IdempotencyStore',
  'PushDesk|PushPlaces|ShareDesk|Redrive': 'Share…',
  'HoldBack|SpendFuse': 'HourlyQuota',
  'PartnerDoors?': 'PartnerHttpClient',
};

/** As identifiers: a sentence may begin with such a word. */
const identifier = (words) => new RegExp(`(?<![\\w'’] )(?<!/ |\\* |\\*\\* )\\b(?:${words})\\b(?! [a-z])`);
const patterns = Object.entries(REPLACED).map(([words, better]) => [identifier(words), better]);

/** The ledger knows no partner: its features register what they need. One file holds the published names of kinds and events. */
const LEDGER = 'src/kyc-ledger/';
const NAMES = `${LEDGER}submissions/submission-state.ts`;
const PARTNER = /gtf|satusehat|common[-_ ]?kyc|\bkind [!=]== '(?!user|back-office|email)/i;
const isOfLedger = (file) => file.startsWith(LEDGER) && file !== NAMES && !/\.(spec|fixture)\.ts$/.test(file);

const list = execFileSync('git', ['ls-files', '-z', '--', 'src', 'lab', 'test', 'bench', 'migrations'], {
  cwd: root,
  encoding: 'utf8',
});
let found = 0;
for (const file of list.split('\0').filter((name) => /\.(ts|mjs|sql)$/.test(name)))
  readFileSync(join(root, file), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      const own = isOfLedger(file) ? [[PARTNER, 'nothing: the ledger knows no partner']] : [];
      for (const [pattern, better] of [...patterns, ...own]) {
        const word = pattern.exec(line)?.[0];
        if (word === undefined) continue;
        found += 1;
        console.error(`${file}:${index + 1} says ${word}: ${better}`);
      }
    });
if (found === 0) console.log('the words are the agreed ones');
process.exitCode = found === 0 ? 0 : 1;
