/** The words that put a command into a container: pyxis (a plug-in of srun) or apptainer. */

import type { ClusterContainer, NodePool } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';

export interface Placement {
  readonly container: ClusterContainer | null;
  readonly pool: NodePool;
  /** Component of a heterogeneous job, or null in an ordinary one. */
  readonly hetGroup: number | null;
  /** Mounted at its own path: scripts, config and results are there. */
  readonly workdir: string;
}

/** What comes before a command so that it runs there; nothing for one that runs on the script's own node without a container. */
export function launchPrefix({ container, pool, hetGroup, workdir }: Placement): readonly string[] {
  const mounts = [...new Set([`${workdir}:${workdir}`, ...(container?.mounts ?? []).map(checkedMount)])];
  const isPyxis = container?.type === 'pyxis';
  const group = hetGroup === null ? [] : [`--het-group=${hetGroup}`];
  const step = hetGroup === null && !isPyxis ? [] : ['srun', ...group, '--nodes=1', '--ntasks=1', '--overlap'];
  if (container === null) return step;
  if (isPyxis)
    return [...step, `--container-image=${container.image}`, `--container-mounts=${mounts.join(',')}`, `--container-workdir=${workdir}`];
  const gpus = pool.gres?.includes('gpu') === true ? ['--nv'] : [];
  return [...step, 'apptainer', 'exec', ...gpus, ...mounts.flatMap((mount) => ['--bind', mount]), '--pwd', workdir, container.image];
}

/** A comma would make two mounts of one. */
function checkedMount(mount: string): string {
  if (!/^[^:,\s]+:[^:,\s]+(?::[^:,\s]+)?$/.test(mount)) {
    throw new NelError('config', `cluster.container.mounts: ${JSON.stringify(mount.slice(0, 200))} is no mount`, {
      hint: 'Write source:target or source:target:ro, without commas and spaces.',
    });
  }
  return mount;
}
