/** What a cluster says of a shard's task, in the words of the workflow contract. */

import type { TaskState } from '../core/cluster.js';
import type { ClusterShardReport } from '../core/cluster-shards.js';

export function reportedState(status: TaskState): Pick<ClusterShardReport, 'state' | 'reason'> {
  switch (status.state) {
    case 'pending':
      return { state: 'pending', reason: status.reason };
    case 'impossible':
      return { state: 'impossible', reason: status.reason };
    case 'failed': {
      const how = status.exitCode !== null ? ` (exit code ${status.exitCode})` : status.signal !== null ? ` (signal ${status.signal})` : '';
      return { state: 'failed', reason: `${status.reason}${how}` };
    }
    default:
      return { state: status.state, reason: null };
  }
}
