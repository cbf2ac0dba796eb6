import { z } from 'zod';

/** One application's file in metadata/, in AIOpsLab's field names. */
export const appMetadataSchema = z.strictObject({
  Name: z.string().min(1),
  Namespace: z.string().min(1),
  Desc: z.string().min(1),
  'Supported Operations': z.array(z.string()),
  'Helm Config': z.strictObject({
    release_name: z.string().min(1),
    /** Folder below charts/. */
    chart_path: z.string().min(1),
    namespace: z.string().min(1),
    /** Charts of repositories need a network and are refused. */
    remote_chart: z.literal(false),
  }),
  frontend_service: z.string().min(1),
  frontend_port: z.int().positive(),
});

export type AppMetadata = z.infer<typeof appMetadataSchema>;
