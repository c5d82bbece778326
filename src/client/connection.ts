/** Which Temporal server to use, and how to reach it: the environment's, or the embedded one. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { errorMessage, NelError } from '../core/errors.js';
import { ensureServer, type ServerLease } from './embedded/server.js';
import { createPayloadCodec } from './payload-codec.js';

export type Environment = Readonly<Record<string, string | undefined>>;

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
  const apiKey = env['TEMPORAL_API_KEY'];
  const [certPath, keyPath, caPath] = [
    'TEMPORAL_TLS_CLIENT_CERT_PATH',
    'TEMPORAL_TLS_CLIENT_KEY_PATH',
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  ].map((name) => env[name]);
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
    namespace: env['TEMPORAL_NAMESPACE'] ?? 'default',
    uiUrl: env['TEMPORAL_UI_URL'] ?? null,
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

/** @throws NelError of kind `run` when nothing answers at the address */
export async function connectClient(target: TemporalTarget, env: Environment): Promise<Client> {
  try {
    const connection = await Connection.connect({ ...target.connection, connectTimeout: '10s' });
    return new Client({ connection, namespace: target.namespace, dataConverter: dataConverter(env) });
  } catch (error) {
    throw new NelError('run', `no Temporal server at ${target.address}: ${errorMessage(error)}`, {
      hint: target.embedded ? 'run `nel temporal stop` and try again' : 'check TEMPORAL_ADDRESS, or unset it to use the embedded server',
    });
  }
}
