/** States of a service as machined names them. */
export type ServiceStateName =
  'Initialized' | 'Preparing' | 'Waiting' | 'Running' | 'Stopping' | 'Finished' | 'Failed' | 'Skipped' | 'Starting';

export interface ServiceEvent {
  state: ServiceStateName;
  message: string;
  at: number;
}

export interface ServiceState {
  readonly id: string;
  state: ServiceStateName;
  /** Undefined where a service has no health check, or none has run yet. */
  healthy: boolean | undefined;
  healthMessage: string;
  healthChangedAt: number;
  events: ServiceEvent[];
}

/** The services that machined runs on one machine during one boot. */
export class Services {
  readonly #services = new Map<string, ServiceState>();
  readonly #now: () => number;
  readonly #changed: (service: ServiceState) => void;

  constructor(now: () => number, changed: (service: ServiceState) => void) {
    this.#now = now;
    this.#changed = changed;
  }

  list(): ServiceState[] {
    return [...this.#services.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: string): ServiceState | undefined {
    return this.#services.get(id);
  }

  isRunning(id: string): boolean {
    return this.#services.get(id)?.state === 'Running';
  }

  isHealthy(id: string): boolean {
    const service = this.#services.get(id);
    return service?.state === 'Running' && service.healthy === true;
  }

  set(id: string, state: ServiceStateName, message: string): void {
    const service: ServiceState = this.#services.get(id) ?? {
      id,
      state,
      healthy: undefined,
      healthMessage: '',
      healthChangedAt: this.#now(),
      events: [],
    };
    this.#services.set(id, service);
    service.state = state;
    if (state !== 'Running') service.healthy = undefined;
    service.events.push({ state, message, at: this.#now() });
    if (service.events.length > 64) service.events.shift();
    this.#changed(service);
  }

  setHealth(id: string, healthy: boolean, message = ''): void {
    const service = this.#services.get(id);
    if (service === undefined || service.healthy === healthy) return;
    service.healthy = healthy;
    service.healthMessage = message;
    service.healthChangedAt = this.#now();
    service.events.push({
      state: service.state,
      message: healthy ? 'Health check successful' : `Health check failed: ${message}`,
      at: this.#now(),
    });
    this.#changed(service);
  }

  /** Starts a service that has nothing to wait for. */
  run(id: string, hasHealthCheck: boolean): void {
    this.set(id, 'Preparing', 'Running pre state');
    this.set(id, 'Running', `Started task ${id} (PID ${1000 + this.#services.size * 7}) for container ${id}`);
    if (hasHealthCheck) this.setHealth(id, true);
  }

  stop(id: string): void {
    if (!this.#services.has(id) || this.#services.get(id)?.state === 'Finished') return;
    this.set(id, 'Finished', 'Service finished successfully');
  }
}
