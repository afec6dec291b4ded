/** When something was done to one machine last. ISO 8601. */
export interface MachineTrace {
  readonly resetSentAt?: string;
  readonly maintenanceSeenAt?: string;
  readonly appliedAt?: string;
  /** It was given its old configuration back, or had it still. */
  readonly restoredAt?: string;
}
