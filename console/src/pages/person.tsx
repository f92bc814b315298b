import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import type { components } from '@kyc-gateway/client';
import { useMutation } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { body } from '../api/refusal';
import { useGateway } from '../api/session';
import { DataTable } from '../parts/data-table';
import { saveAsFile } from '../parts/file';
import { Facts, Section } from '../parts/facts';
import { Done, Failure } from '../parts/feedback';
import { PurposeForm } from '../parts/purpose-form';
import { linkTo } from '../parts/route';
import { Heading } from '../parts/shell';
import { StatusTag } from '../parts/submission-words';
import { Tag } from '../parts/tag';
import { useSpeech } from '../texts/language';

type Copy = components['schemas']['PersonCopy'];

/** What a person may ask for: a copy of everything, and to be forgotten. */
export function PersonPage({ id }: { readonly id: string }): ReactElement {
  const { people: words, common } = useSpeech().texts;
  const gateway = useGateway();
  const reading = useMutation({
    gcTime: 0,
    mutationFn: (purpose: string) =>
      body(
        gateway.GET('/v1/people/{idOrPhoneNumber}', {
          params: { path: { idOrPhoneNumber: id }, query: { purpose } },
        }),
      ),
  });
  return (
    <Stack gap="md">
      <a className="back" href={linkTo('people')}>
        ← {common.back}
      </a>
      <Heading hint={id}>{words.person}</Heading>
      <Section title={words.copy} hint={words.copyHint}>
        <PurposeForm
          action={words.read}
          busy={reading.isPending}
          onRead={(purpose) => reading.mutate(purpose)}
        />
        {reading.isError && <Failure error={reading.error} />}
        {reading.data !== undefined && <Shown copy={reading.data} />}
      </Section>
      <Erase id={id} onErased={() => reading.reset()} />
    </Stack>
  );
}

function Shown({ copy }: { readonly copy: Copy }): ReactElement {
  const { texts, moment } = useSpeech();
  const { people: words, common } = texts;
  return (
    <Stack gap="md">
      <Facts
        facts={[
          [
            common.status,
            <Tag tone={copy.status === 'active' ? 'good' : 'warn'}>{words.status[copy.status]}</Tag>,
          ],
          [common.created, moment(copy.createdAt)],
          [words.until, copy.until === null ? null : moment(copy.until)],
          [words.identifiersTitle, copy.identifiers.map(({ kind, value }) => `${kind} ${value}`).join(', ')],
        ]}
      />
      <DataTable
        label={texts.nav.submissions}
        rows={copy.submissions}
        keyOf={(submission) => submission.id}
        columns={[
          { name: common.status, cell: ({ status }) => <StatusTag status={status} /> },
          { name: common.kind, cell: ({ kind }) => texts.kind[kind] },
          { name: common.created, cell: ({ createdAt }) => moment(createdAt) },
          {
            name: common.details,
            cell: (submission) => (
              <a href={linkTo('submissions', submission.id)}>{submission.id.slice(0, 8)}</a>
            ),
          },
        ]}
      />
      <Group>
        <Button onClick={() => saveAsFile(`person-${copy.id}.json`, JSON.stringify(copy, null, 2))}>
          {words.download}
        </Button>
      </Group>
    </Stack>
  );
}

function Erase({ id, onErased }: { readonly id: string; readonly onErased: () => void }): ReactElement {
  const { texts, day } = useSpeech();
  const { people: words, common } = texts;
  const gateway = useGateway();
  const [asked, setAsked] = useState(false);
  const [endedOn, setEndedOn] = useState('');
  const erasing = useMutation({
    mutationFn: () =>
      body(
        gateway.DELETE('/v1/people/{idOrPhoneNumber}', {
          params: {
            path: { idOrPhoneNumber: id },
            query: endedOn === '' ? {} : { relationshipEndedOn: endedOn },
          },
        }),
      ),
    onSuccess: () => {
      setAsked(false);
      onErased();
    },
  });
  const { data } = erasing;
  return (
    <Section title={words.erase} hint={words.eraseHint}>
      {data !== undefined && (
        <Done>{data.until === null ? words.erased : words.restricted(day(data.until))}</Done>
      )}
      <Group>
        <Button color="red.9" variant="outline" onClick={() => setAsked(true)}>
          {words.erase}
        </Button>
      </Group>
      <Modal
        opened={asked}
        onClose={() => setAsked(false)}
        title={words.eraseTitle}
        closeButtonProps={{ 'aria-label': common.close }}
        centered
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            erasing.mutate();
          }}
        >
          <Stack gap="md">
            <Text size="sm">{words.eraseHint}</Text>
            <TextInput
              type="date"
              label={words.endedOn}
              description={words.endedOnHint}
              value={endedOn}
              onChange={({ currentTarget }) => setEndedOn(currentTarget.value)}
            />
            {erasing.isError && <Failure error={erasing.error} />}
            <Group justify="flex-end" gap="sm">
              <Button variant="default" data-autofocus onClick={() => setAsked(false)}>
                {common.cancel}
              </Button>
              <Button type="submit" color="red.9" loading={erasing.isPending}>
                {common.confirm}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Section>
  );
}
