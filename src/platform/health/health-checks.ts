import { Global, Injectable, Module } from '@nestjs/common';
import { timeout, TimeoutStrategy } from 'cockatiel';

/** `degraded` – some things do not work, most do; `down` – do not send traffic here. */
export type HealthStatus = 'ok' | 'degraded' | 'down';
type Check = () => HealthStatus | Promise<HealthStatus>;

export interface HealthReport {
  /** `stopping` – the process was told to end: send no new traffic, what was begun is finished. */
  readonly status: HealthStatus | 'stopping';
  readonly checks: Readonly<Record<string, HealthStatus>>;
}

const checkTime = timeout(2_500, TimeoutStrategy.Aggressive);
/** Everybody may ask: however often they do, the database and the partners are asked once in this time. */
const KEPT_MS = 1_000;

/** What the program needs in order to serve; features register what they depend on. */
@Injectable()
export class HealthChecks {
  readonly #checks = new Map<string, Check[]>();
  #latest: Promise<HealthReport> | undefined;
  #isStopping = false;

  /** Several may have one name: the worst counts. */
  register(name: string, check: Check): void {
    this.#checks.set(name, [...(this.#checks.get(name) ?? []), check]);
  }

  /** From now on the process is `stopping`, whatever its checks say. */
  stop(): void {
    this.#isStopping = true;
  }

  /** What {@link report} said within the last {@link KEPT_MS}. */
  recent(): Promise<HealthReport> {
    if (this.#isStopping) return Promise.resolve({ status: 'stopping', checks: {} });
    this.#latest ??= this.report().finally(() => {
      setTimeout(() => (this.#latest = undefined), KEPT_MS).unref();
    });
    return this.#latest;
  }

  async report(): Promise<HealthReport> {
    const checks: Record<string, HealthStatus> = {};
    await Promise.all(
      [...this.#checks].map(async ([name, all]) => {
        const tried = all.map((check) => checkTime.execute(check).catch((): HealthStatus => 'down'));
        checks[name] = worst(await Promise.all(tried));
      }),
    );
    return { status: worst(Object.values(checks)), checks };
  }
}

function worst(all: readonly HealthStatus[]): HealthStatus {
  return all.includes('down') ? 'down' : all.includes('degraded') ? 'degraded' : 'ok';
}

@Global()
@Module({ providers: [HealthChecks], exports: [HealthChecks] })
export class HealthModule {}
