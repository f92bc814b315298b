import { Alert, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { answered } from '../../api/refusal';
import { useGateway } from '../../api/session';
import { Facts, Section } from '../../parts/facts';
import { Failure, Loading } from '../../parts/feedback';
import { linkTo } from '../../parts/route';
import { Heading } from '../../parts/shell';
import { StatusTag, type Submission } from '../../parts/submission-words';
import { Tag } from '../../parts/tag';
import { useSpeech } from '../../texts/language';
import { Decide } from './decide';
import { Identity } from './identity';
import { POLL_MS } from './polling';
import { Timeline } from './timeline';

/** One submission: what is known, what happened, and what the officer makes of it. */
export function SubmissionPage({ id }: { readonly id: string }): ReactElement {
  const { texts } = useSpeech();
  const gateway = useGateway();
  const query = useQuery({
    queryKey: ['submission', id],
    queryFn: async () => {
      const { data, response } = await answered(
        gateway.GET('/v1/submissions/{id}', { params: { path: { id } } }),
      );
      return { submission: data, etag: response.headers.get('etag') ?? '' };
    },
    refetchInterval: POLL_MS,
  });
  return (
    <Stack gap="md">
      <a className="back" href={linkTo('submissions')}>
        ← {texts.common.back}
      </a>
      {query.isPending && <Loading />}
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && <Shown {...query.data} />}
    </Stack>
  );
}

function Shown({
  submission,
  etag,
}: {
  readonly submission: Submission;
  readonly etag: string;
}): ReactElement {
  const { texts } = useSpeech();
  const { id, phoneNumber, status, kind, otherPeopleWithSameNik: others = 0 } = submission;
  return (
    <>
      <Group gap="sm" align="center">
        <Heading>{phoneNumber ?? texts.submission.title}</Heading>
        <StatusTag status={status} />
        <span className="hint">{texts.kind[kind]}</span>
      </Group>
      <div className="two-columns">
        <Stack gap="md">
          <Section title={texts.decision.title}>
            {others > 0 && (
              <Alert color="yellow" role="note">
                {texts.submission.duplicates(others)}
              </Alert>
            )}
            <Decision submission={submission} />
            <Decide submission={submission} etag={etag} />
          </Section>
          <Known submission={submission} />
          <Identity id={id} />
        </Stack>
        <Timeline id={id} />
      </div>
    </>
  );
}

function Decision({ submission: { decision } }: { readonly submission: Submission }): ReactElement {
  const { texts, moment } = useSpeech();
  const { decision: words, common } = texts;
  if (decision === null) return <p className="hint">{words.none}</p>;
  return (
    <Facts
      facts={[
        [words.title, words.outcome[decision.outcome]],
        [words.at, moment(decision.at)],
        [words.officer, decision.officer],
        [words.reason, decision.reason],
        [words.by, decision.by],
        [words.overridden, decision.overridden === true ? common.yes : common.no],
        [words.corrected, (decision.corrected ?? []).join(', ') || common.none],
      ]}
    />
  );
}

const TONES = { pass: 'good', fail: 'bad', unknown: 'neutral', overridden: 'warn' } as const;
const CHECKED = ['nik', 'name', 'dateOfBirth', 'selfie'] as const;

function Known({ submission }: { readonly submission: Submission }): ReactElement {
  const { texts, moment } = useSpeech();
  const { submission: words, common } = texts;
  const { verification, documents } = submission;
  return (
    <Section title={words.facts}>
      <Facts
        facts={[
          [words.id, submission.id],
          [words.type, submission.submissionType],
          [words.partnerId, submission.partnerSubmissionId],
          [words.reasonCode, submission.reasonCode],
          [common.created, moment(submission.createdAt)],
          [common.updated, moment(submission.updatedAt)],
        ]}
      />
      <h3>{words.documents}</h3>
      {documents.length === 0 ? (
        <p className="hint">{words.noDocuments}</p>
      ) : (
        <Facts
          facts={documents.map(
            ({ type, state }) =>
              [
                type,
                <Tag tone={state === 'uploaded' ? 'good' : 'warn'}>{words.documentState[state]}</Tag>,
              ] as const,
          )}
        />
      )}
      <h3>{words.verification}</h3>
      {verification === null ? (
        <p className="hint">{words.noVerification}</p>
      ) : (
        <Facts
          facts={CHECKED.map((field) => {
            const word = verification[field];
            return [words.fields[field], <Tag tone={TONES[word]}>{words.words[word]}</Tag>] as const;
          })}
        />
      )}
    </Section>
  );
}
