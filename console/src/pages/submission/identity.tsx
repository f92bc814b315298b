import { Button, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { body } from '../../api/refusal';
import { useGateway } from '../../api/session';
import { Facts, Section } from '../../parts/facts';
import { Failure } from '../../parts/feedback';
import { PurposeForm } from '../../parts/purpose-form';
import { useTexts } from '../../texts/language';

const FIELDS = ['fullName', 'nik', 'dateOfBirth', 'email', 'phoneNumber'] as const;

/** The person's data in clear, for as long as this page stands: it is kept in no cache. */
export function Identity({ id }: { readonly id: string }): ReactElement {
  const { identity: words } = useTexts();
  const gateway = useGateway();
  const queries = useQueryClient();
  const reading = useMutation({
    gcTime: 0,
    mutationFn: (purpose: string) =>
      body(gateway.GET('/v1/submissions/{id}/identity', { params: { path: { id }, query: { purpose } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['events', id] }),
  });
  const { data } = reading;
  return (
    <Section title={words.title} hint={words.hint}>
      {data === undefined ? (
        <PurposeForm
          action={words.read}
          busy={reading.isPending}
          onRead={(purpose) => reading.mutate(purpose)}
        />
      ) : (
        <Stack gap="md">
          <Facts facts={FIELDS.map((field) => [words.fields[field], data[field]] as const)} />
          {data.ktp !== null && (
            <details>
              <summary>{words.ktp}</summary>
              <Facts facts={Object.entries(data.ktp)} />
            </details>
          )}
          <Button variant="default" className="own-width" onClick={() => reading.reset()}>
            {words.hide}
          </Button>
        </Stack>
      )}
      {reading.isError && <Failure error={reading.error} />}
    </Section>
  );
}
