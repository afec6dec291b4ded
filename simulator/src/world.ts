import type { Clock } from './clock.ts';
import type { Conditions } from './conditions.ts';
import type { DiscoveryService } from './discovery-service.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';

/** What all machines of a lab share: time, the network between them, and the records about them. */
export interface World {
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly discovery: DiscoveryService;
  /** Ends everything that runs in the lab. */
  readonly signal: AbortSignal;
}
