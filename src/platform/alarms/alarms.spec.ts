import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALARMS, RAISED_ALARMS } from './alarms';

const GUIDES = join('docs', 'guides');
const RUNBOOKS = readFileSync(join(GUIDES, 'runbooks.md'), 'utf8');
/** Text by heading of the third level. */
const SECTIONS = new Map(
  RUNBOOKS.split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split(/^## /m)[0]?.split('\n') ?? [];
      return [heading, lines.join('\n')];
    }),
);
const NAMES = Object.keys(ALARMS);

/** As GitHub makes them of headings. */
function anchors(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function sources(): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => readFileSync(join('src', name), 'utf8'));
}

describe('Every alarm', () => {
  it('has a section that says who is affected, how it is seen, what to do and when it ends', () => {
    expect([...SECTIONS.keys()].toSorted()).toEqual(NAMES.toSorted());
    const wanted = ['- **Affected**: ', '- **See**: ', '- **Do**: ', '- **Ends**: '];
    const lacking = [...SECTIONS].filter(([, text]) => !wanted.every((part) => text.includes(part)));
    expect(lacking.map(([name]) => name)).toEqual([]);
  });

  it('has a rule, which leads to the section', () => {
    const rules = readFileSync('deploy/prometheus/alerts.yml', 'utf8').split('- alert: ').slice(1);
    const led = rules.map((rule) => /runbook_url: docs\/guides\/runbooks\.md#(\w+)$/m.exec(rule)?.[1]);
    expect(led).toEqual(NAMES);
    const expressions = rules.map((rule) => /^ +expr: "(.+)"$/m.exec(rule)?.[1]);
    expect(expressions).not.toContain(undefined);
    expect(rules.every((rule) => /severity: (critical|warning),/.test(rule))).toBe(true);
  });

  it('that is counted is raised somewhere, and nothing else is', () => {
    const raised = sources().flatMap((text) =>
      [...text.matchAll(/\.alarm\(\s*'(\w+)'/g)].map(([, name = '']) => name),
    );
    expect([...new Set(raised)].toSorted()).toEqual([...RAISED_ALARMS].toSorted());
  });
});

describe('The runbooks', () => {
  it('lead nowhere that is not there', () => {
    const links = [...RUNBOOKS.matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)];
    expect(links.length).toBeGreaterThan(20);
    const dead = links.filter(([, file = '', anchor]) => {
      const path = file === '' ? join(GUIDES, 'runbooks.md') : join(GUIDES, file);
      if (anchor === undefined) return readFileSync(path).length === 0;
      return !anchors(path).includes(anchor);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });

  it('look for words that the program says', () => {
    const asked = [...RUNBOOKS.matchAll(/^told '(?:"msg":")?([A-Za-z][^"'\\]+?)"?'$/gm)].map(
      ([, words = '']) => words,
    );
    const all = sources().join('\n');
    expect(asked.length).toBeGreaterThan(8);
    expect(asked.filter((words) => !all.includes(`'${words}`) && !all.includes(`"${words}`))).toEqual([]);
  });
});
