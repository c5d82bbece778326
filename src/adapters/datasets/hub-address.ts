/** hf:// addresses: which data set of the Hugging Face Hub, which split of which config, at which revision. */

import { NelError } from '../../core/errors.js';
import { didYouMean } from '../../core/nearest.js';

export interface HubAddress {
  /** `org/name`, or the bare name of an old data set. */
  readonly repo: string;
  readonly config: string | null;
  readonly split: string | null;
  /** Branch, tag or commit; null: the newest. */
  readonly revision: string | null;
  /** One file of the repository instead of a split. */
  readonly file: string | null;
}

const PARAMETERS = ['split', 'config', 'revision'];
const FORM = 'hf://org/name?split=test&config=main&revision=<commit>';
/** No `..`, no leading dot: repository and file names become paths in the cache. */
const SEGMENT = /^(?!\.)(?!.*\.\.)[A-Za-z0-9._-]{1,128}$/;

export function isHubAddress(ref: string): boolean {
  return ref.startsWith('hf://');
}

/** @throws NelError of kind `config` for anything but the documented form */
export function parseHubAddress(ref: string): HubAddress {
  const fail = (message: string): never => {
    throw new NelError('config', `data set address ${JSON.stringify(ref)}: ${message}`, { hint: `The form is ${FORM}.` });
  };
  const [location = '', query = ''] = ref.slice('hf://'.length).split(/\?(.*)/s);
  const [repoPath = '', atRevision] = location.replace(/^datasets\//, '').split(/@(.*)/s);
  const segments = repoPath.split('/').filter((segment) => segment !== '');
  if (segments.length === 0) fail('no data set named');
  for (const segment of segments) if (!SEGMENT.test(segment)) fail(`"${segment}" is no name`);
  const parameters = new URLSearchParams(query);
  for (const key of parameters.keys()) {
    if (!PARAMETERS.includes(key)) fail(`unknown parameter "${key}"${didYouMean(key, PARAMETERS)}`);
    if (parameters.getAll(key).length > 1) fail(`parameter "${key}" is given twice`);
  }
  return {
    repo: segments.slice(0, 2).join('/'),
    config: parameters.get('config') || null,
    split: parameters.get('split') || null,
    revision: parameters.get('revision') || atRevision || null,
    file: segments.length > 2 ? segments.slice(2).join('/') : null,
  };
}

/** The address without the revision: what a run records as source, beside the commit. */
export function formatHubAddress({ repo, config, split, file }: HubAddress): string {
  const query = [config === null ? '' : `config=${config}`, split === null ? '' : `split=${split}`].filter((part) => part !== '').join('&');
  return `hf://${repo}${file === null ? '' : `/${file}`}${query === '' ? '' : `?${query}`}`;
}
