/** metav1.Status and the errors of the API server: these are the simulated system speaking, not failures of ours. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: StatusCause[];
    retryAfterSeconds?: number;
  };
  code?: number;
}

/** Thrown inside the API server; answered as a Status with its code. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(readonly status: Status) {
    super(status.message ?? status.reason ?? 'error');
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string | undefined {
    return this.status.reason;
  }
}

/** As `value` of a field error: upstream prints none (field.OmitValueType). */
export const OMITTED_VALUE: unique symbol = Symbol('omitted');

/** What a validation finds, in upstream's field.Error terms; `toString` rules live in field-error.ts. */
export interface FieldError {
  type:
    | 'FieldValueNotFound'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'InternalError'
    | 'FieldValueTypeInvalid';
  /** `spec.template.spec.containers[0].image` */
  field: string;
  /** The value at fault; printed for Invalid, NotSupported, Duplicate, NotFound. */
  value?: unknown;
  detail?: string;
}
