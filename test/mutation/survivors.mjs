/**
 * Why a change that no unit test noticed is no hole: the first that fits counts.
 * @type {readonly { file?: RegExp, line?: RegExp, mutator?: RegExp, because: string }[]}
 */
const REASONS = [];

/** @returns {string | undefined} */
export function reasonOf({ file, line, mutator }) {
  const fits = (pattern, text) => pattern === undefined || pattern.test(text);
  return REASONS.find((one) => fits(one.file, file) && fits(one.line, line) && fits(one.mutator, mutator))
    ?.because;
}
