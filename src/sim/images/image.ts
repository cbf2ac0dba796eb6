import type { Program } from '../process/os.ts';

/** A container image: what its reference resolves to, its configuration, its files and the programs in them. */
export interface ImageDef {
  /** Canonical repository, e.g. `docker.io/library/mongo`. */
  repository: string;
  /** Tags that exist. Anything else is `not found` at the registry. */
  tags: string[];
  /** Compressed size as `Image size: … bytes` tells it. */
  sizeBytes: number;
  /** `sha256:…` */
  digest: string;
  config: {
    entrypoint?: string[];
    cmd?: string[];
    env?: Record<string, string>;
    workingDir?: string;
    uid?: number;
    exposedPorts?: number[];
  };
  /** Text files by absolute path. Directories are made as needed. */
  files: Record<string, string | { content: string; mode: number }>;
  /** Executables by absolute path. They show up as files of mode 0755. */
  programs: Record<string, Program>;
  /** Symbolic links: path to target. */
  links?: Record<string, string>;
}

/** The registry and the nodes' image stores resolve references with this. */
export interface ImageCatalog {
  /** `mongo:4.4.6` and `docker.io/library/mongo:4.4.6` name the same image; no tag means `latest`. */
  resolve(reference: string): ImageDef | undefined;
}
