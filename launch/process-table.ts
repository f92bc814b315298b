import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from './launch-error';

/**
 * Facts about running processes. Linux answers from `/proc`, because slim images carry no `ps`; macOS answers from `ps`.
 */
interface ProcessFacts {
  state: string;
  parent: number;
  /** When the process started, in a form that differs for a later process with the same id. */
  startedAt: string;
}

const onLinux = process.platform === 'linux';

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return null;
  }
}

function ps(...args: string[]): string | null {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

function facts(pid: number): ProcessFacts | null {
  if (!onLinux) {
    const [parent, state, ...startedAt] = (ps('-o', 'ppid=,stat=,lstart=', '-p', String(pid)) ?? '').split(
      /\s+/,
    );
    return parent && state ? { state, parent: Number(parent), startedAt: startedAt.join(' ') } : null;
  }
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return null;
  // proc(5): the command stands in parentheses and may hold spaces; state is field 3, ppid 4, starttime 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const boot = readProc('sys/kernel/random/boot_id')?.trim() ?? '';
  return { state: fields[0] ?? '', parent: Number(fields[1]), startedAt: `${boot}/${fields[19] ?? ''}` };
}

/** Whether the process runs. One that ended but was not yet collected by its parent counts as ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') return false;
  }
  const known = facts(pid);
  return known !== null && !known.state.startsWith('Z');
}

/** Tells a process from a later one with the same id; null when it does not run. */
export function identityOf(pid: number): string | null {
  return isRunning(pid) ? (facts(pid)?.startedAt ?? null) : null;
}

/** The command line, words separated by spaces; empty when the process does not run. */
export function commandOf(pid: number): string {
  if (!onLinux) return ps('-o', 'command=', '-p', String(pid)) ?? '';
  return (readProc(`${pid}/cmdline`) ?? '').split('\0').join(' ').trim();
}

/** The process that started this one (the system's first process once that one has ended), or null. */
export function parentOf(pid: number): number | null {
  return facts(pid)?.parent ?? null;
}

export function childrenOf(pid: number): number[] {
  const all = onLinux ? readdirSync('/proc') : (ps('-A', '-o', 'pid=') ?? '').split('\n');
  return all
    .map((entry) => Number(entry.trim()))
    .filter((candidate) => Number.isInteger(candidate) && candidate > 0)
    .filter((candidate) => facts(candidate)?.parent === pid);
}
