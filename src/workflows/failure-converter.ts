/** Failures travel with message and stack as payloads, so that the payload codec covers them too. Loaded by workers, clients and the workflow sandbox. */

import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
