/** GTF advises to ask when no callback came within about ten minutes (gtf.md §5): never left out. */
const MANDATORY_LOOK_SECONDS = 600;

/**
 * When look number `look` (from 0) is due, in seconds after the round began; null when the round is over. The last step of the
 * schedule repeats, and the very last look is at the deadline.
 */
export function lookAfterSeconds(
  look: number,
  schedule: readonly number[],
  deadlineSeconds: number,
): number | null {
  const previous = look === 0 ? 0 : dueSeconds(look - 1, schedule);
  return previous >= deadlineSeconds ? null : Math.min(dueSeconds(look, schedule), deadlineSeconds);
}

function dueSeconds(look: number, schedule: readonly number[]): number {
  const steps = [...new Set([...schedule, ...mandatory(schedule)])].sort((a, b) => a - b);
  const last = steps.at(-1) ?? MANDATORY_LOOK_SECONDS;
  return steps[look] ?? last * (look - steps.length + 2);
}

/** A schedule that repeats every ten minutes or oftener looks then anyway. */
function mandatory(schedule: readonly number[]): readonly number[] {
  return (schedule.at(-1) ?? 0) > MANDATORY_LOOK_SECONDS ? [MANDATORY_LOOK_SECONDS] : [];
}
