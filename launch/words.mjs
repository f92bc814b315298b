// One concept, one word: names that were replaced by the field's terms do not come back (`npm run check`).
import { reportLines, tracked } from './repository-lines.mjs';

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

/** As identifiers: a sentence may begin with such a word. What a line declares is one in any case. */
const DECLARED = '(?<=\\b(?:class|interface|type|enum|const|let|function|extends|implements|new) )';
const identifier = (words) =>
  new RegExp(`${DECLARED}(?:${words})\\b|(?<![\\w'’] )(?<!/ |\\* |\\*\\* )\\b(?:${words})\\b(?! [a-z])`);
const patterns = Object.entries(REPLACED).map(([words, better]) => [identifier(words), better]);

/** The ledger knows no partner: its features register what they need. One file holds the published names of kinds and events. */
const LEDGER = 'src/kyc-ledger/';
const NAMES = `${LEDGER}submissions/submission-state.ts`;
const PARTNER = /gtf|satusehat|common[-_ ]?kyc|\bkind [!=]== '(?!user|back-office|email)/i;
const isOfLedger = (file) => file.startsWith(LEDGER) && file !== NAMES && !/\.(spec|fixture)\.ts$/.test(file);

const files = tracked('src', 'lab', 'test', 'bench', 'migrations');
reportLines(
  files.filter((name) => /\.(ts|mjs|sql)$/.test(name)),
  (line, file) => {
    const own = isOfLedger(file) ? [[PARTNER, 'nothing: the ledger knows no partner']] : [];
    return [...patterns, ...own].flatMap(([pattern, better]) => {
      const word = pattern.exec(line)?.[0];
      return word === undefined ? [] : [`says ${word}: ${better}`];
    });
  },
);
