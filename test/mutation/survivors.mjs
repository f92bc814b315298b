/**
 * Why a change that no unit test noticed is no hole: the first that fits counts.
 * @type {readonly { file?: RegExp, line?: RegExp, mutator?: RegExp, because: string }[]}
 */
const REASONS = [
  {
    file: /approval/,
    line: /nik === null|dateOfBirth === null/,
    because: 'the other half of the condition finds null as well',
  },
  {
    file: /submission-state/,
    line: /kindsWith|SUBMISSION_KINDS\.filter|\.map\(\(kind\)|\.join\(/,
    because: 'a sentence of the API’s description, held by openapi.json',
  },
  {
    file: /submission-state/,
    line: /decidedOn \?\? ''/,
    because: 'no event has the name that comes out',
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
    file: /event\.ts/,
    line: /canonical === undefined/,
    because: 'for the compiler: an object always has a canonical form',
  },
  {
    mutator: /StringLiteral/,
    line: /^'[A-Z].*|^`[A-Z]|new Error\(|^return unprocessable\(/,
    because: 'words for people: tests assert the code',
  },
];

/** @returns {string | undefined} */
export function reasonOf({ file, line, mutator }) {
  const fits = (pattern, text) => pattern === undefined || pattern.test(text);
  return REASONS.find((one) => fits(one.file, file) && fits(one.line, line) && fits(one.mutator, mutator))
    ?.because;
}
