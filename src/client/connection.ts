/** Which Temporal server to use, and how to reach it: the environment's, or the embedded one. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { errorMessage, NelError } from '../core/errors.js';
import { ensureServer, type ServerLease } from './embedded/server.js';
import { createPayloadCodec } from './payload-codec.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How long the server may take to answer whether it has a namespace. */
const NAMESPACE_LIMIT_MS = 10_000;

type TlsOptions = NonNullable<ConnectionOptions['tls']>;

/** How workers and clients connect; `address` is host:port. */
export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  /** Where a person can look, when known. */
  readonly uiUrl: string | null;
  readonly connection: { readonly address: string; readonly tls: TlsOptions; readonly apiKey?: string };
  /** True for the server of this machine that nel starts itself. */
  readonly embedded: boolean;
  release(): Promise<void>;
}

/**
 * TEMPORAL_ADDRESS set: that server (with TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_CLIENT_CERT_PATH,
 * TEMPORAL_TLS_CLIENT_KEY_PATH, TEMPORAL_TLS_SERVER_CA_CERT_PATH, as the Temporal CLI names them); else the embedded server, started when needed.
 * An empty variable counts as unset: compose files and CI hand on what was not given that way.
 */
export async function findTemporal(env: Environment, log: (line: string) => void): Promise<TemporalTarget> {
  const address = env['TEMPORAL_ADDRESS'];
  if (address) return remoteTarget(address, env);
  const lease: ServerLease = await ensureServer({ log });
  return {
    address: lease.address,
    namespace: 'default',
    uiUrl: lease.uiUrl,
    connection: { address: lease.address, tls: false },
    embedded: true,
    release: () => lease.release(),
  };
}

async function remoteTarget(address: string, env: Environment): Promise<TemporalTarget> {
  const given = (name: string): string | undefined => env[name] || undefined;
  const apiKey = given('TEMPORAL_API_KEY');
  const certPath = given('TEMPORAL_TLS_CLIENT_CERT_PATH');
  const keyPath = given('TEMPORAL_TLS_CLIENT_KEY_PATH');
  const caPath = given('TEMPORAL_TLS_SERVER_CA_CERT_PATH');
  if ((certPath === undefined) !== (keyPath === undefined)) {
    throw new NelError('config', 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH go together', {
      hint: 'set both or neither',
    });
  }
  const read = async (file: string): Promise<Buffer> =>
    readFile(file).catch((error: unknown) => {
      throw new NelError('config', `cannot read the TLS file ${file}: ${errorMessage(error)}`);
    });
  const useTls = apiKey !== undefined || certPath !== undefined || caPath !== undefined || /^(1|true)$/i.test(env['TEMPORAL_TLS'] ?? '');
  const tls = useTls
    ? {
        ...(caPath ? { serverRootCACertificate: await read(caPath) } : {}),
        ...(certPath && keyPath ? { clientCertPair: { crt: await read(certPath), key: await read(keyPath) } } : {}),
      }
    : false;
  return {
    address,
    namespace: given('TEMPORAL_NAMESPACE') ?? 'default',
    uiUrl: given('TEMPORAL_UI_URL') ?? null,
    connection: { address, tls, ...(apiKey ? { apiKey } : {}) },
    embedded: false,
    release: async () => undefined,
  };
}

/** The data converter of every client and worker: failures as payloads, encrypted when NEL_PAYLOAD_KEY is set. */
export function dataConverter(env: Environment): DataConverter {
  const key = env['NEL_PAYLOAD_KEY'];
  return {
    failureConverterPath: fileURLToPath(new URL('../workflows/failure-converter.js', import.meta.url)),
    ...(key ? { payloadCodecs: [createPayloadCodec(key)] } : {}),
  };
}

/** @throws NelError of kind `run` when nothing answers at the address, `config` when the server refuses the credentials or has no such namespace */
export async function connectClient(target: TemporalTarget, env: Environment): Promise<Client> {
  // Not connect(): it leaves the connection open when it fails.
  const connection = Connection.lazy({ ...target.connection, connectTimeout: '10s' });
  try {
    await connection.ensureConnected().catch((error: unknown) => {
      throw refusalOf(error, target) ?? unreachable(error, target);
    });
    // Else each command would meet it elsewhere, and a worker would poll for ever.
    if (!target.embedded) await checkNamespace(connection, target);
    return new Client({ connection, namespace: target.namespace, dataConverter: dataConverter(env) });
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/** Status codes of gRPC. */
const GRPC = { NOT_FOUND: 5, PERMISSION_DENIED: 7, INVALID_ARGUMENT: 3, UNIMPLEMENTED: 12, UNAUTHENTICATED: 16 } as const;

async function checkNamespace(connection: Connection, target: TemporalTarget): Promise<void> {
  const { namespace } = target;
  try {
    await connection.withDeadline(Date.now() + NAMESPACE_LIMIT_MS, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    const code = codeOf(error);
    // A proxy that hands on what workflows need, and no more.
    if (code === GRPC.UNIMPLEMENTED) return;
    if (code !== GRPC.NOT_FOUND && code !== GRPC.INVALID_ARGUMENT) throw refusalOf(error, target) ?? unreachable(error, target);
    throw new NelError('config', `the Temporal server at ${target.address} has no namespace ${JSON.stringify(namespace)}`, {
      hint: `set TEMPORAL_NAMESPACE to one that it has, or create it: temporal operator namespace create --namespace ${namespace}`,
      cause: error,
    });
  }
}

/** Undefined when the error is not about rights. */
function refusalOf(error: unknown, { address, namespace }: TemporalTarget): NelError | undefined {
  const code = codeOf(error);
  if (code !== GRPC.PERMISSION_DENIED && code !== GRPC.UNAUTHENTICATED) return undefined;
  return new NelError('config', `the Temporal server at ${address} gives no access to namespace ${JSON.stringify(namespace)}`, {
    hint: 'check TEMPORAL_NAMESPACE, and TEMPORAL_API_KEY or the client certificate: they have to belong together',
    cause: error,
  });
}

function unreachable(error: unknown, { address, embedded }: TemporalTarget): NelError {
  return new NelError('run', `no Temporal server at ${address}: ${errorMessage(error)}`, {
    hint: embedded ? 'run `nel temporal stop` and try again' : 'check TEMPORAL_ADDRESS, or unset it to use the embedded server',
  });
}

/** The gRPC status of an error, or of what it was caused by. */
function codeOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined;
}
