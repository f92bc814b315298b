import { Button, NativeSelect, Stack, TextInput } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useMutation } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { DataTable } from '../parts/data-table';
import { Empty, Failure } from '../parts/feedback';
import { linkTo } from '../parts/route';
import { Heading } from '../parts/shell';
import { Tag } from '../parts/tag';
import { useSpeech } from '../texts/language';

type Search = components['schemas']['PersonSearch'];

const IDENTIFIERS = ['phoneNumber', 'nik', 'email', 'subject'] as const;
type IdentifierName = (typeof IDENTIFIERS)[number];

/** Looks for people by what they are known by; nothing of it is kept. */
export function People(): ReactElement {
  const { texts, moment } = useSpeech();
  const { people: words, common } = texts;
  const gateway = useGateway();
  const [by, setBy] = useState<IdentifierName>('phoneNumber');
  const [value, setValue] = useState('');
  const search = useMutation({
    gcTime: 0,
    mutationFn: (wanted: Search) => body(gateway.POST('/v1/people/search', { body: wanted })),
  });
  return (
    <Stack gap="md">
      <Heading hint={words.hint}>{words.title}</Heading>
      <form
        className="card filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search.mutate({ [by]: value.trim() } as Search);
        }}
      >
        <NativeSelect
          label={words.by}
          value={by}
          data={IDENTIFIERS.map((name) => ({ value: name, label: words.identifiers[name] }))}
          onChange={({ currentTarget }) => {
            setBy(currentTarget.value as IdentifierName);
            search.reset();
          }}
        />
        <TextInput
          label={words.identifiers[by]}
          autoComplete="off"
          required
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
        <Button type="submit" loading={search.isPending}>
          {common.search}
        </Button>
      </form>
      {search.isError && <Failure error={search.error} />}
      {search.data !== undefined && (
        <div className="card">
          {search.data.data.length === 0 ? (
            <Empty>{words.nobody}</Empty>
          ) : (
            <DataTable
              label={words.title}
              rows={search.data.data}
              keyOf={({ id }) => id}
              columns={[
                {
                  name: words.person,
                  cell: ({ id }) => <a href={linkTo('people', id)}>{id.slice(0, 8)}</a>,
                },
                {
                  name: common.status,
                  cell: ({ status }) => (
                    <Tag tone={status === 'active' ? 'good' : 'warn'}>{words.status[status]}</Tag>
                  ),
                },
                { name: words.submissions, cell: ({ submissions }) => String(submissions) },
                { name: common.created, cell: ({ createdAt }) => moment(createdAt) },
              ]}
            />
          )}
        </div>
      )}
    </Stack>
  );
}
