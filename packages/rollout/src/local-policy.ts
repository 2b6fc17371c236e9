/** Days of the week as `Date.prototype.getUTCDay` counts them: 0 is Sunday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A weekly recurring time in which the machine may be changed. */
export interface MaintenanceWindow {
  /** Days on which it begins; empty: never. */
  readonly days: readonly Weekday[];
  /** Minute of the day at which it begins, 0 to 1439. */
  readonly startMinute: number;
  /** Its length, 1 to 10,080 minutes (a week); it may run past midnight. */
  readonly durationMinutes: number;
  /** IANA name of the time zone that days and minutes are meant in; UTC where absent. */
  readonly timeZone?: string;
}

/** What the machine's owner has decided for this machine. */
export interface LocalPolicy {
  /** Take nothing. Stands above all else here. */
  readonly never?: boolean;
  /** Do not wait for the phase. Skips the phase and nothing else: not the tier, not a pause, not the maintenance window. */
  readonly always?: boolean;
  /** Change the machine only inside one of these; absent: at any time; empty: at none. */
  readonly windows?: readonly MaintenanceWindow[];
}
