import { Button } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTexts } from '../texts/language';
import { type Column, DataTable } from './data-table';
import { Empty, Failure, Loading } from './feedback';

/** How often a list that stands open is asked for again. */
const POLL_MS = 15_000;

interface Page<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}

/** What every list of pages asks alike; spread into `useInfiniteQuery`. */
export const paging = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }): string | null => nextCursor,
  // What was loaded further down would all be asked for again.
  refetchInterval: ({
    state,
  }: {
    readonly state: { readonly data?: { readonly pages: readonly unknown[] } | undefined };
  }): number | false => (state.data?.pages.length === 1 ? POLL_MS : false),
};

/** Where the next page begins; nothing on the first. */
export function cursor(after: string | undefined): { cursor?: string } {
  return after === undefined ? {} : { cursor: after };
}

/** The pages of a list as one table, with a way to the next. */
export function PagedTable<Row>({
  list,
  label,
  columns,
  keyOf,
  empty,
}: {
  readonly list: UseInfiniteQueryResult<InfiniteData<Page<Row>>>;
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly empty: string;
}): ReactElement {
  const { common } = useTexts();
  const rows = list.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <>
      {list.isPending && <Loading />}
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && <Empty>{empty}</Empty>}
      {rows.length > 0 && <DataTable label={label} columns={columns} rows={rows} keyOf={keyOf} />}
      {list.hasNextPage && (
        <div className="more">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {common.more}
          </Button>
        </div>
      )}
    </>
  );
}
