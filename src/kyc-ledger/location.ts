/** Where a submission is found, as the `Location` header of whatever created it. */
export function locationOf(submissionId: string): { readonly location: string } {
  return { location: `/v1/submissions/${submissionId}` };
}
