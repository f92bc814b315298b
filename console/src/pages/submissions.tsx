import { Button, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { Choice } from '../parts/choice';
import { cursor, PagedTable, paging } from '../parts/paged-table';
import { replaceQuery, useRoute } from '../parts/route';
import { Heading } from '../parts/shell';
import { type SubmissionKind, type SubmissionStatus, useSubmissionColumns } from '../parts/submission-words';
import { useSpeech } from '../texts/language';

const PAGE = 25;

interface Filter {
  readonly status: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly phoneNumber: string;
  readonly nik: string;
}

/** Whom the list is narrowed to; in no address, for the browser remembers those. */
type Person = Pick<Filter, 'phoneNumber' | 'nik'>;
const NOBODY: Person = { phoneNumber: '', nik: '' };

/** The unit's submissions, narrowed to what an officer looks for. */
export function Submissions(): ReactElement {
  const { texts } = useSpeech();
  const columns = useSubmissionColumns();
  const route = useRoute();
  const [person, setPerson] = useState(NOBODY);
  const filter = { ...inAddress(route.query), ...person };
  const list = useSubmissions(filter);
  const isNarrowed = Object.values(filter).some((value) => value !== '');
  return (
    <Stack gap="md">
      <Heading hint={texts.submissions.hint}>{texts.submissions.title}</Heading>
      <Filters filter={filter} onPerson={setPerson} />
      <div className="card">
        <PagedTable
          list={list}
          label={texts.nav.submissions}
          columns={columns}
          keyOf={({ id }) => id}
          empty={isNarrowed ? texts.submissions.empty : texts.submissions.emptyAll}
        />
      </div>
    </Stack>
  );
}

function inAddress(query: URLSearchParams): Omit<Filter, keyof Person> {
  const value = (name: string): string => query.get(name) ?? '';
  return { status: value('status'), kind: value('kind'), from: value('from'), to: value('to') };
}

function useSubmissions({ status, kind, phoneNumber, nik, from, to }: Filter) {
  const gateway = useGateway();
  const query = {
    limit: PAGE,
    ...(status === '' ? {} : { status: status as SubmissionStatus }),
    ...(kind === '' ? {} : { kind: kind as SubmissionKind }),
    ...(phoneNumber === '' ? {} : { phoneNumber }),
    ...(nik === '' ? {} : { nik }),
    ...(from === '' ? {} : { createdFrom: startOf(from) }),
    ...(to === '' ? {} : { createdTo: startOf(to, 1) }),
  };
  return useInfiniteQuery({
    queryKey: ['submissions', query],
    queryFn: ({ pageParam }) =>
      body(gateway.POST('/v1/submissions/search', { body: { ...query, ...cursor(pageParam) } })),
    ...paging,
  });
}

/** The beginning of a day where the reader is. */
function startOf(day: string, daysLater = 0): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + daysLater).toISOString();
}

function Filters({
  filter,
  onPerson,
}: {
  readonly filter: Filter;
  readonly onPerson: (person: Person) => void;
}): ReactElement {
  const { texts } = useSpeech();
  const route = useRoute();
  const [typed, setTyped] = useState<Person>(filter);
  const date = (name: 'from' | 'to'): ReactElement => (
    <TextInput
      type="date"
      label={texts.common[name]}
      value={filter[name]}
      onChange={({ currentTarget }) => replaceQuery(route, { [name]: currentTarget.value })}
    />
  );
  const text = (name: keyof Person, label: string): ReactElement => (
    <TextInput
      label={label}
      inputMode="numeric"
      autoComplete="off"
      value={typed[name]}
      onChange={({ currentTarget: { value } }) => setTyped((before) => ({ ...before, [name]: value }))}
    />
  );
  return (
    <form
      className="card filters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onPerson({ phoneNumber: typed.phoneNumber.trim(), nik: typed.nik.trim() });
      }}
    >
      <Choice
        label={texts.common.status}
        words={texts.status}
        value={filter.status}
        onChoose={(status) => replaceQuery(route, { status })}
      />
      <Choice
        label={texts.common.kind}
        words={texts.kind}
        value={filter.kind}
        onChoose={(kind) => replaceQuery(route, { kind })}
      />
      {date('from')}
      {date('to')}
      {text('phoneNumber', texts.common.phone)}
      {text('nik', texts.identity.fields.nik)}
      <Button type="submit">{texts.common.search}</Button>
      <Button
        type="button"
        variant="default"
        onClick={() => {
          setTyped(NOBODY);
          onPerson(NOBODY);
          replaceQuery(route, { status: '', kind: '', from: '', to: '' });
        }}
      >
        {texts.common.clear}
      </Button>
    </form>
  );
}
