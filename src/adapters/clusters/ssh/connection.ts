/** One SSH connection, made when it is first needed and made again when it breaks. Everything that goes over it shares a few channels. */

import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { ClusterUnreachable, type SshTarget } from '../../../core/cluster.js';
import { errorMessage, NelError } from '../../../core/errors.js';
import { Channels } from './channels.js';
import { type HostKeyCheck, hostKeyCheck, hostKeyError, loginOptions } from './credentials.js';
import type { HostKeyVerdict } from './known-hosts.js';

const MOST_CHANNELS = 8;
/** A connection that is silent for three of these is dead. */
const KEEPALIVE_MS = 10_000;
const HANDSHAKE_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** What ssh2 offers for host keys, in the order of its own preference. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

export interface ConnectionOptions {
  /** Where names of variables and SSH_AUTH_SOCK are looked up; default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that one operation bears a host that cannot be reached; then ClusterUnreachable. Default 60,000. */
  readonly patienceMs?: number;
}

export interface UseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether to do it again when the connection broke in the middle. */
  readonly repeatable: boolean;
}

/** A connection that is up, until it is lost. */
interface Link {
  readonly client: Client;
  /** Rejects with ClusterUnreachable when the connection is gone. */
  readonly lost: Promise<never>;
}

export class SshConnection {
  private readonly channels = new Channels(MOST_CHANNELS);
  private link: Promise<Link> | null = null;
  private closed = false;

  constructor(
    private readonly target: SshTarget,
    private readonly options: ConnectionOptions = {},
  ) {}

  get name(): string {
    return `${this.target.user}@${this.target.host}:${this.target.port}`;
  }

  /**
   * Gives `use` a client that is connected, and again another one when that breaks: `use` must be able to start over, or `repeatable` be false.
   * @throws ClusterUnreachable when the host stays away for longer than the patience
   */
  async use<T>(use: (client: Client) => Promise<T>, { signal, repeatable }: UseOptions): Promise<T> {
    return this.channels.with(async () => {
      const giveUpAt = performance.now() + (this.options.patienceMs ?? 60_000);
      for (let attempt = 0; ; attempt++) {
        let isUnderWay = false;
        try {
          signal?.throwIfAborted();
          const { client, lost } = await this.connected();
          isUnderWay = true;
          return await Promise.race([use(client), lost]);
        } catch (error) {
          const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
          const mayRepeat = repeatable || !isUnderWay || error instanceof NoChannel;
          if (!(error instanceof ClusterUnreachable) || !mayRepeat || this.closed || performance.now() + wait > giveUpAt) throw error;
          await sleep(wait, undefined, signal === undefined ? {} : { signal });
        }
      }
    }, signal);
  }

  async close(): Promise<void> {
    this.closed = true;
    const link = await this.link?.catch(() => null);
    this.link = null;
    link?.client.end();
  }

  /** The connection that is up, or a new one: one at a time, whoever asks. */
  private connected(): Promise<Link> {
    if (this.closed) throw new NelError('run', `the connection to ${this.name} was closed`);
    const link = this.link ?? this.open();
    this.link = link;
    const forget = (): void => {
      if (this.link === link) this.link = null;
    };
    link.then(({ lost }) => lost.catch(forget), forget);
    return link;
  }

  private async open(): Promise<Link> {
    const check = await hostKeyCheck(this.target);
    const login = await loginOptions(this.target, this.options.env ?? process.env);
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      let refused: NelError | null = null;
      let lose: (error: ClusterUnreachable) => void = () => {};
      const lost = new Promise<never>((_, rejectLost) => {
        lose = rejectLost;
      });
      // Nobody may be waiting when it breaks.
      lost.catch(() => {});
      client.on('ready', () => resolve({ client, lost }));
      client.on('error', (error) => {
        const failure = refused ?? this.connectError(error);
        reject(failure);
        lose(failure instanceof ClusterUnreachable ? failure : new ClusterUnreachable(failure.message, { cause: failure }));
        client.destroy();
      });
      client.on('close', () => {
        const gone = new ClusterUnreachable(`the connection to ${this.name} was lost`);
        reject(refused ?? gone);
        lose(gone);
      });
      client.connect({
        host: this.target.host,
        port: this.target.port,
        ...login,
        ...algorithms(check),
        readyTimeout: HANDSHAKE_MS,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: 3,
        hostVerifier: (key: Buffer): boolean => {
          const verdict: HostKeyVerdict = check.judge(key);
          if (verdict.kind !== 'trusted') refused = hostKeyError(this.target, key, verdict);
          return verdict.kind === 'trusted';
        },
      });
    });
  }

  private connectError(error: Error & { readonly level?: string; readonly code?: string }): Error {
    if (error.level === 'client-authentication') {
      return new NelError('config', `${this.name} accepts none of the keys that were offered`, {
        hint: 'Check cluster.ssh.user and key_path, and that the public key is in authorized_keys there.',
      });
    }
    if (/Too many authentication failures/i.test(error.message)) {
      return new NelError('config', `${this.name} was offered more keys than it listens to`, {
        hint: 'Set cluster.ssh.key_path to the right one, and cluster.ssh.agent: false; or take keys out of the agent (ssh-add -d).',
      });
    }
    if (error.level === 'agent') {
      return new NelError('config', `the SSH agent that is to log in to ${this.name} does not answer: ${errorMessage(error)}`, {
        hint: 'Start one (ssh-agent, ssh-add) and check SSH_AUTH_SOCK or cluster.ssh.agent, or set cluster.ssh.key_path.',
      });
    }
    if (error.level === 'client-dns' || error.code === 'ENOTFOUND') {
      // A laptop without network says the same: not a reason to give up for good.
      return new ClusterUnreachable(`the name ${this.target.host} cannot be resolved`, { cause: error });
    }
    if (/no matching/.test(error.message))
      return new NelError('config', `${this.name} and we have no algorithm in common: ${error.message}`);
    return new ClusterUnreachable(`${this.name} cannot be reached: ${errorMessage(error)}`, { cause: error });
  }
}

/** The server has no channel left, or did not get as far as giving one: nothing was started. */
export class NoChannel extends ClusterUnreachable {}

/** Asks for the types of key that known_hosts has first, as OpenSSH does: the server's favourite may be one that it lacks. */
function algorithms({ types }: HostKeyCheck): Pick<ConnectConfig, 'algorithms'> {
  const isKnown = (algorithm: string): boolean => types.includes(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);
  return {
    algorithms: {
      serverHostKey: [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))],
    },
  };
}
