/** How requests to one endpoint reach it: the light fetch over a Pool, or undici's fetch where a proxy or a redirect is in play. */

import { Agent, type Dispatcher, Pool, ProxyAgent, fetch as undiciFetch } from 'undici';
import { NelError } from '../../core/errors.js';
import { createBufferedFetch, createLightFetch, type Fetch } from './light-fetch.js';
import { proxyFor } from './proxy.js';

export interface Transport {
  /** Replies come as LightResponse with the whole body; failures as AbortError or TransportError. */
  readonly fetch: Fetch;
  /** Ends all connections; requests still in flight fail. */
  close(): Promise<void>;
}

/** The limiter says how long a call may take, and an LLM may think for longer than undici's 300 s. */
const NO_TIMEOUTS = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** 307 and 308 keep method and body; after 301 to 303 a fetch would ask with GET, which no endpoint answers. */
const isRedirect = (response: Response): boolean =>
  (response.status === 307 || response.status === 308) && response.headers.get('location') !== null;

function proxyAgent(uri: string): ProxyAgent {
  try {
    return new ProxyAgent({ uri, ...NO_TIMEOUTS });
  } catch {
    // The variable's value may hold a password: it is not repeated.
    throw new NelError('config', 'the proxy address in HTTPS_PROXY or HTTP_PROXY is not a URL', {
      hint: 'Set it to http://host:port, or unset it.',
    });
  }
}

/** undici's fetch over `dispatcher`; a redirect that keeps the request is followed (and loses the key when it leaves the origin). */
function followingFetch(dispatcher: Dispatcher): Fetch {
  const fetch = createBufferedFetch(undiciFetch, dispatcher);
  return async (input, init) => {
    const response = await fetch(input, init);
    return isRedirect(response) ? fetch(input, { ...init, redirect: 'follow' }) : response;
  };
}

/** As many connections as there are requests in flight: it is the engine's limiter that bounds them, and it may be raised while a run goes on. */
export function createTransport(options: { readonly url: URL; readonly env?: Readonly<Record<string, string | undefined>> }): Transport {
  const proxy = proxyFor(options.url, options.env ?? process.env);
  if (proxy !== null) {
    const agent = proxyAgent(proxy);
    return { fetch: followingFetch(agent), close: () => agent.destroy() };
  }
  const { origin } = options.url;
  const pool = new Pool(origin, { pipelining: 1, ...NO_TIMEOUTS });
  const light = createLightFetch(pool, origin);
  let fallback: Agent | undefined;
  return {
    fetch: async (input, init) => {
      if (fallback === undefined) {
        const response = await light(input, init);
        if (!isRedirect(response)) return response;
        // Once an endpoint redirects it is asked this way only: the first request to it was for nothing.
        fallback ??= new Agent(NO_TIMEOUTS);
      }
      return createBufferedFetch(undiciFetch, fallback)(input, { ...init, redirect: 'follow' });
    },
    close: async () => {
      await Promise.all([pool.destroy(), fallback?.destroy()]);
    },
  };
}

/** undici's fetch without the pool: what the light one is measured and tested against. */
export function createDefaultTransport(options: { readonly concurrency: number }): Transport {
  const agent = new Agent({ connections: options.concurrency + 1, ...NO_TIMEOUTS });
  return { fetch: followingFetch(agent), close: () => agent.destroy() };
}
