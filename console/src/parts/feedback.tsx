import { Alert, Button, Center, Group, List, Loader, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { Refusal } from '../api/refusal';
import { useTexts } from '../texts/language';

export function Loading(): ReactElement {
  const { common } = useTexts();
  return (
    <Center p="xl" role="status">
      <Group gap="sm">
        <Loader size="sm" aria-hidden />
        <Text c="dimmed">{common.loading}</Text>
      </Group>
    </Center>
  );
}

export function Empty({ children }: { readonly children: string }): ReactElement {
  return (
    <Center p="lg">
      <Text size="sm" c="dimmed" ta="center">
        {children}
      </Text>
    </Center>
  );
}

/** Why something did not work, in the reader's words where we have them, and what finds it in the log. */
export function Failure({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}): ReactElement {
  const { common, errors } = useTexts();
  const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'unexpected' });
  const words = errors.codes[refusal.code] ?? refusal.message;
  return (
    <Alert color="red" variant="light" title={errors.title} className="failure">
      <Text size="sm">{words}</Text>
      {refusal.fields.length > 0 && (
        <List size="sm" mt={4}>
          {refusal.fields.map(({ field, message }) => (
            <List.Item key={`${field} ${message}`}>
              {field}: {message}
            </List.Item>
          ))}
        </List>
      )}
      {refusal.requestId !== undefined && (
        <Text size="xs" mt={4} className="breakable">
          {refusal.code} · {refusal.requestId}
        </Text>
      )}
      {onRetry !== undefined && (
        <Button mt="sm" size="xs" variant="default" onClick={onRetry}>
          {common.retry}
        </Button>
      )}
    </Alert>
  );
}

/** What was done, told to people who listen as well. */
export function Done({ children }: { readonly children: string }): ReactElement {
  return (
    <Alert color="teal" variant="light" role="status" className="done">
      {children}
    </Alert>
  );
}
