/**
 * Why a change that no unit test noticed is no hole: the first that fits its file, first line, changed text and replacement counts.
 * @type {readonly { file?: RegExp, line?: RegExp, text?: RegExp, mutator?: RegExp, replacement?: RegExp, because: string }[]}
 */
export const REASONS = [
  {
    file: /access-token/,
    line: /header !== undefined && SCHEME/,
    text: /^header !== undefined$/,
    because: 'for the compiler: nothing is read as a text that names no scheme',
  },
  {
    file: /access-token/,
    line: /authorization \?\? ''/,
    because: 'no header and one of another scheme are refused alike',
  },
  {
    file: /access-token/,
    line: /^if \(header === undefined \|\|/,
    text: /^header === undefined( \|\| payload === undefined)?$/,
    because: 'for the compiler: a token that lacks an earlier part lacks its signature too',
  },
  {
    file: /access-token/,
    line: /^if \(header === undefined \|\|/,
    text: /^payload === undefined$/,
    because: 'for the compiler: a token that lacks its payload lacks its signature too',
  },
  {
    file: /access-token/,
    text: /^'latin1'$/,
    because: 'only ASCII is left there, of which every encoding makes the same bytes',
  },
  {
    file: /access-token/,
    line: /^\} catch \{$/,
    because: 'what could not be parsed is undefined, which the next line refuses as well',
  },
  {
    file: /access-token/,
    text: /^index < json\.length$/,
    replacement: /<=/,
    because: 'behind the last byte is none, which is neither quote nor colon nor backslash',
  },
  {
    file: /claims-validator/,
    line: /typeof meant === 'string'\) throw/,
    because: 'for the compiler: a rule has refused it before',
  },
  {
    file: /claims-validator/,
    text: /^typeof azp === 'string'$/,
    because: 'for the compiler: a set of texts has nothing else',
  },
  {
    file: /approval/,
    line: /nik === null|dateOfBirth === null/,
    because: 'the other half of the condition finds null as well',
  },
  {
    file: /submission-state/,
    text: /^''$/,
    line: /decidedOn \?\? ''/,
    because: 'no event has the name that comes out',
  },
  {
    file: /projection/,
    line: /event\.at > before\.updatedAt/,
    replacement: />=/,
    because: 'of two equal times either is the later one',
  },
  {
    file: /share-policy/,
    line: /share\.version > best\.version/,
    because: '`version` is a place in the chain, which no two approvals share',
  },
  {
    file: /share-policy/,
    line: /best && at\(best\)/,
    mutator: /Equality/,
    because: 'of two that were taken in the same millisecond either may count as the last',
  },
  {
    file: /envelope/,
    text: /authTagLength/,
    because: 'it names the length that the tag is cut to anyway',
  },
  {
    file: /event\.ts|checkpoint\.ts/,
    text: /^(canonical|text) === undefined$/,
    because: 'for the compiler: an object always has a canonical form',
  },
  {
    file: /idempotency\.interceptor/,
    text: /^''$/,
    line: /split\('\?'\)/,
    because: 'for the compiler: a text that is split has a first part',
  },
  {
    mutator: /StringLiteral/,
    text: /^['"`]\S+( \S+){2,}['"`]$/,
    because: 'words for people: tests assert the code, the document `openapi.json` holds descriptions',
  },
];

/** @returns {string | undefined} */
export function reasonOf(survivor) {
  const fits = ([name, pattern]) => name === 'because' || pattern.test(survivor[name]);
  return REASONS.find((one) => Object.entries(one).every(fits))?.because;
}
