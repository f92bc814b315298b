import { Alert, Button, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { Refusal } from '../api/refusal';
import { useSession } from '../api/session';
import icon from '../favicon.svg';
import { Failure } from '../parts/feedback';
import { LanguageSwitch } from '../parts/shell';
import { useTexts } from '../texts/language';

export function SignIn(): ReactElement {
  const { signIn: words } = useTexts();
  const { signIn, ended } = useSession();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(user, password);
    } catch (error) {
      setFailure(error);
      setPassword('');
      setBusy(false);
    }
  };
  const isRefused = failure instanceof Refusal && failure.status === 401;
  return (
    <main className="sign-in">
      <form className="card" onSubmit={(event) => void submit(event)}>
        <Stack gap="md">
          <div className="sign-in-head">
            <img src={icon} width={40} height={40} alt="" />
            <LanguageSwitch />
          </div>
          <div>
            <h1 className="heading">{words.title}</h1>
            <Text size="sm" c="dimmed" mt={6}>
              {words.hint}
            </Text>
          </div>
          {failure === undefined && ended !== null && (
            <Alert color="yellow" role="status">
              {ended === 'idle' ? words.ended : words.refused}
            </Alert>
          )}
          {isRefused && <Alert color="red">{words.refused}</Alert>}
          {failure !== undefined && !isRefused && <Failure error={failure} />}
          <TextInput
            label={words.user}
            name="username"
            autoComplete="off"
            autoFocus
            spellCheck={false}
            required
            value={user}
            onChange={({ currentTarget }) => setUser(currentTarget.value)}
          />
          <TextInput
            type="password"
            label={words.password}
            name="password"
            autoComplete="off"
            required
            value={password}
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          />
          <Button type="submit" loading={busy}>
            {words.submit}
          </Button>
        </Stack>
      </form>
    </main>
  );
}
