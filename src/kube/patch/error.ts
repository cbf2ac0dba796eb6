/**
 * A patch that cannot be; the message is that of Kubernetes' libraries. `fault` says what an API server makes of it: `format` is the client's
 * mistake in the patch (400), `content` a patch that does not fit the object (422), `other` passes as it is (500).
 */
export class PatchError extends Error {
  override readonly name = 'PatchError';

  constructor(
    message: string,
    readonly fault: 'format' | 'content' | 'other' = 'other',
  ) {
    super(message);
  }
}
