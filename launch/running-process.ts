import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface RunningProcess {
  /** Differs for a later process that is given the same id. */
  startedAt: string;
  command: string;
}

/**
 * The process that has the id; null when none runs (one that ended but was not collected by its parent does not run).
 * Linux answers from `/proc`, because slim images carry no `ps`.
 */
export function runningProcess(pid: number): RunningProcess | null {
  try {
    if (process.platform !== 'linux') {
      const line = execFileSync('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
        encoding: 'utf8',
      });
      return line.includes('<defunct>') ? null : { startedAt: line.slice(0, 24), command: line.slice(24) };
    }
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name stands in parentheses and may hold spaces; state is field 3, starttime is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return fields[0] === 'Z' ? null : { startedAt: `${boot}/${fields[19] ?? ''}`, command };
  } catch {
    return null;
  }
}
