/** Asks an embedded server over gRPC whether it serves and what is open on it; used by the supervisor. */
import { Client, Connection } from '@temporalio/client';
import type { OpenWork } from './control.js';
import { SEARCH_ATTRIBUTES } from './server-process.js';

/** grpc.health.v1 ServingStatus. */
const SERVING = 1;
/** temporal.api.enums.v1 IndexedValueType. */
const VALUE_TYPES = { Keyword: 2, Double: 4 } as const;
/** Milliseconds one question may take; a busy machine answers late. */
const ANSWER_MS = 5000;
/** Temporal's own namespace, whose workflows are always open. */
const SYSTEM_NAMESPACE = 'temporal-system';

export class ServerHealth {
  private constructor(private readonly connection: Connection) {}

  /**
   * Connects on the first question. Without interceptors, so without the SDK's retries: one of those, waiting when the connection is closed
   * because its server died, throws out of a timer and ends the process.
   */
  static open(address: string): ServerHealth {
    return new ServerHealth(Connection.lazy({ address, interceptors: [] }));
  }

  close(): void {
    this.connection.close().catch(() => undefined);
  }

  /** Whether the frontend reports SERVING and knows the default namespace. Never throws. */
  async isServing(): Promise<boolean> {
    try {
      return await this.within(async () => {
        const health = await this.connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' });
        if (health.status !== SERVING) return false;
        await this.connection.workflowService.describeNamespace({ namespace: 'default' });
        return true;
      });
    } catch {
      return false;
    }
  }

  /**
   * Registers the search attributes that the default namespace lacks. The CLI does so at its start; a database that an older release made,
   * or another CLI from TEMPORAL_CLI_PATH, may lack some.
   */
  async ensureSearchAttributes(): Promise<void> {
    await this.within(async () => {
      const known = await this.connection.operatorService.listSearchAttributes({ namespace: 'default' });
      const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in (known.customAttributes ?? {})));
      if (missing.length === 0) return;
      const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, VALUE_TYPES[type]]));
      await this.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
    });
  }

  /** Open workflows and unpaused schedules over all namespaces. Undefined when the server does not answer. */
  async openWork(): Promise<OpenWork | undefined> {
    try {
      return await this.within(async () => {
        let workflows = 0;
        let unpausedSchedules = 0;
        for (const namespace of await this.namespaces()) {
          const client = new Client({ connection: this.connection, namespace });
          workflows += (await client.workflow.count("ExecutionStatus = 'Running'")).count;
          for await (const schedule of client.schedule.list()) {
            if (!schedule.state.paused) unpausedSchedules += 1;
          }
        }
        return { workflows, unpausedSchedules };
      });
    } catch {
      return undefined;
    }
  }

  private async namespaces(): Promise<string[]> {
    const { namespaces } = await this.connection.workflowService.listNamespaces({ pageSize: 1000 });
    const names = (namespaces ?? []).map((entry) => entry.namespaceInfo?.name ?? '');
    return names.filter((name) => name !== '' && name !== SYSTEM_NAMESPACE);
  }

  private within<T>(question: () => Promise<T>): Promise<T> {
    return this.connection.withDeadline(Date.now() + ANSWER_MS, question);
  }
}
