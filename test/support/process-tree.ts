import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningProcess } from '../../launch/running-process';

/** The process and everything it started, and what those started. */
export function familyOf(pid: number): number[] {
  const all = parents();
  const withDescendants = (one: number): number[] => {
    const children = all.filter(({ parent }) => parent === one);
    return [one, ...children.flatMap((child) => withDescendants(child.pid))];
  };
  return withDescendants(pid);
}

/** Slim images carry no `ps`. */
function parents(): { pid: number; parent: number }[] {
  if (process.platform !== 'linux') {
    const list = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return list
      .map((line) => line.trim().split(/ +/))
      .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
  }
  return readdirSync('/proc').flatMap((entry) => {
    try {
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      return [{ pid: Number(entry), parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]) }];
    } catch {
      return []; // no process, or it ended meanwhile
    }
  });
}

export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => runningProcess(pid) !== null);
}

/** The process id of the PostgreSQL server that runs on a data directory. */
export function postmasterOf(cluster: string): number {
  return Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10);
}

/** SIGKILL to a PostgreSQL server and each of its processes at once, as a power cut would end them. */
export async function killPostgres(cluster: string): Promise<void> {
  const postmaster = postmasterOf(cluster);
  // Stopped first, so that it neither starts processes while they are listed nor reacts to their deaths.
  process.kill(postmaster, 'SIGSTOP');
  const family = familyOf(postmaster);
  for (const pid of family.toReversed()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended meanwhile
    }
  }
  while (stillRunning(family).length > 0) await sleep(5);
}
