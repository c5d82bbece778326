import { expect, it } from 'vitest';
import { downloadEnvironment, serverEnvironment } from '../../../../src/client/embedded/environment.js';

const SHELL = {
  PATH: '/bin',
  HOME: '/home/a',
  OPENAI_API_KEY: 'canary',
  NEL_PAYLOAD_KEY: 'canary',
  TEMPORAL_API_KEY: 'canary',
  NODE_OPTIONS: '--inspect',
  HTTPS_PROXY: 'http://proxy',
  https_proxy: 'http://proxy',
  PIP_INDEX_URL: 'https://index',
  UV_INDEX_URL: 'https://index',
};

it('gives the server what it needs and nothing else', () => {
  expect(serverEnvironment(SHELL)).toEqual({ PATH: '/bin', HOME: '/home/a' });
});

it('gives the download tools their settings and proxies on top, and no key', () => {
  const { OPENAI_API_KEY, NEL_PAYLOAD_KEY, TEMPORAL_API_KEY, NODE_OPTIONS, ...rest } = SHELL;
  expect(downloadEnvironment(SHELL)).toEqual(rest);
});
