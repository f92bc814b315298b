import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule, declarations } from './app.module';
import { createDocument } from './openapi-document';
import { loadSettings } from './platform/config';
import { createLog } from './platform/logging';

/** Prints openapi.json. Nothing is started and nobody is called: the modules are wired in Nest's preview mode. */
const KEY = Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64');
const ENVIRONMENT = {
  BUSINESS_UNITS: 'nanovest',
  DATABASE_URL: 'postgres://nobody@localhost/none',
  DATA_ENCRYPTION_KEYS: `none:${KEY}`,
  BLIND_INDEX_KEY: KEY,
  SIMAS_ID_BASE_URL: 'https://simas-id.invalid',
  SIMAS_ID_ISSUER: 'https://simas-id.invalid/realms/simas-id',
};

async function main(): Promise<void> {
  const signing = generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const registry = loadSettings(declarations, ['nanovest'], { ...ENVIRONMENT, LEDGER_SIGNING_KEY: signing });
  const module = AppModule.forRoot(registry, createLog('silent'));
  const options = { preview: true, logger: false } as const;
  const app = await NestFactory.create(module, new FastifyAdapter(), options);
  process.stdout.write(`${inLines(createDocument(app))}\n`);
}

/** JSON with a line for each operation and each component: the document is compared, and downloaded. */
function inLines(value: object, depth = 0): string {
  const lines = Object.entries(value).map(([name, item]: [string, unknown]) => {
    const isGroup = depth < 2 && typeof item === 'object' && item !== null && !Array.isArray(item);
    return `${JSON.stringify(name)}: ${isGroup ? inLines(item, depth + 1) : JSON.stringify(item)}`;
  });
  return `{\n${lines.join(',\n')}\n}`;
}

void main();
