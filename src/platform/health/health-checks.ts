import { Injectable } from '@nestjs/common';

/** `degraded` – some things do not work, most do; `down` – do not send traffic here. */
export type HealthStatus = 'ok' | 'degraded' | 'down';
type Check = () => HealthStatus | Promise<HealthStatus>;

export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, HealthStatus>>;
}

const CHECK_WITHIN_MS = 2_500;

/** What the program needs in order to serve; features register what they depend on. */
@Injectable()
export class HealthChecks {
  readonly #checks = new Map<string, Check>();

  register(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  async report(): Promise<HealthReport> {
    const checks: Record<string, HealthStatus> = {};
    await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        checks[name] = await within(CHECK_WITHIN_MS, check).catch((): HealthStatus => 'down');
      }),
    );
    const all = Object.values(checks);
    const status = all.includes('down') ? 'down' : all.includes('degraded') ? 'degraded' : 'ok';
    return { status, checks };
  }
}

async function within(milliseconds: number, check: Check): Promise<HealthStatus> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<HealthStatus>((resolve) => {
    timer = setTimeout(() => resolve('down'), milliseconds);
  });
  try {
    return await Promise.race([check(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
