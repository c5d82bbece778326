/** The version of this installation, from package.json. */

import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

export const NEL_VERSION = manifest.version;
