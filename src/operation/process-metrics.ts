import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { Database } from '../platform/database';
import { HealthChecks } from '../platform/health';
import { Metrics } from '../platform/metrics';

const STATES = { ok: 0, degraded: 1, down: 2 } as const;

/** What runs here, and how its database and its readiness checks are doing. */
@Injectable()
export class ProcessMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly database: Database,
    private readonly checks: HealthChecks,
    dataSource: DataSource,
  ) {
    this.#tellBuild();
    this.#tellPool((dataSource.driver as PostgresDriver).master as Pool);
    this.#tellSize();
    this.#tellChecks();
  }

  #tellBuild(): void {
    // Of the repository, the same distance from `src/` and from `dist/`.
    const manifest = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    const name = 'kyc_gateway_build_info';
    const build = this.metrics.gauge({ name, help: 'What runs (1)', labels: ['version', 'node'] });
    build.set({ version, node: process.version }, 1);
  }

  #tellPool(pool: Pool): void {
    const connections = this.metrics.gauge({
      name: 'database_pool_connections',
      help: 'Database connections of this process',
      labels: ['state'],
    });
    const name = 'database_pool_waiting';
    const waiting = this.metrics.gauge({ name, help: 'Work that waits for a database connection' });
    this.metrics.beforeReading(() => {
      connections.set({ state: 'idle' }, pool.idleCount);
      connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      waiting.set(pool.waitingCount);
    });
  }

  #tellSize(): void {
    const size = this.metrics.gauge({ name: 'database_size_bytes', help: 'Disk space of the database' });
    this.metrics.gather(async () => {
      const sql = 'SELECT pg_database_size(current_database())::float8 AS bytes';
      const [row] = await this.database.query<{ bytes: number }>(sql);
      size.set(row?.bytes ?? 0);
    });
  }

  #tellChecks(): void {
    const state = this.metrics.gauge({
      name: 'health_check_state',
      help: 'The checks of /health/ready in this process: 0 ok, 1 degraded, 2 down',
      labels: ['check'],
    });
    this.metrics.gather(async () => {
      const { checks } = await this.checks.recent();
      for (const [check, word] of Object.entries(checks)) state.set({ check }, STATES[word]);
    });
  }
}
